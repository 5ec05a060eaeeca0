// DHCP messages and their options: RFC 2131 section 2 (the fixed fields), RFC 2132 (options, overload), RFC 3396 (an
// option longer than 255 bytes is sent in pieces that the reader joins), RFC 3442 (classless static routes).
//
// A message is a value of its own: parsing copies every option, so nothing borrowed from the frame is kept.
// Only Ethernet hardware addresses are understood; anything else is `undefined`, as every malformed message is.

import { getU8, getU16, getU32, setU8, setU16, setU32 } from './bytes.ts'
import type { Ipv4Address } from './ipv4-address.ts'
import { getIpv4, maskOf, networkOf, prefixLength, setIpv4 } from './ipv4-address.ts'
import type { MacAddress } from './mac.ts'
import { getMac, MAC_LEN, setMac } from './mac.ts'

export const DHCP_SERVER_PORT = 67
export const DHCP_CLIENT_PORT = 68

export const BOOTREQUEST = 1
export const BOOTREPLY = 2

/** Values of option 53. */
export const DHCPDISCOVER = 1
export const DHCPOFFER = 2
export const DHCPREQUEST = 3
export const DHCPDECLINE = 4
export const DHCPACK = 5
export const DHCPNAK = 6
export const DHCPRELEASE = 7
export const DHCPINFORM = 8

/** The only defined bit of `flags`: the client cannot yet receive unicast (RFC 2131 section 4.1). */
export const FLAG_BROADCAST = 0x8000

export const OPTION_SUBNET_MASK = 1
export const OPTION_ROUTER = 3
export const OPTION_DNS_SERVER = 6
export const OPTION_HOST_NAME = 12
export const OPTION_DOMAIN_NAME = 15
export const OPTION_INTERFACE_MTU = 26
export const OPTION_BROADCAST_ADDRESS = 28
export const OPTION_NTP_SERVERS = 42
export const OPTION_REQUESTED_ADDRESS = 50
export const OPTION_LEASE_TIME = 51
export const OPTION_OVERLOAD = 52
export const OPTION_MESSAGE_TYPE = 53
export const OPTION_SERVER_ID = 54
export const OPTION_PARAMETER_LIST = 55
export const OPTION_MAX_MESSAGE_SIZE = 57
export const OPTION_RENEWAL_TIME = 58
export const OPTION_REBINDING_TIME = 59
export const OPTION_CLIENT_ID = 61
export const OPTION_TFTP_SERVER = 66
export const OPTION_BOOT_FILE = 67
/** Echoed by a server that gets it (RFC 3046 section 2.2, RFC 6842 for the client identifier). */
export const OPTION_RELAY_AGENT = 82
export const OPTION_DOMAIN_SEARCH = 119
export const OPTION_CLASSLESS_ROUTES = 121
/** The same content under the number that Windows asked for before 121 was assigned. */
export const OPTION_CLASSLESS_ROUTES_MICROSOFT = 249
const OPTION_PAD = 0
const OPTION_END = 255

/** Options by number, in the order in which they are sent. */
export type DhcpOptionMap = Map<number, Uint8Array>

export interface DhcpMessage {
  op: number
  hops: number
  xid: number
  secs: number
  flags: number
  ciaddr: Ipv4Address
  yiaddr: Ipv4Address
  siaddr: Ipv4Address
  giaddr: Ipv4Address
  chaddr: MacAddress
  /** Server host name, at most 63 bytes of Latin-1; empty when the field carries options. */
  sname: string
  /** Boot file name, at most 127 bytes of Latin-1; empty when the field carries options. */
  file: string
  options: DhcpOptionMap
}

const HTYPE_ETHERNET = 1
const CHADDR_OFFSET = 28
const SNAME_OFFSET = 44
const SNAME_LEN = 64
const FILE_OFFSET = 108
const FILE_LEN = 128
const COOKIE_OFFSET = 236
const COOKIE = 0x6382_5363
const OPTIONS_OFFSET = 240
/** RFC 951: relays and old clients take a BOOTP message of 300 bytes for granted. */
export const DHCP_MIN_LEN = 300
const OPTION_DATA_MAX = 255

