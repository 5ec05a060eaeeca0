// Sessions of the NAT: their table, their ends, their cost (R20 to R25, D17, D21 to D23 and what the documents promise).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultOptions } from '../../../src/securenat/options.ts'
import { type Ipv4Address, ipv4 } from '../../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../../../src/wire/mac.ts'
import { udpFrame } from '../../support/frames.ts'
import { dnsMessage } from '../../support/guest-host.ts'
import { patternBytes } from '../../support/random.ts'
import { NOTHING_HELD, SERVER, World } from '../../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const { nat: DEFAULTS } = defaultOptions(1 as MacAddress)
const document = (name: string): string => readFileSync(join(import.meta.dirname, '../../..', name), 'utf8')

test('R20: a TCP session without traffic ends after 7,200 seconds, and with traffic it does not', () => {
  expect(DEFAULTS.tcpTimeoutSeconds).toBe(7200)
  const world = new World()
  const [idle, busy] = [world.guest.connect(SERVER, 80), world.guest.connect(SERVER, 81)]
  for (let half = 0; half < 2; half += 1) {
    world.advance(3_599_000)
    busy.write(patternBytes(1))
  }
  world.advance(1000)
  expect([idle.state, busy.state]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  world.advance(2000)
  expect([idle.closedBy, busy.state]).toEqual(['reset', 'ESTABLISHED'])
})

test('R21: a UDP session without traffic ends after 600 seconds, and with traffic either way it does not', () => {
  expect(DEFAULTS.udpTimeoutSeconds).toBe(600)
  const world = new World()
  // More than a question and its answer: those end earlier.
  for (let times = 0; times < 4; times += 1) world.guest.udp(5000, SERVER, 9, Uint8Array.of(times))
  world.advance(500_000)
  world.outside.udp[0]!.deliver(Uint8Array.of(1), SERVER, 9)
  world.advance(500_000)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(2))
  world.advance(599_000)
  expect(world.securenat.status().udpSessions).toBe(1)
  world.advance(2000)
  expect(world.securenat.status().udpSessions).toBe(0)
  expect(world.held()).toEqual(NOTHING_HELD)
})

test('R22: with another address and mask the virtual host serves that network', () => {
  const world = new World({ guest: { address: ipv4('10.1.2.3'), gateway: ipv4('10.1.2.254') } })
  const { options } = world
  const host = { ...options.host, ipAddress: ipv4('10.1.2.254'), subnetMask: ipv4('255.255.255.0') }
  world.securenat.configure({ ...options, host, dhcp: { ...options.dhcp, enabled: false } })
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(100)
  expect(tcp.state).toBe('ESTABLISHED')
})

test('R23: a station uses the NAT with the virtual host as its default gateway, set by hand', () => {
  const world = new World({ guest: { address: ipv4('192.168.30.77'), gateway: GATEWAY } })
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(100)
  expect(tcp.state).toBe('ESTABLISHED')
})

test('R24: each TCP and UDP conversation is a row of the NAT session table', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(10)
  tcp.write(patternBytes(100))
  world.outside.connection.send(patternBytes(300))
  world.guest.udp(5000, SERVER, 9, patternBytes(7))
  world.advance(100)
  const from = { internalAddress: ipv4('192.168.30.10'), destinationAddress: SERVER }
  expect(world.securenat.natTable()).toMatchObject([
    {
      ...from,
      id: 1,
      protocol: 'TCP',
      destinationPort: 80,
      tcpStatus: 'established',
      sentBytes: 100,
      receivedBytes: 300,
    },
    { ...from, id: 2, protocol: 'UDP', internalPort: 5000, destinationPort: 9, tcpStatus: undefined, sentBytes: 7 },
  ])
  expect(world.securenat.status()).toMatchObject({ tcpSessions: 1, udpSessions: 1 })
})

