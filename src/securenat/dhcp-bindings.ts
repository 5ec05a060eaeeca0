// The bindings of the DHCP lease table: one client, one address, at most one of each, in the store before a change returns.
//
// Every binding stands in one of three orders by its end, so that nobody looks through all of them:
//
//   running       until its end has come
//   remembered    its address may go to another client, the one that ended longest ago first
//   passed over   the same, but its address was no good for the last who needed one; until it is reconsidered

import { type HeapItem, IndexedHeap } from '../base/indexed-heap.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** Plain data: a store may write it as JSON. Instants are milliseconds of the Unix epoch. */
export interface StoredLease {
  /** Number of the entry in log and table, from 1; a renewal keeps it. */
  id: number
  ipAddress: Ipv4Address
  /** Who the client is to us: see dhcp-client.ts. */
  clientKey: string
  macAddress: MacAddress
  hostName: string
  leasedAt: number
  /** In the past: the binding is only remembered. */
  expiresAt: number
}

export interface LeaseStore {
  /** Replaces what is stored for the address. */
  put(lease: StoredLease): void
  remove(address: Ipv4Address): void
}

/** Ordered by the end of its lease. */
class Binding implements HeapItem {
  readonly lease: StoredLease
  readonly heapAt: number
  heapIndex = -1

  constructor(lease: StoredLease) {
    this.lease = lease
    this.heapAt = lease.expiresAt
  }
}

export class DhcpBindings {
  readonly #store: LeaseStore
  readonly #stats: { examinedAddresses: number }
  readonly #byAddress = new Map<Ipv4Address, Binding>()
  readonly #byClient = new Map<string, Binding>()
  readonly #running = new IndexedHeap<Binding>()
  readonly #remembered = new IndexedHeap<Binding>()
  readonly #passedOver = new IndexedHeap<Binding>()
  /** Those that have ended and whose end is still to be told. */
  readonly #untold = new Set<Binding>()

  constructor(store: LeaseStore, stats: { examinedAddresses: number }) {
    this.#store = store
    this.#stats = stats
  }

  get size(): number {
    return this.#byAddress.size
  }

  at(address: Ipv4Address): StoredLease | undefined {
    return this.#byAddress.get(address)?.lease
  }

  ofClient(clientKey: string): StoredLease | undefined {
    return this.#byClient.get(clientKey)?.lease
  }

  values(): StoredLease[] {
    return Array.from(this.#byAddress.values(), ({ lease }) => lease)
  }

  /** From the store. @param isRunning its end will be told */
  restore(lease: StoredLease, isRunning: boolean): void {
    this.#link(lease, isRunning ? this.#running : this.#remembered)
  }

  /** Replaces what client and address had, if anything; its end will be told. */
  run(lease: StoredLease): void {
    this.#link(lease, this.#running)
    this.#store.put(lease)
  }

  /** The same of a lease that ends now, of which there is nothing more to tell. */
  end(lease: StoredLease): void {
    this.#link(lease, this.#remembered)
    this.#store.put(lease)
  }

  forget(lease: StoredLease): void {
    this.#unlink(this.#byAddress.get(lease.ipAddress))
    this.#store.remove(lease.ipAddress)
  }

  /** Those that ran to their end since the last call, in the order of it. */
  takeExpired(now: number): StoredLease[] {
    this.#settle(now)
    const expired = Array.from(this.#untold, ({ lease }) => lease)
    this.#untold.clear()
    return expired
  }

  /** When `takeExpired` has something to tell; may be too early. */
  get nextExpiry(): number {
    const [untold] = this.#untold
    return (untold ?? this.#running.first)?.lease.expiresAt ?? Number.POSITIVE_INFINITY
  }

  /** The one that ended longest ago. */
  oldestEnded(now: number): StoredLease | undefined {
    this.#settle(now)
    const first = this.#remembered.first
    const other = this.#passedOver.first
    const oldest = other === undefined || (first !== undefined && first.heapAt <= other.heapAt) ? first : other
    return oldest !== undefined && oldest.heapAt <= now ? oldest.lease : undefined
  }

  /** The one that ended longest ago of those that are accepted; the others before it are passed over. */
  findEnded(now: number, accepts: (address: Ipv4Address) => boolean): StoredLease | undefined {
    this.#settle(now)
    let first: Binding | undefined
    while ((first = this.#remembered.first) !== undefined && first.heapAt <= now) {
      this.#stats.examinedAddresses += 1
      if (accepts(first.lease.ipAddress)) return first.lease
      this.#remembered.remove(first)
      this.#passedOver.add(first)
    }
    return undefined
  }

  /** What was passed over may be accepted now. */
  reconsider(): void {
    let binding: Binding | undefined
    while ((binding = this.#passedOver.first) !== undefined) this.#putBack(binding)
  }

  /** The same of one address. */
  freed(address: Ipv4Address): void {
    const binding = this.#byAddress.get(address)
    if (binding !== undefined) this.#putBack(binding)
  }

  #putBack(binding: Binding): void {
    if (this.#passedOver.remove(binding)) this.#remembered.add(binding)
  }

  #settle(now: number): void {
    let first: Binding | undefined
    while ((first = this.#running.first) !== undefined && first.heapAt <= now) {
      this.#running.remove(first)
      this.#remembered.add(first)
      this.#untold.add(first)
    }
  }

  #link(lease: StoredLease, order: IndexedHeap<Binding>): void {
    this.#unlink(this.#byAddress.get(lease.ipAddress))
    this.#unlink(this.#byClient.get(lease.clientKey))
    const binding = new Binding(lease)
    this.#byAddress.set(lease.ipAddress, binding)
    this.#byClient.set(lease.clientKey, binding)
    order.add(binding)
  }

  #unlink(binding: Binding | undefined): void {
    if (binding === undefined) return
    this.#byAddress.delete(binding.lease.ipAddress)
    this.#byClient.delete(binding.lease.clientKey)
    this.#untold.delete(binding)
    for (const order of [this.#running, this.#remembered, this.#passedOver]) if (order.remove(binding)) return
  }
}
