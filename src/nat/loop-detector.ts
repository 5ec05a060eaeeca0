// Finds connections of the NAT that come back into it (R27): the host's own way outside leads, through a TAP, a bridge or a
// VPN adapter, into a hub whose gateway is the NAT. Left alone, every connection would be dialled again by the NAT that has
// just dialled it, until nothing is left.
//
// A flow has come back when it comes from this computer itself (its network card, else its address), from the very port, to
// the very destination of a flow that one of the process's NATs has under way. Guests, this computer among them, may
// otherwise use the hub as they like. Asked for new flows only; who is not this computer costs one look into a set.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { FlowEndpoints, FlowProtocol } from './rows.ts'

/** The network of this computer, as its kernel sees it. */
export interface HostSide {
  isThisComputer(address: Ipv4Address, mac: MacAddress | undefined): boolean
  /** The name of the interface by which such a flow came. */
  interfaceOf(destination: Ipv4Address, source: Ipv4Address, mac: MacAddress | undefined): string
}

/** A NAT whose flows may come back. */
export interface OutsideFlows {
  /** Whether it has sent from this port (or under this identifier) to there, and may still wait for an answer. */
  hasSent(protocol: FlowProtocol, port: number, address: Ipv4Address, destinationPort: number): boolean
}

export class LoopDetector {
  readonly #host: HostSide
  readonly #nats = new Set<OutsideFlows>()

  constructor(host: HostSide) {
    this.#host = host
  }

  /** @returns what takes it out again */
  join(nat: OutsideFlows): () => void {
    this.#nats.add(nat)
    return () => this.#nats.delete(nat)
  }

  /** The name of the interface by which a flow of ours came back; `undefined` for all others. */
  interfaceOfLoop(protocol: FlowProtocol, flow: FlowEndpoints, mac: MacAddress | undefined): string | undefined {
    const { internalAddress, internalPort, destinationAddress, destinationPort } = flow
    if (!this.#host.isThisComputer(internalAddress, mac)) return undefined
    for (const nat of this.#nats) {
      if (nat.hasSent(protocol, internalPort, destinationAddress, destinationPort)) {
        return this.#host.interfaceOf(destinationAddress, internalAddress, mac)
      }
    }
    return undefined
  }
}
