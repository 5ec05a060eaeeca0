// Names that the virtual host answers itself: guests, fixed records, its own, host.internal; and which it asks others for.

import { describe, expect, test } from 'vitest'
import type { DnsRecord } from '../../src/securenat/dns/options.ts'
import { formatIpv4, ipv4 } from '../../src/wire/ipv4-address.ts'
import type { MacAddress } from '../../src/wire/mac.ts'
import {
  dnsAnswer,
  dnsQuery,
  framed,
  NXDOMAIN,
  nameOfData,
  type QueryOptions,
  readDnsAnswer,
  resolveWith,
  unframed,
} from '../support/dns.ts'
import { World, type WorldOptions } from '../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const HOUR_MS = 3_600_000

interface Lease {
  address: string
  hostName: string
  id?: number
  expiresIn?: number
}

function lease(world: World, { address, hostName, id = 1, expiresIn = HOUR_MS }: Lease): void {
  const now = world.clock.wallClock()
  world.securenat.names.put({
    id,
    ipAddress: ipv4(address),
    clientKey: `key ${id}`,
    macAddress: 0x5254_0000_0000 + id,
    hostName,
    leasedAt: now,
    expiresAt: now + expiresIn,
  } as Parameters<typeof world.securenat.names.put>[0])
}

function named(options: WorldOptions = {}): { world: World; asked: { name: string }[] } {
  const world = new World({ ...options, dhcp: { domainName: 'lan', ...options.dhcp } })
  return { world, asked: resolveWith(world, (query) => dnsAnswer(query, ['198.51.100.99'])) }
}

function answerTo(world: World, name: string, given: QueryOptions = {}) {
  world.guest.udp(6000, GATEWAY, 53, dnsQuery(7, name, given))
  world.advance(10)
  return readDnsAnswer(world.guest.datagrams.at(-1)!.bytes)
}

function record(name: string, type: DnsRecord['type'], value: string, ttlSeconds = 300): DnsRecord {
  return { name, type, value, ttlSeconds }
}

