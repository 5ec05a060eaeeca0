// Reservations, through the server: who gets a reserved address, and that nobody else does.

import { describe, expect, test } from 'vitest'
import { DhcpClient, dhcpHarness, SERVER } from '../../test/support/dhcp-client.ts'
import { hex } from '../../test/support/hex.ts'
import { DHCPACK, DHCPNAK, getTextOption, getU8Option } from '../wire/dhcp.ts'
import { type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { DhcpReply } from './dhcp-reply.ts'
import type { DhcpReservation } from './options.ts'

const at = (last: number) => ipv4(`192.168.30.${last}`)
const MAC = 0x0200_0000_0001 as MacAddress
const typeOf = (reply: DhcpReply | undefined) => reply && getU8Option(reply.message.options, 53)
const named = (name: string) => ({ options: { 12: new TextEncoder().encode(name) } })
const identified = (id: string) => ({ options: { 61: hex(id) } })

function setUp(...reservations: DhcpReservation[]) {
  const h = dhcpHarness({ reservations })
  return { h, client: (mac: number, extras = {}) => new DhcpClient(h, mac, extras) }
}

/** What an administrator does while the server runs. */
function reserve({ server, host, options }: ReturnType<typeof dhcpHarness>, ...reservations: DhcpReservation[]): void {
  server.configure(host, 1500, { ...options, reservations })
}

describe('who has a reservation', () => {
  test.each<[string, DhcpReservation, number, object]>([
    ['a hardware address', { ipAddress: at(50), macAddress: MAC }, MAC, {}],
    ['a hardware address that sends an identifier', { ipAddress: at(50), macAddress: MAC }, MAC, identified('ff0102')],
    ['a client identifier', { ipAddress: at(50), clientId: 'ff0102' }, 0x0200_0000_0099, identified('ff0102')],
    [
      'an identifier that is a hardware address',
      { ipAddress: at(50), clientId: '01020000000001' },
      MAC,
      identified('01020000000001'),
    ],
    ['a host name', { ipAddress: at(50), hostName: 'Printer' }, MAC, named('pRINTER')],
    ['the first label of a host name', { ipAddress: at(50), hostName: 'printer' }, MAC, named('printer.example.org')],
    ['outside of the pool', { ipAddress: at(250), macAddress: MAC }, MAC, {}],
  ])('%s', (_what, reservation, mac, extras) => {
    const { client, h } = setUp(reservation)
    expect(client(mac, extras).obtain()).toBe(reservation.ipAddress)
    expect(typeOf(client(mac, extras).renew(reservation.ipAddress))).toBe(DHCPACK)
    expect(typeOf(client(mac, extras).at(h.restart()).initReboot(reservation.ipAddress))).toBe(DHCPACK)
  })

  test('the identifier counts before the hardware address, and that before the name', () => {
    const { client } = setUp(
      { ipAddress: at(51), hostName: 'x' },
      { ipAddress: at(52), macAddress: MAC },
      { ipAddress: at(53), clientId: 'ff01' },
    )
    expect(client(MAC, named('x')).discover()!.message.yiaddr).toBe(at(52))
    expect(client(MAC, { options: { ...named('x').options, ...identified('ff01').options } }).obtain()).toBe(at(53))
  })

  test('the boot stages of one machine share the address of its card, whatever they call themselves', () => {
    const { client, h } = setUp({ ipAddress: at(50), macAddress: MAC })
    for (const extras of [{}, identified('ff01'), identified('ff02')]) expect(client(MAC, extras).obtain()).toBe(at(50))
    expect(h.server.table()).toHaveLength(1)
  })

  test('the name of a reservation is the lease’s, and is sent to the client', () => {
    const { client, h } = setUp({ ipAddress: at(50), macAddress: MAC, hostName: 'printer' })
    const reply = client(MAC, named('localhost')).discover()!
    expect(getTextOption(reply.message.options, 12)).toBe('printer')
    client(MAC, named('localhost')).obtain()
    expect(h.server.table()[0]?.hostName).toBe('printer')
    expect(getTextOption(client(MAC).inform(at(50))!.message.options, 12)).toBe('printer')
  })
})

describe('a reserved address is nobody else’s', () => {
  const strangers = (count: number, h: ReturnType<typeof dhcpHarness>): Ipv4Address[] =>
    Array.from({ length: count }, (_, index) => new DhcpClient(h, 0x0200_0001_0000 + index).obtain())

  test('not offered, not when asked for, not when renewed, not when all others are gone', () => {
    const { h, client } = setUp({ ipAddress: at(10), macAddress: MAC }, { ipAddress: at(12), hostName: 'x' })
    const stranger = client(0x0200_0000_0099)
    expect(stranger.discover(at(10))!.message.yiaddr).toBe(at(11))
    expect(typeOf(stranger.select(at(10)))).toBe(DHCPNAK)
    expect(typeOf(stranger.renew(at(12)))).toBe(DHCPNAK)
    const given = [stranger.obtain(), ...strangers(188, h)]
    expect(given.includes(at(10)) || given.includes(at(12))).toBe(false)
    expect(client(0x0200_0000_0098).discover()).toBeUndefined()
    expect(client(MAC).obtain()).toBe(at(10))
  })

  test('two clients with one name: the first has it, the other gets an address of the pool', () => {
    const { client } = setUp({ ipAddress: at(50), hostName: 'x' })
    expect(client(1 * 2 ** 24, named('x')).obtain()).toBe(at(50))
    expect(client(2 * 2 ** 24, named('x')).obtain()).toBe(at(10))
  })
})

describe('reservations made while leases run', () => {
  test('of the address that the client has: nothing changes, whoever it says it is', () => {
    const { h, client } = setUp()
    const guest = client(MAC, identified('ff01'))
    expect(guest.obtain()).toBe(at(10))
    reserve(h, { ipAddress: at(10), macAddress: MAC })
    expect(typeOf(guest.renew(at(10)))).toBe(DHCPACK)
    expect(client(MAC).obtain()).toBe(at(10))
    expect(h.server.table()).toHaveLength(1)
  })

  test('of another address: the client moves when it renews', () => {
    const { h, client } = setUp()
    const guest = client(MAC)
    guest.obtain()
    reserve(h, { ipAddress: at(50), macAddress: MAC })
    expect(typeOf(guest.renew(at(10)))).toBe(DHCPNAK)
    expect(guest.obtain()).toBe(at(50))
    expect(h.server.table().map(({ ipAddress }) => ipAddress)).toEqual([at(50)])
  })

  test('of an address somebody has: that one keeps it until it renews, then they change places', () => {
    const { h, client } = setUp()
    const holder = client(0x0200_0000_0099)
    expect(holder.obtain()).toBe(at(10))
    reserve(h, { ipAddress: at(10), macAddress: MAC })
    const guest = client(MAC)
    expect(guest.obtain()).toBe(at(11))
    expect(typeOf(guest.renew(at(11)))).toBe(DHCPACK)
    expect(typeOf(holder.renew(at(10)))).toBe(DHCPNAK)
    expect(holder.obtain()).toBe(at(12))
    expect(typeOf(guest.renew(at(11)))).toBe(DHCPNAK)
    expect(guest.obtain()).toBe(at(10))
  })

  test('an offer of before the reservation is refused when it is taken up', () => {
    const { h, client } = setUp()
    const stranger = client(0x0200_0000_0099)
    expect(stranger.discover()!.message.yiaddr).toBe(at(10))
    reserve(h, { ipAddress: at(10), macAddress: MAC })
    expect(typeOf(stranger.select(at(10), SERVER))).toBe(DHCPNAK)
  })

  test('taken away: the client keeps an address of the pool, and loses one outside of it', () => {
    const { h, client } = setUp({ ipAddress: at(50), macAddress: MAC }, { ipAddress: at(250), hostName: 'x' })
    client(MAC).obtain()
    client(5 * 2 ** 24, named('x')).obtain()
    reserve(h)
    expect(typeOf(client(MAC).renew(at(50)))).toBe(DHCPACK)
    expect(typeOf(client(5 * 2 ** 24, named('x')).renew(at(250)))).toBe(DHCPNAK)
  })
})
