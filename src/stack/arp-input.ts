// ARP on its way in (RFC 826): neighbours are learned, requests for the virtual host's address answered, and claims on it refused
// and answered (RFC 5227 section 2.4).

import { ARP_REPLY, ARP_REQUEST, parseArp } from '../wire/arp.ts'
import { ETHERNET_HEADER_LEN, getSourceMac } from '../wire/ethernet.ts'
import { ANY_IPV4, type Ipv4Address, inSubnet } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import type { FrameOutput } from './frame-output.ts'

/** RFC 5227's DEFEND_INTERVAL. */
const DEFEND_INTERVAL_MS = 10_000

export interface ArpInputStats {
  droppedArpMalformed: number
  droppedArpSpoofed: number
}

export interface ArpInputEvents {
  /** Somebody claims our address by ARP (RFC 5227 section 2.4); it is not believed. */
  addressConflict?(mac: MacAddress): void
  /** A host of the subnet said by ARP that it has the address. */
  neighbourHeard?(address: Ipv4Address, mac: MacAddress): void
}

export class ArpInput {
  readonly #out: FrameOutput
  readonly #stats: ArpInputStats
  readonly #events: ArpInputEvents
  #defendedAt = Number.NEGATIVE_INFINITY

  constructor(out: FrameOutput, stats: ArpInputStats, events: ArpInputEvents) {
    this.#out = out
    this.#stats = stats
    this.#events = events
  }

  input(frame: Uint8Array, now: number): void {
    const message = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
    if (message === undefined) {
      this.#stats.droppedArpMalformed++
      return
    }
    const { arp, options } = this.#out
    const { ipAddress, subnetMask } = options
    const { senderAddress, senderMac } = message
    // Who claims another's hardware address, or ours, is not believed.
    if (senderMac !== getSourceMac(frame) || senderAddress === ipAddress) {
      this.#stats.droppedArpSpoofed++
      if (senderAddress === ipAddress && senderMac !== options.macAddress) {
        this.#events.addressConflict?.(senderMac)
        this.#defend(now)
      }
      return
    }
    const isForUs = message.targetAddress === ipAddress
    if (senderAddress !== ANY_IPV4 && inSubnet(senderAddress, ipAddress, subnetMask)) {
      const waiting = isForUs ? arp.learn(senderAddress, senderMac, now) : arp.refresh(senderAddress, senderMac, now)
      if (waiting !== undefined) this.#out.sendWaiting(waiting, senderMac)
      this.#events.neighbourHeard?.(senderAddress, senderMac)
    }
    if (isForUs && message.operation === ARP_REQUEST) this.#out.sendArp(ARP_REPLY, senderMac, senderMac, senderAddress)
  }

  /** Tells the segment where the virtual host's address is (RFC 5227 section 2.3): after a start or a change. */
  announce(): void {
    this.#out.sendArp(ARP_REQUEST, BROADCAST_MAC, ZERO_MAC, this.#out.options.ipAddress)
  }

  /** RFC 5227 section 2.4 (c): guests that believed the other are told again, not too often. */
  #defend(now: number): void {
    if (now - this.#defendedAt < DEFEND_INTERVAL_MS) return
    this.#defendedAt = now
    this.announce()
  }
}
