import { describe, expect, test } from 'vitest'
import { TURN_MS, TurnShare, WHOLE_MS } from './turn-share.ts'

/** Takes what it may of what there is, at a price. */
function run(share: TurnShare, clock: { now: number }, available: number, msEach: number): number {
  const taken = Math.min(available, share.limit)
  share.begin()
  clock.now += taken * msEach
  share.end(taken)
  return taken
}

describe('how much is taken at one go', () => {
  const made = () => {
    const clock = { now: 1000 }
    return { clock, share: new TurnShare(2, 1024, () => clock.now) }
  }

  test('all there is, while that is cheap', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 5; turn++) expect(run(share, clock, 5000, 0.0001)).toBe(1024)
  })

  test('much that takes its time, but is cheap for so much', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 20; turn++) expect(run(share, clock, 5000, (0.9 * WHOLE_MS) / 1024)).toBe(1024)
  })

  test('what is dear is taken in pieces, none much longer than a turn', () => {
    const { clock, share } = made()
    const pieces = Array.from({ length: 40 }, () => run(share, clock, 25, 0.04))
    expect(pieces[0]).toBe(25)
    expect(Math.max(...pieces.slice(10)) * 0.04).toBeLessThanOrEqual(TURN_MS)
    expect(Math.min(...pieces)).toBeGreaterThanOrEqual(2)
  })

  test('one that took long among others is no reason to take less', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 10; turn++) {
      run(share, clock, 5000, 0.0001)
      run(share, clock, 5000, 0.01)
    }
    expect(share.limit).toBe(1024)
  })

  test('never less than the least, so that the dearest goes on as well', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 20; turn++) run(share, clock, 25, 10)
    expect(share.limit).toBe(2)
  })

  test('and soon as much as before, when it is cheap again', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 20; turn++) run(share, clock, 25, 10)
    for (let turn = 0; turn < 9; turn++) run(share, clock, 5000, 0.00001)
    expect(share.limit).toBe(1024)
  })

  test('little at a time says nothing of much', () => {
    const { clock, share } = made()
    for (let turn = 0; turn < 20; turn++) run(share, clock, 25, 10)
    for (let turn = 0; turn < 20; turn++) run(share, clock, 1, 0.00001)
    expect(share.limit).toBe(2)
  })
})
