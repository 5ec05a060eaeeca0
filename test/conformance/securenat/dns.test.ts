// What the manual says of names, and what was wrong with them.

import { expect, test } from 'vitest'
import { DNS_QUERIES_PER_GUEST_LIMIT } from '../../../src/securenat/dns/waiters.ts'
import { formatConfig, initialConfig, parseConfig } from '../../../src/server/config/config.ts'
import { HostResolvers } from '../../../src/server/resolvers.ts'
import { getIpv4Option, getTextOption, OPTION_DNS_SERVER, OPTION_DOMAIN_NAME } from '../../../src/wire/dhcp.ts'
import { ANY_IPV4, formatIpv4, ipv4 } from '../../../src/wire/ipv4-address.ts'
import { DhcpClient, dhcpHarness } from '../../support/dhcp-client.ts'
import { dnsAnswer, dnsQuery, framed, readDnsAnswer, resolveWith, unframed } from '../../support/dns.ts'
import { RESOLVERS, World } from '../../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const [FIRST, SECOND] = RESOLVERS.map(formatIpv4) as [string, string]

function ask(world: World, id: number, name: string): string[] {
  world.guest.udp(6000, GATEWAY, 53, dnsQuery(id, name))
  world.advance(1000)
  return readDnsAnswer(world.guest.datagrams.at(-1)!.bytes).addresses
}

test("R30: a query to UDP port 53 of the virtual host goes to the host's resolver, and its answer comes from there", () => {
  const world = new World()
  const asked = resolveWith(world, (query) => dnsAnswer(query, ['203.0.113.1']))
  expect(ask(world, 7, 'www.example.com')).toEqual(['203.0.113.1'])
  expect(world.guest.datagrams[0]).toMatchObject({ source: GATEWAY, sourcePort: 53, destinationPort: 6000 })
  expect(asked).toEqual([{ name: 'www.example.com', resolver: FIRST, over: 'udp' }])
  // As the log of the manual shows it: a UDP session to the virtual host.
  expect(world.events).toEqual(['udp 1 created'])
  expect(world.securenat.natTable()).toMatchObject([
    { id: 1, protocol: 'UDP', internalPort: 6000, destinationAddress: GATEWAY, destinationPort: 53 },
  ])
  expect(world.securenat.status()).toMatchObject({ udpSessions: 1, dnsSessions: 0 })
})

test('R30: with the NAT off there is no redirect', () => {
  const world = new World({ nat: { enabled: false } })
  const asked = resolveWith(world, (query) => dnsAnswer(query, ['203.0.113.1']))
  world.guest.udp(6000, GATEWAY, 53, dnsQuery(7, 'www.example.com'))
  world.advance(1000)
  expect([asked, world.guest.datagrams]).toEqual([[], []])
})

test.each([
  ['192.168.30.1', {}],
  [undefined, { dnsServer1: ANY_IPV4 }],
])('R41: the DNS server given to clients is %s', (expected, options) => {
  const offer = new DhcpClient(dhcpHarness(options), 0x5254_0000_0001).discover()!
  const address = getIpv4Option(offer.message.options, OPTION_DNS_SERVER)
  expect(address === undefined ? undefined : formatIpv4(address)).toBe(expected)
})

test.each([
  ['search other.example\ndomain corp.example\n', 'corp.example'],
  ['search site.example other.example\n', 'site.example'],
  ['nameserver 10.0.0.1\n', ''],
])("R42: the domain given to clients is the host's, of %j", (resolvConf, domain) => {
  const resolvers = new HostResolvers({ stamp: () => '1', read: () => resolvConf }, () => 0)
  const defaults = { wallClock: () => 0, random: () => 1, domainName: resolvers.domain() }
  const { config } = parseConfig(formatConfig(initialConfig('en', defaults)), { ...defaults, domainName: '' })
  const { domainName } = config!.hubs[0]!.secureNat.dhcp
  const offer = new DhcpClient(dhcpHarness({ domainName }), 0x5254_0000_0001).discover()!
  expect(getTextOption(offer.message.options, OPTION_DOMAIN_NAME) ?? '').toBe(domain)
})

test("D16: the host's resolvers are followed when they change", () => {
  const world = new World()
  const asked = resolveWith(world, (query) => dnsAnswer(query, ['203.0.113.1']))
  ask(world, 1, 'www.example.com')
  world.resolvers = [ipv4('203.0.113.53')]
  ask(world, 2, 'www.example.com')
  expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, '203.0.113.53'])
})

test('D16: a changed file is read within two seconds, without a timer', () => {
  let now = 0
  let text = 'nameserver 10.0.0.1\n'
  const resolvers = new HostResolvers({ stamp: () => text, read: () => text }, () => now)
  expect(resolvers.nameservers().map(formatIpv4)).toEqual(['10.0.0.1'])
  text = 'nameserver 10.0.0.2\n'
  now = 1_500
  expect(resolvers.nameservers().map(formatIpv4)).toEqual(['10.0.0.2'])
})

test('D16: several resolvers: one that is silent gives way to the next', () => {
  const world = new World()
  const asked = resolveWith(world, (query, resolver) =>
    resolver === RESOLVERS[0] ? undefined : dnsAnswer(query, ['203.0.113.1']),
  )
  expect(ask(world, 1, 'www.example.com')).toEqual(['203.0.113.1'])
  expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, SECOND])
})

test('D16: TCP port 53 of the virtual host answers', () => {
  const world = new World()
  resolveWith(world, (query) => dnsAnswer(query, ['203.0.113.1']))
  const tcp = world.guest.connect(GATEWAY, 53)
  const received: number[] = []
  tcp.onData = (bytes) => received.push(...bytes)
  tcp.write(framed(dnsQuery(7, 'www.example.com')))
  world.advance(100)
  expect(unframed(Uint8Array.from(received)).map(readDnsAnswer)).toMatchObject([{ id: 7, addresses: ['203.0.113.1'] }])
})

test('D16: an answer is kept for its TTL', () => {
  const world = new World()
  const asked = resolveWith(world, (query) => dnsAnswer(query, ['203.0.113.1'], { ttl: 60 }))
  for (const id of [1, 2, 3]) expect(ask(world, id, 'www.example.com')).toEqual(['203.0.113.1'])
  expect(asked).toHaveLength(1)
})

test('D17: the queries of one guest do not starve those of another', () => {
  const world = new World()
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  resolveWith(world, (query) => (query[12] === 1 ? undefined : dnsAnswer(query, ['203.0.113.1'])))
  // Names of one letter are never answered.
  for (let id = 0; id < 4 * DNS_QUERIES_PER_GUEST_LIMIT; id++) {
    world.guest.udp(10_000 + id, GATEWAY, 53, dnsQuery(id, `a.${id}.example.com`))
  }
  world.advance(100)
  other.udp(6000, GATEWAY, 53, dnsQuery(1, 'www.example.com'))
  world.advance(10)
  expect(readDnsAnswer(other.datagrams[0]!.bytes).addresses).toEqual(['203.0.113.1'])
})
