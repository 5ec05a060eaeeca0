// One TCP session between a guest and the outside, in virtual time (RFC 5382): the order of opening, both directions apart,
// resets, back-pressure, idle time.

import { expect, test } from 'vitest'
import { NOTHING_HELD, SERVER, World } from '../../test/support/world.ts'

test('an idle session is ended once: both sides see a reset, and no timer is left behind', () => {
  const world = new World({ nat: { tcpTimeoutSeconds: 60 } })
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(1000)
  expect(tcp.state).toBe('ESTABLISHED')
  expect(world.securenat.natTable()).toHaveLength(1)
  world.advance(60_000)
  expect(tcp.closedBy).toBe('reset')
  expect(world.outside.connection.wasReset).toBe(true)
  expect(world.events).toEqual(['tcp 1 created', 'tcp 1 connected', 'tcp 1 deleted'])
  expect(world.held()).toEqual(NOTHING_HELD)
  world.advance(200_000)
  expect(world.securenat.stack.tcp.stats.resetsSent).toBe(1)
  expect(world.clock.pending).toBe(0)
})
