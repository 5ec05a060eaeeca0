import { expect, test } from 'vitest'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { DhcpBindings, type StoredLease } from './dhcp-bindings.ts'

const lease = (ipAddress: number, expiresAt: number, clientKey = `client ${ipAddress}`): StoredLease => ({
  id: ipAddress,
  ipAddress: ipAddress as Ipv4Address,
  clientKey,
  macAddress: 0 as MacAddress,
  hostName: '',
  leasedAt: 0,
  expiresAt,
})

function setUp(): { bindings: DhcpBindings; stored: Map<number, StoredLease> } {
  const stored = new Map<number, StoredLease>()
  const store = {
    put: (it: StoredLease) => void stored.set(it.ipAddress, it),
    remove: (a: number) => void stored.delete(a),
  }
  return { bindings: new DhcpBindings(store, { examinedAddresses: 0 }), stored }
}
const any = (): boolean => true

test('ends are told once, in their order, and neither of what was released nor of what was forgotten', () => {
  const { bindings } = setUp()
  for (const it of [lease(1, 300), lease(2, 100), lease(3, 200), lease(4, 100)]) bindings.run(it)
  bindings.end(lease(3, 50))
  bindings.forget(lease(4, 100))
  expect(bindings.nextExpiry).toBe(100)
  expect(bindings.takeExpired(99)).toEqual([])
  expect(bindings.takeExpired(300).map(({ id }) => id)).toEqual([2, 1])
  expect(bindings.takeExpired(300)).toEqual([])
  expect(bindings.nextExpiry).toBe(Number.POSITIVE_INFINITY)
})

test('an end that was seen but not told is told still, unless the client came back', () => {
  const { bindings } = setUp()
  bindings.run(lease(1, 100))
  bindings.run(lease(2, 100))
  expect(bindings.oldestEnded(100)?.id).toBe(1)
  expect(bindings.nextExpiry).toBe(100)
  bindings.run(lease(1, 500))
  expect(bindings.takeExpired(100).map(({ id }) => id)).toEqual([2])
})

test('the one that ended longest ago comes first; what is not accepted is passed over until it is freed', () => {
  const { bindings } = setUp()
  for (const it of [lease(1, 30), lease(2, 10), lease(3, 20)]) bindings.run(it)
  const asked: number[] = []
  const notTwo = (address: Ipv4Address): boolean => asked.push(address) > 0 && address !== 2
  expect(bindings.findEnded(100, notTwo)?.id).toBe(3)
  expect(bindings.findEnded(100, notTwo)?.id).toBe(3)
  expect(asked).toEqual([2, 3, 3])
  // Whose place it takes when all are bound, does not depend on who asked.
  expect(bindings.oldestEnded(100)?.id).toBe(2)
  bindings.freed(2 as Ipv4Address)
  expect(bindings.findEnded(100, any)?.id).toBe(2)
  expect(bindings.findEnded(5, any)).toBeUndefined()
})

test('a client moves, an address changes hands: no trace is left of what was before', () => {
  const { bindings, stored } = setUp()
  bindings.run(lease(1, 100, 'a'))
  bindings.run(lease(1, 200, 'b'))
  expect([bindings.ofClient('a'), bindings.ofClient('b')?.expiresAt, bindings.size]).toEqual([undefined, 200, 1])
  expect(bindings.takeExpired(150)).toEqual([])
  bindings.forget(lease(1, 200, 'b'))
  expect([bindings.at(1 as Ipv4Address), bindings.size, stored.size]).toEqual([undefined, 0, 0])
})
