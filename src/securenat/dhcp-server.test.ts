import { beforeEach, describe, expect, test } from 'vitest'
import { DAY_0, DhcpClient, type DhcpHarness, dhcpHarness, SERVER } from '../../test/support/dhcp-client.ts'
import { hex } from '../../test/support/hex.ts'
import {
  BOOTREPLY,
  DHCPACK,
  DHCPINFORM,
  DHCPNAK,
  DHCPOFFER,
  DHCPREQUEST,
  type DhcpMessage,
  dhcpLength,
  getIpv4Option,
  getU8Option,
  getU32Option,
} from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { QUARANTINE_MS } from './dhcp-leases.ts'
import { OFFER_MS } from './dhcp-offers.ts'
import type { DhcpReply } from './dhcp-reply.ts'
import { OTHER_SERVER_MS } from './other-servers.ts'

const typeOf = (reply: DhcpReply | undefined) => reply && getU8Option(reply.message.options, 53)
const at = (last: number) => ipv4(`192.168.30.${last}`)
const FOREIGN = ipv4('10.0.0.5')

let h: DhcpHarness
let a: DhcpClient
let b: DhcpClient

function begin(...harness: Parameters<typeof dhcpHarness>): void {
  h = dhcpHarness(...harness)
  a = new DhcpClient(h, 0x0200_0000_000a)
  b = new DhcpClient(h, 0x0200_0000_000b)
}
beforeEach(() => begin())

describe('RFC 2131 section 4.3.1: DISCOVER', () => {
  test('the first address of the pool is offered, with the times and addresses of the settings', () => {
    const reply = a.discover()!
    expect(reply.message).toMatchObject({ op: BOOTREPLY, xid: 1, yiaddr: at(10), siaddr: SERVER, ciaddr: ANY_IPV4 })
    expect(typeOf(reply)).toBe(DHCPOFFER)
    expect([...reply.message.options].map(([code, data]) => [code, [...data]])).toEqual([
      [53, [2]],
      [54, [192, 168, 30, 1]],
      [51, [0, 0, 0x1c, 0x20]],
      [58, [0, 0, 0x0e, 0x10]],
      [59, [0, 0, 0x18, 0x9c]],
      [15, [...new TextEncoder().encode('example.org')]],
      [1, [255, 255, 255, 0]],
      [28, [192, 168, 30, 255]],
      [3, [192, 168, 30, 1]],
      [6, [192, 168, 30, 1]],
    ])
    expect(h.server.stats).toMatchObject({ rxDiscover: 1, txOffer: 1, txAck: 0 })
    expect(h.server.table()).toEqual([])
  })

  test('an offer is held 5 seconds, so that a second client gets another address', () => {
    expect(a.discover()!.message.yiaddr).toBe(at(10))
    expect(b.discover()!.message.yiaddr).toBe(at(11))
    expect(a.discover()!.message.yiaddr).toBe(at(10))
    h.clock.now += OFFER_MS
    expect(new DhcpClient(h, 0x0200_0000_000c).discover()!.message.yiaddr).toBe(at(10))
  })

  test('the current binding comes before the address asked for', () => {
    a.obtain()
    expect(a.discover(at(77))!.message.yiaddr).toBe(at(10))
  })

  test('the previous address comes back after expiry, though others came in between', () => {
    a.obtain(at(50))
    h.clock.now += 7200_000
    expect(h.server.table()).toEqual([])
    expect(b.obtain()).toBe(at(10))
    expect(a.obtain()).toBe(at(50))
  })

  test('the address asked for is offered when it is free and in the pool', () => {
    expect(a.discover(at(123))!.message.yiaddr).toBe(at(123))
  })

  test.each([
    ['outside of the pool', at(9)],
    ['the virtual host itself', SERVER],
    ['in another network', FOREIGN],
  ])('an address asked for that is %s is not offered', (_what, address) => {
    expect(a.discover(address)!.message.yiaddr).toBe(at(10))
  })

  test('an address asked for that another client has is not offered', () => {
    a.obtain()
    expect(b.discover(at(10))!.message.yiaddr).toBe(at(11))
  })

  test('never-used addresses go first, then the one expired longest', () => {
    begin({ leaseStart: at(10), leaseEnd: at(12) })
    const c = new DhcpClient(h, 0x0200_0000_000c)
    const d = new DhcpClient(h, 0x0200_0000_000d)
    expect(a.obtain()).toBe(at(10))
    expect(b.obtain()).toBe(at(11))
    h.clock.now += 1000
    a.renew(at(10))
    h.clock.now += 7200_000
    expect(c.obtain()).toBe(at(12))
    expect(d.obtain()).toBe(at(11))
    expect(h.stored.get(at(11))?.macAddress).toBe(d.mac)
    expect(h.leases.stats.forgottenBindings).toBe(1)
  })

  test('an exhausted pool is silent and counted', () => {
    begin({ leaseStart: at(10), leaseEnd: at(10) })
    a.obtain()
    expect(b.discover()).toBeUndefined()
    expect(h.server.stats.poolExhausted).toBe(1)
    h.clock.now += 7200_000
    expect(b.obtain()).toBe(at(10))
  })

  test('the pool leaves out virtual host, gateway, DNS servers, network and broadcast address', () => {
    begin({
      leaseStart: at(0),
      leaseEnd: at(255),
      gateway: at(3),
      dnsServer1: at(4),
      dnsServer2: at(5),
    })
    const given = new Set<number>()
    for (let index = 0; ; index += 1) {
      const offer = new DhcpClient(h, 0x0200_0001_0000 + index).discover()
      if (offer === undefined) break
      given.add(offer.message.yiaddr & 255)
    }
    expect(given.size).toBe(256 - 6)
    for (const last of [0, 1, 3, 4, 5, 255]) expect(given.has(last), `${last}`).toBe(false)
  })
})

