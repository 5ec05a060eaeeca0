// TCP's entrance: segment → connection. A SYN for nobody becomes a connection request (RFC 9293 section 3.10.7.1, .2):
// a TCB in LISTEN that its owner accepts or refuses when it knows how the outside answers. Repeats of that SYN find the
// request and change nothing. Everything else for nobody draws a reset.

import type { Ipv4Header } from '../../wire/ipv4.ts'
import { isChecksumWaived, type Offload } from '../../wire/offload.ts'
import {
  ACK,
  DEFAULT_MSS,
  isTcpChecksumRight,
  MAX_WINDOW_SHIFT,
  parseTcp,
  RST,
  SYN,
  TCP_MAX_OPTIONS_LEN,
  type TcpSegment,
  TIMESTAMPS_OPTION_LEN,
} from '../../wire/tcp.ts'
import { ChunkPool } from '../chunk-pool.ts'
import type { DeadlineHeap } from '../deadline-heap.ts'
import { FlowTable } from '../flow-table.ts'
import { SendBuffer } from '../send-buffer.ts'
import { newCongestion } from './congestion.ts'
import { newTcpStats, type TcpContext, type TcpOutlet } from './context.ts'
import { IssGenerator } from './iss.ts'
import { sendReset, sendTimeWaitAck, tcpOutput } from './output.ts'
import { segmentArrives } from './segment-arrives.ts'
import { segmentLen } from './segment-checks.ts'
import { add, max } from './seq.ts'
import { type Endpoints, RECEIVE_SHIFT, stopTimers, Tcb, type TcpUser } from './tcb.ts'
import { isReopening, type TimeWait, TimeWaitTable } from './time-wait.ts'
import { tcpTimeout } from './timeouts.ts'

/** Connections and requests; past it a SYN is refused. */
export const CONNECTION_LIMIT = 65_536
/** What a guest may name at least: a smaller MSS makes us send more headers than data (Linux's floor too). */
export const MIN_MSS = 64

/** Below it, headers with all options would not fit into a packet: neither timestamps nor SACK is agreed then. */
const ALL_OPTIONS_MTU = 40 + TCP_MAX_OPTIONS_LEN

export interface TcpEnvironment {
  random(): number
  outlet: TcpOutlet
  deadlines: DeadlineHeap
  /** @returns who owns the new connection, or `undefined` to refuse it by reset */
  connectionRequest(tcb: Tcb): TcpUser | undefined
}