test('R26: the documents say what the NAT is for, and what it costs', () => {
  expect(document('README.md')).toMatch(/gateway|router/i)
  expect(document('docs/performance.md')).toMatch(/Mbit\/s/)
})

test('R28: what user mode costs is measured, against peers, by a bench in the repository', () => {
  expect(JSON.parse(document('package.json')).scripts.bench).toContain('bench')
  const page = document('docs/performance.md')
  for (const peer of ['pasta', 'slirp4netns']) expect(page).toContain(peer)
})

test('D17: a guest that opens 5,000 UDP flows has its own limit; the DNS query of another is answered', () => {
  const world = new World()
  const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
  world.outside.onUdp = (socket, bytes, address, port) => {
    if (port === 53) socket.deliver(dnsMessage((bytes[0]! << 8) | bytes[1]!, 'www.example.com', SERVER), address, port)
  }
  for (let port = 1; port <= 5000; port += 1) world.guest.udp(port, SERVER, 9, Uint8Array.of(1))
  other.udp(5353, GATEWAY, 53, dnsMessage(7, 'www.example.com'))
  const tcp = other.connect(SERVER, 80)
  world.advance(100)
  expect(world.securenat.status().udpSessions).toBeLessThan(2000)
  expect([other.datagrams.length, tcp.state]).toEqual([1, 'ESTABLISHED'])
})

test('D21: NAT switched off lets existing sessions end by themselves and refuses new ones', () => {
  const world = new World()
  const before = world.guest.connect(SERVER, 80)
  world.advance(10)
  world.configure({ enabled: false })
  const after = world.guest.connect(SERVER, 80)
  world.advance(10)
  expect([before.state, after.closedBy]).toEqual(['ESTABLISHED', 'refused'])
})

test('D22: connecting waits for nobody: a hundred silent hosts delay none', () => {
  const world = new World()
  world.outside.host('203.0.113.9', 'silent')
  for (let port = 1; port <= 100; port += 1) world.guest.connect(ipv4('203.0.113.9'), port)
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(3)
  expect(tcp.state).toBe('ESTABLISHED')
})

test('D22: what a frame costs does not grow with the number of idle sessions', () => {
  const world = new World()
  const few = lookupsFor(world)
  for (let port = 1; port <= 1000; port += 1) world.guest.udp(port, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  expect(lookupsFor(world)).toBe(few)
})

test.each([
  ['SSDP', '239.255.255.250', 1900],
  ['WS-Discovery', '239.255.255.250', 3702],
  ['NetBIOS names', '192.168.30.255', 137],
  ['NetBIOS datagrams', '255.255.255.255', 138],
  ['mDNS', '224.0.0.251', 5353],
  ['LLMNR', '224.0.0.252', 5355],
])('D23: %s stays in the hub', (_name, address, port) => {
  const world = new World()
  sendGroup(world, ipv4(address), port)
  world.advance(1000)
  expect(world.outside.udp).toEqual([])
  expect(world.securenat.natTable()).toEqual([])
})

/** Rows that are walked for one datagram of an existing session. */
function lookupsFor(world: World): number {
  world.guest.udp(60_000, SERVER, 9, Uint8Array.of(1))
  world.advance(1)
  let walked = 0
  const table = world.securenat.nat.table
  const values = table.values.bind(table)
  Object.assign(table, {
    *values() {
      for (const row of values()) {
        walked += 1
        yield row
      }
    },
  })
  world.guest.udp(60_000, SERVER, 9, Uint8Array.of(2))
  world.advance(1)
  return walked
}

/** As a station sends to a group: to everybody on the segment, without asking for an address. */
function sendGroup(world: World, address: Ipv4Address, port: number): void {
  world.link.send(
    udpFrame([1, 2, 3], {
      sourceMac: world.guest.mac,
      destinationMac: BROADCAST_MAC,
      source: world.guest.address,
      destination: address,
      sourcePort: port,
      destinationPort: port,
    }),
  )
}
