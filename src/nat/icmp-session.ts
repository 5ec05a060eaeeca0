// Echo requests of one guest under one identifier, and their outside socket (RFC 5508 section 3). The outside identifier
// is the guest's own where that is free, so that two guests with the same one are told apart; replies, and what routers
// say about the requests, come back in the name of who sent them. Truth goes both ways: the outside gets the guest's TTL
// less one, and the guest the outside's.

import type { Deadline } from '../stack/deadline-heap.ts'
import type { EchoRequest } from '../stack/interface.ts'
import { getU16 } from '../wire/bytes.ts'
import { ICMP_HEADER_LEN } from '../wire/icmpv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import type { FlowEndpoints, NatSessionRow } from './rows.ts'
import type { NatSession } from './session-table.ts'
import type { OutsideError, PingSocket, PingSocketEvents } from './sockets.ts'

/** A session ends so long after its last request or reply (the original's time). */
export const ICMP_TIMEOUT_MS = 10_000

export class NatIcmpSession implements NatSession, PingSocketEvents, Deadline {
  readonly id: number
  readonly protocol = 'ICMP'
  queuedAt = 0
  /** The guest's identifier stands where others have a port; the destination is that of the first request. */
  readonly flow: FlowEndpoints
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #context: NatContext
  readonly #onEnd: (session: NatIcmpSession) => void
  readonly #createdAt: number
  readonly #socket: PingSocket
  #lastActivityAt: number
  #lastSequence = 0
  #lastAddress: Ipv4Address
  #receivedBytes = 0
  #sentBytes = 0

  /** @param open the way to an outside socket that this process has */
  constructor(
    context: NatContext,
    open: (preferredIdentifier: number, events: PingSocketEvents) => PingSocket,
    first: EchoRequest,
    onEnd: (session: NatIcmpSession) => void,
  ) {
    this.#context = context
    this.#onEnd = onEnd
    this.id = context.table.nextId()
    this.flow = {
      internalAddress: first.header.source,
      internalPort: first.identifier,
      destinationAddress: first.header.destination,
      destinationPort: 0,
    }
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    this.#lastAddress = first.header.destination
    context.table.add(this)
    context.counts.icmp++
    this.#socket = open(first.identifier, this)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  get lastActivityAt(): number {
    return this.#lastActivityAt
  }

  /** From the guest; its TTL is above one. */
  request({ header, sequence, bytes, bodyStart, bodyEnd }: EchoRequest): void {
    this.#lastActivityAt = this.#context.tcp.now
    this.#lastSequence = sequence
    this.#lastAddress = header.destination
    const body = bytes.subarray(bodyStart, bodyEnd)
    this.#sentBytes += body.length
    const { ttl, dontFragment } = header
    this.#socket.request(header.destination, sequence, body, { ttl: ttl - 1, dontFragment })
  }

  /** Whether the last request left under this identifier, to there. */
  hasSent(identifier: number, address: Ipv4Address): boolean {
    return address === this.#lastAddress && this.#socket.identifier === identifier
  }

  reply(address: Ipv4Address, sequence: number, body: Uint8Array, ttl: number): void {
    this.#enter()
    // A router that has to forward what has no time left says nothing about a reply.
    if (ttl > 1) {
      this.#receivedBytes += body.length
      this.#context.echoOutput(address, this.flow.internalAddress, this.flow.internalPort, sequence, body, ttl - 1)
    }
    this.#context.flushSoon()
  }

  unreached(error: OutsideError): void {
    this.#enter()
    const sequence = error.payload.length >= ICMP_HEADER_LEN ? getU16(error.payload, 6) : this.#lastSequence
    this.#context.echoErrorOutput(error, this.flow, sequence)
    this.#context.flushSoon()
  }

  failed(): void {
    this.#end()
  }

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    if (this.#context.table.get(this.id) !== this) return Number.POSITIVE_INFINITY
    return this.#lastActivityAt + ICMP_TIMEOUT_MS
  }

  expire(): void {
    this.abort()
  }

  abort(): void {
    this.#socket.close()
    this.#end()
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: 'ICMP',
      ...this.flow,
      createdAt: this.#context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: undefined,
    }
  }

  #enter(): void {
    this.#context.tick()
    this.#lastActivityAt = this.#context.tcp.now
  }

  #end(): void {
    this.#context.deadlines.remove(this)
    if (this.#context.table.get(this.id) !== this) return
    this.#context.table.remove(this)
    this.#context.counts.icmp--
    this.#onEnd(this)
  }
}
