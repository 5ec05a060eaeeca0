import fc from 'fast-check'
import { expect, test } from 'vitest'
import { halfSipHash, IssGenerator } from './iss.ts'

const MASK = 0xffff_ffffn
const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & MASK

/** HalfSipHash-2-4 of any bytes, as its paper states it, in unbounded integers. */
function naive(key: readonly number[], bytes: readonly number[]): number {
  const word = (from: readonly number[], at: number): bigint =>
    BigInt(from[at] ?? 0) |
    (BigInt(from[at + 1] ?? 0) << 8n) |
    (BigInt(from[at + 2] ?? 0) << 16n) |
    (BigInt(from[at + 3] ?? 0) << 24n)
  const [k0, k1] = [word(key, 0), word(key, 4)]
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765n ^ k0, 0x74656462n ^ k1]
  const round = (): void => {
    v0 = (v0 + v1) & MASK
    v1 = rotate(v1, 5n) ^ v0
    v0 = rotate(v0, 16n)
    v2 = (v2 + v3) & MASK
    v3 = rotate(v3, 8n) ^ v2
    v0 = (v0 + v3) & MASK
    v3 = rotate(v3, 7n) ^ v0
    v2 = (v2 + v1) & MASK
    v1 = rotate(v1, 13n) ^ v2
    v2 = rotate(v2, 16n)
  }
  const whole = bytes.length - (bytes.length % 4)
  for (let at = 0; at <= whole; at += 4) {
    const block = at < whole ? word(bytes, at) : word(bytes.slice(whole), 0) | (BigInt(bytes.length & 255) << 24n)
    v3 ^= block
    round()
    round()
    v0 ^= block
  }
  v2 ^= 0xffn
  for (let times = 0; times < 4; times++) round()
  return Number(v1 ^ v3)
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

test('the published vectors: key 00…07, inputs 00 01 02 …', () => {
  // 32-bit outputs of the reference implementation for inputs of 0, 1, 2, 3, 4 and 12 bytes, little-endian.
  const vectors: [number, number][] = [
    [0, 0x5b9f35a9],
    [1, 0xb85a4727],
    [2, 0x03a662fa],
    [3, 0x04e7fe8a],
    [4, 0x89466e2a],
    [12, 0x2f87f057],
  ]
  for (const [length, output] of vectors) expect(naive(range(8), range(length))).toBe(output)
  expect(halfSipHash(0x03020100, 0x07060504, 0x03020100, 0x07060504, 0x0b0a0908) >>> 0).toBe(0x2f87f057)
})

test('three words hash as their twelve bytes do', () => {
  const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
  const bytes = (words: number[]): number[] =>
    words.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24])
  fc.assert(
    fc.property(word, word, word, word, word, (k0, k1, a, b, c) => {
      expect(halfSipHash(k0, k1, a, b, c) >>> 0).toBe(naive(bytes([k0, k1]), bytes([a, b, c])))
    }),
  )
})

test('one connection after another: 250 numbers a millisecond; other endpoints, other numbers', () => {
  const generator = new IssGenerator(() => 42)
  const at = (now: number, port = 80): number => generator.next(1, port, 2, 3, now)
  expect((at(1000) - at(0)) | 0).toBe(250_000)
  expect(at(0, 81)).not.toBe(at(0))
  expect(new IssGenerator(() => 43).next(1, 80, 2, 3, 0)).not.toBe(at(0))
  // Beyond 2^32 counts of 4 µs, which is less than five hours.
  expect((at(20_000_000) - at(19_999_999)) | 0).toBe(250)
})
