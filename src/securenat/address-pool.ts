// Which addresses the DHCP server may give to anybody: the range of the settings without what cannot be a guest's (network and
// broadcast address, the virtual host, the gateway, the DNS servers) and without what is reserved for somebody.

import { broadcastOf, type Ipv4Address, networkOf, prefixLength } from '../wire/ipv4-address.ts'
import type { DhcpReservations } from './dhcp-reservations.ts'
import type { DhcpOptions, VirtualHostOptions } from './options.ts'
import type { AddressPool } from './unused-addresses.ts'

export function addressPool(
  host: VirtualHostOptions,
  options: DhcpOptions,
  reservations: DhcpReservations,
): AddressPool {
  const { leaseStart, leaseEnd, subnetMask } = options
  const setAside = new Set([host.ipAddress, options.gateway, options.dnsServer1, options.dnsServer2])
  // A /31 or /32 has neither network nor broadcast address (RFC 3021).
  const isPlain = (prefixLength(subnetMask) ?? 0) <= 30
  const isNetworkOwn = (address: Ipv4Address): boolean =>
    isPlain && (address === networkOf(address, subnetMask) || address === broadcastOf(address, subnetMask))
  return {
    first: leaseStart,
    last: leaseEnd,
    has: (address) =>
      address >= leaseStart &&
      address <= leaseEnd &&
      !setAside.has(address) &&
      !reservations.has(address) &&
      !isNetworkOwn(address),
  }
}
