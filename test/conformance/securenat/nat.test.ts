// The NAT's settings when it is first used, what it does not carry, and what one guest cannot do to the others.

import { expect, test } from 'vitest'
import { defaultOptions } from '../../../src/securenat/options.ts'
import { ipv4 } from '../../../src/wire/ipv4-address.ts'
import { HOST_MAC } from '../../support/frames.ts'
import { SERVER, World } from '../../support/world.ts'

test('R18: the virtual NAT is on when SecureNAT is first enabled', () => {
  expect(defaultOptions(HOST_MAC).nat.enabled).toBe(true)
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(100)
  expect(tcp.state).toBe('ESTABLISHED')
})

test('R19: no packet to a guest is longer than the MTU, 1,500 bytes as it comes', () => {
  expect(defaultOptions(HOST_MAC).nat.mtu).toBe(1500)
  for (const mtu of [1500, 700]) {
    const world = new World({ nat: { mtu } })
    const lengths: number[] = []
    const { receive } = world.link
    world.link.receive = (frame) => {
      lengths.push(frame.length - 14)
      receive(frame)
    }
    world.outside.onConnection = (connection) => connection.send(new Uint8Array(20_000))
    world.guest.connect(SERVER, 80)
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(100)
    world.outside.udp[0]!.deliver(new Uint8Array(4000), SERVER, 9)
    world.advance(1000)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(mtu)
    expect(Math.max(...lengths)).toBeGreaterThan(mtu - 20)
  }
})

test('R32: the NAT carries nothing from one guest to another, nor between virtual networks of its own', () => {
  const world = new World({ nat: { icmp: 'dummy' } })
  const other = ipv4('192.168.30.77')
  world.guest.udp(5000, other, 9, Uint8Array.of(1))
  world.guest.ping(other)
  world.advance(5000)
  expect(world.outside.udp).toEqual([])
  expect(world.securenat.natTable()).toEqual([])
  expect(world.guest.icmp).toEqual([])
})

test('D8: connections that nobody has answered have a limit of their own for each guest', () => {
  const world = new World()
  world.configure({ limits: { ...world.options.nat.limits, halfOpenPerGuest: 10 } })
  world.outside.host('198.51.100.99', 'silent')
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  const flood = Array.from({ length: 30 }, (_, index) => world.guest.connect(ipv4('198.51.100.99'), 1000 + index))
  const neighbour = other.connect(SERVER, 80)
  world.advance(100)
  expect(world.outside.connections).toHaveLength(11)
  expect(flood.filter(({ closedBy }) => closedBy === 'refused')).toHaveLength(20)
  expect(neighbour.state).toBe('ESTABLISHED')
  expect(world.securenat.nat.table.stats.refusedHalfOpenGuestLimit).toBe(20)
  expect(world.events.filter((event) => event === 'limit halfOpenPerGuest')).toHaveLength(20)
})

test('D17: when the table is full the guest with the most sessions gives one up, and others are served', () => {
  const world = new World()
  world.configure({ limits: { ...world.options.nat.limits, sessions: 20 } })
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  for (let port = 10_000; port < 10_040; port++) world.guest.udp(port, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  const neighbour = other.connect(SERVER, 80)
  world.advance(100)
  expect(neighbour.state).toBe('ESTABLISHED')
  expect(world.securenat.nat.table.size).toBe(20)
  expect(world.securenat.nat.table.stats.evictedFromGreatest).toBe(1)
})

test.each([
  ['224.0.0.251', 5353],
  ['239.255.255.250', 1900],
  ['255.255.255.255', 137],
])("D23: discovery to %s port %i stays out of the host's network, and is counted", (address, port) => {
  const world = new World()
  world.guest.udp(port, ipv4(address), port, Uint8Array.of(1))
  world.advance(100)
  expect(world.outside.udp).toEqual([])
  expect(world.guest.icmp).toEqual([])
})

test('D17: past its TCP limit a guest loses the connection it used longest ago, by reset; its neighbour loses none', () => {
  const world = new World()
  world.configure({ limits: { ...world.options.nat.limits, tcpSessionsPerGuest: 2 } })
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  const neighbour = other.connect(SERVER, 80)
  const [first, second] = [world.guest.connect(SERVER, 81), world.guest.connect(SERVER, 82)]
  world.advance(100)
  first!.write(Uint8Array.of(1))
  world.advance(100)
  const third = world.guest.connect(SERVER, 83)
  world.advance(100)
  expect([first!.state, second!.closedBy, third.state, neighbour.state]).toEqual([
    'ESTABLISHED',
    'reset',
    'ESTABLISHED',
    'ESTABLISHED',
  ])
  expect(world.securenat.nat.stats.tcpEvicted).toBe(1)
  expect(world.outside.connections[2]!.wasReset).toBe(true)
})
