// Which port a MAC address was last seen behind. Entries age, the table has a limit, and a host that moves is followed.
// Ageing needs no timer: an entry that is too old is not believed, and is removed when it is met or when room is wanted.

import type { MacAddress } from '../wire/mac.ts'

/** Seconds without a frame after which an address is forgotten (the original's 10 minutes). */
export const MAC_AGE_SECONDS = 600
/** Addresses remembered per hub; past it new ones are not learned, and frames to them are flooded. */
export const MAC_TABLE_LIMIT = 65_536

export interface MacEntry<P> {
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
  readonly #limit: number
  /** Sweeping a full table is worth it at most once a second. */
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(limit = MAC_TABLE_LIMIT) {
    this.#limit = limit
  }

  learn(mac: MacAddress, port: P, now: number): void {
    const entry = this.#entries.get(mac)
    if (entry !== undefined) {
      entry.lastSeenAt = now
      if (entry.port === port) return
      entry.port = port
      this.stats.moved++
      return
    }
    if (this.#entries.size >= this.#limit && !this.#sweep(now)) {
      this.stats.notLearnedTableFull++
      return
    }
    this.#entries.set(mac, { port, learnedAt: now, lastSeenAt: now })
    this.stats.learned++
  }

  lookup(mac: MacAddress, now: number): P | undefined {
    const entry = this.#entries.get(mac)
    if (entry === undefined) return undefined
    if (now - entry.lastSeenAt <= MAC_AGE_SECONDS * 1000) return entry.port
    this.#forget(mac)
    return undefined
  }

  forgetPort(port: P): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#entries.delete(mac)
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
      if (now - entry.lastSeenAt > MAC_AGE_SECONDS * 1000) this.#forget(mac)
    }
    return this.#entries.size < this.#limit
  }

  #forget(mac: MacAddress): void {
    this.#entries.delete(mac)
    this.stats.aged++
  }
}
