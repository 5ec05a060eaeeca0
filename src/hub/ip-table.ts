// Which IP address was last seen behind which session: from ARP, from DHCP servers' answers and, for ports with a policy,
// from every packet. Entries age, the table has a limit. Ageing needs no timer: an entry that is too old is not believed.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** Seconds without a word after which an address is forgotten; one that DHCP gave stays for its lease, if that is longer. */
export const IP_AGE_SECONDS = 600
/** Addresses remembered per hub; past it the one learned first is forgotten. */
export const IP_TABLE_LIMIT = 65_536

/** IPv4 as a number, IPv6 as 32 hexadecimal digits. */
export type IpKey = Ipv4Address | string

export interface IpEntry<S> {
  /** Unique in the table; administrators delete by it. */
  readonly key: number
  readonly address: IpKey
  session: S
  mac: MacAddress
  isDhcp: boolean
  createdAt: number
  updatedAt: number
  expiresAt: number
}

export interface IpTableStats {
  learned: number
  moved: number
  aged: number
  evicted: number
}

export class IpTable<S extends object> {
  readonly stats: IpTableStats = { learned: 0, moved: 0, aged: 0, evicted: 0 }
  /** In the order of learning. */
  readonly #entries = new Map<IpKey, IpEntry<S>>()
  /** Those of each session: the limits of policies count them. */
  readonly #ofSession = new Map<S, Set<IpEntry<S>>>()
  readonly #limit: number
  #lastKey = 0
  /** Sweeping a full table is worth it at most once a second. */
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(limit = IP_TABLE_LIMIT) {
    this.#limit = limit
  }

  /** Counts those that have aged unnoticed too. */
  get size(): number {
    return this.#entries.size
  }

  lookup(address: IpKey, now: number): Readonly<IpEntry<S>> | undefined {
    const entry = this.#entries.get(address)
    if (entry === undefined || now <= entry.expiresAt) return entry
    this.#age(entry)
    return undefined
  }

  /** @param leaseSeconds of an address that DHCP gave; left out for what was merely seen */
  learn(address: IpKey, session: S, mac: MacAddress, now: number, leaseSeconds?: number): void {
    const known = this.#entries.get(address)
    if (known !== undefined) {
      if (known.session !== session) this.#move(known, session, now)
      known.mac = mac
      this.#refresh(known, now, leaseSeconds)
      return
    }
    if (this.#entries.size >= this.#limit) this.#makeRoom(now)
    const entry: IpEntry<S> = {
      key: ++this.#lastKey,
      address,
      session,
      mac,
      isDhcp: false,
      createdAt: now,
      updatedAt: now,
      expiresAt: now,
    }
    this.#refresh(entry, now, leaseSeconds)
    this.#entries.set(address, entry)
    this.#setOf(session).add(entry)
    this.stats.learned++
  }

  /** Addresses of one family behind a session, those that have aged left out. */
  countOf(session: S, family: 'v4' | 'v6', now: number): number {
    let count = 0
    for (const entry of this.#ofSession.get(session) ?? []) {
      if (now > entry.expiresAt) this.#age(entry)
      else if ((typeof entry.address === 'number') === (family === 'v4')) count++
    }
    return count
  }

  /** @returns whether there was such an entry */
  delete(key: number): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.key !== key) continue
      this.#remove(entry)
      return true
    }
    return false
  }

  forgetSession(session: S): void {
    for (const entry of this.#ofSession.get(session) ?? []) this.#remove(entry)
  }

  /** Live entries. */
  *entries(now: number): IterableIterator<Readonly<IpEntry<S>>> {
    for (const entry of this.#entries.values()) if (now <= entry.expiresAt) yield entry
  }

  #refresh(entry: IpEntry<S>, now: number, leaseSeconds: number | undefined): void {
    entry.updatedAt = now
    if (leaseSeconds !== undefined) entry.isDhcp = true
    entry.expiresAt = Math.max(entry.expiresAt, now + 1000 * Math.max(IP_AGE_SECONDS, leaseSeconds ?? 0))
  }

  #makeRoom(now: number): void {
    if (now - this.#sweptAt >= 1000) {
      this.#sweptAt = now
      for (const entry of this.#entries.values()) if (now > entry.expiresAt) this.#age(entry)
    }
    if (this.#entries.size < this.#limit) return
    const { value: first } = this.#entries.values().next()
    if (first === undefined) return
    this.#remove(first)
    this.stats.evicted++
  }

  #move(entry: IpEntry<S>, session: S, now: number): void {
    this.#leave(entry)
    this.#setOf(session).add(entry)
    entry.session = session
    entry.createdAt = now
    // Whoever has taken the address over has not been given it.
    entry.isDhcp = false
    entry.expiresAt = now
    this.stats.moved++
  }

  #age(entry: IpEntry<S>): void {
    this.#remove(entry)
    this.stats.aged++
  }

  #remove(entry: IpEntry<S>): void {
    this.#entries.delete(entry.address)
    this.#leave(entry)
  }

  #setOf(session: S): Set<IpEntry<S>> {
    let set = this.#ofSession.get(session)
    if (set === undefined) {
      set = new Set()
      this.#ofSession.set(session, set)
    }
    return set
  }

  #leave(entry: IpEntry<S>): void {
    const set = this.#ofSession.get(entry.session)
    set?.delete(entry)
    if (set?.size === 0) this.#ofSession.delete(entry.session)
  }
}
