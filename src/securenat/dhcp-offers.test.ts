import { expect, test } from 'vitest'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { DhcpOffers, OFFER_GRACE_MS, OFFER_MS } from './dhcp-offers.ts'

const [A, B] = [1 as Ipv4Address, 2 as Ipv4Address]

function setUp(limit = 10): { offers: DhcpOffers; ended: Ipv4Address[]; stats: { withdrawnOffers: number } } {
  const ended: Ipv4Address[] = []
  const stats = { withdrawnOffers: 0 }
  return { offers: new DhcpOffers(limit, stats, (address) => ended.push(address)), ended, stats }
}

test('an offer is the client’s alone for its time, and then nobody’s', () => {
  const { offers, ended } = setUp()
  offers.make('a', A, 0)
  expect(offers.to('a', OFFER_MS - 1)).toBe(A)
  expect([offers.isOfferedToOther(A, 'a', 0), offers.isOfferedToOther(A, 'b', 0)]).toEqual([false, true])
  expect([offers.to('a', OFFER_MS), offers.isOfferedToOther(A, 'b', OFFER_MS)]).toEqual([undefined, false])
  offers.expire(OFFER_MS - 1)
  expect(ended).toEqual([])
  offers.expire(OFFER_MS)
  expect([ended, offers.has(A)]).toEqual([[A], false])
})

test('one address to each client: another offer ends the first, the same one lives longer', () => {
  const { offers, ended, stats } = setUp()
  offers.make('a', A, 0)
  offers.make('a', A, 1000)
  expect(offers.to('a', OFFER_MS + 999)).toBe(A)
  expect(ended).toEqual([])
  offers.make('a', B, 1000)
  expect([ended, offers.to('a', 1000), stats.withdrawnOffers]).toEqual([[A], B, 0])
})

test('past the limit the oldest is withdrawn', () => {
  const { offers, ended, stats } = setUp(1)
  offers.make('a', A, 0)
  offers.make('b', B, 1)
  expect([ended, offers.to('a', 1), offers.to('b', 1), stats.withdrawnOffers]).toEqual([[A], undefined, B, 1])
})

test('taken back is the oldest that is good for something, and none within its grace', () => {
  const { offers, stats } = setUp()
  offers.make('a', A, 0)
  offers.make('b', B, 0)
  expect(offers.takeBack(OFFER_GRACE_MS - 1, () => true)).toBeUndefined()
  expect(offers.takeBack(OFFER_GRACE_MS, (address) => address !== A)).toBe(B)
  expect([offers.to('a', OFFER_GRACE_MS), offers.to('b', OFFER_GRACE_MS), stats.withdrawnOffers]).toEqual([
    A,
    undefined,
    1,
  ])
})
