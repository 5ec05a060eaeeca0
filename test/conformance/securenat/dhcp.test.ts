// The virtual DHCP server by the numbers of the manual (R33 to R48) and of its predecessor's defects (D12 to D15, D20), frame by
// frame on a hub in virtual time. What needs a whole server or a real client is in test/e2e/dhcp.test.ts.

import { expect, test } from 'vitest'
import { Hub } from '../../../src/hub/hub.ts'
import { defaultOptions } from '../../../src/securenat/options.ts'
import { initialConfig, parseConfig } from '../../../src/server/config/config.ts'
import { dhcpLength, emitDhcp, getRoutesOption, getTextOption, getU32Option } from '../../../src/wire/dhcp.ts'
import { ANY_IPV4, formatIpv4, type Ipv4Address, ipv4, maskOf } from '../../../src/wire/ipv4-address.ts'
import type { MacAddress } from '../../../src/wire/mac.ts'
import { DhcpClient, dhcpHarness } from '../../support/dhcp-client.ts'
import { DhcpStation, type StationOptions } from '../../support/dhcp-station.ts'
import { HOST_MAC } from '../../support/frames.ts'
import { hex } from '../../support/hex.ts'
import { LossyLink } from '../../support/lossy-link.ts'
import { World, type WorldOptions } from '../../support/world.ts'

const at = (last: number): Ipv4Address => ipv4(`192.168.30.${last}`)
const FOREIGN_SERVER = ipv4('10.0.0.1')

function setUp(options: WorldOptions = {}) {
  const world = new World({ guest: { address: at(250) }, ...options })
  const plug = (number: number, more: StationOptions = {}): DhcpStation =>
    new DhcpStation(world.hub, world.clock, 0x0200_0000_0000 + number, more)
  return { world, plug }
}

/** The bytes of an option of the ACK that a new client gets. */
function acknowledged(options: WorldOptions = {}): Map<number, Uint8Array> {
  const station = setUp(options).plug(1)
  station.bind()
  return station.last!.message.options
}

test('R33: the DHCP server can be used without the NAT', () => {
  const { world, plug } = setUp({ nat: { enabled: false } })
  expect(plug(1).bind()).toBe(at(10))
  expect(world.securenat.status().dhcpClients).toBe(1)
})

test('R34: stations on the segment obtain an address for a limited time by DISCOVER, OFFER, REQUEST, ACK', () => {
  const { world, plug } = setUp()
  const station = plug(1)
  station.bind()
  expect(station.replies.map(({ type }) => type)).toEqual(['OFFER', 'ACK'])
  expect(getU32Option(station.last!.message.options, 51)).toBe(7200)
  const [lease] = world.securenat.leaseTable()
  expect(lease!.expiresAt - lease!.leasedAt).toBe(7_200_000)
})

test('R35: leases end, the table follows, and the indispensable options are sent', () => {
  const { world, plug } = setUp({ dhcp: { domainName: 'example.org' } })
  const station = plug(1)
  station.bind()
  const sent = [...station.last!.message.options.keys()]
  for (const code of [1, 3, 6, 15, 28, 51, 53, 54, 58, 59]) expect(sent).toContain(code)
  world.advance(7_201_000)
  expect(world.securenat.leaseTable()).toEqual([])
  expect(world.events).toEqual(['dhcp 1', 'dhcp 1 expired'])
})

test('R36: the virtual DHCP server is on when SecureNAT is first enabled', () => {
  expect(defaultOptions(HOST_MAC).dhcp.enabled).toBe(true)
  expect(setUp().plug(1).bind()).toBe(at(10))
  const station = setUp({ dhcp: { enabled: false } }).plug(1)
  station.discover()
  expect(station.during(5_000)).toEqual([])
})

test('R37: addresses are given from 192.168.30.10 to 192.168.30.200, every one of them, and no other', () => {
  const h = dhcpHarness()
  const given = Array.from({ length: 191 }, (_, index) => new DhcpClient(h, 0x0200_0000_0000 + index).obtain())
  expect(given.toSorted((a, b) => a - b).map(formatIpv4)).toEqual(
    Array.from({ length: 191 }, (_, index) => `192.168.30.${index + 10}`),
  )
  expect(new DhcpClient(h, 0x0200_0001_0000).discover()).toBeUndefined()
})

test('R38: clients get the mask 255.255.255.0', () => {
  expect(acknowledged().get(1)).toEqual(hex('ffffff00'))
  expect(acknowledged({ dhcp: { subnetMask: maskOf(16) } }).get(1)).toEqual(hex('ffff0000'))
})

test('R39: a lease lasts 7,200 seconds, or as long as is set', () => {
  expect(acknowledged().get(51)).toEqual(hex('00001c20'))
  expect(acknowledged({ dhcp: { leaseSeconds: 60 } }).get(51)).toEqual(hex('0000003c'))
})

test('R40: clients get the gateway 192.168.30.1, or none when it is empty', () => {
  expect(acknowledged().get(3)).toEqual(hex('c0a81e01'))
  expect(acknowledged({ dhcp: { gateway: ANY_IPV4 } }).has(3)).toBe(false)
})

