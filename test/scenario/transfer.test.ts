// Whole transfers through SecureNAT in virtual time.

import { expect, test } from 'vitest'
import { patternBytes } from '../support/random.ts'
import { NOTHING_HELD, SERVER, World } from '../support/world.ts'

test('a download and an upload arrive whole, and nothing is left', () => {
  const world = new World({ link: { delayMs: 20 } })
  const data = patternBytes(3_000_000)
  const up = patternBytes(3_000_000)
  world.outside.onConnection = (connection) => {
    let at = 0
    connection.stream(() => {
      if (at >= data.length) return undefined
      at += 65536
      return data.subarray(at - 65536, Math.min(at, data.length))
    })
  }
  const got: Uint8Array[] = []
  const tcp = world.guest.connect(SERVER, 80)
  tcp.onData = (b) => got.push(b.slice())
  tcp.write(up)
  tcp.close()
  world.until('both ends', () => tcp.state === 'CLOSED', 30_000)
  console.log('took', world.clock.now(), tcp.sentPayload, world.securenat.stack.tcp.stats)
  expect(tcp.closedBy).toBe('both ends')
  expect(Buffer.concat(got).equals(data)).toBe(true)
  expect(Buffer.concat(world.outside.connection.received).equals(up)).toBe(true)
  world.advance(60_000)
  expect(world.held()).toEqual(NOTHING_HELD)
})
