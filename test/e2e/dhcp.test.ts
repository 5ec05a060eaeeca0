// The DHCP server among real hosts: addresses that somebody uses, options as real clients print them, reservations while it runs,
// another server on the segment, a swarm of guests, and a server that is killed in the middle of it.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  DHCPACK,
  DHCPREQUEST,
  dhcpLength,
  emitDhcp,
  FLAG_BROADCAST,
  getU8Option,
  parseDhcp,
} from '../../src/wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, formatIpv4, type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, formatMac, type MacAddress } from '../../src/wire/mac.ts'
import { DhcpClient, type DhcpHarness } from '../support/dhcp-client.ts'
import { udpFrame } from '../support/frames.ts'
import { RawGuest } from '../support/raw-guest.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { SecureNatServer } from './support/securenat.ts'
import { sleep, waitFor } from './support/shell.ts'
import { type Namespace, World } from './support/world.ts'

const LINK = 'tap0'
const HUB = ['--hub', 'DEFAULT']
const DEFAULTS = ['--start', '192.168.30.10', '--end', '192.168.30.200', '--expire', '7200']
const SWARM = 200
const SWARM_MS = 5_000

interface LeaseRow {
  IpAddress_ip: string
  MacAddress_bin: string
  LeasedTime_dt: string
}

let world: World
let server: SecureNatServer
/** Each with a TAP on the hub; `still` has an address set by hand. */
let still: Namespace
let one: Namespace
let two: Namespace
const plugged: RawGuest[] = []

beforeAll(async () => {
  world = await World.create()
  still = world.guest
  one = await world.addNamespace('one')
  two = await world.addNamespace('two')
  const taps = [still, one, two].flatMap(({ name }) => ['--tap', `DEFAULT:${LINK}@${name}`])
  server = await SecureNatServer.start(world, { args: taps })
})

afterEach(() => {
  for (const guest of plugged.splice(0)) guest.close()
})

afterAll(() => world?.destroy())

const command = (...args: string[]): Promise<string> => server.mustCommand(...args, ...HUB)

async function leases(from = server): Promise<LeaseRow[]> {
  const table = await from.mustCommand('DhcpTable', ...HUB, '--json')
  return (JSON.parse(table) as { DhcpTable: LeaseRow[] }).DhcpTable
}

async function plug(address: string, from = server): Promise<RawGuest> {
  const guest = await RawGuest.plug(from.socket, address)
  plugged.push(guest)
  return guest
}

/** A lease by udhcpc, given back again. */
async function borrow(namespace: Namespace): Promise<string | undefined> {
  const client = namespace.spawn(['udhcpc', '-i', LINK, '-f', '-t', '10', '-T', '1'])
  const [, address] = await client.waitForOutput(/lease of (\S+) obtained/, 20_000)
  // The release goes through the kernel, which must know the way: the address is taken off the link right behind it.
  await namespace.must(['/bin/busybox', 'ping', '-c', '1', '-w', '5', '192.168.30.1'])
  client.kill('SIGUSR2')
  await client.waitForOutput(/released|entering released state/, 5_000)
  await client.stop()
  return address
}

/** A REQUEST that takes `address` from the server with the given address, as a client in SELECTING sends it. */
function requestFrame(mac: number, address: Ipv4Address, chosen: Ipv4Address): Uint8Array {
  const client = new DhcpClient(undefined as unknown as DhcpHarness, mac)
  const octets = (value: Ipv4Address): Uint8Array => Uint8Array.from(formatIpv4(value).split('.').map(Number))
  // With the broadcast flag: answers to made-up hardware addresses are seen, too.
  const message = client.message(DHCPREQUEST, {
    flags: FLAG_BROADCAST,
    options: { 50: octets(address), 54: octets(chosen) },
  })
  const payload = new Uint8Array(dhcpLength(message))
  emitDhcp(message, payload, 0)
  const fields = { source: ANY_IPV4, destination: BROADCAST_IPV4, sourcePort: 68, destinationPort: 67 }
  return udpFrame([...payload], { ...fields, sourceMac: mac as MacAddress, destinationMac: BROADCAST_MAC })
}

/** Addresses that the guest saw acknowledged, by MAC address. */
function acknowledged(guest: RawGuest): Map<string, string> {
  const found = new Map<string, string>()
  for (const { udp } of guest.arrivals) {
    if (udp?.destinationPort !== 68) continue
    const message = parseDhcp(udp.payload, 0, udp.payload.length)
    if (message === undefined || getU8Option(message.options, 53) !== DHCPACK) continue
    found.set(formatMac(message.chaddr), formatIpv4(message.yiaddr))
  }
  return found
}

