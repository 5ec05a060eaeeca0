// SEGMENT ARRIVES in SYN-SENT (RFC 9293 section 3.10.7.3): what answers the SYN with which the virtual host, in the name of
// somebody outside, opens a connection towards a guest.
//
// A guest that opens the same connection at the same moment meets us half-way (simultaneous open, MUST-10): its SYN is
// answered by SYN,ACK like any other, and ours with the same endpoints is the connection it asked for.

import { ACK, FIN, RST, SYN, type TcpSegment } from '../../wire/tcp.ts'
import { onHandshakeLoss } from './congestion.ts'
import type { TcpContext } from './context.ts'
import { becomeEstablished, takeSyn } from './handshake.ts'
import { measureRtt } from './rtt.ts'
import { segmentArrives } from './segment-arrives.ts'
import { sendReset, synWindow } from './segment-output.ts'
import { add } from './seq.ts'
import { NEVER, type Tcb } from './tcb.ts'

const OFF = Number.POSITIVE_INFINITY

/** @param bytes what `segment`'s payload offsets refer to; borrowed */
export function synSentArrives(context: TcpContext, tcb: Tcb, segment: TcpSegment, bytes: Uint8Array): void {
  const { stats } = context
  const { flags } = segment
  const hasAck = (flags & ACK) !== 0

  // first: nothing but our SYN has been sent, so one number alone acknowledges it
  if (hasAck && segment.ack !== tcb.snd.nxt) {
    stats.droppedUnacceptable++
    if ((flags & RST) === 0) sendReset(context, tcb, segment.ack)
    return
  }

  // second: a reset that does not acknowledge our SYN is somebody's guess
  if ((flags & RST) !== 0) {
    if (!hasAck) {
      stats.droppedNoAck++
      return
    }
    stats.resetsReceived++
    context.remove(tcb)
    tcb.user?.closed('reset')
    return
  }

  // fourth
  if ((flags & SYN) === 0) {
    stats.droppedUnacceptable++
    return
  }
  takeSyn(context, tcb, segment)
  if (tcb.retries > 0) onHandshakeLoss(tcb.congestion, tcb.agreed.mss)
  // What our SYN said.
  tcb.rcv.adv = add(tcb.rcv.nxt, synWindow(tcb))
  tcb.retransmitAt = OFF
  tcb.stalledSince = NEVER
  tcb.ackNow = true
  context.wantsOutput(tcb)
  if (!hasAck) {
    tcb.state = 'SYN-RECEIVED'
    tcb.retries = 0
    return
  }
  tcb.snd.una = segment.ack
  if (tcb.timedAt >= 0) measureRtt(tcb.rtt, context.now - tcb.timedAt)
  tcb.timedAt = -1
  becomeEstablished(context, tcb, segment, segment.wnd)
  const hasMore = segment.payloadEnd > segment.payloadStart || (flags & FIN) !== 0
  if (hasMore) segmentArrives(context, tcb, { ...segment, flags: flags & ~SYN, seq: add(segment.seq, 1) }, bytes)
}
