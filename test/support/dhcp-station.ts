// A station on a hub that speaks DHCP frame by frame, in virtual time: the client of dhcp-client.ts with a wire instead of a server.
// It may also have an address of its own, for which it answers ARP.

import type { Attachable } from '../../src/hub/port.ts'
import { ARP_REPLY, ARP_REQUEST, parseArp } from '../../src/wire/arp.ts'
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPNAK,
  DHCPOFFER,
  type DhcpMessage,
  dhcpLength,
  emitDhcp,
  getU8Option,
  OPTION_MESSAGE_TYPE,
  parseDhcp,
} from '../../src/wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_ARP, getEtherType } from '../../src/wire/ethernet.ts'
import { PROTOCOL_UDP, parseIpv4Header } from '../../src/wire/ipv4.ts'
import { BROADCAST_IPV4, type Ipv4Address } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../../src/wire/mac.ts'
import { parseUdp } from '../../src/wire/udp.ts'
import { DhcpClient, type DhcpHarness, type Extras } from './dhcp-client.ts'
import { ethernetFrame, HOST_MAC, u16, u32, udpFrame } from './frames.ts'
import { type LinkOptions, LossyLink } from './lossy-link.ts'
import type { ManualClock } from './manual-clock.ts'

export interface HeardReply {
  /** Virtual ms. */
  at: number
  type: 'OFFER' | 'ACK' | 'NAK' | undefined
  message: DhcpMessage
}

export interface StationOptions {
  /** An address set by hand: it answers ARP for it, and says nothing unasked. */
  address?: Ipv4Address
  extras?: Extras
  link?: LinkOptions
}

const TYPES: Readonly<Record<number, HeardReply['type']>> = { [DHCPOFFER]: 'OFFER', [DHCPACK]: 'ACK', [DHCPNAK]: 'NAK' }

export class DhcpStation extends DhcpClient {
  readonly replies: HeardReply[] = []
  /** Set to stop answering ARP. */
  address: Ipv4Address | undefined
  readonly #link: LossyLink
  readonly #clock: ManualClock

  constructor(hub: Attachable, clock: ManualClock, mac: number, options: StationOptions = {}) {
    const wire = { server: { input: (...args: Parameters<DhcpHarness['server']['input']>) => this.#transmit(...args) } }
    super(wire as unknown as DhcpHarness, mac, options.extras)
    this.address = options.address
    this.#clock = clock
    this.#link = new LossyLink(hub, clock, options.link)
    this.#link.receive = (frame) => this.#receive(frame)
  }

  get last(): HeardReply | undefined {
    return this.replies.at(-1)
  }

  /** Lets `ms` go by. @returns what came in meanwhile */
  during(ms: number): HeardReply[] {
    const from = this.replies.length
    this.#clock.advance(ms)
    return this.replies.slice(from)
  }

  /** DISCOVER, OFFER, REQUEST, ACK over the wire; throws when there is no lease in the end. */
  bind(requested?: Ipv4Address): Ipv4Address {
    this.discover(requested)
    const offer = this.during(500).find(({ type }) => type === 'OFFER')
    if (offer === undefined) throw new Error('no offer')
    this.select(offer.message.yiaddr)
    const [answer] = this.during(50)
    if (answer?.type !== 'ACK') throw new Error(`no lease but ${answer?.type}`)
    return answer.message.yiaddr
  }

  /** Any frame. */
  transmit(frame: Uint8Array): void {
    this.#link.send(frame)
  }

  #transmit(
    message: DhcpMessage,
    source: { mac: MacAddress; address: Ipv4Address; destination: Ipv4Address },
  ): undefined {
    const payload = new Uint8Array(dhcpLength(message))
    emitDhcp(message, payload, 0)
    const isToServer = source.destination !== BROADCAST_IPV4
    const frame = udpFrame([...payload], {
      source: source.address,
      destination: source.destination,
      sourcePort: DHCP_CLIENT_PORT,
      destinationPort: DHCP_SERVER_PORT,
      sourceMac: source.mac,
      destinationMac: isToServer ? HOST_MAC : BROADCAST_MAC,
    })
    this.#link.send(frame)
  }

  #receive(frame: Uint8Array): void {
    if (getEtherType(frame) === ETHERTYPE_ARP) {
      this.#answerArp(frame)
      return
    }
    const header = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (header?.protocol !== PROTOCOL_UDP) return
    const udp = parseUdp(frame, header.payloadStart, header.payloadEnd)
    if (udp?.destinationPort !== DHCP_CLIENT_PORT && udp?.destinationPort !== DHCP_SERVER_PORT) return
    const message = parseDhcp(frame, udp.payloadStart, udp.payloadEnd)
    if (message?.chaddr !== this.mac || message.op !== 2) return
    const type = TYPES[getU8Option(message.options, OPTION_MESSAGE_TYPE) ?? 0]
    this.replies.push({ at: this.#clock.now(), type, message })
  }

  #answerArp(frame: Uint8Array): void {
    const asked = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
    if (asked?.operation !== ARP_REQUEST || this.address === undefined || asked.targetAddress !== this.address) return
    this.sayArp(ARP_REPLY, this.address, asked.senderMac, asked.senderAddress)
  }

  sayArp(operation: number, address: Ipv4Address, targetMac: MacAddress, target: Ipv4Address): void {
    const bytes = (mac: MacAddress): number[] => [...u16(Math.floor(mac / 2 ** 32)), ...u32(mac % 2 ** 32)]
    const body = [
      0,
      1,
      8,
      0,
      6,
      4,
      ...u16(operation),
      ...bytes(this.mac),
      ...u32(address),
      ...bytes(targetMac),
      ...u32(target),
    ]
    const destinationMac = operation === ARP_REPLY ? targetMac : BROADCAST_MAC
    this.#link.send(ethernetFrame(ETHERTYPE_ARP, body, { sourceMac: this.mac, destinationMac }))
  }
}
