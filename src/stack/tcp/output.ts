// What may be sent now: SYN and SYN,ACK, lost data again, new data within SND.WND and cwnd, FIN, acknowledgments.
// RFC 9293 section 3.8.6 (windows, silly window syndrome), RFC 6675 section 5 (what in recovery), RFC 8985 (probes).
//
// Runs only when the stack flushes, never from within input; segment-output.ts is how it leaves. Nagle's algorithm is not
// used: the outside sender has decided on its segments already.

import { ACK, FIN, PSH } from '../../wire/tcp.ts'
import { onIdle, onRestart } from './congestion.ts'
import { type TcpContext, timestampNow } from './context.ts'
import { isPaced, notePaced, pacedRoom, wakePaced } from './pacing.ts'
import { armProbe, tailSegment } from './rack.ts'
import { armRetransmit, sendAck, sendControl, sendPiece, sendSyn, superFrameLimit } from './segment-output.ts'
import { add, diff, gt, lt, max, min } from './seq.ts'
import { flightSize, isFinSent, NEVER, sendEnd, type Tcb } from './tcb.ts'

const OFF = Number.POSITIVE_INFINITY

export function tcpOutput(context: TcpContext, tcb: Tcb): void {
  if (tcb.state === 'LISTEN' || tcb.state === 'CLOSED') return
  if (tcb.state === 'SYN-RECEIVED' || tcb.state === 'SYN-SENT') {
    if (tcb.ackNow) sendSyn(context, tcb)
  } else {
    if (tcb.tailProbeDue) sendTailProbe(context, tcb)
    sendData(context, tcb)
    if (tcb.probeDue) sendWindowProbe(context, tcb)
    if (tcb.ackNow) sendAck(context, tcb)
  }
  context.deadlines.update(tcb)
}

/**
 * Bytes believed to be under way (RFC 6675 "pipe", RFC 8985): sent, not arrived, not lost. Without SACK each duplicate
 * acknowledgment stands for a segment that arrived.
 */
export function pipe(tcb: Tcb): number {
  const arrived = tcb.agreed.sack ? tcb.scoreboard.sackedBytes : tcb.dupAcks * tcb.agreed.mss
  let lost = 0
  if (tcb.recovery !== 'none') {
    tcb.history.visit((record) => {
      if (record.isLost) lost += tcb.scoreboard.holeBytes(record.start, record.end)
      return true
    })
  }
  return Math.max(0, flightSize(tcb) - arrived - lost)
}

function sendData(context: TcpContext, tcb: Tcb): void {
  const { snd } = tcb
  const end = sendEnd(tcb)
  tcb.cwndLimited = false
  if (tcb.recovery === 'none' && !lt(snd.nxt, end) && (!tcb.finQueued || isFinSent(tcb))) return
  let inFlight = pipe(tcb)
  if (snd.nxt === snd.una && tcb.lastSentAt > 0) {
    onIdle(tcb.congestion, tcb.agreed.mss, context.now - tcb.lastSentAt, tcb.rtt.rto)
  }
  if (tcb.recovery !== 'none') inFlight = retransmitLost(context, tcb, inFlight)
  const { mss } = tcb.agreed
  const superLimit = superFrameLimit(tcb)
  let pacedBytes = isPaced(tcb) ? pacedRoom(tcb, context.now, snd.nxt === snd.una) : OFF
  while (lt(snd.nxt, end)) {
    const available = diff(end, snd.nxt)
    const usable = diff(add(snd.una, snd.wnd), snd.nxt)
    let len = Math.min(available, usable, superLimit)
    if (len <= 0) break
    const room = Math.min(tcb.congestion.cwnd - inFlight, pacedBytes)
    if (room < len) {
      tcb.cwndLimited = true
      len = room < mss ? (inFlight === 0 ? Math.min(len, mss) : 0) : Math.floor(room / mss) * mss
      if (len <= 0) break
    }
    if (len < available) {
      // Whole segments; a piece smaller than one only if nothing is under way that would bring a window update, and it
      // is a good part of what the guest ever offers or the override time is over (sender's silly window avoidance).
      if (len >= mss) len -= len % mss
      else if (inFlight > 0 || (len * 2 < snd.maxWnd && !tcb.probeDue)) break
    }
    const sent = sendNew(context, tcb, len)
    inFlight += sent
    pacedBytes -= sent
  }
  if (tcb.pacing !== undefined && pacedBytes < mss && isMoreAllowed(tcb, inFlight, end))
    wakePaced(tcb.pacing, context.now)
  if (tcb.finQueued && snd.nxt === end && (snd.wnd > 0 || flightSize(tcb) === 0)) {
    snd.nxt = add(end, 1)
    tcb.history.append(end, snd.nxt, context.now)
    sendControl(context, tcb, end, ACK | FIN)
    armRetransmit(context, tcb)
  }
  if (flightSize(tcb) === 0 && lt(snd.nxt, end) && tcb.persistAt === NEVER) {
    tcb.persistAt = Math.ceil(context.now + tcb.rtt.rto)
    tcb.retries = 0
  }
}

