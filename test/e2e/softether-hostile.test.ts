// Peers that mean no good, and an honest one beside them who is served within a second.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUNDLES } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { type Program, waitFor } from './support/shell.ts'
import { VPN_LISTEN, VPN_PORT, VpnSite, writeVpnConfig } from './support/softether.ts'
import { World } from './support/world.ts'

const PEER = join(BUNDLES, 'vpn-peer.mjs')
const SERVED_MS_MAX = 1_000
const MEMORY_KB_MAX = 300_000

let world: World
let server: SecureNatServer
let honest: VpnSite
let hostile: VpnSite

beforeAll(async () => {
  world = await World.create()
  writeVpnConfig(join(world.directory, 'state'))
  server = await SecureNatServer.start(world, { args: ['--listen', VPN_LISTEN, '--no-web'] })
  await waitFor('the listener', 30_000, async () =>
    /LISTEN/.test(await world.server.must(['ss', '-tln', `sport = :${VPN_PORT}`])),
  )
  honest = await VpnSite.create(world, 'honest')
  hostile = await VpnSite.create(world, 'hostile')
})
afterAll(() => world?.destroy())

async function expectService(): Promise<void> {
  const output = await honest.namespace.must([process.execPath, PEER, 'login', honest.serverAddress, String(VPN_PORT)])
  const { ms, error, sessionName } = JSON.parse(output) as { ms: number; error: number; sessionName: string }
  expect({ error, sessionName }).toEqual({ error: 0, sessionName: expect.stringMatching(/^SID-GUEST-\d+$/) })
  expect(ms).toBeLessThan(SERVED_MS_MAX)
}

function expectBoundedMemory(): void {
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.program.pid}/status`, 'utf8'))
  expect(Number(rss?.[1])).toBeLessThan(MEMORY_KB_MAX)
}

function flood(count: number, stage: string): Program {
  const peer = [process.execPath, PEER, 'flood', hostile.serverAddress, String(VPN_PORT), String(count), stage]
  return hostile.namespace.spawn(['prlimit', '--nofile=20000', ...peer])
}

describe('an honest client is served within a second beside', () => {
  test.each([
    [10_000, 'connection'],
    [2_000, 'handshake'],
    [400, 'signature'],
    [400, 'login'],
    [100, 'tunnel'],
  ])('%i connections of one source that stop in the middle of the %s', async (count, stage) => {
    const peers = flood(count, stage)
    await expectService()
    await peers.waitForOutput(/"ready"/, 60_000)
    await expectService()
    expectBoundedMemory()
    await peers.stop('SIGKILL')
  })
})

test('conversations with changed bytes, one after the other', async () => {
  const peer = [process.execPath, PEER, 'garbage', hostile.serverAddress, String(VPN_PORT), '500']
  expect(await hostile.namespace.must(peer)).toContain('"sent":500')
  await expectService()
  expectBoundedMemory()
  expect(server.program.running).toBe(true)
  expect(server.program.stderr).toBe('')
})
