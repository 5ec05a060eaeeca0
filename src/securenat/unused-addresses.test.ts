import { expect, test } from 'vitest'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { type AddressPool, UnusedAddresses } from './unused-addresses.ts'

const POOL: AddressPool = {
  first: 10 as Ipv4Address,
  last: 15 as Ipv4Address,
  has: (address) => address >= 10 && address <= 15 && address !== 12,
}
const any = (): boolean => true

function setUp(): { unused: UnusedAddresses; bound: Set<number> } {
  const bound = new Set<number>()
  return { unused: new UnusedAddresses({ examinedAddresses: 0 }, (address) => bound.has(address)), bound }
}

test('the lowest that nobody has and that belongs to the pool', () => {
  const { unused, bound } = setUp()
  bound.add(10)
  expect(unused.find(POOL, any)).toBe(11)
  expect(unused.peek(9, POOL, any)).toEqual([11, 13, 14, 15])
  expect(unused.find(POOL, any)).toBe(11)
})

test('what is taken is not found again before it is freed', () => {
  const { unused, bound } = setUp()
  expect(unused.find(POOL, any)).toBe(10)
  bound.add(10)
  unused.taken(10 as Ipv4Address)
  expect(unused.find(POOL, any)).toBe(11)
  bound.delete(10)
  unused.freed(10 as Ipv4Address)
  expect(unused.find(POOL, any)).toBe(10)
})

test('what was not accepted is passed over until it is freed, or all are reconsidered', () => {
  const { unused } = setUp()
  const asked: number[] = []
  const only = (least: number) => (address: Ipv4Address) => asked.push(address) > 0 && address >= least
  expect([unused.find(POOL, only(13)), unused.find(POOL, only(13))]).toEqual([13, 13])
  expect(asked).toEqual([10, 11, 13, 13])
  unused.freed(11 as Ipv4Address)
  expect(unused.find(POOL, any)).toBe(11)
  unused.reconsider()
  expect(unused.find(POOL, any)).toBe(10)
})

test('nothing is found past the end, nor freed from outside; another pool begins anew', () => {
  const { unused } = setUp()
  expect(unused.find(POOL, () => false)).toBeUndefined()
  for (const address of [9, 12, 16]) unused.freed(address as Ipv4Address)
  expect(unused.find(POOL, any)).toBeUndefined()
  expect(unused.find({ ...POOL }, any)).toBe(10)
})
