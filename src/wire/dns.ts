// DNS messages as far as everything here needs them: RFC 1035 section 4 (header, names, questions, TCP framing), RFC 6891 (the
// size a UDP asker can take). Reading whole messages in place is dns-scan.ts's, records are dns-rdata.ts's.
//
// Names are text in presentation form without the final dot ("www.example.com", the root is ""); a dot or backslash
// inside a label is escaped, bytes outside printable ASCII are \DDD. Compression pointers may only point backwards, so
// reading a name always ends.

import { getU8, getU16, setU8 } from './bytes.ts'
import type { Ipv4Address } from './ipv4-address.ts'

export const DNS_PORT = 53
export const DNS_HEADER_LEN = 12
/** Largest message over UDP for an asker that says nothing else (RFC 1035 section 2.3.4). */
export const DNS_UDP_MAX = 512
/** Over TCP each message follows its length in two bytes. */
const DNS_TCP_PREFIX_LEN = 2

export const TYPE_A = 1
export const TYPE_PTR = 12
export const TYPE_OPT = 41
export const CLASS_IN = 1

export const RCODE_NOERROR = 0
export const RCODE_FORMERR = 1
export const RCODE_SERVFAIL = 2
export const RCODE_NXDOMAIN = 3
export const RCODE_NOTIMP = 4
export const RCODE_REFUSED = 5

export const RCODE_MASK = 0x000f

export const FLAG_RESPONSE = 0x8000
export const OPCODE_MASK = 0x7800
export const FLAG_AUTHORITATIVE = 0x0400
export const FLAG_TRUNCATED = 0x0200
export const FLAG_RECURSION_DESIRED = 0x0100
export const FLAG_RECURSION_AVAILABLE = 0x0080
export const FLAG_AUTHENTIC_DATA = 0x0020
export const FLAG_CHECKING_DISABLED = 0x0010

const LABEL_MAX = 63
/** Octets of a whole name on the wire, length bytes and root included. */
const NAME_MAX = 255
const POINTER = 0xc0
const FLAGS_OFFSET = 2

export interface DnsHeader {
  id: number
  flags: number
  questionCount: number
  answerCount: number
  authorityCount: number
  additionalCount: number
}

export interface DnsQuestion {
  name: string
  type: number
  class: number
  /** First byte behind the question. */
  end: number
}

export function parseDnsHeader(bytes: Uint8Array, start: number, end: number): DnsHeader | undefined {
  if (end - start < DNS_HEADER_LEN) return undefined
  return {
    id: getU16(bytes, start),
    flags: getU16(bytes, start + FLAGS_OFFSET),
    questionCount: getU16(bytes, start + 4),
    answerCount: getU16(bytes, start + 6),
    authorityCount: getU16(bytes, start + 8),
    additionalCount: getU16(bytes, start + 10),
  }
}

/** The first question; `undefined` when there is none or it is malformed. */
export function parseDnsQuestion(bytes: Uint8Array, start: number, end: number): DnsQuestion | undefined {
  if (end - start < DNS_HEADER_LEN || getU16(bytes, start + 4) === 0) return undefined
  const at = start + DNS_HEADER_LEN
  const name = parseDnsName(bytes, start, at, end)
  const next = skipDnsName(bytes, at, end)
  if (name === undefined || next === undefined || next + 4 > end) return undefined
  return { name, type: getU16(bytes, next), class: getU16(bytes, next + 2), end: next + 4 }
}

/** The name at `at`, following pointers relative to `start`, the first byte of the message. */
export function parseDnsName(bytes: Uint8Array, start: number, at: number, end: number): string | undefined {
  let position = at
  // Where the labels read at present began: a pointer must lead before it, so every jump goes further back.
  let floor = at
  let octets = 1
  let name = ''
  while (position < end) {
    const length = getU8(bytes, position)
    if (length === 0) return name
    if ((length & POINTER) === POINTER) {
      if (position + 2 > end) return undefined
      const target = start + (getU16(bytes, position) & 0x3fff)
      if (target >= floor || target < start + DNS_HEADER_LEN) return undefined
      position = target
      floor = target
      continue
    }
    octets += length + 1
    if (length > LABEL_MAX || octets > NAME_MAX || position + 1 + length > end) return undefined
    if (name !== '') name += '.'
    for (let index = 1; index <= length; index += 1) name += escapeOctet(getU8(bytes, position + index))
    position += 1 + length
  }
  return undefined
}