export function parseDhcp(bytes: Uint8Array, start: number, end: number): DhcpMessage | undefined {
  if (end - start < OPTIONS_OFFSET) return undefined
  const op = getU8(bytes, start)
  if (op !== BOOTREQUEST && op !== BOOTREPLY) return undefined
  if (getU8(bytes, start + 1) !== HTYPE_ETHERNET || getU8(bytes, start + 2) !== MAC_LEN) return undefined
  if (getU32(bytes, start + COOKIE_OFFSET) !== COOKIE) return undefined

  const options: DhcpOptionMap = new Map()
  if (!readOptions(bytes, start + OPTIONS_OFFSET, end, options)) return undefined
  // Bit 0: `file` carries options, bit 1: `sname` does. RFC 2131 section 4.1 and RFC 3396 section 5 fix this order of reading.
  const overload = getU8Option(options, OPTION_OVERLOAD) ?? 0
  if (overload > 3 || (overload === 0 && options.has(OPTION_OVERLOAD))) return undefined
  options.delete(OPTION_OVERLOAD)
  const fileAt = start + FILE_OFFSET
  const snameAt = start + SNAME_OFFSET
  if ((overload & 1) !== 0 && !readOptions(bytes, fileAt, fileAt + FILE_LEN, options)) return undefined
  if ((overload & 2) !== 0 && !readOptions(bytes, snameAt, snameAt + SNAME_LEN, options)) return undefined
  // An overload option inside an overloaded field has no meaning; it must not come back out of `emitDhcp`.
  options.delete(OPTION_OVERLOAD)

  return {
    op,
    hops: getU8(bytes, start + 3),
    xid: getU32(bytes, start + 4),
    secs: getU16(bytes, start + 8),
    flags: getU16(bytes, start + 10),
    ciaddr: getIpv4(bytes, start + 12),
    yiaddr: getIpv4(bytes, start + 16),
    siaddr: getIpv4(bytes, start + 20),
    giaddr: getIpv4(bytes, start + 24),
    chaddr: getMac(bytes, start + CHADDR_OFFSET),
    sname: (overload & 2) !== 0 ? '' : getText(bytes, snameAt, snameAt + SNAME_LEN),
    file: (overload & 1) !== 0 ? '' : getText(bytes, fileAt, fileAt + FILE_LEN),
    options,
  }
}

/** Adds what lies in [from, to) to `options`, joining repeated ones; false when an option reaches past `to`. */
function readOptions(bytes: Uint8Array, from: number, to: number, options: DhcpOptionMap): boolean {
  let at = from
  while (at < to) {
    const code = getU8(bytes, at)
    at += 1
    if (code === OPTION_PAD) continue
    if (code === OPTION_END) return true
    if (at >= to) return false
    const length = getU8(bytes, at)
    at += 1
    if (at + length > to) return false
    const earlier = options.get(code)
    const joined = new Uint8Array((earlier?.length ?? 0) + length)
    if (earlier !== undefined) joined.set(earlier)
    joined.set(bytes.subarray(at, at + length), joined.length - length)
    options.set(code, joined)
    at += length
  }
  // The End option is missing, but every option is whole: some boot firmware sends such messages.
  return true
}

/** Bytes that `emitDhcp` writes. */
export function dhcpLength(message: DhcpMessage): number {
  let length = OPTIONS_OFFSET + 1
  for (const [code, data] of message.options) {
    let from = 0
    do {
      const piece = pieceLen(code, data, from)
      length += 2 + piece
      from += piece
    } while (from < data.length)
  }
  return Math.max(length, DHCP_MIN_LEN)
}

/**
 * Bytes of an option that go into its next piece. RFC 3396 allows a cut anywhere; routes are cut between routes, for
 * the sake of readers that do not join the pieces but take each for a list of its own (Wireshark is one).
 */
function pieceLen(code: number, data: Uint8Array, from: number): number {
  const left = data.length - from
  if (left <= OPTION_DATA_MAX) return left
  if (code !== OPTION_CLASSLESS_ROUTES && code !== OPTION_CLASSLESS_ROUTES_MICROSOFT) return OPTION_DATA_MAX
  let length = 0
  for (;;) {
    const prefix = getU8(data, from + length)
    const routeLen = 1 + Math.ceil(prefix / 8) + 4
    if (prefix > 32 || length + routeLen > OPTION_DATA_MAX) return length === 0 ? OPTION_DATA_MAX : length
    length += routeLen
  }
}

/** Writes the whole message, padding included, and returns its length; the caller provides `dhcpLength` bytes. */
export function emitDhcp(message: DhcpMessage, bytes: Uint8Array, offset: number): number {
  const length = dhcpLength(message)
  bytes.fill(0, offset, offset + length)
  setU8(bytes, offset, message.op)
  setU8(bytes, offset + 1, HTYPE_ETHERNET)
  setU8(bytes, offset + 2, MAC_LEN)
  setU8(bytes, offset + 3, message.hops)
  setU32(bytes, offset + 4, message.xid)
  setU16(bytes, offset + 8, message.secs)
  setU16(bytes, offset + 10, message.flags)
  setIpv4(bytes, offset + 12, message.ciaddr)
  setIpv4(bytes, offset + 16, message.yiaddr)
  setIpv4(bytes, offset + 20, message.siaddr)
  setIpv4(bytes, offset + 24, message.giaddr)
  setMac(bytes, offset + CHADDR_OFFSET, message.chaddr)
  setText(bytes, offset + SNAME_OFFSET, SNAME_LEN, message.sname)
  setText(bytes, offset + FILE_OFFSET, FILE_LEN, message.file)
  setU32(bytes, offset + COOKIE_OFFSET, COOKIE)
  let at = offset + OPTIONS_OFFSET
  for (const [code, data] of message.options) {
    let from = 0
    do {
      const piece = pieceLen(code, data, from)
      setU8(bytes, at, code)
      setU8(bytes, at + 1, piece)
      bytes.set(data.subarray(from, from + piece), at + 2)
      at += 2 + piece
      from += piece
    } while (from < data.length)
  }
  setU8(bytes, at, OPTION_END)
  return length
}

