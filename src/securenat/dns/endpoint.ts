// A guest's UDP port that asks the virtual host: a row of the NAT session table, as the manual shows it (R51), that gives its
// number back soon, since a resolver uses a port once. Where the table or the guest's share of it is full, the question is
// answered all the same, without a row.

import type { NatContext } from '../../nat/context.ts'
import type { FlowEndpoints, NatSessionRow } from '../../nat/rows.ts'
import type { NatSession } from '../../nat/session-table.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { Asker } from './flight.ts'

/** A guest's port is forgotten so long after its last query or answer. */
export const DNS_SESSION_IDLE_MS = 10_000

export class DnsEndpoint implements NatSession, Asker {
  readonly isStream = false
  /** 0 without a row. */
  readonly id: number
  readonly flow: FlowEndpoints
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #context: NatContext
  readonly #onEnd: () => void
  readonly #createdAt: number
  #lastActivityAt: number
  #receivedBytes = 0
  #sentBytes = 0

  /** @param onEnd `undefined`: it gets no row */
  constructor(context: NatContext, flow: FlowEndpoints, onEnd: (() => void) | undefined) {
    this.#context = context
    this.flow = flow
    this.#onEnd = onEnd ?? (() => {})
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    this.id = onEnd === undefined ? 0 : context.table.nextId()
    if (onEnd === undefined) return
    context.table.add(this)
    context.counts.udp++
    context.events.udpSessionCreated(this.id, flow)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  get guest(): Ipv4Address {
    return this.flow.internalAddress
  }

  /** A query came. */
  asked(bytes: number): void {
    this.#lastActivityAt = this.#context.tcp.now
    this.#sentBytes += bytes
  }

  answer(bytes: Uint8Array): void {
    const message = bytes.subarray(2)
    this.#lastActivityAt = this.#context.tcp.now
    this.#receivedBytes += message.length
    const { internalAddress, internalPort, destinationAddress, destinationPort } = this.flow
    this.#context.udpOutput(destinationAddress, destinationPort, internalAddress, internalPort, message)
  }

  settled(): void {}

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    if (this.#context.table.get(this.id) !== this) return Number.POSITIVE_INFINITY
    return this.#lastActivityAt + DNS_SESSION_IDLE_MS
  }

  expire(): void {
    this.abort()
  }

  abort(): void {
    this.#context.deadlines.remove(this)
    if (this.#context.table.get(this.id) !== this) return
    this.#context.table.remove(this)
    this.#context.counts.udp--
    this.#onEnd()
    this.#context.events.udpSessionDeleted(this.id)
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: 'UDP',
      ...this.flow,
      createdAt: this.#context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: undefined,
    }
  }
}
