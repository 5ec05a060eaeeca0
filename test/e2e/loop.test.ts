// The loop that the manual warns of (R27), really built: the computer that runs the server takes its default gateway from the
// server's own hub, through a TAP device.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawGuest } from '../support/raw-guest.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { SecureNatServer } from './support/securenat.ts'
import { World } from './support/world.ts'

/** Anywhere behind the default route. */
const SOMEWHERE = '203.0.113.99'

let world: World
let server: SecureNatServer
let guest: RawGuest

beforeAll(async () => {
  world = await World.create()
  await world.server.ip('route', 'del', 'default')
  await world.server.must(['sysctl', '-qw', 'net.ipv4.ping_group_range=1 0'])
  server = await SecureNatServer.start(world, {
    args: ['--tap', 'DEFAULT:tap0', '--listen', '127.0.0.1:0', '--no-web'],
  })
  await leaseWithUdhcpc(world.server, 'tap0')
  expect(await world.server.ip('route', 'show', 'default')).toContain('via 192.168.30.1 dev tap0')
  guest = await RawGuest.plug(server.socket)
})

afterAll(async () => {
  guest?.close()
  await world?.destroy()
})

const LOOP = (protocol: string): RegExp =>
  new RegExp(
    `A ${protocol} flow of the virtual NAT to ${SOMEWHERE.replaceAll('.', '\\.')}:\\d+ came back .*"tap0" of this computer`,
  )

test('R27: a connection that comes back into the hub is refused, and the log names the interface whose gateway to change', async () => {
  guest.send(guest.syn(SOMEWHERE, 80, 40_001))
  const { tcp } = await guest.next('the refusal', (arrival) => arrival.tcp?.destinationPort === 40_001)
  expect(tcp!.flags).toBe(0x14) // RST,ACK
  const [line] = await server.waitForLog(LOOP('TCP'))
  expect(line).toMatch(/Change the default gateway of "tap0": it must not be the virtual host\.$/)
  expect(server.securityLog().match(/TCP session \d+ has been created/g)).toHaveLength(1)
})

test('R27: this computer’s own connection into the loop is dialled once and refused', async () => {
  const before = server.securityLog().match(/TCP session \d+ has been created/g)?.length ?? 0
  const { status } = await world.server.run(['curl', '-sS', '-m', '10', `http://${SOMEWHERE}/`])
  expect(status).toBe(7) // connection refused
  await server.waitForLog(/TCP session \d+ has been deleted/, before + 1)
  expect(server.securityLog().match(/TCP session \d+ has been created/g)).toHaveLength(before + 1)
})

test('R27: a datagram and an echo request that come back go no further', async () => {
  const sessions = async (): Promise<number> => {
    const { NatTable } = JSON.parse(await server.mustCommand('NatTable', '--json')) as {
      NatTable: { DestIp_ip: string }[]
    }
    return NatTable.filter(({ DestIp_ip }) => DestIp_ip === SOMEWHERE).length
  }
  guest.send(guest.udp(SOMEWHERE, 7, 40_002, 'x'), guest.echo(SOMEWHERE, 4711, 1, 'x'))
  const refusals = ['the datagram', 'the request'].map((what, index) =>
    guest.next(`the refusal of ${what}`, ({ frame, ip }) => {
      const isError = ip?.protocol === 1 && frame[ip.payloadStart] === 3 && frame[ip.payloadStart + 1] === 13
      return isError && frame[ip.payloadStart + 8 + 9] === (index === 0 ? 17 : 1)
    }),
  )
  await Promise.all(refusals)
  expect(await sessions()).toBe(2)
})
