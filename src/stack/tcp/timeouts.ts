// What time brings about (RFC 9293 section 3.10.8, 3.8.3, 3.8.6): retransmission (RFC 6298), SYN,ACK repetition, window
// probes, delayed acknowledgments, and giving up. All deadlines are fields of the TCB; Tcb.nextDeadline is their minimum.

import { seeLosses } from './acknowledgment.ts'
import { onHandshakeLoss, onTimeout } from './congestion.ts'
import type { TcpContext } from './context.ts'
import { backOff } from './rtt.ts'
import { sendReset } from './segment-output.ts'
import { flightSize, NEVER, NO_SACKS, sendEnd, type Tcb } from './tcb.ts'
import { newUndo } from './undo.ts'

/** SYN,ACKs in all: 1 s, 2 s, 4 s, … apart; after 31 s a guest that never completes the handshake is forgotten (D8). */
export const SYN_ACK_TRIES = 5
/** SYNs of our own to a guest whose hardware address nobody knows: after 3 s it is not there. */
export const SYN_TRIES_UNKNOWN = 2
/** RFC 9293 section 3.8.3: R2 is at least 100 s. */
export const GIVE_UP_MS = 120_000
/** And so many retransmissions: where much is lost the timer may have backed off to a minute. */
export const GIVE_UP_RETRIES = 3
/** A guest that has closed nothing after we closed: as long as the NAT's own idle time would be too long (Linux: 60 s). */
export const FIN_WAIT_2_MS = 7_200_000
const MAX_PROBE_INTERVAL_MS = 60_000

const OFF = Number.POSITIVE_INFINITY

/** Runs what is due; what is to be sent goes out with the next flush */
export function tcpTimeout(context: TcpContext, tcb: Tcb): void {
  const { now } = context
  if (tcb.giveUpAt !== NEVER && tcb.giveUpAt <= now) {
    giveUp(context, tcb)
    return
  }
  if (tcb.delayedAckAt !== NEVER && tcb.delayedAckAt <= now) {
    tcb.delayedAckAt = NEVER
    tcb.ackNow = true
    context.wantsOutput(tcb)
  }
  if (tcb.rack.reorderAt <= now) {
    tcb.rack.reorderAt = OFF
    seeLosses(context, tcb)
    context.wantsOutput(tcb)
  }
  if (tcb.rack.probeAt <= now) {
    tcb.rack.probeAt = OFF
    tcb.tailProbeDue = true
    context.wantsOutput(tcb)
  }
  if (tcb.pacing !== undefined && tcb.pacing.wakeAt <= now) {
    tcb.pacing.wakeAt = OFF
    context.wantsOutput(tcb)
  }
  if (tcb.persistAt !== NEVER && tcb.persistAt <= now) persist(context, tcb)
  if (tcb.retransmitAt <= now) retransmit(context, tcb)
}

function retransmit(context: TcpContext, tcb: Tcb): void {
  tcb.retransmitAt = OFF
  tcb.retries++
  context.stats.timeouts++
  if (tcb.state === 'SYN-RECEIVED' || tcb.state === 'SYN-SENT') {
    const isUnknown = tcb.state === 'SYN-SENT' && !context.outlet.knows(tcb.remoteAddress)
    if (tcb.retries >= (isUnknown ? SYN_TRIES_UNKNOWN : SYN_ACK_TRIES)) {
      if (tcb.state === 'SYN-SENT') context.stats.synGaveUp++
      else context.stats.synAckGaveUp++
      giveUp(context, tcb)
      return
    }
    backOff(tcb.rtt)
    onHandshakeLoss(tcb.congestion, tcb.agreed.mss)
    tcb.ackNow = true
    context.wantsOutput(tcb)
    return
  }
  const isStalled = tcb.stalledSince !== NEVER && context.now - tcb.stalledSince >= GIVE_UP_MS
  if (isStalled && tcb.retries > GIVE_UP_RETRIES) {
    giveUp(context, tcb)
    return
  }
  // RFC 6298 (5.5), and RFC 5681: the window is cut only by the first timeout of a row.
  backOff(tcb.rtt)
  if (tcb.retries === 1) {
    tcb.undo = newUndo(tcb)
    onTimeout(tcb.congestion, tcb.agreed.mss, flightSize(tcb))
  } else tcb.congestion.cwnd = tcb.agreed.mss
  // A guest that takes back what it has SACKed leaves the first hole unfilled for ever: believe nothing then.
  if (tcb.retries > 1 || tcb.scoreboard.nextHole(tcb.snd.una) !== tcb.snd.una) tcb.scoreboard = NO_SACKS
  tcb.recovery = 'timeout'
  tcb.prr = undefined
  tcb.recover = tcb.snd.nxt
  tcb.history.markAllLost()
  tcb.rack.reorderAt = OFF
  tcb.rack.probeAt = OFF
  tcb.rack.isProbeOut = false
  tcb.dupAcks = 0
  tcb.timedAt = -1
  context.wantsOutput(tcb)
}

function persist(context: TcpContext, tcb: Tcb): void {
  tcb.persistAt = NEVER
  if (tcb.snd.nxt !== tcb.snd.una || sendEnd(tcb) === tcb.snd.nxt) return
  if (tcb.stalledSince === NEVER) tcb.stalledSince = Math.floor(context.now)
  if (context.now - tcb.stalledSince >= GIVE_UP_MS) {
    giveUp(context, tcb)
    return
  }
  tcb.retries++
  const interval = Math.min(MAX_PROBE_INTERVAL_MS, tcb.rtt.rto * 2 ** Math.min(tcb.retries, 10))
  tcb.persistAt = Math.ceil(context.now + interval)
  tcb.probeDue = true
  context.wantsOutput(tcb)
}

function giveUp(context: TcpContext, tcb: Tcb): void {
  context.stats.gaveUp++
  // To a SYN that nobody answered there is nobody to reset.
  if (tcb.state !== 'SYN-SENT') sendReset(context, tcb, tcb.snd.nxt, tcb.rcv.nxt)
  context.remove(tcb)
  tcb.user?.closed('timeout')
}
