// The real vpnclient from Debian against this server: every kind of connection, neighbours, refusals, and what breaks.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patternSha256 } from './servers/pattern.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices, writePattern } from './support/outside.ts'
import { SecureNatServer } from './support/securenat.ts'
import { sleep, waitFor } from './support/shell.ts'
import { type AccountOptions, VPN_LISTEN, VpnClient, VpnSite, writeVpnConfig } from './support/softether.ts'
import { type Namespace, OUTSIDE_ADDRESS, World } from './support/world.ts'

const MB = 1_000_000
const LONGEST = 200 * MB
/** What the client calls the end of its own attempt. */
const CANCELLED = 6
const ARGS = ['--listen', VPN_LISTEN, '--no-web']

let world: World
let server: SecureNatServer
let one: VpnClient
let two: VpnClient

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  writeVpnConfig(join(world.directory, 'state'))
  writePattern(join(world.directory, 'pattern'), LONGEST)
  server = await SecureNatServer.start(world, { args: ARGS })
  one = await VpnClient.start(await VpnSite.create(world, 'one'))
  two = await VpnClient.start(await VpnSite.create(world, 'two'))
  // It opens one connection a second.
  await two.connect({ user: 'u2', password: 'pw2', tcpConnections: 32 })
})
afterAll(() => world?.destroy())

function lease({ namespace, device }: VpnClient): Promise<string> {
  return leaseWithUdhcpc(namespace, device)
}

async function expectDownload(namespace: Namespace, length: number, limit = '1G'): Promise<void> {
  const pipe = `curl -sS --limit-rate ${limit} http://${OUTSIDE_ADDRESS}/bytes/${length} | sha256sum`
  const sum = await namespace.must(['sh', '-c', pipe], { timeoutMs: 90_000 })
  expect(sum.split(' ')[0]).toBe(patternSha256(length))
}

async function expectUpload(namespace: Namespace, length: number): Promise<void> {
  const pipe = `head -c ${length} ${world.directory}/pattern | curl -sS -T - http://${OUTSIDE_ADDRESS}/`
  const answer = await namespace.must(['sh', '-c', pipe], { timeoutMs: 90_000 })
  expect(answer.trim()).toBe(`${patternSha256(length)} ${length}`)
}

async function expectSession(client: VpnClient, userName: string, connections: number): Promise<void> {
  const { SessionList: rows } = JSON.parse(await server.mustCommand('SessionList', '--json'))
  const own = (rows as Record<string, unknown>[]).filter((row) => row.Hostname_str === client.softEther.site.address)
  const last = own.at(-1)
  expect(last).toMatchObject({ Username_str: userName, CurrentNumTcp_u32: connections, MaxNumTcp_u32: connections })
  expect(last).toMatchObject({ LinkMode_bool: false, SecureNATMode_bool: false, Client_BridgeMode_bool: false })
  expect((await client.status()).get('Session Name')).toBe(last?.Name_str)
}

describe('a client with', () => {
  test.each<[string, AccountOptions, number]>([
    ['1 TCP connection', { tcpConnections: 1 }, LONGEST],
    ['3 TCP connections to the bare address', { tcpConnections: 3, probes: true }, 20 * MB],
    ['2 TCP connections, compressed', { tcpConnections: 2, compress: true }, 40 * MB],
    ['8 TCP connections', { tcpConnections: 8 }, 100 * MB],
    ['4 TCP connections, half duplex', { tcpConnections: 4, halfDuplex: true }, 60 * MB],
    ['4 TCP connections, half duplex, compressed', { tcpConnections: 4, halfDuplex: true, compress: true }, 20 * MB],
  ])('%s: lease, the right sums down and up, its session in the list', async (_what, options, length) => {
    await one.connect({ password: 'pw1', ...options })
    await one.waitForConnections(options.tcpConnections!)
    await lease(one)
    await expectDownload(one.namespace, length)
    await expectUpload(one.namespace, length)
    await expectSession(one, 'u1', options.tcpConnections!)
    const status = await one.status()
    expect(status.get('Use of Compression')).toMatch(options.compress ? /^Yes/ : /^No/)
    expect(status.get('Half Duplex TCP Connection Mode')).toMatch(options.halfDuplex ? /^Yes/ : /^No/)
    expect(status.get('UDP Acceleration is Supported')).toBe('No')
    expect(status.get('Number of Established Sessions')).toBe('1 Times')
  })

  test('32 TCP connections, opened meanwhile: lease, the right sums down and up, its session in the list', async () => {
    await two.waitForConnections(32)
    await lease(two)
    await expectDownload(two.namespace, 60 * MB)
    await expectUpload(two.namespace, 60 * MB)
    await expectSession(two, 'u2', 32)
  })
})

