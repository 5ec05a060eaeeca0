// What both ways into a connection share: taking the peer's SYN, and becoming established.

import {
  DEFAULT_MSS,
  MAX_WINDOW_SHIFT,
  TCP_MAX_OPTIONS_LEN,
  type TcpSegment,
  TIMESTAMPS_OPTION_LEN,
} from '../../wire/tcp.ts'
import { SendBuffer } from '../send-buffer.ts'
import { newCongestion } from './congestion.ts'
import type { TcpContext } from './context.ts'
import { add } from './seq.ts'
import { RECEIVE_SHIFT, type Tcb } from './tcb.ts'

/** What a guest may name at least: a smaller MSS makes us send more headers than data (Linux's floor too). */
export const MIN_MSS = 64

/** Below it, headers with all options would not fit into a packet: neither timestamps nor SACK is agreed then. */
const ALL_OPTIONS_MTU = 40 + TCP_MAX_OPTIONS_LEN

/** Whether the MTU has room for timestamps and SACK. */
export function offersAllOptions(context: TcpContext): boolean {
  return context.outlet.mtu >= ALL_OPTIONS_MTU
}

/** Everything a SYN says: RFC 9293 section 3.7.1, RFC 7323 section 2.2 and 3.2, RFC 2018 section 2. */
export function takeSyn(context: TcpContext, tcb: Tcb, segment: TcpSegment): void {
  const { snd, rcv } = tcb
  const timestamps = segment.hasTimestamps && offersAllOptions(context)
  const sack = segment.sackPermitted && offersAllOptions(context)
  const most = context.outlet.mtu - 40
  // Never above our own MTU, whatever the guest says (D7): RFC 6691 takes the options off afterwards.
  const offered = segment.mss === 0 ? DEFAULT_MSS : Math.max(MIN_MSS, segment.mss)
  const mss = Math.max(8, Math.min(offered, most) - (timestamps ? TIMESTAMPS_OPTION_LEN : 0))
  const windowScale = segment.windowShift >= 0
  tcb.agreed = { mss, timestamps, sack, windowScale }
  tcb.sendBuffer = new SendBuffer(context.pool, mss)
  tcb.congestion = newCongestion(mss)
  tcb.irs = segment.seq
  beginSending(tcb)
  snd.shift = windowScale ? Math.min(MAX_WINDOW_SHIFT, segment.windowShift) : 0
  snd.wnd = segment.wnd
  snd.maxWnd = segment.wnd
  rcv.shift = windowScale ? RECEIVE_SHIFT : 0
  rcv.nxt = add(segment.seq, 1)
  rcv.adv = rcv.nxt
  tcb.tsRecent = segment.tsVal
  tcb.tsRecentAt = Math.floor(context.now)
  tcb.lastAckSent = rcv.nxt
}

/** Our SYN takes the first sequence number. */
export function beginSending({ snd, iss }: Tcb): void {
  snd.una = iss
  snd.nxt = add(iss, 1)
  snd.buf = snd.nxt
}

/** Both SYNs have been acknowledged; `segment` was the last of them, or the acknowledgment of ours. */
export function becomeEstablished(context: TcpContext, tcb: Tcb, segment: TcpSegment, wnd: number): void {
  const { snd, rcv } = tcb
  snd.wnd = wnd
  snd.maxWnd = wnd
  snd.wl1 = segment.seq
  snd.wl2 = segment.ack
  tcb.retries = 0
  tcb.recover = add(tcb.iss, 1)
  rcv.roundAt = Math.ceil(context.now)
  rcv.roundSeq = rcv.nxt
  tcb.state = tcb.finQueued ? 'FIN-WAIT-1' : 'ESTABLISHED'
  tcb.user?.established()
}
