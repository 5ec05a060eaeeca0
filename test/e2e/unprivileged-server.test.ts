// The same job by a server that has no rights at all and no way to get any.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cable } from './support/cable.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { download, OUTSIDE_NAME, resolveName, takeLease, upload } from './support/machine-network.ts'
import { startDnsmasq, startServices } from './support/outside.ts'
import { LAUNCHER } from './support/places.ts'
import { QemuGuest } from './support/qemu-guest.ts'
import { ORDINARY_UID, SecureNatServer } from './support/securenat.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

let world: World
let server: SecureNatServer

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  await startDnsmasq(world, OUTSIDE_ADDRESS, { [OUTSIDE_NAME]: OUTSIDE_ADDRESS })
  server = await SecureNatServer.start(world, { rights: 'none' })
})

afterAll(() => world?.destroy())

test('R8: a server of an ordinary user takes over a TAP device that root gives it, though it may open none itself', async () => {
  const place = ['--tap', 'tap7', '--netns', world.guest.name]
  const attach = world.server.spawn([LAUNCHER, 'attach', ...place, '--state', server.state])
  await attach.waitForOutput(/is joined/, 10_000)
  expect(await server.mustCommand('SessionList')).toMatch(new RegExp(`tap7@${world.guest.name}`))
  expect(await leaseWithUdhcpc(world.guest, 'tap7')).toMatch(/^192\.168\.30\.\d+$/)
  attach.kill('SIGTERM')
  expect(await attach.waitForExit(5_000)).toBe(true)
  expect([attach.status, await world.guest.hasLink('tap7')]).toEqual([0, false])
})

test('R45: the DHCP server needs no rights of an administrator: a real client gets its lease, and the table shows it', async () => {
  const other = await world.addNamespace('dhcp')
  const cable = await Cable.plug(world, other, 'tap0', server.socket)
  await cable.waitForHub()
  const address = await leaseWithUdhcpc(other, 'tap0')
  expect(await server.mustCommand('DhcpTable', '--hub', 'DEFAULT')).toContain(address)
})

test('R7: the server under setpriv as an unprivileged user with an empty capability and bounding set serves a QEMU guest', async () => {
  const status = readFileSync(`/proc/${server.program.pid}/status`, 'utf8')
  expect(status).toMatch(new RegExp(`^Uid:(\\s+${ORDINARY_UID}){4}$`, 'm'))
  for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
    expect(status).toMatch(new RegExp(`^Cap${set}:\\s+0{16}$`, 'm'))
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  expect(readFileSync(`/proc/${server.program.pid}/cmdline`, 'utf8')).toMatch(/securenat.*serve/)

  const guest = await QemuGuest.boot(world, { socket: server.socket, memoryMb: 640 })
  await takeLease(guest)
  await resolveName(guest)
  await download(guest)
  await upload(guest)
  await guest.stop()
  await server.stop()
})
