// SEGMENT ARRIVES: RFC 9293 section 3.10.7.4, in the RFC's order. Keep the RFC beside this file.
//
//   first   sequence number, after PAWS (RFC 7323)      sixth    urgent: its data is data like any other
//   second  RST, with RFC 5961's care                   seventh  segment text
//   third   security: not used                          eighth   FIN
//   fourth  SYN, with RFC 5961's care
//   fifth   ACK (acknowledgment.ts)

import { ACK, FIN, PSH, RST, SYN, type TcpSegment } from '../../wire/tcp.ts'
import { processAck } from './acknowledgment.ts'
import type { TcpContext } from './context.ts'
import { becomeEstablished } from './handshake.ts'
import {
  challengeAck,
  isAcceptable,
  isOld,
  isOldDuplicateByTimestamp,
  segmentLen,
  updateTsRecent,
} from './segment-checks.ts'
import { RECEIVE_BUFFERED_LIMIT, RECEIVE_FLOOR, sendReset, sendTimeWaitAck } from './segment-output.ts'
import { add, diff, gt, leq, lt } from './seq.ts'
import {
  isFinAcknowledged,
  MAX_RECEIVE_BUDGET,
  mayReceive,
  NEVER,
  NOTHING_WAITS,
  ownReassembly,
  QUICK_ACKS,
  type Tcb,
} from './tcb.ts'
import { FIN_WAIT_2_MS } from './timeouts.ts'

/** RFC 9293 section 3.8.6.3 allows 500 ms; 40 ms is what senders on the Internet are used to. */
export const DELAYED_ACK_MS = 40
/**
 * The same for a segment without PSH: its sender has more to send (RFC 9293 section 3.9.1.2), so its window is what holds it
 * back, and if nothing follows soon our last acknowledgment was lost. While bytes flow the next segments come first.
 */
export const STREAMING_ACK_MS = 4

/** @param bytes what `segment`'s payload offsets refer to; borrowed */
export function segmentArrives(context: TcpContext, tcb: Tcb, segment: TcpSegment, bytes: Uint8Array): void {
  const { stats } = context
  const { rcv } = tcb
  const { flags } = segment

  // first
  if ((flags & RST) === 0 && isOldDuplicateByTimestamp(context, tcb, segment)) {
    stats.droppedPaws++
    challengeAck(context, tcb)
    return
  }
  if (!isAcceptable(tcb, segment)) {
    stats.droppedUnacceptable++
    if ((flags & RST) !== 0) return
    answerUnacceptable(context, tcb, segment)
    return
  }
  updateTsRecent(context, tcb, segment)

  // second (RFC 5961 section 3.2)
  if ((flags & RST) !== 0) {
    stats.resetsReceived++
    if (segment.seq === rcv.nxt) remove(context, tcb, 'reset')
    else challengeAck(context, tcb)
    return
  }

  // fourth (RFC 5961 section 4.2)
  if ((flags & SYN) !== 0) {
    challengeAck(context, tcb)
    return
  }

  // fifth
  if ((flags & ACK) === 0) {
    stats.droppedNoAck++
    return
  }
  if (tcb.state === 'SYN-RECEIVED' && !completeHandshake(context, tcb, segment)) return
  if (!processAck(context, tcb, segment)) return
  context.wantsOutput(tcb)
  if (afterAck(context, tcb)) return

  // seventh
  if (segment.payloadEnd > segment.payloadStart) segmentText(context, tcb, segment, bytes)

  // eighth
  if ((flags & FIN) !== 0) {
    tcb.peerFin = add(segment.seq, segment.payloadEnd - segment.payloadStart)
    tcb.peerFinWaits = mayReceive(tcb)
    if (!tcb.peerFinWaits) tcb.ackNow = true
  }
  if (tcb.peerFinWaits && tcb.peerFin === rcv.nxt) processFin(context, tcb)
}

