// The virtual network interface: Ethernet and IPv4 demultiplexing, the way in and the way out of the stack.
//
// Theory of operation. `input` takes a frame and never sends: what it wants to send waits in the outbox (ARP, ICMP, UDP)
// or on TCP's list. `flush` sends it all; it is called when a batch of input ends, when a timer has fired, and when an
// outside socket has spoken. The interface is a host and a router at once: packets for its own address are the virtual
// host's (echo, and what `udpInput` takes), packets for other addresses are transit, which TCP terminates in their
// destination's name and everything else is handed to the owner.
//
// Read first: RFC 1122 section 3.2 and 3.3 (hosts), RFC 1812 section 4.2 and 5.2 (routers).

import { ARP_REPLY, ARP_REQUEST } from '../wire/arp.ts'
import { getU16 } from '../wire/bytes.ts'
import { DHCP_CLIENT_PORT } from '../wire/dhcp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  getDestinationMac,
  getEtherType,
  getSourceMac,
} from '../wire/ethernet.ts'
import {
  ICMP_ECHO_REQUEST,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  parseIcmp,
  TIME_EXCEEDED_TTL,
  UNREACHABLE_PROHIBITED,
  UNREACHABLE_PROTOCOL,
} from '../wire/icmpv4.ts'
import {
  emitIpv4Header,
  IPV4_HEADER_LEN,
  type Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4Header,
} from '../wire/ipv4.ts'
import {
  ANY_IPV4,
  BROADCAST_IPV4,
  broadcastOf,
  type Ipv4Address,
  inSubnet,
  isMulticastIpv4,
} from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, isMulticastMac, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import { COMPLETE, isChecksumWaived, type Offload } from '../wire/offload.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from '../wire/udp.ts'
import type { ArpCache } from './arp-cache.ts'
import { ArpInput, type ArpInputEvents, type ArpInputStats } from './arp-input.ts'
import type { DeadlineHeap } from './deadline-heap.ts'
import { DEFAULT_TTL, FrameOutput, type FrameOutputStats, type StackOptions } from './frame-output.ts'
import { IcmpOutput } from './icmp-output.ts'
import { Ipv4Reassembly } from './ipv4-reassembly.ts'
import { Tcp } from './tcp/demux.ts'
import type { Tcb, TcpUser } from './tcp/tcb.ts'

/** A UDP datagram on its way up; `bytes[payloadStart, payloadEnd)` is borrowed. */
export interface UdpDatagram {
  source: Ipv4Address
  sourcePort: number
  destination: Ipv4Address
  destinationPort: number
  sourceMac: MacAddress
  bytes: Uint8Array
  payloadStart: number
  payloadEnd: number
  /** The packet it came in, for an ICMP error about it. */
  packetStart: number
  header: Ipv4Header
}

/** An echo request on its way through; the bytes are borrowed. */
export interface EchoRequest {
  identifier: number
  sequence: number
  bytes: Uint8Array
  bodyStart: number
  bodyEnd: number
  packetStart: number
  header: Ipv4Header
}

export interface StackDeps extends ArpInputEvents {
  /** Monotonic ms. */
  now(): number
  /** Unsigned 32 bits. */
  random(): number
  deadlines: DeadlineHeap
  output(frame: Uint8Array, offload: Offload): void
  connectionRequest(tcb: Tcb): TcpUser | undefined
  udpInput(datagram: UdpDatagram): void
  /**
   * An echo request to another host, whose TTL the owner looks at.
   * @returns whether it is answered here, in that host's name (rule R29)
   */
  echoThroughRouter(request: EchoRequest): boolean
}

export interface InterfaceStats extends ArpInputStats {
  rxFrames: number
  droppedNotForUs: number
  droppedEtherType: number
  droppedIpv4Malformed: number
  /** A source address that cannot be a guest's: outside of the subnet, a group's, our own. */
  droppedSource: number
  droppedProtocol: number
  droppedTtl: number
  /** A packet for a host elsewhere, in a frame to everybody. */
  droppedLinkBroadcast: number
  droppedUdpMalformed: number
  droppedUdpChecksum: number
}

