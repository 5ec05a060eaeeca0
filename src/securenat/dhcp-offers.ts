// Addresses on offer: one to each client, for a few seconds, until its REQUEST comes. Kept in memory only, and bounded.

import type { Ipv4Address } from '../wire/ipv4-address.ts'

/** How long an offered address is kept for the client (the original's time). */
export const OFFER_MS = 5_000
/** When no other address is left, an offer that has not been taken up for this long counts as declined. */
export const OFFER_GRACE_MS = 1_000

interface Offer {
  readonly clientKey: string
  readonly until: number
}

export class DhcpOffers {
  readonly #limit: number
  readonly #stats: { withdrawnOffers: number }
  readonly #ended: (address: Ipv4Address) => void
  // A map keeps the order of insertion, and all live equally long: the first is always the oldest.
  readonly #offers = new Map<Ipv4Address, Offer>()
  readonly #byClient = new Map<string, Ipv4Address>()

  /** @param limit of offers; past it the oldest is withdrawn @param ended told of every address that is on offer no more */
  constructor(limit: number, stats: { withdrawnOffers: number }, ended: (address: Ipv4Address) => void) {
    this.#limit = limit
    this.#stats = stats
    this.#ended = ended
  }

  /** The address on offer to the client. */
  to(clientKey: string, now: number): Ipv4Address | undefined {
    const address = this.#byClient.get(clientKey)
    return address !== undefined && this.#offers.get(address)!.until > now ? address : undefined
  }

  isOfferedToOther(address: Ipv4Address, clientKey: string, now: number): boolean {
    const offer = this.#offers.get(address)
    return offer !== undefined && offer.clientKey !== clientKey && offer.until > now
  }

  has(address: Ipv4Address): boolean {
    return this.#offers.has(address)
  }

  make(clientKey: string, address: Ipv4Address, now: number): void {
    if (this.#byClient.get(clientKey) === address) this.#offers.delete(address)
    else this.withdraw(clientKey)
    // It may still stand for an offer to somebody else that has run out.
    this.#end(address)
    while (this.#offers.size >= this.#limit) {
      const oldest = this.#offers.keys().next().value as Ipv4Address
      if (this.#offers.get(oldest)!.until > now) this.#stats.withdrawnOffers += 1
      this.#end(oldest)
    }
    this.#offers.set(address, { clientKey, until: now + OFFER_MS })
    this.#byClient.set(clientKey, address)
  }

  withdraw(clientKey: string): void {
    const address = this.#byClient.get(clientKey)
    if (address !== undefined) this.#end(address)
  }

  /** Ends those whose time is over. */
  expire(now: number): void {
    for (const [address, { until }] of this.#offers) {
      if (until > now) return
      this.#end(address)
    }
  }

  /** Ends the oldest that was not taken up within the grace, of those that are accepted. */
  takeBack(now: number, accepts: (address: Ipv4Address) => boolean): Ipv4Address | undefined {
    for (const [address, { until }] of this.#offers) {
      if (until - OFFER_MS + OFFER_GRACE_MS > now) return undefined
      if (!accepts(address)) continue
      this.#stats.withdrawnOffers += 1
      this.#end(address)
      return address
    }
    return undefined
  }

  #end(address: Ipv4Address): void {
    const offer = this.#offers.get(address)
    if (offer === undefined) return
    this.#offers.delete(address)
    this.#byClient.delete(offer.clientKey)
    this.#ended(address)
  }
}
