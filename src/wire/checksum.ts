// The Internet checksum: sums, their combination, the pseudo-header, incremental update (RFC 1071, 1624).
//
// A *sum* here is the folded 16-bit one's-complement sum of big-endian words, not yet complemented; sums of parts add up
// if every part but the last has even length. This file holds the one loop that may be ugly: `sumBytes` adds 32 bits at a
// time in the machine's byte order, which RFC 1071 section 2(B) allows; its naive twin stands in the test.

import type { Ipv4Address } from './ipv4-address.ts'
import { sumBuffer, sumInMemory } from './sum-memory.ts'

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
/** Below this many bytes the set-up of the word loop costs more than it saves. */
const WORD_LOOP_MIN_LEN = 48

let viewBuffer: ArrayBufferLike = new ArrayBuffer(0)
let view: Int32Array = new Int32Array(viewBuffer)

/** Folds carries back in: any sum below 2^32 to 16 bits. */
export function fold(sum: number): number {
  const once = (sum >>> 16) + (sum & 0xffff)
  return (once >>> 16) + (once & 0xffff)
}

export function addSums(a: number, b: number): number {
  return fold(a + b)
}

/** The value for the checksum field. */
export function finish(sum: number): number {
  return ~sum & 0xffff
}

function swap16(sum: number): number {
  return ((sum & 0xff) << 8) | (sum >>> 8)
}

/** Folded sum of `bytes[start, end)`, an odd last byte padded with zero. */
export function sumBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < WORD_LOOP_MIN_LEN) return sumShort(bytes, start, end)
  if (bytes.buffer === sumBuffer) return sumInMemory(bytes.byteOffset + start, end - start)
  // Reach a 4-byte boundary of the underlying memory. An odd address shifts every later byte to the other half
  // of its word, which only swaps the sum's bytes.
  let position = start
  const odd = ((bytes.byteOffset + position) & 1) === 1
  let head = 0
  if (odd) head = bytes[position++] as number
  const alignedFrom = position
  while (((bytes.byteOffset + position) & 3) !== 0) position += 2
  let sum = sumShort(bytes, alignedFrom, position)
  const words = (end - position) >>> 2
  sum += sumWords(bytes, bytes.byteOffset + position, words)
  sum = fold(sum + sumShort(bytes, position + words * 4, end))
  return odd ? fold(swap16(sum) + (head << 8)) : sum
}

function sumShort(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  let position = start
  for (; position + 1 < end; position += 2) {
    sum += ((bytes[position] as number) << 8) | (bytes[position + 1] as number)
  }
  if (position < end) sum += (bytes[position] as number) << 8
  return fold(sum)
}

/** @param address a multiple of 4, relative to the underlying buffer */
function sumWords(bytes: Uint8Array, address: number, count: number): number {
  if (bytes.buffer !== viewBuffer) {
    viewBuffer = bytes.buffer
    view = new Int32Array(viewBuffer, 0, viewBuffer.byteLength >>> 2)
  }
  const words = view
  let low = 0
  let high = 0
  let index = address >>> 2
  const end = index + count
  // Halves are summed apart: each stays below 2^31 for the 16,384 words of the longest packet.
  for (const end4 = end - 3; index < end4; index += 4) {
    const a = words[index] as number
    const b = words[index + 1] as number
    const c = words[index + 2] as number
    const d = words[index + 3] as number
    low += (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)
  }
  for (; index < end; index++) {
    const word = words[index] as number
    low += word & 0xffff
    high += word >>> 16
  }
  const sum = fold(fold(low) + fold(high))
  return LITTLE_ENDIAN ? swap16(sum) : sum
}

/** Folded sum of the pseudo-header of RFC 9293 section 3.1 (the same for UDP, RFC 768). */
export function sumPseudoHeader(
  source: Ipv4Address,
  destination: Ipv4Address,
  protocol: number,
  transportLen: number,
): number {
  return fold(
    (source >>> 16) +
      (source & 0xffff) +
      (destination >>> 16) +
      (destination & 0xffff) +
      protocol +
      (transportLen >>> 16) +
      (transportLen & 0xffff),
  )
}

/** The checksum after one 16-bit field changed from `before` to `after` (RFC 1624 equation 3). */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return finish(fold((~checksum & 0xffff) + (~before & 0xffff) + after))
}
