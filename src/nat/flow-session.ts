// What every session of the NAT session table has (R24, R51): a number, the flow, what was carried and when, one deadline,
// a row. How a session speaks with its guest and with the outside is its subclass's; so is when it ends.
//
// Invariant: between `begin` and `end` it is in the table, in the count of its protocol and in the heap of deadlines; before
// and after in none of them.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import type { FlowEndpoints, FlowProtocol, NatSessionRow, TcpStatus } from './rows.ts'
import type { NatSession } from './session-table.ts'

const COUNT_OF = { TCP: 'tcp', UDP: 'udp', ICMP: 'icmp' } as const

export abstract class FlowSession implements NatSession {
  readonly id: number
  /** A field, or made of what the session has anyway. */
  abstract readonly flow: FlowEndpoints
  // Instants are whole milliseconds: V8 keeps a fraction, or infinity, in an object of its own, and there are many sessions.
  heapAt = 0
  heapIndex = -1
  queuedAt = 0
  lastActivityAt: number
  protected readonly context: NatContext
  /** Payload from the outside to the guest, and from the guest to the outside. */
  protected receivedBytes = 0
  protected sentBytes = 0
  readonly #createdAt: number

  /** @param id 0: it will have no row, and never begins */
  protected constructor(context: NatContext, id = context.table.nextId()) {
    this.context = context
    this.id = id
    this.#createdAt = Math.floor(context.tcp.now)
    this.lastActivityAt = this.#createdAt
  }

  abstract get protocol(): FlowProtocol

  abstract abort(): void

  protected abstract idleMs(): number

  /** It is no longer in the table. */
  protected abstract forgotten(): void

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  get givesWay(): boolean {
    return true
  }

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    return this.hasEnded ? Number.POSITIVE_INFINITY : this.lastActivityAt + this.idleMs()
  }

  expire(): void {
    this.abort()
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: this.protocol,
      ...this.flow,
      createdAt: this.context.epochOf(this.#createdAt),
      lastCommunicationAt: this.context.epochOf(this.lastActivityAt),
      receivedBytes: this.receivedBytes,
      sentBytes: this.sentBytes,
      tcpStatus: this.tcpStatus,
    }
  }

  protected get tcpStatus(): TcpStatus | undefined {
    return undefined
  }

  protected get hasEnded(): boolean {
    return this.context.table.get(this.id) !== this
  }

  /** The clock of the last event, which counts as activity. */
  protected touch(): void {
    this.lastActivityAt = Math.floor(this.context.tcp.now)
  }

  /** Every event from outside begins with the clock, and counts as activity. */
  protected enter(): void {
    this.context.tick()
    this.lastActivityAt = Math.floor(this.context.tcp.now)
  }

  protected begin(): void {
    const { table, counts, events, deadlines } = this.context
    table.add(this)
    counts[COUNT_OF[this.protocol]]++
    if (this.protocol === 'TCP') events.tcpSessionCreated(this.id, this.flow)
    else if (this.protocol === 'UDP') events.udpSessionCreated(this.id, this.flow)
    deadlines.update(this)
  }

  /** A second time it does nothing. */
  protected end(): void {
    const { table, counts, events, deadlines } = this.context
    deadlines.remove(this)
    if (this.hasEnded) return
    table.remove(this)
    counts[COUNT_OF[this.protocol]]--
    this.forgotten()
    if (this.protocol === 'TCP') events.tcpSessionDeleted(this.id)
    else if (this.protocol === 'UDP') events.udpSessionDeleted(this.id)
  }
}