test('DISCOVER while the candidate address answers ARP: skipped', async () => {
  // Set by hand without a word: this host has not sent one frame.
  await still.ip('addr', 'add', '192.168.30.10/24', 'dev', LINK)
  await still.ip('link', 'set', LINK, 'up')
  expect(await leaseWithUdhcpc(one, LINK)).toBe('192.168.30.11')
  await server.waitForLog(
    /The IP address 192\.168\.30\.10 is used by the host with the MAC address \S+ without a DHCP entry/,
  )
  // And one that was leased before.
  await one.ip('addr', 'flush', 'dev', LINK)
  await command('DhcpLeaseDelete', '192.168.30.11')
  await still.ip('addr', 'add', '192.168.30.11/24', 'dev', LINK)
  expect(await leaseWithUdhcpc(two, LINK)).toBe('192.168.30.12')
  await still.ip('addr', 'flush', 'dev', LINK)
  await two.ip('addr', 'flush', 'dev', LINK)
})

test('REQUEST with a foreign server id: silence', async () => {
  const guest = await plug('192.168.30.5')
  const before = (await leases()).length
  guest.send(requestFrame(0x0200_0000_0077, ipv4('192.168.30.77'), ipv4('192.168.30.254')))
  guest.send(requestFrame(0x0200_0000_0077, ipv4('10.0.0.77'), ipv4('10.0.0.1')))
  await sleep(500)
  expect(guest.arrivals.filter(({ udp }) => udp?.destinationPort === 68)).toEqual([])
  expect(await leases()).toHaveLength(before)
  await server.waitForLog(/Warning: another DHCP server operates on the segment .* IP address: 192\.168\.30\.254/)
})

test('RELEASE, then DISCOVER by another client: the address is free', async () => {
  await command('DhcpSet', '--start', '192.168.30.100', '--end', '192.168.30.100')
  expect(await borrow(one)).toBe('192.168.30.100')
  await server.waitForLog(/The DHCP entry \d+ has been released by its client\. .* IP address: 192\.168\.30\.100/)
  expect(await borrow(two)).toBe('192.168.30.100')
  await command('DhcpSet', ...DEFAULTS)
})

