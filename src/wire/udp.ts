// UDP header (RFC 768).

import { getU16, setU16 } from './bytes.ts'
import { addSums, finish, sumBytes, sumPseudoHeader } from './checksum.ts'
import { PROTOCOL_UDP } from './ipv4.ts'
import type { Ipv4Address } from './ipv4-address.ts'

export const UDP_HEADER_LEN = 8

export interface UdpHeader {
  sourcePort: number
  destinationPort: number
  payloadStart: number
  payloadEnd: number
  /** 0: the sender computed none. */
  checksum: number
}

/** `undefined`: too short, or a length that does not fit. A longer packet than the length says is cut to it. */
export function parseUdp(bytes: Uint8Array, start: number, end: number): UdpHeader | undefined {
  if (end - start < UDP_HEADER_LEN) return undefined
  const len = getU16(bytes, start + 4)
  if (len < UDP_HEADER_LEN || len > end - start) return undefined
  return {
    sourcePort: getU16(bytes, start),
    destinationPort: getU16(bytes, start + 2),
    payloadStart: start + UDP_HEADER_LEN,
    payloadEnd: start + len,
    checksum: getU16(bytes, start + 6),
  }
}

/** Verifies the checksum of the datagram that begins at `start`; one without checksum passes. */
export function isUdpChecksumRight(
  bytes: Uint8Array,
  start: number,
  header: UdpHeader,
  source: Ipv4Address,
  destination: Ipv4Address,
): boolean {
  if (header.checksum === 0) return true
  const pseudo = sumPseudoHeader(source, destination, PROTOCOL_UDP, header.payloadEnd - start)
  return addSums(pseudo, sumBytes(bytes, start, header.payloadEnd)) === 0xffff
}

/** Writes the header, with checksum, in front of a payload that already lies at `offset + UDP_HEADER_LEN`. */
export function emitUdp(
  bytes: Uint8Array,
  offset: number,
  sourcePort: number,
  destinationPort: number,
  payloadLen: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): void {
  const len = UDP_HEADER_LEN + payloadLen
  setU16(bytes, offset, sourcePort)
  setU16(bytes, offset + 2, destinationPort)
  setU16(bytes, offset + 4, len)
  setU16(bytes, offset + 6, 0)
  const pseudo = sumPseudoHeader(source, destination, PROTOCOL_UDP, len)
  const checksum = finish(addSums(pseudo, sumBytes(bytes, offset, offset + len)))
  // An all-zero checksum would mean "none"; RFC 768 sends its other representation.
  setU16(bytes, offset + 6, checksum === 0 ? 0xffff : checksum)
}
