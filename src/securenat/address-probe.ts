// Does somebody use this address already? Asked by ARP before it is offered (RFC 2131 section 2.2), since hosts with addresses set by
// hand, or that kept one too long, are on every real segment.
//
// Silence is the usual answer, and waiting for it would delay every client. So addresses are asked for ahead of time: those next in
// line when the server starts, when a port joins the hub and after each offer. An offer waits only when silence has not lasted
// `PROBE_WAIT_MS` yet: on a virtual segment an answer takes a fraction of a millisecond. An address that somebody else had before is
// in doubt, and is given `PROBE_DOUBT_MS`, which a host behind a cascade keeps. Silence counts for `PROBE_FRESH_MS` and until the next
// port joins: somebody may have set an address by hand meanwhile. An address is asked for with its offer in any case, and an answer
// that comes later than the offer still counts: the REQUEST is refused and the client asks again.
//
// Whatever ARP says unasked is heard too. A host that answers for many addresses is a proxy (or means to take the pool away from the
// others); past `CLAIMS_PER_HOST_MAX` it is not believed. Times are monotonic milliseconds.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

export const PROBE_WAIT_MS = 10
export const PROBE_DOUBT_MS = 300
export const PROBE_FRESH_MS = 100
export const PROBE_DOUBT_FRESH_MS = 1_000
/** How long an address counts as used after its user was last heard. */
export const CLAIM_MS = 60_000
/** Addresses asked for and not yet forgotten; past it the oldest is asked for again when it is needed. */
export const PROBES_LIMIT = 1_024
/** Addresses that are known to be used; past it the oldest is forgotten. */
export const CLAIMS_LIMIT = 4_096
/** Addresses that one host is believed to use. */
export const CLAIMS_PER_HOST_MAX = 16

interface Claim {
  mac: MacAddress
  heardAt: number
}

export class AddressProbe {
  readonly stats = { txProbes: 0, heardClaims: 0, ignoredClaims: 0, evictedClaims: 0 }
  readonly #ask: (address: Ipv4Address) => void
  /** When each address was asked for; the order is that of the first time. */
  readonly #asked = new Map<Ipv4Address, { firstAt: number; lastAt: number }>()
  readonly #claims = new Map<Ipv4Address, Claim>()
  readonly #claimsOf = new Map<MacAddress, number>()

  /** @param ask sends an ARP request */
  constructor(ask: (address: Ipv4Address) => void) {
    this.#ask = ask
  }

  /** Asks ahead of time, unless that was done just now. */
  askAhead(address: Ipv4Address, now: number): void {
    const asked = this.#asked.get(address)
    if (asked === undefined || now - asked.firstAt >= PROBE_FRESH_MS) this.#askAnew(address, now)
  }

  /** The address is to be offered. @returns milliseconds until silence means that nobody has it */
  check(address: Ipv4Address, isInDoubt: boolean, now: number): number {
    const waitMs = isInDoubt ? PROBE_DOUBT_MS : PROBE_WAIT_MS
    const freshMs = isInDoubt ? PROBE_DOUBT_FRESH_MS : PROBE_FRESH_MS
    const asked = this.#asked.get(address)
    if (asked === undefined || now - asked.firstAt >= freshMs) {
      this.#askAnew(address, now)
      return waitMs
    }
    if (now - asked.lastAt >= PROBE_WAIT_MS) {
      asked.lastAt = now
      this.#send(address)
    }
    return Math.max(0, asked.firstAt + waitMs - now)
  }

  /** Somebody new may be on the segment: silence of before says nothing any more. */
  forgetSilence(): void {
    this.#asked.clear()
  }

  /** A host said by ARP that it has the address. */
  heard(address: Ipv4Address, mac: MacAddress, now: number): void {
    const known = this.#claims.get(address)
    if (known?.mac === mac) {
      known.heardAt = now
      return
    }
    const count = this.#claimsOf.get(mac) ?? 0
    if (count >= CLAIMS_PER_HOST_MAX && !this.#dropOldClaim(mac, now)) {
      this.stats.ignoredClaims += 1
      return
    }
    this.#drop(address)
    if (this.#claims.size >= CLAIMS_LIMIT) {
      this.#drop(this.#claims.keys().next().value as Ipv4Address)
      this.stats.evictedClaims += 1
    }
    this.stats.heardClaims += 1
    this.#claims.set(address, { mac, heardAt: now })
    this.#claimsOf.set(mac, (this.#claimsOf.get(mac) ?? 0) + 1)
  }

  /** The other host that uses the address, as far as is known. */
  userOf(address: Ipv4Address, except: MacAddress, now: number): MacAddress | undefined {
    const claim = this.#claims.get(address)
    if (claim === undefined || claim.mac === except) return undefined
    if (now - claim.heardAt < CLAIM_MS) return claim.mac
    this.#drop(address)
    return undefined
  }

  #askAnew(address: Ipv4Address, now: number): void {
    this.#asked.delete(address)
    if (this.#asked.size >= PROBES_LIMIT) this.#asked.delete(this.#asked.keys().next().value as Ipv4Address)
    this.#asked.set(address, { firstAt: now, lastAt: now })
    this.#send(address)
  }

  #send(address: Ipv4Address): void {
    this.stats.txProbes += 1
    this.#ask(address)
  }

  #dropOldClaim(mac: MacAddress, now: number): boolean {
    for (const [address, claim] of this.#claims) {
      if (claim.mac !== mac || now - claim.heardAt < CLAIM_MS) continue
      this.#drop(address)
      return true
    }
    return false
  }

  #drop(address: Ipv4Address): void {
    const claim = this.#claims.get(address)
    if (claim === undefined) return
    this.#claims.delete(address)
    const left = (this.#claimsOf.get(claim.mac) ?? 1) - 1
    if (left > 0) this.#claimsOf.set(claim.mac, left)
    else this.#claimsOf.delete(claim.mac)
  }
}
