// What SecureNAT is and who may switch it: R1 to R17, R49, D20, D21 on a server in a directory of its own.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operations } from '../../../src/admin/operations.ts'
import { SECURENAT_COMMANDS } from '../../../src/cli/securenat-commands.ts'
import { Hub } from '../../../src/hub/hub.ts'
import { connectInMemory } from '../../../src/link/memory-link.ts'
import { defaultOptions, randomMac } from '../../../src/securenat/options.ts'
import { WELCOME } from '../../../src/server/messages.ts'
import { formatIpv4, ipv4 } from '../../../src/wire/ipv4-address.ts'
import { formatMac, type MacAddress } from '../../../src/wire/mac.ts'
import { GuestHost } from '../../support/guest-host.ts'
import { LossyLink } from '../../support/lossy-link.ts'
import { ServerInDirectory } from '../../support/server-in-directory.ts'
import { SERVER, World } from '../../support/world.ts'

let running: ServerInDirectory

beforeEach(async () => {
  running = await ServerInDirectory.start()
})
afterEach(() => running.remove())

const GATEWAY = ipv4('192.168.30.1')
const HUB = { RpcHubName_str: 'DEFAULT' }

for (const nat of [true, false]) {
  for (const dhcp of [true, false]) {
    test(`R1: with NAT ${nat ? 'on' : 'off'} and DHCP server ${dhcp ? 'on' : 'off'} exactly that answers`, () => {
      const world = new World({
        nat: { enabled: nat },
        dhcp: { enabled: dhcp },
        guest: { address: ipv4('192.168.30.9') },
      })
      const tcp = world.guest.connect(SERVER, 80)
      const client = world.plug({ mac: 0x5254_0000_0009, address: 0 as never })
      client.dhcp()
      world.advance(5000)
      expect(tcp.state === 'ESTABLISHED').toBe(nat)
      expect(tcp.closedBy === 'refused').toBe(!nat)
      expect(client.address !== 0).toBe(dhcp)
    })
  }
}

test('R2: two hubs with different settings run side by side', async () => {
  await running.call('CreateHub', { HubName_str: 'LAB' })
  const range = { DhcpLeaseIPStart_ip: '10.9.0.10', DhcpLeaseIPEnd_ip: '10.9.0.20', DhcpGatewayAddress_ip: '10.9.0.1' }
  await running.call('SetSecureNATOption', { RpcHubName_str: 'LAB', Ip_ip: '10.9.0.1', Mtu_u32: 1400, ...range })
  await running.call('EnableSecureNAT', { HubName_str: 'LAB' })
  const [here, there] = await Promise.all([running.plug('DEFAULT'), running.plug('LAB', '10.9.0.5', '10.9.0.1')])
  expect(here.gatewayMac).not.toBe(there.gatewayMac)
  expect(await running.call('GetSecureNATOption', HUB)).toMatchObject({ Ip_ip: '192.168.30.1', Mtu_u32: 1500 })
  await running.call('DisableSecureNAT', { HubName_str: 'LAB' })
  expect(running.server.hubUnit('DEFAULT')?.secureNat).toBeDefined()
  expect(running.server.hubUnit('LAB')?.secureNat).toBeUndefined()
})

test('R3: a new hub has SecureNAT disabled, and nobody answers on it', async () => {
  await running.call('CreateHub', { HubName_str: 'LAB' })
  expect(await running.call('GetSecureNATOption', { RpcHubName_str: 'LAB' })).toMatchObject({
    UseNat_bool: true,
    UseDhcp_bool: true,
  })
  expect(running.server.hubUnit('LAB')?.config.secureNatEnabled).toBe(false)
  expect(await running.call('EnumSession', { HubName_str: 'LAB' })).toMatchObject({ SessionList: [] })
})

const OF_SECURENAT = Object.entries(operations).filter(([name]) => /SecureNAT|EnumNAT|EnumDHCP/.test(name))

test("R4: every operation on SecureNAT is open to the hub's administrator, for that hub", async () => {
  expect(OF_SECURENAT.length).toBeGreaterThanOrEqual(7)
  expect(OF_SECURENAT.filter(([, { permission }]) => permission !== 'hub').map(([name]) => name)).toEqual([])
  const role = { kind: 'hub', hub: 'DEFAULT' } as const
  await running.call('SetSecureNATOption', { ...HUB, Mtu_u32: 1400, Ip_ip: '192.168.30.2' }, role)
  await running.call('DisableSecureNAT', { HubName_str: 'DEFAULT' }, role)
  expect(await running.call('GetSecureNATOption', HUB, role)).toMatchObject({ Mtu_u32: 1400, Ip_ip: '192.168.30.2' })
  const other = running.call('DisableSecureNAT', { HubName_str: 'LAB' }, role)
  await expect(other).rejects.toMatchObject({ code: 52 })
})

