// Egress policy: where guests may go. Ordered rules of the administrator's, the first that fits decides; behind them what
// is closed unless a rule names it, and behind that everything is open, the host's LAN above all: that is what people come for.
//
// Closed are the addresses at which this computer trusts whoever can reach them (loopback, 0.0.0.0/8), link-local ones
// with the metadata services of clouds among them, groups, and the server's own listeners. A general rule does not open
// them: an "allow" for 0.0.0.0/0 at the end of a list means the world outside. It has to lie within the closed network, or
// to name the listener's address and port.
//
// Judged once per flow, never per packet. IPv4 only; a rule's destination is the place where another family will fit in.

import { type Ipv4Address, inSubnet, ipv4 } from '../wire/ipv4-address.ts'

export type EgressAction = 'allow' | 'deny'
export type EgressProtocol = 'any' | 'tcp' | 'udp' | 'icmp'

/** A destination network. */
export interface Ipv4Network {
  readonly network: Ipv4Address
  readonly mask: Ipv4Address
}

export interface PortRange {
  readonly from: number
  readonly to: number
}

export interface EgressRule {
  readonly action: EgressAction
  readonly destination: Ipv4Network
  readonly protocol: EgressProtocol
  /** `undefined`: every port, and protocols that have none. */
  readonly ports: PortRange | undefined
}

export interface EgressOptions {
  readonly rules: readonly EgressRule[]
}

/** What is closed by itself. */
export const CLOSED_NETWORKS = [
  { name: 'thisNetwork', network: ipv4('0.0.0.0'), mask: ipv4('255.0.0.0') },
  { name: 'loopback', network: ipv4('127.0.0.0'), mask: ipv4('255.0.0.0') },
  { name: 'linkLocal', network: ipv4('169.254.0.0'), mask: ipv4('255.255.0.0') },
  { name: 'multicast', network: ipv4('224.0.0.0'), mask: ipv4('240.0.0.0') },
  { name: 'reserved', network: ipv4('240.0.0.0'), mask: ipv4('240.0.0.0') },
] as const

export type ClosedName = (typeof CLOSED_NETWORKS)[number]['name'] | 'ownListeners'

export class EgressPolicy {
  /** Flows that each rule decided, by its place. */
  readonly hits: number[]
  /** Flows that were refused because nothing opened what is closed. */
  readonly closedHits: Record<ClosedName, number> = {
    thisNetwork: 0,
    loopback: 0,
    linkLocal: 0,
    multicast: 0,
    reserved: 0,
    ownListeners: 0,
  }
  readonly rules: readonly EgressRule[]
  readonly #isOwnListener: (protocol: EgressProtocol, address: Ipv4Address, port: number) => boolean

  /** @param isOwnListener whether this server listens there itself */
  constructor(
    { rules }: EgressOptions,
    isOwnListener: (protocol: EgressProtocol, address: Ipv4Address, port: number) => boolean,
  ) {
    this.rules = rules
    this.hits = rules.map(() => 0)
    this.#isOwnListener = isOwnListener
  }

  /** Whether the flow may leave; counts what decided. @param port of echo requests: 0 */
  admits(protocol: Exclude<EgressProtocol, 'any'>, address: Ipv4Address, port: number): boolean {
    const closed = this.#closed(protocol, address, port)
    const index = this.rules.findIndex((rule) => fits(rule, protocol, address, port) && reaches(rule, closed))
    if (index >= 0) {
      this.hits[index] = (this.hits[index] as number) + 1
      return this.rules[index]?.action === 'allow'
    }
    if (closed === undefined) return true
    this.closedHits[closed.name]++
    return false
  }

  #closed(protocol: EgressProtocol, address: Ipv4Address, port: number): Closed | undefined {
    for (const closed of CLOSED_NETWORKS) if (inSubnet(address, closed.network, closed.mask)) return closed
    return this.#isOwnListener(protocol, address, port) ? OWN_LISTENERS : undefined
  }
}

type Closed = Ipv4Network & { readonly name: ClosedName }

const ONE_ADDRESS = ipv4('255.255.255.255')
const OWN_LISTENERS = { name: 'ownListeners', network: ipv4('0.0.0.0'), mask: ONE_ADDRESS } as const

function fits(rule: EgressRule, protocol: EgressProtocol, address: Ipv4Address, port: number): boolean {
  if (rule.protocol !== 'any' && rule.protocol !== protocol) return false
  if (!inSubnet(address, rule.destination.network, rule.destination.mask)) return false
  if (rule.ports === undefined) return true
  return protocol !== 'icmp' && port >= rule.ports.from && port <= rule.ports.to
}

/** Whether the rule may decide about what is closed: an "allow" must mean it. */
function reaches(rule: EgressRule, closed: Closed | undefined): boolean {
  if (closed === undefined || rule.action === 'deny') return true
  const { network, mask } = rule.destination
  if (closed.name === 'ownListeners') return mask === ONE_ADDRESS && rule.ports !== undefined
  return mask >= closed.mask && inSubnet(network, closed.network, closed.mask)
}