function answerUnacceptable(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  if (tcb.state === 'SYN-RECEIVED' && (segment.flags & SYN) !== 0) {
    if (segment.seq !== tcb.irs) return
    // The guest repeats its SYN: our SYN,ACK was lost. Or it answers ours with its own (simultaneous open, figure 8).
    tcb.ackNow = true
    if ((segment.flags & ACK) !== 0 && completeHandshake(context, tcb, segment)) processAck(context, tcb, segment)
  } else if (segmentLen(segment) > 0 && isOld(tcb, segment)) {
    // Data sent twice: our acknowledgment may have been lost, and only a new one repairs that (D4).
    tcb.ackNow = true
    tcb.quickAcks = QUICK_ACKS
    if (tcb.agreed.sack) ownReassembly(tcb).noteDouble(segment.seq, add(segment.seq, segmentLen(segment)))
  } else {
    challengeAck(context, tcb)
    return
  }
  context.wantsOutput(tcb)
}

/** @returns false when the ACK is not of our SYN */
function completeHandshake(context: TcpContext, tcb: Tcb, segment: TcpSegment): boolean {
  const { snd } = tcb
  if (!lt(snd.una, segment.ack) || !leq(segment.ack, snd.nxt)) {
    sendReset(context, tcb, segment.ack)
    return false
  }
  becomeEstablished(context, tcb, segment, segment.wnd << snd.shift)
  return true
}

/** What the acknowledgment of our FIN changes. @returns whether the connection is gone */
function afterAck(context: TcpContext, tcb: Tcb): boolean {
  if (!isFinAcknowledged(tcb)) return false
  switch (tcb.state) {
    case 'FIN-WAIT-1':
      tcb.state = 'FIN-WAIT-2'
      tcb.giveUpAt = Math.ceil(context.now) + FIN_WAIT_2_MS
      return false
    case 'CLOSING':
      context.enterTimeWait(tcb)
      tcb.user?.closed('finished')
      return true
    case 'LAST-ACK':
      remove(context, tcb, 'finished')
      return true
    default:
      return false
  }
}

function segmentText(context: TcpContext, tcb: Tcb, segment: TcpSegment, bytes: Uint8Array): void {
  const { rcv } = tcb
  if (!mayReceive(tcb)) {
    context.stats.droppedBeyondClose++
    tcb.ackNow = true
    return
  }
  let start = segment.payloadStart
  let { seq } = segment
  if (lt(seq, rcv.nxt)) {
    if (tcb.agreed.sack) ownReassembly(tcb).noteDouble(seq, rcv.nxt)
    start += diff(rcv.nxt, seq)
    seq = rcv.nxt
  }
  const end = Math.min(segment.payloadEnd, start + diff(rcv.adv, seq))
  // What lies beyond the window is cut off; all of it for a probe of a closed window, which wants an answer.
  if (end < segment.payloadEnd) tcb.ackNow = true
  if (start >= end) return
  if (context.receiveBuffered > RECEIVE_BUFFERED_LIMIT && isPastFloor(tcb, seq)) {
    context.stats.droppedReceiveLimit++
    tcb.ackNow = true
    return
  }
  if (seq !== rcv.nxt) {
    if (!ownReassembly(tcb).insert(seq, bytes.subarray(start, end))) context.stats.droppedReassemblyLimit++
    countReordered(context, tcb)
    // RFC 5681 section 4.2: at once, so that the guest sees the hole; and what follows the repair, while its window is small.
    tcb.ackNow = true
    tcb.quickAcks = QUICK_ACKS
    return
  }
  deliver(context, tcb, bytes.subarray(start, end))
  if (!tcb.reassembly.isEmpty) {
    tcb.reassembly.take(rcv.nxt, (more) => {
      if (tcb.state !== 'CLOSED') deliver(context, tcb, more)
    })
    countReordered(context, tcb)
    if (!tcb.reassembly.hasBlocks) tcb.reassembly = NOTHING_WAITS
    tcb.ackNow = true
  }
  growBudget(context, tcb)
  scheduleAck(context, tcb, (segment.flags & PSH) !== 0 ? DELAYED_ACK_MS : STREAMING_ACK_MS)
}

