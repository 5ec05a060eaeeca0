// A guest's TCP connection to port 53 of the virtual host: several queries, at once if it likes, answered in the order in which
// the answers come (RFC 7766). It is a row of the NAT session table like any TCP session.
//
// While so many queries are under way, or the guest does not take what it is sent, nothing more is read: its window closes.

import type { NatContext } from '../../nat/context.ts'
import type { FlowEndpoints, NatSessionRow, TcpStatus } from '../../nat/rows.ts'
import type { NatSession } from '../../nat/session-table.ts'
import type { Tcb, TcpUser } from '../../stack/tcp/tcb.ts'
import { abort, accept, close, consumed, send, sendSpace } from '../../stack/tcp/user-calls.ts'
import { setU16 } from '../../wire/bytes.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { Asker, Waiter } from './flight.ts'
import { MessageQueue } from './message-queue.ts'

/** Queries of one connection under way. */
export const PIPELINED_QUERIES_LIMIT = 32
/** An idle connection is closed after so long. */
export const DNS_CONNECTION_IDLE_MS = 15_000
const PREFIX_LEN = 2

export interface DnsConnectionDeps {
  context: NatContext
  /** Answers at once or later. @returns false when it cannot be read as a query */
  query(connection: DnsConnection, message: Uint8Array): boolean
  /** It will never answer these. */
  gone(waiters: ReadonlySet<Waiter>): void
  ended(connection: DnsConnection): void
}

export class DnsConnection implements NatSession, TcpUser, Asker {
  readonly isStream = true
  readonly id: number
  readonly flow: FlowEndpoints
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly waiters = new Set<Waiter>()
  readonly #deps: DnsConnectionDeps
  readonly #tcb: Tcb
  readonly #createdAt: number
  #status: TcpStatus = 'connected'
  #lastActivityAt: number
  #receivedBytes = 0
  #sentBytes = 0
  /** What came and is not read yet; so much of it is known to the stack as held back from the guest's window. */
  readonly #unread = new MessageQueue()
  #held = 0
  #hasEnded = false
  #isReading = false

  constructor(tcb: Tcb, deps: DnsConnectionDeps) {
    const { context } = deps
    this.#deps = deps
    this.#tcb = tcb
    this.id = context.table.nextId()
    this.flow = {
      internalAddress: tcb.remoteAddress,
      internalPort: tcb.remotePort,
      destinationAddress: tcb.localAddress,
      destinationPort: tcb.localPort,
    }
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    context.table.add(this)
    context.counts.tcp++
    context.events.tcpSessionCreated(this.id, this.flow)
    context.events.tcpConnectSucceeded(this.id, this.flow)
    accept(context.tcp, tcb)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  get guest(): Ipv4Address {
    return this.flow.internalAddress
  }

  // The guest speaks, through its TCB.

  established(): void {
    this.#status = 'established'
  }

  received(bytes: Uint8Array): number {
    this.#lastActivityAt = this.#deps.context.tcp.now
    this.#sentBytes += bytes.length
    this.#unread.append(bytes)
    this.#read()
    return bytes.length - Math.max(0, this.#reportHeld())
  }

  receivedEnd(): void {
    this.#hasEnded = true
    this.#status = 'disconnecting'
    this.#closeWhenDone()
  }

  sendRoom(): void {
    this.#resume()
  }

  closed(): void {
    this.#end()
  }

  // The service answers.

  answer(bytes: Uint8Array): void {
    const { context } = this.#deps
    if (this.#hasLeft) return
    setU16(bytes, 0, bytes.length - PREFIX_LEN)
    this.#lastActivityAt = context.tcp.now
    this.#receivedBytes += bytes.length
    send(context.tcp, this.#tcb, bytes)
  }

  settled(waiter: Waiter): void {
    this.waiters.delete(waiter)
    this.#resume()
  }

  // Time, and the administrator.

  nextDeadline(): number {
    if (this.#hasLeft) return Number.POSITIVE_INFINITY
    return this.#lastActivityAt + DNS_CONNECTION_IDLE_MS
  }

  expire(): void {
    // A guest that was told so and does not close its side, or takes nothing, is not waited for.
    if (this.#status === 'disconnecting') this.abort()
    else {
      this.#status = 'disconnecting'
      this.#lastActivityAt = this.#deps.context.tcp.now
      close(this.#deps.context.tcp, this.#tcb)
    }
  }

  abort(): void {
    abort(this.#deps.context.tcp, this.#tcb)
    this.#end()
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: 'TCP',
      ...this.flow,
      createdAt: this.#deps.context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#deps.context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: this.#status,
    }
  }

  get #hasLeft(): boolean {
    return this.#deps.context.table.get(this.id) !== this
  }

  /** Room has come: what is held back may go on. */
  #resume(): void {
    if (this.#isReading || this.#hasLeft) return
    this.#read()
    this.#reportHeld()
    if (!this.#hasLeft) this.#closeWhenDone()
  }

  /** @returns how many more bytes are held back than the stack knows of */
  #reportHeld(): number {
    const more = this.#unread.length - this.#held
    this.#held = this.#unread.length
    if (more < 0) consumed(this.#deps.context.tcp, this.#tcb, -more)
    return more
  }

  #read(): void {
    this.#isReading = true
    while (this.#hasRoom()) {
      const message = this.#unread.take()
      if (message === undefined) break
      if (this.#deps.query(this, message)) continue
      // Whatever this is, it is not DNS.
      this.#unread.clear()
      this.abort()
      break
    }
    this.#isReading = false
  }

  #hasRoom(): boolean {
    if (this.waiters.size >= PIPELINED_QUERIES_LIMIT) return false
    if (sendSpace(this.#tcb) > 0) return true
    this.#tcb.wantsSendRoom = true
    return false
  }

  #closeWhenDone(): void {
    if (!this.#hasEnded || this.waiters.size > 0) return
    // What is left may be whole messages that wait for room, or the beginning of one that will never end.
    if (!this.#unread.hasMessage) close(this.#deps.context.tcp, this.#tcb)
  }

  #end(): void {
    if (this.#hasLeft) return
    const { context } = this.#deps
    context.deadlines.remove(this)
    context.table.remove(this)
    context.counts.tcp--
    this.#deps.gone(this.waiters)
    this.#deps.ended(this)
    context.events.tcpSessionDeleted(this.id)
  }
}
