// ICMP through the NAT: the manual's dummy replies, TTL, and the errors of a router.

import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../src/wire/ipv4-address.ts'
import { patternBytes } from '../../support/random.ts'
import { SERVER, World } from '../../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const NOBODY = ipv4('198.51.100.222')

describe('in the mode of the manual', () => {
  const dummy = () => new World({ nat: { icmp: 'dummy' }, outside: { pings: true } })

  test('R29: every address answers, also one that does not exist, with TTL 128 and the payload of the request', () => {
    const world = dummy()
    for (const to of [SERVER, NOBODY, ipv4('10.255.0.1')]) world.guest.ping(to, [7, 8, 9], 64, 5, 6)
    world.advance(10)
    expect(world.guest.icmp).toEqual(
      [SERVER, NOBODY, ipv4('10.255.0.1')].map((source) => ({
        source,
        type: 0,
        code: 0,
        rest: [5, 6],
        ttl: 128,
        body: Uint8Array.of(7, 8, 9),
      })),
    )
    expect(world.outside.pings).toEqual([])
    expect(world.securenat.natTable()).toEqual([])
  })

  test('R29: with TTL 1 too; the virtual host answers for itself, and nobody for another guest', () => {
    const world = dummy()
    world.guest.ping(SERVER, [1], 1)
    world.guest.ping(GATEWAY, [1], 1)
    world.guest.ping(ipv4('192.168.30.99'), [1])
    world.advance(100)
    expect(world.guest.icmp.map(({ source, type }) => [source, type])).toEqual([
      [SERVER, 0],
      [GATEWAY, 0],
    ])
  })

  test('R29: a ping of 4,000 bytes, in fragments', () => {
    const world = dummy()
    const body = [...patternBytes(1400)]
    world.guest.ping(SERVER, body)
    world.advance(10)
    expect(world.guest.icmp[0]!.body).toEqual(Uint8Array.from(body))
  })

  test('R29: while the NAT is off nobody answers but the virtual host', () => {
    const world = dummy()
    world.configure({ enabled: false })
    world.guest.ping(SERVER)
    world.guest.ping(GATEWAY)
    world.advance(10)
    expect(world.guest.icmp.map(({ source }) => source)).toEqual([GATEWAY])
  })
})

test('D18: a packet that has no time left ends at the virtual host, which says so: TCP, UDP and echo requests', () => {
  const world = new World({ nat: { icmp: 'real' }, outside: { pings: true } })
  world.guest.udp(5000, SERVER, 33_434, Uint8Array.of(1), { ttl: 1 })
  world.guest.ping(SERVER, [1], 1)
  world.advance(10)
  expect(world.guest.icmp.map(({ source, type, code }) => [source, type, code])).toEqual([
    [GATEWAY, 11, 0],
    [GATEWAY, 11, 0],
  ])
  expect(world.outside.udp).toEqual([])
  expect(world.securenat.stack.stats.droppedTtl).toBe(2)
})

test('D18: what goes on has one less', () => {
  const world = new World({ nat: { icmp: 'real' }, outside: { pings: true } })
  world.guest.udp(5000, SERVER, 33_434, Uint8Array.of(1), { ttl: 2 })
  world.guest.ping(SERVER, [1], 2)
  world.advance(10)
  expect([world.outside.udp[0]!.ttl, world.outside.pings[0]!.sent[0]!.ttl]).toEqual([1, 1])
})

test('D18: what routers outside say reaches the guest in their name: time exceeded, unreachable, fragmentation needed', () => {
  const world = new World()
  const router = ipv4('198.51.100.1')
  world.guest.udp(5000, SERVER, 7, Uint8Array.of(1))
  world.advance(10)
  const [socket] = world.outside.udp
  socket!.refuse({ type: 11, code: 0, reporter: router, address: SERVER, port: 7 })
  socket!.refuse({ type: 3, code: 3, reporter: SERVER, address: SERVER, port: 7 })
  socket!.refuse({ type: 3, code: 4, reporter: router, address: SERVER, port: 7, mtu: 1280 })
  world.advance(10)
  expect(world.guest.icmp.map(({ source, type, code, rest }) => [source, type, code, rest[1]])).toEqual([
    [router, 11, 0, 0],
    [SERVER, 3, 3, 0],
    [router, 3, 4, 1280],
  ])
})

test('D18: a closed port of the virtual host is unreachable', () => {
  const world = new World()
  world.guest.udp(5000, GATEWAY, 4000, Uint8Array.of(1))
  world.advance(10)
  expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 3, code: 3 }])
})
