// Who waits for answers, and how many questions a guest may have under way: so many that a busy machine never notices, so few
// that what is left of the resolvers' patience is enough for the others. When all guests together reach the total, the one
// with the most gives up its oldest.

import type { QueryScan } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type Asker, type Flight, Waiter, type WaitersOfGuest } from './flight.ts'

/** Questions under way of one guest; most resolvers take some 150 from one address. */
export const DNS_QUERIES_PER_GUEST_LIMIT = 128
/** Questions under way of all guests together. */
export const DNS_QUERIES_LIMIT = 4096
/** Waiters kept for the next questions. */
const SPARE_MAX = 256
/** Guests whose lists stay although they are empty, at least. */
const GUESTS_KEPT = 64

export interface WaiterStats {
  refusedGuestLimit: number
  refusedTotalLimit: number
  /** Gave way to a guest with fewer. */
  displaced: number
}

export class Waiters {
  readonly stats: WaiterStats = { refusedGuestLimit: 0, refusedTotalLimit: 0, displaced: 0 }
  readonly #guests = new Map<Ipv4Address, WaitersOfGuest>()
  readonly #spare: Waiter[] = []
  #sweepAt = GUESTS_KEPT
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Whether one more question of this guest is within its own limit. */
  hasRoomFor(guest: Ipv4Address): boolean {
    if ((this.#guests.get(guest)?.count ?? 0) < DNS_QUERIES_PER_GUEST_LIMIT) return true
    this.stats.refusedGuestLimit++
    return false
  }

  /**
   * Where the total is reached: whose oldest question gives way to this guest's.
   * @returns `undefined` while there is room, `'none'` when nobody has more under way than this guest
   */
  toDisplace(guest: Ipv4Address): Waiter | undefined | 'none' {
    if (this.#size < DNS_QUERIES_LIMIT) return undefined
    const own = this.#guests.get(guest)?.count ?? 0
    let heaviest: WaitersOfGuest | undefined
    for (const ofGuest of this.#guests.values()) if (ofGuest.count > (heaviest?.count ?? own + 1)) heaviest = ofGuest
    if (heaviest?.oldest === undefined) {
      this.stats.refusedTotalLimit++
      return 'none'
    }
    this.stats.displaced++
    return heaviest.oldest
  }

  add(asker: Asker, query: QueryScan, answerMax: number, flight: Flight): Waiter {
    const waiter = this.#spare.pop() ?? new Waiter(asker, flight)
    waiter.begin(asker, query, answerMax, flight)
    append(waiter, this.#ofGuest(asker.guest))
    flight.waiters.push(waiter)
    this.#size++
    return waiter
  }

  /** It stays in its flight's list, which the caller is about to drop or to mend. */
  remove(waiter: Waiter): void {
    const { ofGuest } = waiter
    if (ofGuest === undefined) return
    const { older, newer } = waiter
    if (older === undefined) ofGuest.oldest = newer
    else older.newer = newer
    if (newer === undefined) ofGuest.newest = older
    else newer.older = older
    waiter.older = undefined
    waiter.newer = undefined
    waiter.ofGuest = undefined
    ofGuest.count--
    this.#size--
    waiter.asker.settled(waiter)
  }

  /** Nobody knows it any more: it serves for the next question. */
  recycle(waiter: Waiter): void {
    if (this.#spare.length < SPARE_MAX) this.#spare.push(waiter)
  }

  #ofGuest(guest: Ipv4Address): WaitersOfGuest {
    const known = this.#guests.get(guest)
    if (known !== undefined) return known
    if (this.#guests.size >= this.#sweepAt) this.#sweep()
    const ofGuest = { count: 0, oldest: undefined, newest: undefined }
    this.#guests.set(guest, ofGuest)
    return ofGuest
  }

  /** Now and then, since a guest that asks one question at a time would have its list made anew for each. */
  #sweep(): void {
    for (const [guest, { count }] of this.#guests) if (count === 0) this.#guests.delete(guest)
    this.#sweepAt = Math.max(GUESTS_KEPT, 2 * this.#guests.size)
  }
}

function append(waiter: Waiter, ofGuest: WaitersOfGuest): void {
  waiter.ofGuest = ofGuest
  waiter.older = ofGuest.newest
  waiter.newer = undefined
  if (ofGuest.newest === undefined) ofGuest.oldest = waiter
  else ofGuest.newest.newer = waiter
  ofGuest.newest = waiter
  ofGuest.count++
}
