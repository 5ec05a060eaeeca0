// Discovery of devices on the host's network, for guests whose administrator wants it: questions to a group or a broadcast address
// go out where others are dropped (D23 of the original, which lets all out). Pure.

import { BROADCAST_IPV4, broadcastOf, type Ipv4Address, isMulticastIpv4 } from '../wire/ipv4-address.ts'
import type { ForwardContext } from './forward-rules.ts'

/** NetBIOS names, SSDP, WS-Discovery, mDNS: each answers a question directly, to the port it came from. */
const DISCOVERY_PORTS = [137, 1900, 3702, 5353]

/**
 * @returns where a guest's datagram goes outside: its group, or every host of the network; `undefined`: it is no discovery
 */
export function discoveryDestination(
  destination: Ipv4Address,
  port: number,
  { ipAddress, subnetMask }: ForwardContext,
): Ipv4Address | undefined {
  if (!DISCOVERY_PORTS.includes(port)) return undefined
  if (isMulticastIpv4(destination)) return destination
  return destination === BROADCAST_IPV4 || destination === broadcastOf(ipAddress, subnetMask)
    ? BROADCAST_IPV4
    : undefined
}
