// Reservations, options and leases through the operations, over a made-up hub that judges settings as the server does.

import { beforeEach, describe, expect, test } from 'vitest'
import { defaultOptions, randomMac, type SecureNatOptions } from '../securenat/options.ts'
import { checkSettings } from '../server/config/settings-check.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { answerJsonRpc } from './json-rpc.ts'
import type { SecureNatPatch } from './management/securenat.ts'
import type { Management } from './management.ts'

const HUB = { HubName_str: 'DEFAULT' }
/** 02-00-00-00-00-01 */
const MAC = 'AgAAAAAB'

let options: SecureNatOptions
let told: string[]

beforeEach(() => {
  options = defaultOptions(randomMac(1))
  told = []
})

const hub = {
  name: 'DEFAULT',
  secureNatOptions: () => options,
  changeSecureNat: (patch: (present: SecureNatOptions) => SecureNatPatch) => {
    const next = { ...options, dhcp: { ...options.dhcp, ...patch(options).dhcp } }
    const faults = checkSettings(next)
    if (faults.length === 0) options = next
    return Promise.resolve(faults)
  },
  deleteLease: (address: number) => address === ipv4('192.168.30.10'),
  logAdministration: (kind: string, connection: string) => told.push(`${connection} ${kind}`),
}

async function call(method: string, params: object): Promise<Record<string, unknown>> {
  const management = { hub: (name: string) => (name === 'DEFAULT' ? hub : undefined) } as unknown as Management
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...HUB, ...params } })
  const context = { management, role: { kind: 'server' }, connection: 'RPC-1', unexpected: () => {} } as const
  const { result, error } = JSON.parse(await answerJsonRpc(text, context))
  if (error !== undefined) throw new Error(error.message)
  return result
}

describe('reservations', () => {
  test('set, listed in the order of their addresses, deleted; each change is logged', async () => {
    await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.60', Hostname_str: 'printer' })
    expect(await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.50', MacAddress_bin: MAC })).toEqual({
      ...HUB,
      ...{ IpAddress_ip: '192.168.30.50', MacAddress_bin: MAC, ClientId_str: '', Hostname_str: '' },
    })
    expect(await call('EnumDhcpReservation', {})).toEqual({
      ...HUB,
      ReservationList: [
        { IpAddress_ip: '192.168.30.50', MacAddress_bin: MAC, ClientId_str: '', Hostname_str: '' },
        { IpAddress_ip: '192.168.30.60', MacAddress_bin: '', ClientId_str: '', Hostname_str: 'printer' },
      ],
    })
    await call('DeleteDhcpReservation', { IpAddress_ip: '192.168.30.60' })
    expect(options.dhcp.reservations).toEqual([{ ipAddress: ipv4('192.168.30.50'), macAddress: 0x0200_0000_0001 }])
    expect(told).toEqual(['RPC-1 optionSet', 'RPC-1 optionSet', 'RPC-1 optionSet'])
  })

  test.each([
    [{ MacAddress_bin: MAC, Hostname_str: 'b' }],
    [{ MacAddress_bin: MAC }],
    [{ ClientId_str: 'FF01' }],
    [{ Hostname_str: 'x' }],
  ])('one client, one address: a second reservation for %j takes the place of the first', async (who) => {
    await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.50', ...who })
    await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.51', ...who })
    expect(options.dhcp.reservations.map(({ ipAddress }) => ipAddress)).toEqual([ipv4('192.168.30.51')])
  })

  test('one address, one client', async () => {
    await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.50', Hostname_str: 'a' })
    await call('SetDhcpReservation', { IpAddress_ip: '192.168.30.50', Hostname_str: 'b' })
    expect(options.dhcp.reservations).toEqual([{ ipAddress: ipv4('192.168.30.50'), hostName: 'b' }])
  })

  test.each([
    [
      { IpAddress_ip: '10.0.0.1', Hostname_str: 'x' },
      /IpAddress_ip must be a host address of the virtual host's network/,
    ],
    [{ IpAddress_ip: '192.168.30.1', Hostname_str: 'x' }, /IpAddress_ip must be .* other than its own 192.168.30.1/],
    [{ IpAddress_ip: '192.168.30.255', Hostname_str: 'x' }, /IpAddress_ip must be a host address/],
    [{ IpAddress_ip: '192.168.30.50' }, /must be with one of macAddress, clientId and hostName/],
    [{ IpAddress_ip: '192.168.30.50', Hostname_str: 'a b' }, /Hostname_str must be a host name/],
    [{ IpAddress_ip: '192.168.30.50', ClientId_str: 'f' }, /ClientId_str must be two to 255 bytes/],
    [{ IpAddress_ip: '192.168.30.50', MacAddress_bin: 'AQAAAAAB' }, /MacAddress_bin must be a unicast address/],
    [{ IpAddress_ip: '192.168.30.50', MacAddress_bin: MAC, ClientId_str: 'ff01' }, /one of macAddress and clientId/],
  ])('%j is refused: %s', async (params, sentence) => {
    await expect(call('SetDhcpReservation', params)).rejects.toThrow(sentence)
    expect(options.dhcp.reservations).toEqual([])
    expect(told).toEqual([])
  })

  test('what is not there cannot be deleted', async () => {
    const missing = { IpAddress_ip: '192.168.30.50' }
    await expect(call('DeleteDhcpReservation', missing)).rejects.toThrow('There is no reservation of 192.168.30.50.')
    await expect(call('DeleteDhcpLease', missing)).rejects.toThrow('There is no DHCP lease of 192.168.30.50.')
    await expect(call('DeleteDhcpOption', { Code_u32: 43 })).rejects.toThrow('There is no DHCP option 43.')
  })
})

test('one lease can be deleted', async () => {
  const lease = { IpAddress_ip: '192.168.30.10' }
  expect(await call('DeleteDhcpLease', lease)).toEqual({ ...HUB, ...lease })
})

describe('options by number', () => {
  test('set, set anew, listed by number, deleted', async () => {
    await call('SetDhcpOption', { Code_u32: 252, Value_str: 'text:http://wpad' })
    await call('SetDhcpOption', { Code_u32: '42', Value_str: 'ip:192.168.30.5' })
    expect(await call('SetDhcpOption', { Code_u32: 252, Value_str: 'hex:00 01' })).toEqual({
      ...HUB,
      ...{ Code_u32: 252, Value_str: 'hex:0001' },
    })
    expect((await call('EnumDhcpOption', {})).OptionList).toEqual([
      { Code_u32: 42, Value_str: 'ip:192.168.30.5' },
      { Code_u32: 252, Value_str: 'hex:0001' },
    ])
    await call('DeleteDhcpOption', { Code_u32: 42 })
    expect(options.dhcp.extraOptions.map(({ code }) => code)).toEqual([252])
  })

  test.each([
    [{ Code_u32: 53, Value_str: 'hex:01' }, /Code_u32 must be the number of an option/],
    [{ Code_u32: 255, Value_str: 'hex:01' }, /Code_u32 must be a whole number from 1 to 254/],
    [{ Code_u32: 43, Value_str: 'x' }, /Value_str must be a type and a value such as/],
    [{ Code_u32: 119, Value_str: 'text:lan' }, /Value_str must be a type and a value such as/],
  ])('%j is refused: %s', async (params, sentence) => {
    await expect(call('SetDhcpOption', params)).rejects.toThrow(sentence)
  })
})
