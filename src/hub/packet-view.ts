// What access rules and policies ask of a frame: its addresses, protocol and ports, read once into one reused object.
// Reads no further than the headers and verifies nothing: a packet that its receiver would drop may pass here.
// Of a fragment that is not the first, ports and flags are unknown (0), and rules that ask for them do not match.

import { getU8, getU16 } from '../wire/bytes.ts'
import { BOOTREPLY, DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from '../wire/dhcp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  getDestinationMac,
  getEtherType,
  getSourceMac,
} from '../wire/ethernet.ts'
import { IPV4_HEADER_LEN, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/ipv4.ts'
import { ANY_IPV4, getIpv4, type Ipv4Address } from '../wire/ipv4-address.ts'
import { isMulticastMac, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import { ACK, FIN, RST, SYN } from '../wire/tcp.ts'
import { UDP_HEADER_LEN } from '../wire/udp.ts'

const IPV6_HEADER_LEN = 40
const PROTOCOL_ICMPV6 = 58
const ICMPV6_ROUTER_SOLICITATION = 133
const ICMPV6_ROUTER_ADVERTISEMENT = 134
/** Hop-by-hop, routing, fragment and destination options: headers between IPv6 and what it carries (RFC 8200 section 4). */
const EXTENSION_HEADERS: readonly number[] = [0, 43, 60]
const FRAGMENT_HEADER = 44
const EXTENSION_HEADERS_LIMIT = 8
/** Ethernet, IPv4. */
const ARP_TYPES = [0x0001, 0x0800, 0x0604] as const

export class PacketView {
  frame: Uint8Array = new Uint8Array(0)
  kind: 'ipv4' | 'ipv6' | 'arp' | 'other' = 'other'
  sourceMac: MacAddress = ZERO_MAC
  destinationMac: MacAddress = ZERO_MAC
  isGroup = false
  /** IPv4's, or ARP's sender and target. */
  source: Ipv4Address = ANY_IPV4
  destination: Ipv4Address = ANY_IPV4
  /** The IP protocol; 0: none. */
  protocol = 0
  /** A whole TCP or UDP header's beginning is there. */
  hasPorts = false
  sourcePort = 0
  destinationPort = 0
  /** 0 for everything but TCP. */
  tcpFlags = 0
  icmpV6Type = 0
  /** Behind the IP header, and its end without padding. */
  transportStart = 0
  end = 0

  /** @param frame at least an Ethernet header */
  parse(frame: Uint8Array): void {
    this.frame = frame
    this.sourceMac = getSourceMac(frame)
    this.destinationMac = getDestinationMac(frame)
    this.isGroup = isMulticastMac(this.destinationMac)
    this.kind = 'other'
    this.source = ANY_IPV4
    this.destination = ANY_IPV4
    this.protocol = 0
    this.hasPorts = false
    this.sourcePort = 0
    this.destinationPort = 0
    this.tcpFlags = 0
    this.icmpV6Type = 0
    const etherType = getEtherType(frame)
    if (etherType === ETHERTYPE_IPV4) this.#parseIpv4()
    else if (etherType === ETHERTYPE_IPV6) this.#parseIpv6()
    else if (etherType === ETHERTYPE_ARP) this.#parseArp()
  }

  get isIp(): boolean {
    return this.kind === 'ipv4' || this.kind === 'ipv6'
  }

  get isDhcp(): boolean {
    if (this.kind !== 'ipv4' || this.protocol !== PROTOCOL_UDP) return false
    return isDhcpPort(this.sourcePort) && isDhcpPort(this.destinationPort)
  }

  /** From a DHCP server. */
  get isDhcpAnswer(): boolean {
    return this.isDhcp && this.frame[this.transportStart + UDP_HEADER_LEN] === BOOTREPLY
  }

  get isDhcpV6(): boolean {
    if (this.kind !== 'ipv6' || this.protocol !== PROTOCOL_UDP) return false
    return this.destinationPort === 546 || this.destinationPort === 547
  }

  get isDhcpV6Answer(): boolean {
    if (this.kind !== 'ipv6' || this.protocol !== PROTOCOL_UDP) return false
    return this.destinationPort === 546 || this.sourcePort === 547
  }

  get isRouterAdvertisement(): boolean {
    return this.icmpV6Type === ICMPV6_ROUTER_ADVERTISEMENT
  }

  get isRouterMessage(): boolean {
    return this.icmpV6Type === ICMPV6_ROUTER_SOLICITATION || this.icmpV6Type === ICMPV6_ROUTER_ADVERTISEMENT
  }

  get isIcmpV6(): boolean {
    return this.kind === 'ipv6' && this.protocol === PROTOCOL_ICMPV6
  }

  /** SYN and ACK: a server's answer. */
  get isSynAck(): boolean {
    return (this.tcpFlags & (SYN | ACK)) === (SYN | ACK)
  }

  /** Everything of TCP but the first SYN. */
  get isEstablished(): boolean {
    return (this.tcpFlags & (SYN | ACK)) !== SYN
  }

  /** What a limit of the rate must let through, or nothing works at all. */
  get isUrgent(): boolean {
    if (this.kind === 'arp' || this.isDhcp) return true
    return this.kind === 'ipv4' && (this.protocol === PROTOCOL_ICMP || (this.tcpFlags & (SYN | FIN | RST)) !== 0)
  }

  #parseIpv4(): void {
    const { frame } = this
    const start = ETHERNET_HEADER_LEN
    if (frame.length < start + IPV4_HEADER_LEN) return
    const versionAndLen = getU8(frame, start)
    const headerLen = (versionAndLen & 15) * 4
    const totalLen = getU16(frame, start + 2)
    if (versionAndLen >>> 4 !== 4 || headerLen < IPV4_HEADER_LEN || totalLen < headerLen) return
    if (start + totalLen > frame.length) return
    this.kind = 'ipv4'
    this.protocol = getU8(frame, start + 9)
    this.source = getIpv4(frame, start + 12)
    this.destination = getIpv4(frame, start + 16)
    this.transportStart = start + headerLen
    this.end = start + totalLen
    if ((getU16(frame, start + 6) & 0x1fff) === 0) this.#parseTransport()
  }

  #parseIpv6(): void {
    const { frame } = this
    const start = ETHERNET_HEADER_LEN
    if (frame.length < start + IPV6_HEADER_LEN || getU8(frame, start) >>> 4 !== 6) return
    this.kind = 'ipv6'
    this.end = Math.min(frame.length, start + IPV6_HEADER_LEN + getU16(frame, start + 4))
    let at = start + IPV6_HEADER_LEN
    let next = getU8(frame, start + 6)
    let isLaterFragment = false
    for (let count = 0; count < EXTENSION_HEADERS_LIMIT && at + 8 <= this.end; count++) {
      if (next === FRAGMENT_HEADER) isLaterFragment ||= (getU16(frame, at + 2) & 0xfff8) !== 0
      else if (!EXTENSION_HEADERS.includes(next)) break
      const len = next === FRAGMENT_HEADER ? 8 : 8 + getU8(frame, at + 1) * 8
      next = getU8(frame, at)
      at += len
    }
    this.protocol = next
    this.transportStart = at
    if (!isLaterFragment) this.#parseTransport()
  }

  #parseTransport(): void {
    const { frame, transportStart: at, end, protocol } = this
    if (protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) {
      if (at + 4 > end) return
      this.hasPorts = true
      this.sourcePort = getU16(frame, at)
      this.destinationPort = getU16(frame, at + 2)
      if (protocol === PROTOCOL_TCP && at + 14 <= end) this.tcpFlags = getU8(frame, at + 13)
    } else if (this.isIcmpV6 && at < end) this.icmpV6Type = getU8(frame, at)
  }

  #parseArp(): void {
    const { frame } = this
    this.kind = 'arp'
    const start = ETHERNET_HEADER_LEN
    if (frame.length < start + 28) return
    if (ARP_TYPES.some((type, index) => getU16(frame, start + 2 * index) !== type)) return
    this.source = getIpv4(frame, start + 14)
    this.destination = getIpv4(frame, start + 24)
  }
}

function isDhcpPort(port: number): boolean {
  return port === DHCP_SERVER_PORT || port === DHCP_CLIENT_PORT
}

/** Where the addresses of an IPv6 packet lie in its frame. */
export const IPV6_SOURCE_AT = ETHERNET_HEADER_LEN + 8
export const IPV6_DESTINATION_AT = ETHERNET_HEADER_LEN + 24
