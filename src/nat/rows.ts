// What the NAT tells about its sessions: rows of the NAT session table, and the events of the security log (R24, R51).

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatLimitName } from './limits.ts'

/** Of a flow that came in by an inbound rule, the caller is the internal end and the guest the destination. */
export interface FlowEndpoints {
  internalAddress: Ipv4Address
  internalPort: number
  /** What the guest asked for, before any redirect. */
  destinationAddress: Ipv4Address
  destinationPort: number
}

export type FlowProtocol = 'TCP' | 'UDP' | 'ICMP'
/** The original has a number for DNS too, though its sessions are flows of UDP and TCP. */
export type NatProtocol = FlowProtocol | 'DNS'
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

/** Callbacks; each is called synchronously and must not call back. */
export interface NatEvents {
  tcpSessionCreated(id: number, flow: FlowEndpoints): void
  tcpConnectSucceeded(id: number, flow: FlowEndpoints): void
  tcpConnectFailed(id: number, flow: FlowEndpoints): void
  tcpSessionDeleted(id: number): void
  udpSessionCreated(id: number, flow: FlowEndpoints): void
  udpSessionDeleted(id: number): void
  /** A flow that the forwarding rules forbid, such as one to the host's loopback (D10). */
  flowRefused(protocol: NatProtocol, flow: FlowEndpoints): void
  /** A session of this guest was refused, or one of its sessions ended, because of a limit. As often as it happens. */
  limitReached(limit: NatLimitName, guest: Ipv4Address): void
  /**
   * A flow that this NAT, or another of this process, sent outside came back into the hub (R27), and was refused.
   * @param networkInterface of this computer, by which it came
   */
  loopDetected(protocol: NatProtocol, flow: FlowEndpoints, networkInterface: string): void
}