describe('RFC 2131 section 4.3.2: REQUEST in SELECTING', () => {
  test('the offered address is acknowledged, stored before the ACK, and reported as a new entry', () => {
    const offered = a.discover()!.message.yiaddr
    const reply = a.select(offered, SERVER, { options: { 12: hex('6e7431') } })!
    expect(typeOf(reply)).toBe(DHCPACK)
    expect(reply.message.yiaddr).toBe(at(10))
    expect(getU32Option(reply.message.options, 51)).toBe(7200)
    const row = {
      id: 1,
      leasedAt: DAY_0,
      expiresAt: DAY_0 + 7200_000,
      macAddress: a.mac,
      ipAddress: at(10),
      hostName: 'nt1',
    }
    expect(h.server.table()).toEqual([row])
    expect(h.created).toEqual([{ lease: row, leaseSeconds: 7200 }])
    expect(h.stored.get(at(10))).toMatchObject(row)
  })

  test('a one-character host name is kept, and control characters cannot forge a log line', () => {
    a.select(a.discover()!.message.yiaddr, SERVER, { options: { 12: hex('78') } })
    b.select(b.discover()!.message.yiaddr, SERVER, { options: { 12: hex('780d0a79e280a87fe280ae') } })
    expect(h.server.table().map((row) => row.hostName)).toEqual(['x', 'x??y???'])
  })

  test('a REQUEST for another server gets silence, and withdraws our offer', () => {
    expect(a.discover()!.message.yiaddr).toBe(at(10))
    expect(a.select(FOREIGN, ipv4('10.0.0.1'))).toBeUndefined()
    expect(h.server.stats.ignoredOtherServer).toBe(1)
    expect(b.discover()!.message.yiaddr).toBe(at(10))
  })

  test('an offer made before a restart is still good', () => {
    const offered = a.discover()!.message.yiaddr
    expect(typeOf(a.at(h.restart()).select(offered))).toBe(DHCPACK)
  })

  test.each([
    ['held by another client', () => b.obtain(at(20)), at(20)],
    ['on offer to another client', () => b.discover(at(20)), at(20)],
    ['outside of the pool', () => undefined, at(250)],
    ['in another network', () => undefined, FOREIGN],
  ])('NAK for an address %s', (_what, prepare, address) => {
    prepare()
    expect(typeOf(a.select(address))).toBe(DHCPNAK)
    expect(h.server.stats.txNak).toBe(1)
    expect(h.created.some(({ lease }) => lease.macAddress === a.mac)).toBe(false)
  })

  test('a REQUEST without any address is dropped', () => {
    expect(a.send(a.message(DHCPREQUEST, { options: { 54: hex('c0a81e01') } }))).toBeUndefined()
    expect(a.send(a.message(DHCPREQUEST))).toBeUndefined()
    expect(h.server.stats.droppedNoAddress).toBe(2)
  })
})

