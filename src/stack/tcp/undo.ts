// Recoveries that were not needed, and what they changed: a delay, or packets that overtook each other, looked like a loss.
// Two ways to find out, both after the fact; then congestion control goes on where it was (RFC 9438 section 4.9).
//
// Eifel (RFC 3522, with timestamps): the first acknowledgment of what was sent again carries an older timestamp than that
// transmission, so it answers the first one. D-SACK (RFC 3708, without timestamps too): all that was sent again came twice.

import type { TcpSegment } from '../../wire/tcp.ts'
import { noteRecoveryEnd } from './rack-state.ts'
import { diff, geq, gt, leq } from './seq.ts'
import { NO_SACKS, type Tcb } from './tcb.ts'
import type { Undo } from './undo-state.ts'

/** Recovery is about to begin. */
export function newUndo(tcb: Tcb): Undo {
  return {
    seq: tcb.snd.una,
    end: tcb.snd.nxt,
    before: { ...tcb.congestion },
    resentAt: undefined,
    isAnswered: false,
    resentBytes: 0,
    reportsUntil: undefined,
  }
}

/** SND.UNA has moved. */
export function undoIfOlder(tcb: Tcb, segment: TcpSegment): void {
  const { undo } = tcb
  if (undo === undefined) return
  if (undo.reportsUntil !== undefined && gt(tcb.snd.una, undo.reportsUntil)) tcb.undo = undefined
  if (undo.isAnswered || undo.resentAt === undefined || !gt(tcb.snd.una, undo.seq)) return
  undo.isAnswered = true
  const isOlder = segment.hasTimestamps && tcb.agreed.timestamps && diff(segment.tsEcr, undo.resentAt) < 0
  if (tcb.recovery !== 'none' && isOlder) restore(tcb, undo)
}

/** @param blocks the first is a D-SACK */
export function undoIfAllDouble(tcb: Tcb, blocks: readonly number[]): void {
  const { undo } = tcb
  const left = blocks[0] as number
  const right = blocks[1] as number
  if (undo === undefined || undo.resentBytes === 0 || !geq(left, undo.seq) || !leq(right, undo.end)) return
  undo.resentBytes -= diff(right, left)
  if (undo.resentBytes <= 0) restore(tcb, undo)
}

function restore(tcb: Tcb, { before }: Undo): void {
  const { congestion } = tcb
  const cwnd = Math.max(congestion.cwnd, before.cwnd)
  const ssthresh = Math.max(congestion.ssthresh, before.ssthresh)
  Object.assign(congestion, before, { cwnd, ssthresh })
  tcb.undo = undefined
  // A timeout's only tells of a delay.
  if (tcb.recovery !== 'timeout') tcb.rack.reorderingSeen = true
  if (tcb.recovery === 'none') return
  tcb.history.markNoneLost()
  endRecovery(tcb)
}

/** What was outstanding when it began is acknowledged, or was never lost. */
export function endRecovery(tcb: Tcb): void {
  tcb.recovery = 'none'
  tcb.prr = undefined
  if (tcb.scoreboard.isEmpty) tcb.scoreboard = NO_SACKS
  if (tcb.undo !== undefined) tcb.undo.reportsUntil = tcb.snd.nxt
  noteRecoveryEnd(tcb.rack)
}
