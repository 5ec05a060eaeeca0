// Many guests that want an address in the same moment, in virtual time.

import { expect, test } from 'vitest'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { DhcpStation } from '../support/dhcp-station.ts'
import { World } from '../support/world.ts'

const GUESTS = 200
const LIMIT_MS = 5_000

/** As a client does: DISCOVER again after four seconds without an offer; REQUEST what comes first. */
function joinSwarm(world: World, number: number): () => void {
  const station = new DhcpStation(world.hub, world.clock, 0x0200_0000_0000 + number, { link: { delayMs: 1 } })
  let taken = 0
  const step = (): void => {
    const { last } = station
    if (station.replies.length > taken) {
      taken = station.replies.length
      if (last?.type === 'OFFER') station.select(last.message.yiaddr)
      if (last?.type === 'NAK') station.discover()
    }
    if (last?.type !== 'ACK') world.clock.setTimer(2, step)
  }
  return () => {
    station.discover()
    world.clock.setTimer(2, step)
  }
}

test('200 guests obtain leases within 5 s, none twice', () => {
  const world = new World({ dhcp: { leaseEnd: ipv4('192.168.30.249') }, guest: { address: ipv4('192.168.30.250') } })
  world.advance(60_000)
  const beginAll = Array.from({ length: GUESTS }, (_, number) => joinSwarm(world, number + 1))
  const beganAt = world.clock.now()
  for (const begin of beginAll) begin()
  world.until('all leases', () => world.securenat.leaseTable().length === GUESTS, LIMIT_MS)
  expect(world.clock.now() - beganAt).toBeLessThan(100)
  const table = world.securenat.leaseTable()
  expect(new Set(table.map(({ ipAddress }) => ipAddress)).size).toBe(GUESTS)
  expect(new Set(table.map(({ macAddress }) => macAddress)).size).toBe(GUESTS)
  expect(world.securenat.dhcp.server.stats).toMatchObject({ txNak: 0, poolExhausted: 0 })
})
