// UDP through the NAT in virtual time: endpoint-independent mapping and filtering (RFC 4787 REQ-1, REQ-8), port preservation,
// limits, fragments, idle time.

import { describe, expect, test } from 'vitest'
import { patternBytes } from '../../test/support/random.ts'
import { NOTHING_HELD, SERVER, World } from '../../test/support/world.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { DEFAULT_NAT_LIMITS } from './limits.ts'
import { ONE_SHOT_IDLE_MS } from './udp-session.ts'

const OTHERS = [ipv4('198.51.100.7'), ipv4('198.51.100.8')]

test('three destinations, one outside socket, on the port of the guest', () => {
  const world = new World()
  for (const [index, to] of [SERVER, ...OTHERS].entries()) world.guest.udp(5000, to, 9000 + index, Uint8Array.of(index))
  world.advance(10)
  expect(world.outside.udp).toHaveLength(1)
  expect(world.outside.udp[0]).toMatchObject({ preferredPort: 5000, port: 5000 })
  expect(world.outside.udp[0]!.sent.map(({ address, port, bytes }) => [address, port, ...bytes])).toEqual([
    [SERVER, 9000, 0],
    [OTHERS[0], 9001, 1],
    [OTHERS[1], 9002, 2],
  ])
  expect(world.securenat.natTable()).toMatchObject([
    { id: 1, protocol: 'UDP', internalPort: 5000, destinationAddress: SERVER, destinationPort: 9000, sentBytes: 3 },
  ])
})

test('two guests with the same port have two outside sockets', () => {
  const world = new World()
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  other.udp(5000, SERVER, 9, Uint8Array.of(2))
  world.advance(10)
  expect(new Set(world.outside.udp.map(({ port }) => port)).size).toBe(2)
  expect(world.outside.udp[0]!.port).toBe(5000)
})

test('who knows the outside port may send to it, and is seen by the guest as who it is', () => {
  const world = new World()
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  world.outside.udp[0]!.deliver(Uint8Array.of(7, 8), OTHERS[1]!, 1234)
  world.advance(10)
  expect(world.guest.datagrams).toEqual([
    { source: OTHERS[1], sourcePort: 1234, destinationPort: 5000, bytes: Uint8Array.of(7, 8) },
  ])
})

test.each([0, 1, 1472, 1473, 9000, 65_507])('%i bytes pass both ways, in fragments where they must', (length) => {
  const world = new World({ link: { delayMs: 1 } })
  const bytes = patternBytes(length)
  world.guest.udp(5000, SERVER, 9, bytes)
  world.advance(10)
  const [socket] = world.outside.udp
  expect(socket?.sent[0]?.bytes).toEqual(bytes)
  socket!.deliver(bytes, SERVER, 9)
  world.advance(10)
  expect(world.guest.datagrams[0]?.bytes).toEqual(bytes)
  if (length > 1472) expect(world.securenat.stack.outputStats.txFragments).toBeGreaterThan(1)
})

test('a guest has so many endpoints; the least recently used one gives way to a new one', () => {
  const world = new World()
  world.advance(1)
  for (let index = 0; index < DEFAULT_NAT_LIMITS.udpSessionsPerGuest; index++) {
    world.guest.udp(10_000 + index, SERVER, 9, Uint8Array.of(1))
  }
  world.advance(1000)
  expect(world.securenat.nat.table.size).toBe(DEFAULT_NAT_LIMITS.udpSessionsPerGuest)
  world.guest.udp(10_000, SERVER, 9, Uint8Array.of(2))
  world.advance(10)
  world.guest.udp(9000, SERVER, 9, Uint8Array.of(3))
  world.advance(10)
  expect(world.securenat.nat.stats.udpEvicted).toBe(1)
  expect(world.securenat.nat.table.size).toBe(DEFAULT_NAT_LIMITS.udpSessionsPerGuest)
  expect(world.outside.udp[0]!.closed).toBe(false)
  expect(world.outside.udp[1]!.closed).toBe(true)
})

test('a socket that breaks is forgotten; the next datagram opens another', () => {
  const world = new World()
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  world.outside.udp[0]!.fail()
  expect(world.held()).toEqual(NOTHING_HELD)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(2))
  world.advance(10)
  expect(world.outside.udp).toHaveLength(2)
  expect(world.events).toEqual(['udp 1 created', 'udp 1 deleted', 'udp 2 created'])
})

test('an idle endpoint is forgotten once, and no timer is left behind', () => {
  const world = new World({ nat: { udpTimeoutSeconds: 30 } })
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(29_000)
  world.outside.udp[0]!.deliver(Uint8Array.of(1), SERVER, 9)
  world.advance(29_000)
  expect(world.securenat.natTable()).toHaveLength(1)
  world.advance(2000)
  expect(world.events).toEqual(['udp 1 created', 'udp 1 deleted'])
  expect(world.held()).toEqual(NOTHING_HELD)
  world.advance(200_000)
  expect(world.clock.pending).toBe(0)
})

