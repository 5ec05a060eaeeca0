// A guest's TCP connection to port 53 of the virtual host: several queries, at once if it likes, answered in the order in which
// the answers come (RFC 7766). It is a row of the NAT session table like any TCP session.
//
// While so many queries are under way, or the guest does not take what it is sent, nothing more is read: its window closes.

import type { NatContext } from '../../nat/context.ts'
import { FlowSession } from '../../nat/flow-session.ts'
import type { FlowEndpoints, TcpStatus } from '../../nat/rows.ts'
import { flowOf } from '../../nat/tcp-session.ts'
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

export class DnsConnection extends FlowSession implements TcpUser, Asker {
  readonly flow: FlowEndpoints
  readonly isStream = true
  readonly waiters = new Set<Waiter>()
  readonly #deps: DnsConnectionDeps
  readonly #tcb: Tcb
  #status: TcpStatus = 'connected'
  /** What came and is not read yet; so much of it is known to the stack as held back from the guest's window. */
  readonly #unread = new MessageQueue()
  #held = 0
  #hasEnded = false
  #isReading = false

  constructor(tcb: Tcb, deps: DnsConnectionDeps) {
    const { context } = deps
    super(context)
    this.flow = flowOf(tcb)
    this.#deps = deps
    this.#tcb = tcb
    this.begin()
    context.events.tcpConnectSucceeded(this.id, this.flow)
    accept(context.tcp, tcb)
  }

  override get protocol(): 'TCP' {
    return 'TCP'
  }

  override get givesWay(): boolean {
    return false
  }

  get guest(): Ipv4Address {
    return this.flow.internalAddress
  }

  // The guest speaks, through its TCB.

  established(): void {
    this.#status = 'established'
  }

  received(bytes: Uint8Array): number {
    this.touch()
    this.sentBytes += bytes.length
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
    this.end()
  }

  // The service answers.

  answer(bytes: Uint8Array): void {
    const { context } = this
    if (this.hasEnded) return
    setU16(bytes, 0, bytes.length - PREFIX_LEN)
    this.touch()
    this.receivedBytes += bytes.length
    send(context.tcp, this.#tcb, bytes)
  }

  settled(waiter: Waiter): void {
    this.waiters.delete(waiter)
    this.#resume()
  }

  // Time, and the administrator.

  protected override idleMs(): number {
    return DNS_CONNECTION_IDLE_MS
  }

  override expire(): void {
    // A guest that was told so and does not close its side, or takes nothing, is not waited for.
    if (this.#status === 'disconnecting') this.abort()
    else {
      this.#status = 'disconnecting'
      this.touch()
      close(this.context.tcp, this.#tcb)
    }
  }

  override abort(): void {
    abort(this.context.tcp, this.#tcb)
    this.end()
  }

  protected override get tcpStatus(): TcpStatus {
    return this.#status
  }

  protected override forgotten(): void {
    this.#deps.gone(this.waiters)
    this.#deps.ended(this)
  }

  /** Room has come: what is held back may go on. */
  #resume(): void {
    if (this.#isReading || this.hasEnded) return
    this.#read()
    this.#reportHeld()
    if (!this.hasEnded) this.#closeWhenDone()
  }

  /** @returns how many more bytes are held back than the stack knows of */
  #reportHeld(): number {
    const more = this.#unread.length - this.#held
    this.#held = this.#unread.length
    if (more < 0) consumed(this.context.tcp, this.#tcb, -more)
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
    if (!this.#unread.hasMessage) close(this.context.tcp, this.#tcb)
  }
}
