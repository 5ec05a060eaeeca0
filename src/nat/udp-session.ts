// One UDP endpoint of a guest and its outside socket: endpoint-independent mapping (RFC 4787 REQ-1), whatever the
// destinations; the outside port is the guest's own where that is free. Filtering is endpoint-independent too (REQ-8):
// who knows the outside port may send to it, as games, telephones and peer-to-peer programs want it; a setting makes it
// depend on the address.
// A flow of one question and one answer (DNS, NTP) gives its place back soon after the answer: a resolver takes a new port
// for every query, and would hold each for the whole idle time. A question without an answer waits as long as others.

import type { UdpDatagram } from '../stack/interface.ts'
import { BROADCAST_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import { FlowSession } from './flow-session.ts'
import type { FlowEndpoints } from './rows.ts'
import type { OutsideError, UdpSocket, UdpSocketEvents } from './sockets.ts'

/** Addresses an endpoint has sent to that are remembered; past it the oldest one is a stranger again. */
export const UDP_CONTACTS_LIMIT = 1024

/** How long a one-shot flow that has its answer is kept for a question more, if the idle time is not shorter still. */
export const ONE_SHOT_IDLE_MS = 20_000
/** DNS and NTP. */
const ONE_SHOT_PORTS = [53, 123]

/** The flow's destination is that of the first datagram. */
export class NatUdpSession extends FlowSession implements UdpSocketEvents {
  readonly flow: FlowEndpoints
  readonly #onEnd: (session: NatUdpSession) => void
  readonly #socket: UdpSocket
  /** Everything so far went to `ONE_SHOT_PORTS`. */
  #isOneShot = true
  #isAnswered = false
  /** Of the last datagram: what the outside socket is set to, and where it went. */
  #ttl = -1
  #dontFragment = false
  #lastAddress: Ipv4Address
  #lastPort: number
  /** It has asked all of the host's network: whoever answers is welcome. */
  #hasAskedAll = false
  /** The egress rules have admitted the last destination. */
  #isJudged = false
  /** Everyone this endpoint has sent to, once it is more than one. */
  #contacts: Set<Ipv4Address> | undefined

  constructor(context: NatContext, first: UdpDatagram, preferredPort: number, onEnd: (session: NatUdpSession) => void) {
    super(context)
    this.flow = flowOf(first)
    this.#onEnd = onEnd
    this.#lastAddress = first.destination
    this.#lastPort = first.destinationPort
    this.begin()
    this.#socket = context.sockets.openUdp(preferredPort, this)
  }

  override get protocol(): 'UDP' {
    return 'UDP'
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
    this.touch()
    this.sentBytes += payloadEnd - payloadStart
    if (this.#isOneShot) {
      this.#isOneShot = ONE_SHOT_PORTS.includes(destinationPort)
      this.#isAnswered = false
    }
    this.#sendsTo(destination, destinationPort)
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

  /** From the guest, for everybody on the host's network. @param outside a group or 255.255.255.255 */
  discover(datagram: UdpDatagram, outside: Ipv4Address): void {
    const { bytes, payloadStart, payloadEnd, destinationPort } = datagram
    this.touch()
    this.sentBytes += payloadEnd - payloadStart
    this.#isOneShot = false
    this.#hasAskedAll = true
    this.#isJudged = false
    this.#sendsTo(outside, destinationPort)
    if (outside === BROADCAST_IPV4) this.#socket.allowBroadcast()
    this.#socket.send(bytes.subarray(payloadStart, payloadEnd), outside, destinationPort)
  }

  /** From outside. */
  message(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    this.context.tick()
    if (this.context.udpFiltering() === 'addressDependent' && !this.#hasAskedAll && !this.#knows(address)) {
      this.context.stats.udpFiltered++
      return
    }
    this.touch()
    this.receivedBytes += bytes.length
    if (this.#isOneShot && !this.#isAnswered) {
      this.#isAnswered = true
      // The deadline comes forward, of which the heap must hear.
      this.context.deadlines.update(this)
    }
    const { internalAddress, internalPort } = this.flow
    this.context.udpOutput(address, port, internalAddress, internalPort, bytes)
    this.context.flushSoon()
  }

  unreached(error: OutsideError): void {
    this.context.tick()
    const isLast = error.address === this.#lastAddress
    const port = error.port !== 0 ? error.port : isLast ? this.#lastPort : this.flow.destinationPort
    this.context.udpErrorOutput(error, this.flow, port)
    this.context.flushSoon()
  }

  failed(): void {
    this.end()
  }

  protected override idleMs(): number {
    const idleMs = this.context.udpTimeoutMs()
    return this.#isOneShot && this.#isAnswered ? Math.min(ONE_SHOT_IDLE_MS, idleMs) : idleMs
  }

  override abort(): void {
    this.#socket.close()
    this.end()
  }

  #sendsTo(address: Ipv4Address, port: number): void {
    if (address !== this.#lastAddress) this.#contact(address)
    this.#lastAddress = address
    this.#lastPort = port
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

  protected override forgotten(): void {
    this.#onEnd(this)
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
