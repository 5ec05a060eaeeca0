// UDP mapping in virtual time (RFC 4787).

import { expect, test } from 'vitest'
import { NOTHING_HELD, SERVER, World } from '../../test/support/world.ts'

test('an idle endpoint is forgotten once, and no timer is left behind', () => {
  const world = new World({ nat: { udpTimeoutSeconds: 30 } })
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(29_000)
  expect(world.securenat.natTable()).toHaveLength(1)
  world.advance(2000)
  expect(world.events).toEqual(['udp 1 created', 'udp 1 deleted'])
  expect(world.held()).toEqual(NOTHING_HELD)
  world.advance(200_000)
  expect(world.clock.pending).toBe(0)
})