describe('RFC 2131 section 4.3.2: REQUEST in INIT-REBOOT', () => {
  test('ACK to a client that is bound to the address, after a server restart too', () => {
    a.obtain()
    expect(typeOf(a.initReboot(at(10)))).toBe(DHCPACK)
    const restarted = h.restart()
    expect(typeOf(a.at(restarted).initReboot(at(10)))).toBe(DHCPACK)
    expect(restarted.server.table()).toHaveLength(1)
    expect(restarted.created).toEqual([])
  })

  test('ACK to a client whose binding has expired, when nobody took the address', () => {
    a.obtain()
    h.clock.now += 8000_000
    expect(typeOf(a.initReboot(at(10)))).toBe(DHCPACK)
    expect(h.created.map(({ lease }) => lease.id)).toEqual([1, 2])
  })

  test('NAK to a client that is bound to another address', () => {
    a.obtain()
    expect(typeOf(a.initReboot(at(11)))).toBe(DHCPNAK)
  })

  test('NAK for an address in another network', () => {
    expect(typeOf(a.initReboot(FOREIGN))).toBe(DHCPNAK)
    a.obtain()
    expect(typeOf(a.initReboot(FOREIGN))).toBe(DHCPNAK)
  })

  test('silence to a client we know nothing of', () => {
    expect(a.initReboot(at(10))).toBeUndefined()
    expect(h.server.stats.ignoredUnknownClient).toBe(1)
  })

  test('silence about another network while another server is heard of on the segment', () => {
    b.select(FOREIGN, ipv4('10.0.0.1'))
    expect(a.initReboot(ipv4('10.0.0.6'))).toBeUndefined()
    h.clock.now += OTHER_SERVER_MS + 1
    expect(typeOf(a.initReboot(ipv4('10.0.0.6')))).toBe(DHCPNAK)
  })

  test('a remembered client that comes with another server’s address is left alone too', () => {
    a.obtain()
    h.clock.now += 8000_000
    a.select(FOREIGN, ipv4('10.0.0.1'))
    expect(a.initReboot(FOREIGN)).toBeUndefined()
  })
})

describe('RFC 2131 section 4.3.2: REQUEST in RENEWING and REBINDING', () => {
  test.each(['renew', 'rebind'] as const)(
    '%s extends the lease; entry, number and beginning stay, nothing is logged',
    (how) => {
      a.obtain()
      h.clock.now += 3600_000
      const reply = a[how](at(10))!
      expect(typeOf(reply)).toBe(DHCPACK)
      expect(reply.message).toMatchObject({ yiaddr: at(10), ciaddr: at(10) })
      expect(h.server.table()).toMatchObject([{ id: 1, leasedAt: DAY_0, expiresAt: DAY_0 + 10_800_000 }])
      expect(h.created).toHaveLength(1)
      expect(h.stored.get(at(10))?.expiresAt).toBe(DAY_0 + 10_800_000)
    },
  )

  test('the host name of before is kept when a renewal names none', () => {
    a.select(a.discover()!.message.yiaddr, SERVER, { options: { 12: hex('6e7431') } })
    a.renew(at(10))
    expect(h.server.table()[0]?.hostName).toBe('nt1')
  })

  test('a client has one lease only: renewing another address is refused', () => {
    a.obtain()
    expect(typeOf(a.renew(at(11)))).toBe(DHCPNAK)
    expect(h.server.table()).toHaveLength(1)
  })

  test('a lost lease table cuts nobody off', () => {
    expect(typeOf(a.renew(at(10)))).toBe(DHCPACK)
    expect(typeOf(b.rebind(at(11)))).toBe(DHCPACK)
    expect(h.server.table()).toHaveLength(2)
  })

  test('NAK to a stranger that renews what another has', () => {
    a.obtain()
    expect(typeOf(b.renew(at(10)))).toBe(DHCPNAK)
    expect(typeOf(b.rebind(at(10)))).toBe(DHCPNAK)
  })

  test('a stranger that rebinds another server’s address is left alone', () => {
    b.select(FOREIGN, ipv4('10.0.0.1'))
    expect(a.rebind(FOREIGN)).toBeUndefined()
    const message = a.message(DHCPREQUEST, { ciaddr: FOREIGN })
    expect(a.send(message, { destination: at(255) })).toBeUndefined()
    expect(h.server.stats.ignoredUnknownClient).toBe(2)
  })

  test('after the pool has moved, a renewal outside of it is refused', () => {
    a.obtain()
    h.server.configure(h.host, 1500, { ...h.options, leaseStart: at(100) })
    expect(h.server.table()).toHaveLength(1)
    expect(typeOf(a.renew(at(10)))).toBe(DHCPNAK)
    expect(a.obtain()).toBe(at(100))
    expect(h.stored.has(at(10))).toBe(false)
  })
})

