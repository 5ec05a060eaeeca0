// This server cascades into another of its own kind: a guest of the other is served by the SecureNAT behind the cascade.

import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { userHash } from '../../src/accounts/password-hash.ts'
import { patternSha256 } from './servers/pattern.ts'
import { Cable } from './support/cable.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { ORDINARY_UID, SecureNatServer } from './support/securenat.ts'
import { waitFor } from './support/shell.ts'
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