test('R43: settings are changed with DhcpSet, and what is left out stays as it is', async () => {
  await command('DhcpSet', '--pushroute', '10.1.0.0/16/192.168.30.254', '--domain', 'corp.example')
  await command('DhcpSet', '--expire', '600')
  const shown = JSON.parse(await command('DhcpGet', '--json'))
  expect(shown).toMatchObject({
    DhcpExpireTimeSpan_u32: 600,
    DhcpDomainName_str: 'corp.example',
    DhcpPushRoutes_str: '10.1.0.0/255.255.0.0/192.168.30.254',
  })
  const { status, stderr } = await server.command('DhcpSet', '--start', '10.0.0.1', ...HUB)
  expect([status, stderr]).toEqual([1, expect.stringMatching(/--start must be inside the virtual host's network/)])
  await command('DhcpSet', ...DEFAULTS, '--pushroute', 'none', '--domain', 'none')
})

test.each([
  ['dhcpcd', ['dhcpcd', '-4', '-B', '-1', '-A', '-L', '-t', '10', LINK]],
  ['isc-dhcp-client', ['dhclient', '-4', '-1', '-v', '-lf', '/var/lib/dhcp/routes', '-pf', '/var/lib/dhcp/pid', LINK]],
])('40 pushed routes: all received by %s, and the default route with them', async (_name, argv) => {
  const routes = Array.from({ length: 40 }, (_, index) => `10.1.${index}.0/24/192.168.30.254`)
  await command('DhcpSet', '--pushroute', routes.join(','))
  const client = one.spawn(argv)
  try {
    // Clients add one after the other, the default route where it pleases them.
    await waitFor('40 routes and the default route', 15_000, async () => {
      const table = await one.ip('route')
      const pushed = table.split('\n').filter((line) => line.startsWith('10.1.'))
      return pushed.length === 40 && /^default via 192\.168\.30\.1 dev tap0/m.test(table)
    }).catch(async (error) => {
      throw new Error(`${error.message}\n${client.log}\n${await one.ip('route')}`)
    })
  } finally {
    await client.stop()
    await one.ip('addr', 'flush', 'dev', LINK)
    await command('DhcpSet', '--pushroute', 'none')
  }
})

test('options by number and a reserved name, as udhcpc and dhclient hand them to their scripts', async () => {
  const mac = /link\/ether (\S+)/.exec(await one.ip('link', 'show', LINK))![1]!
  await command('DhcpReservationSet', '192.168.30.240', '--mac', mac, '--name', 'printer')
  for (const option of [
    ['42', 'ip:192.168.30.5,192.168.30.6'],
    ['66', 'text:boot.example.org'],
    ['67', 'text:pxelinux.0'],
    ['119', 'names:example.org,lan.example.org'],
    ['252', `text:http://wpad/${'x'.repeat(300)}`],
  ]) {
    await command('DhcpOptionSet', ...option)
  }

  const printEnv = join(world.directory, 'print-env')
  writeFileSync(printEnv, '#!/bin/sh\nexec env >&2\n', { mode: 0o755 })
  const asked = ['ntpsrv', 'tftp', 'bootfile', 'search', 'hostname', '252'].flatMap((name) => ['-O', name])
  const udhcpc = await one.run([
    'udhcpc',
    '-i',
    LINK,
    '-n',
    '-q',
    '-f',
    '-t',
    '10',
    '-T',
    '1',
    ...asked,
    '-s',
    printEnv,
  ])
  const said = udhcpc.stderr + udhcpc.stdout
  expect(said).toContain('\nip=192.168.30.240\n')
  expect(said).toContain('\nntpsrv=192.168.30.5 192.168.30.6\n')
  expect(said).toContain('\ntftp=boot.example.org\n')
  expect(said).toContain('\nbootfile=pxelinux.0\n')
  expect(said).toContain('\nsearch=example.org lan.example.org\n')
  expect(said).toContain('\nhostname=printer\n')

  const conf = join(world.directory, 'dhclient.conf')
  writeFileSync(
    conf,
    `option wpad code 252 = text;
request subnet-mask, routers, ntp-servers, tftp-server-name, bootfile-name, domain-search, host-name, wpad;`,
  )
  const files = ['-cf', conf, '-lf', '/var/lib/dhcp/options', '-pf', '/var/lib/dhcp/pid', '-sf', printEnv]
  const dhclient = one.spawn(['dhclient', '-4', '-d', '-1', '-v', ...files, LINK])
  await dhclient.waitForOutput(/bound to/, 15_000)
  expect(dhclient.log).toContain('new_ip_address=192.168.30.240')
  expect(dhclient.log).toContain('new_ntp_servers=192.168.30.5 192.168.30.6')
  expect(dhclient.log).toContain('new_tftp_server_name=boot.example.org')
  expect(dhclient.log).toContain('new_bootfile_name=pxelinux.0')
  expect(dhclient.log).toMatch(/new_domain_search=example\.org\.? lan\.example\.org/)
  expect(dhclient.log).toContain('new_host_name=printer')
  // RFC 3396: longer than one option can be.
  expect(dhclient.log).toContain(`new_wpad=http://wpad/${'x'.repeat(300)}\n`)
  await dhclient.stop()
  for (const code of ['42', '66', '67', '119', '252']) await command('DhcpOptionDelete', code)
})

test('reservations are made, seen and given up while the server runs', async () => {
  const mac = /link\/ether (\S+)/.exec(await two.ip('link', 'show', LINK))![1]!
  await command('DhcpReservationSet', '192.168.30.241', '--mac', mac)
  expect(await borrow(two)).toBe('192.168.30.241')
  await command('DhcpReservationSet', '192.168.30.60', '--mac', mac)
  const list = await command('DhcpReservationList')
  expect(list).toMatch(new RegExp(`Reserved IP\\s*\\|192\\.168\\.30\\.60\\s*\\n.*${mac.replaceAll(':', '-')}`, 'i'))
  expect(list).not.toContain('192.168.30.241')
  expect(await borrow(two)).toBe('192.168.30.60')
  await command('DhcpReservationDelete', '192.168.30.60')
  const { status, stderr } = await server.command('DhcpReservationDelete', '192.168.30.60', ...HUB)
  expect([status, stderr]).toEqual([1, expect.stringContaining('There is no reservation of 192.168.30.60')])
})

test('a real DHCP server beside ours is told about in both logs', async () => {
  await still.ip('addr', 'add', '10.77.0.1/24', 'dev', LINK)
  const args = [
    '--keep-in-foreground',
    '--log-facility=-',
    '--port=0',
    '--no-ping',
    `--interface=${LINK}`,
    '--conf-file=/dev/null',
  ]
  const dnsmasq = still.spawn(['dnsmasq', ...args, '--dhcp-range=10.77.0.10,10.77.0.20', '--dhcp-leasefile=/dev/null'])
  try {
    await dnsmasq.waitForOutput(/started/, 10_000)
    // With the broadcast flag, so that its offer is heard by everybody. A client that has our offer first may be gone before the other.
    const ask = ['udhcpc', '-i', LINK, '-n', '-q', '-f', '-B', '-t', '5', '-T', '1', '-s', '/bin/true']
    await waitFor('a warning of the other server', 30_000, async () => {
      await one.run(ask)
      return /Warning: another DHCP server operates on the segment .* IP address: 10\.77\.0\.1/.test(
        server.securityLog(),
      )
    })
    await waitFor('the operator to be told', 5_000, () =>
      /another DHCP server operates on the segment hub=DEFAULT server=10\.77\.0\.1/.test(server.program.stderr),
    )
  } finally {
    await dnsmasq.stop()
    await still.ip('addr', 'flush', 'dev', LINK)
  }
})

test(`${SWARM} real clients at once obtain leases within 5 s, none twice`, async ({ annotate }) => {
  await command('DhcpSet', '--start', '192.168.30.2', '--end', '192.168.30.239')
  const links = Array.from({ length: SWARM }, (_, index) => `mv${index}`)
  const batch = links.flatMap((link) => [
    `link add ${link} link ${LINK} type macvlan mode bridge`,
    `link set ${link} up`,
  ])
  await one.must(['ip', '-batch', '-'], { input: `${batch.join('\n')}\n`, timeoutMs: 60_000 })
  const before = await leases()
  const script = `for link in ${links.join(' ')}; do
    udhcpc -i $link -n -q -f -t 20 -T 1 -s /bin/true >/dev/null 2>&1 || echo "$link failed" &
  done; wait`
  expect(await one.must(['sh', '-c', script], { timeoutMs: 60_000 })).toBe('')
  const old = new Set(before.map(({ MacAddress_bin }) => MacAddress_bin))
  const swarm = (await leases()).filter(({ MacAddress_bin }) => !old.has(MacAddress_bin))
  expect(swarm).toHaveLength(SWARM)
  expect(new Set(swarm.map(({ IpAddress_ip }) => IpAddress_ip)).size).toBe(SWARM)
  const times = swarm.map(({ LeasedTime_dt }) => Date.parse(LeasedTime_dt))
  const tookMs = Math.max(...times) - Math.min(...times)
  await annotate(`${SWARM} leases in ${tookMs} ms by the server's clock`)
  expect(tookMs).toBeLessThan(SWARM_MS)
  await command('DhcpSet', ...DEFAULTS)
})

test('killed with SIGKILL in the middle of it, again and again: no lease that a client was given is lost or given twice', async () => {
  const options = { state: 'killed', args: ['--listen', '127.0.0.1:0', '--no-web'] }
  const given = new Map<string, string>()
  const clients = 30
  for (let round = 0; round < 5; round += 1) {
    const victim = await startAgain(options)
    const table = new Map((await leases(victim)).map((row) => [macOf(row), row.IpAddress_ip]))
    for (const [mac, address] of given) expect([mac, table.get(mac)]).toEqual([mac, address])
    const guest = await plug('192.168.30.250', victim)
    for (let number = 0; number < clients; number += 1) {
      const index = round * clients + number
      guest.send(
        requestFrame(0x0200_0001_0000 + index, (ipv4('192.168.30.20') + index) as Ipv4Address, ipv4('192.168.30.1')),
      )
    }
    // Somewhere between the first of them and the last.
    await waitFor('leases', 5_000, () => acknowledged(guest).size > round * 6)
    victim.program.kill('SIGKILL')
    await victim.program.waitForExit(5_000)
    for (const [mac, address] of acknowledged(guest)) given.set(mac, address)
  }
  expect(given.size).toBeGreaterThan(20)
  expect(new Set(given.values()).size).toBe(given.size)
  const last = await startAgain(options)
  const table = new Map((await leases(last)).map((row) => [macOf(row), row.IpAddress_ip]))
  for (const [mac, address] of given) expect([mac, table.get(mac)]).toEqual([mac, address])
  await last.stop()
})

/** Sockets of a server that was killed are still there: it is up when it answers. */
async function startAgain(options: { state: string; args: readonly string[] }): Promise<SecureNatServer> {
  const started = await SecureNatServer.start(world, options)
  await waitFor('the server to answer', 30_000, async () => (await started.command('DhcpTable', ...HUB)).status === 0)
  return started
}

function macOf({ MacAddress_bin }: LeaseRow): string {
  return [...Buffer.from(MacAddress_bin, 'base64')]
    .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
    .join('-')
}
