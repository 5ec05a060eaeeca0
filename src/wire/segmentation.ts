// What a network card does at the last moment, for links that have none: split a super-frame into segments, and finish a
// checksum that was left open (wire/offload.ts; Linux's meaning of gso_size and VIRTIO_NET_HDR_F_NEEDS_CSUM).
//
// Each segment repeats the headers with its own IP identification, length, sequence number and checksums. FIN and PSH stay
// on the last one, CWR on the first (RFC 3168 section 6.1.2). UDP super-frames become datagrams of `gsoSize` payload bytes.
// Super-frames are IPv4, with or without one VLAN tag; the checksum of a single frame is finished for IPv6 as well, since
// guests leave it open there too. Sums are made anew from the bytes: what stands in the checksum field is never trusted.
//
// A frame is measured once (`begin`), then its segments are written one by one into the link's batch: no copy but that one,
// and no object but the view `set` needs (measured: 60 ns for 1,460 bytes, a quarter of a copying sum loop of our own).

import { getI32, getU8, getU16, setU16, setU32 } from './bytes.ts'
import { addSums, finish, fold, sumBytes, sumPseudoHeader } from './checksum.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN } from './ethernet.ts'
import { IPV4_HEADER_LEN, PROTOCOL_TCP, PROTOCOL_UDP } from './ipv4.ts'
import { getIpv4 } from './ipv4-address.ts'
import { gsoSize, isChecksumUnfinished, type Offload } from './offload.ts'
import { CWR, FIN, PSH, RST, SYN, TCP_HEADER_LEN } from './tcp.ts'
import { UDP_HEADER_LEN } from './udp.ts'

const VLAN_TAG_LEN = 4
const IPV6_HEADER_LEN = 40
/** Hop-by-hop options, routing, destination options: the extension headers that may stand before TCP or UDP. */
const IPV6_EXTENSIONS: readonly number[] = [0, 43, 60]
const IPV6_EXTENSIONS_MAX = 8

const FRAGMENT_MASK = 0x3fff
const TCP_CHECKSUM_OFFSET = 16
const UDP_CHECKSUM_OFFSET = 6

/** One per link: holds the measures of the frame in hand, never the frame itself. */
export class Segmenter {
  /** Segments of the frame in hand, 0 when it is malformed. */
  #count = 0
  /** Where the packet ends: Ethernet padding behind it is not part of any segment. */
  #end = 0
  #unfinished = false
  /** Payload bytes per segment. */
  #size = 0
  #networkAt = ETHERNET_HEADER_LEN
  #transportAt = 0
  #payloadAt = 0
  #protocol = 0
  /** Of the addresses and the protocol; the length is added per segment. */
  #pseudoSum = 0
  /** Of the IPv4 header without total length, identification and checksum. */
  #ipv4Sum = 0
  #identification = 0
  #seq = 0
  #tcpFlags = 0

