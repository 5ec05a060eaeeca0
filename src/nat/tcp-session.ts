// One TCP connection of a guest and its outside socket (RFC 5382).
//
// Theory of operation. The outside is dialled first; the guest's SYN waits unanswered meanwhile. Then:
//
//   outside            guest
//   connected          SYN,ACK             refused → RST, unreachable → ICMP, no answer → nothing
//   data               SEND                no room in the send buffer → the socket is paused until there is
//   FIN                FIN                 the other direction stays open, in both cases
//   shutdown           FIN received
//   write              data received       what the socket does not take closes the guest's window
//   RST                RST                 in both directions
//
// Of a connection that came from outside by an inbound rule the outside stands already, and is paused until the guest has
// answered: SYN,ACK → both speak, RST or nothing → the outside sees RST.
//
// Nothing is dropped in between. A session ends when both sides have: a reset ends both at once, and so does an idle
// time of `tcpTimeoutSeconds` without data or a change.

import type { CloseReason, Tcb, TcpUser } from '../stack/tcp/tcb.ts'
import { abort, accept, close, consumed, readBuffer, refuse, send, sendSpace } from '../stack/tcp/user-calls.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import { FlowSession } from './flow-session.ts'
import type { FlowEndpoints, TcpStatus } from './rows.ts'
import type { ConnectFailure, TcpSocket, TcpSocketEvents } from './sockets.ts'

/** How a session begins. */
export interface TcpOpening {
  /** The outside socket, whose events the session gets. */
  socket(events: TcpSocketEvents): TcpSocket
  /** Of a connection that came from outside: its flow, what the guest is sent first, and who is told of the end. */
  readonly inbound?: { readonly flow: FlowEndpoints; readonly preface: Uint8Array; ended(): void }
}

/** Of a connection that the guest opened. */
export function flowOf(tcb: Tcb): FlowEndpoints {
  return {
    internalAddress: tcb.remoteAddress,
    internalPort: tcb.remotePort,
    destinationAddress: tcb.localAddress,
    destinationPort: tcb.localPort,
  }
}

/** The guest asks for a connection: the outside is dialled. */
export function dialled(context: NatContext, tcb: Tcb): TcpOpening {
  return { socket: (events) => context.sockets.connectTcp(tcb.localAddress, tcb.localPort, events) }
}

export class NatTcpSession extends FlowSession implements TcpUser, TcpSocketEvents {
  readonly #tcb: Tcb
  readonly #inbound: TcpOpening['inbound']
  #socket: TcpSocket
  #status: TcpStatus = 'connecting'
  #outsideGone = false
  #guestGone = false
  /** The outside or the guest has yet to answer. */
  #isHalfOpen = true

  constructor(context: NatContext, tcb: Tcb, opening: TcpOpening) {
    super(context)
    this.#tcb = tcb
    this.#inbound = opening.inbound
    this.begin()
    context.table.countHalfOpen(this, 1)
    this.#socket = opening.socket(this)
  }

  override get protocol(): 'TCP' {
    return 'TCP'
  }

  /** Of a connection that the guest opened it is asked for seldom, and its connection knows it. */
  override get flow(): FlowEndpoints {
    return this.#inbound?.flow ?? flowOf(this.#tcb)
  }

  override get internalAddress(): Ipv4Address {
    return this.#tcb.remoteAddress
  }

  /** Whether the outside is being dialled, there and from this port of this computer. */
  isDialling(port: number, address: Ipv4Address, destinationPort: number): boolean {
    const { localAddress, localPort } = this.#tcb
    if (!this.#isHalfOpen || this.#inbound !== undefined) return false
    if (address !== localAddress || destinationPort !== localPort) return false
    return this.#socket.localPort() === port
  }

  // The outside socket speaks.

  connected(): void {
    this.enter()
    this.#status = 'connected'
    this.context.events.tcpConnectSucceeded(this.id, this.flow)
    accept(this.context.tcp, this.#tcb)
    this.context.flushSoon()
  }

  failed(reason: ConnectFailure): void {
    this.enter()
    this.#outsideGone = true
    this.context.events.tcpConnectFailed(this.id, this.flow)
    if (reason === 'unreachable') this.context.reportUnreachable(this.#tcb)
    refuse(this.context.tcp, this.#tcb, reason === 'refused' || reason === 'exhausted' ? 'reset' : 'silent')
    this.#guestGone = true
    this.#finish()
    this.context.flushSoon()
  }

  readBuffer(): Uint8Array {
    return readBuffer(this.#tcb)
  }

  data(bytes: Uint8Array): void {
    this.enter()
    this.receivedBytes += bytes.length
    send(this.context.tcp, this.#tcb, bytes)
    if (sendSpace(this.#tcb) === 0) {
      this.#tcb.wantsSendRoom = true
      this.#socket.pause()
    }
    this.context.flushSoon()
  }

  ended(): void {
    this.enter()
    this.#status = 'disconnecting'
    close(this.context.tcp, this.#tcb)
    this.context.flushSoon()
  }

  written(n: number): void {
    this.enter()
    consumed(this.context.tcp, this.#tcb, n)
    this.context.flushSoon()
  }

  gone(reset: boolean): void {
    this.enter()
    this.#outsideGone = true
    if (reset && !this.#guestGone) {
      abort(this.context.tcp, this.#tcb)
      this.#guestGone = true
    }
    this.#finish()
    this.context.flushSoon()
  }

  // The guest speaks, through its TCB.

  established(): void {
    this.#status = 'established'
    this.#endHalfOpen()
    if (this.#inbound === undefined) return
    this.context.events.tcpConnectSucceeded(this.id, this.flow)
    if (this.#inbound.preface.length > 0) send(this.context.tcp, this.#tcb, this.#inbound.preface)
    this.#socket.resume()
  }

  received(bytes: Uint8Array): number {
    this.touch()
    this.sentBytes += bytes.length
    return this.#socket.write(bytes)
  }

  receivedEnd(): void {
    this.touch()
    this.#status = 'disconnecting'
    this.#socket.end()
  }

  sendRoom(): void {
    this.touch()
    this.#socket.resume()
  }

  closed(reason: CloseReason): void {
    this.#guestGone = true
    if (this.#inbound !== undefined && this.#isHalfOpen) this.context.events.tcpConnectFailed(this.id, this.flow)
    if (reason !== 'finished' && !this.#outsideGone) {
      this.#socket.reset()
      this.#outsideGone = true
    }
    this.#finish()
  }

  // Time, and the administrator.

  protected override idleMs(): number {
    return this.context.tcpTimeoutMs()
  }

  override abort(): void {
    abort(this.context.tcp, this.#tcb)
    if (!this.#outsideGone) this.#socket.reset()
    this.#outsideGone = true
    this.#guestGone = true
    this.#finish()
  }

  protected override get tcpStatus(): TcpStatus {
    return this.#status
  }

  protected override forgotten(): void {
    this.#inbound?.ended()
  }

  #endHalfOpen(): void {
    if (!this.#isHalfOpen) return
    this.#isHalfOpen = false
    this.context.table.countHalfOpen(this, -1)
  }

  #finish(): void {
    if (!this.#outsideGone || !this.#guestGone) return
    this.#endHalfOpen()
    this.end()
  }
}
