// What the functions of TCP share: the way out, the clock, the timers, the counters. One per stack.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { Offload } from '../../wire/offload.ts'
import type { ChunkPool } from '../chunk-pool.ts'
import type { DeadlineHeap } from '../deadline-heap.ts'
import type { Tcb } from './tcb.ts'
import type { TimeWait } from './time-wait.ts'

export interface TcpStats {
  rxSegments: number
  txSegments: number
  /** Super-frames count once here. */
  txBytes: number
  rxBytes: number
  droppedMalformed: number
  droppedChecksum: number
  droppedUnacceptable: number
  droppedPaws: number
  droppedNoAck: number
  droppedReassemblyLimit: number
  droppedReceiveLimit: number
  droppedBeyondClose: number
  challengeAcks: number
  challengeAcksSuppressed: number
  resetsSent: number
  resetsReceived: number
  retransmittedSegments: number
  retransmittedBytes: number
  fastRetransmits: number
  timeouts: number
  windowProbes: number
  /** RFC 8985 section 7. */
  tailProbes: number
  /** The same for a recovery that stands still (rack.ts). */
  headProbes: number
  gaveUp: number
  requests: number
  requestsRefused: number
  synAckGaveUp: number
  /** Connections towards guests, and those that no guest answered. */
  opened: number
  synGaveUp: number
  /** Requests for new connections past the limit (demux.ts). */
  droppedConnectionLimit: number
}

export function newTcpStats(): TcpStats {
  return {
    rxSegments: 0,
    txSegments: 0,
    txBytes: 0,
    rxBytes: 0,
    droppedMalformed: 0,
    droppedChecksum: 0,
    droppedUnacceptable: 0,
    droppedPaws: 0,
    droppedNoAck: 0,
    droppedReassemblyLimit: 0,
    droppedReceiveLimit: 0,
    droppedBeyondClose: 0,
    challengeAcks: 0,
    challengeAcksSuppressed: 0,
    resetsSent: 0,
    resetsReceived: 0,
    retransmittedSegments: 0,
    retransmittedBytes: 0,
    fastRetransmits: 0,
    timeouts: 0,
    windowProbes: 0,
    tailProbes: 0,
    headProbes: 0,
    gaveUp: 0,
    requests: 0,
    requestsRefused: 0,
    synAckGaveUp: 0,
    opened: 0,
    synGaveUp: 0,
    droppedConnectionLimit: 0,
  }
}

/** IPv4 as TCP sees it. */
export interface TcpOutlet {
  /** Largest IP packet. */
  readonly mtu: number
  /** Whether the neighbour has answered when it was asked for its hardware address. */
  knows(address: Ipv4Address): boolean
  /**
   * Puts IPv4 and Ethernet headers in front of `bytes[start, end)`, a TCP segment with HEADROOM before it, and sends it.
   * @param offload what the TCP output left undone
   */
  transmitTcp(
    bytes: Uint8Array,
    start: number,
    end: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    offload: Offload,
  ): void
  /** As `transmitTcp`, for a short complete segment, copied and sent with the next flush: allowed from within input. */
  queueTcp(bytes: Uint8Array, start: number, end: number, source: Ipv4Address, destination: Ipv4Address): void
}

export interface TcpContext {
  /** Monotonic ms, set at every entry into the stack. */
  now: number
  readonly outlet: TcpOutlet
  readonly stats: TcpStats
  readonly deadlines: DeadlineHeap
  readonly pool: ChunkPool
  /** Added to the clock for timestamps: RFC 7323 section 7.1 asks for an offset that tells nothing of our uptime. */
  readonly timestampOffset: number
  /** Bytes that users hold back or that wait for those before them, of all connections; past a limit (segment-output.ts) windows are kept small. */
  receiveBuffered: number
  /** Puts the connection on the list that the next flush walks. */
  wantsOutput(tcb: Tcb): void
  /** The connection leaves the tables and gives back its memory. */
  remove(tcb: Tcb): void
  /** `remove`, but the connection is remembered for 2 MSL. */
  enterTimeWait(tcb: Tcb): TimeWait
}

/** TSval for now: milliseconds. */
export function timestampNow(context: TcpContext): number {
  return (Math.floor(context.now) + context.timestampOffset) | 0
}
