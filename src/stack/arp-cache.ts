// Neighbours on the virtual segment: who has which address (RFC 826, RFC 1122 section 2.3.2).
//
// Learned from ARP and from the virtual DHCP server only, never from ordinary packets, so that a spoofed source address
// draws no answers to its sender (D11). An entry that has grown old is still used while it is asked after; one that does
// not answer is forgotten. One packet waits per unresolved address, the newest (RFC 1122: "at least one").

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** Addresses remembered; past it the oldest entry goes. */
export const ARP_CACHE_LIMIT = 16_384
/** Unresolved addresses asked after at once. */
export const ARP_PENDING_LIMIT = 256
/** An entry is trusted this long after it was last confirmed. */
export const ARP_FRESH_MS = 60_000
export const ARP_RETRY_MS = 1000
export const ARP_TRIES = 3

interface Neighbour {
  mac: MacAddress
  confirmedAt: number
  /** Requests sent since it grew old. */
  tries: number
  askedAt: number
}

interface Unresolved {
  tries: number
  askedAt: number
  packet: Uint8Array | undefined
}

export interface ArpStats {
  learned: number
  changed: number
  evicted: number
  unresolved: number
  droppedWaitingReplaced: number
  droppedPendingLimit: number
}

export class ArpCache {
  readonly stats: ArpStats = {
    learned: 0,
    changed: 0,
    evicted: 0,
    unresolved: 0,
    droppedWaitingReplaced: 0,
    droppedPendingLimit: 0,
  }
  readonly #neighbours = new Map<Ipv4Address, Neighbour>()
  readonly #pending = new Map<Ipv4Address, Unresolved>()
  readonly #request: (address: Ipv4Address, knownMac: MacAddress | undefined) => void

  /** @param request sends an ARP request, to the address known so far or, without one, to all */
  constructor(request: (address: Ipv4Address, knownMac: MacAddress | undefined) => void) {
    this.#request = request
  }

  has(address: Ipv4Address): boolean {
    return this.#neighbours.has(address)
  }

  /** @returns the packet that waited for this address, if any: the caller sends it now */
  learn(address: Ipv4Address, mac: MacAddress, now: number): Uint8Array | undefined {
    const known = this.#neighbours.get(address)
    if (known !== undefined) {
      if (known.mac !== mac) this.stats.changed++
      known.mac = mac
      known.confirmedAt = now
      known.tries = 0
    } else {
      if (this.#neighbours.size >= ARP_CACHE_LIMIT) {
        const oldest = this.#neighbours.keys().next().value as Ipv4Address
        this.#neighbours.delete(oldest)
        this.stats.evicted++
      }
      this.#neighbours.set(address, { mac, confirmedAt: now, tries: 0, askedAt: 0 })
      this.stats.learned++
    }
    const waiting = this.#pending.get(address)
    this.#pending.delete(address)
    return waiting?.packet
  }

  /** Updates an address that is known already; for messages that were not meant for us (RFC 826 "merge"). */
  refresh(address: Ipv4Address, mac: MacAddress, now: number): Uint8Array | undefined {
    return this.#neighbours.has(address) || this.#pending.has(address) ? this.learn(address, mac, now) : undefined
  }

  /** What is known, without a question to anybody. */
  known(address: Ipv4Address): MacAddress | undefined {
    return this.#neighbours.get(address)?.mac
  }

  resolve(address: Ipv4Address, now: number): MacAddress | undefined {
    const known = this.#neighbours.get(address)
    if (known === undefined) return undefined
    if (now - known.confirmedAt > ARP_FRESH_MS && now - known.askedAt >= ARP_RETRY_MS) {
      if (known.tries >= ARP_TRIES) {
        this.#neighbours.delete(address)
        return undefined
      }
      known.tries++
      known.askedAt = now
      this.#request(address, known.mac)
    }
    return known.mac
  }

  /** Asks for an unknown address, and keeps a copy of `packet` (an IP packet), if given, until the answer. */
  ask(address: Ipv4Address, packet: Uint8Array | undefined, now: number): void {
    let waiting = this.#pending.get(address)
    if (waiting === undefined) {
      if (this.#pending.size >= ARP_PENDING_LIMIT) this.#giveUpStale(now)
      if (this.#pending.size >= ARP_PENDING_LIMIT) {
        this.stats.droppedPendingLimit++
        return
      }
      waiting = { tries: 0, askedAt: Number.NEGATIVE_INFINITY, packet: undefined }
      this.#pending.set(address, waiting)
    }
    if (packet !== undefined) {
      if (waiting.packet !== undefined) this.stats.droppedWaitingReplaced++
      waiting.packet = packet.slice()
    }
    if (now - waiting.askedAt < ARP_RETRY_MS) return
    waiting.askedAt = now
    waiting.tries++
    this.#request(address, undefined)
  }

  clear(): void {
    this.#neighbours.clear()
    this.#pending.clear()
  }

  #giveUpStale(now: number): void {
    for (const [address, waiting] of this.#pending) {
      if (now - waiting.askedAt < ARP_TRIES * ARP_RETRY_MS) continue
      this.#pending.delete(address)
      this.stats.unresolved++
    }
  }
}
