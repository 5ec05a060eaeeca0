// The cache of answers (RFC 1035 section 7.4, RFC 2308): by question and by the bits that change an answer (RD, AD, CD, DO).
//
// An answer is kept for the shortest of its TTLs; one that says there is nothing, for what its SOA says, and not without
// one. Truncated, signed and failed answers are not kept at all. Of two questions with one hash the newer is kept; the
// hash has a secret seed. Past a limit the one unused longest gives way (answer-ring.ts).

import { getU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN, FLAG_TRUNCATED, RCODE_MASK, RCODE_NOERROR, RCODE_NXDOMAIN } from '../../wire/dns.ts'
import { type AnswerScan, equalFolded, type QueryScan } from '../../wire/dns-scan.ts'
import { AnswerRing, KeptAnswer } from './answer-ring.ts'

/** Memory for all answers of one SecureNAT. */
export const CACHE_BYTES_MAX = 8 * 1024 * 1024
/** An answer is asked for again after a day at the latest; that there is nothing, after three hours (RFC 2308 section 5). */
export const CACHED_SECONDS_MAX = 86_400
export const CACHED_NEGATIVE_SECONDS_MAX = 10_800

export class DnsCache {
  readonly stats = { hits: 0, misses: 0, stored: 0, evicted: 0 }
  readonly #ring = new AnswerRing(CACHE_BYTES_MAX, () => {
    this.stats.evicted++
  })
  readonly #found = new KeptAnswer()
  readonly #new = new KeptAnswer()
  #entriesMax: number

  /** @param entriesMax 0 switches it off */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#ring.size
  }

  get bytes(): number {
    return this.#ring.bytes
  }

  configure(entriesMax: number): void {
    this.#entriesMax = entriesMax
    if (entriesMax === 0) this.clear()
    else while (this.size > entriesMax) this.#ring.forgetOldest()
  }

  /** @returns an answer that is valid until the next call */
  find(query: QueryScan, now: number): KeptAnswer | undefined {
    const at = this.#ring.find(keyOf(query))
    if (at >= 0) {
      const found = this.#found
      this.#ring.read(at, found)
      const isAlive = now < found.storedAt + found.seconds * 1000
      if (isAlive && isFor(found, query)) {
        this.stats.hits++
        this.#ring.use(at)
        return found
      }
      if (!isAlive) this.#ring.remove(at)
    }
    this.stats.misses++
    return undefined
  }

  /** @param message an answer to exactly this question, read into `scan` */
  store(query: QueryScan, message: Uint8Array, scan: AnswerScan, now: number): void {
    if (this.#entriesMax === 0) return
    const seconds = secondsToKeep(message, scan)
    if (seconds <= 0) return
    const answer = this.#new
    answer.key = keyOf(query)
    answer.bits = query.bits
    answer.questionLen = query.questionEnd - query.start - DNS_HEADER_LEN
    answer.bytes = message
    answer.length = scan.length
    answer.ttlAt = scan.ttlAt
    answer.ttlCount = scan.ttlCount
    answer.additionalCount = scan.additionalCount
    answer.rcodeHigh = scan.rcodeHigh
    answer.storedAt = now
    answer.seconds = seconds
    const before = this.#ring.find(answer.key)
    if (before >= 0) this.#ring.remove(before)
    while (this.size >= this.#entriesMax) this.#ring.forgetOldest()
    this.#ring.put(answer)
    this.stats.stored++
  }

  /** @returns how many answers were forgotten */
  clear(): number {
    const count = this.size
    this.#ring.clear()
    return count
  }
}

function keyOf(query: QueryScan): number {
  return (query.hash ^ Math.imul(query.bits, 0x9e37_79b1)) >>> 0
}

function isFor(kept: KeptAnswer, query: QueryScan): boolean {
  const { bytes, start, questionEnd } = query
  const length = questionEnd - start - DNS_HEADER_LEN
  if (kept.bits !== query.bits || kept.questionLen !== length) return false
  return equalFolded(kept.bytes, kept.start + DNS_HEADER_LEN, bytes, start + DNS_HEADER_LEN, length)
}

function secondsToKeep(message: Uint8Array, scan: AnswerScan): number {
  const flags = getU16(message, 2)
  const rcode = (scan.rcodeHigh << 4) | (flags & RCODE_MASK)
  if ((flags & FLAG_TRUNCATED) !== 0 || scan.isSigned || scan.hasOptInside) return 0
  if (rcode === RCODE_NOERROR && scan.hasAnswer) return Math.min(scan.leastTtl, CACHED_SECONDS_MAX)
  if (rcode !== RCODE_NOERROR && rcode !== RCODE_NXDOMAIN) return 0
  // Without SOA nobody said for how long, and it may be a referral (RFC 2308 section 5).
  return Math.min(scan.negativeTtl, scan.leastTtl, CACHED_NEGATIVE_SECONDS_MAX)
}
