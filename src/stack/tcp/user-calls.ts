// The user's calls (RFC 9293 section 3.10.1 to 3.10.6) as the NAT needs them: OPEN is `accept` or `refuse` of a request
// that arrived; SEND, RECEIVE (as `consumed`), CLOSE, ABORT. None of them sends a frame itself: the next flush does.

import type { TcpContext } from './context.ts'
import { isWindowUpdateDue, sendReset, superFrameLimit } from './segment-output.ts'
import type { Tcb } from './tcb.ts'

/** The send buffer follows the congestion window between these bounds. */
export const MIN_SEND_BUDGET = 256 * 1024
export const MAX_SEND_BUDGET = 4 * 1024 * 1024
/** When the send buffers of all connections take more than this, none is filled beyond a floor: one read at a time. */
export const SEND_BUFFERED_LIMIT = 256 * 1024 * 1024
export const SEND_FLOOR = 16 * 1024

/** The outside has answered: the guest gets its SYN,ACK. */
export function accept(context: TcpContext, tcb: Tcb): void {
  if (tcb.state !== 'LISTEN') return
  tcb.state = 'SYN-RECEIVED'
  tcb.ackNow = true
  context.wantsOutput(tcb)
}

/** The outside refused: the guest sees "connection refused". `silent`: it sees nothing, and asks again or gives up. */
export function refuse(context: TcpContext, tcb: Tcb, how: 'reset' | 'silent'): void {
  if (tcb.state !== 'LISTEN') return
  context.stats.requestsRefused++
  if (how === 'reset') sendReset(context, tcb, 0, tcb.rcv.nxt)
  context.remove(tcb)
}

/** How many bytes the send buffer still takes; when none, `sendRoom` will be called later. */
export function sendSpace(tcb: Tcb): number {
  const { sendBuffer, congestion } = tcb
  const isStrained = sendBuffer.pooledBytes > SEND_BUFFERED_LIMIT
  const budget = isStrained ? SEND_FLOOR : Math.min(MAX_SEND_BUDGET, Math.max(MIN_SEND_BUDGET, 2 * congestion.cwnd))
  return Math.max(0, budget - sendBuffer.length)
}

/** Memory to read the next bytes into: handed to `send` right after, they are not copied if they are many. */
export function readBuffer(tcb: Tcb): Uint8Array {
  return tcb.sendBuffer.readBuffer(superFrameLimit(tcb))
}

/** SEND: takes all of `bytes` (kept or copied), even past `sendSpace`; who respects that bounds the memory. */
export function send(context: TcpContext, tcb: Tcb, bytes: Uint8Array): void {
  if (tcb.finQueued || tcb.state === 'CLOSED') return
  tcb.sendBuffer.append(bytes)
  context.wantsOutput(tcb)
}

/** The user has passed on `n` more of the bytes it held back: the window may open. */
export function consumed(context: TcpContext, tcb: Tcb, n: number): void {
  if (tcb.state === 'CLOSED') return
  tcb.rcv.buffered -= n
  context.receiveBuffered -= n
  if (isWindowUpdateDue(context, tcb)) {
    tcb.ackNow = true
    context.wantsOutput(tcb)
  }
}

/** CLOSE: a FIN follows what is in the send buffer; the guest may still send. */
export function close(context: TcpContext, tcb: Tcb): void {
  if (tcb.finQueued) return
  if (tcb.state === 'LISTEN') {
    refuse(context, tcb, 'reset')
    return
  }
  if (tcb.state === 'SYN-SENT') {
    context.remove(tcb)
    return
  }
  tcb.finQueued = true
  if (tcb.state === 'ESTABLISHED') tcb.state = 'FIN-WAIT-1'
  else if (tcb.state === 'CLOSE-WAIT') tcb.state = 'LAST-ACK'
  context.wantsOutput(tcb)
}

/** ABORT: reset, at once; `user.closed` is not called. */
export function abort(context: TcpContext, tcb: Tcb): void {
  if (tcb.state === 'CLOSED') return
  if (tcb.state === 'LISTEN') sendReset(context, tcb, 0, tcb.rcv.nxt)
  else if (tcb.state !== 'SYN-SENT') sendReset(context, tcb, tcb.snd.nxt, tcb.rcv.nxt)
  context.remove(tcb)
}
