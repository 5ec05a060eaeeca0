// The way out of the stack: IPv4 and Ethernet headers, fragments, ARP requests and replies, the outbox.
//
// Two roads lead out. `transmitTcp` sends at once, from where the bytes lie; only a flush may take it. Everything else
// is built in the outbox (outbox.ts) and leaves with the next flush, so it may be called from within input.

import { ARP_LEN, ARP_REQUEST, emitArp } from '../wire/arp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  emitEthernet,
  getDestinationMac,
} from '../wire/ethernet.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_TCP } from '../wire/ipv4.ts'
import { BROADCAST_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import { ArpCache } from './arp-cache.ts'
import { Outbox } from './outbox.ts'
import type { TcpOutlet } from './tcp/context.ts'

/** TTL of everything the virtual host originates (the original's). */
export const DEFAULT_TTL = 128
const TRANSPORT_OFFSET = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN
/** What opens a connection or acknowledges is shorter, and kept while its guest's address is asked for. */
const KEPT_LEN_MAX = 128

/** The virtual host's own addresses, and the largest IP packet. */
export interface StackOptions {
  macAddress: MacAddress
  ipAddress: Ipv4Address
  subnetMask: Ipv4Address
  mtu: number
  /** Frames to Ethernet's groups are for it too, not only to itself and to everybody. */
  hearsGroups: boolean
}

export interface FrameOutputDeps {
  random(): number
  /** Monotonic ms of the event being handled. */
  now(): number
  output(frame: Uint8Array, offload: Offload): void
}

export interface FrameOutputStats {
  txFrames: number
  txFragments: number
  droppedUnresolved: number
}

interface Fragment {
  identification: number
  moreFragments: boolean
  fragmentOffset: number
}

export class FrameOutput implements TcpOutlet {
  readonly stats: FrameOutputStats = { txFrames: 0, txFragments: 0, droppedUnresolved: 0 }
  readonly arp: ArpCache
  readonly outbox = new Outbox()
  options: StackOptions
  /** While true the hub is in the middle of a flood: a full outbox must not be emptied. */
  inInput = false
  readonly #deps: FrameOutputDeps
  #identification: number

  constructor(options: StackOptions, deps: FrameOutputDeps) {
    this.options = options
    this.#deps = deps
    this.#identification = deps.random() & 0xffff
    this.arp = new ArpCache((address, knownMac) =>
      this.sendArp(ARP_REQUEST, knownMac ?? BROADCAST_MAC, ZERO_MAC, address),
    )
  }

  get mtu(): number {
    return this.options.mtu
  }

  knows(address: Ipv4Address): boolean {
    return this.arp.has(address)
  }

  /** TCP's own way out, straight from its buffers (tcp/output.ts). */
  transmitTcp(
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
    const mac = this.arp.resolve(destination, this.#deps.now())
    if (mac === undefined) {
      // A data segment is not kept: TCP sends it again. What opens a connection or acknowledges is short.
      const isShort = end - packetStart <= KEPT_LEN_MAX
      this.arp.ask(destination, isShort ? bytes.subarray(packetStart, end) : undefined, this.#deps.now())
      this.stats.droppedUnresolved++
      return
    }
    const frameStart = packetStart - ETHERNET_HEADER_LEN
    emitEthernet(bytes, frameStart, mac, this.options.macAddress, ETHERTYPE_IPV4)
    this.stats.txFrames++
    this.#deps.output(bytes.subarray(frameStart, end), offload)
  }

  /** A short complete TCP segment, copied: resets, and what TIME-WAIT answers. */
  queueTcp(bytes: Uint8Array, start: number, end: number, source: Ipv4Address, destination: Ipv4Address): void {
    const at = this.reserve(end - start)
    if (at < 0) return
    this.outbox.bytes.set(bytes.subarray(start, end), at)
    this.finish(at, end - start, PROTOCOL_TCP, source, destination)
  }

  /** Copies `payload`, an IP packet's, and cuts it into fragments if it is longer than the MTU. */
  sendPacket(
    payload: Uint8Array,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    destinationMac: MacAddress = ZERO_MAC,
    ttl = DEFAULT_TTL,
  ): void {
    if (IPV4_HEADER_LEN + payload.length > this.options.mtu) {
      this.#sendFragments(payload, protocol, source, destination, destinationMac, ttl)
      return
    }
    const at = this.reserve(payload.length)
    if (at < 0) return
    this.outbox.bytes.set(payload, at)
    this.finish(at, payload.length, protocol, source, destination, destinationMac, undefined, ttl)
  }

  /** Room in the outbox for a packet with `len` bytes behind its IP header; where those bytes go, or -1. */
  reserve(len: number): number {
    const frameLen = TRANSPORT_OFFSET + len
    if (!this.outbox.hasRoom(frameLen) && !this.inInput) this.drain()
    const start = this.outbox.reserve(frameLen)
    return start < 0 ? -1 : start + TRANSPORT_OFFSET
  }

  /** Puts the headers in front of the `len` bytes at `at`. @param destinationMac zero: by ARP */
  finish(
    at: number,
    len: number,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    destinationMac: MacAddress = ZERO_MAC,
    fragment?: Fragment,
    ttl = DEFAULT_TTL,
  ): void {
    const { bytes } = this.outbox
    const start = at - TRANSPORT_OFFSET
    emitIpv4Header(
      bytes,
      start + ETHERNET_HEADER_LEN,
      {
        tos: 0,
        identification: fragment?.identification ?? this.#nextIdentification(),
        dontFragment: false,
        moreFragments: fragment?.moreFragments ?? false,
        fragmentOffset: fragment?.fragmentOffset ?? 0,
        ttl,
        protocol,
        source,
        destination,
      },
      len,
    )
    // A frame whose address is still asked for is marked by a zero one, and left out when the outbox is drained.
    const mac = destinationMac === ZERO_MAC ? this.#resolve(destination) : destinationMac
    if (mac === undefined) {
      this.arp.ask(destination, bytes.subarray(start + ETHERNET_HEADER_LEN, at + len), this.#deps.now())
    }
    emitEthernet(bytes, start, mac ?? ZERO_MAC, this.options.macAddress, ETHERTYPE_IPV4)
  }

  /** The packet that waited for this address, now known. */
  sendWaiting(packet: Uint8Array, mac: MacAddress): void {
    const start = this.outbox.reserve(ETHERNET_HEADER_LEN + packet.length)
    if (start < 0) return
    emitEthernet(this.outbox.bytes, start, mac, this.options.macAddress, ETHERTYPE_IPV4)
    this.outbox.bytes.set(packet, start + ETHERNET_HEADER_LEN)
  }

  sendArp(operation: number, destination: MacAddress, targetMac: MacAddress, targetAddress: Ipv4Address): void {
    const start = this.outbox.reserve(ETHERNET_HEADER_LEN + ARP_LEN)
    if (start < 0) return
    const { macAddress, ipAddress } = this.options
    emitEthernet(this.outbox.bytes, start, destination, macAddress, ETHERTYPE_ARP)
    emitArp(this.outbox.bytes, start + ETHERNET_HEADER_LEN, {
      operation,
      senderMac: macAddress,
      senderAddress: ipAddress,
      targetMac,
      targetAddress,
    })
  }

  drain(): void {
    this.outbox.drain(this.#outputQueued)
  }

  readonly #outputQueued = (frame: Uint8Array, offload: Offload): void => {
    if (getDestinationMac(frame) === ZERO_MAC) return
    this.stats.txFrames++
    this.#deps.output(frame, offload)
  }

  /** RFC 791 section 3.2: pieces of a multiple of 8 bytes. */
  #sendFragments(
    payload: Uint8Array,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    destinationMac: MacAddress,
    ttl: number,
  ): void {
    const pieceLen = (this.options.mtu - IPV4_HEADER_LEN) & ~7
    const identification = this.#nextIdentification()
    for (let offset = 0; offset < payload.length; offset += pieceLen) {
      const len = Math.min(pieceLen, payload.length - offset)
      const at = this.reserve(len)
      if (at < 0) return
      this.outbox.bytes.set(payload.subarray(offset, offset + len), at)
      const moreFragments = offset + len < payload.length
      this.stats.txFragments++
      const fragment = { identification, moreFragments, fragmentOffset: offset }
      this.finish(at, len, protocol, source, destination, destinationMac, fragment, ttl)
    }
  }

  #resolve(destination: Ipv4Address): MacAddress | undefined {
    if (destination === BROADCAST_IPV4) return BROADCAST_MAC
    return this.arp.resolve(destination, this.#deps.now())
  }

  #nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff
    return this.#identification
  }
}
