// What the DHCP server tells its owner of addresses that it cannot give: rarely enough for a log, whatever guests do.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { SecureNatEvents } from './events.ts'

/** At most one report in this time that the pool is exhausted. */
export const EXHAUSTED_REPORT_MS = 60_000
/** Addresses in use that are told about only once. */
export const REPORTED_IN_USE_MAX = 4_096

export class DhcpReports {
  readonly #events: Pick<SecureNatEvents, 'dhcpAddressInUse' | 'dhcpPoolExhausted'>
  readonly #inUse = new Map<Ipv4Address, MacAddress>()
  #exhaustedAt = Number.NEGATIVE_INFINITY
  #refused = 0

  constructor(events: Pick<SecureNatEvents, 'dhcpAddressInUse' | 'dhcpPoolExhausted'>) {
    this.#events = events
  }

  /** Told once for each address and user. */
  addressInUse(address: Ipv4Address, user: MacAddress): void {
    if (this.#inUse.get(address) === user) return
    if (this.#inUse.size >= REPORTED_IN_USE_MAX) this.#inUse.clear()
    this.#inUse.set(address, user)
    this.#events.dhcpAddressInUse(address, user)
  }

  exhausted(now: number): void {
    this.#refused += 1
    if (now - this.#exhaustedAt < EXHAUSTED_REPORT_MS) return
    this.#exhaustedAt = now
    this.#events.dhcpPoolExhausted(this.#refused)
    this.#refused = 0
  }
}
