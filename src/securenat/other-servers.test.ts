import { expect, test } from 'vitest'
import { formatIpv4, type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { OTHER_SERVER_MS, OTHER_SERVERS_LIMIT, OtherServers, TELL_AGAIN_MS, TELL_GAP_MS } from './other-servers.ts'

const ONE = ipv4('10.0.0.1')
const TWO = ipv4('10.0.0.2')

function setUp() {
  const told: string[] = []
  return { told, servers: new OtherServers((address) => told.push(formatIpv4(address))) }
}

test('each is told about once an hour, and remembered for a day', () => {
  const { told, servers } = setUp()
  expect(servers.isAnyAround(0)).toBe(false)
  for (let at = 0; at <= TELL_AGAIN_MS; at += TELL_AGAIN_MS / 10) servers.heard(ONE, undefined, at)
  expect(told).toEqual(['10.0.0.1', '10.0.0.1'])
  expect(servers.stats).toEqual({ heard: 11, notTold: 9 })
  expect(servers.isAnyAround(TELL_AGAIN_MS + OTHER_SERVER_MS)).toBe(true)
  expect(servers.isAnyAround(TELL_AGAIN_MS + OTHER_SERVER_MS + 1)).toBe(false)
})

test('however many a guest makes up, there is a gap between two warnings, and only the last are remembered', () => {
  const { told, servers } = setUp()
  for (let index = 0; index < 100; index += 1) servers.heard((ONE + index) as Ipv4Address, undefined, index)
  expect(told).toEqual(['10.0.0.1'])
  servers.heard(TWO, undefined, TELL_GAP_MS)
  expect(told).toEqual(['10.0.0.1', '10.0.0.2'])
  // The first one has been forgotten among so many.
  expect(100).toBeGreaterThan(OTHER_SERVERS_LIMIT)
  servers.heard(ONE, undefined, 2 * TELL_GAP_MS)
  expect(told).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1'])
})
