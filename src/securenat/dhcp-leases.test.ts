import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DhcpClient, dhcpHarness } from '../../test/support/dhcp-client.ts'
import { type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { StoredLease } from './dhcp-bindings.ts'
import { DhcpLeases } from './dhcp-leases.ts'

const at = (last: number) => ipv4(`192.168.30.${last}`)
const lease = (changes: Partial<StoredLease> = {}): StoredLease => ({
  id: 7,
  ipAddress: at(10),
  clientKey: 'mac:02000000000a',
  macAddress: 0x0200_0000_000a as MacAddress,
  hostName: '',
  leasedAt: 0,
  expiresAt: 1000,
  ...changes,
})
const nowhere = { put: () => {}, remove: () => {} }

describe('what was stored', () => {
  test('is there again, and numbers go on behind the highest', () => {
    const leases = new DhcpLeases([lease(), lease({ id: 3, ipAddress: at(11), clientKey: 'b' })], nowhere)
    expect(leases.live(999).map(({ id }) => id)).toEqual([7, 3])
    expect(leases.live(1000)).toEqual([])
    const client = { clientKey: 'c', macAddress: 1 as MacAddress, hostName: '' }
    expect(leases.lease(client, at(12), 0, 1)?.lease.id).toBe(8)
  })

  test('an address or a client named twice: the later entry holds', () => {
    const leases = new DhcpLeases(
      [lease(), lease({ id: 8, clientKey: 'b' }), lease({ id: 9, ipAddress: at(11), clientKey: 'b' })],
      nowhere,
    )
    expect(leases.live(0).map(({ id }) => id)).toEqual([9])
    expect(leases.ofClient('mac:02000000000a')).toBeUndefined()
  })

  test('live leases come in the order of their addresses, above 128.0.0.0 too', () => {
    const high = lease({ ipAddress: ipv4('200.0.0.1'), clientKey: 'b', id: 1 })
    expect(new DhcpLeases([high, lease()], nowhere).live(0).map(({ id }) => id)).toEqual([7, 1])
  })
})

test('any order of events: no address twice, no client twice, all addresses from the pool, the store says the same', () => {
  const client = fc.nat({ max: 5 })
  const address = fc.integer({ min: 9, max: 15 }).map(at)
  const step = fc.oneof(
    fc.record({ does: fc.constant('obtain' as const), client, address }),
    fc.record({
      does: fc.constantFrom('renew', 'rebind', 'initReboot', 'release', 'decline', 'select', 'discover'),
      client,
      address,
    }),
    fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 5000, 15_000, 600_000) }),
    fc.record({ does: fc.constant('restart' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const limits = { bindings: 4, offers: 2, quarantine: 2 }
      let harness = dhcpHarness({ leaseStart: at(10), leaseEnd: at(14), leaseSeconds: 15 }, 1500, limits)
      const addressOf = new Map<number, Ipv4Address>()
      for (const taken of steps) {
        if (taken.does === 'wait') harness.clock.now += taken.ms
        else if (taken.does === 'restart') harness = harness.restart()
        else {
          const speaker = new DhcpClient(harness, 0x0200_0000_0000 + taken.client)
          if (taken.does === 'obtain') {
            const offer = speaker.discover(taken.address)
            const ack = offer && speaker.select(offer.message.yiaddr)
            // What was offered a moment ago is granted, unless every binding is running.
            if (ack) {
              expect(ack.message.yiaddr).toBe(offer.message.yiaddr)
              addressOf.set(taken.client, ack.message.yiaddr)
            }
          } else speaker[taken.does](addressOf.get(taken.client) ?? taken.address)
        }
        const live = harness.leases.live(harness.clock.now)
        expect(new Set(live.map(({ ipAddress }) => ipAddress)).size).toBe(live.length)
        expect(new Set(live.map(({ clientKey }) => clientKey)).size).toBe(live.length)
        for (const { ipAddress } of live) expect(ipAddress >= at(10) && ipAddress <= at(14)).toBe(true)
        const stored = [...harness.stored.values()].filter(({ expiresAt }) => expiresAt > harness.clock.now)
        expect(stored.sort((a, b) => a.ipAddress - b.ipAddress)).toEqual(live)
        expect(harness.stored.size).toBeLessThanOrEqual(limits.bindings)
      }
    }),
    { numRuns: 150 },
  )
})

