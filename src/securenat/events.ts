// What a SecureNAT tells its owner about: the events of the security log (R50, R51), and the rows of its tables.
// The core does not format and does not log; the server turns these into lines.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

export interface FlowEndpoints {
  internalAddress: Ipv4Address
  internalPort: number
  /** What the guest asked for, before any redirect. */
  destinationAddress: Ipv4Address
  destinationPort: number
}

export type NatProtocol = 'TCP' | 'UDP' | 'DNS' | 'ICMP'
/** `connected`: the outside answered, the handshake with the guest is outstanding (the original's words). */
export type TcpStatus = 'connecting' | 'connected' | 'established' | 'disconnecting'

/** A row of the NAT session table. Instants are milliseconds of the Unix epoch. */
export interface NatSessionRow extends FlowEndpoints {
  id: number
  protocol: NatProtocol
  createdAt: number
  lastCommunicationAt: number
  /** Payload bytes from the outside to the guest, and from the guest to the outside. */
  receivedBytes: number
  sentBytes: number
  tcpStatus: TcpStatus | undefined
}

/** A row of the DHCP lease table. Instants are milliseconds of the Unix epoch. */
export interface DhcpLeaseRow {
  id: number
  leasedAt: number
  expiresAt: number
  macAddress: MacAddress
  ipAddress: Ipv4Address
  hostName: string
}

/** Callbacks of one SecureNAT; each is called synchronously and must not call back into it. */
export interface SecureNatEvents {
  tcpSessionCreated(id: number, flow: FlowEndpoints): void
  tcpConnectSucceeded(id: number, flow: FlowEndpoints): void
  tcpConnectFailed(id: number, flow: FlowEndpoints): void
  tcpSessionDeleted(id: number): void
  udpSessionCreated(id: number, flow: FlowEndpoints): void
  udpSessionDeleted(id: number): void
  dhcpEntryCreated(lease: DhcpLeaseRow, leaseSeconds: number): void
  /** A flow that the forwarding rules forbid, such as one to the host's loopback (D10). */
  flowRefused(protocol: NatProtocol, flow: FlowEndpoints): void
}

export interface SecureNatStatus {
  tcpSessions: number
  udpSessions: number
  icmpSessions: number
  dnsSessions: number
  dhcpClients: number
}
