// Which port a MAC address was last seen behind. Entries age, the table has a limit, and a host that moves is followed.
// Ageing needs no timer: an entry that is too old is not believed, and is removed when it is met or when room is wanted.

import type { MacAddress } from '../wire/mac.ts'

/** Seconds without a frame after which an address is forgotten (the original's 10 minutes). */
export const MAC_AGE_SECONDS = 600
/** Addresses remembered per hub; past it new ones are not learned, and frames to them are flooded. */
export const MAC_TABLE_LIMIT = 65_536

export interface MacEntry<P> {
  /** Unique in the table; administrators delete by it. */
  readonly key: number
  port: P
  learnedAt: number
  lastSeenAt: number
}

export interface MacTableStats {
  learned: number
  moved: number
  aged: number
  /** Addresses that found the table full. */
  notLearnedTableFull: number
}

export class MacTable<P> {
  readonly stats: MacTableStats = { learned: 0, moved: 0, aged: 0, notLearnedTableFull: 0 }
  readonly #entries = new Map<MacAddress, MacEntry<P>>()
  readonly #counts = new Map<P, number>()
  readonly #limit: number
  #lastKey = 0
  /** Sweeping a full table is worth it at most once a second. */
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(limit = MAC_TABLE_LIMIT) {
    this.#limit = limit
  }

  /** Counts those that have aged unnoticed too. */
  get size(): number {
    return this.#entries.size
  }

  /** @returns whether the address is new behind this port */
  learn(mac: MacAddress, port: P, now: number): boolean {
    const entry = this.#entries.get(mac)
    if (entry !== undefined) {
      entry.lastSeenAt = now
      if (entry.port === port) return false
      this.#count(entry.port, -1)
      this.#count(port, 1)
      entry.port = port
      this.stats.moved++
      return true
    }
    if (this.#entries.size >= this.#limit && !this.#sweep(now)) {
      this.stats.notLearnedTableFull++
      return false
    }
    this.#entries.set(mac, { key: ++this.#lastKey, port, learnedAt: now, lastSeenAt: now })
    this.#count(port, 1)
    this.stats.learned++
    return true
  }

  /** The entry of an address, if it is not too old. */
  find(mac: MacAddress, now: number): Readonly<MacEntry<P>> | undefined {
    return this.lookup(mac, now) === undefined ? undefined : this.#entries.get(mac)
  }

  /** Whether fewer than `limit` addresses are behind a port. */
  hasFewerThan(limit: number, port: P, now: number): boolean {
    if ((this.#counts.get(port) ?? 0) >= limit) this.#sweep(now)
    return (this.#counts.get(port) ?? 0) < limit
  }

  /** @returns whether there was such an entry */
  delete(key: number): boolean {
    for (const [mac, entry] of this.#entries) {
      if (entry.key !== key) continue
      this.#remove(mac, entry)
      return true
    }
    return false
  }

  lookup(mac: MacAddress, now: number): P | undefined {
    const entry = this.#entries.get(mac)
    if (entry === undefined) return undefined
    if (now - entry.lastSeenAt <= MAC_AGE_SECONDS * 1000) return entry.port
    this.#age(mac, entry)
    return undefined
  }

  forgetPort(port: P): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#remove(mac, entry)
  }

  /** Live entries, oldest learned first. */
  *entries(now: number): IterableIterator<[MacAddress, Readonly<MacEntry<P>>]> {
    for (const [mac, entry] of this.#entries) {
      if (now - entry.lastSeenAt <= MAC_AGE_SECONDS * 1000) yield [mac, entry]
    }
  }

  /** @returns whether there is room now */
  #sweep(now: number): boolean {
    if (now - this.#sweptAt < 1000) return false
    this.#sweptAt = now
    for (const [mac, entry] of this.#entries) {
      if (now - entry.lastSeenAt > MAC_AGE_SECONDS * 1000) this.#age(mac, entry)
    }
    return this.#entries.size < this.#limit
  }

  #age(mac: MacAddress, entry: MacEntry<P>): void {
    this.#remove(mac, entry)
    this.stats.aged++
  }

  #remove(mac: MacAddress, entry: MacEntry<P>): void {
    this.#entries.delete(mac)
    this.#count(entry.port, -1)
  }

  #count(port: P, by: 1 | -1): void {
    const count = (this.#counts.get(port) ?? 0) + by
    if (count === 0) this.#counts.delete(port)
    else this.#counts.set(port, count)
  }
}
