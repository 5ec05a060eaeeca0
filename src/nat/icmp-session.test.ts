// Echo requests through the router in virtual time: truth in mode `real`, RFC 5508's mapping, errors from outside, limits.

import { describe, expect, test } from 'vitest'
import { naiveChecksum } from '../../test/support/frames.ts'
import { NOTHING_HELD, SERVER, World } from '../../test/support/world.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { ICMP_TIMEOUT_MS } from './icmp-session.ts'
import { DEFAULT_NAT_LIMITS } from './limits.ts'

const ROUTER = ipv4('198.51.100.1')
const GATEWAY = ipv4('192.168.30.1')
const real = (icmp: 'auto' | 'real' = 'real'): World => new World({ nat: { icmp }, outside: { pings: true } })

test.each(['auto', 'real'] as const)(
  '%s: the request leaves with the TTL less one, the reply comes as it is',
  (icmp) => {
    const world = real(icmp)
    world.guest.ping(SERVER, [5, 6], 64, 9, 3)
    world.advance(10)
    const [ping] = world.outside.pings
    expect(ping).toMatchObject({ identifier: 9 })
    expect(ping!.sent).toEqual([
      { address: SERVER, sequence: 3, body: Uint8Array.of(5, 6), ttl: 63, dontFragment: true },
    ])
    expect(world.guest.icmp).toEqual([])
    ping!.reply(50)
    world.advance(10)
    expect(world.guest.icmp).toEqual([
      { source: SERVER, type: 0, code: 0, rest: [9, 3], ttl: 49, body: Uint8Array.of(5, 6) },
    ])
    expect(world.securenat.status().icmpSessions).toBe(1)
    expect(world.securenat.natTable()).toMatchObject([
      { protocol: 'ICMP', internalPort: 9, destinationAddress: SERVER, sentBytes: 2, receivedBytes: 2 },
    ])
  },
)

test('two guests with one identifier are told apart', () => {
  const world = real()
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  world.guest.ping(SERVER, [1], 64, 9)
  other.ping(SERVER, [2], 64, 9)
  world.advance(10)
  const [first, second] = world.outside.pings
  expect(second!.identifier).not.toBe(first!.identifier)
  second!.reply()
  world.advance(10)
  expect(world.guest.icmp).toEqual([])
  expect(other.icmp).toMatchObject([{ rest: [9, 1], body: Uint8Array.of(2) }])
})

test('a router on the way is heard in its own name, about the request as the guest sent it', () => {
  const world = real()
  world.guest.ping(SERVER, [1, 2, 3, 4], 2, 9, 77)
  world.advance(10)
  // As it comes back: another identifier, and only the first eight bytes.
  const payload = Uint8Array.of(8, 0, 0xaa, 0xbb, 0x12, 0x34, 0, 77)
  world.outside.pings[0]!.refuse({ type: 11, code: 0, reporter: ROUTER, address: SERVER, payload })
  world.advance(10)
  const [error] = world.guest.icmp
  expect(error).toMatchObject({ source: ROUTER, type: 11, code: 0 })
  expect([...error!.body.subarray(12, 20)]).toEqual([192, 168, 30, 10, 203, 0, 113, 1])
  expect([...error!.body.subarray(20, 22), ...error!.body.subarray(24, 28)]).toEqual([8, 0, 0, 9, 0, 77])
  expect(naiveChecksum(error!.body.subarray(0, 20))).toBe(0)
})

test('what does not fit: fragmentation needed, with the MTU', () => {
  const world = real()
  world.guest.ping(SERVER, [1])
  world.advance(10)
  world.outside.pings[0]!.refuse({ type: 3, code: 4, address: SERVER, mtu: 1280 })
  world.advance(10)
  expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 3, code: 4, rest: [0, 1280] }])
})

test('the first hop is the virtual host', () => {
  const world = real()
  world.guest.ping(SERVER, [1], 1)
  world.advance(10)
  expect(world.outside.pings).toEqual([])
  expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 11, code: 0 }])
})

test('a reply with no time left ends here', () => {
  const world = real()
  world.guest.ping(SERVER)
  world.advance(10)
  world.outside.pings[0]!.reply(1)
  world.advance(10)
  expect(world.guest.icmp).toEqual([])
})

describe('where the operating system has no echo sockets', () => {
  test('auto: the dummy reply', () => {
    const world = new World({ nat: { icmp: 'auto' } })
    world.guest.ping(SERVER, [5])
    world.advance(10)
    expect(world.guest.icmp).toMatchObject([{ source: SERVER, type: 0, ttl: 128, body: Uint8Array.of(5) }])
  })

  test('real: administratively prohibited, and nothing untrue', () => {
    const world = new World({ nat: { icmp: 'real' } })
    world.guest.ping(SERVER)
    world.advance(10)
    expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 3, code: 13 }])
    expect(world.securenat.nat.stats.echoNotAnswered).toBe(1)
  })
})

test('a guest has so many identifiers; the least recently used one gives way', () => {
  const world = real()
  world.advance(1)
  for (let identifier = 0; identifier <= DEFAULT_NAT_LIMITS.icmpSessionsPerGuest; identifier++) {
    world.guest.ping(SERVER, [1], 64, identifier)
  }
  world.advance(10)
  expect(world.securenat.nat.stats.icmpEvicted).toBe(1)
  expect(world.outside.pings[0]!.closed).toBe(true)
  expect(world.securenat.status().icmpSessions).toBe(DEFAULT_NAT_LIMITS.icmpSessionsPerGuest)
})

test('a session ends 10 s after its last reply, and leaves nothing', () => {
  const world = real()
  world.guest.ping(SERVER)
  world.advance(ICMP_TIMEOUT_MS - 1000)
  world.outside.pings[0]!.reply()
  world.advance(ICMP_TIMEOUT_MS - 1000)
  expect(world.securenat.status().icmpSessions).toBe(1)
  world.advance(2000)
  expect(world.outside.pings[0]!.closed).toBe(true)
  expect(world.held()).toEqual(NOTHING_HELD)
  expect(world.events).toEqual([])
})

test('a socket that breaks is forgotten; the next request opens another', () => {
  const world = real()
  world.guest.ping(SERVER)
  world.advance(10)
  world.outside.pings[0]!.fail()
  expect(world.held()).toEqual(NOTHING_HELD)
  world.guest.ping(SERVER)
  world.advance(10)
  expect(world.outside.pings).toHaveLength(2)
})
