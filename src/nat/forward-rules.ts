// Where does this flow really go? Pure: from what the guest asked for to one of a few kinds. Whether what goes outside may go
// there is egress.ts's question.

import { type Ipv4Address, inSubnet, isMulticastIpv4, isReservedIpv4 } from '../wire/ipv4-address.ts'

export const DNS_PORT = 53

export interface ForwardContext {
  /** The virtual host's. */
  ipAddress: Ipv4Address
  subnetMask: Ipv4Address
}

/**
 * `outside`: dial as addressed. `dns`: the virtual host's own resolver port. `none`: nothing listens there. `group`:
 * multicast and broadcast, which stay on the virtual LAN (D23). `ignored`: another guest's address, not ours to carry
 * (R32: the NAT does not route inside). `impossible`: no socket can be told to go there.
 */
export type Forward = 'outside' | 'dns' | 'none' | 'group' | 'ignored' | 'impossible'

/** @param port of echo requests: any above 0 */
export function forward(destination: Ipv4Address, port: number, { ipAddress, subnetMask }: ForwardContext): Forward {
  if (destination === ipAddress) return port === DNS_PORT ? 'dns' : 'none'
  if (inSubnet(destination, ipAddress, subnetMask)) return 'ignored'
  if (isMulticastIpv4(destination) || isReservedIpv4(destination)) return 'group'
  return port === 0 ? 'impossible' : 'outside'
}
