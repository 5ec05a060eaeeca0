import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MacAddress } from '../wire/mac.ts'
import { MAC_AGE_SECONDS, MacTable } from './mac-table.ts'

const AGE = MAC_AGE_SECONDS * 1000
const mac = fc.integer({ min: 1, max: 6 }).map((n) => n as MacAddress)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ learn: mac, port: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: AGE }) }) },
)

test('below its limit it is a map whose entries are believed for ten minutes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const table = new MacTable<string>()
      const naive = new Map<MacAddress, { port: string; at: number }>()
      let now = 0
      for (const it of steps) {
        if ('learn' in it) {
          table.learn(it.learn, it.port, now)
          naive.set(it.learn, { port: it.port, at: now })
        } else if ('forget' in it) {
          table.forgetPort(it.forget)
          for (const [key, { port }] of naive) if (port === it.forget) naive.delete(key)
        } else now += it.pass
        const live = [...naive].filter(([, { at }]) => now - at <= AGE)
        expect(new Map([...table.entries(now)].map(([key, { port }]) => [key, port]))).toEqual(
          new Map(live.map(([key, { port }]) => [key, port])),
        )
        for (let n = 1; n <= 6; n++) {
          expect(table.lookup(n as MacAddress, now)).toBe(live.find(([key]) => key === n)?.[1].port)
        }
      }
    }),
  )
})

test('a full table is swept at most once a second', () => {
  const table = new MacTable<string>(1)
  table.learn(1 as MacAddress, 'a', 0)
  table.learn(2 as MacAddress, 'a', AGE)
  expect(table.stats.notLearnedTableFull).toBe(1)
  // The first is too old now, but the last sweep was less than a second ago.
  table.learn(2 as MacAddress, 'a', AGE + 999)
  expect(table.stats.notLearnedTableFull).toBe(2)
  table.learn(2 as MacAddress, 'a', AGE + 1000)
  expect(table.lookup(2 as MacAddress, AGE + 1000)).toBe('a')
  expect(table.stats).toMatchObject({ learned: 2, aged: 1 })
})

test('a port that fills the table gives way to the others, and cannot take anything from them', () => {
  const table = new MacTable<string>(1000)
  table.learn(1 as MacAddress, 'guest', 0)
  for (let n = 0; n < 5000; n++) table.learn((10_000 + n) as MacAddress, 'flood', 1)
  expect(table.stats.notLearnedTableFull).toBe(4001)
  for (let n = 2; n <= 100; n++) {
    table.learn(n as MacAddress, n % 2 === 0 ? 'guest' : 'other', 2)
    table.learn((20_000 + n) as MacAddress, 'flood', 2)
  }
  for (let n = 1; n <= 100; n++)
    expect(table.lookup(n as MacAddress, 3)).toBe(n === 1 || n % 2 === 0 ? 'guest' : 'other')
  expect(table.stats.evictedFromGreatest).toBe(99)
  expect(table.size).toBe(1000)
})

test('ports with as many addresses each take nothing from each other', () => {
  const table = new MacTable<string>(2)
  table.learn(1 as MacAddress, 'a', 0)
  table.learn(2 as MacAddress, 'b', 0)
  table.learn(3 as MacAddress, 'a', 0)
  table.learn(4 as MacAddress, 'c', 0)
  expect(table.stats).toMatchObject({ notLearnedTableFull: 2, evictedFromGreatest: 0 })
})

test('a greatest port that has left is looked for anew', () => {
  const table = new MacTable<string>(4)
  for (let n = 1; n <= 4; n++) table.learn(n as MacAddress, 'a', 0)
  table.learn(5 as MacAddress, 'c', 0)
  expect(table.lookup(5 as MacAddress, 0)).toBe('c')
  table.forgetPort('a')
  for (let n = 11; n <= 13; n++) table.learn(n as MacAddress, 'b', 0)
  table.learn(6 as MacAddress, 'd', 999)
  expect(table.stats.notLearnedTableFull).toBe(1)
  table.learn(6 as MacAddress, 'd', 1000)
  expect(table.lookup(6 as MacAddress, 1000)).toBe('d')
  expect(table.stats.evictedFromGreatest).toBe(2)
})