test('R5: enabling makes the session of SecureNAT, disabling ends it', async () => {
  const names = async (): Promise<string[]> =>
    (await running.call('EnumSession', { HubName_str: 'DEFAULT' })).SessionList.map(
      (row: { Name_str: string }) => row.Name_str,
    )
  expect(await names()).toEqual(['SID-SECURENAT-1'])
  await running.call('DisableSecureNAT', { HubName_str: 'DEFAULT' })
  expect(await names()).toEqual([])
  await running.call('EnableSecureNAT', { HubName_str: 'DEFAULT' })
  expect(await names()).toEqual(['SID-SECURENAT-2'])
})

test('R6: a station sees the virtual host as one more computer: ARP, echo reply, an address in the MAC table', async () => {
  const world = new World()
  world.guest.ping(GATEWAY, [1, 2, 3])
  world.advance(10)
  expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 0, body: Uint8Array.of(1, 2, 3) }])
  const guest = await running.plug('DEFAULT')
  const { host } = running.server.hubUnit('DEFAULT')!.options
  expect(guest.gatewayMac).toBe(host.macAddress)
  const row = running.server
    .hubUnit('DEFAULT')!
    .hub.macTable()
    .find(({ macAddress }) => macAddress === host.macAddress)
  expect(row?.sessionName).toBe('SID-SECURENAT-1')
})

test('R9: nothing a guest sends ends more than its own flow', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(10)
  for (let length = 0; length < 120; length += 1) world.link.send(new Uint8Array(length).fill(0xff))
  world.guest.udp(1, GATEWAY, 67, new Uint8Array(300).fill(0xff))
  world.guest.udp(1, GATEWAY, 53, new Uint8Array(300).fill(0xff))
  world.advance(10)
  expect(tcp.state).toBe('ESTABLISHED')
  expect(world.hub.stats.portFaults).toBe(0)
})

test('R10: a station that knows nothing gets an address, and reaches the outside', () => {
  const world = new World({ guest: { address: 0 as never } })
  world.guest.dhcp()
  world.until('a lease', () => world.guest.address !== 0, 10_000)
  expect([formatIpv4(world.guest.address), formatIpv4(world.guest.gateway)]).toEqual(['192.168.30.10', '192.168.30.1'])
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(100)
  expect(tcp.state).toBe('ESTABLISHED')
})

const SITUATIONS = [
  ['a gateway from the hub to the outside', 'tcp'],
  ['a DHCP server alone, for a network behind a bridge', 'lease'],
  ['a way into the site from a hub that is joined to this one', 'both'],
] as const

test.each(SITUATIONS)('R11: %s', (_name, what) => {
  const world = new World({ nat: { enabled: what !== 'lease' }, guest: { address: 0 as never } })
  const far = new Hub('FAR', world.clock)
  connectInMemory(world.hub, far, { schedule: (deliver) => world.clock.setTimer(1, deliver) })
  const there = new GuestHost(new LossyLink(far, world.clock), world.clock, { mac: 0x5254_0000_0011 })
  const station = what === 'tcp' ? world.guest : there
  station.dhcp()
  world.until('a lease', () => station.address !== 0, 10_000)
  const tcp = station.connect(SERVER, 80)
  world.advance(100)
  expect([tcp.state, tcp.closedBy]).toEqual(what === 'lease' ? ['CLOSED', 'refused'] : ['ESTABLISHED', ''])
})

test.each(['en', 'ja'] as const)(
  'R12: the warning is shown at the first start and with the command that enables (%s)',
  (language) => {
    const words = { en: /permission of the administrator/, ja: /ネットワーク管理者の許可/ }[language]
    const welcome = WELCOME[language]({
      stateDir: '/s',
      isDefaultState: true,
      hubSocket: '/s/h',
      listen: ['127.0.0.1:5555'],
      password: 'p',
      program: 'securenat',
    })
    expect(welcome).toMatch(words)
    const enable = SECURENAT_COMMANDS.find(({ name }) => name === 'SecureNatEnable')
    expect(enable?.description?.[language]).toMatch(words)
  },
)