export class Stack {
  readonly stats: InterfaceStats = {
    rxFrames: 0,
    droppedNotForUs: 0,
    droppedEtherType: 0,
    droppedArpMalformed: 0,
    droppedArpSpoofed: 0,
    droppedIpv4Malformed: 0,
    droppedSource: 0,
    droppedProtocol: 0,
    droppedTtl: 0,
    droppedLinkBroadcast: 0,
    droppedUdpMalformed: 0,
    droppedUdpChecksum: 0,
  }
  readonly icmp: IcmpOutput
  readonly reassembly: Ipv4Reassembly
  readonly tcp: Tcp
  readonly #out: FrameOutput
  readonly #deps: StackDeps
  readonly #arpInput: ArpInput
  /** The clock was read for the batch being handed in. */
  #isFresh = false
  #flushing = false

  constructor(options: StackOptions, deps: StackDeps) {
    this.#deps = deps
    this.#out = new FrameOutput(options, { random: deps.random, now: () => this.tcp.now, output: deps.output })
    this.#arpInput = new ArpInput(this.#out, this.stats, deps)
    this.icmp = new IcmpOutput(this.#out, () => this.tcp.now)
    this.reassembly = new Ipv4Reassembly((first, header) => this.icmp.sendReassemblyTimeout(first, header))
    this.tcp = new Tcp({
      random: deps.random,
      outlet: this.#out,
      deadlines: deps.deadlines,
      connectionRequest: deps.connectionRequest,
    })
  }

  get arp(): ArpCache {
    return this.#out.arp
  }

  get outputStats(): Readonly<FrameOutputStats> {
    return this.#out.stats
  }

  get options(): Readonly<StackOptions> {
    return this.#out.options
  }

  /** Takes effect at once: the MTU on what leaves from now on, the MSS on new connections. */
  configure(options: StackOptions): void {
    const before = this.#out.options
    this.#out.options = options
    if (before.macAddress !== options.macAddress || before.ipAddress !== options.ipAddress) this.announce()
  }

  /** Brings the clock of the stack up to date; every entry from outside begins with it. */
  tick(): void {
    this.tcp.now = this.#deps.now()
  }

  input(frame: Uint8Array, offload: Offload): void {
    this.stats.rxFrames++
    if (frame.length < ETHERNET_HEADER_LEN) return
    const destination = getDestinationMac(frame)
    const { macAddress, hearsGroups } = this.#out.options
    const isOurs = destination === macAddress || destination === BROADCAST_MAC
    if (!isOurs && !(hearsGroups && isMulticastMac(destination))) {
      this.stats.droppedNotForUs++
      return
    }
    if (!this.#isFresh) {
      this.tick()
      this.#isFresh = true
    }
    this.#out.inInput = true
    this.icmp.isToEverybody = destination !== macAddress
    const etherType = getEtherType(frame)
    if (etherType === ETHERTYPE_IPV4) this.#ipv4Input(frame, offload)
    else if (etherType === ETHERTYPE_ARP) this.#arpInput.input(frame, this.tcp.now)
    else this.stats.droppedEtherType++
    this.icmp.isToEverybody = false
    this.#out.inInput = false
  }

  /** Sends everything that waits. */
  flush(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#isFresh = false
    this.tick()
    this.#out.drain()
    this.tcp.flush()
    this.#out.drain()
    this.#flushing = false
  }

  /** Tells the segment where the virtual host's address is. */
  announce(): void {
    this.#arpInput.announce()
  }

  /** The same by a reply that nobody asked for. */
  announceTo(address: Ipv4Address): void {
    this.#out.sendArp(ARP_REPLY, BROADCAST_MAC, BROADCAST_MAC, address)
  }

  /** Asks everybody by ARP; the answer comes as `neighbourHeard`. */
  askWhoHas(address: Ipv4Address): void {
    this.#out.sendArp(ARP_REQUEST, BROADCAST_MAC, ZERO_MAC, address)
  }

  /**
   * Sends a datagram to a guest, in fragments if it is longer than the MTU; sent with the next flush.
   * @param destinationMac for a guest that has no address yet; left out: by ARP
   */
  udpOutput(
    source: Ipv4Address,
    sourcePort: number,
    destination: Ipv4Address,
    destinationPort: number,
    payload: Uint8Array,
    destinationMac: MacAddress = ZERO_MAC,
  ): void {
    const len = UDP_HEADER_LEN + payload.length
    if (IPV4_HEADER_LEN + len > this.#out.options.mtu) {
      const datagram = new Uint8Array(len)
      datagram.set(payload, UDP_HEADER_LEN)
      emitUdp(datagram, 0, sourcePort, destinationPort, payload.length, source, destination)
      this.#out.sendPacket(datagram, PROTOCOL_UDP, source, destination, destinationMac)
      return
    }
    const at = this.#out.reserve(len)
    if (at < 0) return
    this.#out.outbox.bytes.set(payload, at + UDP_HEADER_LEN)
    emitUdp(this.#out.outbox.bytes, at, sourcePort, destinationPort, payload.length, source, destination)
    this.#out.finish(at, len, PROTOCOL_UDP, source, destination, destinationMac)
  }

  /** A packet through the router that has no time left (RFC 1812 section 5.3.1). */
  reportExpired(bytes: Uint8Array, packetStart: number, header: Ipv4Header): void {
    this.stats.droppedTtl++
    this.icmp.sendError(bytes, packetStart, header, ICMP_TIME_EXCEEDED, TIME_EXCEEDED_TTL)
  }

  #ipv4Input(frame: Uint8Array, offload: Offload): void {
    const header = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (header === undefined) {
      this.stats.droppedIpv4Malformed++
      return
    }
    if (!this.#isGuestSource(header) && !isDhcpReply(frame, header)) {
      this.stats.droppedSource++
      return
    }
    if (!header.moreFragments && header.fragmentOffset === 0) {
      this.#transportInput(frame, ETHERNET_HEADER_LEN, header, offload, getSourceMac(frame))
      return
    }
    const whole = this.reassembly.input(frame, header, this.tcp.now, !this.icmp.isToEverybody)
    this.#deps.deadlines.update(this.reassembly)
    if (whole === undefined) return
    // With its header, as it was before it was taken apart: an ICMP error about it quotes both.
    const packet = new Uint8Array(IPV4_HEADER_LEN + whole.length)
    packet.set(whole, IPV4_HEADER_LEN)
    header.payloadStart = IPV4_HEADER_LEN
    header.payloadEnd = packet.length
    header.moreFragments = false
    header.fragmentOffset = 0
    emitIpv4Header(packet, 0, header, whole.length)
    this.#transportInput(packet, 0, header, COMPLETE, getSourceMac(frame))
  }

  /** Guests are in the subnet (D11); 0.0.0.0 is allowed for those that ask the DHCP server for an address. */
  #isGuestSource({ source, destination, protocol }: Ipv4Header): boolean {
    const { ipAddress, subnetMask } = this.#out.options
    if (source === ANY_IPV4) return protocol === PROTOCOL_UDP && destination === BROADCAST_IPV4
    if (source === ipAddress) return false
    return inSubnet(source, ipAddress, subnetMask) && source !== broadcastOf(ipAddress, subnetMask)
  }