/** Whether a segment waits for nothing but its time. */
function isMoreAllowed({ snd, agreed, congestion }: Tcb, inFlight: number, end: number): boolean {
  const waiting = Math.min(diff(end, snd.nxt), agreed.mss)
  return waiting > 0 && congestion.cwnd - inFlight >= waiting && diff(add(snd.una, snd.wnd), snd.nxt) >= waiting
}

/** Sends up to `limit` bytes from SND.NXT on, and the FIN with the last of them. @returns how many bytes */
function sendNew(context: TcpContext, tcb: Tcb, limit: number): number {
  const { snd } = tcb
  if (snd.nxt === snd.una) onRestart(tcb.congestion, context.now - tcb.lastSentAt)
  tcb.lastSentAt = Math.floor(context.now)
  tcb.sendBuffer.find(diff(snd.nxt, snd.buf), limit)
  const len = tcb.sendBuffer.pieceLength
  const isLast = add(snd.nxt, len) === sendEnd(tcb)
  const fin = isLast && tcb.finQueued ? FIN : 0
  if (tcb.timedAt < 0) {
    tcb.timedAt = context.now
    // Of a super-frame the first segment: the last may be lost, and waits behind the others anyway.
    tcb.timedSeq = add(snd.nxt, Math.min(len, tcb.agreed.mss))
  }
  const seq = snd.nxt
  snd.nxt = add(seq, len + (fin === 0 ? 0 : 1))
  tcb.history.append(seq, snd.nxt, context.now)
  if (tcb.prr !== undefined) tcb.prr.out += len
  if (tcb.pacing !== undefined) notePaced(tcb.pacing, len)
  sendPiece(context, tcb, seq, len, ACK | (isLast ? PSH : 0) | fin)
  armRetransmit(context, tcb)
  armProbe(context, tcb)
  return len
}

/** Sends again what is lost, oldest first, as far as cwnd allows. @returns pipe after it */
function retransmitLost(context: TcpContext, tcb: Tcb, inFlightBefore: number): number {
  const { snd, scoreboard, history } = tcb
  const { mss } = tcb.agreed
  let inFlight = inFlightBefore
  let from = snd.una
  for (;;) {
    const record = history.firstLost(from)
    if (record === undefined) return inFlight
    const seq = scoreboard.nextHole(max(record.start, from))
    if (!lt(seq, record.end)) {
      from = record.end
      continue
    }
    const room = tcb.congestion.cwnd - inFlight
    // What recovery began with, and what a partial acknowledgment shows to be missing, is sent whatever is in flight
    // (RFC 6675 section 5 step 4.3, RFC 6582 section 3.2 step 3).
    if (room < mss && inFlight > 0 && seq !== snd.una) {
      tcb.cwndLimited = true
      return inFlight
    }
    from = resend(context, tcb, seq, scoreboard.holeEnd(seq, record.end), Math.max(mss, room - (room % mss)))
    inFlight += diff(from, seq)
  }
}

