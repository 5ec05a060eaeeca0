// Whether a segment may be looked at at all: sequence acceptability (RFC 9293 section 3.10.7.4, "first"), PAWS (RFC 7323
// section 5), and the challenge acknowledgments that answer what may not (RFC 5961).

import { FIN, SYN, type TcpSegment } from '../../wire/tcp.ts'
import type { TcpContext } from './context.ts'
import { add, diff, geq, gt, leq, lt } from './seq.ts'
import type { Tcb } from './tcb.ts'

/** RFC 5961 section 7: answers per connection and second to segments that change nothing. */
export const CHALLENGE_ACKS_PER_SECOND = 20
/** RFC 7323 section 5.5: after so long TS.Recent tells nothing any more. */
const TS_RECENT_MAX_AGE_MS = 24 * 86_400_000

/** SEG.LEN: payload, SYN and FIN counted. */
export function segmentLen(segment: TcpSegment): number {
  return (
    segment.payloadEnd -
    segment.payloadStart +
    ((segment.flags & SYN) === 0 ? 0 : 1) +
    ((segment.flags & FIN) === 0 ? 0 : 1)
  )
}

/** The four cases of RFC 9293 table 6; a segment at RCV.NXT passes even a closed window, its text is cut later. */
export function isAcceptable(tcb: Tcb, segment: TcpSegment): boolean {
  const { rcv } = tcb
  if (segment.seq === rcv.nxt) return true
  if (rcv.adv === rcv.nxt) return false
  const len = segmentLen(segment)
  const last = add(segment.seq, Math.max(0, len - 1))
  return (geq(segment.seq, rcv.nxt) && lt(segment.seq, rcv.adv)) || (len > 0 && geq(last, rcv.nxt) && lt(last, rcv.adv))
}

/** RFC 7323 section 5.3, R1. */
export function isOldDuplicateByTimestamp(context: TcpContext, tcb: Tcb, segment: TcpSegment): boolean {
  return (
    tcb.agreed.timestamps &&
    segment.hasTimestamps &&
    lt(segment.tsVal, tcb.tsRecent) &&
    context.now - tcb.tsRecentAt < TS_RECENT_MAX_AGE_MS
  )
}

/** RFC 7323 section 4.3 (2); what has outlived its time is replaced (section 5.5). */
export function updateTsRecent(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  if (!tcb.agreed.timestamps || !segment.hasTimestamps) return
  const isNewer = diff(segment.tsVal, tcb.tsRecent) >= 0 || context.now - tcb.tsRecentAt >= TS_RECENT_MAX_AGE_MS
  if (leq(segment.seq, tcb.lastAckSent) && isNewer) {
    tcb.tsRecent = segment.tsVal
    tcb.tsRecentAt = Math.floor(context.now)
  }
}

/** Whether all of the segment lies before RCV.NXT: data we have, or a keep-alive probe. */
export function isOld(tcb: Tcb, segment: TcpSegment): boolean {
  return lt(segment.seq, tcb.rcv.nxt) && !gt(add(segment.seq, segmentLen(segment)), tcb.rcv.nxt)
}

/** Says where we are, to a peer that seems to be elsewhere; limited, so that two such peers do not echo for ever. */
export function challengeAck(context: TcpContext, tcb: Tcb): void {
  if (context.now - tcb.challengedAt >= 1000) {
    tcb.challengedAt = Math.floor(context.now)
    tcb.challenges = 0
  }
  if (++tcb.challenges > CHALLENGE_ACKS_PER_SECOND) {
    context.stats.challengeAcksSuppressed++
    return
  }
  context.stats.challengeAcks++
  tcb.ackNow = true
  context.wantsOutput(tcb)
}