  #transportInput(
    bytes: Uint8Array,
    packetStart: number,
    header: Ipv4Header,
    offload: Offload,
    sourceMac: MacAddress,
  ): void {
    const { ipAddress, subnetMask } = this.#out.options
    const { destination } = header
    const isGroup =
      destination === BROADCAST_IPV4 ||
      destination === broadcastOf(ipAddress, subnetMask) ||
      isMulticastIpv4(destination)
    const isTransit = destination !== ipAddress && !isGroup
    if (isTransit && this.icmp.isToEverybody) {
      // Whoever else is a router here has it too (RFC 1812 section 5.3.4).
      this.stats.droppedLinkBroadcast++
      return
    }
    if (isTransit && header.ttl <= 1 && header.protocol !== PROTOCOL_ICMP) {
      this.reportExpired(bytes, packetStart, header)
      return
    }
    if (header.protocol === PROTOCOL_TCP && !isGroup) this.tcp.input(bytes, header, offload)
    else if (header.protocol === PROTOCOL_UDP) this.#udpInput(bytes, packetStart, header, offload, sourceMac)
    else if (header.protocol === PROTOCOL_ICMP && !isGroup) this.#icmpInput(bytes, packetStart, header, isTransit)
    else {
      this.stats.droppedProtocol++
      if (isGroup) return
      // RFC 1122 section 3.2.2.1 for the virtual host itself; a protocol that it cannot translate is as good as forbidden.
      const code = isTransit ? UNREACHABLE_PROHIBITED : UNREACHABLE_PROTOCOL
      this.icmp.sendError(bytes, packetStart, header, ICMP_UNREACHABLE, code)
    }
  }

  #udpInput(bytes: Uint8Array, packetStart: number, header: Ipv4Header, offload: Offload, sourceMac: MacAddress): void {
    const udp = parseUdp(bytes, header.payloadStart, header.payloadEnd)
    if (udp === undefined) {
      this.stats.droppedUdpMalformed++
      return
    }
    const { source, destination } = header
    if (!isChecksumWaived(offload) && !isUdpChecksumRight(bytes, header.payloadStart, udp, source, destination)) {
      this.stats.droppedUdpChecksum++
      return
    }
    this.#deps.udpInput({
      source,
      sourcePort: udp.sourcePort,
      destination,
      destinationPort: udp.destinationPort,
      sourceMac,
      bytes,
      payloadStart: udp.payloadStart,
      payloadEnd: udp.payloadEnd,
      packetStart,
      header,
    })
  }

  #icmpInput(bytes: Uint8Array, packetStart: number, header: Ipv4Header, isTransit: boolean): void {
    const message = parseIcmp(bytes, header.payloadStart, header.payloadEnd)
    if (message === undefined) {
      this.icmp.stats.droppedMalformed++
      return
    }
    if (message.type !== ICMP_ECHO_REQUEST) {
      this.icmp.stats.droppedUnhandled++
      if (isTransit && header.ttl <= 1) this.reportExpired(bytes, packetStart, header)
      return
    }
    this.icmp.stats.rxEchoRequests++
    const { identifier, sequence, bodyStart, bodyEnd } = message
    if (isTransit) {
      const request = { identifier, sequence, bytes, bodyStart, bodyEnd, packetStart, header }
      if (!this.#deps.echoThroughRouter(request)) return
    }
    this.icmp.stats.txEchoReplies++
    const body = bytes.subarray(bodyStart, bodyEnd)
    this.icmp.sendEchoReply(header.destination, header.source, identifier, sequence, body, DEFAULT_TTL)
  }
}

/** Another DHCP server's, from whatever network it thinks this is: heard, so that it can be warned of. */
function isDhcpReply(frame: Uint8Array, { protocol, destination, payloadStart, payloadEnd }: Ipv4Header): boolean {
  return (
    protocol === PROTOCOL_UDP &&
    destination === BROADCAST_IPV4 &&
    payloadEnd - payloadStart >= UDP_HEADER_LEN &&
    getU16(frame, payloadStart + 2) === DHCP_CLIENT_PORT
  )
}
