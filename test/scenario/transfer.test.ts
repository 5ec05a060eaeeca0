// Whole transfers through SecureNAT in virtual time, over links of every kind of badness. What arrives is compared byte for
// byte; when both ends have closed, nothing may be left.

import { describe, expect, test } from 'vitest'
import type { LinkOptions } from '../support/lossy-link.ts'
import { Transfer } from '../support/transfer.ts'
import { NOTHING_HELD, World } from '../support/world.ts'

const LINKS: Readonly<Record<string, LinkOptions>> = {
  perfect: {},
  'of 40 ms': { delayMs: 20 },
  'that loses 1 %': { delayMs: 5, loss: 0.01 },
  'that loses 5 %': { delayMs: 5, loss: 0.05 },
  'that reorders 10 %': { delayMs: 10, reorder: 0.1, reorderMs: 15 },
  'that doubles 5 %': { delayMs: 5, duplicate: 0.05 },
  'that pads': { delayMs: 1, padding: 40 },
  'with all of it': { delayMs: 10, loss: 0.02, reorder: 0.05, reorderMs: 8, duplicate: 0.02, padding: 7 },
  'of 10 Mbit/s with a short queue': { delayMs: 10, rate: 1250, queue: 30_000 },
  'that is dead for a second': { delayMs: 5, rate: 2000, queue: 100_000, blackOuts: [[150, 1150]] },
}
const GUESTS = {
  'a modern guest': {},
  'a guest without options': { sack: false, timestamps: false, windowShift: -1 },
  'a guest without SACK': { sack: false },
}

describe.each(Object.entries(LINKS))('over a link %s', (_link, link) => {
  test.each(Object.entries(GUESTS))('%s: down, up, both', (_guest, tcp) => {
    for (const [down, up] of [
      [400_000, 0],
      [0, 400_000],
      [200_000, 200_000],
    ]) {
      const world = new World({ link, outside: { takes: 'later' } })
      new Transfer(world, { down: down!, up: up!, tcp }).run(120_000)
      world.advance(200_000)
      expect(world.held()).toEqual(NOTHING_HELD)
      expect(world.clock.pending).toBe(0)
    }
  })
})

test.each([1, 2, 3, 4])('a link that loses a fifth of all frames, seed %i', (seed) => {
  const world = new World({ link: { delayMs: 5, loss: 0.2, seed } })
  new Transfer(world, { down: 200_000, up: 100_000 }).run(300_000)
})
