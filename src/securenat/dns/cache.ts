// The cache of answers (RFC 1035 section 7.4, RFC 2308): by question and by the bits that change an answer (RD, AD, CD, DO).
//
// An answer is kept for the shortest of its TTLs; one that says there is nothing, for what its SOA says, and not without
// one. Truncated, signed and failed answers are not kept at all. Of two questions with one hash the newer is kept; the
// hash has a secret seed. Past a limit the one unused longest gives way: entries are looked at in the order in which they
// came, and one that was used since then goes to the end of the line.

import { getU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN, FLAG_TRUNCATED, RCODE_MASK, RCODE_NOERROR, RCODE_NXDOMAIN } from '../../wire/dns.ts'
import { type AnswerScan, equalFolded, type QueryScan } from '../../wire/dns-scan.ts'
import type { Answer } from './answer.ts'

/** Memory for all answers of one SecureNAT. */
export const CACHE_BYTES_MAX = 8 * 1024 * 1024
/** An answer is asked for again after a day at the latest; that there is nothing, after three hours (RFC 2308 section 5). */
export const CACHED_SECONDS_MAX = 86_400
export const CACHED_NEGATIVE_SECONDS_MAX = 10_800
/** What an entry takes beside its bytes. */
const ENTRY_OVERHEAD = 256

export class CachedAnswer implements Answer {
  readonly message: Uint8Array
  readonly ttlAt: Uint16Array
  readonly additionalCount: number
  readonly rcodeHigh: number
  readonly hasOpt = false
  readonly bits: number
  readonly questionLen: number
  /** Monotonic ms. */
  readonly storedAt: number
  readonly expiresAt: number
  isUsed = false

  constructor(query: QueryScan, message: Uint8Array, scan: AnswerScan, seconds: number, now: number) {
    this.message = message.slice(0, scan.length)
    this.ttlAt = scan.ttlAt.slice(0, scan.ttlCount)
    this.additionalCount = scan.additionalCount
    this.rcodeHigh = scan.rcodeHigh
    this.bits = query.bits
    this.questionLen = query.questionEnd - query.start - DNS_HEADER_LEN
    this.storedAt = now
    this.expiresAt = now + seconds * 1000
  }

  get cost(): number {
    return this.message.length + 2 * this.ttlAt.length + ENTRY_OVERHEAD
  }
}

export class DnsCache {
  readonly stats = { hits: 0, misses: 0, stored: 0, evicted: 0 }
  readonly #entries = new Map<number, CachedAnswer>()
  /** Goes on where it stopped: a new one would walk over the holes that those before it left. */
  #oldest = this.#entries.entries()
  #entriesMax: number
  #bytes = 0

  /** @param entriesMax 0 switches it off */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  configure(entriesMax: number): void {
    this.#entriesMax = entriesMax
    this.#makeRoom(0)
  }

  find(query: QueryScan, now: number): CachedAnswer | undefined {
    const key = keyOf(query)
    const entry = this.#entries.get(key)
    if (entry !== undefined && isFor(entry, query)) {
      if (now < entry.expiresAt) {
        this.stats.hits++
        entry.isUsed = true
        return entry
      }
      this.#remove(key, entry)
    }
    this.stats.misses++
    return undefined
  }

  /** @param message an answer to exactly this question, read into `scan` */
  store(query: QueryScan, message: Uint8Array, scan: AnswerScan, now: number): CachedAnswer | undefined {
    if (this.#entriesMax === 0) return undefined
    const seconds = secondsToKeep(message, scan)
    if (seconds <= 0) return undefined
    const entry = new CachedAnswer(query, message, scan, seconds, now)
    const key = keyOf(query)
    const before = this.#entries.get(key)
    if (before !== undefined) this.#remove(key, before)
    this.#makeRoom(entry.cost)
    this.#entries.set(key, entry)
    this.#bytes += entry.cost
    this.stats.stored++
    return entry
  }

  /** @returns how many answers were forgotten */
  clear(): number {
    const count = this.#entries.size
    this.#entries.clear()
    this.#bytes = 0
    return count
  }

  #makeRoom(cost: number): void {
    const room = cost > 0 ? 1 : 0
    while (this.#entries.size + room > this.#entriesMax || this.#bytes + cost > CACHE_BYTES_MAX) {
      const oldest = this.#nextOldest()
      if (oldest === undefined) return
      const [key, entry] = oldest
      this.#entries.delete(key)
      if (entry.isUsed) {
        entry.isUsed = false
        this.#entries.set(key, entry)
      } else {
        this.#bytes -= entry.cost
        this.stats.evicted++
      }
    }
  }

  #nextOldest(): readonly [number, CachedAnswer] | undefined {
    const { value } = this.#oldest.next()
    if (value !== undefined) return value
    this.#oldest = this.#entries.entries()
    return this.#oldest.next().value
  }

  #remove(key: number, entry: CachedAnswer): void {
    this.#entries.delete(key)
    this.#bytes -= entry.cost
  }
}

function keyOf(query: QueryScan): number {
  return (query.hash ^ Math.imul(query.bits, 0x9e37_79b1)) >>> 0
}

function isFor(entry: CachedAnswer, query: QueryScan): boolean {
  const { bytes, start, questionEnd } = query
  const length = questionEnd - start - DNS_HEADER_LEN
  if (entry.bits !== query.bits || entry.questionLen !== length) return false
  return equalFolded(entry.message, DNS_HEADER_LEN, bytes, start + DNS_HEADER_LEN, length)
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
