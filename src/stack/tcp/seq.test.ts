import fc from 'fast-check'
import { expect, test } from 'vitest'
import { add, diff, geq, gt, leq, lt, max, min } from './seq.ts'

const seq = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
const near = fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff })

test('whatever wraps around, a number that is ahead by less than half the space is greater', () => {
  fc.assert(
    fc.property(seq, near, (a, n) => {
      const b = add(a, n)
      expect(b).toBe(Number(BigInt.asIntN(32, BigInt(a) + BigInt(n))))
      expect(diff(b, a)).toBe(n)
      expect([lt(a, b), leq(a, b), gt(a, b), geq(a, b)]).toEqual([n > 0, n >= 0, n < 0, n <= 0])
      expect(max(a, b)).toBe(n > 0 ? b : a)
      expect(min(a, b)).toBe(n < 0 ? b : a)
    }),
  )
})

test('across the wrap', () => {
  expect(add(0x7fff_ffff, 1)).toBe(-0x8000_0000)
  expect(lt(0x7fff_fff0, -0x7fff_fff0)).toBe(true)
  expect(lt(-1, 0)).toBe(true)
  expect(diff(5, -5)).toBe(10)
})