describe('the client names the original’s error', () => {
  test.each<[string, number, AccountOptions]>([
    ['wrong password', 9, { password: 'wrong' }],
    ['unknown user', 9, { user: 'nobody', password: 'pw1' }],
    ['unknown hub', 8, { hub: 'NOWHERE', password: 'pw1' }],
    ['expired user', 12, { user: 'old', password: 'pw' }],
    ['a hub that is offline', 10, { hub: 'CLOSED', password: 'pw1' }],
  ])('%s: %i', async (_what, code, options) => {
    await expectRefusal(options, code)
  })

  test('a full hub: 16', async () => {
    await two.connect({ hub: 'SMALL', user: 'guest' })
    await two.waitForConnections(1)
    await expectRefusal({ hub: 'SMALL', password: 'pw1' }, 16)
  })
})

async function expectRefusal(options: AccountOptions, code: number): Promise<void> {
  const before = one.errorCodes().length
  await one.connect(options)
  const codes = await waitFor('the client to be refused', 20_000, () => {
    const since = one
      .errorCodes()
      .slice(before)
      .filter((other) => other !== CANCELLED)
    return since.length > 0 && since
  })
  expect(codes[0]).toBe(code)
}

describe('two clients', () => {
  beforeAll(async () => {
    await one.connect({ password: 'pw1', tcpConnections: 4 })
    await two.connect({ user: 'u2', password: 'pw2', tcpConnections: 1 })
    await one.waitForConnections(4)
    await two.waitForConnections(1)
  })

  test('reach each other', async () => {
    const [address] = await Promise.all([lease(one), lease(two)])
    const web = ['busybox', 'httpd', '-f', '-p', '7000', '-h', world.directory]
    const httpd = one.namespace.spawn(web)
    await expectPing(two.namespace, address!)
    const pipe = `curl -sS --retry 5 --retry-connrefused http://${address}:7000/pattern | sha256sum`
    const sum = await two.namespace.must(['sh', '-c', pipe], { timeoutMs: 60_000 })
    expect(sum.split(' ')[0]).toBe(patternSha256(LONGEST))
    await httpd.stop()
  })

  test('the link is cut for 20 s in the middle of a download: it goes on, and its sum is right', async () => {
    const { device } = one.softEther.site
    const download = expectDownload(one.namespace, 80 * MB, '8M')
    await sleep(3_000)
    const drop = (hook: string, which: string): string =>
      `chain ${hook} { type filter hook ${hook} priority -300; ${which} ${device} drop; };`
    const rules = `table inet cut { ${drop('prerouting', 'iifname')} ${drop('postrouting', 'oifname')} }\n`
    await world.server.must(['nft', '-f', '-'], { input: rules })
    await sleep(20_000)
    await world.server.must(['nft', 'delete', 'table', 'inet', 'cut'])
    await download
  })

  test('the server is killed and started again: they come back by themselves', async () => {
    const before = [await lease(one), await lease(two)]
    server.program.kill('SIGKILL')
    await server.program.waitForExit(5_000)
    server = await SecureNatServer.start(world, { args: ARGS })
    await waitFor('both to log in again', 60_000, async () => {
      const { stdout } = await server.command('SessionList')
      return /SID-U1-/.test(stdout) && /SID-U2-/.test(stdout)
    })
    await one.waitForConnections(4)
    await two.waitForConnections(1)
    // The program took its adapter down, and with it its routes; the address is the same as before.
    expect([await lease(one), await lease(two)]).toEqual(before)
    await expectDownload(one.namespace, MB)
    await expectDownload(two.namespace, MB)
  })
})

async function expectPing(namespace: Namespace, address: string): Promise<void> {
  expect(await namespace.must(['ping', '-c', '3', '-i', '0.2', '-W', '2', address])).toMatch(/ 3 received/)
}
