// The Transmission Control Block: one connection's state, with RFC 9293's variables under their names (section 3.3.1).
//
// Sequence numbers are signed 32-bit (seq.ts), instants monotonic milliseconds, Infinity for a timer that is off.
// `local` is the endpoint the guest asked for, which the virtual host plays; `remote` is the guest.
//
//          snd.una                    snd.nxt
//             |---- in flight ----------|---- not sent yet ----|
//          snd.buf: first byte of the send buffer      snd.buf + length: here the FIN goes
//
// snd.buf equals SND.UNA but while the SYN is unacknowledged (one above) and after our FIN was acknowledged (one below).
// SND.NXT never goes back: what is sent again is what `history` holds for lost, after a timeout too.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { DEFAULT_MSS } from '../../wire/tcp.ts'
import type { ChunkPool } from '../chunk-pool.ts'
import type { Deadline } from '../deadline-heap.ts'
import { SendBuffer } from '../send-buffer.ts'
import { type Congestion, newCongestion } from './congestion.ts'
import type { HyStart } from './hystart.ts'
import type { Pacing } from './pacing-state.ts'
import type { Prr } from './prr.ts'
import { newRack, type Rack } from './rack-state.ts'
import { Reassembly } from './reassembly.ts'
import { newRtt, type Rtt } from './rtt.ts'
import { Scoreboard } from './scoreboard.ts'
import { SendHistory } from './send-history.ts'
import { add, diff, geq, gt, leq } from './seq.ts'
import type { Undo } from './undo-state.ts'

/**
 * RFC 9293 section 3.3.2. LISTEN is a connection request whose answer the owner still owes: its SYN is held unanswered
 * until the outside has been dialled. SYN-SENT is a connection that somebody outside opens towards a guest.
 * TIME-WAIT is a small record of its own (time-wait.ts).
 */
export type TcpState =
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'CLOSED'

export type CloseReason = 'reset' | 'timeout' | 'finished'

/** What the owner of a connection (the NAT session) is told. It may call user-calls.ts from within. */
export interface TcpUser {
  /** The guest has completed the handshake. */
  established(): void
  /**
   * In-order bytes, borrowed until return.
   * @returns how many were passed on at once; the rest the user keeps, and reports by `consumed` later
   */
  received(bytes: Uint8Array): number
  /** The guest has sent FIN: nothing more will come. */
  receivedEnd(): void
  /** Acknowledgments have made room in the send buffer, after it was full. */
  sendRoom(): void
  /** The connection is gone: reset by the guest, given up because it does not answer, or closed in order. */
  closed(reason: CloseReason): void
}

/** What was agreed in the handshake. */
export interface Agreed {
  /** Payload bytes of a full segment: the smaller MSS less the options every segment carries. */
  mss: number
  timestamps: boolean
  sack: boolean
  windowScale: boolean
}

export interface Endpoints {
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
}

/** First window offered, bytes; and how far it may grow while the outside keeps up (RFC 7323 scales it). */
export const INITIAL_RECEIVE_BUDGET = 512 * 1024
export const MAX_RECEIVE_BUDGET = 4 * 1024 * 1024
/** 65535 << 7 is just above MAX_RECEIVE_BUDGET. */
export const RECEIVE_SHIFT = 7
/** The first segments of a connection are acknowledged at once, so that the guest's slow start is not slowed further. */
export const QUICK_ACKS = 16

const OFF = Number.POSITIVE_INFINITY
/**
 * Of instants that are whole milliseconds, none: V8 keeps a fraction, or infinity, in an object of its own, and there are many
 * connections.
 */
export const NEVER = -1

/** What every connection without a loss has in common: empty, and never changed (`ownReassembly`, `ownScoreboard`). */
export const NOTHING_WAITS = new Reassembly()
export const NO_SACKS = new Scoreboard()

export class Tcb implements Deadline, Endpoints {
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
  /** Place in the demultiplexer's chain (flow-table.ts). */
  hashNext: Tcb | undefined = undefined

