// This server cascades into another of its own kind: a guest of the other is served by the SecureNAT behind the cascade.

import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { userHash } from '../../src/accounts/password-hash.ts'
import { patternSha256 } from './servers/pattern.ts'
import { Cable } from './support/cable.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { LAUNCHER } from './support/places.ts'
import { ORDINARY_UID, SecureNatServer } from './support/securenat.ts'
import { type RunResult, sleep, waitFor } from './support/shell.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const LENGTH = 20_000_000
const FAR = ['--listen', '127.0.0.1:5601', '--no-web']
const SITE = ['--listen', '127.0.0.1:5602', '--no-web']

let world: World
let far: SecureNatServer
let site: SecureNatServer

function writeConfig(state: string, hubs: object): void {
  mkdirSync(state, { mode: 0o700 })
  const file = join(state, 'securenat.json')
  writeFileSync(file, JSON.stringify({ hubs }), { mode: 0o600 })
  for (const path of [state, file]) chownSync(path, ORDINARY_UID, ORDINARY_UID)
}

function cascade(name: string, more: object = {}): object {
  const hash = Buffer.from(userHash('br', 'pw')).toString('base64')
  return {
    name,
    hostName: '127.0.0.1',
    port: 5601,
    hubName: 'DEFAULT',
    authentication: { kind: 'password', userName: 'br', hash },
    ...more,
  }
}

/** A row of CascadeList. */
async function link(name: string, server = site): Promise<Record<string, unknown>> {
  const { LinkList } = JSON.parse(await server.mustCommand('CascadeList', '--json')) as {
    LinkList: Record<string, unknown>[]
  }
  return LinkList.find((row) => row.AccountName_utf === name)!
}

function waitForLink(name: string, connected: boolean, server = site): Promise<unknown> {
  return waitFor(`cascade ${name} ${connected ? 'up' : 'down'}`, 40_000, async () => {
    return (await link(name, server)).Connected_bool === connected
  })
}

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  const users = {
    br: { authentication: { kind: 'password', hash: Buffer.from(userHash('br', 'pw')).toString('base64') } },
  }
  writeConfig(join(world.directory, 'far'), { DEFAULT: { users }, OTHER: { users } })
  far = await SecureNatServer.start(world, { state: 'far', args: FAR, rights: 'none' })
  writeConfig(join(world.directory, 'site'), {
    DEFAULT: { securenat: { enabled: true }, cascades: [cascade('up', { online: true, maxConnection: 4 })] },
  })
  site = await SecureNatServer.start(world, { state: 'site', args: SITE, rights: 'none' })
})
afterAll(() => world?.destroy())

test('a guest of the far server takes its lease through the cascade and reaches the outside', async () => {
  await waitForLink('up', true)
  const guest = await world.addNamespace('far-guest')
  const cable = await Cable.plug(world, guest, 'tap0', far.socket)
  await cable.waitForHub()
  expect(await leaseWithUdhcpc(guest, 'tap0')).toMatch(/^192\.168\.30\.\d+$/)
  expect(await guest.must(['ping', '-c', '3', '-i', '0.2', '-W', '2', '192.168.30.1'])).toContain(' 3 received')
  const pipe = `curl -sS http://${OUTSIDE_ADDRESS}/bytes/${LENGTH} | sha256sum`
  expect((await guest.must(['sh', '-c', pipe])).split(' ')[0]).toBe(patternSha256(LENGTH))
})

test('a certificate that is not the expected one is error 85; the expected one is trusted', async () => {
  const pem = (path: string): string => join(world.directory, path)
  await world.server.must(['sh', '-c', `${LAUNCHER} ServerCertGet - --state ${far.state} > ${pem('far.pem')}`])
  await world.server.must(['sh', '-c', `${LAUNCHER} ServerCertGet - --state ${site.state} > ${pem('site.pem')}`])
  await site.mustCommand('CascadeServerCertEnable', 'up')
  await site.mustCommand('CascadeServerCertSet', 'up', '--loadcert', pem('site.pem'))
  await waitFor('error 85', 20_000, async () => (await link('up')).LastError_u32 === 85)
  await site.mustCommand('CascadeServerCertSet', 'up', '--loadcert', pem('far.pem'))
  await waitForLink('up', true)
})

test('a second cascade to the same hub closes a loop, and is cut', async () => {
  // The first one's own probes of its beginning are over: it is the second that finds the loop.
  await sleep(4_000)
  await site.mustCommand('CascadeCreate', 'again', '--to', '127.0.0.1:5601', '--tohub', 'DEFAULT', '--username', 'br')
  await site.mustCommand('CascadePasswordSet', 'again', '--password', 'pw')
  await site.mustCommand('CascadeOnline', 'again')
  await waitFor('the loop to be found', 20_000, async () => (await link('again')).LastError_u32 === 11)
  expect((await link('again')).Connected_bool).toBe(false)
  expect((await link('up')).Connected_bool).toBe(true)
  await site.mustCommand('CascadeDelete', 'again')
})

test('the far server is killed and started again: the cascade comes up again', async () => {
  await far.program.stop('SIGKILL')
  far = await SecureNatServer.start(world, { state: 'far', args: FAR, rights: 'none' })
  await waitFor('the cascade on the new server', 40_000, async () => {
    return (await far.command('SessionList')).stdout.includes('SID-BR-')
  })
  await waitForLink('up', true)
})

test('run --server: a command in a namespace on the far hub', async () => {
  const command = [
    'sh',
    '-c',
    `echo "<$SECURENAT_PASSWORD>"; curl -sS http://${OUTSIDE_ADDRESS}/bytes/1000000 | sha256sum`,
  ]
  const remote = [LAUNCHER, 'run', '--server', '127.0.0.1:5601', '--user', 'br']
  const env = ['env', 'SECURENAT_PASSWORD=pw', `HOME=${site.state}`]
  const run = (...more: string[]): Promise<RunResult> =>
    world.server.run([...env, ...remote, ...more, '--', ...command], { timeoutMs: 40_000 })
  const unknown = await run()
  expect(unknown.status).not.toBe(0)
  expect(unknown.stderr).toMatch(/not one this computer trusts .*fingerprint is ([0-9A-F]{64})/)
  const pin = /fingerprint is ([0-9A-F]{64})/.exec(unknown.stderr)![1]!
  const { status, stdout, stderr } = await run('--pin', pin)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain('<>')
  expect(stdout).toContain(patternSha256(1_000_000))
  const wrong = await world.server.run([...env, 'SECURENAT_PASSWORD=no', ...remote, '--no-verify', '--', 'true'])
  expect([wrong.status === 0, wrong.stderr]).toEqual([false, expect.stringContaining('password is wrong (error 9)')])
})

test('client: a TAP device of a namespace on the far hub', async () => {
  const file = join(world.directory, 'password')
  writeFileSync(file, 'pw\n')
  const place = ['--tap', 'tap9', '--netns', world.guest.name]
  const remote = ['--server', '127.0.0.1:5601', '--user', 'br', '--password-file', file, '--no-verify']
  const client = world.server.spawn([LAUNCHER, 'client', ...place, ...remote])
  await client.waitForOutput(/is joined/, 15_000)
  expect(await leaseWithUdhcpc(world.guest, 'tap9')).toMatch(/^192\.168\.30\.\d+$/)
  client.kill('SIGTERM')
  expect(await client.waitForExit(8_000)).toBe(true)
  expect([client.status, await world.guest.hasLink('tap9')]).toEqual([0, false])
})
