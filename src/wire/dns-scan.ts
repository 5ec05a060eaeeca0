// DNS messages read in place, for who relays and keeps them: where the question ends, what EDNS says (RFC 6891), where the
// TTLs are, and how long an answer may be kept (RFC 2181 section 8, RFC 2308 section 5). Nothing is copied, no name becomes
// text; the results are written into objects that the caller uses again and again.

import { getU8, getU16, getU32 } from './bytes.ts'
import {
  CLASS_IN,
  DNS_HEADER_LEN,
  DNS_UDP_MAX,
  FLAG_AUTHENTIC_DATA,
  FLAG_CHECKING_DISABLED,
  FLAG_RECURSION_DESIRED,
  OPCODE_MASK,
  skipDnsName,
  TYPE_OPT,
} from './dns.ts'

export const TYPE_SOA = 6
const TYPE_SIG = 24
const TYPE_TSIG = 250
/** Types that are questions only (RFC 6895 section 3.1): ANY, AXFR and their like. */
const META_TYPES = { first: 128, last: 255 } as const

/** In the TTL field of OPT. */
const DNSSEC_OK = 0x8000
/** Root name, type, class, TTL, length of no options. */
export const OPT_LEN = 11
/** Type and class behind a question's name. */
const QUESTION_TAIL_LEN = 4
/** Type, class, TTL and data length behind a record's name. */
const RECORD_FIXED_LEN = 10
const NAME_MAX = 255
const LABEL_MAX = 63
/** RFC 2181 section 8: a TTL with the highest bit set counts as zero. */
const TTL_MAX = 0x7fff_ffff

/** One for all: making memory costs more than reading a query. */
const NOTHING = new Uint8Array(0)

/** What a query says, as far as a relay has to know. */
export class QueryScan {
  bytes: Uint8Array = NOTHING
  start = 0
  end = 0
  id = 0
  flags = 0
  /** First byte behind the question's name, and behind the question. */
  nameEnd = 0
  questionEnd = 0
  labels = 0
  type = 0
  class = 0
  /** Of the name in lower case; and of the whole question. */
  nameHash = 0
  hash = 0
  hasEdns = false
  dnssecOk = false
  /** The longest UDP answer the asker takes. */
  udpMax = DNS_UDP_MAX
  /** A standard query and nothing more: what it asks is its question, RD, AD, CD and DO. */
  isPlain = false

  /** Whether two askers want the same: everything but the question that changes the answer. */
  get bits(): number {
    const asked = FLAG_RECURSION_DESIRED | FLAG_AUTHENTIC_DATA | FLAG_CHECKING_DISABLED
    return (this.flags & asked) | (this.dnssecOk ? 1 : 0)
  }

  get isCacheable(): boolean {
    const isMeta = this.type >= META_TYPES.first && this.type <= META_TYPES.last
    return this.isPlain && this.class === CLASS_IN && !isMeta
  }
}

/**
 * Reads a message with one question, a query or an answer to one.
 * @param seed of the hashes, unpredictable
 * @returns false when there is not exactly one question, or it is malformed
 */
export function scanQuery(bytes: Uint8Array, start: number, end: number, seed: number, into: QueryScan): boolean {
  if (end - start < DNS_HEADER_LEN || getU16(bytes, start + 4) !== 1) return false
  into.bytes = bytes
  into.start = start
  into.end = end
  into.id = getU16(bytes, start)
  into.flags = getU16(bytes, start + 2)
  if (!scanQuestion(bytes, start + DNS_HEADER_LEN, end, seed, into)) return false
  into.hasEdns = false
  into.dnssecOk = false
  into.udpMax = DNS_UDP_MAX
  into.isPlain = (into.flags & OPCODE_MASK) === 0 && getU16(bytes, start + 6) === 0 && getU16(bytes, start + 8) === 0
  const additional = getU16(bytes, start + 10)
  if (into.isPlain) into.isPlain = additional === 0 ? into.questionEnd === end : additional === 1 && scanOpt(into)
  return true
}

function scanQuestion(bytes: Uint8Array, at: number, end: number, seed: number, into: QueryScan): boolean {
  let hash = seed | 0
  let labels = 0
  let position = at
  for (;;) {
    if (position >= end) return false
    const length = getU8(bytes, position)
    // Nothing is there that a pointer could lead to.
    if (length > LABEL_MAX) return false
    hash = mixed(hash, length)
    position += 1
    if (length === 0) break
    labels += 1
    const labelEnd = position + length
    if (labelEnd >= end) return false
    for (; position < labelEnd; position += 1) hash = mixed(hash, lowerOctet(getU8(bytes, position)))
  }
  if (position - at > NAME_MAX || position + QUESTION_TAIL_LEN > end) return false
  into.nameEnd = position
  into.questionEnd = position + QUESTION_TAIL_LEN
  into.labels = labels
  into.type = getU16(bytes, position)
  into.class = getU16(bytes, position + 2)
  into.nameHash = hash >>> 0
  into.hash = mixed(mixed(mixed(hash, into.type >>> 8), into.type & 0xff), into.class & 0xff) >>> 0
  return true
}

