// A VPN session of the real vpnclient that nobody uses: ten minutes of nothing but keep-alives, and then it works at once.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaseWithUdhcpc } from '../e2e/support/lease.ts'
import { SecureNatServer } from '../e2e/support/securenat.ts'
import { sleep } from '../e2e/support/shell.ts'
import { VPN_LISTEN, VpnClient, VpnSite, writeVpnConfig } from '../e2e/support/softether.ts'
import { World } from '../e2e/support/world.ts'

const MINUTES = Number(process.env.IDLE_MINUTES ?? 10)
const CONNECTIONS = 8
/** Clock ticks are hundredths of a second; this much of a processor for a minute. */
const TICKS_PER_MINUTE_MAX = 60

let world: World
let server: SecureNatServer
let client: VpnClient

beforeAll(async () => {
  world = await World.create()
  writeVpnConfig(join(world.directory, 'state'))
  server = await SecureNatServer.start(world, { args: ['--listen', VPN_LISTEN, '--no-web'] })
  client = await VpnClient.start(await VpnSite.create(world, 'idle'))
  await client.connect({ password: 'pw1', tcpConnections: CONNECTIONS })
  await client.waitForConnections(CONNECTIONS)
  await leaseWithUdhcpc(client.namespace, client.device)
})
afterAll(() => world?.destroy())

/** Of the server, in clock ticks. */
function processorTime(): number {
  const fields = readFileSync(`/proc/${server.program.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

test(
  `a session is the same one after ${MINUTES} minutes of keep-alives, and costs next to nothing`,
  async () => {
    const before = await client.status()
    const ticks = processorTime()
    await sleep(MINUTES * 60_000)
    expect(processorTime() - ticks).toBeLessThan(Math.max(1, MINUTES) * TICKS_PER_MINUTE_MAX)
    const after = await client.status()
    expect(after.get('Session Name')).toBe(before.get('Session Name'))
    expect(after.get('Number of Established Sessions')).toBe('1 Times')
    expect(after.get('Number of TCP Connections')).toBe(String(CONNECTIONS))
    const ping = ['ping', '-c', '1', '-W', '2', '192.168.30.1']
    expect(await client.namespace.must(ping)).toMatch(/ 1 received/)
  },
  (MINUTES + 2) * 60_000,
)
