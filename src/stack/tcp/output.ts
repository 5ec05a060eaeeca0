// What may be sent now: SYN and SYN,ACK, lost data again, new data within SND.WND and cwnd, FIN, acknowledgments.
// RFC 9293 section 3.8.6 (windows, silly window syndrome), RFC 6675 section 5 (what in recovery), RFC 7323 (options).
//
// Runs only when the stack flushes, never from within input. Segments of up to 64 KiB leave as super-frames, straight
// from the send buffer: headers are written in front of the payload, into the bytes of earlier payload if need be,
// which are saved and put back once the frame has been handed on (a frame is borrowed until return).
// Nagle's algorithm is not used: the outside sender has decided on its segments already.

import { COMPLETE, type Offload, superFrame, UNFINISHED } from '../../wire/offload.ts'
import {
  ACK,
  emitSack,
  emitSynOptions,
  emitTcpHeader,
  emitTimestamps,
  FIN,
  MAX_SACK_BLOCKS,
  PSH,
  RST,
  SYN,
  setTcpChecksum,
  setTcpPseudoChecksum,
  TCP_HEADER_LEN,
  TIMESTAMPS_OPTION_LEN,
} from '../../wire/tcp.ts'
import { HEADROOM } from '../chunk-pool.ts'
import { onIdle, onRestart } from './congestion.ts'
import { type TcpContext, timestampNow } from './context.ts'
import { offersAllOptions } from './handshake.ts'
import { armProbe, tailSegment } from './rack.ts'
import { add, diff, gt, leq, lt, max, min } from './seq.ts'
import { type Endpoints, flightSize, isFinSent, RECEIVE_SHIFT, sendEnd, type Tcb } from './tcb.ts'
import type { TimeWait } from './time-wait.ts'

/** IP total length is 16 bits. */
const MAX_PACKET_LEN = 65_535
/** Shorter frames get their checksum here, where it costs nothing; longer ones where the medium wants it. */
const FINISH_CHECKSUM_BELOW = 256
/**
 * When all connections together hold back more than this, every window shrinks to a floor. Windows that were offered before
 * are not taken back; what comes past the floor is dropped.
 */
export const RECEIVE_BUFFERED_LIMIT = 256 * 1024 * 1024
export const RECEIVE_FLOOR = 64 * 1024

const OFF = Number.POSITIVE_INFINITY
const ETHERNET_AND_IP_LEN = 34
const control = new Uint8Array(new ArrayBuffer(HEADROOM + 64))
/** What lay where headers were written; the longest are 14 + 20 + 60 bytes. */
const saved = new Uint8Array(128)

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
  while (lt(snd.nxt, end)) {
    const available = diff(end, snd.nxt)
    const usable = diff(add(snd.una, snd.wnd), snd.nxt)
    let len = Math.min(available, usable, superLimit)
    if (len <= 0) break
    const room = tcb.congestion.cwnd - inFlight
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
    inFlight += sendNew(context, tcb, len)
  }
  if (tcb.finQueued && snd.nxt === end && (snd.wnd > 0 || flightSize(tcb) === 0)) {
    snd.nxt = add(end, 1)
    tcb.history.append(end, snd.nxt, context.now)
    sendControl(context, tcb, end, ACK | FIN)
    armRetransmit(context, tcb)
  }
  if (flightSize(tcb) === 0 && lt(snd.nxt, end) && tcb.persistAt === OFF) {
    tcb.persistAt = context.now + tcb.rtt.rto
    tcb.retries = 0
  }
}

