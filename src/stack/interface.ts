// The virtual network interface: Ethernet demultiplexing, ARP, the way in and the way out of the stack.
//
// Theory of operation. `input` takes a frame and never sends: what it wants to send waits in the outbox (ARP, ICMP, UDP)
// or on TCP's list. `flush` sends it all; it is called when a batch of input ends, when a timer has fired, and when an
// outside socket has spoken. The interface is a host and a router at once: packets for its own address are the virtual
// host's (echo, and what `udpInput` takes), packets for other addresses are transit, which TCP terminates in their
// destination's name and everything else is handed to the owner.
//
// Read first: RFC 1122 section 3.2 and 3.3 (hosts), RFC 1812 section 4.2 and 5.2 (routers), RFC 826 (ARP).

import { ARP_LEN, ARP_REPLY, ARP_REQUEST, emitArp, parseArp } from '../wire/arp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  emitEthernet,
  getDestinationMac,
  getEtherType,
  getSourceMac,
} from '../wire/ethernet.ts'
import {
  emitIcmp,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER_LEN,
  ICMP_TIME_EXCEEDED,
  parseIcmp,
  TIME_EXCEEDED_TTL,
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
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import { COMPLETE, isChecksumWaived, type Offload } from '../wire/offload.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from '../wire/udp.ts'
import { ArpCache } from './arp-cache.ts'
import type { DeadlineHeap } from './deadline-heap.ts'
import { emitError, errorLen, IcmpLimiter, mayReportError, newIcmpStats } from './icmp.ts'
import { Ipv4Reassembly } from './ipv4-reassembly.ts'
import { Outbox } from './outbox.ts'
import type { TcpOutlet } from './tcp/context.ts'
import { Tcp } from './tcp/demux.ts'
import type { Tcb, TcpUser } from './tcp/tcb.ts'

/** TTL of everything the virtual host originates (the original's). */
export const DEFAULT_TTL = 128
const PACKET_OFFSET = ETHERNET_HEADER_LEN
const TRANSPORT_OFFSET = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN

export interface StackOptions {
  macAddress: MacAddress
  ipAddress: Ipv4Address
  subnetMask: Ipv4Address
  mtu: number
}

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

export interface StackDeps {
  /** Monotonic ms. */
  now(): number
  /** Unsigned 32 bits. */
  random(): number
  deadlines: DeadlineHeap
  output(frame: Uint8Array, offload: Offload): void
  connectionRequest(tcb: Tcb): TcpUser | undefined
  udpInput(datagram: UdpDatagram): void
  /** Whether an echo request to another host is answered in that host's name (rule R29); `false` drops it. */
  echoThroughRouter(destination: Ipv4Address): boolean
}

export interface InterfaceStats {
  rxFrames: number
  txFrames: number
  droppedNotForUs: number
  droppedEtherType: number
  droppedArpMalformed: number
  droppedArpSpoofed: number
  droppedIpv4Malformed: number
  /** A source address that cannot be a guest's: outside of the subnet, a group's, our own. */
  droppedSource: number
  droppedProtocol: number
  droppedTtl: number
  droppedUdpMalformed: number
  droppedUdpChecksum: number
  droppedUnresolved: number
  txFragments: number
}

export class Stack {
  readonly stats: InterfaceStats = {
    rxFrames: 0,
    txFrames: 0,
    droppedNotForUs: 0,
    droppedEtherType: 0,
    droppedArpMalformed: 0,
    droppedArpSpoofed: 0,
    droppedIpv4Malformed: 0,
    droppedSource: 0,
    droppedProtocol: 0,
    droppedTtl: 0,
    droppedUdpMalformed: 0,
    droppedUdpChecksum: 0,
    droppedUnresolved: 0,
    txFragments: 0,
  }
  readonly icmpStats = newIcmpStats()
  readonly arp: ArpCache
  readonly reassembly = new Ipv4Reassembly()
  readonly tcp: Tcp
  readonly outbox = new Outbox()
  #options: StackOptions
  readonly #deps: StackDeps
  readonly #icmpLimiter = new IcmpLimiter()
  #identification: number
  #inInput = false
  #flushing = false

  constructor(options: StackOptions, deps: StackDeps) {
    this.#options = options
    this.#deps = deps
    this.#identification = deps.random() & 0xffff
    this.arp = new ArpCache((address, knownMac) => this.#sendArpRequest(address, knownMac))
    const stack = this
    const outlet: TcpOutlet = {
      get mtu() {
        return stack.#options.mtu
      },
      transmitTcp: (...segment) => this.#transmitTcp(...segment),
      queueTcp: (bytes, start, end, source, destination) => {
        const at = this.#reservePacket(end - start)
        if (at < 0) return
        this.outbox.bytes.set(bytes.subarray(start, end), at)
        this.#finishPacket(at, end - start, PROTOCOL_TCP, source, destination, ZERO_MAC)
      },
    }
    this.tcp = new Tcp({
      random: deps.random,
      outlet,
      deadlines: deps.deadlines,
      connectionRequest: deps.connectionRequest,
    })
  }

  get options(): Readonly<StackOptions> {
    return this.#options
  }

  /** Takes effect at once: the MTU on what leaves from now on, the MSS on new connections. */
  configure(options: StackOptions): void {
    const before = this.#options
    this.#options = options
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
    const { macAddress } = this.#options
    if (destination !== macAddress && destination !== BROADCAST_MAC) {
      this.stats.droppedNotForUs++
      return
    }
    if (!this.#inInput) {
      this.tick()
      this.#inInput = true
    }
    const etherType = getEtherType(frame)
    if (etherType === ETHERTYPE_IPV4) this.#ipv4Input(frame, offload)
    else if (etherType === ETHERTYPE_ARP) this.#arpInput(frame)
    else this.stats.droppedEtherType++
    this.#inInput = false
  }

  /** Sends everything that waits. */
  flush(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.tick()
    this.#drainOutbox()
    this.tcp.flush()
    this.#drainOutbox()
    this.#flushing = false
  }

  /** Tells the segment where the virtual host's address is (RFC 5227 section 2.3): after a start or a change. */
  announce(): void {
    const { ipAddress } = this.#options
    this.#sendArp(ARP_REQUEST, BROADCAST_MAC, ZERO_MAC, ipAddress)
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
    if (IPV4_HEADER_LEN + len > this.#options.mtu) {
      const datagram = new Uint8Array(len)
      datagram.set(payload, UDP_HEADER_LEN)
      emitUdp(datagram, 0, sourcePort, destinationPort, payload.length, source, destination)
      this.#sendFragments(datagram, PROTOCOL_UDP, source, destination, destinationMac)
      return
    }
    const at = this.#reservePacket(len)
    if (at < 0) return
    this.outbox.bytes.set(payload, at + UDP_HEADER_LEN)
    emitUdp(this.outbox.bytes, at, sourcePort, destinationPort, payload.length, source, destination)
    this.#finishPacket(at, len, PROTOCOL_UDP, source, destination, destinationMac)
  }

  /** Reports on a packet to its sender, in the virtual host's name. @param nextHopMtu for "fragmentation needed" */
  sendIcmpError(
    packet: Uint8Array,
    packetStart: number,
    header: Ipv4Header,
    type: number,
    code: number,
    nextHopMtu = 0,
  ): void {
    if (!mayReportError(packet, header)) return
    if (!this.#icmpLimiter.allow(this.tcp.now)) {
      this.icmpStats.errorsSuppressed++
      return
    }
    const len = Math.min(errorLen(packetStart, header), this.#options.mtu - IPV4_HEADER_LEN)
    const at = this.#reservePacket(len)
    if (at < 0) return
    emitError(this.outbox.bytes, at, type, code, nextHopMtu, packet, packetStart, len)
    this.#finishPacket(at, len, PROTOCOL_ICMP, this.#options.ipAddress, header.source, ZERO_MAC)
    this.icmpStats.txErrors++
  }

  #arpInput(frame: Uint8Array): void {
    const message = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
    if (message === undefined) {
      this.stats.droppedArpMalformed++
      return
    }
    const { ipAddress, subnetMask } = this.#options
    const { senderAddress, senderMac } = message
    // Who claims another's hardware address, or ours, is not believed.
    if (senderMac !== getSourceMac(frame) || senderAddress === ipAddress) {
      this.stats.droppedArpSpoofed++
      return
    }
    const isForUs = message.targetAddress === ipAddress
    if (senderAddress !== ANY_IPV4 && inSubnet(senderAddress, ipAddress, subnetMask)) {
      const { now } = this.tcp
      const waiting = isForUs
        ? this.arp.learn(senderAddress, senderMac, now)
        : this.arp.refresh(senderAddress, senderMac, now)
      if (waiting !== undefined) this.#sendWaiting(waiting, senderMac)
    }
    if (isForUs && message.operation === ARP_REQUEST) this.#sendArp(ARP_REPLY, senderMac, senderMac, senderAddress)
  }

  #ipv4Input(frame: Uint8Array, offload: Offload): void {
    const header = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (header === undefined) {
      this.stats.droppedIpv4Malformed++
      return
    }
    if (!this.#isGuestSource(header)) {
      this.stats.droppedSource++
      return
    }
    if (!header.moreFragments && header.fragmentOffset === 0) {
      this.#transportInput(frame, ETHERNET_HEADER_LEN, header, offload, getSourceMac(frame))
      return
    }
    const whole = this.reassembly.input(frame, header, this.tcp.now)
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
    const { ipAddress, subnetMask } = this.#options
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
    const { ipAddress, subnetMask } = this.#options
    const { destination } = header
    const isGroup =
      destination === BROADCAST_IPV4 ||
      destination === broadcastOf(ipAddress, subnetMask) ||
      isMulticastIpv4(destination)
    const isTransit = destination !== ipAddress && !isGroup
    if (isTransit && header.ttl <= 1) {
      this.stats.droppedTtl++
      this.sendIcmpError(bytes, packetStart, header, ICMP_TIME_EXCEEDED, TIME_EXCEEDED_TTL)
      return
    }
    if (header.protocol === PROTOCOL_TCP && !isGroup) this.tcp.input(bytes, header, offload)
    else if (header.protocol === PROTOCOL_UDP) this.#udpInput(bytes, packetStart, header, offload, sourceMac)
    else if (header.protocol === PROTOCOL_ICMP && !isGroup) this.#icmpInput(bytes, header, isTransit)
    else this.stats.droppedProtocol++
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

  #icmpInput(bytes: Uint8Array, header: Ipv4Header, isTransit: boolean): void {
    const message = parseIcmp(bytes, header.payloadStart, header.payloadEnd)
    if (message === undefined) {
      this.icmpStats.droppedMalformed++
      return
    }
    if (message.type !== ICMP_ECHO_REQUEST) {
      this.icmpStats.droppedUnhandled++
      return
    }
    this.icmpStats.rxEchoRequests++
    if (isTransit && !this.#deps.echoThroughRouter(header.destination)) return
    this.icmpStats.txEchoReplies++
    const len = header.payloadEnd - header.payloadStart
    const reply = bytes.slice(header.payloadStart, header.payloadEnd)
    emitIcmp(reply, 0, ICMP_ECHO_REPLY, 0, message.identifier, message.sequence, len - ICMP_HEADER_LEN)
    this.#sendPacket(reply, PROTOCOL_ICMP, header.destination, header.source)
  }

  #sendPacket(payload: Uint8Array, protocol: number, source: Ipv4Address, destination: Ipv4Address): void {
    if (IPV4_HEADER_LEN + payload.length > this.#options.mtu) {
      this.#sendFragments(payload, protocol, source, destination, ZERO_MAC)
      return
    }
    const at = this.#reservePacket(payload.length)
    if (at < 0) return
    this.outbox.bytes.set(payload, at)
    this.#finishPacket(at, payload.length, protocol, source, destination, ZERO_MAC)
  }

  /** RFC 791 section 3.2: pieces of a multiple of 8 bytes. */
  #sendFragments(
    payload: Uint8Array,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    destinationMac: MacAddress,
  ): void {
    const pieceLen = (this.#options.mtu - IPV4_HEADER_LEN) & ~7
    const identification = this.#nextIdentification()
    for (let offset = 0; offset < payload.length; offset += pieceLen) {
      const len = Math.min(pieceLen, payload.length - offset)
      const at = this.#reservePacket(len)
      if (at < 0) return
      this.outbox.bytes.set(payload.subarray(offset, offset + len), at)
      const moreFragments = offset + len < payload.length
      this.stats.txFragments++
      this.#finishPacket(at, len, protocol, source, destination, destinationMac, {
        identification,
        moreFragments,
        fragmentOffset: offset,
      })
    }
  }

  /** Room in the outbox for a packet with `len` bytes behind its IP header; where those bytes go, or -1. */
  #reservePacket(len: number): number {
    const frameLen = TRANSPORT_OFFSET + len
    if (!this.outbox.hasRoom(frameLen) && !this.#inInput) this.#drainOutbox()
    const start = this.outbox.reserve(frameLen)
    return start < 0 ? -1 : start + TRANSPORT_OFFSET
  }

  #finishPacket(
    at: number,
    len: number,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    destinationMac: MacAddress,
    fragment?: { identification: number; moreFragments: boolean; fragmentOffset: number },
  ): void {
    const { bytes } = this.outbox
    const start = at - TRANSPORT_OFFSET
    emitIpv4Header(
      bytes,
      start + PACKET_OFFSET,
      {
        tos: 0,
        identification: fragment?.identification ?? this.#nextIdentification(),
        dontFragment: false,
        moreFragments: fragment?.moreFragments ?? false,
        fragmentOffset: fragment?.fragmentOffset ?? 0,
        ttl: DEFAULT_TTL,
        protocol,
        source,
        destination,
      },
      len,
    )
    // A frame whose address is still asked for is marked by a zero one, and left out when the outbox is drained.
    const mac = destinationMac === ZERO_MAC ? this.#resolve(destination) : destinationMac
    if (mac === undefined) {
      this.arp.ask(destination, bytes.subarray(start + PACKET_OFFSET, at + len), this.tcp.now)
    }
    emitEthernet(bytes, start, mac ?? ZERO_MAC, this.#options.macAddress, ETHERTYPE_IPV4)
  }

  #resolve(destination: Ipv4Address): MacAddress | undefined {
    if (destination === BROADCAST_IPV4) return BROADCAST_MAC
    return this.arp.resolve(destination, this.tcp.now)
  }

  /** TCP's own way out, straight from its buffers (tcp/output.ts). */
  #transmitTcp(
    bytes: Uint8Array,
    start: number,
    end: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    offload: Offload,
  ): void {
    const packetStart = start - IPV4_HEADER_LEN
    emitIpv4Header(
      bytes,
      packetStart,
      {
        tos: 0,
        identification: this.#nextIdentification(),
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: DEFAULT_TTL,
        protocol: PROTOCOL_TCP,
        source,
        destination,
      },
      end - start,
    )
    const mac = this.arp.resolve(destination, this.tcp.now)
    if (mac === undefined) {
      // A data segment is not kept: TCP sends it again. What opens a connection or acknowledges is short.
      const isShort = end - packetStart <= 128
      this.arp.ask(destination, isShort ? bytes.subarray(packetStart, end) : undefined, this.tcp.now)
      this.stats.droppedUnresolved++
      return
    }
    const frameStart = packetStart - ETHERNET_HEADER_LEN
    emitEthernet(bytes, frameStart, mac, this.#options.macAddress, ETHERTYPE_IPV4)
    this.stats.txFrames++
    this.#deps.output(bytes.subarray(frameStart, end), offload)
  }

  #nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff
    return this.#identification
  }

  #sendWaiting(packet: Uint8Array, mac: MacAddress): void {
    const start = this.outbox.reserve(ETHERNET_HEADER_LEN + packet.length)
    if (start < 0) return
    emitEthernet(this.outbox.bytes, start, mac, this.#options.macAddress, ETHERTYPE_IPV4)
    this.outbox.bytes.set(packet, start + ETHERNET_HEADER_LEN)
  }

  #sendArpRequest(address: Ipv4Address, knownMac: MacAddress | undefined): void {
    this.#sendArp(ARP_REQUEST, knownMac ?? BROADCAST_MAC, ZERO_MAC, address)
  }

  #sendArp(operation: number, destination: MacAddress, targetMac: MacAddress, targetAddress: Ipv4Address): void {
    const start = this.outbox.reserve(ETHERNET_HEADER_LEN + ARP_LEN)
    if (start < 0) return
    const { macAddress, ipAddress } = this.#options
    emitEthernet(this.outbox.bytes, start, destination, macAddress, ETHERTYPE_ARP)
    emitArp(this.outbox.bytes, start + ETHERNET_HEADER_LEN, {
      operation,
      senderMac: macAddress,
      senderAddress: ipAddress,
      targetMac,
      targetAddress,
    })
  }

  #drainOutbox(): void {
    this.outbox.drain(this.#outputQueued)
  }

  readonly #outputQueued = (frame: Uint8Array, offload: Offload): void => {
    if (getDestinationMac(frame) === ZERO_MAC) return
    this.stats.txFrames++
    this.#deps.output(frame, offload)
  }
}
