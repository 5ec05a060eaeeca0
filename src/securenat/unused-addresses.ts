// The addresses of the pool that nobody has or had, lowest first: those below `next` one by one, all others by being above it.
//
// An address that was no good for the last who needed one (it is on offer, in quarantine, or somebody uses it without a lease) is
// passed over until it is reconsidered. So a thousand clients at once do not each look through all that the others were offered,
// and a full pool costs no more than a comparison.

import { type HeapItem, IndexedHeap } from '../base/indexed-heap.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

/** The addresses that may be given out. */
export interface AddressPool {
  first: Ipv4Address
  last: Ipv4Address
  /** Within the range, and not set aside for somebody else. */
  has(address: Ipv4Address): boolean
}

/** Ordered by its number. */
class Unused implements HeapItem {
  readonly heapAt: Ipv4Address
  heapIndex = -1

  constructor(address: Ipv4Address) {
    this.heapAt = address
  }
}

export class UnusedAddresses {
  readonly #stats: { examinedAddresses: number }
  readonly #isBound: (address: Ipv4Address) => boolean
  #pool: AddressPool | undefined
  #next = 0
  #known = new Map<Ipv4Address, Unused>()
  #open = new IndexedHeap<Unused>()
  #passedOver = new IndexedHeap<Unused>()

  constructor(stats: { examinedAddresses: number }, isBound: (address: Ipv4Address) => boolean) {
    this.#stats = stats
    this.#isBound = isBound
  }

  /** The lowest that is accepted; the others before it are passed over. */
  find(pool: AddressPool, accepts: (address: Ipv4Address) => boolean): Ipv4Address | undefined {
    this.#use(pool)
    let unused: Unused | undefined
    while ((unused = this.#open.first ?? this.#advance(pool)) !== undefined) {
      this.#stats.examinedAddresses += 1
      if (accepts(unused.heapAt)) return unused.heapAt
      this.#open.remove(unused)
      this.#passedOver.add(unused)
    }
    return undefined
  }

  /** The lowest that are accepted, at most `count`. */
  peek(count: number, pool: AddressPool, accepts: (address: Ipv4Address) => boolean): Ipv4Address[] {
    const found: Unused[] = []
    while (found.length < count) {
      const address = this.find(pool, accepts)
      if (address === undefined) break
      const unused = this.#known.get(address)!
      this.#open.remove(unused)
      found.push(unused)
    }
    for (const unused of found) this.#open.add(unused)
    return found.map(({ heapAt }) => heapAt)
  }

  /** Somebody has it now. */
  taken(address: Ipv4Address): void {
    const unused = this.#known.get(address)
    if (unused === undefined) return
    this.#known.delete(address)
    if (!this.#open.remove(unused)) this.#passedOver.remove(unused)
  }

  /** Nobody has it any more, or what spoke against it is over. */
  freed(address: Ipv4Address): void {
    const unused = this.#known.get(address)
    if (unused !== undefined) {
      if (this.#passedOver.remove(unused)) this.#open.add(unused)
    } else if (address < this.#next && this.#pool?.has(address) === true && !this.#isBound(address))
      this.#learn(address)
  }

  /** What was passed over may be accepted now. */
  reconsider(): void {
    let unused: Unused | undefined
    while ((unused = this.#passedOver.first) !== undefined) {
      this.#passedOver.remove(unused)
      this.#open.add(unused)
    }
  }

  #use(pool: AddressPool): void {
    if (pool === this.#pool) return
    this.#pool = pool
    this.#next = pool.first
    this.#known = new Map()
    this.#open = new IndexedHeap()
    this.#passedOver = new IndexedHeap()
  }

  #advance(pool: AddressPool): Unused | undefined {
    while (this.#next <= pool.last) {
      this.#stats.examinedAddresses += 1
      const address = this.#next as Ipv4Address
      this.#next += 1
      if (pool.has(address) && !this.#isBound(address)) return this.#learn(address)
    }
    return undefined
  }

  #learn(address: Ipv4Address): Unused {
    const unused = new Unused(address)
    this.#known.set(address, unused)
    this.#open.add(unused)
    return unused
  }
}