  state: TcpState = 'LISTEN'
  user: TcpUser | undefined = undefined
  iss = 0
  irs: number
  agreed: Agreed = { mss: DEFAULT_MSS, timestamps: false, sack: false, windowScale: false }

  /** Of RFC 9293: UNA, NXT, WND, WL1, WL2; Snd.Wind.Shift (RFC 7323); MAX.SND.WND (RFC 5961 section 5.2). */
  readonly snd = { una: 0, nxt: 0, buf: 0, wnd: 0, wl1: 0, wl2: 0, shift: 0, maxWnd: 0 }
  /**
   * NXT; `adv`, the right edge of the window as last advertised, which never moves back; Rcv.Wind.Shift; `budget`, the
   * most the user may hold back; `buffered`, what it does hold back; `reordered`, memory of what came out of order;
   * `unacked`, bytes since our last acknowledgment; `roundAt` and `roundSeq`, when the current round trip began and NXT then.
   */
  readonly rcv = {
    nxt: 0,
    adv: 0,
    shift: 0,
    budget: INITIAL_RECEIVE_BUDGET,
    buffered: 0,
    reordered: 0,
    unacked: 0,
    roundAt: 0,
    roundSeq: 0,
  }

  sendBuffer: SendBuffer
  /** The user has closed: a FIN follows the last byte of the buffer. */
  finQueued = false
  /** The guest's FIN came ahead of data that is still missing; `peerFin` is its sequence number. */
  peerFinWaits = false
  peerFin = 0
  /** The user found the send buffer full and waits for `sendRoom`. */
  wantsSendRoom = false
  reassembly = NOTHING_WAITS

  readonly rtt: Rtt = newRtt()
  congestion: Congestion = newCongestion(DEFAULT_MSS)
  /** During the first slow start, once cwnd has held it back. */
  hyStart: HyStart | undefined = undefined
  /** When data left last, for the first time or again, to tell how long nothing did. */
  lastSentAt = 0
  scoreboard = NO_SACKS
  recovery: 'none' | 'fast' | 'timeout' = 'none'
  /** RecoveryPoint (RFC 6675), recover (RFC 6582): SND.NXT when recovery began. */
  recover = 0
  /** What was sent when, and what of it is lost (RFC 8985). */
  readonly history = new SendHistory()
  readonly rack: Rack = newRack()
  /** What the last recovery changed, as long as it may turn out to have been needless. */
  undo: Undo | undefined = undefined
  /** Over long paths: when the next piece may leave. */
  pacing: Pacing | undefined = undefined
  /** How much may leave in fast recovery. */
  prr: Prr | undefined = undefined
  /** The tail is to be probed with the next flush. */
  tailProbeDue = false
  dupAcks = 0
  /** The segment being timed: its end, and when it left (negative: none). Karn: never one that was sent twice. */
  timedSeq = 0
  timedAt = -1
  /** cwnd, and nothing else, held the sender back at the last output. */
  cwndLimited = false
  /** Timeouts in a row without progress: SYN,ACKs, retransmissions, window probes. */
  retries = 0
  /** Since when nothing has been acknowledged although something is outstanding. */
  stalledSince = NEVER

  /** TS.Recent and the time it was set; Last.ACK.sent (RFC 7323 section 4.3). */
  tsRecent = 0
  tsRecentAt = 0
  lastAckSent = 0

  /** Deadlines of timeouts.ts, but for the first whole milliseconds or NEVER. `giveUpAt`: of a half-closed connection whose guest never closes its side. */
  retransmitAt = OFF
  persistAt = NEVER
  delayedAckAt = NEVER
  giveUpAt = NEVER
  heapAt = OFF
  heapIndex = -1
  readonly #expire: (tcb: Tcb, now: number) => void

  /** An acknowledgment must go with the next flush. */
  ackNow = false
  /** The guest's window has been closed, or too small to be worth a segment, for long: use it, or ask, with the next flush. */
  probeDue = false
  /** On the list that the next flush walks. */
  outputPending = false
  quickAcks = QUICK_ACKS
  /** Answers to segments that were not acceptable, this second (RFC 5961 section 7). */
  challenges = 0
  challengedAt = 0