test('R41: clients get the DNS server 192.168.30.1, or none when it is empty', () => {
  expect(acknowledged().get(6)).toEqual(hex('c0a81e01'))
  expect(acknowledged({ dhcp: { dnsServer1: ANY_IPV4 } }).has(6)).toBe(false)
})

test("R42: clients get the domain name of the hub's computer, or none", () => {
  const config = initialConfig('en', { wallClock: () => 0, random: () => 1, domainName: 'corp.example' })
  const { dhcp } = config.hubs[0]!.secureNat
  expect(getTextOption(acknowledged({ dhcp }), 15)).toBe('corp.example')
  expect(acknowledged({ dhcp: { domainName: '' } }).has(15)).toBe(false)
})

test('R44: the lease table can be displayed at any time', () => {
  const { world, plug } = setUp()
  expect(world.securenat.leaseTable()).toEqual([])
  const station = plug(1, { extras: { options: { 12: new TextEncoder().encode('NT4') } } })
  station.bind()
  const row = { id: 1, ipAddress: at(10), macAddress: station.mac, hostName: 'NT4' }
  expect(world.securenat.leaseTable()).toMatchObject([row])
  world.securenat.configure({ ...world.options, dhcp: { ...world.options.dhcp, enabled: false } })
  expect(world.securenat.leaseTable()).toMatchObject([row])
})

test("R46: clients are served on the hub's segment and nowhere else", () => {
  const { world } = setUp()
  const elsewhere = new Hub('ELSEWHERE', world.clock)
  const station = new DhcpStation(elsewhere, world.clock, 0x0200_0000_0001)
  station.discover()
  expect(station.during(5_000)).toEqual([])
  // A cascade makes one segment of both.
  const [near, far] = [new LossyLink(world.hub, world.clock), new LossyLink(elsewhere, world.clock)]
  near.receive = (frame) => far.send(Uint8Array.from(frame))
  far.receive = (frame) => near.send(Uint8Array.from(frame))
  expect(station.bind()).toBe(at(10))
})

test('R47: gateway and DNS server of the defaults are the virtual host, which serves them only with the NAT', () => {
  const { host, dhcp, nat } = defaultOptions(HOST_MAC)
  expect([dhcp.gateway, dhcp.dnsServer1]).toEqual([host.ipAddress, host.ipAddress])
  expect(nat.enabled).toBe(true)
  const { world } = setUp({ nat: { enabled: false } })
  const connection = world.guest.connect(ipv4('203.0.113.1'), 80)
  world.advance(3_000)
  expect(connection.state).toBe('CLOSED')
})

test('R48: with gateway and DNS server empty, an address is all that is sent', () => {
  const dhcp = { gateway: ANY_IPV4, dnsServer1: ANY_IPV4, domainName: 'example.org' }
  expect([...acknowledged({ dhcp }).keys()]).toEqual([53, 54, 51, 58, 59, 1, 28])
})

test('D12: a REQUEST that names another server gets neither ACK nor NAK, and gives our offer back', () => {
  const { plug } = setUp()
  const [station, other] = [plug(1), plug(2)]
  station.discover()
  expect(station.during(100)[0]?.message.yiaddr).toBe(at(10))
  for (const address of [at(10), at(77), ipv4('10.0.0.5')]) station.select(address, FOREIGN_SERVER)
  expect(station.during(1_000)).toEqual([])
  expect(other.bind()).toBe(at(10))
})

test('D12: clients of another server that restart, renew or release are left alone on a shared segment', () => {
  const { world, plug } = setUp()
  const [station, other] = [plug(1), plug(2)]
  other.select(ipv4('10.0.0.5'), FOREIGN_SERVER)
  station.initReboot(ipv4('10.0.0.6'))
  station.rebind(ipv4('10.0.0.6'))
  station.release(ipv4('10.0.0.6'), FOREIGN_SERVER)
  station.decline(at(10), FOREIGN_SERVER)
  expect([...station.during(1_000), ...other.during(1_000)]).toEqual([])
  expect(world.events).toEqual(['dhcp server 10.0.0.1'])
})

test('D13: RELEASE frees the address for others at once', () => {
  const { world, plug } = setUp({ dhcp: { leaseStart: at(10), leaseEnd: at(10) } })
  const [station, other] = [plug(1), plug(2)]
  station.bind()
  other.discover()
  expect(other.during(1_000)).toEqual([])
  station.release(at(10))
  world.advance(1)
  expect(other.bind()).toBe(at(10))
})

test('D13: DECLINE puts the address into quarantine, and the client gets another one', () => {
  const { world, plug } = setUp()
  const station = plug(1)
  station.bind()
  station.decline(at(10))
  world.advance(1)
  expect(station.bind()).toBe(at(11))
  expect(plug(2).bind(at(10))).toBe(at(12))
  world.advance(600_000)
  expect(plug(3).bind(at(10))).toBe(at(10))
})