/** Sends [seq, holeEnd) again, at most `limit` bytes of it, the FIN included. @returns where what was sent ends */
function resend(context: TcpContext, tcb: Tcb, seq: number, holeEnd: number, limit: number): number {
  const { history, snd } = tcb
  const dataEnd = sendEnd(tcb)
  const data = Math.min(diff(min(holeEnd, dataEnd), seq), superFrameLimit(tcb), limit)
  let end = add(seq, 1)
  // Karn: an acknowledgment of this range says nothing about the round trip.
  tcb.timedAt = -1
  tcb.lastSentAt = Math.floor(context.now)
  // Whatever comes back now comes a round trip later: the timer of the first transmission is too short for it.
  if (seq === snd.una) tcb.retransmitAt = OFF
  context.stats.retransmittedSegments++
  if (data > 0) {
    tcb.sendBuffer.find(diff(seq, snd.buf), data)
    const len = tcb.sendBuffer.pieceLength
    const pieceEnd = add(seq, len)
    const fin = pieceEnd === dataEnd && gt(holeEnd, dataEnd) ? FIN : 0
    end = add(pieceEnd, fin === 0 ? 0 : 1)
    context.stats.retransmittedBytes += len
    history.resent(seq, end, context.now)
    sendPiece(context, tcb, seq, len, ACK | fin)
  } else {
    // Only the FIN is missing.
    history.resent(seq, end, context.now)
    sendControl(context, tcb, seq, ACK | FIN)
  }
  if (tcb.recovery !== 'none') noteResent(context, tcb, diff(end, seq))
  if (tcb.pacing !== undefined) notePaced(tcb.pacing, diff(end, seq))
  armRetransmit(context, tcb)
  armProbe(context, tcb)
  return end
}

function noteResent(context: TcpContext, { prr, undo }: Tcb, bytes: number): void {
  if (prr !== undefined) prr.out += bytes
  if (undo === undefined) return
  undo.resentAt ??= timestampNow(context)
  undo.resentBytes += bytes
}

/** RFC 8985 section 7.3: one segment of new data, even past cwnd, or the last one again. */
function sendTailProbe(context: TcpContext, tcb: Tcb): void {
  const { snd, rack } = tcb
  tcb.tailProbeDue = false
  if (tcb.recovery === 'fast') {
    sendHeadProbe(context, tcb)
    return
  }
  if (tcb.recovery !== 'none' || flightSize(tcb) === 0 || !tcb.scoreboard.isEmpty) return
  context.stats.tailProbes++
  const fresh = Math.min(diff(sendEnd(tcb), snd.nxt), diff(add(snd.una, snd.wnd), snd.nxt), tcb.agreed.mss)
  rack.wasProbeResent = fresh <= 0
  // Before it is sent, since sending arms the next one: there is one at a time.
  rack.isProbeOut = true
  if (fresh > 0) sendNew(context, tcb, fresh)
  else {
    const tail = tailSegment(tcb)
    resend(context, tcb, tail.start, tail.end, tcb.agreed.mss)
  }
  rack.probeEnd = snd.nxt
  tcb.retransmitAt = context.now + tcb.rtt.rto
}

/** Recovery stands still: its first segment once more, whatever is in flight (rack.ts, armProbe). */
function sendHeadProbe(context: TcpContext, tcb: Tcb): void {
  const { snd, rack, scoreboard } = tcb
  const head = tcb.history.recordAt(snd.una)
  if (head === undefined || scoreboard.nextHole(snd.una) !== snd.una) return
  context.stats.headProbes++
  rack.headProbed = snd.una
  resend(context, tcb, snd.una, scoreboard.holeEnd(snd.una, head.end), tcb.agreed.mss)
}

/** Window probe: an old sequence number, which the guest must answer with its window (RFC 9293 section 3.8.6.1). */
function sendWindowProbe(context: TcpContext, tcb: Tcb): void {
  tcb.probeDue = false
  if (flightSize(tcb) > 0) return
  context.stats.windowProbes++
  sendControl(context, tcb, add(tcb.snd.una, -1), ACK)
}
