// Reservations, options and single leases on the command line: what is sent, and what is printed in either language.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Language } from './command.ts'
import { administer } from './main.ts'
import { RpcClient } from './rpc-client.ts'

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

let calls: [string, object][]
beforeEach(() => {
  calls = []
})
afterEach(() => vi.restoreAllMocks())

async function run(language: Language, ...argv: string[]): Promise<string> {
  vi.spyOn(RpcClient.prototype, 'call').mockImplementation(function (this: RpcClient, method: string, params: object) {
    calls.push([method, params])
    this.language = language
    return Promise.resolve((LISTS[method] ?? HUB) as never)
  })
  let printed = ''
  await administer(argv, {
    version: '0.1.0',
    language,
    defaultStateDir: '/state',
    controlSocket: (stateDir) => `${stateDir}/control.sock`,
    password: () => Promise.resolve('secret'),
    print: (text) => {
      printed += `${text}\n`
    },
  })
  return printed
}

const sent = async (...argv: string[]): Promise<[string, object] | undefined> => {
  await run('en', ...argv)
  return calls.at(-1)
}

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
    expect(await sent(...argv)).toEqual([method, { ...HUB, ...params }])
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
  await expect(run('en', ...argv)).rejects.toThrow(sentence)
  expect(calls).toEqual([])
})

describe('what is printed', () => {
  test('in English', async () => {
    const list = await run('en', 'DhcpReservationList')
    expect(list).toMatch(/Reserved IP +\|192\.168\.30\.50\nMAC Address +\|00-AC-01-23-45-67\nClient Identifier *\|\n/)
    expect(list).toMatch(/Reserved IP +\|192\.168\.30\.51\nMAC Address +\|\nClient Identifier *\|ff0001\n/)
    expect(await run('en', 'DhcpOptionList')).toMatch(/Option Number *\|42\nValue +\|ip:192\.168\.30\.5\n/)
  })

  test('in Japanese', async () => {
    expect(await run('ja', 'DhcpReservationList')).toMatch(
      /予約 IP +\|192\.168\.30\.50\nMAC アドレス +\|00-AC-01-23-45-67/,
    )
    expect(await run('ja', 'DhcpOptionList')).toMatch(/オプション番号 *\|42\n値 +\|ip:192\.168\.30\.5\n/)
  })
})
