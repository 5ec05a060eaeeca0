// ICMP for IPv4: echo, destination unreachable, time exceeded (RFC 792, RFC 1122 section 3.2.2).

import { getU8, getU16, setU16, setU32 } from './bytes.ts'
import { finish, sumBytes } from './checksum.ts'

export const ICMP_HEADER_LEN = 8

export const ICMP_ECHO_REPLY = 0
export const ICMP_UNREACHABLE = 3
export const ICMP_ECHO_REQUEST = 8
export const ICMP_TIME_EXCEEDED = 11

export const UNREACHABLE_NET = 0
export const UNREACHABLE_HOST = 1
export const UNREACHABLE_PROTOCOL = 2
export const UNREACHABLE_PORT = 3
export const UNREACHABLE_FRAGMENTATION_NEEDED = 4
/** Communication administratively prohibited (RFC 1812 section 5.2.7.1). */
export const UNREACHABLE_PROHIBITED = 13

export const TIME_EXCEEDED_TTL = 0
export const TIME_EXCEEDED_REASSEMBLY = 1

export interface IcmpMessage {
  type: number
  code: number
  /** Echo: identifier. Fragmentation needed: unused half. */
  identifier: number
  /** Echo: sequence number. Fragmentation needed (RFC 1191): the next-hop MTU. */
  sequence: number
  bodyStart: number
  bodyEnd: number
}

/** `undefined`: too short, or a wrong checksum. */
export function parseIcmp(bytes: Uint8Array, start: number, end: number): IcmpMessage | undefined {
  if (end - start < ICMP_HEADER_LEN || sumBytes(bytes, start, end) !== 0xffff) return undefined
  return {
    type: getU8(bytes, start),
    code: getU8(bytes, start + 1),
    identifier: getU16(bytes, start + 4),
    sequence: getU16(bytes, start + 6),
    bodyStart: start + ICMP_HEADER_LEN,
    bodyEnd: end,
  }
}

/** Writes the header in front of a body of `bodyLen` bytes that already lies at `offset + ICMP_HEADER_LEN`. */
export function emitIcmp(
  bytes: Uint8Array,
  offset: number,
  type: number,
  code: number,
  identifier: number,
  sequence: number,
  bodyLen: number,
): void {
  bytes[offset] = type
  bytes[offset + 1] = code
  setU16(bytes, offset + 2, 0)
  setU32(bytes, offset + 4, (identifier << 16) | sequence)
  setU16(bytes, offset + 2, finish(sumBytes(bytes, offset, offset + ICMP_HEADER_LEN + bodyLen)))
}
