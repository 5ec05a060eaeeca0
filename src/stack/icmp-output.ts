// ICMP on its way out: errors in the virtual host's name, errors and echo replies passed on from outside. What an error may be about,
// and how many there may be, says icmp.ts.

import {
  emitIcmp,
  ICMP_ECHO_REPLY,
  ICMP_HEADER_LEN,
  ICMP_TIME_EXCEEDED,
  TIME_EXCEEDED_REASSEMBLY,
} from '../wire/icmpv4.ts'
import { IPV4_HEADER_LEN, type Ipv4Header, PROTOCOL_ICMP, parseIpv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ZERO_MAC } from '../wire/mac.ts'
import type { FrameOutput } from './frame-output.ts'
import { emitError, errorLen, IcmpLimiter, mayReportError, newIcmpStats } from './icmp.ts'

export class IcmpOutput {
  readonly stats = newIcmpStats()
  /** Set by the interface: the frame being handled was sent to everybody, so nothing is reported about it (RFC 1122 section 3.2.2). */
  isToEverybody = false
  readonly #out: FrameOutput
  readonly #now: () => number
  readonly #limiter = new IcmpLimiter()

  /** @param now monotonic ms of the event being handled */
  constructor(out: FrameOutput, now: () => number) {
    this.#out = out
    this.#now = now
  }

  /** Reports on a packet to its sender. @param nextHopMtu for "fragmentation needed" */
  sendError(
    packet: Uint8Array,
    packetStart: number,
    header: Ipv4Header,
    type: number,
    code: number,
    nextHopMtu = 0,
  ): void {
    if (!this.isToEverybody) this.#report(packet, packetStart, header, type, code, nextHopMtu)
  }

  /** On a datagram of which fragments are missing (RFC 1122 section 3.3.2). @param packet its fragment zero */
  sendReassemblyTimeout(packet: Uint8Array, header: Ipv4Header): void {
    if (this.#report(packet, 0, header, ICMP_TIME_EXCEEDED, TIME_EXCEEDED_REASSEMBLY, 0))
      this.stats.txReassemblyTimeouts++
  }

  /** Passes on to a guest, in the name of `source`, what was said about a packet of its own. */
  relayError(
    source: Ipv4Address,
    guest: Ipv4Address,
    type: number,
    code: number,
    nextHopMtu: number,
    packet: Uint8Array,
  ): void {
    const header = parseIpv4Header(packet, 0, packet.length)
    if (header === undefined) return
    if (this.#send(source, guest, type, code, nextHopMtu, packet, 0, header)) this.stats.txErrorsRelayed++
  }

  /** An echo reply to a guest. */
  sendEchoReply(
    source: Ipv4Address,
    destination: Ipv4Address,
    identifier: number,
    sequence: number,
    body: Uint8Array,
    ttl: number,
  ): void {
    const message = new Uint8Array(ICMP_HEADER_LEN + body.length)
    message.set(body, ICMP_HEADER_LEN)
    emitIcmp(message, 0, ICMP_ECHO_REPLY, 0, identifier, sequence, body.length)
    this.#out.sendPacket(message, PROTOCOL_ICMP, source, destination, ZERO_MAC, ttl)
  }

  /** @returns whether it goes out */
  #report(
    packet: Uint8Array,
    packetStart: number,
    header: Ipv4Header,
    type: number,
    code: number,
    nextHopMtu: number,
  ): boolean {
    if (!mayReportError(packet, header)) return false
    if (!this.#limiter.allow(this.#now(), header.source)) {
      this.stats.errorsSuppressed++
      return false
    }
    const { ipAddress } = this.#out.options
    const isSent = this.#send(ipAddress, header.source, type, code, nextHopMtu, packet, packetStart, header)
    if (isSent) this.stats.txErrors++
    return isSent
  }

  #send(
    source: Ipv4Address,
    destination: Ipv4Address,
    type: number,
    code: number,
    nextHopMtu: number,
    packet: Uint8Array,
    packetStart: number,
    header: Ipv4Header,
  ): boolean {
    const len = Math.min(errorLen(packetStart, header), this.#out.options.mtu - IPV4_HEADER_LEN)
    const at = this.#out.reserve(len)
    if (at < 0) return false
    emitError(this.#out.outbox.bytes, at, type, code, nextHopMtu, packet, packetStart, len)
    this.#out.finish(at, len, PROTOCOL_ICMP, source, destination)
    return true
  }
}
