// The logs of a real server: names of destinations, a disk that is full, and what is in the files when the server has stopped.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RawGuest } from '../support/raw-guest.ts'
import { CLOSED_PORT, ECHO_PORT, REFLECTOR_PORT } from './servers/ports.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startDnsmasq, startServices } from './support/outside.ts'
import { probe } from './support/probe.ts'
import { SecureNatServer } from './support/securenat.ts'
import { must, sleep, waitFor } from './support/shell.ts'
import { OUTSIDE_ADDRESS, OUTSIDE_ADDRESSES, World } from './support/world.ts'

const NAMELESS = OUTSIDE_ADDRESSES[2]!
/** For a second server in the same namespace. */
const OTHER_LISTENERS = ['--listen', '127.0.0.1:0', '--no-web']

let world: World
const guests: RawGuest[] = []

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  await startDnsmasq(world, OUTSIDE_ADDRESS, {}, ['--ptr-record=1.0.18.198.in-addr.arpa,echo.test'])
})

afterEach(() => {
  for (const guest of guests.splice(0)) guest.close()
})

afterAll(() => world?.destroy())

test('R51: the connect line has the name that the resolver of the host gives; without one the address again', async () => {
  const server = await SecureNatServer.start(world, { args: ['--tap', `DEFAULT:tap0@${world.guest.name}`] })
  await leaseWithUdhcpc(world.guest, 'tap0')
  await probe(world.guest, 'connect', OUTSIDE_ADDRESS, ECHO_PORT, 1)
  await probe(world.guest, 'connect', NAMELESS, ECHO_PORT, 1)
  await probe(world.guest, 'refused', OUTSIDE_ADDRESS, CLOSED_PORT)
  const [named] = await server.waitForLog(
    /TCP session \d+: Host "echo\.test \(198\.18\.0\.1\)", Port \d+ was successful\.$/,
  )
  const address = NAMELESS.replaceAll('.', '\\.')
  const pattern = new RegExp(`TCP session \\d+: Host "${address} \\(${address}\\)", Port \\d+ was successful\\.$`)
  const [nameless] = await server.waitForLog(pattern)
  await server.waitForLog(/Port \d+ failed\.$/)
  expect(named! < nameless!).toBe(true)
  await server.stop()
  const times = server
    .securityLog()
    .split('\r\n')
    .slice(0, -1)
    .map((line) => line.slice(0, 23))
  expect(times).toEqual([...times].sort())
  // The hub's own line about the lease, and everything once more for programs.
  expect(server.securityLog()).toMatch(
    /Session "SID-SECURENAT-\d+": The DHCP server of host "00-AC-[-\dA-F]+" \(192\.168\.30\.1\) on this session allocated, for host "SID-TAP-\d+" on another session "[-\dA-F]+", the new IP address 192\.168\.30\.\d+\.\r\n/,
  )
  const events = readFileSync(join(server.state, 'logs/DEFAULT/events/events.jsonl'), 'utf8').trim().split('\n')
  const kinds = events.map((line) => (JSON.parse(line) as { event: string }).event)
  for (const kind of [
    'dhcpEntryCreated',
    'dhcpAllocated',
    'tcpConnectSucceeded',
    'tcpConnectFailed',
    'secureNatStopped',
  ]) {
    expect(kinds).toContain(kind)
  }
})

test('a full disk stops logging, not packets, and is told once; with room again the lines are there', async () => {
  const logs = join(world.directory, 'full', 'logs')
  mkdirSync(logs, { recursive: true })
  await must(['mount', '-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'tmpfs', logs])
  world.defer(() => must(['umount', logs]).then(() => {}))
  const server = await SecureNatServer.start(world, { state: 'full', args: OTHER_LISTENERS })
  await server.waitForLog(/SecureNAT has started/)
  const filler = join(logs, 'filler')
  fill(filler)
  const guest = await RawGuest.plug(server.socket)
  guests.push(guest)
  // What is left of the files' last pages.
  for (let flow = 0; flow < 100; flow += 1) guest.send(guest.udp(OUTSIDE_ADDRESS, REFLECTOR_PORT, 42_000 + flow, 'x'))
  await sleep(400)
  for (let round = 0; round < 4; round += 1) {
    guest.send(guest.udp(OUTSIDE_ADDRESS, REFLECTOR_PORT, 43_000 + round, `round ${round}`))
    await guest.next('the answer', ({ udp }) => udp?.destinationPort === 43_000 + round)
    await sleep(400)
  }
  const told = (): number => server.program.stderr.match(/logs cannot be written/g)?.length ?? 0
  await waitFor('word of it', 5_000, () => told() > 0)
  expect(server.securityLog()).not.toMatch(/192\.168\.30\.5:4300/)
  rmSync(filler)
  await server.waitForLog(/The UDP session \d+ has been created\. Connection source 192\.168\.30\.5:43003/, 1, 5_000)
  await waitFor('word of its end', 5_000, () => /logs are written again/.test(server.program.stderr))
  expect(told()).toBe(1)
  await server.stop()
  const log = server.securityLog()
  for (let round = 0; round < 4; round += 1) expect(log).toContain(`192.168.30.5:${43_000 + round}`)
  expect(log).toMatch(/SecureNAT stopped\.\r\n$/)
  for (const line of log.split('\r\n').slice(0, -1)) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S/)
  expect(readdirSync(join(logs, 'DEFAULT/events'))).toEqual(['events.jsonl'])
})

/** Takes every byte there is. */
function fill(path: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 4)) {
    try {
      for (;;) writeFileSync(path, new Uint8Array(size), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}