  /** Measures a frame and returns into how many it splits: 0 when it is malformed, 1 for an ordinary frame. */
  begin(frame: Uint8Array, offload: Offload): number {
    this.#unfinished = isChecksumUnfinished(offload)
    this.#count = this.#unfinished ? this.#measure(frame, gsoSize(offload)) : 1
    if (this.#count === 1 && !this.#unfinished) this.#end = frame.length
    return this.#count
  }

  /** Bytes that `write` will write for segment `index`. */
  segmentLength(index: number): number {
    return index < this.#count - 1 ? this.#payloadAt + this.#size : this.#end - index * this.#size
  }

  /** Writes segment `index` of the frame given to `begin` at `into[offset…]` and returns its length. */
  write(frame: Uint8Array, index: number, into: Uint8Array, offset: number): number {
    const length = this.segmentLength(index)
    if (this.#count <= 1) {
      into.set(length === frame.length ? frame : frame.subarray(0, length), offset)
      if (this.#unfinished) this.#finishTransportSum(into, offset, length)
      return length
    }
    const payloadAt = this.#payloadAt
    const from = payloadAt + index * this.#size
    for (let at = 0; at < payloadAt; at += 1) into[offset + at] = frame[at] as number
    into.set(frame.subarray(from, from + length - payloadAt), offset + payloadAt)
    this.#setIpv4Fields(into, offset + this.#networkAt, length - this.#networkAt, index)
    if (this.#protocol === PROTOCOL_TCP) this.#setTcpFields(into, offset + this.#transportAt, index)
    else setU16(into, offset + this.#transportAt + 4, length - this.#transportAt)
    this.#finishTransportSum(into, offset, length)
    return length
  }

  #setIpv4Fields(into: Uint8Array, at: number, totalLen: number, index: number): void {
    const identification = (this.#identification + index) & 0xffff
    setU16(into, at + 2, totalLen)
    setU16(into, at + 4, identification)
    setU16(into, at + 10, finish(fold(this.#ipv4Sum + totalLen + identification)))
  }

  #setTcpFields(into: Uint8Array, at: number, index: number): void {
    let flags = this.#tcpFlags
    if (index > 0) flags &= ~CWR
    if (index < this.#count - 1) flags &= ~(FIN | PSH)
    into[at + 13] = flags
    setU32(into, at + 4, this.#seq + index * this.#size)
  }

  #finishTransportSum(into: Uint8Array, offset: number, length: number): void {
    const start = offset + this.#transportAt
    const end = offset + length
    const field = start + (this.#protocol === PROTOCOL_TCP ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET)
    setU16(into, field, 0)
    const checksum = finish(addSums(fold(this.#pseudoSum + end - start), sumBytes(into, start, end)))
    // An all-zero UDP checksum would mean "none" (RFC 768).
    setU16(into, field, checksum === 0 && this.#protocol === PROTOCOL_UDP ? 0xffff : checksum)
  }

  /** @returns the number of segments, 0 when the frame cannot be what its note says */
  #measure(frame: Uint8Array, size: number): number {
    this.#size = size
    let etherType = frame.length < ETHERNET_HEADER_LEN + VLAN_TAG_LEN ? 0 : getU16(frame, 12)
    this.#networkAt = ETHERNET_HEADER_LEN
    if (etherType === ETHERTYPE_VLAN) {
      etherType = getU16(frame, 16)
      this.#networkAt += VLAN_TAG_LEN
    }
    if (etherType === ETHERTYPE_IPV4) {
      if (!this.#measureIpv4(frame)) return 0
    } else if (etherType !== ETHERTYPE_IPV6 || size !== 0 || !this.#measureIpv6(frame)) {
      return 0
    }
    if (!this.#measureTransport(frame)) return 0
    const payloadLen = this.#end - this.#payloadAt
    if (size === 0 || payloadLen <= size) return 1
    // A SYN or RST takes part in no bulk transfer: splitting one would forge segments nobody sent.
    if (this.#protocol === PROTOCOL_TCP && (this.#tcpFlags & (SYN | RST)) !== 0) return 0
    return Math.ceil(payloadLen / size)
  }

  #measureIpv4(frame: Uint8Array): boolean {
    const at = this.#networkAt
    if (frame.length < at + IPV4_HEADER_LEN || getU8(frame, at) >>> 4 !== 4) return false
    const headerLen = (getU8(frame, at) & 15) * 4
    const totalLen = getU16(frame, at + 2)
    if (headerLen < IPV4_HEADER_LEN || totalLen < headerLen || at + totalLen > frame.length) return false
    // A fragment has no transport header of its own to finish.
    if ((getU16(frame, at + 6) & FRAGMENT_MASK) !== 0) return false
    this.#transportAt = at + headerLen
    this.#end = at + totalLen
    this.#protocol = getU8(frame, at + 9)
    this.#pseudoSum = sumPseudoHeader(getIpv4(frame, at + 12), getIpv4(frame, at + 16), this.#protocol, 0)
    this.#identification = getU16(frame, at + 4)
    this.#ipv4Sum = fold(
      getU16(frame, at) +
        sumBytes(frame, at + 6, at + 10) +
        // The rest, options included, begins behind the checksum field.
        sumBytes(frame, at + 12, at + headerLen),
    )
    return true
  }

  #measureIpv6(frame: Uint8Array): boolean {
    const at = this.#networkAt
    if (frame.length < at + IPV6_HEADER_LEN || getU8(frame, at) >>> 4 !== 6) return false
    this.#end = at + IPV6_HEADER_LEN + getU16(frame, at + 4)
    if (this.#end > frame.length) return false
    let next = getU8(frame, at + 6)
    let position = at + IPV6_HEADER_LEN
    for (let left = IPV6_EXTENSIONS_MAX; left > 0 && IPV6_EXTENSIONS.includes(next); left -= 1) {
      if (position + 8 > this.#end) return false
      next = getU8(frame, position)
      position += 8 * (getU8(frame, position + 1) + 1)
    }
    this.#transportAt = position
    this.#protocol = next
    // RFC 8200 section 8.1: the same sum as in IPv4, over longer addresses.
    this.#pseudoSum = fold(sumBytes(frame, at + 8, at + IPV6_HEADER_LEN) + next)
    return true
  }

  #measureTransport(frame: Uint8Array): boolean {
    const at = this.#transportAt
    if (this.#protocol === PROTOCOL_UDP) {
      this.#payloadAt = at + UDP_HEADER_LEN
      if (this.#payloadAt > this.#end) return false
      // Of a super-frame the length field is written anew, of a single datagram it must be right already.
      return this.#size !== 0 || getU16(frame, at + 4) === this.#end - at
    }
    if (this.#protocol !== PROTOCOL_TCP || at + TCP_HEADER_LEN > this.#end) return false
    const headerLen = (getU8(frame, at + 12) >>> 4) * 4
    this.#payloadAt = at + headerLen
    this.#seq = getI32(frame, at + 4)
    this.#tcpFlags = getU8(frame, at + 13)
    return headerLen >= TCP_HEADER_LEN && this.#payloadAt <= this.#end
  }
}

const measuring = new Segmenter()

/** Into how many frames a medium without offload must split this one; 0 when it is malformed. */
export function segmentCount(frame: Uint8Array, offload: Offload): number {
  return measuring.begin(frame, offload)
}
