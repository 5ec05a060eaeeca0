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
// Every change of a binding is in the store before the call returns, so before the ACK leaves. Offers and the quarantine
// of declined addresses are short-lived and kept in memory only.

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

/** The addresses that may be given out. */
export interface AddressPool {
  first: Ipv4Address
  last: Ipv4Address
  /** Within the range, and not set aside for somebody else. */
  has(address: Ipv4Address): boolean
}

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

/** How long an offered address is kept for the client (the original's time). */
export const OFFER_MS = 5_000
/** When no other address is left, an offer that has not been taken up for this long counts as declined. */
export const OFFER_GRACE_MS = 1_000
/** How long the beginning of the pool counts as taken; what is given back counts at once. */
const SCAN_MS = 1_000
/** How long an address that a client found in use is not given out. */
export const QUARANTINE_MS = 600_000
/** The same, when no other address is left. */
export const QUARANTINE_MIN_MS = 10_000

interface Offer {
  clientKey: string
  until: number
}

export class DhcpLeases {
  readonly stats = { forgottenBindings: 0, withdrawnOffers: 0, endedQuarantines: 0 }
  readonly #store: LeaseStore
  readonly #limits: LeaseLimits
  readonly #byAddress = new Map<Ipv4Address, StoredLease>()
  readonly #byClient = new Map<string, StoredLease>()
  /** Those whose end is still to be told. */
  readonly #running = new Map<Ipv4Address, StoredLease>()
  #nextExpiry = Number.POSITIVE_INFINITY
  #scan: { pool: AddressPool | undefined; from: Ipv4Address; until: number } = {
    pool: undefined,
    from: 0 as Ipv4Address,
    until: 0,
  }
  // Maps keep insertion order, and both kinds of entry live equally long: the first is always the oldest.
  readonly #offers = new Map<Ipv4Address, Offer>()
  readonly #offeredTo = new Map<string, Ipv4Address>()
  readonly #quarantine = new Map<Ipv4Address, number>()
  #lastId = 0

  /** @param now of the Unix epoch; what has ended before it is not told by `takeExpired` */
  constructor(
    initial: readonly StoredLease[],
    store: LeaseStore,
    limits: LeaseLimits = DEFAULT_LEASE_LIMITS,
    now = Number.POSITIVE_INFINITY,
  ) {
    this.#store = store
    this.#limits = limits
    for (const lease of initial) {
      // A store that was cut off between two changes may name a client or an address twice; the later entry holds.
      this.#unlink(this.#byAddress.get(lease.ipAddress))
      this.#unlink(this.#byClient.get(lease.clientKey))
      this.#link(lease)
      if (lease.expiresAt > now) this.#run(lease)
      this.#lastId = Math.max(this.#lastId, lease.id)
    }
  }

  /** The client's binding, running or remembered. */
  ofClient(clientKey: string): StoredLease | undefined {
    return this.#byClient.get(clientKey)
  }

  /** Whose lease is running on the address. */
  holderOf(address: Ipv4Address, now: number): StoredLease | undefined {
    const lease = this.#byAddress.get(address)
    return lease !== undefined && lease.expiresAt > now ? lease : undefined
  }

  /** Running leases in the order of their addresses. */
  live(now: number): StoredLease[] {
    return [...this.#byAddress.values()]
      .filter((lease) => lease.expiresAt > now)
      .sort((a, b) => a.ipAddress - b.ipAddress)
  }

  /** May this client have this address now? */
  isAvailable(address: Ipv4Address, claimant: Claimant, pool: AddressPool, now: number): boolean {
    if (address !== claimant.reserved && !pool.has(address)) return false
    const binding = this.#byAddress.get(address)
    const isRunning = binding !== undefined && binding.expiresAt > now
    if (isRunning && !isOwn(binding, claimant)) return false
    if (this.#isQuarantined(address, now)) return false
    const offer = this.#offers.get(address)
    if (offer !== undefined && offer.clientKey !== claimant.clientKey && offer.until > now) return false
    return isRunning || !claimant.isUsedByOther(address)
  }

  /** Somebody else had the address before, or was found to use it: more doubt than with one that was never used. */
  isInDoubt(address: Ipv4Address, claimant: Claimant): boolean {
    const binding = this.#byAddress.get(address)
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
    const address = this.#choose(claimant, requested, pool, now)
    if (address === undefined) return undefined
    const { clientKey } = claimant
    if (this.#offeredTo.get(clientKey) === address) this.#offers.delete(address)
    else this.withdrawOffer(clientKey)
    // The address may still stand for an offer to somebody else that has run out.
    this.#removeOffer(address)
    while (this.#offers.size >= this.#limits.offers) {
      const oldest = this.#offers.keys().next().value as Ipv4Address
      if (this.#offers.get(oldest)!.until > now) this.stats.withdrawnOffers += 1
      this.#removeOffer(oldest)
    }
    this.#offers.set(address, { clientKey, until: now + OFFER_MS })
    this.#offeredTo.set(clientKey, address)
    return address
  }

  /** The addresses that strangers would be offered next, at most `count` of those that nobody ever had. */
  candidates(count: number, pool: AddressPool, now: number): Ipv4Address[] {
    const found: Ipv4Address[] = []
    for (let address = this.#scanStart(pool, now); address <= pool.last && found.length < count; address += 1) {
      const candidate = address as Ipv4Address
      if (!this.#byAddress.has(candidate) && this.isAvailable(candidate, NOBODY, pool, now)) found.push(candidate)
    }
    return found
  }

  withdrawOffer(clientKey: string): void {
    const address = this.#offeredTo.get(clientKey)
    if (address !== undefined) this.#removeOffer(address)
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
    const previous = this.#byClient.get(client.clientKey)
    const isNew = previous === undefined || previous.ipAddress !== address || previous.expiresAt <= now
    if (previous !== undefined && previous.ipAddress !== address) this.#forget(previous)
    const other = this.#byAddress.get(address)
    if (other !== undefined && other !== previous) {
      this.#forget(other)
      this.stats.forgottenBindings += 1
    }
    if (!this.#byAddress.has(address) && !this.#makeRoom(now)) return undefined
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
    this.#put(lease)
    this.#run(lease)
    this.withdrawOffer(client.clientKey)
    return { lease, isNew }
  }

  /** Ends the lease now; the binding is remembered. */
  release(lease: StoredLease, now: number): void {
    if (lease.expiresAt <= now) return
    this.#put({ ...lease, expiresAt: now })
    this.#running.delete(lease.ipAddress)
  }

  /** Forgets a binding, at an administrator's wish. */
  remove(lease: StoredLease): void {
    this.#forget(lease)
  }

  /** The leases that have ended since the last call, and neither by release nor by removal. */
  takeExpired(now: number): StoredLease[] {
    if (now < this.#nextExpiry) return []
    const expired: StoredLease[] = []
    let next = Number.POSITIVE_INFINITY
    for (const lease of this.#running.values()) {
      if (lease.expiresAt <= now) expired.push(lease)
      else if (lease.expiresAt < next) next = lease.expiresAt
    }
    for (const { ipAddress } of expired) this.#running.delete(ipAddress)
    this.#nextExpiry = next
    return expired
  }

  /** When to call `takeExpired` next; may be too early, never too late. */
  get nextExpiry(): number {
    return this.#nextExpiry
  }

  /** The client found the address in use by somebody else: nobody gets it for a while. */
  decline(address: Ipv4Address, clientKey: string, now: number): void {
    const binding = this.#byAddress.get(address)
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
    const address = this.#offeredTo.get(clientKey)
    return address !== undefined && this.#offers.get(address)!.until > now ? address : undefined
  }

  #choose(
    claimant: Claimant,
    requested: Ipv4Address | undefined,
    pool: AddressPool,
    now: number,
  ): Ipv4Address | undefined {
    const { clientKey, reserved } = claimant
    const binding = this.#byClient.get(clientKey)
    const preferred = [reserved, binding?.ipAddress, this.offeredTo(clientKey, now), requested]
    for (const address of preferred) {
      if (address !== undefined && this.isAvailable(address, claimant, pool, now)) return address
    }
    if (binding === undefined && this.#byAddress.size >= this.#limits.bindings && !this.#oldestExpired(now)) {
      return undefined
    }
    for (let address = this.#scanStart(pool, now); address <= pool.last; address += 1) {
      const candidate = address as Ipv4Address
      if (this.#byAddress.has(candidate) || !this.isAvailable(candidate, claimant, pool, now)) continue
      this.#scan.from = candidate
      return candidate
    }
    const expired = this.#oldestExpired(now, (lease) => this.isAvailable(lease.ipAddress, claimant, pool, now))
    return expired?.ipAddress ?? this.#lastResort(claimant, pool, now)
  }

  /** Where the first address may be that nobody ever had: a thousand clients at once must not each look through all before. */
  #scanStart(pool: AddressPool, now: number): number {
    if (this.#scan.pool !== pool || now >= this.#scan.until) {
      this.#scan = { pool, from: pool.first, until: now + SCAN_MS }
    }
    return this.#scan.from
  }

  /** The oldest offer that nobody took up, else the address declined longest ago. */
  #lastResort(claimant: Claimant, pool: AddressPool, now: number): Ipv4Address | undefined {
    const isFree = (address: Ipv4Address): boolean => {
      const binding = this.#byAddress.get(address)
      return (
        (binding === undefined || binding.expiresAt <= now) && pool.has(address) && !claimant.isUsedByOther(address)
      )
    }
    for (const [address, { until }] of this.#offers) {
      if (until - OFFER_MS + OFFER_GRACE_MS > now || !isFree(address) || this.#isQuarantined(address, now)) continue
      this.stats.withdrawnOffers += 1
      this.#removeOffer(address)
      return address
    }
    for (const [address, until] of this.#quarantine) {
      if (until - QUARANTINE_MS + QUARANTINE_MIN_MS > now || this.#offers.has(address) || !isFree(address)) continue
      this.#quarantine.delete(address)
      this.stats.endedQuarantines += 1
      return address
    }
    return undefined
  }

  #oldestExpired(now: number, accepts: (lease: StoredLease) => boolean = () => true): StoredLease | undefined {
    let oldest: StoredLease | undefined
    for (const lease of this.#byAddress.values()) {
      if (lease.expiresAt > now || (oldest !== undefined && oldest.expiresAt <= lease.expiresAt)) continue
      if (accepts(lease)) oldest = lease
    }
    return oldest
  }

  #makeRoom(now: number): boolean {
    if (this.#byAddress.size < this.#limits.bindings) return true
    const oldest = this.#oldestExpired(now)
    if (oldest === undefined) return false
    this.#forget(oldest)
    this.stats.forgottenBindings += 1
    return true
  }

  #isQuarantined(address: Ipv4Address, now: number): boolean {
    const until = this.#quarantine.get(address)
    return until !== undefined && until > now
  }

  #removeOffer(address: Ipv4Address): void {
    const offer = this.#offers.get(address)
    if (offer === undefined) return
    this.#offers.delete(address)
    this.#offeredTo.delete(offer.clientKey)
    this.#freed(address)
  }

  #freed(address: Ipv4Address): void {
    if (address < this.#scan.from && !this.#byAddress.has(address)) this.#scan.from = address
  }

  #run(lease: StoredLease): void {
    this.#running.set(lease.ipAddress, lease)
    this.#nextExpiry = Math.min(this.#nextExpiry, lease.expiresAt)
  }

  #put(lease: StoredLease): void {
    this.#link(lease)
    this.#store.put(lease)
  }

  #forget(lease: StoredLease): void {
    this.#unlink(lease)
    this.#store.remove(lease.ipAddress)
  }

  #link(lease: StoredLease): void {
    this.#byAddress.set(lease.ipAddress, lease)
    this.#byClient.set(lease.clientKey, lease)
  }

  #unlink(lease: StoredLease | undefined): void {
    if (lease === undefined) return
    this.#byAddress.delete(lease.ipAddress)
    this.#byClient.delete(lease.clientKey)
    this.#running.delete(lease.ipAddress)
    this.#freed(lease.ipAddress)
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
