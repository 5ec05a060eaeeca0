// HyStart++ (RFC 9406): slow start ends before it overruns the path. A round trip that takes visibly longer than the one
// before shows a queue that is being built: growth becomes conservative for some rounds (CSS), and if the delay stays,
// congestion avoidance begins; if it goes away, it was jitter, and slow start goes on.
//
// Where the window is paced (pacing.ts) the queue of a round is at its end, not its beginning: there late samples in a row count.
//
// Only the first slow start of a connection has one of these; section 4.3's names. Times in milliseconds.

import { geq } from './seq.ts'

const MIN_RTT_THRESH = 4
const MAX_RTT_THRESH = 16
const MIN_RTT_DIVISOR = 8
const N_RTT_SAMPLE = 8
export const CSS_GROWTH_DIVISOR = 4
const CSS_ROUNDS = 5

const NONE = Number.POSITIVE_INFINITY

export interface HyStart {
  /** windowEnd: the round is over when this is acknowledged. */
  windowEnd: number
  lastRoundMinRtt: number
  currentRoundMinRtt: number
  rttSampleCount: number
  /** In conservative slow start: how many rounds of it have begun; 0 outside. */
  cssRounds: number
  cssBaselineMinRtt: number
  /** Samples in a row that show the queue, and the smallest of them. */
  lateSamples: number
  lateMinRtt: number
}

/** @param sndNxt SND.NXT: the first round is what is under way */
export function newHyStart(sndNxt: number): HyStart {
  return {
    windowEnd: sndNxt,
    lastRoundMinRtt: NONE,
    currentRoundMinRtt: NONE,
    rttSampleCount: 0,
    cssRounds: 0,
    cssBaselineMinRtt: NONE,
    lateSamples: 0,
    lateMinRtt: NONE,
  }
}

/**
 * An acknowledgment of new data during slow start.
 * @param sample the round trip it measured, or negative
 * @param isPaced the window leaves evenly: then a queue builds up in the course of a round, and its beginning, by whose minimum
 *   the RFC goes, finds it empty. So as many samples in a row as make a minimum are enough, wherever they lie; what was only
 *   jitter shows in the next round as ever.
 * @returns whether slow start is over
 */
export function hyStartOnAck(state: HyStart, una: number, sndNxt: number, sample: number, isPaced = false): boolean {
  if (sample >= 0) {
    if (isPaced && state.cssRounds === 0) judgeLateness(state, sample)
    state.rttSampleCount++
    if (sample < state.currentRoundMinRtt) state.currentRoundMinRtt = sample
    if (state.rttSampleCount >= N_RTT_SAMPLE) judgeDelay(state)
  }
  return geq(una, state.windowEnd) && nextRound(state, sndNxt)
}

function judgeLateness(state: HyStart, sample: number): void {
  if (state.lastRoundMinRtt === NONE || sample < state.lastRoundMinRtt + threshold(state.lastRoundMinRtt)) {
    state.lateSamples = 0
    state.lateMinRtt = NONE
    return
  }
  state.lateMinRtt = Math.min(state.lateMinRtt, sample)
  if (++state.lateSamples < N_RTT_SAMPLE) return
  state.cssBaselineMinRtt = state.lateMinRtt
  // What came before in this round was early by nature: it must not end the phase at once.
  state.currentRoundMinRtt = state.lateMinRtt
  state.cssRounds = 1
  state.lateSamples = 0
  state.lateMinRtt = NONE
}

function threshold(minRtt: number): number {
  return Math.max(MIN_RTT_THRESH, Math.min(minRtt / MIN_RTT_DIVISOR, MAX_RTT_THRESH))
}

function judgeDelay(state: HyStart): void {
  const { lastRoundMinRtt, currentRoundMinRtt } = state
  if (state.cssRounds > 0) {
    if (currentRoundMinRtt < state.cssBaselineMinRtt) {
      state.cssBaselineMinRtt = NONE
      state.cssRounds = 0
    }
    return
  }
  if (lastRoundMinRtt === NONE) return
  if (currentRoundMinRtt < lastRoundMinRtt + threshold(lastRoundMinRtt)) return
  state.cssBaselineMinRtt = currentRoundMinRtt
  state.cssRounds = 1
}

function nextRound(state: HyStart, sndNxt: number): boolean {
  state.windowEnd = sndNxt
  state.lastRoundMinRtt = state.currentRoundMinRtt
  state.currentRoundMinRtt = NONE
  state.rttSampleCount = 0
  if (state.cssRounds === 0) return false
  // A part of a round counts as one (section 4.2): the one in which it began was the first.
  return ++state.cssRounds > CSS_ROUNDS
}
