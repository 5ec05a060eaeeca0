// When the virtual host moves to another network, the DHCP server moves along: pool, mask, gateway and DNS servers that belong
// to the old network, as they are in the new one.

import type { DhcpOptions, SecureNatOptions } from '../securenat/options.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { inSubnet } from '../wire/ipv4-address.ts'
import type { SecureNatPatch } from './management/securenat.ts'

/**
 * What DHCP clients are told moves along with the virtual host, but for what the caller changes himself. What he sends back as it
 * was he does not mean to keep: the original's tools read all settings, change some, and send all.
 */
export function movedAlong(options: SecureNatOptions, patch: SecureNatPatch): Partial<DhcpOptions> {
  const moved = movedDhcp(options, patch)
  const given = Object.entries(patch.dhcp ?? {}).filter(
    ([key, value]) => !(key in moved) || value !== options.dhcp[key as keyof DhcpOptions],
  )
  return { ...moved, ...Object.fromEntries(given) }
}

function movedDhcp({ host, dhcp }: SecureNatOptions, patch: SecureNatPatch): Partial<DhcpOptions> {
  const next = { ...host, ...patch.host }
  if (next.ipAddress === host.ipAddress && next.subnetMask === host.subnetMask) return {}
  const own = (address: Ipv4Address): Ipv4Address => (address === host.ipAddress ? next.ipAddress : address)
  const isSameNetwork = inSubnet(next.ipAddress, host.ipAddress, host.subnetMask) && next.subnetMask === host.subnetMask
  const moved = (address: Ipv4Address): Ipv4Address =>
    isSameNetwork || !inSubnet(address, host.ipAddress, host.subnetMask)
      ? address
      : ((((next.ipAddress & next.subnetMask) | (address & ~host.subnetMask & ~next.subnetMask)) >>> 0) as Ipv4Address)
  return {
    leaseStart: moved(dhcp.leaseStart),
    leaseEnd: moved(dhcp.leaseEnd),
    subnetMask: dhcp.subnetMask === host.subnetMask ? next.subnetMask : dhcp.subnetMask,
    gateway: own(dhcp.gateway),
    dnsServer1: own(dhcp.dnsServer1),
    dnsServer2: own(dhcp.dnsServer2),
    reservations: dhcp.reservations.map((reservation) => ({ ...reservation, ipAddress: moved(reservation.ipAddress) })),
  }
}
