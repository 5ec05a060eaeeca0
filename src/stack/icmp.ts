// ICMP errors and echo replies of the virtual host (RFC 792, RFC 1122 section 3.2.2, RFC 1812 section 4.3.2).
//
// An error quotes the IP header and as much behind it as keeps the whole within 576 bytes (RFC 1812 section 4.3.2.3).
// None is sent about an ICMP error, a later fragment, or a packet to or from an address that is not one host's
// (section 4.3.2.7); and not more than a bounded number a second (section 4.3.2.8).

import { TokenBucket } from '../base/token-bucket.ts'
import { emitIcmp, ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, ICMP_HEADER_LEN } from '../wire/icmpv4.ts'
import { type Ipv4Header, PROTOCOL_ICMP } from '../wire/ipv4.ts'
import {
  type Ipv4Address,
  isLoopbackIpv4,
  isMulticastIpv4,
  isReservedIpv4,
  isThisNetworkIpv4,
} from '../wire/ipv4-address.ts'

/** Errors per second, and how many may come at once: to all guests, and to one. */
export const ICMP_ERRORS_PER_SECOND = 1000
export const ICMP_ERRORS_BURST = 200
export const ICMP_GUEST_ERRORS_PER_SECOND = 200
export const ICMP_GUEST_ERRORS_BURST = 50
/** Guests whose addresses end alike share a bucket. */
const GUEST_BUCKETS = 256
const MAX_ERROR_LEN = 576 - 20

export interface IcmpStats {
  rxEchoRequests: number
  txEchoReplies: number
  txErrors: number
  /** What routers and hosts outside said about packets of guests. */
  txErrorsRelayed: number
  /** Of the errors, those on datagrams whose fragments did not all come. */
  txReassemblyTimeouts: number
  errorsSuppressed: number
  droppedMalformed: number
  droppedUnhandled: number
}

export function newIcmpStats(): IcmpStats {
  return {
    rxEchoRequests: 0,
    txEchoReplies: 0,
    txErrors: 0,
    txErrorsRelayed: 0,
    txReassemblyTimeouts: 0,
    errorsSuppressed: 0,
    droppedMalformed: 0,
    droppedUnhandled: 0,
  }
}

/** How many errors may go to whom: the guest that provokes many of them does not take the others' share. */
export class IcmpLimiter {
  readonly #all = new TokenBucket(ICMP_ERRORS_PER_SECOND, ICMP_ERRORS_BURST)
  readonly #guests: (TokenBucket | undefined)[] = new Array(GUEST_BUCKETS).fill(undefined)

  allow(now: number, guest: Ipv4Address): boolean {
    const index = guest % GUEST_BUCKETS
    const own = (this.#guests[index] ??= new TokenBucket(ICMP_GUEST_ERRORS_PER_SECOND, ICMP_GUEST_ERRORS_BURST))
    if (!own.has(now) || !this.#all.has(now)) return false
    own.spend(1)
    this.#all.spend(1)
    return true
  }
}

function isOneHost(address: Ipv4Address): boolean {
  return !(isMulticastIpv4(address) || isReservedIpv4(address) || isLoopbackIpv4(address) || isThisNetworkIpv4(address))
}

/** Whether an error about the packet in `bytes` may be sent at all. */
export function mayReportError(bytes: Uint8Array, header: Ipv4Header): boolean {
  if (header.fragmentOffset !== 0 || !isOneHost(header.source) || isMulticastIpv4(header.destination)) return false
  if (header.protocol !== PROTOCOL_ICMP) return true
  const type = bytes[header.payloadStart]
  return type === ICMP_ECHO_REQUEST || type === ICMP_ECHO_REPLY
}

/** Length of the ICMP message that reports on the packet that begins at `packetStart`. */
export function errorLen(packetStart: number, header: Ipv4Header): number {
  return ICMP_HEADER_LEN + Math.min(header.payloadEnd - packetStart, MAX_ERROR_LEN - ICMP_HEADER_LEN)
}

/** Writes the message of `errorLen` bytes. @param nextHopMtu for "fragmentation needed" only (RFC 1191) */
export function emitError(
  target: Uint8Array,
  offset: number,
  type: number,
  code: number,
  nextHopMtu: number,
  packet: Uint8Array,
  packetStart: number,
  len: number,
): void {
  const quoted = len - ICMP_HEADER_LEN
  target.set(packet.subarray(packetStart, packetStart + quoted), offset + ICMP_HEADER_LEN)
  emitIcmp(target, offset, type, code, 0, nextHopMtu, quoted)
}
