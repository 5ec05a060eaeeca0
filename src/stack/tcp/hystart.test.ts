// RFC 9406 section 4.2, step by step.

import { describe, expect, test } from 'vitest'
import { type HyStart, hyStartOnAck, newHyStart } from './hystart.ts'

/** A round trip of `samples` acknowledgments of 1,000 bytes; the next round is as long. @returns whether slow start ended */
function round(state: HyStart, rtt: number, samples = 10): boolean {
  const end = state.windowEnd
  let isOver = false
  for (let left = samples - 1; left >= 0; left--) {
    isOver = hyStartOnAck(state, end - left * 1000, end + samples * 1000, rtt) || isOver
  }
  return isOver
}

function started(): HyStart {
  const state = newHyStart(10_000)
  expect(round(state, 40)).toBe(false)
  return state
}

describe('HyStart++', () => {
  test('steady delay: slow start goes on', () => {
    const state = started()
    for (let count = 0; count < 20; count++) expect(round(state, 41)).toBe(false)
    expect(state.cssRounds).toBe(0)
  })

  test.each([
    ['an eighth of the round trip', 80, 90.5],
    ['at least 4 ms', 10, 14.5],
    ['at most 16 ms', 400, 416.5],
  ])('a round slower by %s begins the conservative phase', (_, before, after) => {
    const state = newHyStart(10_000)
    round(state, before)
    round(state, after - 1)
    expect(state.cssRounds).toBe(0)
    const other = newHyStart(10_000)
    round(other, before)
    round(other, after)
    expect(other.cssRounds).toBeGreaterThan(0)
  })

  test('fewer than eight samples say nothing', () => {
    const state = started()
    round(state, 80, 7)
    expect(state.cssRounds).toBe(0)
  })

  test('the delay stays: after five rounds slow start is over', () => {
    const state = started()
    const outcomes = Array.from({ length: 5 }, () => round(state, 60))
    expect(outcomes).toEqual([false, false, false, false, true])
  })

  test('the delay goes away: it was jitter, and slow start resumes', () => {
    const state = started()
    round(state, 60)
    round(state, 41)
    expect(state.cssRounds).toBe(0)
    expect(state.cssBaselineMinRtt).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('where the window leaves evenly, a queue shows in the course of a round', () => {
  /** A round that begins with `early` and goes on with `late`. */
  function splitRound(state: HyStart, early: number, late: number, lateSamples: number, isPaced = true): void {
    const end = state.windowEnd
    for (let left = 19; left >= 0; left--) {
      const sample = left < lateSamples ? late : early
      hyStartOnAck(state, end - left * 1000, end + 20_000, sample, isPaced)
    }
  }

  test('eight late samples in a row begin the careful phase, which goes on while the delay stays', () => {
    const state = started()
    splitRound(state, 40, 50, 8)
    expect(state.cssRounds).toBe(2)
    splitRound(state, 50, 60, 8)
    expect(state.cssRounds).toBe(3)
  })

  test('seven, or as many when nothing is paced, do not', () => {
    const paced = started()
    splitRound(paced, 40, 50, 7)
    expect(paced.cssRounds).toBe(0)
    const unpaced = started()
    splitRound(unpaced, 40, 50, 12, false)
    expect(unpaced.cssRounds).toBe(0)
  })

  test('jitter: the next round is quick again, and slow start goes on', () => {
    const state = started()
    splitRound(state, 40, 50, 10)
    splitRound(state, 40, 40, 0)
    expect(state.cssRounds).toBe(0)
  })
})