describe('RFC 2131 section 4.3.3: DECLINE', () => {
  test('the address is set aside, and the client gets another one', () => {
    a.obtain()
    expect(a.decline(at(10))).toBeUndefined()
    expect(h.stored.has(at(10))).toBe(false)
    expect(h.server.stats.rxDecline).toBe(1)
    expect(a.obtain()).toBe(at(11))
    expect(b.discover(at(10))!.message.yiaddr).toBe(at(12))
    h.clock.now += QUARANTINE_MS
    expect(b.discover(at(10))!.message.yiaddr).toBe(at(10))
  })

  test('an address that is only on offer may be declined', () => {
    a.discover()
    a.decline(at(10))
    expect(a.discover()!.message.yiaddr).toBe(at(11))
  })

  test('nobody declines another’s address, or another server’s', () => {
    a.obtain()
    b.decline(at(10))
    b.decline(at(77))
    expect(h.server.stats.ignoredNotHolder).toBe(2)
    a.decline(at(10), ipv4('10.0.0.1'))
    expect(h.server.stats.ignoredOtherServer).toBe(1)
    expect(h.server.table()).toHaveLength(1)
    expect(b.discover(at(77))!.message.yiaddr).toBe(at(77))
  })
})

describe('RFC 2131 section 4.3.4: RELEASE', () => {
  test('the lease ends, the address is free for others, the binding is remembered', () => {
    a.obtain()
    expect(a.release(at(10))).toBeUndefined()
    expect(h.server.table()).toEqual([])
    expect(a.discover()!.message.yiaddr).toBe(at(10))
    h.clock.now += OFFER_MS
    expect(b.obtain(at(10))).toBe(at(10))
    expect(a.obtain()).toBe(at(11))
  })

  test('a client that comes back after RELEASE gets a new entry for the same address', () => {
    a.obtain()
    a.release(at(10))
    expect(a.at(h.restart()).obtain()).toBe(at(10))
    expect(a.obtain()).toBe(at(10))
    expect(h.created.map(({ lease }) => lease.id)).toEqual([1, 2])
  })

  test('only the holder releases, and only with us', () => {
    a.obtain()
    b.release(at(10))
    a.release(at(11))
    expect(h.server.stats.ignoredNotHolder).toBe(2)
    a.release(at(10), ipv4('10.0.0.1'))
    expect(h.server.stats.ignoredOtherServer).toBe(1)
    expect(h.server.table()).toHaveLength(1)
  })
})

