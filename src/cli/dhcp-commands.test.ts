// Reservations, options and single leases on the command line: what is sent, and what is printed in either language.

import { describe, expect, test } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'

const HUB = { HubName_str: 'DEFAULT' }
const LISTS: Readonly<Record<string, object>> = {
  EnumDhcpReservation: {
    ...HUB,
    ReservationList: [
      { IpAddress_ip: '192.168.30.50', MacAddress_bin: 'AKwBI0Vn', ClientId_str: '', Hostname_str: 'printer' },
      { IpAddress_ip: '192.168.30.51', MacAddress_bin: '', ClientId_str: 'ff0001', Hostname_str: '' },
    ],
  },
  EnumDhcpOption: { ...HUB, OptionList: [{ Code_u32: 42, Value_str: 'ip:192.168.30.5' }] },
}

const answered = answeredCalls(LISTS, HUB)

describe('what is sent', () => {
  test.each<[string[], string, object]>([
    [
      ['DhcpReservationSet', '192.168.30.50', '--mac', '00:ac:01:23:45:67', '--name', 'printer'],
      'SetDhcpReservation',
      { IpAddress_ip: '192.168.30.50', MacAddress_bin: 'AKwBI0Vn', Hostname_str: 'printer' },
    ],
    [
      ['dhcpreservationset', '192.168.30.50', '/CLIENTID:ff:00:01'],
      'SetDhcpReservation',
      { IpAddress_ip: '192.168.30.50', ClientId_str: 'ff0001' },
    ],
    [['DhcpReservationDelete', '192.168.30.50'], 'DeleteDhcpReservation', { IpAddress_ip: '192.168.30.50' }],
    [['DhcpLeaseDelete', '192.168.30.50'], 'DeleteDhcpLease', { IpAddress_ip: '192.168.30.50' }],
    [['DhcpOptionSet', '252', 'text:x'], 'SetDhcpOption', { Code_u32: '252', Value_str: 'text:x' }],
    [['DhcpOptionDelete', '252'], 'DeleteDhcpOption', { Code_u32: '252' }],
  ])('%j', async (argv, method, params) => {
    await run(argv)
    expect(answered.calls).toEqual([[method, { ...HUB, ...params }]])
  })
})

test.each([
  [['DhcpReservationSet', '192.168.30.50'], 'for whom? give --mac MAC, --clientid HEX or --name NAME'],
  [
    ['DhcpReservationSet', '192.168.30.50', '--mac', 'x'],
    '--mac must be a MAC address such as 00-AC-01-23-45-67, is "x"',
  ],
  [['DhcpReservationSet', '--name', 'x'], 'IP is missing'],
  [['DhcpOptionSet', '42'], 'VALUE is missing'],
])('%j is refused before anything is sent', async (argv, sentence) => {
  await expect(run(argv)).rejects.toThrow(sentence)
  expect(answered.calls).toEqual([])
})

describe('what is printed', () => {
  test('in English', async () => {
    const list = await run(['DhcpReservationList'])
    expect(list).toMatch(/Reserved IP +\|192\.168\.30\.50\nMAC Address +\|00-AC-01-23-45-67\nClient Identifier *\|\n/)
    expect(list).toMatch(/Reserved IP +\|192\.168\.30\.51\nMAC Address +\|\nClient Identifier *\|ff0001\n/)
    expect(await run(['DhcpOptionList'])).toMatch(/Option Number *\|42\nValue +\|ip:192\.168\.30\.5\n/)
  })

  test('in Japanese', async () => {
    expect(await run(['DhcpReservationList', '--language', 'ja'])).toMatch(
      /予約 IP +\|192\.168\.30\.50\nMAC アドレス +\|00-AC-01-23-45-67/,
    )
    expect(await run(['DhcpOptionList', '--language', 'ja'])).toMatch(
      /オプション番号 *\|42\n値 +\|ip:192\.168\.30\.5\n/,
    )
  })
})
