// The DNS service of the virtual host over TCP, and under more queries than it takes, in virtual time.

import { describe, expect, test } from 'vitest'
import { DNS_CONNECTION_IDLE_MS, PIPELINED_QUERIES_LIMIT } from '../../src/securenat/dns/connection.ts'
import { DNS_CONNECTIONS_PER_GUEST_LIMIT, DNS_SESSIONS_PER_GUEST_LIMIT } from '../../src/securenat/dns/service.ts'
import { DNS_QUERIES_LIMIT, DNS_QUERIES_PER_GUEST_LIMIT } from '../../src/securenat/dns/waiters.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { dnsAnswer, dnsQuery, framed, REFUSED, readDnsAnswer, resolveWith, SERVFAIL } from '../support/dns.ts'
import { answerTo, ask, collected, FIRST, GATEWAY, good, NAME, SECOND } from '../support/dns-guest.ts'
import { NOTHING_HELD, World } from '../support/world.ts'

describe('TCP', () => {
  test('several queries on one connection, answered as the answers come', () => {
    const world = new World()
    const asked = resolveWith(world, (query, _resolver, over) => (over === 'tcp' ? good(query) : undefined))
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    const all = Array.from({ length: 10 }, (_, index) => framed(dnsQuery(index, `n${index}.example.com`)))
    const stream = Uint8Array.from(all.flatMap((message) => [...message]))
    // Cut anywhere, even within a length.
    for (let at = 0; at < stream.length; at += 7) {
      tcp.write(stream.slice(at, at + 7))
      world.advance(1)
    }
    world.advance(100)
    expect(messages().map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(asked).toHaveLength(10)
    // One connection to the resolver too.
    expect(world.outside.connections).toHaveLength(1)
    expect(world.securenat.natTable()).toMatchObject([
      { protocol: 'TCP', destinationPort: 53, tcpStatus: 'established' },
    ])
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 connected'])
    tcp.close()
    world.advance(DNS_CONNECTION_IDLE_MS + 90_000)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.outside.connection.receivedEnd || world.outside.connection.wasReset).toBe(true)
  })

  test('so many are under way at once; the rest waits, and all are answered', () => {
    const world = new World()
    const queries: Uint8Array[] = []
    resolveWith(world, (query) => {
      queries.push(query)
      return undefined
    })
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    for (let id = 0; id < 100; id++) tcp.write(framed(dnsQuery(id, `n${id}.example.com`)))
    world.advance(100)
    expect(queries).toHaveLength(PIPELINED_QUERIES_LIMIT)
    expect(world.held().heldBack).toBeGreaterThan(0)
    for (let answered = 0; answered < 100; answered++) {
      world.outside.connection.send(framed(good(queries[answered]!)))
      world.advance(1)
    }
    world.advance(100)
    expect(messages()).toHaveLength(100)
    expect(world.held().heldBack).toBe(0)
  })

  test('a guest that does not read its answers is not read from', () => {
    const world = new World()
    resolveWith(world, (query) =>
      dnsAnswer(
        query,
        Array.from({ length: 3000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`),
      ),
    )
    const tcp = world.guest.connect(GATEWAY, 53, { receiveBuffer: 4096, readRate: 0 })
    for (let id = 0; id < 200; id++) tcp.write(framed(dnsQuery(id, NAME)))
    world.advance(5_000)
    const { sendBytes, heldBack } = world.held()
    // What fits into the send buffer, and the answers that were under way when it was full.
    expect(sendBytes).toBeLessThan(2.5 * 1024 * 1024)
    expect(heldBack).toBeGreaterThan(0)
    world.advance(60_000)
    expect(world.held()).toMatchObject({ sendBytes: 0, connections: 0, sessions: 0, heldBack: 0 })
  })

  test('the next resolver, when one refuses or breaks the connection', () => {
    const world = new World()
    world.outside.host(FIRST, 'refused')
    const asked = resolveWith(world, good)
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    tcp.write(framed(dnsQuery(1, NAME)))
    world.advance(100)
    expect(messages()).toMatchObject([{ id: 1, addresses: ['203.0.113.1'] }])
    expect(asked.map(({ resolver }) => resolver)).toEqual([SECOND])
    world.outside.connection.sendReset()
    world.advance(10)
    tcp.write(framed(dnsQuery(2, 'b.example.com')))
    world.advance(100)
    expect(messages()).toHaveLength(2)
  })

  test('none takes a connection: SERVFAIL', () => {
    const world = new World()
    for (const resolver of [FIRST, SECOND]) world.outside.host(resolver, 'refused')
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    tcp.write(framed(dnsQuery(1, NAME)))
    world.advance(100)
    expect(messages()).toMatchObject([{ id: 1, rcode: SERVFAIL }])
  })

  test('what is not DNS is reset; a response too', () => {
    for (const bytes of [framed(Uint8Array.of(1, 2, 3)), framed(dnsAnswer(dnsQuery(1, 'a'), []))]) {
      const world = new World()
      const tcp = world.guest.connect(GATEWAY, 53)
      tcp.write(bytes)
      world.advance(100)
      expect(tcp.closedBy).toBe('reset')
      expect(world.held()).toEqual(NOTHING_HELD)
    }
  })

  test('an idle connection is closed in order', () => {
    const world = new World()
    const tcp = world.guest.connect(GATEWAY, 53)
    tcp.onEnd = () => tcp.close()
    world.advance(DNS_CONNECTION_IDLE_MS + 1000)
    expect(tcp.closedBy).toBe('both ends')
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a guest closes its side after its query: it is answered first', () => {
    const world = new World({ outside: { delayMs: 50 } })
    resolveWith(world, good)
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    tcp.write(framed(dnsQuery(1, NAME)))
    tcp.close()
    world.advance(1000)
    expect(messages()).toMatchObject([{ id: 1, addresses: ['203.0.113.1'] }])
    expect(tcp.closedBy).toBe('both ends')
    world.advance(60_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a guest that resets leaves nothing behind', () => {
    const world = new World()
    resolveWith(world, () => undefined)
    const tcp = world.guest.connect(GATEWAY, 53)
    tcp.write(framed(dnsQuery(1, NAME)))
    world.advance(100)
    expect(world.securenat.dns.waiters.size).toBe(1)
    world.securenat.nat.table.get(1)!.abort()
    expect([world.securenat.dns.waiters.size, world.securenat.dns.forwarder.size]).toEqual([0, 0])
  })

  test('so many connections of one guest', () => {
    const world = new World()
    const all = Array.from({ length: DNS_CONNECTIONS_PER_GUEST_LIMIT + 1 }, () => world.guest.connect(GATEWAY, 53))
    world.advance(100)
    expect(all.map(({ state }) => state)).toEqual([
      ...new Array(DNS_CONNECTIONS_PER_GUEST_LIMIT).fill('ESTABLISHED'),
      'CLOSED',
    ])
    expect(world.securenat.dns.stats.refusedConnectionLimit).toBe(1)
    const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') }).connect(GATEWAY, 53)
    world.advance(100)
    expect(other.state).toBe('ESTABLISHED')
  })
})

describe('many at once', () => {
  test('past its share a guest is refused and told of in the log; another is not touched', () => {
    const world = new World()
    const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
    const asked = resolveWith(world, (query) => {
      return String.fromCharCode(...query.subarray(13, 16)) === 'one' ? undefined : good(query)
    })
    for (let id = 0; id < 1000; id++) ask(world, dnsQuery(id, `one${id}.example.com`), 10_000 + id)
    world.advance(100)
    expect(asked).toHaveLength(DNS_QUERIES_PER_GUEST_LIMIT)
    expect(world.guest.datagrams).toHaveLength(1000 - DNS_QUERIES_PER_GUEST_LIMIT)
    expect(readDnsAnswer(world.guest.datagrams[0]!.bytes).rcode).toBe(REFUSED)
    expect(world.securenat.dns.waiters.stats.refusedGuestLimit).toBe(1000 - DNS_QUERIES_PER_GUEST_LIMIT)
    expect(world.events.filter((event) => event.startsWith('dns'))).toEqual(['dns limit 192.168.30.10'])
    // Rows are few as well, and the answers came all the same.
    expect(world.securenat.natTable()).toHaveLength(DNS_SESSIONS_PER_GUEST_LIMIT)
    ask(world, dnsQuery(1, NAME), 6000, other)
    world.advance(10)
    expect(readDnsAnswer(other.datagrams[0]!.bytes).addresses).toEqual(['203.0.113.1'])
  })

  test('all guests together reach the total: the oldest of the one with the most gives way', () => {
    const world = new World()
    resolveWith(world, () => undefined)
    const guests = Array.from({ length: DNS_QUERIES_LIMIT / DNS_QUERIES_PER_GUEST_LIMIT }, (_, index) =>
      world.plug({ mac: 0x5254_0000_1000 + index, address: ipv4(`192.168.30.${100 + index}`) }),
    )
    for (const [index, guest] of guests.entries()) {
      for (let id = 0; id < DNS_QUERIES_PER_GUEST_LIMIT; id++)
        ask(world, dnsQuery(id, `n${id}.g${index}.x`), 6000, guest)
    }
    world.advance(100)
    const { waiters } = world.securenat.dns
    expect(waiters.size).toBe(DNS_QUERIES_LIMIT)
    ask(world, dnsQuery(7, NAME))
    world.advance(100)
    expect(waiters.size).toBe(DNS_QUERIES_LIMIT)
    expect(waiters.stats).toMatchObject({ displaced: 1, refusedTotalLimit: 0 })
    resolveWith(world, good)
    world.advance(2000)
    expect(world.guest.datagrams.map(({ bytes }) => readDnsAnswer(bytes).id)).toEqual([7])
  })

  test('a full session table does not keep a guest from its answers', () => {
    const world = new World()
    resolveWith(world, good)
    world.securenat.nat.table.hasRoomFor = () => false
    expect(answerTo(world, dnsQuery(1, NAME)).addresses).toEqual(['203.0.113.1'])
    expect(world.securenat.dns.stats.unlisted).toBe(1)
    expect(world.securenat.natTable()).toEqual([])
  })

  test('closed in the middle, nothing is left', () => {
    const world = new World()
    resolveWith(world, () => undefined)
    const tcp = world.guest.connect(GATEWAY, 53)
    for (let id = 0; id < 20; id++) {
      ask(world, dnsQuery(id, `u${id}.x`))
      tcp.write(framed(dnsQuery(id, `t${id}.x`)))
    }
    world.advance(100)
    world.securenat.close()
    world.advance(1000)
    expect(tcp.closedBy).toBe('reset')
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.outside.connections.every(({ wasReset }) => wasReset)).toBe(true)
    expect([world.securenat.dns.waiters.size, world.securenat.dns.forwarder.size]).toEqual([0, 0])
  })
})
