import { beforeEach, expect, test } from 'vitest'
import { clientSettings, VpnNet } from '../../test/support/vpn-net.ts'
import { Hub } from '../hub/hub.ts'
import { UPLINK_BUSY_RETRY_MS, UPLINK_RETRY_MS, VpnUplink } from './vpn-uplink.ts'

let net: VpnNet
let hub: Hub
let events: string[]

beforeEach(() => {
  net = new VpnNet()
  hub = new Hub('NEAR', net.clock)
  events = []
})

function start(): VpnUplink {
  const identity = { kind: 'LINK', userName: 'Cascade', hostName: 'far.example' }
  return new VpnUplink(hub, identity, clientSettings(), net.dial, net.environment, {
    established: () => events.push('up'),
    failed: ({ code }, wasEstablished) => events.push(`${wasEstablished ? 'lost' : 'failed'} ${code}`),
  })
}

/** Between two dials. */
const pauses = (): number[] => net.dials.slice(1).map((at, index) => at - net.dials[index]!)

test('tries for ever, with ten seconds in between, give or take two', () => {
  net.failure = { code: 1, reason: 'no' }
  const uplink = start()
  expect(uplink.state).toBe('connecting')
  net.clock.advance(1_000)
  expect(uplink).toMatchObject({ state: 'retrying', lastError: 1, timesEstablished: 0 })
  net.clock.advance(300_000)
  expect(net.dials.length).toBeGreaterThan(20)
  for (const pause of pauses()) expect(Math.abs(pause - UPLINK_RETRY_MS)).toBeLessThanOrEqual(0.2 * UPLINK_RETRY_MS + 2)
  expect(new Set(pauses()).size).toBeGreaterThan(10)
})

test('waits longer for a hub that is offline', () => {
  net.isOnline = false
  const uplink = start()
  net.clock.advance(5 * UPLINK_BUSY_RETRY_MS)
  expect(uplink.lastError).toBe(10)
  for (const pause of pauses()) expect(pause).toBeGreaterThan(0.79 * UPLINK_BUSY_RETRY_MS)
})

test('logs in again where the server has forgotten the session, and knows how often', () => {
  const uplink = start()
  net.clock.advance(1_000)
  const firstEstablishedAt = uplink.establishedAt
  expect(uplink).toMatchObject({ state: 'established', lastError: 0, timesEstablished: 1, firstEstablishedAt })
  net.restart()
  net.clock.advance(2_000)
  expect(uplink).toMatchObject({ state: 'retrying', lastError: 13, establishedAt: undefined })
  net.clock.advance(15_000)
  expect(uplink).toMatchObject({ state: 'established', lastError: 0, timesEstablished: 2, firstEstablishedAt })
  expect(uplink.establishedAt).toBeGreaterThan(firstEstablishedAt!)
  expect(events).toEqual(['up', 'lost 13', 'up'])
})

test('an administrator who ends its session on this hub ends only that', () => {
  const uplink = start()
  net.clock.advance(1_000)
  expect(hub.disconnect(uplink.established!.session.sessionName)).toBe(true)
  expect(uplink).toMatchObject({ state: 'retrying', lastError: 11 })
  net.clock.advance(15_000)
  expect(uplink.state).toBe('established')
})

test.each([0, 1_000])('stopped after %i ms: nothing goes on, here or there', (afterMs) => {
  const uplink = start()
  net.clock.advance(afterMs)
  uplink.stop()
  net.clock.advance(120_000)
  expect([net.dials.length, hub.sessions().length, net.hub.sessions().length, uplink.state]).toEqual([
    1,
    0,
    0,
    'retrying',
  ])
})