export class Tcp implements TcpContext {
  now = 0
  readonly outlet: TcpOutlet
  readonly stats = newTcpStats()
  readonly deadlines: DeadlineHeap
  readonly pool = new ChunkPool()
  readonly timestampOffset: number
  receiveBuffered = 0
  readonly timeWait: TimeWaitTable
  readonly #connections: FlowTable<Tcb>
  readonly #iss: IssGenerator
  readonly #request: (tcb: Tcb) => TcpUser | undefined
  #pending: Tcb[] = []
  #flushing: Tcb[] = []
  /** The connection of the last segment: the next one is mostly its neighbour. */
  #last: Tcb | undefined
  readonly #expire = (tcb: Tcb, now: number) => {
    this.now = now
    tcpTimeout(this, tcb)
  }

  constructor(environment: TcpEnvironment) {
    this.outlet = environment.outlet
    this.deadlines = environment.deadlines
    this.timestampOffset = environment.random() | 0
    this.timeWait = new TimeWaitTable(environment.random())
    this.#connections = new FlowTable(environment.random())
    this.#iss = new IssGenerator(environment.random)
    this.#request = environment.connectionRequest
  }

  get size(): number {
    return this.#connections.size
  }

  connections(): IterableIterator<Tcb> {
    return this.#connections.values()
  }

  /** @param bytes the packet that `ip` was parsed from, borrowed */
  input(bytes: Uint8Array, ip: Ipv4Header, offload: Offload): void {
    this.stats.rxSegments++
    const segment = parseTcp(bytes, ip.payloadStart, ip.payloadEnd)
    if (segment === undefined) {
      this.stats.droppedMalformed++
      return
    }
    if (
      !isChecksumWaived(offload) &&
      !isTcpChecksumRight(bytes, ip.payloadStart, ip.payloadEnd, ip.source, ip.destination)
    ) {
      this.stats.droppedChecksum++
      return
    }
    const tcb = this.#find(ip, segment)
    if (tcb === undefined) this.#forNobody(ip, segment)
    else if (tcb.state === 'LISTEN') this.#requestAgain(tcb, segment)
    else segmentArrives(this, tcb, segment, bytes)
  }

  /** Sends what is due on every connection that has something to send. Must not be called from within `input`. */
  flush(): void {
    // Sending may lead, through the hub, to new input; what that wants to send waits for the next round.
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = this.#flushing
      this.#flushing = batch
      for (const tcb of batch) {
        tcb.outputPending = false
        tcpOutput(this, tcb)
      }
      batch.length = 0
    }
  }

  wantsOutput(tcb: Tcb): void {
    if (tcb.outputPending) return
    tcb.outputPending = true
    this.#pending.push(tcb)
  }

  remove(tcb: Tcb): void {
    if (tcb.state === 'CLOSED') return
    tcb.state = 'CLOSED'
    this.receiveBuffered -= tcb.rcv.buffered
    tcb.rcv.buffered = 0
    tcb.sendBuffer.clear()
    this.#connections.remove(tcb)
    // Not only out of the heap: it asks again when one of these timers is what ended the connection.
    stopTimers(tcb)
    this.deadlines.remove(tcb)
    if (this.#last === tcb) this.#last = undefined
  }

  enterTimeWait(tcb: Tcb): TimeWait {
    const record = this.timeWait.enter(tcb, this.now)
    this.deadlines.update(this.timeWait)
    this.remove(tcb)
    return record
  }

  #find(ip: Ipv4Header, segment: TcpSegment): Tcb | undefined {
    const last = this.#last
    if (
      last !== undefined &&
      last.remotePort === segment.sourcePort &&
      last.localPort === segment.destinationPort &&
      last.remoteAddress === ip.source &&
      last.localAddress === ip.destination
    ) {
      return last
    }
    const found = this.#connections.get(ip.destination, segment.destinationPort, ip.source, segment.sourcePort)
    if (found !== undefined) this.#last = found
    return found
  }

  #forNobody(ip: Ipv4Header, segment: TcpSegment): void {
    const record = this.timeWait.find(ip.destination, segment.destinationPort, ip.source, segment.sourcePort)
    if (record !== undefined) {
      if (!this.#inTimeWait(record, segment)) return
      this.timeWait.stats.reopened++
      this.timeWait.remove(record)
    }
    const leastIss = record === undefined ? undefined : add(record.sndNxt, 1)
    if ((segment.flags & RST) !== 0) return
    const endpoints = {
      localAddress: ip.destination,
      localPort: segment.destinationPort,
      remoteAddress: ip.source,
      remotePort: segment.sourcePort,
    }
    if ((segment.flags & ACK) !== 0) {
      sendReset(this, endpoints, segment.ack)
      return
    }
    if ((segment.flags & SYN) === 0) {
      sendReset(this, endpoints, 0, add(segment.seq, segmentLen(segment)))
      return
    }
    if (this.#connections.size >= CONNECTION_LIMIT) {
      this.stats.droppedConnectionLimit++
      sendReset(this, endpoints, 0, add(segment.seq, segmentLen(segment)))
      return
    }
    this.#newRequest(endpoints, segment, leastIss)
  }

  /** @returns whether the segment opens the connection anew */
  #inTimeWait(record: TimeWait, segment: TcpSegment): boolean {
    // RFC 1337: a reset must not cut TIME-WAIT short.
    if ((segment.flags & RST) !== 0) return false
    if ((segment.flags & (SYN | ACK)) === SYN && isReopening(record, segment)) return true
    // An ordinary acknowledgment needs no answer; two ends in TIME-WAIT would exchange them for ever.
    if (segmentLen(segment) === 0 && segment.seq === record.rcvNxt) return false
    this.timeWait.restart(record, this.now)
    sendTimeWaitAck(this, record)
    return false
  }

  /** @param leastIss above all numbers of the connection before with these endpoints (RFC 9293 section 3.6.1) */
  #newRequest(endpoints: Endpoints, segment: TcpSegment, leastIss: number | undefined): void {
    const tcb = new Tcb(endpoints, segment.seq, this.pool, this.#expire)
    const { localAddress, localPort, remoteAddress, remotePort } = endpoints
    const iss = this.#iss.next(localAddress, localPort, remoteAddress, remotePort, this.now)
    tcb.iss = leastIss === undefined ? iss : max(iss, leastIss)
    this.#takeSyn(tcb, segment)
    this.stats.requests++
    this.#connections.add(tcb)
    const user = this.#request(tcb)
    if (user !== undefined) {
      tcb.user = user
      return
    }
    this.stats.requestsRefused++
    if (tcb.state !== 'CLOSED') sendReset(this, tcb, 0, tcb.rcv.nxt)
    this.remove(tcb)
  }

  /** While the outside is being dialled the guest may repeat its SYN, give up, or begin anew with another one. */
  #requestAgain(tcb: Tcb, segment: TcpSegment): void {
    if ((segment.flags & RST) !== 0) {
      if (segment.seq !== tcb.rcv.nxt && segment.seq !== tcb.irs) return
      this.stats.resetsReceived++
      this.remove(tcb)
      tcb.user?.closed('reset')
    } else if ((segment.flags & (SYN | ACK)) === SYN && segment.seq !== tcb.irs) {
      tcb.irs = segment.seq
      this.#takeSyn(tcb, segment)
    }
  }

  /** Everything a SYN says: RFC 9293 section 3.7.1, RFC 7323 section 2.2 and 3.2, RFC 2018 section 2. */
  #takeSyn(tcb: Tcb, segment: TcpSegment): void {
    const { snd, rcv } = tcb
    const { mtu } = this.outlet
    const timestamps = segment.hasTimestamps && mtu >= ALL_OPTIONS_MTU
    const sack = segment.sackPermitted && mtu >= ALL_OPTIONS_MTU
    const most = mtu - 40
    // Never above our own MTU, whatever the guest says (D7): RFC 6691 takes the options off afterwards.
    const offered = segment.mss === 0 ? DEFAULT_MSS : Math.max(MIN_MSS, segment.mss)
    const mss = Math.max(8, Math.min(offered, most) - (timestamps ? TIMESTAMPS_OPTION_LEN : 0))
    const windowScale = segment.windowShift >= 0
    tcb.agreed = { mss, timestamps, sack, windowScale }
    tcb.sendBuffer = new SendBuffer(this.pool, mss)
    tcb.congestion = newCongestion(mss)
    snd.una = tcb.iss
    snd.nxt = add(tcb.iss, 1)
    snd.buf = snd.nxt
    snd.shift = windowScale ? Math.min(MAX_WINDOW_SHIFT, segment.windowShift) : 0
    snd.wnd = segment.wnd
    snd.maxWnd = segment.wnd
    rcv.shift = windowScale ? RECEIVE_SHIFT : 0
    rcv.nxt = add(segment.seq, 1)
    rcv.adv = rcv.nxt
    tcb.tsRecent = segment.tsVal
    tcb.tsRecentAt = this.now
    tcb.lastAckSent = rcv.nxt
  }
}
