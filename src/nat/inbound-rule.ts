// An inbound rule: connections to a port of this computer are connections to a guest ("port forwarding").

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { Ipv4Network, PortRange } from './egress.ts'

/** Inbound sessions of one hub, of all rules. */
export const INBOUND_SESSIONS_LIMIT = 16_384

export type ProxyProtocol = 'none' | 'v1' | 'v2'

export interface InboundRule {
  /** From 1; stays with the rule. */
  readonly id: number
  readonly note: string
  readonly active: boolean
  readonly protocol: 'tcp' | 'udp'
  /** Of this computer; 0.0.0.0: all of them. */
  readonly hostAddress: Ipv4Address
  readonly hostPorts: PortRange
  readonly guestAddress: Ipv4Address
  /** Behind the first of the host's ports; those that follow lie behind the others. */
  readonly guestPort: number
  /** Who may come in; empty: everybody. */
  readonly sources: readonly Ipv4Network[]
  /** What a TCP connection begins with towards the guest. */
  readonly proxyProtocol: ProxyProtocol
  readonly maxSessions: number
}

export interface InboundNetwork {
  readonly ipAddress: Ipv4Address
  readonly subnetMask: Ipv4Address
}

/** Whether two rules do the same with the same sockets. */
export function isSameRule(a: InboundRule, b: InboundRule): boolean {
  return (
    a.active === b.active &&
    a.protocol === b.protocol &&
    a.hostAddress === b.hostAddress &&
    a.hostPorts.from === b.hostPorts.from &&
    a.hostPorts.to === b.hostPorts.to &&
    a.guestAddress === b.guestAddress &&
    a.guestPort === b.guestPort &&
    a.proxyProtocol === b.proxyProtocol
  )
}
