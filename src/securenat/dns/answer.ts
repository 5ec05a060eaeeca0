// Answers as they are kept and given out: a message without OPT, and what is written anew for each asker (his id, his
// spelling of the question, TTLs less the answer's age, an OPT if he speaks EDNS). An answer longer than the asker takes
// becomes a header and a question that say so (TC), and he comes again over TCP.

import { getU16, getU32, setU8, setU16, setU32 } from '../../wire/bytes.ts'
import {
  DNS_HEADER_LEN,
  FLAG_CHECKING_DISABLED,
  FLAG_RECURSION_AVAILABLE,
  FLAG_RECURSION_DESIRED,
  FLAG_RESPONSE,
  FLAG_TRUNCATED,
  OPCODE_MASK,
  TYPE_OPT,
} from '../../wire/dns.ts'
import { OPT_LEN } from '../../wire/dns-scan.ts'

/** What this service takes over UDP, for a resolver's OPT and its own: as much as crosses every path in one piece. */
export const OWN_UDP_MAX = 1232
const DNSSEC_OK = 0x8000

export interface Answer {
  /** The message is `bytes[start, start + length)`. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly length: number
  /** Places of the TTLs in the message: `ttlAt[ttlStart, ttlStart + ttlCount)`. */
  readonly ttlAt: Uint16Array
  readonly ttlStart: number
  readonly ttlCount: number
  /** Additional records in the message. */
  readonly additionalCount: number
  /** The upper bits of the response code, which OPT carries. */
  readonly rcodeHigh: number
  /** The message has an OPT of its own. */
  readonly hasOpt: boolean
}

/** What of a query its answer must repeat, and how it can be given. */
export interface AskedFor {
  readonly id: number
  /** Where the question lies, as the asker spelt it. */
  readonly bytes: Uint8Array
  readonly questionStart: number
  readonly questionEnd: number
  readonly hasEdns: boolean
  readonly dnssecOk: boolean
  /** The longest answer the asker takes. */
  readonly answerMax: number
}

const NO_TTLS = new Uint16Array(0)
/** From here on a copy by the engine is worth the object it needs. */
const LONG_COPY = 512

/** A message that is given out as it is. */
export function wholeAnswer(bytes: Uint8Array, additionalCount = 0, hasOpt = false): Answer {
  const none = { ttlAt: NO_TTLS, ttlStart: 0, ttlCount: 0, rcodeHigh: 0 }
  return { bytes, start: 0, length: bytes.length, ...none, additionalCount, hasOpt }
}

export function copyBytes(into: Uint8Array, at: number, from: Uint8Array, start: number, length: number): void {
  if (length >= LONG_COPY) into.set(from.subarray(start, start + length), at)
  else for (let index = 0; index < length; index += 1) into[at + index] = from[start + index] as number
}

/** @returns the length written. `into` needs room for the message and an OPT */
export function writeAnswer(
  into: Uint8Array,
  at: number,
  answer: Answer,
  asked: AskedFor,
  ageSeconds: number,
  flagsOff: number,
): number {
  const { bytes, start, ttlAt, ttlStart } = answer
  const ownOpt = asked.hasEdns && !answer.hasOpt
  const isWhole = answer.length + (ownOpt ? OPT_LEN : 0) <= asked.answerMax
  const questionLen = asked.questionEnd - asked.questionStart
  let length = isWhole ? answer.length : DNS_HEADER_LEN + questionLen
  copyBytes(into, at, bytes, start, isWhole ? length : DNS_HEADER_LEN)
  setU16(into, at, asked.id)
  const flags = getU16(bytes, start + 2) & ~flagsOff
  setU16(into, at + 2, isWhole ? flags : flags | FLAG_TRUNCATED)
  copyBytes(into, at + DNS_HEADER_LEN, asked.bytes, asked.questionStart, questionLen)
  if (isWhole && ageSeconds > 0) {
    for (let index = ttlStart; index < ttlStart + answer.ttlCount; index += 1) {
      const offset = ttlAt[index] as number
      setU32(into, at + offset, Math.max(0, getU32(bytes, start + offset) - ageSeconds))
    }
  }
  if (!isWhole) {
    setU32(into, at + 4, 0x0001_0000)
    setU32(into, at + 8, 0)
  }
  const additional = isWhole ? answer.additionalCount : 0
  setU16(into, at + 10, additional + (ownOpt ? 1 : 0))
  if (ownOpt) length += writeOpt(into, at + length, OWN_UDP_MAX, answer.rcodeHigh, asked.dnssecOk)
  return length
}

export function writeOpt(into: Uint8Array, at: number, udpMax: number, rcodeHigh: number, dnssecOk: boolean): number {
  setU8(into, at, 0)
  setU16(into, at + 1, TYPE_OPT)
  setU16(into, at + 3, udpMax)
  setU16(into, at + 5, rcodeHigh << 8)
  setU16(into, at + 7, dnssecOk ? DNSSEC_OK : 0)
  setU16(into, at + 9, 0)
  return OPT_LEN
}

/** The answer that is only a code: the query's header, turned round, and its question. */
export function bareAnswer(query: Uint8Array, start: number, questionEnd: number, rcode: number): Answer {
  const message = query.slice(start, questionEnd)
  const kept = getU16(query, start + 2) & (OPCODE_MASK | FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED)
  setU16(message, 2, kept | FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | rcode)
  setU16(message, 4, questionEnd - start > DNS_HEADER_LEN ? 1 : 0)
  setU16(message, 6, 0)
  setU32(message, 8, 0)
  return wholeAnswer(message)
}
