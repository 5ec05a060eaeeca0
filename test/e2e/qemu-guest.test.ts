// A QEMU machine on the hub's socket: Debian's kernel, busybox, nothing of ours inside.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { download, OUTSIDE_NAME, resolveName, takeLease, upload } from './support/machine-network.ts'
import { startDnsmasq, startServices } from './support/outside.ts'
import { QemuGuest } from './support/qemu-guest.ts'
import { SecureNatServer } from './support/securenat.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

let world: World
let server: SecureNatServer

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  await startDnsmasq(world, OUTSIDE_ADDRESS, { [OUTSIDE_NAME]: OUTSIDE_ADDRESS })
  server = await SecureNatServer.start(world)
})

afterAll(() => world?.destroy())

test('a QEMU guest on hubs/DEFAULT.sock: lease, DNS name through the virtual host, 200 MB each way, both sums right', async () => {
  const guest = await QemuGuest.boot(world, { socket: server.socket, memoryMb: 640 })
  await takeLease(guest)
  await resolveName(guest)
  await download(guest)
  await upload(guest)
  await guest.stop()
})

test('two such guests at once also reach each other', async () => {
  const guests = await Promise.all([1, 2].map(() => QemuGuest.boot(world, { socket: server.socket })))
  const [one, two] = guests as [QemuGuest, QemuGuest]
  const addresses = await Promise.all(guests.map(takeLease))
  expect(addresses[0]).not.toBe(addresses[1])
  const length = 10 * 1024 * 1024
  await one.must(`head -c ${length} /dev/urandom >/tmp/file; httpd -p 7000 -h /tmp`)
  expect(await two.must(`ping -c 3 -W 2 ${addresses[0]}`)).toMatch(/3 packets received/)
  await two.must(`wget -q -O /tmp/file http://${addresses[0]}:7000/file`)
  const [sent, received] = await Promise.all(
    guests.map((guest) => guest.must('sha256sum </tmp/file; wc -c </tmp/file')),
  )
  expect(received).toBe(sent)
  expect(received).toContain(String(length))
  // Both still have the outside.
  await Promise.all(guests.map((guest) => download(guest, 1_000_000)))
  await Promise.all(guests.map((guest) => guest.stop()))
})
