// TCP header, flags and options (RFC 9293 section 3.1, 3.2; RFC 7323 window scale and timestamps; RFC 2018 SACK).
// Sequence numbers are signed 32-bit values (stack/tcp/seq.ts compares them).

import { getI32, getU8, getU16, setU16, setU32 } from './bytes.ts'
import { addSums, finish, sumBytes, sumPseudoHeader } from './checksum.ts'
import { PROTOCOL_TCP } from './ipv4.ts'
import type { Ipv4Address } from './ipv4-address.ts'

export const TCP_HEADER_LEN = 20
export const TCP_MAX_OPTIONS_LEN = 40

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10
export const URG = 0x20
export const ECE = 0x40
export const CWR = 0x80

/** RFC 9293 section 3.7.1: assumed when a SYN carries no MSS option. */
export const DEFAULT_MSS = 536
/** RFC 7323 section 2.3 */
export const MAX_WINDOW_SHIFT = 14
/** Four blocks fit in 40 bytes of options, three beside timestamps. */
export const MAX_SACK_BLOCKS = 4

const OPTION_END = 0
const OPTION_NOP = 1
const OPTION_MSS = 2
const OPTION_WINDOW_SCALE = 3
const OPTION_SACK_PERMITTED = 4
const OPTION_SACK = 5
const OPTION_TIMESTAMPS = 8

export interface TcpSegment {
  sourcePort: number
  destinationPort: number
  seq: number
  ack: number
  flags: number
  /** As in the header, not scaled. */
  wnd: number
  payloadStart: number
  payloadEnd: number
  /** 0: no option. */
  mss: number
  /** -1: no option. */
  windowShift: number
  sackPermitted: boolean
  hasTimestamps: boolean
  tsVal: number
  tsEcr: number
  /** Left and right edges alternating; `undefined` without the option. */
  sackBlocks: number[] | undefined
}

/** `undefined`: too short, or a data offset or option that does not fit. The checksum is the caller's to verify. */
export function parseTcp(bytes: Uint8Array, start: number, end: number): TcpSegment | undefined {
  if (end - start < TCP_HEADER_LEN) return undefined
  const headerLen = (getU8(bytes, start + 12) >>> 4) * 4
  if (headerLen < TCP_HEADER_LEN || headerLen > end - start) return undefined
  const segment: TcpSegment = {
    sourcePort: getU16(bytes, start),
    destinationPort: getU16(bytes, start + 2),
    seq: getI32(bytes, start + 4),
    ack: getI32(bytes, start + 8),
    flags: getU8(bytes, start + 13),
    wnd: getU16(bytes, start + 14),
    payloadStart: start + headerLen,
    payloadEnd: end,
    mss: 0,
    windowShift: -1,
    sackPermitted: false,
    hasTimestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackBlocks: undefined,
  }
  if (headerLen === TCP_HEADER_LEN) return segment
  return parseOptions(segment, bytes, start + TCP_HEADER_LEN, start + headerLen) ? segment : undefined
}

/** Unknown options are stepped over (RFC 9293 MUST-6); one whose length does not fit makes the segment malformed. */
function parseOptions(segment: TcpSegment, bytes: Uint8Array, start: number, end: number): boolean {
  // The layout nearly every data segment has: NOP, NOP, timestamps.
  if (end - start === 12 && getI32(bytes, start) === 0x0101_080a) {
    segment.hasTimestamps = true
    segment.tsVal = getI32(bytes, start + 4)
    segment.tsEcr = getI32(bytes, start + 8)
    return true
  }
  let position = start
  while (position < end) {
    const kind = getU8(bytes, position)
    if (kind === OPTION_END) return true
    if (kind === OPTION_NOP) {
      position++
      continue
    }
    if (position + 1 >= end) return false
    const len = getU8(bytes, position + 1)
    if (len < 2 || position + len > end) return false
    if (kind === OPTION_MSS && len === 4) segment.mss = getU16(bytes, position + 2)
    else if (kind === OPTION_WINDOW_SCALE && len === 3) segment.windowShift = getU8(bytes, position + 2)
    else if (kind === OPTION_SACK_PERMITTED && len === 2) segment.sackPermitted = true
    else if (kind === OPTION_TIMESTAMPS && len === 10) {
      segment.hasTimestamps = true
      segment.tsVal = getI32(bytes, position + 2)
      segment.tsEcr = getI32(bytes, position + 6)
    } else if (kind === OPTION_SACK && len >= 10 && (len - 2) % 8 === 0) {
      const edges: number[] = []
      for (let edge = position + 2; edge < position + len; edge += 4) edges.push(getI32(bytes, edge))
      segment.sackBlocks = edges
    }
    position += len
  }
  return true
}