describe('RFC 2131 section 4.3.5: INFORM', () => {
  test('ACK to ciaddr without an address and without times; nothing is bound', () => {
    const reply = a.inform(at(200), { destination: SERVER })!
    expect(typeOf(reply)).toBe(DHCPACK)
    expect(reply.message).toMatchObject({ yiaddr: ANY_IPV4, ciaddr: at(200) })
    expect([51, 58, 59].filter((code) => reply.message.options.has(code))).toEqual([])
    expect(getIpv4Option(reply.message.options, 3)).toBe(SERVER)
    expect(reply).toMatchObject({ destinationMac: a.mac, destinationAddress: at(200), destinationPort: 68 })
    expect(h.stored.size).toBe(0)
  })

  test('without ciaddr the packet’s source is answered, and without that everybody', () => {
    expect(a.inform(ANY_IPV4, { address: at(200) })).toMatchObject({ destinationAddress: at(200) })
    expect(a.inform(ANY_IPV4)).toMatchObject({ destinationAddress: BROADCAST_IPV4, destinationMac: BROADCAST_MAC })
  })
})

describe('RFC 2131 section 4.1: where a reply goes', () => {
  const to = ({ destinationMac, destinationAddress, destinationPort }: DhcpReply) => [
    destinationMac,
    destinationAddress,
    destinationPort,
  ]

  test('unicast to yiaddr and chaddr, whatever the frame’s source', () => {
    const reply = a.send(a.message(1), { mac: b.mac })!
    expect(to(reply)).toEqual([a.mac, at(10), 68])
    expect(reply.message.flags).toBe(0)
  })

  test('broadcast when the broadcast flag is set, and the flag comes back', () => {
    const reply = a.discover(undefined, { flags: 0xffff })!
    expect(to(reply)).toEqual([BROADCAST_MAC, BROADCAST_IPV4, 68])
    expect(reply.message.flags).toBe(0x8000)
  })

  test('unicast to ciaddr when the client has one', () => {
    a.obtain()
    expect(to(a.renew(at(10), { flags: 0x8000 })!)).toEqual([a.mac, at(10), 68])
  })

  test('NAK is broadcast, says nothing but who refuses, and has no addresses', () => {
    a.obtain()
    const reply = b.renew(at(10))!
    expect(to(reply)).toEqual([BROADCAST_MAC, BROADCAST_IPV4, 68])
    expect(reply.message).toMatchObject({ ciaddr: ANY_IPV4, yiaddr: ANY_IPV4, siaddr: ANY_IPV4 })
    expect([...reply.message.options.keys()]).toEqual([53, 54])
  })

  test('a relay gets everything at port 67, NAKs with the broadcast flag, its option 82 last', () => {
    const relay = { mac: 0x0200_0000_00ff as MacAddress, address: at(2), destination: SERVER }
    const extras = { giaddr: at(2), hops: 1, options: { 82: hex('0104aabbccdd'), 61: hex('01020304') } }
    const offer = a.send(a.message(1, extras), relay)!
    expect(to(offer)).toEqual([relay.mac, at(2), 67])
    expect(offer.message.giaddr).toBe(at(2))
    expect([...offer.message.options.keys()].slice(-2)).toEqual([61, 82])
    expect(offer.message.options.get(82)).toEqual(hex('0104aabbccdd'))
    const nak = a.send(a.message(DHCPREQUEST, { ...extras, options: { 50: hex('0a000005') } }), relay)!
    expect(to(nak)).toEqual([relay.mac, at(2), 67])
    expect(nak.message.flags).toBe(0x8000)
  })

  test('a relay of another network is not served', () => {
    expect(a.discover(undefined, { giaddr: ipv4('10.0.0.1') })).toBeUndefined()
    expect(h.server.stats.droppedForeignRelay).toBe(1)
  })
})

