// TCP's entrance: segment → connection. A SYN for nobody becomes a connection request (RFC 9293 section 3.10.7.1, .2):
// a TCB in LISTEN that its owner accepts or refuses when it knows how the outside answers. Repeats of that SYN find the
// request and change nothing. Everything else for nobody draws a reset.

import type { Ipv4Header } from '../../wire/ipv4.ts'
import { isChecksumWaived, type Offload } from '../../wire/offload.ts'
import { ACK, isTcpChecksumRight, parseTcp, RST, SYN, type TcpSegment } from '../../wire/tcp.ts'
import { ChunkPool } from '../chunk-pool.ts'
import type { DeadlineHeap } from '../deadline-heap.ts'
import { FlowTable } from '../flow-table.ts'
import { synSentArrives } from './active-open.ts'
import { newTcpStats, type TcpContext, type TcpOutlet } from './context.ts'
import { beginSending, takeSyn } from './handshake.ts'
import { IssGenerator } from './iss.ts'
import { tcpOutput } from './output.ts'
import { segmentArrives } from './segment-arrives.ts'
import { segmentLen } from './segment-checks.ts'
import { sendReset, sendTimeWaitAck } from './segment-output.ts'
import { add, max } from './seq.ts'
import { type Endpoints, stopTimers, Tcb, type TcpUser } from './tcb.ts'
import { isReopening, type TimeWait, TimeWaitTable } from './time-wait.ts'
import { tcpTimeout } from './timeouts.ts'

/** Connections and requests; past it a SYN is refused. */
export const CONNECTION_LIMIT = 65_536
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
    else if (tcb.state === 'SYN-SENT') synSentArrives(this, tcb, segment, bytes)
    else segmentArrives(this, tcb, segment, bytes)
  }

  /**
   * OPEN, active (RFC 9293 section 3.10.1): the next flush sends the SYN. The caller sets the user, and
   * sends nothing before it is told that the connection is established.
   * @returns `undefined` when there is such a connection already, or no room for one
   */
  open(endpoints: Endpoints): Tcb | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = endpoints
    if (this.#connections.get(localAddress, localPort, remoteAddress, remotePort) !== undefined) return undefined
    if (this.#connections.size >= CONNECTION_LIMIT) {
      this.stats.droppedConnectionLimit++
      return undefined
    }
    const record = this.timeWait.find(localAddress, localPort, remoteAddress, remotePort)
    if (record !== undefined) this.timeWait.remove(record)
    const tcb = new Tcb(endpoints, 0, this.pool, this.#expire)
    tcb.state = 'SYN-SENT'
    tcb.iss = this.#nextIss(endpoints, record === undefined ? undefined : add(record.sndNxt, 1))
    beginSending(tcb)
    tcb.ackNow = true
    this.#connections.add(tcb)
    this.wantsOutput(tcb)
    this.stats.opened++
    return tcb
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
    this.receiveBuffered -= tcb.rcv.buffered + tcb.rcv.reordered
    tcb.rcv.buffered = 0
    tcb.rcv.reordered = 0
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
    tcb.iss = this.#nextIss(endpoints, leastIss)
    takeSyn(this, tcb, segment)
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
      takeSyn(this, tcb, segment)
    }
  }

  #nextIss(endpoints: Endpoints, least: number | undefined): number {
    const { localAddress, localPort, remoteAddress, remotePort } = endpoints
    const iss = this.#iss.next(localAddress, localPort, remoteAddress, remotePort, this.now)
    return least === undefined ? iss : max(iss, least)
  }
}
