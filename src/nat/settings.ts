// The settings of a NAT.

import type { NatLimits } from './limits.ts'

/**
 * How echo requests through the router are answered: truthfully; always, by the NAT itself (the manual's rule R29); not at
 * all; or truthfully where the operating system permits it, else always.
 */
export type IcmpMode = 'auto' | 'real' | 'dummy' | 'off'

/**
 * Who may send to an endpoint (RFC 4787 section 5): everybody who knows the outside port ("full cone"), or the addresses
 * the endpoint has sent to ("address-restricted cone").
 */
export type UdpFiltering = 'endpointIndependent' | 'addressDependent'

/** Whether guests may look for devices on the host's network, by groups and broadcasts. */
export type DiscoveryMode = 'off' | 'relay'

export interface NatSettings {
  enabled: boolean
  tcpTimeoutSeconds: number
  udpTimeoutSeconds: number
  udpFiltering: UdpFiltering
  discovery: DiscoveryMode
  icmp: IcmpMode
  limits: Readonly<NatLimits>
}
