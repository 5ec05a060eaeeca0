// The IP table: learning, moving, ageing, leases, limits per session and in total.

import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { IP_AGE_SECONDS, IpTable } from './ip-table.ts'

const A = ipv4('192.168.30.10')
const B = ipv4('192.168.30.11')
const V6 = 'fe800000000000000000000000000001'
const MAC = 0x0200_0000_0001 as MacAddress
const AGE_MS = IP_AGE_SECONDS * 1000
const one = { name: 'one' }
const two = { name: 'two' }

test('an address that is silent for long is forgotten, one of a lease when that ends', () => {
  const table = new IpTable<object>()
  table.learn(A, one, MAC, 0)
  table.learn(B, one, MAC, 0, 7200)
  expect(table.lookup(A, AGE_MS)).toMatchObject({ session: one, isDhcp: false, updatedAt: 0 })
  expect(table.lookup(A, AGE_MS + 1)).toBeUndefined()
  expect(table.lookup(B, 7_200_000)).toMatchObject({ isDhcp: true })
  expect(table.lookup(B, 7_200_001)).toBeUndefined()
  expect(table.stats).toMatchObject({ learned: 2, aged: 2 })
})

test('a word from a leased address does not shorten the lease', () => {
  const table = new IpTable<object>()
  table.learn(A, one, MAC, 0, 7200)
  table.learn(A, one, MAC, 1000)
  expect(table.lookup(A, 7_000_000)).toMatchObject({ isDhcp: true, createdAt: 0, updatedAt: 1000 })
})

test('an address that moves to another session loses its lease', () => {
  const table = new IpTable<object>()
  table.learn(A, one, MAC, 0, 7200)
  table.learn(A, two, MAC, 10)
  expect(table.lookup(A, 10)).toMatchObject({ session: two, isDhcp: false, createdAt: 10 })
  expect([table.countOf(one, 'v4', 10), table.countOf(two, 'v4', 10)]).toEqual([0, 1])
  expect(table.stats.moved).toBe(1)
})

test('addresses of a session are counted by family; those that have aged are not', () => {
  const table = new IpTable<object>()
  table.learn(A, one, MAC, 0)
  table.learn(B, one, MAC, 1000)
  table.learn(V6, one, MAC, 1000)
  expect([table.countOf(one, 'v4', 1000), table.countOf(one, 'v6', 1000)]).toEqual([2, 1])
  expect(table.countOf(one, 'v4', AGE_MS + 1)).toBe(1)
  table.forgetSession(one)
  expect([table.countOf(one, 'v4', 1000), table.size]).toEqual([0, 0])
})

test('a full table forgets what has aged, else what it learned first', () => {
  const table = new IpTable<object>(2)
  table.learn(A, one, MAC, 0)
  table.learn(B, one, MAC, 0, 7200)
  table.learn(V6, two, MAC, AGE_MS + 1)
  expect(table.stats).toMatchObject({ aged: 1, evicted: 0 })
  table.learn(A, two, MAC, AGE_MS + 2)
  expect(table.stats).toMatchObject({ aged: 1, evicted: 1 })
  expect(Array.from(table.entries(AGE_MS + 2), ({ address }) => address)).toEqual([V6, A])
})

test('a row can be deleted by its key', () => {
  const table = new IpTable<object>()
  table.learn(A, one, MAC, 0)
  const [entry] = table.entries(0)
  expect([table.delete(entry!.key + 1), table.delete(entry!.key)]).toEqual([false, true])
  expect(table.countOf(one, 'v4', 0)).toBe(0)
})