  constructor(endpoints: Endpoints, irs: number, pool: ChunkPool, expire: (tcb: Tcb, now: number) => void) {
    this.localAddress = endpoints.localAddress
    this.localPort = endpoints.localPort
    this.remoteAddress = endpoints.remoteAddress
    this.remotePort = endpoints.remotePort
    this.irs = irs
    this.sendBuffer = new SendBuffer(pool, DEFAULT_MSS)
    this.#expire = expire
  }

  nextDeadline(): number {
    const { reorderAt, probeAt } = this.rack
    let at = Math.min(this.retransmitAt, reorderAt, probeAt)
    if (this.delayedAckAt !== NEVER && this.delayedAckAt < at) at = this.delayedAckAt
    if (this.persistAt !== NEVER && this.persistAt < at) at = this.persistAt
    if (this.giveUpAt !== NEVER && this.giveUpAt < at) at = this.giveUpAt
    return this.pacing === undefined ? at : Math.min(at, this.pacing.wakeAt)
  }

  expire(now: number): void {
    this.#expire(this, now)
  }
}

/** To put something into it. */
export function ownReassembly(tcb: Tcb): Reassembly {
  if (tcb.reassembly === NOTHING_WAITS) tcb.reassembly = new Reassembly(tcb.agreed.sack)
  return tcb.reassembly
}

/** To put something into it. */
export function ownScoreboard(tcb: Tcb): Scoreboard {
  if (tcb.scoreboard === NO_SACKS) tcb.scoreboard = new Scoreboard()
  return tcb.scoreboard
}

export function stopTimers(tcb: Tcb): void {
  tcb.retransmitAt = OFF
  tcb.persistAt = NEVER
  tcb.delayedAckAt = NEVER
  tcb.giveUpAt = NEVER
  tcb.rack.reorderAt = OFF
  tcb.rack.probeAt = OFF
  tcb.pacing = undefined
}

/** Sequence number after the last byte of the send buffer: that of our FIN, once one is queued. */
export function sendEnd(tcb: Tcb): number {
  return add(tcb.snd.buf, tcb.sendBuffer.length)
}

export function isFinSent(tcb: Tcb): boolean {
  return tcb.finQueued && gt(tcb.snd.nxt, sendEnd(tcb))
}

export function isFinAcknowledged(tcb: Tcb): boolean {
  return tcb.finQueued && gt(tcb.snd.una, sendEnd(tcb))
}

/** RFC 5681's FlightSize: sequence numbers sent and not yet acknowledged. */
export function flightSize(tcb: Tcb): number {
  return diff(tcb.snd.nxt, tcb.snd.una)
}

/** Data may still arrive: the guest's FIN has not come yet. */
export function mayReceive(tcb: Tcb): boolean {
  return tcb.state === 'ESTABLISHED' || tcb.state === 'FIN-WAIT-1' || tcb.state === 'FIN-WAIT-2'
}

/** For tests, after every event: throws what is broken. */
export function checkInvariants(tcb: Tcb): void {
  const { snd, rcv } = tcb
  const broken: string[] = []
  if (!leq(snd.una, snd.nxt)) broken.push('SND.UNA > SND.NXT')
  if (gt(snd.nxt, add(sendEnd(tcb), tcb.finQueued ? 1 : 0)) && tcb.state !== 'LISTEN')
    broken.push('SND.NXT > all there is')
  if (!geq(rcv.adv, rcv.nxt)) broken.push('advertised edge behind RCV.NXT')
  if (rcv.buffered < 0) broken.push('negative receive buffer')
  if (tcb.congestion.cwnd < 1) broken.push('cwnd below one byte')
  if (tcb.scoreboard.sackedBytes > Math.max(0, flightSize(tcb))) broken.push('more SACKed than in flight')
  if (broken.length > 0) throw new Error(`${tcb.state}: ${broken.join(', ')}`)
}
