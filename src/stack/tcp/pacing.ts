// Pacing: over a long path a window does not leave at once but spread over the round trip, so that a short queue on the way is
// not overrun by what an acknowledgment, or a batch of them, sets free; above all in slow start, which doubles what is under way.
//
// There is no timer for it: when the next piece may leave is one more deadline of the connection, and all deadlines share one
// timer. That is as fine as timers are, a millisecond, so pieces are what a millisecond carries, and short paths, whose
// acknowledgments come about as often, are not paced at all. Amounts in bytes, times in milliseconds.

import type { Pacing } from './pacing-state.ts'
import type { Tcb } from './tcb.ts'

/** Paths with a smaller round trip have no use for it. */
export const PACED_RTT_MS = 10
/** So much may leave ahead of its time: timers are not finer. */
const QUANTUM_MS = 1
/** What was not used is kept so long: timers are late on a busy machine. */
const CATCH_UP_MS = 4
/** After a pause an initial window leaves at once (RFC 6928). */
const BURST_SEGMENTS = 10
/** Above cwnd a round trip, so that cwnd remains what limits; room for slow start to double (Linux has the same figures). */
const SLOW_START_GAIN = 2
const AVOIDANCE_GAIN = 1.2

const OFF = Number.POSITIVE_INFINITY

export function isPaced({ rtt }: Tcb): boolean {
  return rtt.srtt >= PACED_RTT_MS && rtt.minRtt >= PACED_RTT_MS
}

/** @returns how many bytes may leave now */
export function pacedRoom(tcb: Tcb, now: number, isRestart: boolean): number {
  const { congestion, rtt, agreed } = tcb
  tcb.pacing ??= { nextAt: -OFF, wakeAt: OFF, rate: 0 }
  const { pacing } = tcb
  const gain = congestion.cwnd < congestion.ssthresh / 2 ? SLOW_START_GAIN : AVOIDANCE_GAIN
  pacing.rate = (gain * congestion.cwnd) / rtt.srtt
  pacing.wakeAt = OFF
  const earliest = isRestart ? now - ((BURST_SEGMENTS - 1) * agreed.mss) / pacing.rate : now - CATCH_UP_MS
  if (pacing.nextAt < earliest) pacing.nextAt = earliest
  const ahead = now + QUANTUM_MS - pacing.nextAt
  return ahead < 0 ? 0 : agreed.mss + ahead * pacing.rate
}

export function notePaced(pacing: Pacing, bytes: number): void {
  pacing.nextAt += bytes / pacing.rate
}

/** More waits than may leave now: until a segment's time has come, and not shorter than a timer can be. */
export function wakePaced(pacing: Pacing, now: number): void {
  pacing.wakeAt = Math.max(now + QUANTUM_MS, pacing.nextAt - QUANTUM_MS)
}
