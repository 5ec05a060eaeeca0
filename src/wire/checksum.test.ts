import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { naiveChecksum, u16, u32 } from '../../test/support/frames.ts'
import { hex } from '../../test/support/hex.ts'
import { addSums, finish, fold, sumBytes, sumPseudoHeader, updateChecksum } from './checksum.ts'
import { ipv4 } from './ipv4-address.ts'

/** A sum of zero has two representations; as checksums of anything but zeros they mean the same. */
const naiveSum = (bytes: ArrayLike<number>): number => 0xffff - naiveChecksum(bytes)
const same = (a: number, b: number): boolean => a % 0xffff === b % 0xffff

test('the example of RFC 1071 section 3', () => {
  expect(sumBytes(hex('0001 f203 f4f5 f6f7'), 0, 8)).toBe(0xddf2)
})

describe('sumBytes against the naive sum', () => {
  // Ones carry the most; the second pattern shows bytes that were swapped or left out.
  const patterns: [string, (index: number) => number][] = [
    ['all ones', () => 0xff],
    ['a pattern', (index) => (index * 151 + 43) & 255],
  ]
  test.each(patterns)('%s: every alignment and every length up to 130, and around the whole memory', (_name, byte) => {
    for (let alignment = 0; alignment < 8; alignment += 1) {
      // The memory ends with the bytes, whatever its length modulo 4.
      for (let length = 0; length <= 130; length += 1) {
        const memory = new ArrayBuffer(alignment + 3 + length)
        new Uint8Array(memory).fill(0x5a)
        const bytes = new Uint8Array(memory, alignment)
        for (let index = 0; index < length; index += 1) bytes[3 + index] = byte(index)
        const sum = sumBytes(bytes, 3, 3 + length)
        expect(sum, `alignment ${alignment}, length ${length}`).toBe(naiveSum(bytes.subarray(3)))
      }
    }
  })

  test('the longest packet of ones does not overflow', () => {
    for (const [from, length] of [
      [0, 65_535],
      [1, 65_535],
      [2, 65_534],
      [3, 65_533],
    ] as const) {
      const bytes = new Uint8Array(70_000).fill(0xff)
      // An even number of bytes of ones sums to 0xffff, an odd one to 0xff00 more.
      expect(sumBytes(bytes, from, from + length)).toBe(length % 2 === 0 ? 0xffff : 0xff00)
    }
  })

  test('any bytes, any range, several memories in turn', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(), (bytes, a, b) => {
        const [start, end] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y) as [number, number]
        expect(same(sumBytes(bytes, start, end), naiveSum(bytes.subarray(start, end)))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

test('sums of parts add up when every part but the last is even', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), fc.nat(), (bytes, cut) => {
      const middle = (cut % (bytes.length / 2)) & ~1
      const parts = addSums(sumBytes(bytes, 0, middle), sumBytes(bytes, middle, bytes.length))
      expect(same(parts, sumBytes(bytes, 0, bytes.length))).toBe(true)
    }),
  )
})

test('fold keeps the value modulo 0xffff and gives 16 bits', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), (value) => {
      const folded = fold(value)
      expect(folded).toBeLessThanOrEqual(0xffff)
      expect(same(folded, value)).toBe(true)
      expect(folded === 0).toBe(value === 0)
    }),
  )
})

test('finish is the complement of 16 bits', () => {
  expect([0, 0xffff, 0x1234].map(finish)).toEqual([0xffff, 0, 0xedcb])
})

test('the pseudo-header is the sum of its twelve bytes', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 0xffff_ffff }),
      fc.nat({ max: 255 }),
      fc.nat({ max: 0xffff }),
      (address, protocol, length) => {
        const destination = ipv4('255.255.255.255')
        const bytes = [...u32(address), ...u32(destination), 0, protocol, ...u16(length)]
        expect(same(sumPseudoHeader(address as never, destination, protocol, length), naiveSum(bytes))).toBe(true)
      },
    ),
  )
})

test('updateChecksum gives what summing again would (RFC 1624)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 20 }), fc.nat({ max: 0xffff }), (bytes, after) => {
      // RFC 1624 section 4: data that is all zero has no correct update; headers never are.
      bytes[3] = 1
      const before = bytes[0]! * 256 + bytes[1]!
      const checksum = naiveChecksum(bytes)
      bytes.set(u16(after))
      expect(same(updateChecksum(checksum, before, after), naiveChecksum(bytes))).toBe(true)
    }),
  )
  expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000)
})
