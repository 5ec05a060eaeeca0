// DHCP options that an administrator adds by number, as people write them: a type, a colon and a value.
//
//   hex:01040a0b      bytes                     u8:64  u16:1400  u32:3600   a number of one, two or four bytes
//   text:pxelinux.0   UTF-8, no NUL behind it   names:example.org,lan       domain names as RFC 3397 packs them
//   ip:192.168.30.5,192.168.30.6
//
// What the server itself answers for (addresses, times, who is who) and what has a setting of its own has no place here.

import {
  OPTION_BOOT_FILE,
  OPTION_DOMAIN_SEARCH,
  OPTION_NTP_SERVERS,
  OPTION_TFTP_SERVER,
  setIpv4sOption,
} from '../wire/dhcp.ts'
import { encodeDomainSearch } from '../wire/dhcp-domain-search.ts'
import { formatIpv4, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'

export interface DhcpExtraOption {
  readonly code: number
  /** `ip:192.168.30.5`, in the one spelling that is kept. */
  readonly text: string
  readonly data: Uint8Array
}

/** Options of one hub. */
export const EXTRA_OPTIONS_MAX = 64
/** Bytes of one option. */
export const EXTRA_OPTION_BYTES_MAX = 1024
export const EXTRA_OPTION_ALLOWED =
  'a type and a value such as hex:0104, text:pxelinux.0, ip:192.168.30.5,192.168.30.6, u8:64, u16:1400, u32:3600 or names:example.org,lan'
export const EXTRA_CODE_ALLOWED =
  'the number of an option from 2 to 254 that the server does not set by itself and that has no setting of its own'

/** Set by the server itself, or by a setting of its own name. */
const OWN_CODES: ReadonlySet<number> = new Set([
  ...[0, 1, 3, 6, 12, 15, 26, 28, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82, 121, 249, 255],
])

/** Numbers whose meaning is known have one type. */
const TYPE_OF_CODE: ReadonlyMap<number, string> = new Map([
  [OPTION_NTP_SERVERS, 'ip'],
  [OPTION_TFTP_SERVER, 'text'],
  [OPTION_BOOT_FILE, 'text'],
  [OPTION_DOMAIN_SEARCH, 'names'],
])

export function isExtraCode(code: number): boolean {
  return Number.isInteger(code) && code > 0 && code < 255 && !OWN_CODES.has(code)
}

/** `undefined` when the text is no value for this option. */
export function parseExtraOption(code: number, text: string): DhcpExtraOption | undefined {
  const colon = text.indexOf(':')
  const type = text.slice(0, colon).toLowerCase()
  const value = text.slice(colon + 1)
  if (colon < 0 || type !== (TYPE_OF_CODE.get(code) ?? type)) return undefined
  const parsed = parseValue(type, value)
  if (parsed === undefined || parsed.data.length === 0 || parsed.data.length > EXTRA_OPTION_BYTES_MAX) return undefined
  return { code, text: `${type}:${parsed.text}`, data: parsed.data }
}

interface Value {
  readonly text: string
  readonly data: Uint8Array
}

const NUMBER_BYTES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4 }

function parseValue(type: string, value: string): Value | undefined {
  if (type === 'hex') return hexValue(value)
  if (type === 'text') return { text: value, data: new TextEncoder().encode(value) }
  if (type === 'ip') return addressesValue(value)
  if (type === 'names') return namesValue(value)
  const bytes = NUMBER_BYTES[type]
  return bytes === undefined ? undefined : numberValue(value, bytes)
}

function hexValue(value: string): Value | undefined {
  const digits = value.replace(/[\s:-]/g, '').toLowerCase()
  if (!/^([0-9a-f]{2})+$/.test(digits)) return undefined
  const data = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return { text: digits, data }
}

function addressesValue(value: string): Value | undefined {
  const addresses = listOf(value).map(parseIpv4)
  if (addresses.includes(undefined)) return undefined
  const into = new Map<number, Uint8Array>()
  setIpv4sOption(into, 0, ...(addresses as Ipv4Address[]))
  return { text: (addresses as Ipv4Address[]).map(formatIpv4).join(','), data: into.get(0)! }
}

function namesValue(value: string): Value | undefined {
  const names = listOf(value)
  const data = encodeDomainSearch(names)
  return data && { text: names.join(','), data }
}

function numberValue(value: string, bytes: number): Value | undefined {
  if (!/^\d{1,10}$/.test(value)) return undefined
  const number = Number(value)
  if (number >= 2 ** (8 * bytes)) return undefined
  const data = Uint8Array.from(
    { length: bytes },
    (_, index) => Math.floor(number / 2 ** (8 * (bytes - 1 - index))) & 255,
  )
  return { text: String(number), data }
}

function listOf(value: string): string[] {
  return value.split(/[\s,;]+/).filter((word) => word !== '')
}
