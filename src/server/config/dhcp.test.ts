// Reservations and options by number, from the text of the file and back.

import { describe, expect, test } from 'vitest'
import { RESERVATIONS_MAX } from '../../securenat/options.ts'
import { formatIpv4, ipv4 } from '../../wire/ipv4-address.ts'
import { formatConfig, parseConfig } from './config.ts'

const DEFAULTS = { wallClock: () => 0, random: () => 1, domainName: '' }
const fileWith = (dhcp: object): string => JSON.stringify({ hubs: { LAB: { securenat: { dhcp } } } })
const parse = (dhcp: object) => parseConfig(fileWith(dhcp), DEFAULTS)
const PATH = 'hubs.LAB.securenat.dhcp'
const faults = (dhcp: object): string[] => (parse(dhcp).issues ?? []).map((issue) => issue.replace(`${PATH}.`, ''))

const FULL = {
  reservations: [
    { ipAddress: '192.168.30.50', macAddress: '00-AC-01-23-45-67', hostName: 'printer' },
    { ipAddress: '192.168.30.250', clientId: 'ff0001' },
    { ipAddress: '192.168.30.51', hostName: 'build-7' },
  ],
  ntpServers: ['192.168.30.1', '192.0.2.1'],
  tftpServer: '192.168.30.5',
  bootFile: 'pxelinux.0',
  domainSearch: ['example.org', 'lan'],
  options: { 43: 'hex:0104', 252: 'text:http://wpad/wpad.dat' },
}

test('reservations and options become values', () => {
  const dhcp = parse(FULL).config!.hubs[0]!.secureNat.dhcp
  expect(dhcp.reservations).toEqual([
    { ipAddress: ipv4('192.168.30.50'), macAddress: 0x00ac_0123_4567, hostName: 'printer' },
    { ipAddress: ipv4('192.168.30.250'), clientId: 'ff0001' },
    { ipAddress: ipv4('192.168.30.51'), hostName: 'build-7' },
  ])
  expect(dhcp.extraOptions.map(({ code, text }) => [code, text])).toEqual([
    [42, 'ip:192.168.30.1,192.0.2.1'],
    [43, 'hex:0104'],
    [66, 'text:192.168.30.5'],
    [67, 'text:pxelinux.0'],
    [119, 'names:example.org,lan'],
    [252, 'text:http://wpad/wpad.dat'],
  ])
})

test('they are written as they were read', () => {
  const { config } = parse(FULL)
  const written = JSON.parse(formatConfig(config!)).hubs.LAB.securenat.dhcp
  expect(written).toMatchObject(FULL)
  expect(parseConfig(formatConfig(config!), DEFAULTS).config).toEqual(config)
})

describe('what is refused', () => {
  const at = (ipAddress: string) => ({ ipAddress, hostName: `h${ipAddress.replaceAll('.', '-')}` })

  test.each<[string, object]>([
    [
      'reservations.0.ipAddress: must be an IPv4 address such as 192.168.30.1, is "x"',
      { reservations: [{ ipAddress: 'x', hostName: 'x' }] },
    ],
    [
      'reservations.0.name: must be left out (there is no such key), is "x"',
      { reservations: [{ ipAddress: '192.168.30.50', name: 'x' }] },
    ],
    [
      'reservations.0: must be with one of macAddress, clientId and hostName, is with none of them',
      { reservations: [{ ipAddress: '192.168.30.50' }] },
    ],
    [
      "reservations.0.ipAddress: must be a host address of the virtual host's network 192.168.30.0/24, other than its own 192.168.30.1, is 10.0.0.1",
      { reservations: [at('10.0.0.1')] },
    ],
    [
      "reservations.0.ipAddress: must be a host address of the virtual host's network 192.168.30.0/24, other than its own 192.168.30.1, is 192.168.30.1",
      { reservations: [at('192.168.30.1')] },
    ],
    [
      'reservations.1.ipAddress: must be another than that of dhcp.reservations.0, is 192.168.30.50',
      { reservations: [at('192.168.30.50'), { ipAddress: '192.168.30.50', hostName: 'other' }] },
    ],
    [
      'reservations.1.hostName: must be another than that of dhcp.reservations.0, is x',
      {
        reservations: [
          { ipAddress: '192.168.30.50', hostName: 'X' },
          { ipAddress: '192.168.30.51', hostName: 'x' },
        ],
      },
    ],
    [
      'reservations.0.clientId: must be two to 255 bytes in hexadecimal digits such as ff0001, is "ff"',
      { reservations: [{ ipAddress: '192.168.30.50', clientId: 'ff' }] },
    ],
    ['ntpServers.0: must be an IPv4 address such as 192.168.30.1, is "pool.ntp.org"', { ntpServers: ['pool.ntp.org'] }],
    ['domainSearch: must be a list of domain names such as example.org, is ["a..b"]', { domainSearch: ['a..b'] }],
    [
      'options.53: must be the number of an option from 2 to 254 that the server does not set by itself and that has no setting of its own, is 53',
      { options: { 53: 'hex:01' } },
    ],
    [
      'options.x: must be the number of an option from 2 to 254 that the server does not set by itself and that has no setting of its own, is x',
      { options: { x: 'hex:01' } },
    ],
    ['options.42: must be left out (its key is ntpServers), is "ip:192.0.2.1"', { options: { 42: 'ip:192.0.2.1' } }],
    ['options: must be an object with a key for each option, is []', { options: [] }],
  ])('%s', (sentence, dhcp) => {
    expect(faults(dhcp)).toEqual([sentence])
  })

  test('a value of an option that is none', () => {
    expect(faults({ options: { 43: 'hex:0', 44: 5 } })).toEqual([
      expect.stringMatching(/^options\.43: must be a type and a value such as .*, is "hex:0"$/),
      expect.stringMatching(/^options\.44: must be a type and a value such as .*, is 5$/),
    ])
  })

  test('RESERVATIONS_MAX and EXTRA_OPTIONS_MAX', () => {
    const many = Array.from({ length: RESERVATIONS_MAX + 1 }, (_, index) => {
      const ipAddress = formatIpv4((ipv4('192.168.30.10') + index) as never)
      return { ipAddress, hostName: `h${index}` }
    })
    const options = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [index + 128, 'u8:1']))
    expect(faults({ reservations: many, options })).toEqual([
      expect.stringContaining('at most 4096 reservations, is 4097 reservations'),
      expect.stringContaining('at most 64 options, is 65 options'),
    ])
  })
})

test('while the DHCP server is off, reservations may be of another network', () => {
  expect(faults({ enabled: false, reservations: [{ ipAddress: '10.0.0.1', hostName: 'x' }] })).toEqual([])
})