describe('RFC 2131 section 4.2: who a client is', () => {
  test('the client identifier, when there is one: a new network card keeps the address', () => {
    const id = { options: { 61: hex('ff 01020304') } }
    expect(new DhcpClient(h, 0x0200_0000_0001, id).obtain()).toBe(at(10))
    expect(new DhcpClient(h, 0x0200_0000_0002, id).obtain()).toBe(at(10))
    expect(h.server.table()).toMatchObject([{ macAddress: 0x0200_0000_0002 }])
  })

  test('two identifiers on one card are two clients; an identifier is not mistaken for a card', () => {
    expect(new DhcpClient(h, 1 * 0x100, { options: { 61: hex('0001') } }).obtain()).toBe(at(10))
    expect(new DhcpClient(h, 1 * 0x100, { options: { 61: hex('0002') } }).obtain()).toBe(at(11))
    expect(new DhcpClient(h, 0x0000_0000_0001).obtain()).toBe(at(12))
  })

  test('an identifier that is only the hardware address is the same client as none', () => {
    const mac = 0x0200_0000_0001
    expect(new DhcpClient(h, mac).obtain()).toBe(at(10))
    expect(new DhcpClient(h, mac, { options: { 61: hex('01 020000000001') } }).obtain()).toBe(at(10))
    expect(h.server.table()).toHaveLength(1)
    expect(new DhcpClient(h, mac, { options: { 61: hex('01 020000000002') } }).obtain()).toBe(at(11))
  })

  test('RFC 6842: the identifier comes back in OFFER, ACK and NAK', () => {
    const c = new DhcpClient(h, 0x0200_0000_0001, { options: { 61: hex('ff0102') } })
    for (const reply of [c.discover(), c.select(at(10)), c.select(FOREIGN)]) {
      expect(reply!.message.options.get(61)).toEqual(hex('ff0102'))
    }
  })
})

describe('what is sent', () => {
  const codes = (message: DhcpMessage) => [...message.options.keys()]

  test('R48: an empty gateway and DNS server are not sent, nor a domain without DNS server', () => {
    begin({ gateway: ANY_IPV4, dnsServer1: ANY_IPV4, dnsServer2: ANY_IPV4 })
    expect(codes(a.discover()!.message)).toEqual([53, 54, 51, 58, 59, 1, 28])
  })

  test('two DNS servers; no domain when it is empty', () => {
    begin({ dnsServer2: ipv4('8.8.8.8'), domainName: '' })
    const { message } = a.discover()!
    expect(message.options.get(6)).toEqual(hex('c0a81e01 08080808'))
    expect(codes(message)).not.toContain(15)
  })

  test.each([
    [1500, undefined],
    [1400, '0578'],
    [65520, 'fff0'],
    [68, '0044'],
    [62, undefined],
  ])('an MTU of %i is told as option 26: %s', (mtu, bytes) => {
    begin({}, mtu)
    expect(a.discover()!.message.options.get(26)).toEqual(bytes === undefined ? undefined : hex(bytes))
  })

  const routes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      network: ipv4(`10.1.${index}.0`),
      mask: ipv4('255.255.255.0'),
      gateway: SERVER,
    }))

  test('pushed routes in both forms, with the same content', () => {
    begin({ pushRoutes: routes(2), gateway: ANY_IPV4 })
    const { message } = a.discover()!
    expect(message.options.get(121)).toEqual(hex('180a0100c0a81e01 180a0101c0a81e01'))
    expect(message.options.get(249)).toEqual(message.options.get(121))
  })

  test('RFC 3442: the gateway is among the routes, since a client that takes them ignores option 3', () => {
    begin({ pushRoutes: routes(1) })
    expect(a.discover()!.message.options.get(121)).toEqual(hex('180a0100c0a81e01 00c0a81e01'))
    const byHand = { network: ANY_IPV4, mask: ANY_IPV4, gateway: at(2) }
    begin({ pushRoutes: [byHand] })
    expect(a.discover()!.message.options.get(121)).toEqual(hex('00c0a81e02'))
  })

  test('D15: 40 and 64 routes reach a client that names no size', () => {
    for (const count of [40, 64]) {
      begin({ pushRoutes: routes(count) })
      expect(a.discover()!.message.options.get(121)).toHaveLength(count * 8 + 5)
    }
  })

  test('a reply that just fits stays whole', () => {
    begin({ pushRoutes: routes(16) })
    const full = dhcpLength(a.discover()!.message) + 28
    const withSize = (size: number) => {
      const options = { 57: Uint8Array.of(size >>> 8, size & 255) }
      return codes(a.discover(undefined, { options })!.message).includes(249)
    }
    expect(full).toBeGreaterThanOrEqual(576)
    expect([withSize(full), withSize(full - 1)]).toEqual([true, false])
    // RFC 2132 section 9.10: nobody may ask for less than 576.
    begin({ pushRoutes: routes(1) })
    expect(withSize(68)).toBe(true)
  })

  test('what a client cannot take is left out: the form it did not ask for first', () => {
    begin({ pushRoutes: routes(20) })
    const options = { 57: hex('0240') }
    expect(codes(a.discover(undefined, { options })!.message)).not.toContain(249)
    expect(codes(a.discover(undefined, { options })!.message)).toContain(121)
    expect(codes(a.discover(undefined, { options: { ...options, 55: hex('01f9') } })!.message)).not.toContain(121)
    expect(h.server.stats.omittedOptions).toBe(3)
    begin({ pushRoutes: routes(64) })
    const { message } = a.discover(undefined, { options })!
    expect(codes(message).filter((code) => code === 121 || code === 249)).toEqual([])
    expect(h.server.stats.omittedOptions).toBe(2)
  })
})

