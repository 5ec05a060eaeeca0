// Where does this flow really go? Pure: from what the guest asked for to what is dialled outside, or to a refusal.

import {
  type Ipv4Address,
  inSubnet,
  isLoopbackIpv4,
  isMulticastIpv4,
  isReservedIpv4,
  isThisNetworkIpv4,
} from '../wire/ipv4-address.ts'

export const DNS_PORT = 53

export interface ForwardContext {
  /** The virtual host's. */
  ipAddress: Ipv4Address
  subnetMask: Ipv4Address
}

/**
 * `outside`: dial this. `dns`: the virtual host's own resolver port. `none`: nothing listens there.
 * `ignored`: not ours to carry (another guest's address, a group). `forbidden`: closed by policy; told to the owner.
 */
export type Forward =
  | { kind: 'outside'; address: Ipv4Address; port: number }
  | { kind: 'dns' }
  | { kind: 'none' }
  | { kind: 'ignored' }
  | { kind: 'forbidden' }

const DNS: Forward = { kind: 'dns' }
const NONE: Forward = { kind: 'none' }
const IGNORED: Forward = { kind: 'ignored' }
const FORBIDDEN: Forward = { kind: 'forbidden' }

export function forward(destination: Ipv4Address, port: number, context: ForwardContext): Forward {
  if (destination === context.ipAddress) return port === DNS_PORT ? DNS : NONE
  if (inSubnet(destination, context.ipAddress, context.subnetMask)) return IGNORED
  if (isMulticastIpv4(destination) || isReservedIpv4(destination)) return IGNORED
  // The host's own loopback services believe who reaches them to be on the host (D10).
  if (isLoopbackIpv4(destination) || isThisNetworkIpv4(destination)) return FORBIDDEN
  if (port === 0) return FORBIDDEN
  return { kind: 'outside', address: destination, port }
}