/** The one additional record of a query. */
function scanOpt(into: QueryScan): boolean {
  const { bytes, questionEnd: at, end } = into
  if (at + OPT_LEN > end || getU8(bytes, at) !== 0 || getU16(bytes, at + 1) !== TYPE_OPT) return false
  // Another version is for the resolver to refuse.
  if (getU8(bytes, at + 6) !== 0 || at + OPT_LEN + getU16(bytes, at + 9) !== end) return false
  into.hasEdns = true
  into.udpMax = Math.max(DNS_UDP_MAX, getU16(bytes, at + 3))
  into.dnssecOk = (getU16(bytes, at + 7) & DNSSEC_OK) !== 0
  return true
}

/** FNV-1a. */
function mixed(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x0100_0193)
}

/** The hash that `scanQuery` gives a name. @param name on the wire, uncompressed */
export function hashDnsName(name: Uint8Array, seed: number): number {
  let hash = seed | 0
  for (const octet of name) hash = mixed(hash, lowerOctet(octet))
  return hash >>> 0
}

/** Lengths of labels are below the letters, so a name on the wire can be folded as a whole (RFC 4343). */
export function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}

/** Whether `length` octets are the same but for case. */
export function equalFolded(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    const x = getU8(a, aStart + index)
    const y = getU8(b, bStart + index)
    if (x !== y && lowerOctet(x) !== lowerOctet(y)) return false
  }
  return true
}

/** Most TTLs of an answer that is kept. */
const TTLS_MAX = 4096

/** What an answer says, as far as who keeps it has to know. */
export class AnswerScan {
  /** Places of the TTLs, of every record but OPT. */
  readonly ttlAt = new Uint16Array(TTLS_MAX)
  ttlCount = 0
  /** Bytes up to OPT when that is the last record, else all. */
  length = 0
  /** Without such an OPT. */
  additionalCount = 0
  /** OPT has other records behind it and stays where it is. */
  hasOptInside = false
  /** The upper eight bits of the response code. */
  rcodeHigh = 0
  isSigned = false
  /** A record of the asked type is among the answers. */
  hasAnswer = false
  /** The shortest TTL of all records; and what SOA says of the absence of records, -1 without. */
  leastTtl = 0
  negativeTtl = -1
}

/** @returns false when a record is malformed or there are more than can be looked after */
export function scanAnswer(
  bytes: Uint8Array,
  questionEnd: number,
  end: number,
  type: number,
  into: AnswerScan,
): boolean {
  const answers = getU16(bytes, 6)
  const authorities = getU16(bytes, 8)
  const additional = getU16(bytes, 10)
  into.ttlCount = 0
  into.additionalCount = additional
  into.hasOptInside = false
  into.rcodeHigh = 0
  into.isSigned = false
  into.hasAnswer = false
  into.leastTtl = TTL_MAX
  into.negativeTtl = -1
  let optAt = -1
  let at = questionEnd
  const records = answers + authorities + additional
  for (let index = 0; index < records; index += 1) {
    const fixedAt = skipDnsName(bytes, at, end)
    if (fixedAt === undefined || fixedAt + RECORD_FIXED_LEN > end) return false
    const recordType = getU16(bytes, fixedAt)
    const dataAt = fixedAt + RECORD_FIXED_LEN
    const next = dataAt + getU16(bytes, fixedAt + 8)
    if (next > end) return false
    if (optAt >= 0) into.hasOptInside = true
    if (recordType === TYPE_OPT) {
      if (optAt >= 0 || index < answers + authorities) return false
      optAt = at
      into.rcodeHigh = getU8(bytes, fixedAt + 4)
    } else {
      if (into.ttlCount === TTLS_MAX) return false
      into.ttlAt[into.ttlCount++] = fixedAt + 4
      const ttl = ttlOf(getU32(bytes, fixedAt + 4))
      if (ttl < into.leastTtl) into.leastTtl = ttl
      if (index < answers && recordType === type) into.hasAnswer = true
      if (recordType === TYPE_TSIG || recordType === TYPE_SIG) into.isSigned = true
      const isSoa = recordType === TYPE_SOA && index >= answers && index < answers + authorities
      if (isSoa && next - dataAt >= 22) into.negativeTtl = Math.min(ttl, ttlOf(getU32(bytes, next - 4)))
    }
    at = next
  }
  into.length = optAt >= 0 && !into.hasOptInside ? optAt : at
  if (optAt >= 0 && !into.hasOptInside) into.additionalCount -= 1
  return true
}

function ttlOf(value: number): number {
  return value > TTL_MAX ? 0 : value
}
