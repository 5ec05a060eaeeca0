import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import { getI32, getU8, getU16, getU32, getU48, setU8, setU16, setU32, setU48 } from './bytes.ts'

const BYTES = hex('00 fedcba987654 00')

describe('reads are big-endian and unsigned, but for getI32', () => {
  test.each([
    [getU8, 0xfe],
    [getU16, 0xfedc],
    [getU32, 0xfedcba98],
    [getI32, 0xfedcba98 | 0],
    [getU48, 0xfedcba987654],
  ])('%o', (get, expected) => {
    expect(get(BYTES, 1)).toBe(expected)
  })
})

describe('writes touch their bytes only', () => {
  test.each([
    [setU8, 0xfe, 'fe'],
    [setU16, 0xfedc, 'fedc'],
    [setU32, 0xfedcba98, 'fedcba98'],
    [setU32, -2, 'fffffffe'],
    [setU48, 0xfedcba987654, 'fedcba987654'],
    [setU48, 0xffff_ffff_ffff, 'ffffffffffff'],
  ])('%o(%d)', (set, value, expected) => {
    expect(emitted(expected.length / 2, (bytes, offset) => set(bytes, offset, value))).toEqual(hex(expected))
  })
})

test('round trip', () => {
  const bytes = new Uint8Array(8)
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff_ffff }), (value) => {
      setU48(bytes, 1, value)
      expect(getU48(bytes, 1)).toBe(value)
      setU32(bytes, 3, value % 0x1_0000_0000)
      expect(getU32(bytes, 3)).toBe(value % 0x1_0000_0000)
      expect(getI32(bytes, 3)).toBe((value % 0x1_0000_0000) | 0)
    }),
  )
})
