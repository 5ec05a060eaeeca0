// What the sessions of one NAT share.

import type { DeadlineHeap } from '../stack/deadline-heap.ts'
import type { IcmpOutput } from '../stack/icmp-output.ts'
import type { TcpContext } from '../stack/tcp/context.ts'
import type { Tcb } from '../stack/tcp/tcb.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { FlowEndpoints, NatEvents } from './rows.ts'
import type { SessionTable } from './session-table.ts'
import type { DiscoveryMode, UdpFiltering } from './settings.ts'
import type { OutsideError, Sockets } from './sockets.ts'
import type { NatStats } from './stats.ts'

export interface NatContext {
  readonly tcp: TcpContext
  readonly deadlines: DeadlineHeap
  readonly table: SessionTable
  readonly sockets: Sockets
  readonly events: NatEvents
  readonly stats: NatStats
  /** Live sessions by protocol. */
  readonly counts: { tcp: number; udp: number; icmp: number }
  udpFiltering(): UdpFiltering
  discovery(): DiscoveryMode
  tcpTimeoutMs(): number
  udpTimeoutMs(): number
  /** Monotonic milliseconds → milliseconds of the Unix epoch. */
  epochOf(monotonic: number): number
  /** The clock, brought up to date at the beginning of every event from outside. */
  tick(): void
  /** What the event led to must be sent before the turn ends. */
  flushSoon(): void
  udpOutput(
    source: Ipv4Address,
    sourcePort: number,
    destination: Ipv4Address,
    destinationPort: number,
    payload: Uint8Array,
  ): void
  /** An echo reply to a guest. */
  readonly echoOutput: IcmpOutput['sendEchoReply']
  /** What the outside said about a datagram or an echo request of this flow. */
  udpErrorOutput(error: OutsideError, flow: FlowEndpoints, destinationPort: number): void
  echoErrorOutput(error: OutsideError, flow: FlowEndpoints, sequence: number): void
  /** ICMP host unreachable to a guest whose SYN found no way outside. */
  reportUnreachable(tcb: Tcb): void
}
