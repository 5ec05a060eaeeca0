// The DHCP lease table: which client has which address, until when, and which addresses may be given out next.
//
// A *binding* joins one client to one address, at most one per client and one per address. While it runs it is a lease; once
// expired or released it is remembered, so that the client comes back to the same address (RFC 2131 section 1.6), until
// another client needs the address: never-used addresses go first, then those expired longest. Nothing here runs on a timer:
// whether something has expired is a comparison with `now`, milliseconds of the Unix epoch, when it is asked.
//
// An address is the client's to have when it is in the pool or reserved for this client, in nobody else's hands, and not known to
// be used without a lease. When nothing else is left, offers that were not taken up and declined addresses are used again, so that
// neither a flood of DISCOVERs nor one of DECLINEs takes the pool away from everybody for long.
//
// Every change of a binding is in the store before the call returns, so before the ACK leaves (dhcp-bindings.ts). Offers
// (dhcp-offers.ts) and the quarantine of declined addresses are short-lived and kept in memory only. No choice looks through the pool
// or the table, so that a full one costs no more than an empty one: what is no good at the moment is passed over, and reconsidered
// when it is given back, or after `RECONSIDER_MS`.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { DhcpBindings, type LeaseStore, type StoredLease } from './dhcp-bindings.ts'
import { DhcpOffers, OFFER_MS } from './dhcp-offers.ts'
import { type AddressPool, UnusedAddresses } from './unused-addresses.ts'

/** A client that wants an address, and what is known beside the table. */
export interface Claimant {
  readonly clientKey: string
  readonly macAddress: MacAddress
  /** The address that is reserved for it. */
  readonly reserved: Ipv4Address | undefined
  /** Whether another host is known to use the address without a lease. */
  isUsedByOther(address: Ipv4Address): boolean
}

export interface LeaseLimits {
  /** Bindings in all, running and remembered; past it the one expired longest is forgotten. */
  bindings: number
  /** Offers waiting for their REQUEST; past it the oldest is withdrawn. */
  offers: number
  /** Declined addresses; past it the oldest is released. */
  quarantine: number
}

export const DEFAULT_LEASE_LIMITS: LeaseLimits = { bindings: 10_000, offers: 1_000, quarantine: 256 }

/** An address that was passed over for one client is looked at again after so long; what is given back at once. */
const RECONSIDER_MS = 1_000
/** How long an address that a client found in use is not given out. */
export const QUARANTINE_MS = 600_000
/** The same, when no other address is left. */
export const QUARANTINE_MIN_MS = 10_000

export class DhcpLeases {
  readonly stats = {
    forgottenBindings: 0,
    withdrawnOffers: 0,
    endedQuarantines: 0,
    /** Steps of looking for an address that nobody has. */
    examinedAddresses: 0,
  }
  readonly #limits: LeaseLimits
  readonly #bindings: DhcpBindings
  readonly #offers: DhcpOffers
  readonly #unused: UnusedAddresses
  // A map keeps the order of insertion, and all live equally long: the first is always the oldest.
  readonly #quarantine = new Map<Ipv4Address, number>()
  #reconsiderAt = Number.NEGATIVE_INFINITY
  #pool: AddressPool | undefined
  #lastId = 0

  /** @param now of the Unix epoch; what has ended before it is not told by `takeExpired` */
  constructor(
    initial: readonly StoredLease[],
    store: LeaseStore,
    limits: LeaseLimits = DEFAULT_LEASE_LIMITS,
    now = Number.POSITIVE_INFINITY,
  ) {
    this.#limits = limits
    this.#bindings = new DhcpBindings(store, this.stats)
    this.#offers = new DhcpOffers(limits.offers, this.stats, (address) => this.#freed(address))
    this.#unused = new UnusedAddresses(this.stats, (address) => this.#bindings.at(address) !== undefined)
    for (const lease of initial) {
      // A store that was cut off between two changes may name a client or an address twice; the later entry holds.
      this.#bindings.restore(lease, lease.expiresAt > now)
      this.#lastId = Math.max(this.#lastId, lease.id)
    }
  }

  /** The client's binding, running or remembered. */
  ofClient(clientKey: string): StoredLease | undefined {
    return this.#bindings.ofClient(clientKey)
  }

  /** Whose lease is running on the address. */
  holderOf(address: Ipv4Address, now: number): StoredLease | undefined {
    const lease = this.#bindings.at(address)
    return lease !== undefined && lease.expiresAt > now ? lease : undefined
  }

