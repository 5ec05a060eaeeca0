// Echo requests of one guest under one identifier, and their outside socket (RFC 5508 section 3). The outside identifier
// is the guest's own where that is free, so that two guests with the same one are told apart; replies, and what routers
// say about the requests, come back in the name of who sent them. Truth goes both ways: the outside gets the guest's TTL
// less one, and the guest the outside's.

import type { EchoRequest } from '../stack/interface.ts'
import { getU16 } from '../wire/bytes.ts'
import { ICMP_HEADER_LEN } from '../wire/icmpv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import { FlowSession } from './flow-session.ts'
import type { FlowEndpoints } from './rows.ts'
import type { OutsideError, PingSocket, PingSocketEvents } from './sockets.ts'

/** A session ends so long after its last request or reply (the original's time). */
export const ICMP_TIMEOUT_MS = 10_000

/** In its flow the guest's identifier stands where others have a port; the destination is that of the first request. */
export class NatIcmpSession extends FlowSession implements PingSocketEvents {
  readonly flow: FlowEndpoints
  readonly #onEnd: (session: NatIcmpSession) => void
  readonly #socket: PingSocket
  #lastSequence = 0
  #lastAddress: Ipv4Address

  /** @param open the way to an outside socket that this process has */
  constructor(
    context: NatContext,
    open: (preferredIdentifier: number, events: PingSocketEvents) => PingSocket,
    first: EchoRequest,
    onEnd: (session: NatIcmpSession) => void,
  ) {
    super(context)
    this.flow = flowOf(first)
    this.#onEnd = onEnd
    this.#lastAddress = first.header.destination
    this.begin()
    this.#socket = open(first.identifier, this)
  }

  override get protocol(): 'ICMP' {
    return 'ICMP'
  }

  /** From the guest; its TTL is above one. */
  request({ header, sequence, bytes, bodyStart, bodyEnd }: EchoRequest): void {
    this.touch()
    this.#lastSequence = sequence
    this.#lastAddress = header.destination
    const body = bytes.subarray(bodyStart, bodyEnd)
    this.sentBytes += body.length
    const { ttl, dontFragment } = header
    this.#socket.request(header.destination, sequence, body, { ttl: ttl - 1, dontFragment })
  }

  /** Whether the last request left under this identifier, to there. */
  hasSent(identifier: number, address: Ipv4Address): boolean {
    return address === this.#lastAddress && this.#socket.identifier === identifier
  }

  reply(address: Ipv4Address, sequence: number, body: Uint8Array, ttl: number): void {
    this.enter()
    // A router that has to forward what has no time left says nothing about a reply.
    if (ttl > 1) {
      this.receivedBytes += body.length
      this.context.echoOutput(address, this.flow.internalAddress, this.flow.internalPort, sequence, body, ttl - 1)
    }
    this.context.flushSoon()
  }

  unreached(error: OutsideError): void {
    this.enter()
    const sequence = error.payload.length >= ICMP_HEADER_LEN ? getU16(error.payload, 6) : this.#lastSequence
    this.context.echoErrorOutput(error, this.flow, sequence)
    this.context.flushSoon()
  }

  failed(): void {
    this.end()
  }

  protected override idleMs(): number {
    return ICMP_TIMEOUT_MS
  }

  override abort(): void {
    this.#socket.close()
    this.end()
  }

  protected override forgotten(): void {
    this.#onEnd(this)
  }
}

export function flowOf({ header, identifier }: EchoRequest): FlowEndpoints {
  return {
    internalAddress: header.source,
    internalPort: identifier,
    destinationAddress: header.destination,
    destinationPort: 0,
  }
}
