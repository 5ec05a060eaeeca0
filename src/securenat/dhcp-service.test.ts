// Addresses asked for before they are offered, offers that wait, leases that end: the DHCP server on a hub, in virtual time.

import { describe, expect, test } from 'vitest'
import { DhcpStation, type StationOptions } from '../../test/support/dhcp-station.ts'
import { udpFrame } from '../../test/support/frames.ts'
import { World, type WorldOptions } from '../../test/support/world.ts'
import { ARP_REQUEST } from '../wire/arp.ts'
import { BOOTREPLY, dhcpLength, emitDhcp } from '../wire/dhcp.ts'
import { BROADCAST_IPV4, formatIpv4, type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import { CLAIM_MS, PROBE_DOUBT_MS, PROBE_WAIT_MS } from './address-probe.ts'
import { EXHAUSTED_REPORT_MS } from './dhcp-reports.ts'
import { DHCP_MESSAGES_BURST, POSTPONED_LIMIT } from './dhcp-service.ts'
import { OTHER_SERVER_MS, TELL_AGAIN_MS } from './other-servers.ts'

const at = (last: number) => ipv4(`192.168.30.${last}`)
const PLENTY = 100
/** Until the addresses next in line have been asked for, after a port joined, and silence has lasted long enough. */
const AHEAD_MS = 65

/** The world's own guest is at .250 and answers ARP for that; stations are numbered. */
function setUp(dhcp: WorldOptions['dhcp'] = {}) {
  const world = new World({ dhcp, guest: { address: at(250) } })
  const plug = (number: number, options: StationOptions = {}) => {
    const station = new DhcpStation(world.hub, world.clock, 0x0200_0000_0000 + number, options)
    world.securenat.segmentChanged()
    return station
  }
  return { world, plug, service: world.securenat.dhcp }
}

describe('an address that nobody ever had', () => {
  test('is offered at once when it was asked for ahead of time', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    world.advance(AHEAD_MS)
    const askedAt = world.clock.now()
    station.discover()
    world.advance(0)
    expect(station.last).toMatchObject({ type: 'OFFER', at: askedAt, message: { yiaddr: at(10) } })
  })

  test('is offered after a short silence by a server that has heard nothing for long', () => {
    const { plug, world, service } = setUp()
    const station = plug(1)
    world.advance(3_600_000)
    const askedAt = world.clock.now()
    station.discover()
    station.during(PLENTY)
    expect(station.replies).toHaveLength(1)
    expect(station.last!.at - askedAt).toBeLessThanOrEqual(PROBE_WAIT_MS + 1)
    expect(service.server.stats.postponedOffers).toBe(1)
    expect(service.server.stats.rxDiscover).toBe(1)
  })

  test('is passed over when a silent host answers for it, and the ones behind it too', () => {
    const { plug, world } = setUp()
    plug(90, { address: at(10) })
    plug(91, { address: at(11) })
    const station = plug(1)
    world.advance(PLENTY)
    expect(station.bind()).toBe(at(12))
    expect(world.events).toEqual(['192.168.30.10 in use', '192.168.30.11 in use', 'dhcp 1'])
  })

  test('is passed over however late the host came: silence does not count for long', () => {
    const { plug, world } = setUp()
    const host = plug(90)
    const station = plug(1)
    world.advance(PLENTY)
    // Set by hand without a word.
    host.address = at(10)
    world.advance(2_000)
    expect(station.bind()).toBe(at(11))
  })

  test('is not asked for in vain: a host that was heard using it is enough', () => {
    const { plug, world, service } = setUp()
    const host = plug(90)
    const station = plug(1)
    world.advance(AHEAD_MS)
    host.sayArp(ARP_REQUEST, at(10), ZERO_MAC, at(1))
    world.advance(0)
    station.discover()
    world.advance(0)
    expect(station.last?.message.yiaddr).toBe(at(11))
    expect(service.server.stats.addressInUse).toBeGreaterThan(0)
  })

  test('whose user answers only after the offer is refused when it is taken up', () => {
    const { plug, world } = setUp()
    plug(90, { address: at(10), link: { delayMs: 40 } })
    const station = plug(1)
    station.discover()
    station.during(30)
    expect(station.last?.message.yiaddr).toBe(at(10))
    world.advance(PLENTY)
    station.select(at(10))
    expect(station.during(10).map(({ type }) => type)).toEqual(['NAK'])
    expect(station.bind()).toBe(at(11))
  })

  test('is given out when its user has been gone for a minute', () => {
    const { plug, world } = setUp({ leaseStart: at(10), leaseEnd: at(10) })
    const host = plug(90, { address: at(10) })
    const station = plug(1)
    world.advance(PLENTY)
    station.discover()
    expect(station.during(PLENTY)).toEqual([])
    host.address = undefined
    world.advance(CLAIM_MS)
    expect(station.bind()).toBe(at(10))
  })

  test('is its user’s own when that one asks for an address itself', () => {
    const { plug, world } = setUp()
    const host = plug(90, { address: at(10) })
    world.advance(PLENTY)
    host.sayArp(ARP_REQUEST, at(10), ZERO_MAC, at(1))
    expect(host.bind(at(10))).toBe(at(10))
  })
})