  /** Running leases in the order of their addresses. */
  live(now: number): StoredLease[] {
    return this.#bindings
      .values()
      .filter((lease) => lease.expiresAt > now)
      .sort((a, b) => a.ipAddress - b.ipAddress)
  }

  /** May this client have this address now? */
  isAvailable(address: Ipv4Address, claimant: Claimant, pool: AddressPool, now: number): boolean {
    if (address !== claimant.reserved && !pool.has(address)) return false
    const holder = this.holderOf(address, now)
    if (holder !== undefined && !isOwn(holder, claimant)) return false
    if (this.#isQuarantined(address, now)) return false
    if (this.#offers.isOfferedToOther(address, claimant.clientKey, now)) return false
    return holder !== undefined || !claimant.isUsedByOther(address)
  }

  /** Somebody else had the address before, or was found to use it: more doubt than with one that was never used. */
  isInDoubt(address: Ipv4Address, claimant: Claimant): boolean {
    const binding = this.#bindings.at(address)
    return (binding !== undefined && !isOwn(binding, claimant)) || this.#quarantine.has(address)
  }

  /**
   * Chooses an address in the order of RFC 2131 section 4.3.1 and keeps it for the client for `OFFER_MS`.
   * `undefined`: there is none left.
   */
  offer(
    claimant: Claimant,
    requested: Ipv4Address | undefined,
    pool: AddressPool,
    now: number,
  ): Ipv4Address | undefined {
    this.#offers.expire(now)
    const address = this.#choose(claimant, requested, pool, now)
    if (address === undefined) return undefined
    const holder = this.holderOf(address, now)
    // A lease that outlives the offer keeps the address as well, and need not be passed over when another's offer is taken back.
    if (holder !== undefined && holder.expiresAt > now + OFFER_MS) this.#offers.withdraw(claimant.clientKey)
    else this.#offers.make(claimant.clientKey, address, now)
    return address
  }

  /** The addresses that strangers would be offered next, at most `count` of those that nobody ever had. */
  candidates(count: number, pool: AddressPool, now: number): Ipv4Address[] {
    this.#offers.expire(now)
    this.#reconsider(pool, now)
    return this.#unused.peek(count, pool, (address) => this.isAvailable(address, NOBODY, pool, now))
  }

  withdrawOffer(clientKey: string): void {
    this.#offers.withdraw(clientKey)
  }

  /**
   * Binds an available address to the client, or renews its lease on it.
   * `isNew` is false for the renewal of a running lease, which keeps its number and its beginning.
   * `undefined`: the limit of bindings is reached and all of them are running.
   */
  lease(
    client: Pick<StoredLease, 'clientKey' | 'macAddress' | 'hostName'>,
    address: Ipv4Address,
    now: number,
    leaseMs: number,
  ): { lease: StoredLease; isNew: boolean } | undefined {
    const previous = this.ofClient(client.clientKey)
    const isNew = previous === undefined || previous.ipAddress !== address || previous.expiresAt <= now
    if (previous !== undefined && previous.ipAddress !== address) this.#forget(previous)
    const other = this.#bindings.at(address)
    if (other !== undefined && other !== previous) {
      this.#forget(other)
      this.stats.forgottenBindings += 1
    }
    if (this.#bindings.at(address) === undefined && !this.#makeRoom(now)) return undefined
    this.#quarantine.delete(address)
    const lease: StoredLease = {
      clientKey: client.clientKey,
      macAddress: client.macAddress,
      hostName: client.hostName,
      id: isNew ? (this.#lastId += 1) : previous.id,
      ipAddress: address,
      leasedAt: isNew ? now : previous.leasedAt,
      expiresAt: now + leaseMs,
    }
    this.#bindings.run(lease)
    this.#unused.taken(address)
    this.withdrawOffer(client.clientKey)
    return { lease, isNew }
  }

  /** Ends the lease now; the binding is remembered. */
  release(lease: StoredLease, now: number): void {
    if (lease.expiresAt > now) this.#bindings.end({ ...lease, expiresAt: now })
  }

  /** Forgets a binding, at an administrator's wish. */
  remove(lease: StoredLease): void {
    this.#forget(lease)
  }

  /** The leases that have ended since the last call, and neither by release nor by removal. */
  takeExpired(now: number): StoredLease[] {
    return this.#bindings.takeExpired(now)
  }

  /** When to call `takeExpired` next; may be too early, never too late. */
  get nextExpiry(): number {
    return this.#bindings.nextExpiry
  }

  /** The client found the address in use by somebody else: nobody gets it for a while. */
  decline(address: Ipv4Address, clientKey: string, now: number): void {
    const binding = this.#bindings.at(address)
    if (binding?.clientKey === clientKey) this.#forget(binding)
    this.withdrawOffer(clientKey)
    this.#quarantine.delete(address)
    while (this.#quarantine.size >= this.#limits.quarantine) {
      const oldest = this.#quarantine.keys().next().value as Ipv4Address
      this.#quarantine.delete(oldest)
      this.#freed(oldest)
      this.stats.endedQuarantines += 1
    }
    this.#quarantine.set(address, now + QUARANTINE_MS)
  }

  /** The address on offer to the client. */
  offeredTo(clientKey: string, now: number): Ipv4Address | undefined {
    return this.#offers.to(clientKey, now)
  }

  #choose(
    claimant: Claimant,
    requested: Ipv4Address | undefined,
    pool: AddressPool,
    now: number,
  ): Ipv4Address | undefined {
    const { clientKey, reserved } = claimant
    const accepts = (address: Ipv4Address): boolean => this.isAvailable(address, claimant, pool, now)
    const binding = this.ofClient(clientKey)
    const preferred = [reserved, binding?.ipAddress, this.offeredTo(clientKey, now), requested]
    for (const address of preferred) if (address !== undefined && accepts(address)) return address
    const isFull = this.#bindings.size >= this.#limits.bindings
    if (binding === undefined && isFull && this.#bindings.oldestEnded(now) === undefined) return undefined
    this.#reconsider(pool, now)
    return (
      this.#unused.find(pool, accepts) ??
      this.#bindings.findEnded(now, accepts)?.ipAddress ??
      this.#lastResort(claimant, pool, now)
    )
  }

  /** The oldest offer that nobody took up, else the address declined longest ago. */
  #lastResort(claimant: Claimant, pool: AddressPool, now: number): Ipv4Address | undefined {
    const isFree = (address: Ipv4Address): boolean =>
      this.holderOf(address, now) === undefined && pool.has(address) && !claimant.isUsedByOther(address)
    const offered = this.#offers.takeBack(now, (address) => isFree(address) && !this.#isQuarantined(address, now))
    if (offered !== undefined) return offered
    for (const [address, until] of this.#quarantine) {
      if (until - QUARANTINE_MS + QUARANTINE_MIN_MS > now) break
      if (this.#offers.has(address) || !isFree(address)) continue
      this.#quarantine.delete(address)
      this.stats.endedQuarantines += 1
      return address
    }
    return undefined
  }

  #makeRoom(now: number): boolean {
    if (this.#bindings.size < this.#limits.bindings) return true
    const oldest = this.#bindings.oldestEnded(now)
    if (oldest === undefined) return false
    this.#forget(oldest)
    this.stats.forgottenBindings += 1
    return true
  }

  /** What spoke against an address may be over: the quarantine's time, or a host that used it; and another pool is another matter. */
  #reconsider(pool: AddressPool, now: number): void {
    if (pool === this.#pool && now < this.#reconsiderAt) return
    this.#pool = pool
    this.#reconsiderAt = now + RECONSIDER_MS
    this.#unused.reconsider()
    this.#bindings.reconsider()
  }

  #isQuarantined(address: Ipv4Address, now: number): boolean {
    const until = this.#quarantine.get(address)
    return until !== undefined && until > now
  }

  #freed(address: Ipv4Address): void {
    this.#unused.freed(address)
    this.#bindings.freed(address)
  }

  #forget(lease: StoredLease): void {
    this.#bindings.forget(lease)
    this.#unused.freed(lease.ipAddress)
  }
}

/** A machine whose card has a reservation is one client, whatever identifiers its boot stages send. */
function isOwn(binding: StoredLease, { clientKey, macAddress, reserved }: Claimant): boolean {
  return binding.clientKey === clientKey || (binding.ipAddress === reserved && binding.macAddress === macAddress)
}

const NOBODY: Claimant = {
  clientKey: '',
  macAddress: 0 as MacAddress,
  reserved: undefined,
  isUsedByOther: () => false,
}
