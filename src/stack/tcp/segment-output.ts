// How segments leave: headers in front of the payload where it lies, options, windows, checksums; SYN and SYN,ACK, resets.
// RFC 9293 section 3.8.6.2.2 (the receiver's silly window), RFC 7323 (options), RFC 2018 and 2883 (SACK). What is sent, and when,
// output.ts decides.
//
// Segments of up to 64 KiB leave as super-frames, straight from the send buffer: headers are written in front of the
// payload, into the bytes of earlier payload if need be, which are saved and put back once the frame has been handed on
// (a frame is borrowed until return).

import { COMPLETE, type Offload, superFrame, UNFINISHED } from '../../wire/offload.ts'
import {
  ACK,
  emitSack,
  emitSynOptions,
  emitTcpHeader,
  emitTimestamps,
  MAX_SACK_BLOCKS,
  RST,
  SYN,
  setTcpChecksum,
  setTcpPseudoChecksum,
  TCP_HEADER_LEN,
  TIMESTAMPS_OPTION_LEN,
} from '../../wire/tcp.ts'
import { HEADROOM } from '../chunk-pool.ts'
import { type TcpContext, timestampNow } from './context.ts'
import { offersAllOptions } from './handshake.ts'
import { add, diff, leq } from './seq.ts'
import { type Endpoints, NEVER, RECEIVE_SHIFT, type Tcb } from './tcb.ts'
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

export function armRetransmit(context: TcpContext, tcb: Tcb): void {
  tcb.persistAt = NEVER
  if (tcb.retransmitAt !== OFF) return
  tcb.retransmitAt = context.now + tcb.rtt.rto
  if (tcb.stalledSince === NEVER) tcb.stalledSince = Math.floor(context.now)
}

/** Most payload of one super-frame: whole segments, within the length of an IP packet. */
export function superFrameLimit(tcb: Tcb): number {
  const { mss } = tcb.agreed
  const most = MAX_PACKET_LEN - 20 - TCP_HEADER_LEN - (tcb.agreed.timestamps ? TIMESTAMPS_OPTION_LEN : 0)
  return most < mss ? most : Math.floor(most / mss) * mss
}

/** The piece that `sendBuffer.find` found. */
export function sendPiece(context: TcpContext, tcb: Tcb, seq: number, len: number, flags: number): void {
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
export function sendControl(context: TcpContext, tcb: Tcb, seq: number, flags: number): void {
  let optionsLen = tcb.agreed.timestamps ? TIMESTAMPS_OPTION_LEN : 0
  if (tcb.agreed.sack && tcb.reassembly.hasBlocks) {
    const limit = tcb.agreed.timestamps ? MAX_SACK_BLOCKS - 1 : MAX_SACK_BLOCKS
    const edges = tcb.reassembly.sackEdges(limit)
    optionsLen += emitSack(control, HEADROOM + TCP_HEADER_LEN + optionsLen, edges, edges.length / 2)
  }
  const end = HEADROOM + TCP_HEADER_LEN + optionsLen
  emitSegment(context, tcb, seq, flags, control, HEADROOM, optionsLen, end, 0)
}

export function sendAck(context: TcpContext, tcb: Tcb): void {
  sendControl(context, tcb, tcb.snd.nxt, ACK)
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
  tcb.delayedAckAt = NEVER
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
export function sendSyn(context: TcpContext, tcb: Tcb): void {
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