// Typed access to options. A getter answers `undefined` for an option that is absent or has an impossible length.

export function getU8Option(options: DhcpOptionMap, code: number): number | undefined {
  const data = options.get(code)
  return data?.length === 1 ? getU8(data, 0) : undefined
}

export function getU16Option(options: DhcpOptionMap, code: number): number | undefined {
  const data = options.get(code)
  return data?.length === 2 ? getU16(data, 0) : undefined
}

export function getU32Option(options: DhcpOptionMap, code: number): number | undefined {
  const data = options.get(code)
  return data?.length === 4 ? getU32(data, 0) : undefined
}

export function getIpv4Option(options: DhcpOptionMap, code: number): Ipv4Address | undefined {
  return getU32Option(options, code) as Ipv4Address | undefined
}

export function getIpv4sOption(options: DhcpOptionMap, code: number): Ipv4Address[] | undefined {
  const data = options.get(code)
  if (data === undefined || data.length === 0 || data.length % 4 !== 0) return undefined
  const addresses: Ipv4Address[] = []
  for (let at = 0; at < data.length; at += 4) addresses.push(getIpv4(data, at))
  return addresses
}

/** Text as clients send it: UTF-8 (a superset of what RFC 2132 allows), without the NULs some append. */
export function getTextOption(options: DhcpOptionMap, code: number): string | undefined {
  const data = options.get(code)
  if (data === undefined) return undefined
  let length = data.length
  while (length > 0 && data[length - 1] === 0) length -= 1
  return new TextDecoder().decode(data.subarray(0, length))
}

export function setU8Option(options: DhcpOptionMap, code: number, value: number): void {
  options.set(code, Uint8Array.of(value))
}

export function setU16Option(options: DhcpOptionMap, code: number, value: number): void {
  const data = new Uint8Array(2)
  setU16(data, 0, value)
  options.set(code, data)
}

export function setU32Option(options: DhcpOptionMap, code: number, value: number): void {
  const data = new Uint8Array(4)
  setU32(data, 0, value)
  options.set(code, data)
}

export function setIpv4sOption(options: DhcpOptionMap, code: number, ...addresses: readonly Ipv4Address[]): void {
  const data = new Uint8Array(addresses.length * 4)
  addresses.forEach((address, index) => {
    setIpv4(data, index * 4, address)
  })
  options.set(code, data)
}

export function setTextOption(options: DhcpOptionMap, code: number, text: string): void {
  options.set(code, new TextEncoder().encode(text))
}

export interface DhcpRoute {
  network: Ipv4Address
  mask: Ipv4Address
  gateway: Ipv4Address
}

/** RFC 3442: prefix length, the octets of the network that it covers, gateway. A mask with a hole has no form there. */
export function setRoutesOption(options: DhcpOptionMap, code: number, routes: readonly DhcpRoute[]): void {
  const octets: number[] = []
  for (const { network, mask, gateway } of routes) {
    const prefix = prefixLength(mask)
    if (prefix === undefined) continue
    octets.push(prefix)
    const masked = networkOf(network, mask)
    for (let bit = 0; bit < prefix; bit += 8) octets.push((masked >>> (24 - bit)) & 255)
    octets.push(gateway >>> 24, (gateway >>> 16) & 255, (gateway >>> 8) & 255, gateway & 255)
  }
  options.set(code, Uint8Array.from(octets))
}

export function getRoutesOption(options: DhcpOptionMap, code: number): DhcpRoute[] | undefined {
  const data = options.get(code)
  if (data === undefined) return undefined
  const routes: DhcpRoute[] = []
  let at = 0
  while (at < data.length) {
    const prefix = getU8(data, at)
    const octets = Math.ceil(prefix / 8)
    if (prefix > 32 || at + 1 + octets + 4 > data.length) return undefined
    let network = 0
    for (let index = 0; index < octets; index += 1) network += getU8(data, at + 1 + index) * 2 ** (24 - 8 * index)
    const mask = maskOf(prefix)
    at += 1 + octets
    routes.push({ network: networkOf(network as Ipv4Address, mask), mask, gateway: getIpv4(data, at) })
    at += 4
  }
  return routes
}

function getText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to && bytes[at] !== 0; at += 1) text += String.fromCharCode(getU8(bytes, at))
  return text
}

/** Truncates rather than overflow; the last byte of the field stays NUL. */
function setText(bytes: Uint8Array, offset: number, fieldLen: number, text: string): void {
  const length = Math.min(text.length, fieldLen - 1)
  for (let index = 0; index < length; index += 1) setU8(bytes, offset + index, text.charCodeAt(index))
}