describe('an address that somebody had before', () => {
  test('is asked for longer, and passed over when it is still used', () => {
    const { plug, world } = setUp({ leaseStart: at(10), leaseEnd: at(11) })
    const [first, second, third] = [plug(1), plug(2), plug(3)]
    expect([first.bind(), second.bind()]).toEqual([at(10), at(11)])
    first.release(at(10))
    // It was given back, and is used all the same.
    first.address = at(10)
    world.advance(5_000)
    second.release(at(11))
    const askedAt = world.clock.now()
    third.discover()
    expect(third.during(1_000).map(({ type, message, at: when }) => [type, message.yiaddr, when - askedAt])).toEqual([
      ['OFFER', at(11), expect.closeTo(PROBE_DOUBT_MS, -1)],
    ])
  })

  test('comes back to its own client at once while the lease runs', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    station.address = station.bind()
    world.advance(3_000)
    const askedAt = world.clock.now()
    station.discover()
    world.advance(0)
    expect(station.last).toMatchObject({ type: 'OFFER', at: askedAt })
  })
})

test('waiting offers are for different addresses, and each client gets its own', () => {
  const { plug, world } = setUp()
  const stations = Array.from({ length: 20 }, (_, index) => plug(index + 1))
  world.advance(5_000)
  for (const station of stations) station.discover()
  world.advance(PLENTY)
  expect(new Set(stations.map(({ last }) => last?.message.yiaddr)).size).toBe(20)
  for (const station of stations) expect(station.replies).toHaveLength(1)
})

test('POSTPONED_LIMIT: past it the oldest offer is lost, and its client asks again', () => {
  const { plug, world, service } = setUp()
  const { host, dhcp } = world.options
  const mask = ipv4('255.255.0.0')
  world.securenat.configure({
    ...world.options,
    host: { ...host, subnetMask: mask },
    dhcp: { ...dhcp, leaseEnd: ipv4('192.168.60.0'), subnetMask: mask },
  })
  const station = plug(1)
  world.advance(5_000)
  // As many clients as one guest can make up.
  const discover = (number: number): void => {
    station.send(station.message(1, { chaddr: (0x0200_0100_0000 + number) as MacAddress }))
  }
  for (let number = 0; number <= POSTPONED_LIMIT; number += 1) discover(number)
  world.advance(0)
  expect(service.server.stats).toMatchObject({ rxDiscover: POSTPONED_LIMIT + 1, txOffer: 0 })
  expect(service.stats.droppedPostponed).toBe(1)
  world.advance(PLENTY)
  expect(service.server.stats.txOffer).toBe(POSTPONED_LIMIT)
})

test('a storm of new clients is looked at in part, and who has an address keeps it meanwhile', () => {
  const { plug, world, service } = setUp()
  const holder = plug(1)
  const address = holder.bind()
  world.advance(2_000)
  const storm = new DhcpStation(world.hub, world.clock, 0x0200_0000_7777)
  const before = service.server.stats.rxDiscover
  for (let number = 0; number < 3 * DHCP_MESSAGES_BURST; number += 1) storm.discover()
  world.advance(0)
  expect(service.server.stats.rxDiscover - before).toBe(DHCP_MESSAGES_BURST)
  expect(service.stats.droppedRate).toBe(2 * DHCP_MESSAGES_BURST)
  holder.renew(address)
  world.advance(PLENTY)
  expect(holder.last).toMatchObject({ type: 'ACK', message: { yiaddr: address } })
  world.advance(1_000)
  storm.discover()
  world.advance(0)
  expect(service.stats.droppedRate).toBe(2 * DHCP_MESSAGES_BURST)
})

