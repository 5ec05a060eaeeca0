// The ACK field of an arriving segment (RFC 9293 section 3.10.7.4, "fifth"), and what follows from it: data released,
// round trip measured, windows updated, losses seen (RFC 5681, 6582, 6675).
//
// Recovery. 'fast' begins when something outstanding is believed lost: by time, with SACK (rack.ts), or after the third
// duplicate acknowledgment without; it ends when everything sent before it is acknowledged. 'timeout' begins with the
// retransmission timer and takes all that was outstanding for lost. output.ts sends again what send-history.ts holds
// for lost. One congestion event per recovery.

import type { TcpSegment } from '../../wire/tcp.ts'
import { FIN, SYN } from '../../wire/tcp.ts'
import { endSlowStart, onAck, onCongestionEvent } from './congestion.ts'
import { type TcpContext, timestampNow } from './context.ts'
import { CSS_GROWTH_DIVISOR, hyStartOnAck, newHyStart } from './hystart.ts'
import { pipe } from './output.ts'
import { type Prr, prrOnAck } from './prr.ts'
import { armProbe, detectLoss, endProbe, isDsack, noteArrival, noteDsack, probeCameTwice } from './rack.ts'
import { measureRtt } from './rtt.ts'
import { DUP_THRESH, isBlockInFlight } from './scoreboard.ts'
import { challengeAck } from './segment-checks.ts'
import { add, diff, geq, gt, leq, lt, min } from './seq.ts'
import { flightSize, NEVER, ownScoreboard, type Tcb } from './tcb.ts'
import { endRecovery, newUndo, undoIfAllDouble, undoIfOlder } from './undo.ts'
import { sendSpace } from './user-calls.ts'

const OFF = Number.POSITIVE_INFINITY

/** @returns false when the segment is to be dropped */
export function processAck(context: TcpContext, tcb: Tcb, segment: TcpSegment): boolean {
  const { snd } = tcb
  // RFC 5961 section 5.2: what acknowledges too much or far too old data is a guess, or a ghost.
  if (gt(segment.ack, snd.nxt) || lt(segment.ack, add(snd.una, -snd.maxWnd))) {
    challengeAck(context, tcb)
    return false
  }
  const outstanding = flightSize(tcb)
  const blocks = tcb.agreed.sack ? segment.sackBlocks : undefined
  const sawDsack = blocks !== undefined && isDsack(blocks, segment.ack)
  if (sawDsack) {
    noteDsack(tcb)
    undoIfAllDouble(tcb, blocks)
  }
  const before = snd.una
  const sackedBefore = tcb.scoreboard.sackedBytes
  const hasNews = blocks !== undefined && takeSack(context, tcb, blocks)
  if (gt(segment.ack, snd.una)) {
    acknowledge(context, tcb, segment, sawDsack)
  } else if (segment.ack === snd.una) {
    if (sawDsack || (blocks === undefined && isBare(tcb, segment))) probeCameTwice(tcb)
    if (outstanding > 0 && isDuplicate(tcb, segment, hasNews)) tcb.dupAcks++
  }
  updateSendWindow(context, tcb, segment)
  const seesMore = flightSize(tcb) > 0 && seeLosses(context, tcb)
  if (tcb.prr !== undefined) {
    const delivered = diff(snd.una, before) + tcb.scoreboard.sackedBytes - sackedBefore
    reduceProportionally(tcb, tcb.prr, delivered, snd.una !== before && !seesMore)
    if (hasNews) armProbe(context, tcb)
  }
  return true
}

/** @returns whether the blocks told something new */
function takeSack(context: TcpContext, tcb: Tcb, blocks: readonly number[]): boolean {
  const { snd, scoreboard } = tcb
  let isAnyInFlight = false
  for (let index = 0; index + 1 < blocks.length; index += 2) {
    const left = blocks[index] as number
    const right = blocks[index + 1] as number
    if (!isBlockInFlight(left, right, snd.una, snd.nxt)) continue
    isAnyInFlight = true
    // From the first byte on that is news.
    tcb.history.visitIn(scoreboard.nextHole(left), right, (record) => {
      if (lt(scoreboard.nextHole(record.start), min(record.end, right))) noteArrival(context, tcb, record, right)
    })
  }
  return isAnyInFlight && ownScoreboard(tcb).update(blocks, snd.una, snd.nxt)
}