/** First byte behind the name at `at`, without following its pointer. */
export function skipDnsName(bytes: Uint8Array, at: number, end: number): number | undefined {
  let position = at
  while (position < end) {
    const length = getU8(bytes, position)
    if (length === 0) return position + 1
    if ((length & POINTER) === POINTER) return position + 2 <= end ? position + 2 : undefined
    if (length > LABEL_MAX) return undefined
    position += 1 + length
  }
  return undefined
}

/** Writes a name uncompressed and returns its length; `undefined` when the text is no name. Needs up to 255 bytes of room. */
export function emitDnsName(name: string, bytes: Uint8Array, offset: number): number | undefined {
  let lengthAt = offset
  let at = offset + 1
  for (let index = 0; index < name.length; index += 1) {
    let octet = name.charCodeAt(index)
    if (octet === DOT) {
      if (!closeLabel(bytes, lengthAt, at)) return undefined
      lengthAt = at
      at += 1
      continue
    }
    if (octet === BACKSLASH) {
      const decimal = /^\d{3}/.exec(name.slice(index + 1, index + 4))
      octet = decimal === null ? name.charCodeAt(index + 1) : Number(decimal[0])
      index += decimal === null ? 1 : 3
    }
    // `charCodeAt` past the end is NaN, which fails this comparison too.
    if (!(octet <= 255) || at - offset >= NAME_MAX - 1) return undefined
    setU8(bytes, at, octet)
    at += 1
  }
  if (name !== '') {
    if (!closeLabel(bytes, lengthAt, at)) return undefined
    lengthAt = at
    at += 1
  }
  if (at - offset > NAME_MAX) return undefined
  setU8(bytes, lengthAt, 0)
  return at - offset
}

function closeLabel(bytes: Uint8Array, lengthAt: number, end: number): boolean {
  const length = end - lengthAt - 1
  setU8(bytes, lengthAt, length)
  return length >= 1 && length <= LABEL_MAX
}

/** `1.30.168.192.in-addr.arpa` → 192.168.30.1 */
export function parseReverseName(name: string): Ipv4Address | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/i.exec(name)
  if (match === null) return undefined
  let address = 0
  for (let index = 4; index >= 1; index -= 1) {
    const octet = Number(match[index])
    if (octet > 255) return undefined
    address = address * 256 + octet
  }
  return address as Ipv4Address
}

/** The largest UDP answer the asker takes: its EDNS size, or 512. Also 512 when the message cannot be read. */
export function dnsUdpPayloadMax(bytes: Uint8Array, start: number, end: number): number {
  const header = parseDnsHeader(bytes, start, end)
  if (header === undefined) return DNS_UDP_MAX
  let at: number | undefined = start + DNS_HEADER_LEN
  for (let left = header.questionCount; left > 0; left -= 1) {
    at = skipDnsName(bytes, at, end)
    if (at === undefined) return DNS_UDP_MAX
    at += 4
  }
  for (let left = header.answerCount + header.authorityCount + header.additionalCount; left > 0; left -= 1) {
    at = skipDnsName(bytes, at, end)
    if (at === undefined || at + 10 > end) return DNS_UDP_MAX
    if (getU16(bytes, at) === TYPE_OPT) return Math.max(DNS_UDP_MAX, getU16(bytes, at + 2))
    at += 10 + getU16(bytes, at + 8)
  }
  return DNS_UDP_MAX
}

/** First byte behind the message whose length prefix is at `start`, or `undefined` while it is incomplete. */
export function dnsTcpMessageEnd(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < DNS_TCP_PREFIX_LEN) return undefined
  const messageEnd = start + DNS_TCP_PREFIX_LEN + getU16(bytes, start)
  return messageEnd <= end ? messageEnd : undefined
}

const DOT = 0x2e
const BACKSLASH = 0x5c

function escapeOctet(octet: number): string {
  if (octet === DOT || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`
  if (octet > 0x20 && octet < 0x7f) return String.fromCharCode(octet)
  return `\\${String(octet).padStart(3, '0')}`
}
