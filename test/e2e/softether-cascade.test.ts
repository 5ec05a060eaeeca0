// The real vpnbridge and vpnserver cascade into a hub of this server: what is behind them is on that hub.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { patternSha256 } from './servers/pattern.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { SecureNatServer } from './support/securenat.ts'
import { waitFor } from './support/shell.ts'
import { VPN_LISTEN, VPN_PORT, VpnSite, writeVpnConfig } from './support/softether.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const LENGTH = 50_000_000

let world: World
let server: SecureNatServer
const addresses: string[] = []

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  writeVpnConfig(join(world.directory, 'state'))
  server = await SecureNatServer.start(world, { args: ['--listen', VPN_LISTEN, '--no-web'] })
})
afterAll(() => world?.destroy())

test.each([
  ['vpnbridge', 'BRIDGE'],
  ['vpnserver', 'DEFAULT'],
] as const)('%s: a DHCP client behind it is served, and moves data both ways', async (name, hub) => {
  const site = await VpnSite.create(world, name)
  const program = await site.start(name)
  await program.must(
    `Hub ${hub}`,
    `CascadeCreate up /SERVER:${site.serverAddress}/tcp:${VPN_PORT} /HUB:DEFAULT /USERNAME:br1`,
    'CascadePasswordSet up /PASSWORD:brpw /TYPE:standard',
    'CascadeOnline up',
    `BridgeCreate ${hub} /DEVICE:x /TAP:yes`,
  )
  await waitFor('the cascade to come up', 30_000, async () => {
    const { stdout } = await program.run(`Hub ${hub}`, 'CascadeStatusGet up')
    return /Session Established/.test(stdout)
  })
  expect(await server.mustCommand('SessionList')).toMatch(/SID-BR1-\d+/)
  addresses.push(await leaseWithUdhcpc(site.namespace, 'tap_x'))
  const pipe = `curl -sS http://${OUTSIDE_ADDRESS}/bytes/${LENGTH} | tee ${site.directory}/data | sha256sum`
  expect((await site.namespace.must(['sh', '-c', pipe])).split(' ')[0]).toBe(patternSha256(LENGTH))
  const upload = ['curl', '-sS', '-T', `${site.directory}/data`, `http://${OUTSIDE_ADDRESS}/`]
  expect((await site.namespace.must(upload)).trim()).toBe(`${patternSha256(LENGTH)} ${LENGTH}`)
  if (addresses.length < 2) return
  const ping = ['ping', '-c', '3', '-i', '0.2', '-W', '2', addresses[0]!]
  expect(await site.namespace.must(ping), 'what is behind the other').toMatch(/ 3 received/)
})