/** Sends up to `limit` bytes from SND.NXT on, and the FIN with the last of them. @returns how many bytes */
function sendNew(context: TcpContext, tcb: Tcb, limit: number): number {
  const { snd } = tcb
  if (snd.nxt === snd.una) onRestart(tcb.congestion, context.now - tcb.lastSentAt)
  tcb.lastSentAt = context.now
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
  tcb.lastSentAt = context.now
  // Whatever comes back now comes a round trip later: the timer of the first transmission is too short for it.
  if (seq === snd.una) tcb.retransmitAt = OFF
  if (tcb.undo !== undefined) tcb.undo.resentAt ??= timestampNow(context)
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
  armRetransmit(context, tcb)
  armProbe(context, tcb)
  return end
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

export function armRetransmit(context: TcpContext, tcb: Tcb): void {
  tcb.persistAt = OFF
  if (tcb.retransmitAt !== OFF) return
  tcb.retransmitAt = context.now + tcb.rtt.rto
  if (tcb.stalledSince === OFF) tcb.stalledSince = context.now
}

/** Most payload of one super-frame: whole segments, within the length of an IP packet. */
export function superFrameLimit(tcb: Tcb): number {
  const { mss } = tcb.agreed
  const most = MAX_PACKET_LEN - 20 - TCP_HEADER_LEN - (tcb.agreed.timestamps ? TIMESTAMPS_OPTION_LEN : 0)
  return most < mss ? most : Math.floor(most / mss) * mss
}

/** The piece that `sendBuffer.find` found. */
function sendPiece(context: TcpContext, tcb: Tcb, seq: number, len: number, flags: number): void {
  const { bytes } = tcb.sendBuffer.pieceChunk as { bytes: Uint8Array }
  const payloadStart = tcb.sendBuffer.pieceStart
  const optionsLen = tcb.agreed.timestamps ? TIMESTAMPS_OPTION_LEN : 0
  const headersLen = ETHERNET_AND_IP_LEN + TCP_HEADER_LEN + optionsLen
  const from = payloadStart - headersLen
  const overwritten = Math.max(0, payloadStart - HEADROOM)
  const saveLen = Math.min(headersLen, overwritten)
  for (let index = 0; index < saveLen; index++) saved[index] = bytes[payloadStart - saveLen + index] as number
  emitSegment(context, tcb, seq, flags, bytes, from + ETHERNET_AND_IP_LEN, optionsLen, payloadStart + len, len)
  for (let index = 0; index < saveLen; index++) bytes[payloadStart - saveLen + index] = saved[index] as number
  context.stats.txBytes += len
}

/** A segment without payload, its SACK blocks included. */
function sendControl(context: TcpContext, tcb: Tcb, seq: number, flags: number): void {
  let optionsLen = tcb.agreed.timestamps ? TIMESTAMPS_OPTION_LEN : 0
  if (tcb.agreed.sack && tcb.reassembly.hasBlocks) {
    const limit = tcb.agreed.timestamps ? MAX_SACK_BLOCKS - 1 : MAX_SACK_BLOCKS
    const edges = tcb.reassembly.sackEdges(limit)
    optionsLen += emitSack(control, HEADROOM + TCP_HEADER_LEN + optionsLen, edges, edges.length / 2)
  }
  const end = HEADROOM + TCP_HEADER_LEN + optionsLen
  emitSegment(context, tcb, seq, flags, control, HEADROOM, optionsLen, end, 0)
}

function sendAck(context: TcpContext, tcb: Tcb): void {
  sendControl(context, tcb, tcb.snd.nxt, ACK)
}

/** Window probe: an old sequence number, which the guest must answer with its window (RFC 9293 section 3.8.6.1). */
function sendWindowProbe(context: TcpContext, tcb: Tcb): void {
  tcb.probeDue = false
  if (flightSize(tcb) > 0) return
  context.stats.windowProbes++
  sendControl(context, tcb, add(tcb.snd.una, -1), ACK)
}

function emitSegment(
  context: TcpContext,
  tcb: Tcb,
  seq: number,
  flags: number,
  bytes: Uint8Array,
  start: number,
  optionsLen: number,
  end: number,
  payloadLen: number,
): void {
  const { rcv } = tcb
  const wnd = selectWindow(context, tcb)
  const headerLen = TCP_HEADER_LEN + optionsLen
  emitTcpHeader(bytes, start, tcb.localPort, tcb.remotePort, seq, rcv.nxt, flags, wnd, headerLen)
  if (tcb.agreed.timestamps) emitTimestamps(bytes, start + TCP_HEADER_LEN, timestampNow(context), tcb.tsRecent)
  tcb.lastAckSent = rcv.nxt
  rcv.unacked = 0
  tcb.delayedAckAt = OFF
  // A data segment has no room for SACK blocks, so while there are some an acknowledgment of its own follows.
  if (payloadLen === 0 || !tcb.reassembly.hasBlocks) tcb.ackNow = false
  transmit(context, tcb, bytes, start, end, payloadLen)
}

function transmit(
  context: TcpContext,
  tcb: Tcb,
  bytes: Uint8Array,
  start: number,
  end: number,
  payloadLen: number,
): void {
  const { localAddress, remoteAddress } = tcb
  let offload: Offload = COMPLETE
  if (end - start < FINISH_CHECKSUM_BELOW && payloadLen <= tcb.agreed.mss) {
    setTcpChecksum(bytes, start, end, localAddress, remoteAddress)
  } else {
    setTcpPseudoChecksum(bytes, start, end, localAddress, remoteAddress)
    offload = payloadLen > tcb.agreed.mss ? superFrame(tcb.agreed.mss) : UNFINISHED
  }
  context.stats.txSegments++
  context.outlet.transmitTcp(bytes, start, end, localAddress, remoteAddress, offload)
}

/** RCV.WND for the header, scaled; moves the advertised edge if that is worth telling (RFC 9293 section 3.8.6.2.2). */
function selectWindow(context: TcpContext, tcb: Tcb): number {
  const { rcv } = tcb
  if (isWindowUpdateDue(context, tcb)) rcv.adv = add(rcv.nxt, freeSpace(context, tcb))
  return Math.min(0xffff, diff(rcv.adv, rcv.nxt) >> rcv.shift)
}

function freeSpace(context: TcpContext, tcb: Tcb): number {
  const { rcv } = tcb
  const budget = context.receiveBuffered > RECEIVE_BUFFERED_LIMIT ? Math.min(rcv.budget, RECEIVE_FLOOR) : rcv.budget
  // Without window scaling the field holds no more.
  const most = 0xffff << rcv.shift
  return Math.max(0, Math.min(budget - rcv.buffered, most))
}

/** Receiver's silly window avoidance: the edge moves by a segment, or half the buffer, or not at all. */
export function isWindowUpdateDue(context: TcpContext, tcb: Tcb): boolean {
  const { rcv } = tcb
  const gain = diff(add(rcv.nxt, freeSpace(context, tcb)), rcv.adv)
  return gain > 0 && gain >= Math.min(rcv.budget >> 1, tcb.agreed.mss)
}

/** SYN of our own (SYN-SENT), or SYN,ACK. */
function sendSyn(context: TcpContext, tcb: Tcb): void {
  const start = HEADROOM
  const { rcv } = tcb
  const isFirst = tcb.state === 'SYN-SENT'
  const all = isFirst && offersAllOptions(context)
  let optionsLen = emitSynOptions(control, start + TCP_HEADER_LEN, {
    mss: context.outlet.mtu - 40,
    windowShift: isFirst || tcb.agreed.windowScale ? RECEIVE_SHIFT : -1,
    sackPermitted: all || tcb.agreed.sack,
  })
  if (all || tcb.agreed.timestamps) {
    emitTimestamps(control, start + TCP_HEADER_LEN + optionsLen, timestampNow(context), tcb.tsRecent)
    optionsLen += TIMESTAMPS_OPTION_LEN
  }
  const wnd = synWindow(tcb)
  if (!isFirst && leq(rcv.adv, add(rcv.nxt, wnd))) rcv.adv = add(rcv.nxt, wnd)
  const headerLen = TCP_HEADER_LEN + optionsLen
  const flags = isFirst ? SYN : SYN | ACK
  emitTcpHeader(control, start, tcb.localPort, tcb.remotePort, tcb.iss, rcv.nxt, flags, wnd, headerLen)
  tcb.ackNow = false
  tcb.lastAckSent = rcv.nxt
  if (tcb.retries === 0 && tcb.timedAt < 0) {
    tcb.timedAt = context.now
    tcb.timedSeq = tcb.snd.nxt
  } else tcb.timedAt = -1
  armRetransmit(context, tcb)
  transmit(context, tcb, control, start, start + headerLen, 0)
}

/** The window of a SYN is never scaled (RFC 7323 section 2.2). */
export function synWindow({ rcv }: Tcb): number {
  return Math.min(0xffff, rcv.budget)
}

/** Queues a reset (RFC 9293 section 3.10.7.1); also from within input. @param ack left out: without ACK flag */
export function sendReset(context: TcpContext, from: Endpoints, seq: number, ack?: number): void {
  const flags = ack === undefined ? RST : RST | ACK
  emitTcpHeader(control, HEADROOM, from.localPort, from.remotePort, seq, ack ?? 0, flags, 0, TCP_HEADER_LEN)
  const end = HEADROOM + TCP_HEADER_LEN
  setTcpChecksum(control, HEADROOM, end, from.localAddress, from.remoteAddress)
  context.stats.resetsSent++
  context.outlet.queueTcp(control, HEADROOM, end, from.localAddress, from.remoteAddress)
}

/** Queues a bare acknowledgment for a connection of which only a TIME-WAIT record is left. */
export function sendTimeWaitAck(context: TcpContext, record: TimeWait): void {
  let headerLen = TCP_HEADER_LEN
  if (record.timestamps) {
    emitTimestamps(control, HEADROOM + headerLen, timestampNow(context), record.tsRecent)
    headerLen += TIMESTAMPS_OPTION_LEN
  }
  const { localAddress, localPort, remoteAddress, remotePort } = record
  emitTcpHeader(control, HEADROOM, localPort, remotePort, record.sndNxt, record.rcvNxt, ACK, 0xffff, headerLen)
  setTcpChecksum(control, HEADROOM, HEADROOM + headerLen, localAddress, remoteAddress)
  context.outlet.queueTcp(control, HEADROOM, HEADROOM + headerLen, localAddress, remoteAddress)
}
