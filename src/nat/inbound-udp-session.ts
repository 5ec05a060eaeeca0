// A caller from outside and the UDP port of a guest, by way of an inbound rule's socket.

import type { Deadline } from '../stack/deadline-heap.ts'
import type { Flow } from '../stack/flow-table.ts'
import type { UdpDatagram } from '../stack/interface.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import type { FlowEndpoints, NatSessionRow } from './rows.ts'
import type { NatSession } from './session-table.ts'
import type { UdpSocket } from './sockets.ts'

export interface InboundUdpOpening {
  readonly socket: UdpSocket
  /** The caller is the source. */
  readonly flow: FlowEndpoints
  /** As whom the guest sees the caller; then the guest. */
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
  readonly ended: (session: InboundUdpSession) => void
}

export class InboundUdpSession implements NatSession, Deadline, Flow<InboundUdpSession> {
  readonly id: number
  readonly protocol = 'UDP'
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
  hashNext: InboundUdpSession | undefined = undefined
  queuedAt = 0
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #context: NatContext
  readonly #opening: InboundUdpOpening
  readonly #createdAt: number
  #lastActivityAt: number
  #receivedBytes = 0
  #sentBytes = 0

  constructor(context: NatContext, opening: InboundUdpOpening) {
    this.#context = context
    this.#opening = opening
    this.localAddress = opening.localAddress
    this.localPort = opening.localPort
    this.remoteAddress = opening.remoteAddress
    this.remotePort = opening.remotePort
    this.id = context.table.nextId()
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    context.table.add(this)
    context.counts.udp++
    context.events.udpSessionCreated(this.id, opening.flow)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.remoteAddress
  }

  get lastActivityAt(): number {
    return this.#lastActivityAt
  }

  fromOutside(bytes: Uint8Array): void {
    this.#lastActivityAt = this.#context.tcp.now
    this.#receivedBytes += bytes.length
    this.#context.udpOutput(this.localAddress, this.localPort, this.remoteAddress, this.remotePort, bytes)
  }

  fromGuest({ bytes, payloadStart, payloadEnd }: UdpDatagram): void {
    const { socket, flow } = this.#opening
    this.#lastActivityAt = this.#context.tcp.now
    this.#sentBytes += payloadEnd - payloadStart
    socket.send(bytes.subarray(payloadStart, payloadEnd), flow.internalAddress, flow.internalPort)
  }

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    if (this.#context.table.get(this.id) !== this) return Number.POSITIVE_INFINITY
    return this.#lastActivityAt + this.#context.udpTimeoutMs()
  }

  expire(): void {
    this.abort()
  }

  abort(): void {
    this.#context.deadlines.remove(this)
    if (this.#context.table.get(this.id) !== this) return
    this.#context.table.remove(this)
    this.#context.counts.udp--
    this.#opening.ended(this)
    this.#context.events.udpSessionDeleted(this.id)
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: 'UDP',
      ...this.#opening.flow,
      createdAt: this.#context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: undefined,
    }
  }
}
