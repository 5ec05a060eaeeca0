// Runs the DHCP client from outside the guest, on the wire between its TAP device and the hub.
//
// The frames carry the TAP's own MAC address, so that the server leases to the guest that will use the address. Only
// answers to our own transaction are taken out; a client that the user runs inside the namespace works beside ours.
// It needs no socket, no privilege and no process inside the namespace, and goes on when the command has taken over there.

import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import { getU16 } from '../wire/bytes.ts'
import type { DhcpMessage } from '../wire/dhcp.ts'
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, dhcpLength, emitDhcp, parseDhcp } from '../wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, emitEthernet, getEtherType, getSourceMac } from '../wire/ethernet.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_UDP, parseIpv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { BROADCAST_IPV4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE, isChecksumWaived } from '../wire/offload.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from '../wire/udp.ts'
import type { Lease } from './dhcp-client.ts'
import { DhcpClient } from './dhcp-client.ts'

const HEADERS_LEN = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN
const TTL = 64
/** Offsets in a frame whose IPv4 header has no options; a DHCP server sends no other. */
const PROTOCOL_AT = ETHERNET_HEADER_LEN + 9
const DESTINATION_PORT_AT = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + 2

export interface DhcpOnWireOptions {
  readonly macAddress: MacAddress
  readonly hostName: string
  readonly now: () => number
  readonly random: () => number
  readonly setTimer: (delayMs: number, callback: () => void) => () => void
  readonly bound: (lease: Lease) => void
  readonly lost: () => void
}

/** Stands between a port and its hub: attach the port here instead of there. Carries one port. */
export class DhcpOnWire implements Attachable {
  readonly #hub: Attachable
  readonly #options: DhcpOnWireOptions
  readonly #client: DhcpClient
  #attachment: Attachment | undefined
  #serverMac: MacAddress = BROADCAST_MAC
  #cancelTimer: (() => void) | undefined

  constructor(hub: Attachable, options: DhcpOnWireOptions) {
    this.#hub = hub
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

  attach(port: Port): Attachment {
    const takeOut = (frame: Uint8Array, offload: Offload) => this.#takeOut(frame, offload)
    const identity: PortIdentity = port.identity
    this.#attachment = this.#hub.attach({
      identity,
      output(frame, offload) {
        if (!takeOut(frame, offload)) port.output(frame, offload)
      },
      flush: () => port.flush(),
      close: () => port.close?.(),
    })
    return this.#attachment
  }

  start(): void {
    this.#client.start(this.#options.now())
    this.#arm()
  }

  /** Gives the address back and stops. Call it before the port detaches. */
  release(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#client.release()
  }

  /** True when the frame was an answer to our client. Cheap for everything that is no DHCP reply. */
  #takeOut(frame: Uint8Array, offload: Offload): boolean {
    if (frame.length < HEADERS_LEN || getU16(frame, DESTINATION_PORT_AT) !== DHCP_CLIENT_PORT) return false
    if (frame[PROTOCOL_AT] !== PROTOCOL_UDP || getEtherType(frame) !== ETHERTYPE_IPV4) return false
    const ip = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (ip === undefined || ip.moreFragments || ip.fragmentOffset !== 0) return false
    const udp = parseUdp(frame, ip.payloadStart, ip.payloadEnd)
    if (udp === undefined || udp.destinationPort !== DHCP_CLIENT_PORT || udp.sourcePort !== DHCP_SERVER_PORT)
      return false
    if (!isChecksumWaived(offload) && !isUdpChecksumRight(frame, ip.payloadStart, udp, ip.source, ip.destination))
      return false
    const message = parseDhcp(frame, udp.payloadStart, udp.payloadEnd)
    if (message === undefined || !this.#client.expects(message)) return false
    const source = getSourceMac(frame)
    // Later, not now: an answer sent from inside the hub's output would re-enter it.
    queueMicrotask(() => this.#input(message, source))
    return true
  }

  #input(message: DhcpMessage, source: MacAddress): void {
    this.#serverMac = source
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
    this.#attachment?.input(frame, COMPLETE)
    this.#attachment?.flush()
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
