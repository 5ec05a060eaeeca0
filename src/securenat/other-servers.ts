// Other DHCP servers on the segment: heard when one of them broadcasts, and when a client broadcasts that it chose one (option 54).
// They are told about once, again when they are still there after an hour, and never more often than `TELL_GAP_MS`: a guest can make
// up as many as it likes. While there are any, clients that are not ours are left in peace (`isAnyAround`).

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** How long another server is remembered after it was last heard of. */
export const OTHER_SERVER_MS = 86_400_000
export const TELL_AGAIN_MS = 3_600_000
export const TELL_GAP_MS = 10_000
/** Servers remembered; past it the one longest not heard of is forgotten. */
export const OTHER_SERVERS_LIMIT = 16

export class OtherServers {
  readonly stats = { heard: 0, notTold: 0 }
  readonly #tell: (address: Ipv4Address, mac: MacAddress | undefined) => void
  /** When each was last told about; the order is that of being heard. */
  readonly #toldAt = new Map<Ipv4Address, number>()
  #heardAt = Number.NEGATIVE_INFINITY
  #lastTellAt = Number.NEGATIVE_INFINITY

  constructor(tell: (address: Ipv4Address, mac: MacAddress | undefined) => void) {
    this.#tell = tell
  }

  isAnyAround(now: number): boolean {
    return now - this.#heardAt <= OTHER_SERVER_MS
  }

  heard(address: Ipv4Address, mac: MacAddress | undefined, now: number): void {
    this.stats.heard += 1
    this.#heardAt = now
    const toldAt = this.#toldAt.get(address) ?? Number.NEGATIVE_INFINITY
    const isDue = now - toldAt >= TELL_AGAIN_MS && now - this.#lastTellAt >= TELL_GAP_MS
    this.#toldAt.delete(address)
    if (this.#toldAt.size >= OTHER_SERVERS_LIMIT) this.#toldAt.delete(this.#toldAt.keys().next().value as Ipv4Address)
    this.#toldAt.set(address, isDue ? now : toldAt)
    if (!isDue) {
      this.stats.notTold += 1
      return
    }
    this.#lastTellAt = now
    this.#tell(address, mac)
  }
}
