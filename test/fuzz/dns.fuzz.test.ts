// The DNS service under mutated queries and answers, over UDP and TCP, from several guests, with resolvers that lie: nothing
// throws, every answer can be read, and when it is over nothing is left.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { dnsAnswer, dnsQuery, framed, readDnsAnswer } from '../support/dns.ts'
import { mutated } from '../support/mutated.ts'
import { NOTHING_HELD, World } from '../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const QUERIES = [
  dnsQuery(1, 'www.example.com'),
  dnsQuery(2, 'WWW.example.com', { type: 'AAAA', udpSize: 1232, dnssecOk: true, options: [0, 10, 0, 2, 1, 2] }),
  dnsQuery(3, 'printer.lan'),
  dnsQuery(4, '7.30.168.192.in-addr.arpa', { type: 'PTR' }),
  dnsQuery(5, 'alias.lan', { udpSize: 512 }),
  dnsQuery(6, 'example.com', { type: 255, flags: 0x2900 }),
]
const answersTo = (query: Uint8Array): Uint8Array[] => {
  try {
    return [
      dnsAnswer(query, ['10.1.1.1', '10.1.1.2'], { edns: true }),
      dnsAnswer(query, ['mail.example.com'], { type: 'CNAME', soa: [60, 60] }),
      dnsAnswer(query, [], { rcode: 3, soa: [5, 5] }),
      dnsAnswer(query, [], { rcode: 2 }),
      dnsAnswer(query, ['10.1.1.1'], { truncated: true }),
    ]
  } catch {
    return [query]
  }
}

const step = fc.record({
  kind: fc.constantFrom('udp', 'udp', 'udp', 'tcp', 'chunk'),
  guest: fc.nat({ max: 1 }),
  port: fc.integer({ min: 6000, max: 6003 }),
  bytes: fc.oneof(fc.constantFrom(...QUERIES), mutated(QUERIES), fc.uint8Array({ maxLength: 40 })),
  /** What the resolver does with what reaches it. */
  answer: fc.nat({ max: 6 }),
  change: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { freq: 2 }),
  waitMs: fc.constantFrom(0, 1, 900, 9000),
})

test('mutated queries and answers', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const records = [{ name: 'alias.lan', type: 'CNAME', value: 'www.example.com', ttlSeconds: 1 }] as const
      const world = new World({ dhcp: { domainName: 'lan' }, dns: { records, cacheEntries: 4 } })
      const guests = [world.guest, world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })]
      let present = steps[0]
      const respond = (query: Uint8Array): Uint8Array | undefined => {
        const answer = answersTo(query)[present?.answer ?? 0]
        if (answer === undefined || present?.change === undefined || present.change === null) return answer
        const changed = answer.slice()
        changed[present.change[0] % changed.length] = present.change[1]
        return changed
      }
      world.outside.onUdp = (socket, bytes, address, port) => {
        const answer = respond(bytes)
        if (answer !== undefined) socket.deliver(answer, address, port)
      }
      world.outside.onConnection = (connection) => {
        connection.onReceived = (bytes) => {
          const answer = respond(bytes.slice(2))
          if (answer !== undefined) connection.send(framed(answer))
        }
      }
      const connections = guests.map((guest) => guest.connect(GATEWAY, 53))
      world.advance(10)
      for (const next of steps) {
        present = next
        const { kind, guest, port, bytes, waitMs } = next
        if (kind === 'udp') guests[guest]!.udp(port, GATEWAY, 53, bytes)
        else if (connections[guest]!.state === 'ESTABLISHED') {
          connections[guest]!.write(kind === 'tcp' ? framed(bytes) : bytes)
        }
        world.advance(waitMs)
      }
      world.advance(120_000)
      for (const { datagrams } of guests) {
        for (const { bytes, sourcePort } of datagrams) if (sourcePort === 53) expect(bytes.length).toBeGreaterThan(11)
      }
      const { waiters, forwarder, cache } = world.securenat.dns
      expect([waiters.size, forwarder.size]).toEqual([0, 0])
      expect(cache.size).toBeLessThanOrEqual(4)
      expect(world.held()).toEqual(NOTHING_HELD)
      expect(world.clock.pending).toBe(0)
    }),
    { numRuns: 120 },
  )
})

test('whatever the answers were, the ones of our own making can be read to their last byte', () => {
  fc.assert(
    fc.property(mutated(QUERIES), (query) => {
      const world = new World({ dhcp: { domainName: 'lan' } })
      world.resolvers = []
      world.guest.udp(6000, GATEWAY, 53, query)
      world.advance(10)
      for (const { bytes } of world.guest.datagrams) expect(readDnsAnswer(bytes).id).toBe((query[0]! << 8) | query[1]!)
    }),
    { numRuns: 200 },
  )
})