describe('looking for an address', () => {
  const first = ipv4('10.0.0.1')
  const SIZE = 10_000
  const pool = {
    first,
    last: (first + SIZE - 1) as Ipv4Address,
    has: (a: Ipv4Address) => a >= first && a < first + SIZE,
  }
  const claimant = (number: number) => ({
    clientKey: `client ${number}`,
    macAddress: number as MacAddress,
    reserved: undefined,
    isUsedByOther: () => false,
  })
  const fill = (leaseMs: number): DhcpLeases => {
    const leases = new DhcpLeases([], nowhere, { bindings: 2 * SIZE, offers: 1000, quarantine: 256 })
    for (let number = 1; number <= SIZE; number++) {
      const address = leases.offer(claimant(number), undefined, pool, 0)!
      leases.lease({ ...claimant(number), hostName: '' }, address, 0, leaseMs)
    }
    return leases
  }

  test('filling a pool looks at each address once or twice', () => {
    expect(fill(3_600_000).stats.examinedAddresses).toBeLessThanOrEqual(2 * SIZE)
  })

  test('in a full pool, for however many strangers and however long, nothing is looked at', () => {
    const leases = fill(3_600_000)
    const before = leases.stats.examinedAddresses
    for (let number = 1; number <= 1000; number++) {
      expect(leases.offer(claimant(SIZE + number), undefined, pool, number * 100)).toBeUndefined()
      expect(leases.candidates(8, pool, number * 100)).toEqual([])
    }
    expect(leases.stats.examinedAddresses).toBe(before)
  })

  test('the same after a restart, but for one look at the pool', () => {
    const stored = fill(3_600_000).live(0)
    const leases = new DhcpLeases(stored, nowhere, { bindings: 2 * SIZE, offers: 1000, quarantine: 256 }, 0)
    for (let number = 1; number <= 1000; number++) {
      expect(leases.offer(claimant(SIZE + number), undefined, pool, number)).toBeUndefined()
    }
    expect(leases.stats.examinedAddresses).toBe(SIZE)
  })

  test('of remembered addresses a thousand strangers get the oldest, and none looks through what the others were offered', () => {
    const leases = fill(1000)
    const before = leases.stats.examinedAddresses
    const offered = Array.from({ length: 1000 }, (_, index) =>
      leases.offer(claimant(SIZE + 1 + index), undefined, pool, 2000),
    )
    expect(offered).toEqual(Array.from({ length: 1000 }, (_, index) => first + index))
    expect(leases.stats.examinedAddresses - before).toBeLessThanOrEqual(2 * 1000)
  })

  test('those who ask again and again for their own addresses do not stand in a stranger’s way', () => {
    const leases = fill(3_600_000)
    for (let number = 1; number <= 1000; number++) leases.offer(claimant(number), undefined, pool, 0)
    let asked = 0
    const stranger = { ...claimant(SIZE + 1), isUsedByOther: () => ++asked > 0 }
    expect(leases.offer(stranger, undefined, pool, 4000)).toBeUndefined()
    expect(asked).toBe(0)
  })

  test('an address that is given back is the next to be offered', () => {
    const leases = fill(3_600_000)
    const [lease] = leases.live(0).slice(500)
    leases.remove(lease!)
    expect(leases.offer(claimant(SIZE + 1), undefined, pool, 1)).toBe(lease!.ipAddress)
    leases.withdrawOffer(`client ${SIZE + 1}`)
    expect(leases.offer(claimant(SIZE + 2), undefined, pool, 2)).toBe(lease!.ipAddress)
  })
})