describe('guests', () => {
  test('by name alone, under the domain, and in reverse; nobody outside is asked', () => {
    const { world, asked } = named()
    lease(world, { address: '192.168.30.20', hostName: 'Printer' })
    for (const name of ['printer', 'PRINTER.lan', 'printer.LAN']) {
      expect(answerTo(world, name)).toMatchObject({ name, rcode: 0, flags: 0x8580, addresses: ['192.168.30.20'] })
    }
    const reverse = answerTo(world, '20.30.168.192.in-addr.arpa', { type: 'PTR' })
    expect(nameOfData(reverse.records[0]!.data)).toBe('printer.lan')
    expect(asked).toEqual([])
    expect(world.securenat.dns.stats.local).toBe(4)
  })

  test('without a domain, by name alone', () => {
    const { world } = named({ dhcp: { domainName: '' } })
    lease(world, { address: '192.168.30.20', hostName: 'printer.somewhere.else' })
    expect(answerTo(world, 'printer').addresses).toEqual(['192.168.30.20'])
    const reverse = answerTo(world, '20.30.168.192.in-addr.arpa', { type: 'PTR' })
    expect(nameOfData(reverse.records[0]!.data)).toBe('printer')
  })

  test('other types of a guest: nothing there, with SOA for how long that may be kept', () => {
    const { world, asked } = named()
    lease(world, { address: '192.168.30.20', hostName: 'printer' })
    const answer = answerTo(world, 'printer.lan', { type: 'AAAA' })
    expect(answer).toMatchObject({ rcode: 0, addresses: [], counts: [1, 0, 1, 0] })
    expect(answer.records).toMatchObject([{ name: 'lan', type: 6, ttl: 10 }])
    expect(asked).toEqual([])
  })

  test('by DHCP as it really goes, and no longer when the lease has ended', () => {
    const { world } = named({ guest: { address: ipv4('0.0.0.0') }, dhcp: { leaseSeconds: 60 } })
    world.guest.dhcp()
    world.until('a lease', () => world.guest.address !== 0, 10_000)
    expect(world.securenat.leaseTable()).toMatchObject([{ hostName: '' }])
    lease(world, { address: '192.168.30.30', hostName: 'brief', expiresIn: 60_000 })
    expect(answerTo(world, 'brief').addresses).toEqual(['192.168.30.30'])
    world.advance(60_000)
    expect(answerTo(world, 'brief.lan').rcode).toBe(NXDOMAIN)
    expect(answerTo(world, '30.30.168.192.in-addr.arpa', { type: 'PTR' }).rcode).toBe(NXDOMAIN)
  })

  test('a name is of the client that had it first, while it has it', () => {
    const { world } = named()
    lease(world, { address: '192.168.30.20', hostName: 'printer', id: 1, expiresIn: 10_000 })
    lease(world, { address: '192.168.30.21', hostName: 'printer', id: 2 })
    expect(answerTo(world, 'printer').addresses).toEqual(['192.168.30.20'])
    expect(answerTo(world, '21.30.168.192.in-addr.arpa', { type: 'PTR' }).rcode).toBe(NXDOMAIN)
    world.advance(10_000)
    expect(answerTo(world, 'printer').addresses).toEqual(['192.168.30.21'])
    // The first comes back under another name, and leaves.
    lease(world, { address: '192.168.30.20', hostName: 'scanner', id: 1 })
    expect(answerTo(world, 'scanner').addresses).toEqual(['192.168.30.20'])
    world.securenat.names.remove(ipv4('192.168.30.20'))
    expect(answerTo(world, 'scanner.lan').rcode).toBe(NXDOMAIN)
  })

  test('a reservation has its name, whether its client is there or calls itself otherwise', () => {
    const reservations = [
      { ipAddress: ipv4('192.168.30.250'), macAddress: 1 as MacAddress, hostName: 'NAS' },
      { ipAddress: ipv4('192.168.30.251'), macAddress: 2 as MacAddress },
    ]
    const { world } = named({ dhcp: { reservations } })
    lease(world, { address: '192.168.30.20', hostName: 'nas', id: 1 })
    lease(world, { address: '192.168.30.250', hostName: 'other', id: 2 })
    expect(answerTo(world, 'nas').addresses).toEqual(['192.168.30.250'])
    const reverse = answerTo(world, '250.30.168.192.in-addr.arpa', { type: 'PTR' })
    expect(nameOfData(reverse.records[0]!.data)).toBe('nas.lan')
    world.options = { ...world.options, dhcp: { ...world.options.dhcp, reservations: [] } }
    world.configure({})
    expect(answerTo(world, 'nas').addresses).toEqual(['192.168.30.20'])
  })

  test.each(['wpad', 'localhost', 'gateway', '-x', 'a b', 'ünlaut', ''])('nobody is called %j', (hostName) => {
    const { world } = named()
    lease(world, { address: '192.168.30.20', hostName })
    expect(world.securenat.names.nameOf(ipv4('192.168.30.20'))).toBeUndefined()
    expect(world.securenat.names.addressOf(hostName)).toBeUndefined()
  })
})

describe('the domain', () => {
  test.each([
    ['lan', '', 'auto', NXDOMAIN],
    ['hub1', '', 'auto', NXDOMAIN],
    ['x.home.arpa', '', 'auto', NXDOMAIN],
    ['example.org', '', 'auto', 'asked'],
    ['corp', 'corp', 'auto', 'asked'],
    ['lab.corp', 'corp', 'auto', 'asked'],
    ['example.org', '', 'nxdomain', NXDOMAIN],
    ['lan', '', 'upstream', 'asked'],
  ] as const)('%s, the host in "%s", %s: an unknown name is %s', (domainName, hostDomain, unknownNames, expected) => {
    const { world, asked } = named({ dhcp: { domainName }, hostDomain, dns: { unknownNames } })
    lease(world, { address: '192.168.30.20', hostName: 'printer' })
    const unknown = answerTo(world, `nobody.${domainName}`)
    expect(asked.length > 0 ? 'asked' : unknown.rcode).toBe(expected)
    expect(answerTo(world, `printer.${domainName}`).addresses).toEqual(['192.168.30.20'])
    // What only ends in the same letters is another name.
    answerTo(world, `printer.not${domainName}`)
    expect(asked.at(-1)?.name).toBe(`printer.not${domainName}`)
  })

  test('below a guest there is nothing, the domain itself is there', () => {
    const { world } = named()
    lease(world, { address: '192.168.30.20', hostName: 'printer' })
    expect(answerTo(world, 'www.printer.lan').rcode).toBe(NXDOMAIN)
    expect(answerTo(world, 'lan')).toMatchObject({ rcode: 0, addresses: [] })
  })

  test('a single label that no guest has is asked outside', () => {
    const { world, asked } = named()
    answerTo(world, 'intranet')
    expect(asked).toMatchObject([{ name: 'intranet' }])
  })

  test('reverse names of other networks are asked outside', () => {
    const { world, asked } = named()
    expect(answerTo(world, '77.30.168.192.in-addr.arpa', { type: 'PTR' }).rcode).toBe(NXDOMAIN)
    answerTo(world, '1.31.168.192.in-addr.arpa', { type: 'PTR' })
    answerTo(world, '30.168.192.in-addr.arpa', { type: 'PTR' })
    expect(asked).toHaveLength(2)
  })
})

