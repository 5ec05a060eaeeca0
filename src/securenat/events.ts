// What a SecureNAT tells its owner about: the events of the security log (R50, R51), and the rows of its tables.
// The core does not format and does not log; the server turns these into lines.

import type { NatEvents } from '../nat/rows.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** A row of the DHCP lease table. Instants are milliseconds of the Unix epoch. */
export interface DhcpLeaseRow {
  id: number
  leasedAt: number
  expiresAt: number
  macAddress: MacAddress
  ipAddress: Ipv4Address
  hostName: string
}

export type DhcpEntryEnd = 'expired' | 'released' | 'deleted'

/** Callbacks of one SecureNAT; each is called synchronously and must not call back into it. */
export interface SecureNatEvents extends NatEvents {
  /** Somebody claims the virtual host's address by ARP (D11). As often as it does. */
  addressConflict(ipAddress: Ipv4Address, macAddress: MacAddress): void
  dhcpEntryCreated(lease: DhcpLeaseRow, leaseSeconds: number): void
  dhcpEntryEnded(lease: DhcpLeaseRow, reason: DhcpEntryEnd): void
  /** An address is passed over because a host that has no lease for it answers ARP. */
  dhcpAddressInUse(ipAddress: Ipv4Address, macAddress: MacAddress): void
  /** A client found that somebody else uses the address it was given. */
  dhcpAddressDeclined(ipAddress: Ipv4Address, macAddress: MacAddress, quarantineSeconds: number): void
  /** @param refused clients' messages since the last time that no address was left for */
  dhcpPoolExhausted(refused: number): void
  /** @param macAddress of its frames; `undefined` while it is only known from a client that chose it */
  dhcpOtherServerHeard(ipAddress: Ipv4Address, macAddress: MacAddress | undefined): void
  /** A guest has too many DNS queries under way, and more are refused; told once a minute. */
  dnsLimitReached(guest: Ipv4Address): void
}

export interface SecureNatStatus {
  tcpSessions: number
  udpSessions: number
  icmpSessions: number
  dnsSessions: number
  dhcpClients: number
}