function acknowledge(context: TcpContext, tcb: Tcb, segment: TcpSegment, sawDsack: boolean): void {
  const { snd } = tcb
  const ackedBytes = diff(segment.ack, snd.una)
  const released = Math.min(Math.max(0, diff(segment.ack, snd.buf)), tcb.sendBuffer.length)
  tcb.sendBuffer.release(released)
  snd.buf = add(snd.buf, released)
  snd.una = segment.ack
  const sample = takeRttSample(context, tcb, segment)
  tcb.history.advance(snd.una, (record) => {
    if (tcb.agreed.sack && lt(tcb.scoreboard.nextHole(record.start), min(record.end, snd.una))) {
      noteArrival(context, tcb, record, snd.una)
    }
  })
  tcb.scoreboard.advance(snd.una)
  tcb.retries = 0
  tcb.dupAcks = 0
  undoIfOlder(tcb, segment)
  const wasInFast = tcb.recovery === 'fast'
  if (tcb.recovery !== 'none' && geq(snd.una, tcb.recover)) {
    if (tcb.prr !== undefined) tcb.congestion.cwnd = tcb.congestion.ssthresh
    endRecovery(tcb)
  } else if (wasInFast) {
    // A partial acknowledgment (RFC 6582 section 3.2 step 3): what follows left before what it acknowledges, and is
    // missing too.
    tcb.history.markFirstLost(snd.una, min(add(snd.una, tcb.agreed.mss), snd.nxt))
  }
  // It keeps up, or it would seem to lie ahead once half the sequence space has gone by.
  if (tcb.recovery === 'none') tcb.recover = snd.una
  // In fast recovery cwnd stays at ssthresh; after a timeout it grows from one segment again.
  if (!wasInFast) openWindow(context, tcb, ackedBytes, sample)
  const isAllAcked = snd.una === snd.nxt
  tcb.retransmitAt = isAllAcked ? OFF : context.now + tcb.rtt.rto
  tcb.stalledSince = isAllAcked ? NEVER : Math.floor(context.now)
  if (endProbe(tcb, sawDsack) && tcb.recovery === 'none') onCongestionEvent(tcb.congestion, tcb.agreed.mss)
  armProbe(context, tcb)
  if (tcb.wantsSendRoom && sendSpace(tcb) > 0) {
    tcb.wantsSendRoom = false
    tcb.user?.sendRoom()
  }
}

function openWindow(context: TcpContext, tcb: Tcb, ackedBytes: number, sample: number): void {
  const { congestion, agreed, snd } = tcb
  let divisor = 1
  if (congestion.ssthresh === OFF) {
    // A connection that never fills its window has no use for one.
    if (tcb.cwndLimited) tcb.hyStart ??= newHyStart(snd.nxt)
    if (tcb.hyStart === undefined) return
    if (hyStartOnAck(tcb.hyStart, snd.una, snd.nxt, sample, tcb.pacing !== undefined)) endSlowStart(congestion)
    else if (tcb.hyStart.cssRounds > 0) divisor = CSS_GROWTH_DIVISOR
  } else if (tcb.hyStart !== undefined) tcb.hyStart = undefined
  onAck(congestion, agreed.mss, ackedBytes, tcb.cwndLimited, tcb.rtt.srtt, context.now, divisor)
}

/** @returns the round trip that this acknowledgment shows, or -1 */
function takeRttSample(context: TcpContext, tcb: Tcb, segment: TcpSegment): number {
  let sample = -1
  if (tcb.agreed.timestamps && segment.hasTimestamps && segment.tsEcr !== 0) {
    // Timestamps tell retransmissions apart (RFC 7323 section 4.1), but only in whole milliseconds.
    const elapsed = diff(timestampNow(context), segment.tsEcr)
    if (elapsed >= 0 && elapsed < 600_000) sample = Math.max(elapsed, 0.5)
  }
  if (tcb.timedAt < 0) measureRtt(tcb.rtt, sample)
  else if (geq(segment.ack, tcb.timedSeq)) {
    sample = context.now - tcb.timedAt
    tcb.timedAt = -1
    measureRtt(tcb.rtt, sample)
  }
  return sample
}

