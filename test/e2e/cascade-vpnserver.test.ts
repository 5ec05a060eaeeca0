// The manual's rights-free remote access (10.11): a person with an ordinary account on a computer inside a site starts this server and
// cascades it to SoftEther's vpnserver outside; whoever is on that server's hub reaches the site through SecureNAT.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { patternSha256 } from './servers/pattern.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { LAUNCHER } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { waitFor } from './support/shell.ts'
import { type SoftEther, VpnSite } from './support/softether.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const LENGTH = 20_000_000
const DEVICE = 'vpn_a'

let world: World
let site: SecureNatServer
let office: VpnSite
let vpnserver: SoftEther

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  office = await VpnSite.create(world, 'office')
  vpnserver = await office.start('vpnserver')
  await vpnserver.must(
    'Hub DEFAULT',
    ...['br', 'alice'].flatMap((user) => [
      `UserCreate ${user} /GROUP:none /REALNAME:none /NOTE:none`,
      `UserPasswordSet ${user} /PASSWORD:pw`,
    ]),
  )
  site = await SecureNatServer.start(world, { rights: 'none', args: ['--listen', '127.0.0.1:5602', '--no-web'] })
})
afterAll(() => world?.destroy())

async function status(): Promise<string> {
  return (await site.command('CascadeStatusGet', 'out')).stdout
}

async function waitForError(code: number): Promise<void> {
  await waitFor(`error ${code}`, 30_000, async () => {
    const { LinkList } = JSON.parse(await site.mustCommand('CascadeList', '--json')) as {
      LinkList: { LastError_u32: number }[]
    }
    return LinkList[0]!.LastError_u32 === code
  })
}

test('a wrong password is shown as error 9; the right one brings the cascade up', async () => {
  await site.mustCommand(
    'CascadeCreate',
    'out',
    '--to',
    `${office.address}:5555`,
    '--tohub',
    'DEFAULT',
    '--username',
    'br',
  )
  await site.mustCommand('CascadePasswordSet', 'out', '--password', 'wrong')
  await site.mustCommand('CascadeOnline', 'out')
  await waitForError(9)
  await site.mustCommand('CascadePasswordSet', 'out', '--password', 'pw')
  await waitFor('the cascade to come up', 20_000, async () => /Session Established/.test(await status()))
  expect(await status()).toMatch(/Server Product Name\s*\|\s*SoftEther VPN Server/)
  expect(await vpnserver.must('Hub DEFAULT', 'SessionList')).toMatch(/SID-BR-/)
  expect(await site.mustCommand('SessionList')).toMatch(/SID-LINK-\d+/)
})

test('a client of the vpnserver takes its lease from the site, and reaches it', async () => {
  const client = await office.start('vpnclient')
  await client.must(
    'NicCreate a',
    'AccountCreate a /SERVER:127.0.0.1/tcp:5555 /HUB:DEFAULT /USERNAME:alice /NICNAME:a',
    'AccountPasswordSet a /PASSWORD:pw /TYPE:standard',
    'AccountDetailSet a /MAXTCP:1 /INTERVAL:1 /TTL:0 /HALF:no /BRIDGE:no /MONITOR:no /NOTRACK:yes /NOQOS:yes /DISABLEUDP:yes',
    'AccountConnect a',
  )
  expect(await leaseWithUdhcpc(office.namespace, DEVICE)).toMatch(/^192\.168\.30\.\d+$/)
  const pipe = `curl -sS http://${OUTSIDE_ADDRESS}/bytes/${LENGTH} | tee ${office.directory}/data | sha256sum`
  expect((await office.namespace.must(['sh', '-c', pipe])).split(' ')[0]).toBe(patternSha256(LENGTH))
  const upload = ['curl', '-sS', '-T', `${office.directory}/data`, `http://${OUTSIDE_ADDRESS}/`]
  expect((await office.namespace.must(upload)).trim()).toBe(`${patternSha256(LENGTH)} ${LENGTH}`)
})

test('every TCP connection that was asked for comes; when the network cuts them all, the cascade comes up again by itself', async () => {
  const eight = async (): Promise<boolean> => /Number of TCP Connections\s*\|\s*8/.test(await status())
  await waitFor('eight connections', 20_000, eight)
  await world.server.must(['ss', '-K', 'dst', office.address, 'dport', '=', '5555'])
  await waitFor('less than eight connections', 5_000, async () => !(await eight()))
  await waitFor('eight connections again', 45_000, eight)
  const ping = ['ping', '-c', '3', '-i', '0.3', '-W', '2', '192.168.30.1']
  expect(await office.namespace.must(ping)).toContain(' 3 received')
})

test('run --server: a command in a namespace on the vpnserver’s hub reaches the site too', async () => {
  const command = `curl -sS http://${OUTSIDE_ADDRESS}/bytes/1000000 | sha256sum`
  const remote = [LAUNCHER, 'run', '--server', `${office.address}:5555`, '--user', 'alice', '--no-verify']
  const run = ['env', 'SECURENAT_PASSWORD=pw', `HOME=${site.state}`, ...remote, '--', 'sh', '-c', command]
  expect(await world.server.must(run, { timeoutMs: 40_000 })).toContain(patternSha256(1_000_000))
})

test('off line it is gone at both ends', async () => {
  await site.mustCommand('CascadeOffline', 'out')
  expect(await site.mustCommand('SessionList')).not.toMatch(/SID-LINK/)
  expect(await status()).not.toMatch(/Session Established/)
})
