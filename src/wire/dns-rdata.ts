// Resource records by themselves: the data of a record as people write it (RFC 1035 section 5.1) → bytes, records taken out
// of a message with their names written out, and messages made of them.

import { getU16, setU8, setU16, setU32 } from './bytes.ts'
import { CLASS_IN, DNS_HEADER_LEN, emitDnsName, parseDnsName, skipDnsName, TYPE_A, TYPE_PTR } from './dns.ts'
import { TYPE_SOA } from './dns-scan.ts'
import { parseIpv4 } from './ipv4-address.ts'

const TYPE_NS = 2
export const TYPE_CNAME = 5
const TYPE_MX = 15
const TYPE_TXT = 16
const TYPE_AAAA = 28
const TYPE_SRV = 33
export const TYPE_ANY = 255

/** Types that can be written as text. */
export const RECORD_TYPES = {
  A: TYPE_A,
  AAAA: TYPE_AAAA,
  CNAME: TYPE_CNAME,
  MX: TYPE_MX,
  PTR: TYPE_PTR,
  SRV: TYPE_SRV,
  TXT: TYPE_TXT,
} as const
export type RecordType = keyof typeof RECORD_TYPES

const NAME_MAX = 255
const TXT_STRING_MAX = 255
/** Strings of one TXT record, bytes: a record that fits into any answer. */
const TXT_MAX = 4096
/** Bytes of SOA behind its two names. */
const SOA_NUMBERS_LEN = 20
/** A pointer to the question's name. */
const QUESTION_POINTER = 0xc000 | DNS_HEADER_LEN

export interface ResourceRecord {
  /** Uncompressed; `undefined`: the question's name. */
  readonly owner: Uint8Array | undefined
  readonly type: number
  readonly ttlSeconds: number
  /** Without compression. */
  readonly data: Uint8Array
}

/** A name on the wire, in lower case; `undefined` when the text is no name. */
export function wireName(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(2 * NAME_MAX)
  const length = emitDnsName(text.replace(/\.$/, '').toLowerCase(), bytes, 0)
  return length === undefined ? undefined : bytes.slice(0, length)
}

/** `10 mail.example.org` for MX, `0 5 5060 sip.example.org` for SRV, an address, a name, a text. */
export function parseRecordData(type: RecordType, text: string): Uint8Array | undefined {
  switch (type) {
    case 'A': {
      const address = parseIpv4(text)
      return address === undefined ? undefined : numbers(address >>> 16, address & 0xffff)
    }
    case 'AAAA':
      return parseIpv6(text)
    case 'CNAME':
    case 'PTR':
      return text === '' ? undefined : wireName(text)
    case 'MX':
      return numbersAndName(text, 1)
    case 'SRV':
      return numbersAndName(text, 3)
    case 'TXT':
      return parseTxt(text)
  }
}

function numbersAndName(text: string, count: number): Uint8Array | undefined {
  const parts = text.trim().split(/\s+/)
  const values = parts.slice(0, count).map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : Number.NaN))
  const name = parts.length === count + 1 ? wireName(parts[count] as string) : undefined
  if (name === undefined || !values.every((value) => value <= 0xffff)) return undefined
  return concat(numbers(...values), name)
}

function parseTxt(text: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > TXT_MAX) return undefined
  const strings: Uint8Array[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += TXT_STRING_MAX) {
    const part = bytes.subarray(at, at + TXT_STRING_MAX)
    strings.push(Uint8Array.of(part.length), part)
  }
  return concat(...strings)
}

/** RFC 4291 section 2.2, with `::` and a dotted quad at the end. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const quad = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const address = quad === null ? undefined : parseIpv4(quad[2] as string)
  if (quad !== null && address === undefined) return undefined
  const plain =
    address === undefined ? text : `${quad?.[1]}${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`
  const halves = plain.split('::')
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [front = [], back = []] = groups
  const missing = 8 - front.length - back.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const all = [...front, ...new Array<string>(missing).fill('0'), ...back]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return numbers(...all.map((group) => Number.parseInt(group, 16)))
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length)
  for (const [index, value] of values.entries()) setU16(bytes, 2 * index, value)
  return bytes
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The records of the answer section, names written out; `undefined` when one is malformed. */
export function answerRecords(bytes: Uint8Array, questionEnd: number): ResourceRecord[] | undefined {
  const records: ResourceRecord[] = []
  let at = questionEnd
  for (let left = getU16(bytes, 6); left > 0; left -= 1) {
    const fixedAt = skipDnsName(bytes, at, bytes.length)
    if (fixedAt === undefined || fixedAt + 10 > bytes.length) return undefined
    const next = fixedAt + 10 + getU16(bytes, fixedAt + 8)
    const type = getU16(bytes, fixedAt)
    const owner = nameAt(bytes, at)
    const data = next > bytes.length ? undefined : writtenOut(bytes, type, fixedAt + 10, next)
    if (owner === undefined || data === undefined) return undefined
    const ttlSeconds = getU16(bytes, fixedAt + 4) * 0x1_0000 + getU16(bytes, fixedAt + 6)
    records.push({ owner, type, ttlSeconds, data })
    at = next
  }
  return records
}