describe('the virtual host', () => {
  test('is gateway, both ways, at its present address', () => {
    const { world } = named()
    expect(answerTo(world, 'gateway').addresses).toEqual(['192.168.30.1'])
    expect(answerTo(world, 'gateway.lan').addresses).toEqual(['192.168.30.1'])
    const reverse = answerTo(world, '1.30.168.192.in-addr.arpa', { type: 'PTR' })
    expect(nameOfData(reverse.records[0]!.data)).toBe('gateway.lan')
    world.options = { ...world.options, dhcp: { ...world.options.dhcp, domainName: 'home.arpa' } }
    world.configure({})
    expect(answerTo(world, 'gateway.home.arpa').addresses).toEqual(['192.168.30.1'])
  })

  test('host.internal is what the setting says; without it, nothing of ours', () => {
    const off = named()
    answerTo(off.world, 'host.internal')
    expect(off.asked).toHaveLength(1)
    const { world, asked } = named({ dns: { hostInternal: ipv4('10.9.0.2') } })
    expect(answerTo(world, 'host.internal').addresses).toEqual(['10.9.0.2'])
    expect(answerTo(world, 'host.internal', { type: 'AAAA' })).toMatchObject({ rcode: 0, addresses: [] })
    expect(asked).toEqual([])
  })
})

