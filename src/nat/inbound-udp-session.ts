// A caller from outside and the UDP port of a guest, by way of an inbound rule's socket.

import type { Flow } from '../stack/flow-table.ts'
import type { UdpDatagram } from '../stack/interface.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import { FlowSession } from './flow-session.ts'
import type { FlowEndpoints } from './rows.ts'
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

export class InboundUdpSession extends FlowSession implements Flow<InboundUdpSession> {
  readonly flow: FlowEndpoints
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
  hashNext: InboundUdpSession | undefined = undefined
  readonly #opening: InboundUdpOpening

  constructor(context: NatContext, opening: InboundUdpOpening) {
    super(context)
    this.flow = opening.flow
    this.#opening = opening
    this.localAddress = opening.localAddress
    this.localPort = opening.localPort
    this.remoteAddress = opening.remoteAddress
    this.remotePort = opening.remotePort
    this.begin()
  }

  override get protocol(): 'UDP' {
    return 'UDP'
  }

  override get internalAddress(): Ipv4Address {
    return this.remoteAddress
  }

  fromOutside(bytes: Uint8Array): void {
    this.touch()
    this.receivedBytes += bytes.length
    this.context.udpOutput(this.localAddress, this.localPort, this.remoteAddress, this.remotePort, bytes)
  }

  fromGuest({ bytes, payloadStart, payloadEnd }: UdpDatagram): void {
    const { internalAddress, internalPort } = this.flow
    this.touch()
    this.sentBytes += payloadEnd - payloadStart
    this.#opening.socket.send(bytes.subarray(payloadStart, payloadEnd), internalAddress, internalPort)
  }

  protected override idleMs(): number {
    return this.context.udpTimeoutMs()
  }

  override abort(): void {
    this.end()
  }

  protected override forgotten(): void {
    this.#opening.ended(this)
  }
}
