// What a reply says: options in the order asked for, boot servers, and what is left out where it does not fit.

import { beforeEach, describe, expect, test } from 'vitest'
import { DhcpClient, type DhcpHarness, dhcpHarness, SERVER } from '../../test/support/dhcp-client.ts'
import { type DhcpMessage, dhcpLength, emitDhcp, parseDhcp } from '../wire/dhcp.ts'
import { ipv4, maskOf } from '../wire/ipv4-address.ts'
import { parseExtraOption } from './dhcp-extra-options.ts'

let h: DhcpHarness
let client: DhcpClient

function begin(...extras: (readonly [number, string])[]): void {
  h = dhcpHarness({ extraOptions: extras.map(([code, text]) => parseExtraOption(code, text)!) })
  client = new DhcpClient(h, 0x0200_0000_0001)
}
beforeEach(() => begin())

const codes = (message: DhcpMessage): number[] => [...message.options.keys()]
const asking = (...list: number[]) => ({ options: { 55: Uint8Array.from(list) } })
/** As it is read on the other side of the wire. */
function received(message: DhcpMessage): DhcpMessage {
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  return parseDhcp(bytes, 0, bytes.length)!
}

describe('RFC 2132 section 9.8: the parameter request list', () => {
  test('options go in the order asked for, the others behind them; type, server and times stay in front', () => {
    begin([42, 'ip:192.168.30.5'], [252, 'text:x'])
    const reply = client.discover(undefined, asking(252, 6, 3, 1, 99, 58, 54))!.message
    expect(codes(reply)).toEqual([53, 54, 51, 58, 59, 252, 6, 3, 1, 15, 28, 42])
  })

  test('what is asked for and not configured is not made up', () => {
    const plain = codes(client.discover()!.message)
    const reply = client.discover(undefined, asking(42, 66, 67, 119, 121, 252))!.message
    expect(codes(reply).toSorted()).toEqual(plain.toSorted())
  })

  test('identifier and relay option stay last, as RFC 3046 wants it', () => {
    const options = { 55: Uint8Array.of(82, 61, 1), 61: Uint8Array.of(255, 1, 2), 82: Uint8Array.of(1, 1, 1) }
    const reply = client.discover(undefined, { options, giaddr: ipv4('192.168.30.2') })!.message
    expect(codes(reply).slice(-2)).toEqual([61, 82])
  })
})

describe('boot servers', () => {
  test('an address is the next server, name and file are in the fields of BOOTP too', () => {
    begin([66, 'text:192.168.30.5'], [67, 'text:pxelinux.0'])
    const reply = received(client.discover()!.message)
    expect(reply).toMatchObject({ siaddr: ipv4('192.168.30.5'), sname: '192.168.30.5', file: 'pxelinux.0' })
    expect(reply.options.get(67)).toEqual(new TextEncoder().encode('pxelinux.0'))
  })

  test('a name is not taken for an address; what does not fit into the fields is in the options alone', () => {
    begin([66, `text:${'boot.'.repeat(20)}org`], [67, `text:${'x'.repeat(128)}`])
    const reply = received(client.discover()!.message)
    expect(reply).toMatchObject({ siaddr: SERVER, sname: '', file: '' })
    expect(reply.options.get(66)).toHaveLength(103)
    expect(reply.options.get(67)).toHaveLength(128)
  })

  test('without any, the next server is the virtual host', () => {
    expect(client.discover()!.message).toMatchObject({ siaddr: SERVER, sname: '', file: '' })
  })
})

describe('what does not fit', () => {
  const sized = (size: number, ...list: number[]) => ({
    options: { 57: Uint8Array.of(size >>> 8, size & 255), 55: Uint8Array.from(list) },
  })
  const large = (letter: string): string => `text:${letter.repeat(250)}`

  test('what nobody asked for is left out first, then what was asked for last', () => {
    begin([224, large('a')], [225, large('b')], [226, large('c')])
    const sent = (size: number, ...list: number[]): number[] =>
      codes(client.discover(undefined, sized(size, ...list))!.message).filter((code) => code >= 224)
    expect(sent(1500, 226, 225)).toEqual([226, 225, 224])
    expect(sent(1000, 226, 225)).toEqual([226, 225])
    expect(sent(700, 226, 225)).toEqual([226])
    expect(sent(576)).toEqual([])
    expect(h.server.stats.omittedOptions).toBe(6)
  })

  test('a client that names no size gets what it asks for, and no more than fits otherwise', () => {
    begin(...[224, 225, 226, 227, 228, 229, 230].map((code) => [code, large('x')] as const))
    const reply = client.discover(undefined, asking(224, 225, 226, 227, 228, 229))!.message
    expect(codes(reply)).toContain(229)
    expect(codes(reply)).not.toContain(230)
    expect(dhcpLength(reply)).toBeGreaterThan(1500)
  })

  test('address, mask, gateway and DNS server are never left out', () => {
    const pushRoutes = Array.from({ length: 64 }, (_, index) => ({
      network: ipv4(`10.${index}.0.0`),
      mask: maskOf(24),
      gateway: SERVER,
    }))
    h = dhcpHarness({ pushRoutes, extraOptions: [parseExtraOption(224, large('x'))!] })
    const reply = new DhcpClient(h, 1).discover(undefined, sized(576))!.message
    expect(codes(reply)).toEqual([53, 54, 51, 58, 59, 15, 1, 28, 3, 6])
    expect(dhcpLength(reply)).toBeLessThanOrEqual(576 - 28)
  })
})
