// Who waits for answers, and how many questions a guest may have under way: so many that a busy machine never notices, so few
// that what is left of the resolvers' patience is enough for the others. When all guests together reach the total, the one
// with the most gives up its oldest.

import type { QueryScan } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type Asker, type Flight, Waiter } from './flight.ts'

/** Questions under way of one guest; most resolvers take some 150 from one address. */
export const DNS_QUERIES_PER_GUEST_LIMIT = 128
/** Questions under way of all guests together. */
export const DNS_QUERIES_LIMIT = 4096

export interface WaiterStats {
  refusedGuestLimit: number
  refusedTotalLimit: number
  /** Gave way to a guest with fewer. */
  displaced: number
}

export class Waiters {
  readonly stats: WaiterStats = { refusedGuestLimit: 0, refusedTotalLimit: 0, displaced: 0 }
  readonly #guests = new Map<Ipv4Address, Set<Waiter>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Whether one more question of this guest is within its own limit. */
  hasRoomFor(guest: Ipv4Address): boolean {
    if ((this.#guests.get(guest)?.size ?? 0) < DNS_QUERIES_PER_GUEST_LIMIT) return true
    this.stats.refusedGuestLimit++
    return false
  }

  /**
   * Where the total is reached: whose oldest question gives way to this guest's.
   * @returns `undefined` while there is room, `'none'` when nobody has more under way than this guest
   */
  toDisplace(guest: Ipv4Address): Waiter | undefined | 'none' {
    if (this.#size < DNS_QUERIES_LIMIT) return undefined
    const own = this.#guests.get(guest)?.size ?? 0
    let heaviest: Set<Waiter> | undefined
    for (const ofGuest of this.#guests.values()) if (ofGuest.size > (heaviest?.size ?? own + 1)) heaviest = ofGuest
    const [oldest] = heaviest ?? []
    if (oldest === undefined) {
      this.stats.refusedTotalLimit++
      return 'none'
    }
    this.stats.displaced++
    return oldest
  }

  add(asker: Asker, query: QueryScan, answerMax: number, flight: Flight): Waiter {
    let ofGuest = this.#guests.get(asker.guest)
    if (ofGuest === undefined) {
      ofGuest = new Set()
      this.#guests.set(asker.guest, ofGuest)
    }
    const waiter = new Waiter(asker, query, answerMax, flight, ofGuest)
    ofGuest.add(waiter)
    flight.waiters.push(waiter)
    this.#size++
    return waiter
  }

  /** It stays in its flight's list, which the caller is about to drop or to mend. */
  remove(waiter: Waiter): void {
    const { ofGuest, asker } = waiter
    if (!ofGuest.delete(waiter)) return
    this.#size--
    if (ofGuest.size === 0 && this.#guests.get(asker.guest) === ofGuest) this.#guests.delete(asker.guest)
    asker.settled(waiter)
  }
}