/** Verifies the checksum of the segment in `bytes[start, end)`. */
export function isTcpChecksumRight(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): boolean {
  return (
    addSums(sumPseudoHeader(source, destination, PROTOCOL_TCP, end - start), sumBytes(bytes, start, end)) === 0xffff
  )
}

/** Writes 20 bytes, checksum field zero; `headerLen` counts the options that are behind them. */
export function emitTcpHeader(
  bytes: Uint8Array,
  offset: number,
  sourcePort: number,
  destinationPort: number,
  seq: number,
  ack: number,
  flags: number,
  wnd: number,
  headerLen: number,
): void {
  setU16(bytes, offset, sourcePort)
  setU16(bytes, offset + 2, destinationPort)
  setU32(bytes, offset + 4, seq)
  setU32(bytes, offset + 8, ack)
  bytes[offset + 12] = headerLen << 2
  bytes[offset + 13] = flags
  setU16(bytes, offset + 14, wnd)
  setU32(bytes, offset + 16, 0)
}

export const TIMESTAMPS_OPTION_LEN = 12

/** NOP, NOP, timestamps (RFC 7323 appendix A): 12 bytes. */
export function emitTimestamps(bytes: Uint8Array, offset: number, tsVal: number, tsEcr: number): void {
  setU32(bytes, offset, (OPTION_NOP << 24) | (OPTION_NOP << 16) | (OPTION_TIMESTAMPS << 8) | 10)
  setU32(bytes, offset + 4, tsVal)
  setU32(bytes, offset + 8, tsEcr)
}

/** NOP, NOP, SACK with the first `count` blocks of `edges`: 4 + 8 × count bytes. */
export function emitSack(bytes: Uint8Array, offset: number, edges: readonly number[], count: number): number {
  setU32(bytes, offset, (OPTION_NOP << 24) | (OPTION_NOP << 16) | (OPTION_SACK << 8) | (2 + 8 * count))
  for (let index = 0; index < count * 2; index++) setU32(bytes, offset + 4 + index * 4, edges[index] as number)
  return 4 + 8 * count
}

export interface SynOptions {
  mss: number
  /** -1: the option is left out. */
  windowShift: number
  sackPermitted: boolean
}

/** MSS, then what was agreed, padded to whole words; timestamps are the caller's to append. Returns the length. */
export function emitSynOptions(bytes: Uint8Array, offset: number, options: SynOptions): number {
  setU32(bytes, offset, (OPTION_MSS << 24) | (4 << 16) | options.mss)
  let len = 4
  if (options.windowShift >= 0) {
    setU32(bytes, offset + len, (OPTION_NOP << 24) | (OPTION_WINDOW_SCALE << 16) | (3 << 8) | options.windowShift)
    len += 4
  }
  if (options.sackPermitted) {
    setU32(bytes, offset + len, (OPTION_NOP << 24) | (OPTION_NOP << 16) | (OPTION_SACK_PERMITTED << 8) | 2)
    len += 4
  }
  return len
}

/** Fills in the checksum of the segment in `bytes[start, end)`, whose checksum field is zero. */
export function setTcpChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): void {
  const pseudo = sumPseudoHeader(source, destination, PROTOCOL_TCP, end - start)
  setU16(bytes, start + 16, finish(addSums(pseudo, sumBytes(bytes, start, end))))
}

/** Leaves the checksum unfinished: only the pseudo-header's sum, for whoever completes it (wire/offload.ts). */
export function setTcpPseudoChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): void {
  setU16(bytes, start + 16, sumPseudoHeader(source, destination, PROTOCOL_TCP, end - start))
}