test('R14: the commands of this area begin with SecureNat, Nat or Dhcp, those of the manual among them', () => {
  const names = SECURENAT_COMMANDS.map(({ name }) => name)
  expect(names.filter((name) => !/^(SecureNat|Nat|Dhcp)[A-Z]/.test(name))).toEqual([])
  for (const name of ['SecureNatEnable', 'NatSet', 'NatTable', 'DhcpSet', 'DhcpTable']) expect(names).toContain(name)
})

test('R15: the MAC address is 00-AC and four random bytes, and stays', async () => {
  expect(formatMac(randomMac(0x01234567))).toBe('00-AC-01-23-45-67')
  const { macAddress } = running.server.hubUnit('DEFAULT')!.options.host
  expect(formatMac(macAddress)).toMatch(/^00-AC(-[0-9A-F]{2}){4}$/)
  const file = readFileSync(join(running.stateDir, 'securenat.json'), 'utf8')
  expect(file).toContain(`"macAddress": "${formatMac(macAddress)}"`)
})

test('R16: the address is 192.168.30.1', () => {
  expect(formatIpv4(defaultOptions(1 as MacAddress).host.ipAddress)).toBe('192.168.30.1')
})

test('R17: the mask is 255.255.255.0', () => {
  expect(formatIpv4(defaultOptions(1 as MacAddress).host.subnetMask)).toBe('255.255.255.0')
})

test('R43: DHCP settings are changed with DhcpSet, while the server runs and for good', async () => {
  const command = SECURENAT_COMMANDS.find(({ name }) => name === 'DhcpSet')
  const options = command?.options.map(({ name }) => name)
  for (const name of ['start', 'end', 'mask', 'expire', 'gw', 'dns', 'domain']) expect(options).toContain(name)
  const settings = {
    DhcpLeaseIPStart_ip: '192.168.30.50',
    DhcpExpireTimeSpan_u32: 600,
    DhcpDomainName_str: 'example.org',
  }
  await running.call('SetSecureNATOption', { ...HUB, ...settings })
  expect(await running.call('GetSecureNATOption', HUB)).toMatchObject(settings)
  const saved = JSON.parse(readFileSync(join(running.stateDir, 'securenat.json'), 'utf8'))
  expect(saved.hubs.DEFAULT.securenat.dhcp).toMatchObject({ leaseStart: '192.168.30.50', leaseSeconds: 600 })
})

test('R49: the session list shows the session of SecureNAT as the original does', async () => {
  const { SessionList } = await running.call('EnumSession', { HubName_str: 'DEFAULT' })
  expect(SessionList).toMatchObject([
    { Name_str: 'SID-SECURENAT-1', Username_str: 'SecureNAT', SecureNATMode_bool: true, MaxNumTcp_u32: 0 },
  ])
})

test.each([
  [{ Ip_ip: '127.0.0.1' }, 'Ip_ip'],
  [{ Ip_ip: '224.0.0.1' }, 'Ip_ip'],
  [{ Ip_ip: '192.168.30.255' }, 'Ip_ip'],
  [{ Mask_ip: '0.0.0.0' }, 'Mask_ip'],
  [{ Mask_ip: '255.0.255.0' }, 'Mask_ip'],
  [{ MacAddress_bin: '////////' }, 'MacAddress_bin'],
  [{ Mtu_u32: 61 }, 'Mtu_u32'],
  [{ NatTcpTimeout_u32: 59 }, 'NatTcpTimeout_u32'],
  [{ NatUdpTimeout_u32: 9 }, 'NatUdpTimeout_u32'],
  [{ DhcpLeaseIPStart_ip: '10.0.0.10' }, 'DhcpLeaseIPStart_ip'],
  [{ DhcpLeaseIPStart_ip: '192.168.30.1' }, 'DhcpLeaseIP'],
  [{ DhcpLeaseIPStart_ip: '192.168.30.200', DhcpLeaseIPEnd_ip: '192.168.30.10' }, 'DhcpLeaseIP'],
])('D20: %j is refused, and the field named', async (settings, field) => {
  const before = running.server.config
  const refusal = await running.call('SetSecureNATOption', { ...HUB, ...settings }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 38, message: expect.stringContaining(field) })
  expect(running.server.config).toBe(before)
})

test('D21: guests see a reset when SecureNAT is disabled, and the outside too', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(100)
  world.securenat.close()
  world.advance(10)
  expect(tcp.closedBy).toBe('reset')
  expect(world.outside.connection.wasReset).toBe(true)
})