describe('what is told', () => {
  test('the end of a lease, within a second of it; nothing runs in between', () => {
    const { plug, world } = setUp()
    plug(1).bind()
    plug(2).bind()
    world.advance(7_195_000)
    expect(world.events).toEqual(['dhcp 1', 'dhcp 2'])
    world.advance(10_000)
    expect(world.events).toEqual(['dhcp 1', 'dhcp 2', 'dhcp 1 expired', 'dhcp 2 expired'])
    expect(world.clock.pending).toBe(0)
  })

  test('a lease that is renewed does not end', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    station.bind()
    for (let hour = 0; hour < 3; hour += 1) {
      world.advance(3_600_000)
      station.renew(at(10))
      expect(station.during(PLENTY).map(({ type }) => type)).toEqual(['ACK'])
    }
    expect(world.events).toEqual(['dhcp 1'])
  })

  test('a release, a deletion and a refused address', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    station.bind()
    station.release(at(10))
    world.advance(1)
    station.bind()
    expect(world.securenat.deleteLease(at(99))).toBe(false)
    expect(world.securenat.deleteLease(at(10))).toBe(true)
    expect(world.securenat.leaseTable()).toEqual([])
    station.bind()
    station.decline(at(10))
    world.advance(1)
    expect(world.events).toEqual([
      ...['dhcp 1', 'dhcp 1 released', 'dhcp 2', 'dhcp 2 deleted', 'dhcp 3', '192.168.30.10 declined'],
    ])
  })

  test('that the pool is exhausted, once a minute, with the number of the refused', () => {
    const { plug, world, service } = setUp({ leaseStart: at(10), leaseEnd: at(10) })
    plug(1).bind()
    const station = plug(2)
    for (let second = 0; second < EXHAUSTED_REPORT_MS / 1000; second += 4) {
      station.discover()
      world.advance(4_000)
    }
    station.discover()
    world.advance(1)
    expect(world.events).toEqual(['dhcp 1', 'dhcp exhausted 1', 'dhcp exhausted 15'])
    expect(service.server.stats.poolExhausted).toBe(16)
  })
})

describe('another DHCP server', () => {
  const OTHER = ipv4('10.0.0.1')

  function offerOf(server: Ipv4Address, station: DhcpStation, source = server): Uint8Array {
    const message = station.message(2, {
      op: BOOTREPLY,
      yiaddr: at(77),
      options: { 54: Uint8Array.of(...octets(server)) },
    })
    const payload = new Uint8Array(dhcpLength(message))
    emitDhcp(message, payload, 0)
    const fields = { source, destination: BROADCAST_IPV4, sourcePort: 67, destinationPort: 68 }
    return udpFrame([...payload], { ...fields, sourceMac: station.mac, destinationMac: BROADCAST_MAC })
  }
  const octets = (address: Ipv4Address): number[] => formatIpv4(address).split('.').map(Number)

  test.each([
    ['of this network', at(2)],
    ['of a network of its own', OTHER],
  ])('%s is told about when it is heard, once an hour', (_what, server) => {
    const { plug, world, service } = setUp()
    const station = plug(90)
    for (let minute = 0; minute < 61; minute += 1) {
      station.transmit(offerOf(server, station))
      world.advance(TELL_AGAIN_MS / 60)
    }
    expect(world.events).toEqual(Array(2).fill(`dhcp server ${formatIpv4(server)}`))
    expect(service.server.stats.rxOtherServer).toBe(61)
  })

  test('is told about when a client chooses it', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    station.select(at(77), OTHER)
    expect(station.during(PLENTY)).toEqual([])
    expect(world.events).toEqual(['dhcp server 10.0.0.1'])
  })

  test('we are none ourselves, under no address that we had before', () => {
    const { plug, world } = setUp()
    const station = plug(1)
    station.transmit(offerOf(at(1), station, at(2)))
    const { host, dhcp } = world.options
    const moved = { ...world.options, host: { ...host, ipAddress: at(3) }, dhcp: { ...dhcp, gateway: at(3) } }
    world.securenat.configure(moved)
    station.select(at(10), at(1))
    world.advance(PLENTY)
    expect(world.events).toEqual(['dhcp 1'])
  })

  test('while it is around, a stranger with an address of its network gets no NAK', () => {
    const { plug, world } = setUp()
    const [other, station] = [plug(90), plug(1)]
    other.transmit(offerOf(OTHER, other))
    world.advance(1)
    station.initReboot(ipv4('10.0.0.77'))
    expect(station.during(PLENTY)).toEqual([])
    world.advance(OTHER_SERVER_MS)
    station.initReboot(ipv4('10.0.0.77'))
    expect(station.during(PLENTY).map(({ type }) => type)).toEqual(['NAK'])
  })
})