describe('one-shot flows', () => {
  test.each([53, 123])('port %i: a flow that has its answer gives its place back early', (port) => {
    const world = new World()
    world.guest.udp(5000, SERVER, port, Uint8Array.of(1))
    world.advance(10)
    world.outside.udp[0]!.deliver(Uint8Array.of(2), SERVER, port)
    world.advance(ONE_SHOT_IDLE_MS - 100)
    // One more question from the same port begins the wait anew.
    world.guest.udp(5000, SERVER, port, Uint8Array.of(3))
    world.advance(100_000)
    expect(world.outside.udp).toHaveLength(1)
    expect(world.held().udp).toBe(1)
    world.outside.udp[0]!.deliver(Uint8Array.of(4), SERVER, port)
    world.advance(ONE_SHOT_IDLE_MS - 100)
    expect(world.held().udp).toBe(1)
    world.advance(200)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.guest.datagrams).toHaveLength(2)
  })

  test('an endpoint that also speaks to other ports is none', () => {
    const world = new World()
    world.guest.udp(5000, SERVER, 53, Uint8Array.of(1))
    world.guest.udp(5000, SERVER, 9000, Uint8Array.of(1))
    world.advance(10)
    world.outside.udp[0]!.deliver(Uint8Array.of(2), SERVER, 53)
    world.advance(590_000)
    expect(world.held().udp).toBe(1)
    world.advance(11_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a question without an answer waits as long as others', () => {
    const world = new World()
    world.guest.udp(5000, SERVER, 53, Uint8Array.of(1))
    world.advance(590_000)
    expect(world.held().udp).toBe(1)
  })
})

test.each(['127.0.0.1', '127.255.255.255', '0.0.0.0'])('the loopback of the host is closed (D10): %s', (address) => {
  const world = new World()
  world.guest.udp(5000, ipv4(address), 53, Uint8Array.of(1))
  const tcp = world.guest.connect(ipv4(address), 22)
  world.advance(100)
  expect(world.outside.udp).toEqual([])
  expect(world.outside.connections).toEqual([])
  expect(tcp.closedBy).toBe('refused')
  expect(world.events.sort()).toEqual(['TCP refused', 'UDP refused'])
  expect(world.securenat.nat.stats).toMatchObject({ tcpForbidden: 1, udpForbidden: 1 })
})

test('a port of the virtual host at which nothing listens: ICMP port unreachable', () => {
  const world = new World()
  world.guest.udp(5000, ipv4('192.168.30.1'), 4000, Uint8Array.of(1))
  world.advance(10)
  expect(world.guest.icmp).toMatchObject([{ type: 3, code: 3 }])
  expect([...world.guest.icmp[0]!.body.subarray(20, 24)]).toEqual([5000 >> 8, 5000 & 255, 4000 >> 8, 4000 & 255])
})

test('the error about a datagram that came in fragments quotes its IP header too', () => {
  const world = new World()
  world.guest.udp(5000, ipv4('192.168.30.1'), 4000, patternBytes(3000))
  world.advance(10)
  const [error] = world.guest.icmp
  expect(error).toMatchObject({ type: 3, code: 3 })
  expect(error!.body[0]! >> 4).toBe(4)
  expect([...error!.body.subarray(12, 16)]).toEqual([192, 168, 30, 10])
  expect([...error!.body.subarray(20, 24)]).toEqual([5000 >> 8, 5000 & 255, 4000 >> 8, 4000 & 255])
})

test.each(['224.0.0.251', '255.255.255.255', '192.168.30.255', '192.168.30.77'])('not ours to carry: %s', (address) => {
  const world = new World()
  world.guest.udp(5353, ipv4(address), 5353, Uint8Array.of(1))
  world.advance(100)
  expect(world.outside.udp).toEqual([])
  expect(world.guest.icmp).toEqual([])
})

test('the TTL of the guest goes on, less one, and so does what it says of fragments', () => {
  const world = new World()
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1), { ttl: 5, dontFragment: true })
  world.advance(10)
  expect(world.outside.udp[0]).toMatchObject({ ttl: 4, dontFragment: true })
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(2), { ttl: 6 })
  world.advance(10)
  expect(world.outside.udp[0]).toMatchObject({ ttl: 5, dontFragment: false })
})

test('what the outside says about a datagram reaches the guest, in the name of who said it', () => {
  const world = new World()
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1, 2))
  world.advance(10)
  const payload = Uint8Array.of(1, 2)
  world.outside.udp[0]!.refuse({ type: 11, code: 0, reporter: OTHERS[0]!, address: SERVER, port: 9, payload })
  // This computer's own word does not name the port.
  world.outside.udp[0]!.refuse({ type: 3, code: 4, address: SERVER, mtu: 1400 })
  world.advance(10)
  const [expired, tooLong] = world.guest.icmp
  expect(expired).toMatchObject({ source: OTHERS[0], type: 11, code: 0 })
  expect([...expired!.body.subarray(20)]).toEqual([19, 136, 0, 9, 0, 10, 0, 0, 1, 2])
  expect(tooLong).toMatchObject({ source: ipv4('192.168.30.1'), type: 3, code: 4, rest: [0, 1400] })
  expect([...tooLong!.body.subarray(12, 24)]).toEqual([192, 168, 30, 10, 203, 0, 113, 1, 19, 136, 0, 9])
})
