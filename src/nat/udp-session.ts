// One UDP endpoint of a guest and its outside socket: endpoint-independent mapping (RFC 4787 REQ-1), whatever the
// destinations; the outside port is the guest's own where that is free. Filtering is endpoint-independent too (REQ-8):
// who knows the outside port may send to it, as games, telephones and peer-to-peer programs want it; a setting makes it
// depend on the address.
// A flow of one question and one answer (DNS, NTP) gives its place back soon after the answer: a resolver takes a new port
// for every query, and would hold each for the whole idle time. A question without an answer waits as long as others.

import type { Deadline } from '../stack/deadline-heap.ts'
import type { UdpDatagram } from '../stack/interface.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import type { FlowEndpoints, NatSessionRow } from './rows.ts'
import type { NatSession } from './session-table.ts'
import type { OutsideError, UdpSocket, UdpSocketEvents } from './sockets.ts'

/** Addresses an endpoint has sent to that are remembered; past it the oldest one is a stranger again. */
export const UDP_CONTACTS_LIMIT = 1024

/** How long a one-shot flow that has its answer is kept for a question more, if the idle time is not shorter still. */
export const ONE_SHOT_IDLE_MS = 20_000
/** DNS and NTP. */
const ONE_SHOT_PORTS = [53, 123]

export class NatUdpSession implements NatSession, UdpSocketEvents, Deadline {
  readonly id: number
  readonly protocol = 'UDP'
  queuedAt = 0
  /** The destination is that of the first datagram. */
  readonly flow: FlowEndpoints
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #context: NatContext
  readonly #onEnd: (session: NatUdpSession) => void
  readonly #createdAt: number
  readonly #socket: UdpSocket
  #lastActivityAt: number
  #receivedBytes = 0
  #sentBytes = 0
  /** Everything so far went to `ONE_SHOT_PORTS`. */
  #isOneShot = true
  #isAnswered = false
  /** Of the last datagram: what the outside socket is set to, and where it went. */
  #ttl = -1
  #dontFragment = false
  #lastAddress: Ipv4Address
  #lastPort: number
  /** The egress rules have admitted the last destination. */
  #isJudged = false
  /** Everyone this endpoint has sent to, once it is more than one. */
  #contacts: Set<Ipv4Address> | undefined

  constructor(context: NatContext, first: UdpDatagram, onEnd: (session: NatUdpSession) => void) {
    this.#context = context
    this.#onEnd = onEnd
    this.id = context.table.nextId()
    this.flow = flowOf(first)
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    this.#lastAddress = first.destination
    this.#lastPort = first.destinationPort
    context.table.add(this)
    context.counts.udp++
    context.events.udpSessionCreated(this.id, this.flow)
    this.#socket = context.sockets.openUdp(first.sourcePort, this)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  get lastActivityAt(): number {
    return this.#lastActivityAt
  }

  /** Whether the last datagram went there too, and the rules have not changed since. */
  isJudged(address: Ipv4Address, port: number): boolean {
    return this.#isJudged && address === this.#lastAddress && port === this.#lastPort
  }

  forgetJudgement(): void {
    this.#isJudged = false
  }

  /** Whether the outside socket has this port and has sent there, as far as is remembered. */
  hasSent(port: number, address: Ipv4Address, destinationPort: number): boolean {
    const isContact = address === this.#lastAddress ? destinationPort === this.#lastPort : this.#knows(address)
    return isContact && this.#socket.localPort() === port
  }

  /** With the destination of the last datagram. */
  lastFlow(): FlowEndpoints {
    return { ...this.flow, destinationAddress: this.#lastAddress, destinationPort: this.#lastPort }
  }

  /** From the guest, and admitted. */
  send(datagram: UdpDatagram): void {
    const { bytes, payloadStart, payloadEnd, destination, destinationPort, header } = datagram
    this.#lastActivityAt = this.#context.tcp.now
    this.#sentBytes += payloadEnd - payloadStart
    if (this.#isOneShot) {
      this.#isOneShot = ONE_SHOT_PORTS.includes(destinationPort)
      this.#isAnswered = false
    }
    if (destination !== this.#lastAddress) this.#contact(destination)
    this.#lastAddress = destination
    this.#lastPort = destinationPort
    this.#isJudged = true
    // A router takes one off, and passes on what the guest says of fragments; both seldom change within a flow.
    if (header.ttl !== this.#ttl) {
      this.#ttl = header.ttl
      this.#socket.setTtl?.(header.ttl - 1)
    }
    if (header.dontFragment !== this.#dontFragment) {
      this.#dontFragment = header.dontFragment
      this.#socket.setDontFragment?.(header.dontFragment)
    }
    this.#socket.send(bytes.subarray(payloadStart, payloadEnd), destination, destinationPort)
  }

  /** From outside. */
  message(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    this.#context.tick()
    if (this.#context.udpFiltering() === 'addressDependent' && !this.#knows(address)) {
      this.#context.stats.udpFiltered++
      return
    }
    this.#lastActivityAt = this.#context.tcp.now
    this.#receivedBytes += bytes.length
    if (this.#isOneShot && !this.#isAnswered) {
      this.#isAnswered = true
      // The deadline comes forward, of which the heap must hear.
      this.#context.deadlines.update(this)
    }
    const { internalAddress, internalPort } = this.flow
    this.#context.udpOutput(address, port, internalAddress, internalPort, bytes)
    this.#context.flushSoon()
  }

  unreached(error: OutsideError): void {
    this.#context.tick()
    const isLast = error.address === this.#lastAddress
    const port = error.port !== 0 ? error.port : isLast ? this.#lastPort : this.flow.destinationPort
    this.#context.udpErrorOutput(error, this.flow, port)
    this.#context.flushSoon()
  }

  failed(): void {
    this.#end()
  }

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    if (this.#context.table.get(this.id) !== this) return Number.POSITIVE_INFINITY
    const idleMs = this.#context.udpTimeoutMs()
    return this.#lastActivityAt + (this.#isOneShot && this.#isAnswered ? Math.min(ONE_SHOT_IDLE_MS, idleMs) : idleMs)
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
      protocol: 'UDP',
      ...this.flow,
      createdAt: this.#context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: undefined,
    }
  }

  #contact(address: Ipv4Address): void {
    this.#contacts ??= new Set([this.#lastAddress])
    const [oldest] = this.#contacts
    if (this.#contacts.size >= UDP_CONTACTS_LIMIT && oldest !== undefined) this.#contacts.delete(oldest)
    this.#contacts.add(address)
  }

  #knows(address: Ipv4Address): boolean {
    return address === this.#lastAddress || this.#contacts?.has(address) === true
  }

  #end(): void {
    this.#context.deadlines.remove(this)
    if (this.#context.table.get(this.id) !== this) return
    this.#context.table.remove(this)
    this.#context.counts.udp--
    this.#onEnd(this)
    this.#context.events.udpSessionDeleted(this.id)
  }
}

export function flowOf(datagram: UdpDatagram): FlowEndpoints {
  return {
    internalAddress: datagram.source,
    internalPort: datagram.sourcePort,
    destinationAddress: datagram.destination,
    destinationPort: datagram.destinationPort,
  }
}
