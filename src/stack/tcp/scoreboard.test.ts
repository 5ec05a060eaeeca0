// Against a set of the numbers that were SACKed, and RFC 6675's IsLost applied to each byte.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DUP_THRESH, SCOREBOARD_LIMIT, Scoreboard } from './scoreboard.ts'
import { add } from './seq.ts'

const BASE = 0x7fff_fff0
const SPACE = 120
const MSS = 4

class Naive {
  una = 0
  readonly sacked = new Set<number>()
  update(left: number, right: number): boolean {
    if (left >= right || left < this.una || right > SPACE) return false
    const before = this.sacked.size
    for (let at = left; at < right; at++) this.sacked.add(at)
    return this.sacked.size > before
  }
  advance(una: number): void {
    this.una = una
    for (const at of this.sacked) if (at < una) this.sacked.delete(at)
  }
  isLost(seq: number): boolean {
    let bytes = 0
    let ranges = 0
    for (let at = seq; at < SPACE; at++) {
      if (!this.sacked.has(at)) continue
      bytes++
      if (!this.sacked.has(at - 1) || at === seq) ranges++
    }
    return ranges >= DUP_THRESH || bytes > (DUP_THRESH - 1) * MSS
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ left: fc.integer({ min: -5, max: SPACE }), len: fc.integer({ min: -2, max: 25 }) }),
  },
  { weight: 1, arbitrary: fc.record({ advance: fc.nat({ max: 12 }) }) },
)

test('update, advance, holes and losses agree with the naive twin', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
      const board = new Scoreboard()
      const naive = new Naive()
      const at = (n: number): number => add(BASE, n)
      for (const it of steps) {
        if ('advance' in it) {
          naive.advance(Math.min(SPACE, naive.una + it.advance))
          board.advance(at(naive.una))
        } else {
          const told = board.update([at(it.left), at(it.left + it.len)], at(naive.una), at(SPACE))
          expect(told).toBe(naive.update(it.left, it.left + it.len))
        }
        expect(board.sackedBytes).toBe(naive.sacked.size)
        expect(board.isEmpty).toBe(naive.sacked.size === 0)
        expect(board.highestSacked(at(-1))).toBe(at(naive.sacked.size === 0 ? -1 : Math.max(...naive.sacked) + 1))
        for (let from = naive.una; from <= SPACE; from += 7) {
          let hole = from
          while (naive.sacked.has(hole)) hole++
          expect(board.nextHole(at(from))).toBe(at(hole))
          let end = hole
          while (end < SPACE && !naive.sacked.has(end)) end++
          if (hole < SPACE) expect(board.holeEnd(at(hole), at(SPACE))).toBe(at(end))
          const to = Math.min(SPACE, from + 40)
          const bytes = Array.from({ length: to - from }, (_, i) => from + i).filter((n) => !naive.sacked.has(n)).length
          expect(board.holeBytes(at(from), at(to))).toBe(bytes)
        }
        const lostBelow = (board.lostBelow(at(naive.una), MSS) - BASE) | 0
        for (let seq = naive.una; seq < SPACE; seq++) {
          if (!naive.sacked.has(seq)) expect(seq < lostBelow).toBe(naive.isLost(seq))
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('blocks of any numbers: never more than what is in flight', () => {
  const edge = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(edge, edge), { maxLength: 20 }),
      edge,
      fc.nat({ max: 100_000 }),
      (blocks, una, flight) => {
        const board = new Scoreboard()
        for (const block of blocks) board.update(block, una, add(una, flight))
        expect(board.sackedBytes).toBeLessThanOrEqual(flight)
        expect(board.holeBytes(una, add(una, flight))).toBe(flight - board.sackedBytes)
      },
    ),
    { numRuns: 300 },
  )
  // Each comparison by itself holds of this one: it begins above SND.UNA and ends below SND.NXT, the long way round.
  const board = new Scoreboard()
  expect(board.update([0x6000_0000, -0x4000_0000], 0, 1000)).toBe(false)
  expect(board.sackedBytes).toBe(0)
})

test('ranges are limited; what is over the limit is ignored', () => {
  const board = new Scoreboard()
  for (let index = 0; index < SCOREBOARD_LIMIT; index++) board.update([2 * index + 1, 2 * index + 2], 0, 10_000)
  expect(board.update([9000, 9001], 0, 10_000)).toBe(false)
  expect(board.sackedBytes).toBe(SCOREBOARD_LIMIT)
  // One that joins others needs no room.
  expect(board.update([1, 4], 0, 10_000)).toBe(true)
})
