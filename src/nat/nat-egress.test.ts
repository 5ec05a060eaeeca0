// The egress policy at work: how a guest hears of a refusal, and what a change does to flows that stand.

import { expect, test } from 'vitest'
import { SERVER, World } from '../../test/support/world.ts'
import { parseNetwork } from '../securenat/egress-text.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import type { EgressRule } from './egress.ts'

const OTHER = ipv4('198.51.100.7')
const deny = (destination: string, protocol: EgressRule['protocol'] = 'any'): EgressRule => ({
  action: 'deny',
  destination: parseNetwork(destination)!,
  protocol,
  ports: undefined,
})
const rules = (world: World, ...list: EgressRule[]): void => {
  world.options = { ...world.options, egress: { rules: list } }
  world.securenat.configure(world.options)
}

test('TCP is reset; UDP and echo requests are administratively prohibited; each is counted and told', () => {
  const world = new World({ outside: { pings: true } })
  rules(world, deny('203.0.113.0/24'))
  const tcp = world.guest.connect(SERVER, 80)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.guest.ping(SERVER)
  world.advance(100)
  expect(tcp.closedBy).toBe('refused')
  expect(world.guest.icmp.map(({ source, type, code }) => [source, type, code])).toEqual([
    [ipv4('192.168.30.1'), 3, 13],
    [ipv4('192.168.30.1'), 3, 13],
  ])
  expect(world.securenat.nat.egress.hits).toEqual([3])
  expect(world.securenat.nat.stats).toMatchObject({ tcpForbidden: 1, udpForbidden: 1, icmpForbidden: 1 })
  expect(world.events.sort()).toEqual(['ICMP refused', 'TCP refused', 'UDP refused'])
  expect(world.outside.connections).toEqual([])
  expect(world.outside.udp).toEqual([])
})

test('a flow that a new rule denies ends; the others go on', () => {
  const world = new World({ outside: { pings: true } })
  const [denied, kept] = [world.guest.connect(SERVER, 80), world.guest.connect(OTHER, 80)]
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.guest.udp(5001, OTHER, 9, Uint8Array.of(1))
  world.guest.ping(SERVER)
  world.advance(100)
  rules(world, deny('203.0.113.0/24'))
  world.advance(100)
  expect(denied.closedBy).toBe('reset')
  expect(kept.state).toBe('ESTABLISHED')
  expect(world.outside.udp.map(({ closed }) => closed)).toEqual([true, false])
  expect(world.outside.pings[0]!.closed).toBe(true)
  expect(world.securenat.nat.stats.endedByEgress).toBe(3)
})

test('an endpoint is judged for every destination it turns to, and for one again when the rules change', () => {
  const world = new World()
  world.guest.udp(5000, OTHER, 9, Uint8Array.of(1))
  world.advance(10)
  rules(world, deny('203.0.113.0/24'))
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(2))
  world.guest.udp(5000, OTHER, 9, Uint8Array.of(3))
  world.advance(10)
  expect(world.outside.udp[0]!.sent.map(({ bytes }) => bytes[0])).toEqual([1, 3])
  rules(world, deny('198.51.100.0/24', 'tcp'))
  world.guest.udp(5000, OTHER, 9, Uint8Array.of(4))
  world.advance(10)
  expect(world.outside.udp[0]!.sent.map(({ bytes }) => bytes[0])).toEqual([1, 3, 4])
})

test('the datagrams of an established flow are not judged again', () => {
  const world = new World()
  rules(world, { ...deny('0.0.0.0/0'), action: 'allow' })
  for (let count = 0; count < 100; count++) world.guest.udp(5000, SERVER, 9, Uint8Array.of(count))
  world.advance(10)
  expect(world.outside.udp[0]!.sent).toHaveLength(100)
  expect(world.securenat.nat.egress.hits).toEqual([1])
})

test('a rule opens the loopback of the host for one port', () => {
  const world = new World()
  rules(world, { ...deny('127.0.0.1/32', 'tcp'), action: 'allow', ports: { from: 5432, to: 5432 } })
  const [open, closed] = [world.guest.connect(ipv4('127.0.0.1'), 5432), world.guest.connect(ipv4('127.0.0.1'), 22)]
  world.advance(100)
  expect(open.state).toBe('ESTABLISHED')
  expect(closed.closedBy).toBe('refused')
})

test('the resolver of the host is reached through the virtual host, wherever it is', () => {
  const world = new World()
  world.resolvers = [ipv4('127.0.0.53')]
  const tcp = world.guest.connect(ipv4('192.168.30.1'), 53)
  world.advance(100)
  expect(tcp.state).toBe('ESTABLISHED')
})

test('address-dependent filtering: only who was written to may answer, whatever its port', () => {
  const world = new World({ nat: { udpFiltering: 'addressDependent' } })
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.guest.udp(5000, OTHER, 9, Uint8Array.of(1))
  world.advance(10)
  const [socket] = world.outside.udp
  socket!.deliver(Uint8Array.of(1), ipv4('198.51.100.99'), 9)
  socket!.deliver(Uint8Array.of(2), SERVER, 1234)
  socket!.deliver(Uint8Array.of(3), OTHER, 9)
  world.advance(10)
  expect(world.guest.datagrams.map(({ bytes }) => bytes[0])).toEqual([2, 3])
  expect(world.securenat.nat.stats.udpFiltered).toBe(1)
})