/** RFC 5681 section 2; with SACK, RFC 6675's: an acknowledgment that tells of new arrivals. */
function isDuplicate(tcb: Tcb, segment: TcpSegment, hasNews: boolean): boolean {
  return tcb.agreed.sack ? hasNews : isBare(tcb, segment)
}

/** Neither text nor a window: only the acknowledgment. */
function isBare(tcb: Tcb, segment: TcpSegment): boolean {
  const hasText = segment.payloadEnd > segment.payloadStart || (segment.flags & (SYN | FIN)) !== 0
  return !hasText && segment.wnd << tcb.snd.shift === tcb.snd.wnd
}

function updateSendWindow(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  const { snd } = tcb
  // RFC 9293: only if SND.UNA =< SEG.ACK; SND.UNA has been moved already.
  if (lt(segment.ack, snd.una)) return
  if (!lt(snd.wl1, segment.seq) && !(snd.wl1 === segment.seq && leq(snd.wl2, segment.ack))) return
  const wasClosed = snd.wnd === 0
  snd.wnd = segment.wnd << snd.shift
  snd.wl1 = segment.seq
  snd.wl2 = segment.ack
  if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd
  if (snd.wnd === 0) {
    // An answer to a probe, or to what was sent before the window closed: the guest lives, though it takes nothing.
    tcb.retries = Math.min(tcb.retries, 6)
    if (tcb.stalledSince !== NEVER) tcb.stalledSince = Math.floor(context.now)
  } else if (wasClosed) {
    tcb.persistAt = NEVER
    tcb.retries = 0
    tcb.stalledSince = flightSize(tcb) === 0 ? NEVER : Math.floor(context.now)
  }
}

/** Looks for losses, and begins a recovery with the first. Also for the timer of rack.ts. @returns whether there are new ones */
export function seeLosses(context: TcpContext, tcb: Tcb): boolean {
  if (tcb.agreed.sack) {
    if (tcb.scoreboard.isEmpty && tcb.recovery === 'none') return false
    const found = detectLoss(context, tcb)
    if (found && tcb.recovery === 'none') enterFastRecovery(context, tcb)
    return found
  }
  // RFC 6582 section 3.2 step 2: duplicates that a timeout's own retransmissions cause begin no new recovery.
  if (tcb.recovery === 'none' && tcb.dupAcks >= DUP_THRESH && geq(tcb.snd.una, tcb.recover)) {
    enterFastRecovery(context, tcb)
    tcb.history.markLost(tcb.snd.una, min(add(tcb.snd.una, tcb.agreed.mss), tcb.snd.nxt))
  }
  return false
}

function reduceProportionally(tcb: Tcb, prr: Prr, delivered: number, isSafe: boolean): void {
  const { congestion, agreed } = tcb
  congestion.cwnd = prrOnAck(prr, pipe(tcb), congestion.ssthresh, agreed.mss, delivered, isSafe)
}

function enterFastRecovery(context: TcpContext, tcb: Tcb): void {
  context.stats.fastRetransmits++
  tcb.recovery = 'fast'
  tcb.recover = tcb.snd.nxt
  tcb.rack.probeAt = OFF
  tcb.undo = newUndo(tcb)
  // What has been SACKed will not be delivered any more; the acknowledgment that shows the loss is counted in what follows.
  const recoverFs = flightSize(tcb) - tcb.scoreboard.sackedBytes
  if (tcb.agreed.sack) tcb.prr = { delivered: 0, out: 0, recoverFs: Math.max(recoverFs, tcb.agreed.mss) }
  onCongestionEvent(tcb.congestion, tcb.agreed.mss)
}
