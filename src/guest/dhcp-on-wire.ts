// The DHCP client of `run`, in whole Ethernet frames: what stands between its messages and a packet socket in the guest's
// namespace.
//
// The frames carry the TAP's own MAC address, so that the server leases to the guest that will use the address, and take
// the guest's own way to the hub, whoever carries them there. Only answers to our own transaction are looked at; a client
// that the user runs inside the namespace works beside ours.

import type { DhcpMessage } from '../wire/dhcp.ts'
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, dhcpLength, emitDhcp, parseDhcp } from '../wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, emitEthernet, getEtherType, getSourceMac } from '../wire/ethernet.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_UDP, parseIpv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { BROADCAST_IPV4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import { isChecksumWaived } from '../wire/offload.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from '../wire/udp.ts'
import type { Lease } from './dhcp-client.ts'
import { DhcpClient } from './dhcp-client.ts'

const HEADERS_LEN = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN
const TTL = 64

export interface DhcpOnWireOptions {
  readonly macAddress: MacAddress
  readonly hostName: string
  readonly now: () => number
  readonly random: () => number
  readonly setTimer: (delayMs: number, callback: () => void) => () => void
  /** Puts a frame on the wire; it is the receiver's. */
  readonly send: (frame: Uint8Array) => void
  readonly bound: (lease: Lease) => void
  readonly lost: () => void
}

export class DhcpOnWire {
  readonly #options: DhcpOnWireOptions
  readonly #client: DhcpClient
  #serverMac: MacAddress = BROADCAST_MAC
  #cancelTimer: (() => void) | undefined

  constructor(options: DhcpOnWireOptions) {
    this.#options = options
    this.#client = new DhcpClient({
      macAddress: options.macAddress,
      hostName: options.hostName,
      random: options.random,
      send: (message, from, to) => this.#send(message, from, to),
      bound: options.bound,
      lost: options.lost,
    })
  }

  start(): void {
    this.#client.start(this.#options.now())
    this.#arm()
  }

  /** Gives the address back and stops. */
  release(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#client.release()
  }

  /** A frame from the wire; lent. Whatever is no answer to our client is left alone. */
  input(frame: Uint8Array, offload: Offload): void {
    if (frame.length < HEADERS_LEN || getEtherType(frame) !== ETHERTYPE_IPV4) return
    const ip = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (ip === undefined || ip.protocol !== PROTOCOL_UDP || ip.moreFragments || ip.fragmentOffset !== 0) return
    const udp = parseUdp(frame, ip.payloadStart, ip.payloadEnd)
    if (udp === undefined || udp.destinationPort !== DHCP_CLIENT_PORT || udp.sourcePort !== DHCP_SERVER_PORT) return
    if (!isChecksumWaived(offload) && !isUdpChecksumRight(frame, ip.payloadStart, udp, ip.source, ip.destination))
      return
    const message = parseDhcp(frame, udp.payloadStart, udp.payloadEnd)
    if (message === undefined || !this.#client.expects(message)) return
    this.#serverMac = getSourceMac(frame)
    this.#client.input(message, this.#options.now())
    this.#arm()
  }

  #send(message: DhcpMessage, from: Ipv4Address, to: Ipv4Address): void {
    const { macAddress } = this.#options
    const payloadLen = dhcpLength(message)
    const frame = new Uint8Array(HEADERS_LEN + payloadLen)
    emitEthernet(frame, 0, to === BROADCAST_IPV4 ? BROADCAST_MAC : this.#serverMac, macAddress, ETHERTYPE_IPV4)
    const fields = {
      tos: 0,
      identification: message.xid & 0xffff,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: TTL,
      protocol: PROTOCOL_UDP,
      source: from,
      destination: to,
    }
    emitIpv4Header(frame, ETHERNET_HEADER_LEN, fields, UDP_HEADER_LEN + payloadLen)
    emitDhcp(message, frame, HEADERS_LEN)
    const udpAt = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN
    emitUdp(frame, udpAt, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, payloadLen, from, to)
    this.#options.send(frame)
  }

  #arm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const deadline = this.#client.nextDeadline()
    if (deadline === Number.POSITIVE_INFINITY) return
    const { now, setTimer } = this.#options
    this.#cancelTimer = setTimer(Math.max(0, deadline - now()), () => {
      this.#client.onDeadline(now())
      this.#arm()
    })
  }
}