test('D13: a relay is answered at its address, and gets its option 82 back', () => {
  const { world } = setUp()
  const relay = new DhcpStation(world.hub, world.clock, 0x0200_0000_00fe, {
    address: at(2),
    extras: { giaddr: at(2), hops: 1, chaddr: 0x0200_0000_0042 as MacAddress, options: { 82: hex('0104aabbccdd') } },
  })
  Object.defineProperty(relay, 'mac', { value: 0x0200_0000_0042 })
  relay.send(relay.message(1), { mac: 0x0200_0000_00fe as MacAddress, address: at(2), destination: at(1) })
  const [offer] = relay.during(100)
  expect(offer?.message).toMatchObject({ giaddr: at(2), yiaddr: at(10) })
  expect(offer?.message.options.get(82)).toEqual(hex('0104aabbccdd'))
})

test('D13: an address that answers ARP is not offered, whether it was ever leased or not', () => {
  const { world, plug } = setUp()
  const host = plug(90, { address: at(10) })
  const [station, other] = [plug(1), plug(2)]
  world.advance(5_000)
  expect(station.bind()).toBe(at(11))
  host.address = at(11)
  station.release(at(11))
  world.advance(5_000)
  expect(other.bind(at(11))).toBe(at(12))
})

test('D13: the first offer of an address that was never used is not delayed', () => {
  const { world, plug } = setUp()
  const station = plug(1)
  world.securenat.segmentChanged()
  world.advance(65)
  const askedAt = world.clock.now()
  station.discover()
  world.advance(0)
  expect(station.last).toMatchObject({ type: 'OFFER', at: askedAt })
})

test('D13: the virtual host’s own address is never leased', () => {
  const { world, plug } = setUp()
  const dhcp = { ...world.options.dhcp, leaseStart: at(1), leaseEnd: at(3) }
  world.securenat.configure({ ...world.options, dhcp })
  const station = plug(1)
  expect(station.bind(at(1))).toBe(at(2))
})

test('D14: leases outlive a restart', () => {
  const h = dhcpHarness()
  const client = new DhcpClient(h, 0x0200_0000_0001)
  client.obtain()
  const again = h.restart()
  expect(again.server.table()).toEqual(h.server.table())
  expect(new DhcpClient(again, 0x0200_0000_0002).obtain()).toBe(at(11))
})

test('D14: the end of a lease is logged', () => {
  const { world, plug } = setUp({ dhcp: { leaseSeconds: 60 } })
  plug(1).bind()
  world.advance(62_000)
  expect(world.events).toEqual(['dhcp 1', 'dhcp 1 expired'])
})

const routes = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    network: ipv4(`10.1.${index}.0`),
    mask: maskOf(24),
    gateway: at(254),
  }))

test.each([40, 64])('D15: %i pushed routes go in pieces of option 121, all of which are joined again', (count) => {
  const { message } = new DhcpClient(dhcpHarness({ pushRoutes: routes(count), gateway: ANY_IPV4 }), 1).discover()!
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  const pieces: number[] = []
  for (let offset = 240; bytes[offset] !== 255; offset += 2 + bytes[offset + 1]!) {
    pieces.push(bytes[offset]!)
  }
  expect(pieces.filter((code) => code === 121).length).toBe(Math.ceil((count * 8) / 248))
  expect(pieces).not.toContain(250)
  expect(getRoutesOption(acknowledged({ dhcp: { pushRoutes: routes(count), gateway: ANY_IPV4 } }), 121)).toEqual(
    routes(count),
  )
})

test('D15: any long option is continued so', () => {
  const data = new Uint8Array(600).fill(7)
  const option = { code: 224, text: `hex:${'07'.repeat(600)}`, data }
  expect(acknowledged({ dhcp: { extraOptions: [option] } }).get(224)).toEqual(data)
})

test.each([
  [{ leaseStart: '192.168.31.10' }, "dhcp.leaseStart: must be inside the virtual host's network 192.168.30.0/24"],
  [{ leaseStart: '192.168.30.100', leaseEnd: '192.168.30.50' }, 'dhcp.leaseStart: must be at most dhcp.leaseEnd'],
  [{ leaseStart: '192.168.30.1' }, "so that the pool leaves out the virtual host's own address 192.168.30.1"],
  [{ subnetMask: '255.0.255.0' }, 'dhcp.subnetMask: must be a contiguous mask'],
  [{ subnetMask: '0.0.0.0' }, 'dhcp.subnetMask: must be a contiguous mask'],
  [{ leaseSeconds: 0 }, 'dhcp.leaseSeconds: must be a whole number from 15 to 2000000'],
  [{ reservations: [{ ipAddress: '192.168.30.1', hostName: 'x' }] }, 'other than its own 192.168.30.1'],
])('D20: DHCP settings that make no sense are refused with the reason: %j', (dhcp, sentence) => {
  const file = JSON.stringify({ hubs: { LAB: { securenat: { dhcp } } } })
  const { issues } = parseConfig(file, { wallClock: () => 0, random: () => 1, domainName: '' })
  expect(issues?.join('\n')).toContain(sentence)
})
