// Which port a MAC address was last seen behind. Entries age, the table has a limit, and a host that moves is followed.
// Ageing needs no timer: an entry that is too old is not believed, and is removed when it is met or when room is wanted.
//
// A port that sends from ever new addresses must not make the hub a repeater for the others: in a full table the port with the
// most addresses gives its oldest up to a port with fewer.

import type { MacAddress } from '../wire/mac.ts'

/** Seconds without a frame after which an address is forgotten (the original's 10 minutes). */
export const MAC_AGE_SECONDS = 600
/** Addresses remembered per hub; past it those of the greatest port are not learned, and frames to them are flooded. */
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
  /** Addresses of the greatest port that gave way to another port's. */
  evictedFromGreatest: number
}

export class MacTable<P> {
  readonly stats: MacTableStats = { learned: 0, moved: 0, aged: 0, notLearnedTableFull: 0, evictedFromGreatest: 0 }
  readonly #entries = new Map<MacAddress, MacEntry<P>>()
  /** In the order of learning. */
  readonly #ofPort = new Map<P, Set<MacAddress>>()
  readonly #limit: number
  #lastKey = 0
  /** Sweeping a full table is worth it at most once a second. */
  #sweptAt = Number.NEGATIVE_INFINITY
  /** So is looking for the port with the most addresses. */
  #greatest: P | undefined
  #comparedAt = Number.NEGATIVE_INFINITY

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
      this.#leave(mac, entry.port)
      this.#setOf(port).add(mac)
      entry.port = port
      this.stats.moved++
      return true
    }
    if (this.#entries.size >= this.#limit && !this.#sweep(now) && !this.#takeFromGreatest(port, now)) {
      this.stats.notLearnedTableFull++
      return false
    }
    this.#entries.set(mac, { key: ++this.#lastKey, port, learnedAt: now, lastSeenAt: now })
    this.#setOf(port).add(mac)
    this.stats.learned++
    return true
  }

  /** The entry of an address, if it is not too old. */
  find(mac: MacAddress, now: number): Readonly<MacEntry<P>> | undefined {
    return this.lookup(mac, now) === undefined ? undefined : this.#entries.get(mac)
  }

  /** Whether fewer than `limit` addresses are behind a port. */
  hasFewerThan(limit: number, port: P, now: number): boolean {
    if (this.#countOf(port) >= limit) this.#sweep(now)
    return this.#countOf(port) < limit
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
    for (const mac of this.#ofPort.get(port) ?? []) this.#entries.delete(mac)
    this.#ofPort.delete(port)
    if (this.#greatest === port) this.#greatest = undefined
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

  /** @returns whether there is room now */
  #takeFromGreatest(port: P, now: number): boolean {
    const own = this.#countOf(port)
    if (this.#greatest === undefined || this.#countOf(this.#greatest) <= own + 1) {
      if (now - this.#comparedAt < 1000) return false
      this.#comparedAt = now
      for (const [other, { size }] of this.#ofPort) {
        if (this.#greatest === undefined || size > this.#countOf(this.#greatest)) this.#greatest = other
      }
    }
    if (this.#greatest === undefined || this.#countOf(this.#greatest) <= own + 1) return false
    const [oldest] = this.#setOf(this.#greatest)
    const entry = oldest === undefined ? undefined : this.#entries.get(oldest)
    if (oldest === undefined || entry === undefined) return false
    this.#remove(oldest, entry)
    this.stats.evictedFromGreatest++
    return true
  }

  #age(mac: MacAddress, entry: MacEntry<P>): void {
    this.#remove(mac, entry)
    this.stats.aged++
  }

  #remove(mac: MacAddress, entry: MacEntry<P>): void {
    this.#entries.delete(mac)
    this.#leave(mac, entry.port)
  }

  #countOf(port: P): number {
    return this.#ofPort.get(port)?.size ?? 0
  }

  #setOf(port: P): Set<MacAddress> {
    let set = this.#ofPort.get(port)
    if (set === undefined) {
      set = new Set()
      this.#ofPort.set(port, set)
    }
    return set
  }

  #leave(mac: MacAddress, port: P): void {
    const set = this.#ofPort.get(port)
    set?.delete(mac)
    if (set?.size === 0) this.#ofPort.delete(port)
  }
}
