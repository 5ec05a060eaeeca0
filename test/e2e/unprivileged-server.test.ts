// The same job by a server that has no rights at all and no way to get any.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download, OUTSIDE_NAME, resolveName, takeLease, upload } from './support/machine-network.ts'
import { startDnsmasq, startServices } from './support/outside.ts'
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

test('the server under setpriv as an unprivileged user with an empty capability and bounding set serves a QEMU guest', async () => {
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
