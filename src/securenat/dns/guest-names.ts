// Which guest has which name: what the DNS service asks, and the answer from the DHCP server's reservations and leases.
//
// A reservation's name is that of its address, whether or not the client is there.
// A name belongs to the client that had it first, for as long as its lease runs: a second one that calls itself the same does
// not take it over (RFC 4703 section 4). Names that programs look up to find their own configuration are nobody's.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { LeaseStore, StoredLease } from '../dhcp-bindings.ts'
import type { DhcpReservation } from '../options.ts'

export interface GuestNames {
  /** @param label in lower case, without a domain */
  addressOf(label: string): Ipv4Address | undefined
  /** In lower case, without a domain. */
  nameOf(address: Ipv4Address): string | undefined
}

export const GATEWAY_NAME = 'gateway'
const RESERVED_NAMES = new Set([GATEWAY_NAME, 'localhost', 'wpad', 'isatap'])
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Stands before the lease store, and so hears of every change before the client does. */
export class LeaseNames implements GuestNames, LeaseStore {
  readonly #store: LeaseStore
  readonly #now: () => number
  readonly #byAddress = new Map<Ipv4Address, StoredLease>()
  readonly #byName = new Map<string, StoredLease[]>()
  readonly #reservedAddresses = new Map<string, Ipv4Address>()
  readonly #reservedNames = new Map<Ipv4Address, string>()

  /** @param now milliseconds of the Unix epoch */
  constructor(initial: readonly StoredLease[], store: LeaseStore, now: () => number) {
    this.#store = store
    this.#now = now
    for (const lease of initial) this.#link(lease)
  }

  put(lease: StoredLease): void {
    this.#unlink(lease.ipAddress)
    this.#link(lease)
    this.#store.put(lease)
  }

  remove(address: Ipv4Address): void {
    this.#unlink(address)
    this.#store.remove(address)
  }

  reserve(reservations: readonly DhcpReservation[]): void {
    this.#reservedAddresses.clear()
    this.#reservedNames.clear()
    for (const { ipAddress, hostName } of reservations) {
      const name = labelOf(hostName ?? '')
      if (name === undefined || this.#reservedAddresses.has(name)) continue
      this.#reservedAddresses.set(name, ipAddress)
      this.#reservedNames.set(ipAddress, name)
    }
  }

  addressOf(label: string): Ipv4Address | undefined {
    const reserved = this.#reservedAddresses.get(label)
    if (reserved !== undefined) return reserved
    const holders = this.#byName.get(label)
    if (holders === undefined) return undefined
    const now = this.#now()
    let first: StoredLease | undefined
    for (const lease of holders) {
      if (lease.expiresAt > now && (first === undefined || lease.id < first.id)) first = lease
    }
    return first?.ipAddress
  }

  nameOf(address: Ipv4Address): string | undefined {
    const reserved = this.#reservedNames.get(address)
    if (reserved !== undefined) return reserved
    const lease = this.#byAddress.get(address)
    if (lease === undefined || lease.expiresAt <= this.#now()) return undefined
    const name = labelOf(lease.hostName)
    // Who only says that he is somebody is not he when somebody asks the other way round.
    return name !== undefined && this.addressOf(name) === address ? name : undefined
  }

  #link(lease: StoredLease): void {
    // The table changes its leases in place.
    const copy = { ...lease }
    this.#byAddress.set(copy.ipAddress, copy)
    const name = labelOf(copy.hostName)
    if (name === undefined) return
    const holders = this.#byName.get(name)
    if (holders === undefined) this.#byName.set(name, [copy])
    else holders.push(copy)
  }

  #unlink(address: Ipv4Address): void {
    const lease = this.#byAddress.get(address)
    if (lease === undefined) return
    this.#byAddress.delete(address)
    const name = labelOf(lease.hostName)
    const left = name === undefined ? undefined : this.#byName.get(name)?.filter((other) => other !== lease)
    if (name === undefined || left === undefined) return
    if (left.length === 0) this.#byName.delete(name)
    else this.#byName.set(name, left)
  }
}

/** The first label of what a client calls itself, if it can be a host's. */
export function labelOf(hostName: string): string | undefined {
  const [label = ''] = hostName.toLowerCase().split('.')
  return LABEL.test(label) && !RESERVED_NAMES.has(label) ? label : undefined
}