/** Only the types of RFC 1035, and SRV of old servers, compress names in their data (RFC 3597 section 4). */
function writtenOut(bytes: Uint8Array, type: number, start: number, end: number): Uint8Array | undefined {
  const before = type === TYPE_MX ? 2 : type === TYPE_SRV ? 6 : 0
  const isNamed = [TYPE_NS, TYPE_CNAME, TYPE_SOA, TYPE_PTR, TYPE_MX, TYPE_SRV].includes(type)
  if (!isNamed) return bytes.slice(start, end)
  const parts: Uint8Array[] = [bytes.slice(start, start + before)]
  let at = start + before
  for (let names = type === TYPE_SOA ? 2 : 1; names > 0; names -= 1) {
    const next = skipDnsName(bytes, at, end)
    const name = nameAt(bytes, at)
    if (next === undefined || name === undefined) return undefined
    parts.push(name)
    at = next
  }
  if (at + (type === TYPE_SOA ? SOA_NUMBERS_LEN : 0) !== end) return undefined
  return concat(...parts, bytes.slice(at, end))
}

function nameAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const text = parseDnsName(bytes, 0, at, bytes.length)
  return text === undefined ? undefined : wireNameAsIs(text)
}

function wireNameAsIs(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(2 * NAME_MAX)
  const length = emitDnsName(text, bytes, 0)
  return length === undefined ? undefined : bytes.slice(0, length)
}

/** SOA for the names of this service itself, for the sake of what is not there (RFC 2308 section 5). */
export function soaRecord(owner: Uint8Array | undefined, server: Uint8Array, ttlSeconds: number): ResourceRecord {
  const tail = new Uint8Array(SOA_NUMBERS_LEN)
  for (const [index, value] of [1, 3600, 600, 86_400, ttlSeconds].entries()) setU32(tail, 4 * index, value)
  return { owner, type: TYPE_SOA, ttlSeconds, data: concat(server, server, tail) }
}

/** A message of the question `[0, questionEnd)` of `query` and these records; its id is the query's. */
export function makeAnswer(
  query: Uint8Array,
  questionEnd: number,
  flags: number,
  answers: readonly ResourceRecord[],
  authority: readonly ResourceRecord[] = [],
): Uint8Array {
  const records = [...answers, ...authority]
  const length = records.reduce((sum, { owner, data }) => sum + (owner?.length ?? 2) + 10 + data.length, questionEnd)
  const message = new Uint8Array(length)
  message.set(query.subarray(0, questionEnd))
  setU16(message, 2, flags)
  setU16(message, 4, 1)
  setU16(message, 6, answers.length)
  setU16(message, 8, authority.length)
  setU16(message, 10, 0)
  let at = questionEnd
  for (const { owner, type, ttlSeconds, data } of records) {
    if (owner === undefined) setU16(message, at, QUESTION_POINTER)
    else message.set(owner, at)
    at += owner?.length ?? 2
    setU16(message, at, type)
    setU16(message, at + 2, CLASS_IN)
    setU32(message, at + 4, ttlSeconds)
    setU16(message, at + 8, data.length)
    message.set(data, at + 10)
    at += 10 + data.length
  }
  return message
}

/** A question as a query of its own: recursion desired, nothing else. */
export function makeQuery(id: number, name: Uint8Array, type: number): Uint8Array {
  const message = new Uint8Array(DNS_HEADER_LEN + name.length + 4)
  setU16(message, 0, id)
  setU8(message, 2, 1)
  setU16(message, 4, 1)
  message.set(name, DNS_HEADER_LEN)
  setU16(message, DNS_HEADER_LEN + name.length, type)
  setU16(message, DNS_HEADER_LEN + name.length + 2, CLASS_IN)
  return message
}