/** What fills the hole before others is taken in any case: it frees more than it costs. */
function isPastFloor({ rcv }: Tcb, seq: number): boolean {
  return rcv.buffered + (seq === rcv.nxt ? 0 : rcv.reordered) >= RECEIVE_FLOOR
}

function countReordered(context: TcpContext, tcb: Tcb): void {
  if (tcb.state === 'CLOSED') return
  const { cost } = tcb.reassembly
  context.receiveBuffered += cost - tcb.rcv.reordered
  tcb.rcv.reordered = cost
}

function deliver(context: TcpContext, tcb: Tcb, bytes: Uint8Array): void {
  const { rcv } = tcb
  rcv.nxt = add(rcv.nxt, bytes.length)
  rcv.unacked += bytes.length
  context.stats.rxBytes += bytes.length
  // A guest that still sends will close when it is done.
  if (tcb.state === 'FIN-WAIT-2') tcb.giveUpAt = Math.ceil(context.now) + FIN_WAIT_2_MS
  const passedOn = tcb.user === undefined ? bytes.length : tcb.user.received(bytes)
  // The user may have aborted: nothing of it is held any more.
  if (tcb.state === 'CLOSED') return
  rcv.buffered += bytes.length - passedOn
  context.receiveBuffered += bytes.length - passedOn
}

/**
 * The window follows what the flow needs: it doubles when more than half of it arrived within one round trip, unless the
 * outside is what is slow.
 */
function growBudget(context: TcpContext, tcb: Tcb): void {
  const { rcv } = tcb
  if (context.now - rcv.roundAt < Math.max(1, tcb.rtt.srtt)) return
  const arrived = diff(rcv.nxt, rcv.roundSeq)
  if (arrived * 2 > rcv.budget && rcv.buffered * 2 < rcv.budget) {
    rcv.budget = Math.min(MAX_RECEIVE_BUDGET, rcv.budget * 2)
  }
  rcv.roundAt = Math.ceil(context.now)
  rcv.roundSeq = rcv.nxt
}

/** RFC 9293 section 3.8.6.3: every second full segment at least, otherwise within a delay; at first at once. */
function scheduleAck(context: TcpContext, tcb: Tcb, delayMs: number): void {
  if (tcb.quickAcks > 0 || tcb.rcv.unacked >= 2 * tcb.agreed.mss) {
    if (tcb.quickAcks > 0) tcb.quickAcks--
    tcb.ackNow = true
  } else if (tcb.delayedAckAt === NEVER) {
    tcb.delayedAckAt = Math.ceil(context.now) + delayMs
  }
}

function processFin(context: TcpContext, tcb: Tcb): void {
  if (!mayReceive(tcb)) return
  tcb.peerFinWaits = false
  tcb.rcv.nxt = add(tcb.rcv.nxt, 1)
  // The FIN takes a number beyond the window's last byte, if that was its last.
  if (gt(tcb.rcv.nxt, tcb.rcv.adv)) tcb.rcv.adv = tcb.rcv.nxt
  tcb.ackNow = true
  if (tcb.state === 'ESTABLISHED') tcb.state = 'CLOSE-WAIT'
  else if (tcb.state === 'FIN-WAIT-1') tcb.state = 'CLOSING'
  else {
    // FIN-WAIT-2: the acknowledgment must still leave, and TIME-WAIT repeats it when asked.
    sendTimeWaitAck(context, context.enterTimeWait(tcb))
    tcb.user?.receivedEnd()
    tcb.user?.closed('finished')
    return
  }
  tcb.user?.receivedEnd()
}

function remove(context: TcpContext, tcb: Tcb, reason: 'reset' | 'finished'): void {
  context.remove(tcb)
  tcb.user?.closed(reason)
}