describe('messages nobody answers', () => {
  test.each([
    ['droppedNotRequest', { op: BOOTREPLY }],
    ['droppedBadHardwareAddress', { chaddr: 0 as MacAddress }],
    ['droppedBadHardwareAddress', { chaddr: BROADCAST_MAC }],
    ['droppedBadClientId', { options: { 61: hex('01') } }],
    ['droppedBadClientId', { options: { 61: new Uint8Array(256) } }],
    ['droppedUnknownType', { options: { 53: hex('02') } }],
    ['droppedUnknownType', { options: { 53: hex('63') } }],
    ['droppedUnknownType', { options: { 53: hex('0101') } }],
  ] as const)('%s', (counter, extras) => {
    expect(a.send(a.message(DHCPINFORM, extras))).toBeUndefined()
    expect(h.server.stats[counter]).toBe(1)
  })

  test('droppedBootp', () => {
    const message = a.message(DHCPINFORM)
    message.options.delete(53)
    expect(a.send(message)).toBeUndefined()
    expect(h.server.stats.droppedBootp).toBe(1)
  })

  test('ignoredDisabled, and served again once enabled', () => {
    begin({ enabled: false })
    expect(a.discover()).toBeUndefined()
    expect(h.server.stats.ignoredDisabled).toBe(1)
    h.server.configure(h.host, 1500, { ...h.options, enabled: true })
    expect(a.obtain()).toBe(at(10))
  })
})

describe('limits', () => {
  test('bindings: the one expired longest makes room; all running, nobody new', () => {
    begin({}, 1500, { bindings: 2, offers: 9, quarantine: 9 })
    const c = new DhcpClient(h, 0x0200_0000_000c)
    a.obtain()
    b.obtain()
    expect(c.discover()).toBeUndefined()
    expect(c.select(at(30))).toBeUndefined()
    expect(h.server.stats.poolExhausted).toBe(2)
    a.release(at(10))
    expect(c.obtain()).toBe(at(12))
    expect([...h.stored.keys()].sort()).toEqual([at(11), at(12)])
    expect(h.leases.stats.forgottenBindings).toBe(1)
  })

  test('offers: the oldest is withdrawn', () => {
    begin({}, 1500, { bindings: 9, offers: 1, quarantine: 9 })
    a.discover()
    b.discover()
    expect(h.leases.stats.withdrawnOffers).toBe(1)
    expect(new DhcpClient(h, 0x0200_0000_000c).discover()!.message.yiaddr).toBe(at(10))
  })

  test('quarantine: the oldest address is released', () => {
    begin({}, 1500, { bindings: 9, offers: 9, quarantine: 1 })
    for (const client of [a, b]) client.decline(client.obtain())
    expect(h.leases.stats.endedQuarantines).toBe(1)
    expect(new DhcpClient(h, 0x0200_0000_000c).obtain()).toBe(at(10))
  })
})

test('a lease ends to the millisecond, without a timer', () => {
  a.obtain()
  b.obtain()
  h.clock.now += 7199_999
  expect(h.server.table()).toHaveLength(2)
  h.clock.now += 1
  expect(h.server.table()).toEqual([])
})