describe('fixed records', () => {
  const records = [
    record('db.example.org', 'A', '10.1.1.1', 120),
    record('db.example.org', 'A', '10.1.1.2'),
    record('db.example.org', 'AAAA', '2001:db8::1'),
    record('example.org', 'MX', '10 mail.example.org'),
    record('_sip._tcp.example.org', 'SRV', '0 5 5060 sip.example.org'),
    record('example.org', 'TXT', 'v=spf1 -all'),
    record('alias.example.org', 'CNAME', 'db.example.org'),
    record('away.example.org', 'CNAME', 'www.example.com'),
    record('loop.example.org', 'CNAME', 'loop.example.org'),
    record('*.apps.example.org', 'A', '10.2.2.2'),
    record('*.x.apps.example.org', 'A', '10.3.3.3'),
    record('9.9.9.10.in-addr.arpa', 'PTR', 'nine.example.org'),
    record('pinned', 'A', '10.4.4.4'),
  ]

  test('each type, with its TTL', () => {
    const { world, asked } = named({ dns: { records } })
    expect(answerTo(world, 'DB.example.org')).toMatchObject({ addresses: ['10.1.1.1', '10.1.1.2'], flags: 0x8580 })
    expect(answerTo(world, 'db.example.org').records[0]!.ttl).toBe(120)
    const data = (name: string, type: QueryOptions['type'] & string): number[][] =>
      answerTo(world, name, { type }).records.map((each) => [...each.data])
    expect(data('db.example.org', 'AAAA')).toEqual([[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
    expect(data('example.org', 'MX')[0]!.slice(0, 8)).toEqual([0, 10, 4, 109, 97, 105, 108, 7])
    expect(data('_sip._tcp.example.org', 'SRV')[0]!.slice(0, 6)).toEqual([0, 0, 0, 5, 5060 >> 8, 5060 & 255])
    expect(String.fromCharCode(...data('example.org', 'TXT')[0]!.slice(1))).toBe('v=spf1 -all')
    expect(nameOfData(answerTo(world, '9.9.9.10.in-addr.arpa', { type: 'PTR' }).records[0]!.data)).toBe(
      'nine.example.org',
    )
    expect(answerTo(world, 'db.example.org', { type: 255 }).records).toHaveLength(3)
    // The name is ours as a whole.
    expect(answerTo(world, 'db.example.org', { type: 'TXT' })).toMatchObject({ rcode: 0, counts: [1, 0, 1, 0] })
    expect(asked).toEqual([])
    answerTo(world, 'other.example.org')
    expect(asked).toHaveLength(1)
  })

  test('wildcards: the closest one, and not its own name', () => {
    const { world, asked } = named({ dns: { records } })
    expect(answerTo(world, 'a.b.apps.example.org').addresses).toEqual(['10.2.2.2'])
    expect(answerTo(world, 'a.x.apps.example.org').addresses).toEqual(['10.3.3.3'])
    answerTo(world, 'apps.example.org')
    expect(asked).toHaveLength(1)
  })

  test('an alias of a local name is followed here, one of another outside', () => {
    const { world, asked } = named({ dns: { records } })
    expect(answerTo(world, 'alias.example.org')).toMatchObject({ addresses: ['10.1.1.1', '10.1.1.2'] })
    expect(asked).toEqual([])
    const away = answerTo(world, 'away.example.org')
    expect(away).toMatchObject({ rcode: 0, id: 7, name: 'away.example.org', addresses: ['198.51.100.99'] })
    expect(away.records.map(({ name, type }) => [name, type])).toEqual([
      ['away.example.org', 5],
      ['www.example.com', 1],
    ])
    expect(asked).toMatchObject([{ name: 'www.example.com' }])
    expect(answerTo(world, 'away.example.org', { type: 'CNAME' }).records).toHaveLength(1)
    expect(answerTo(world, 'loop.example.org').records).toHaveLength(8)
    const tcp = world.guest.connect(GATEWAY, 53)
    let stream: number[] = []
    tcp.onData = (bytes) => {
      stream = [...stream, ...bytes]
    }
    tcp.write(framed(dnsQuery(3, 'away.example.org')))
    world.advance(100)
    expect(unframed(Uint8Array.from(stream)).map(readDnsAnswer)).toMatchObject([
      { id: 3, addresses: ['198.51.100.99'] },
    ])
  })

  test('an alias of a name that does not exist', () => {
    const { world } = named({ dns: { records } })
    resolveWith(world, (query) => dnsAnswer(query, [], { rcode: NXDOMAIN, soa: [60, 60] }))
    expect(answerTo(world, 'away.example.org')).toMatchObject({ rcode: NXDOMAIN, counts: [1, 1, 0, 0] })
  })

  test('the administrator knows better than a guest', () => {
    const { world } = named({ dns: { records } })
    lease(world, { address: '192.168.30.20', hostName: 'pinned' })
    expect(answerTo(world, 'pinned').addresses).toEqual(['10.4.4.4'])
  })

  test('changed while running', () => {
    const { world } = named({ dns: { records } })
    expect(answerTo(world, 'pinned').addresses).toEqual(['10.4.4.4'])
    world.options = { ...world.options, dns: { ...world.options.dns, records: [record('pinned', 'A', '10.5.5.5')] } }
    world.configure({})
    expect(answerTo(world, 'pinned').addresses).toEqual(['10.5.5.5'])
    expect(formatIpv4(world.options.host.ipAddress)).toBe('192.168.30.1')
  })

  test('many records of one name are cut over UDP like any other answer', () => {
    const many = Array.from({ length: 60 }, (_, index) => record('many.lan', 'A', `10.0.0.${index}`))
    const { world } = named({ dns: { records: many } })
    expect(answerTo(world, 'many.lan')).toMatchObject({ isTruncated: true, addresses: [] })
    expect(answerTo(world, 'many.lan', { udpSize: 4096 }).addresses).toHaveLength(60)
  })
})
