// What the outside says about a guest's packets, as the guest must hear it (RFC 5508 section 4): the error in the name of
// who reported it, about the packet as the guest sent it, with the guest's own address, port or identifier.

import type { Stack } from '../stack/interface.ts'
import { setU16 } from '../wire/bytes.ts'
import { emitIcmp, ICMP_ECHO_REQUEST, ICMP_HEADER_LEN } from '../wire/icmpv4.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_ICMP, PROTOCOL_UDP } from '../wire/ipv4.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import { UDP_HEADER_LEN } from '../wire/udp.ts'
import type { OutsideError } from './sockets.ts'

/** The packet that an error is about, as far as it is known: `transport` behind an IP header. */
export function quotedPacket(
  protocol: number,
  source: Ipv4Address,
  destination: Ipv4Address,
  transport: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(IPV4_HEADER_LEN + transport.length)
  packet.set(transport, IPV4_HEADER_LEN)
  const fields = {
    tos: 0,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 1,
    protocol,
    source,
    destination,
  }
  emitIpv4Header(packet, 0, fields, transport.length)
  return packet
}

export function relayUdpError(
  stack: Stack,
  error: OutsideError,
  guest: { address: Ipv4Address; port: number },
  destinationPort: number,
): void {
  const datagram = new Uint8Array(UDP_HEADER_LEN + error.payload.length)
  datagram.set(error.payload, UDP_HEADER_LEN)
  setU16(datagram, 0, guest.port)
  setU16(datagram, 2, destinationPort)
  setU16(datagram, 4, datagram.length)
  relay(stack, error, guest.address, PROTOCOL_UDP, datagram)
}

/** @param error.payload the echo request as it left, under another identifier */
export function relayEchoError(
  stack: Stack,
  error: OutsideError,
  guest: { address: Ipv4Address; identifier: number },
  sequence: number,
): void {
  const message = new Uint8Array(Math.max(ICMP_HEADER_LEN, error.payload.length))
  message.set(error.payload)
  emitIcmp(message, 0, ICMP_ECHO_REQUEST, 0, guest.identifier, sequence, message.length - ICMP_HEADER_LEN)
  relay(stack, error, guest.address, PROTOCOL_ICMP, message)
}

function relay(stack: Stack, error: OutsideError, guest: Ipv4Address, protocol: number, transport: Uint8Array): void {
  const { type, code, mtu, reporter, address } = error
  const source = reporter === ANY_IPV4 ? stack.options.ipAddress : reporter
  stack.icmp.relayError(source, guest, type, code, mtu, quotedPacket(protocol, guest, address, transport))
}
