// The ACK field of an arriving segment (RFC 9293 section 3.10.7.4, "fifth"), and what follows from it: data released,
// round trip measured, windows updated, losses seen (RFC 5681, 6582, 6675).
//
// Recovery. 'fast' begins with the third duplicate acknowledgment, or as soon as SACK shows the first hole to be lost,
// and ends when everything sent before it is acknowledged; 'timeout' begins with the retransmission timer and takes all
// that was outstanding for lost. output.ts sends again from `highRxt` on. One congestion event per recovery.

import type { TcpSegment } from '../../wire/tcp.ts'
import { FIN, SYN } from '../../wire/tcp.ts'
import { onAck, onCongestionEvent } from './congestion.ts'
import { type TcpContext, timestampNow } from './context.ts'
import { measureRtt } from './rtt.ts'
import { DUP_THRESH } from './scoreboard.ts'
import { challengeAck } from './segment-checks.ts'
import { add, diff, geq, gt, leq, lt } from './seq.ts'
import { flightSize, type Tcb } from './tcb.ts'
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
  const hasNews =
    segment.sackBlocks !== undefined && tcb.agreed.sack && tcb.scoreboard.update(segment.sackBlocks, snd.una, snd.nxt)
  if (gt(segment.ack, snd.una)) {
    acknowledge(context, tcb, segment)
  } else if (segment.ack === snd.una && outstanding > 0 && isDuplicate(tcb, segment, hasNews)) {
    tcb.dupAcks++
  }
  updateSendWindow(context, tcb, segment)
  if (tcb.recovery === 'none' && flightSize(tcb) > 0 && isLossSeen(tcb)) enterFastRecovery(context, tcb)
  return true
}

function acknowledge(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  const { snd } = tcb
  const ackedBytes = diff(segment.ack, snd.una)
  const released = Math.min(Math.max(0, diff(segment.ack, snd.buf)), tcb.sendBuffer.length)
  tcb.sendBuffer.release(released)
  snd.buf = add(snd.buf, released)
  snd.una = segment.ack
  tcb.scoreboard.advance(snd.una)
  if (lt(tcb.highRxt, snd.una)) tcb.highRxt = snd.una
  takeRttSample(context, tcb, segment)
  tcb.retries = 0
  tcb.dupAcks = 0
  const wasInFast = tcb.recovery === 'fast'
  if (tcb.recovery !== 'none' && geq(snd.una, tcb.recover)) tcb.recovery = 'none'
  // It keeps up, or it would seem to lie ahead once half the sequence space has gone by.
  if (tcb.recovery === 'none') tcb.recover = snd.una
  // In fast recovery cwnd stays at ssthresh; after a timeout it grows from one segment again.
  if (!wasInFast) {
    onAck(tcb.congestion, tcb.agreed.mss, ackedBytes, tcb.cwndLimited, tcb.rtt.srtt, context.now)
  }
  const isAllAcked = snd.una === snd.nxt
  tcb.retransmitAt = isAllAcked ? OFF : context.now + tcb.rtt.rto
  tcb.stalledSince = isAllAcked ? OFF : context.now
  if (tcb.wantsSendRoom && sendSpace(tcb) > 0) {
    tcb.wantsSendRoom = false
    tcb.user?.sendRoom()
  }
}

function takeRttSample(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  if (tcb.timedAt >= 0) {
    if (lt(segment.ack, tcb.timedSeq)) return
    measureRtt(tcb.rtt, context.now - tcb.timedAt)
    tcb.timedAt = -1
  } else if (tcb.agreed.timestamps && segment.hasTimestamps && segment.tsEcr !== 0) {
    // Timestamps tell retransmissions apart (RFC 7323 section 4.1), but only in whole milliseconds.
    const sample = diff(timestampNow(context), segment.tsEcr)
    if (sample >= 0 && sample < 600_000) measureRtt(tcb.rtt, Math.max(sample, 0.5))
  }
}

/** RFC 5681 section 2; with SACK, RFC 6675's: an acknowledgment that tells of new arrivals. */
function isDuplicate(tcb: Tcb, segment: TcpSegment, hasNews: boolean): boolean {
  if (tcb.agreed.sack) return hasNews
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
    if (tcb.stalledSince !== OFF) tcb.stalledSince = context.now
  } else if (wasClosed) {
    tcb.persistAt = OFF
    tcb.retries = 0
    tcb.stalledSince = flightSize(tcb) === 0 ? OFF : context.now
  }
}

function isLossSeen(tcb: Tcb): boolean {
  if (tcb.agreed.sack) {
    return tcb.dupAcks >= DUP_THRESH || gt(tcb.scoreboard.lostBelow(tcb.snd.una, tcb.agreed.mss), tcb.snd.una)
  }
  // RFC 6582 section 3.2 step 2: duplicates that a timeout's own retransmissions cause begin no new recovery.
  return tcb.dupAcks >= DUP_THRESH && geq(tcb.snd.una, tcb.recover)
}

function enterFastRecovery(context: TcpContext, tcb: Tcb): void {
  context.stats.fastRetransmits++
  tcb.recovery = 'fast'
  tcb.recover = tcb.snd.nxt
  tcb.highRxt = tcb.snd.una
  onCongestionEvent(tcb.congestion, tcb.agreed.mss)
}
