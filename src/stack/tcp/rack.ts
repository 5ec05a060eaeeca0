// RACK-TLP (RFC 8985): losses are seen by time. Whatever was sent earlier than something that has arrived already, by
// more than a reordering window, is lost; also what was sent again and lost again. And a tail that nobody answers is
// probed before the retransmission timer has to.
//
// Only for connections with SACK. With DupThresh segments SACKed the window is zero, so RFC 6675's losses are all found;
// where reordering was seen the window follows it (section 6.2 step 4), by the guest's reports of doubles (RFC 2883).

import type { TcpContext } from './context.ts'
import type { SendRecord } from './send-history.ts'
import { add, diff, geq, gt, leq, lt } from './seq.ts'
import { flightSize, type Tcb } from './tcb.ts'

/** Section 6.2: the reordering window is this share of the smallest round trip, times `windowMultiplier`. */
const WINDOW_SHARE = 0.25
/** Timers are not finer, and batches of one turn arrive together. */
const MIN_WINDOW_MS = 1
/** Recoveries without a double after which a widened window is forgotten (section 6.2 step 4). */
const WINDOW_PERSISTS = 16
/** Section 7.2: a lone segment's acknowledgment may be held back so long (what common guests do, and RFC 6298's G). */
const DELAYED_ACK_MAX_MS = 200
/** So that short round trips do not make the timer fire all the time. */
const MIN_PATIENCE_MS = 4

const OFF = Number.POSITIVE_INFINITY

/** Step 2 and 3: a record of which something was newly acknowledged or SACKed, up to `arrivedEnd`. */
export function noteArrival(context: TcpContext, tcb: Tcb, record: Readonly<SendRecord>, arrivedEnd: number): void {
  const { rack } = tcb
  const rtt = context.now - record.sentAt
  // An answer quicker than the path is one to the first transmission: nothing follows for the second.
  if (record.wasResent && rtt < tcb.rtt.minRtt) return
  const end = lt(arrivedEnd, record.end) ? arrivedEnd : record.end
  if (!record.wasResent && rack.xmitAt >= 0 && lt(end, rack.fack)) rack.reorderingSeen = true
  if (rack.xmitAt < 0 || gt(end, rack.fack)) rack.fack = end
  if (record.sentAt > rack.xmitAt || (record.sentAt === rack.xmitAt && gt(end, rack.endSeq))) {
    rack.xmitAt = record.sentAt
    rack.endSeq = end
    rack.rtt = rtt
  }
}

/** RFC 2883: the first block reports a double when it lies below the acknowledgment, or inside the second block. */
export function isDsack(blocks: readonly number[], ack: number): boolean {
  const left = blocks[0] as number
  const right = blocks[1] as number
  if (leq(right, ack)) return true
  return blocks.length >= 4 && geq(left, blocks[2] as number) && leq(right, blocks[3] as number)
}

/** Step 4, the part that widens: once a round trip. */
export function noteDsack(tcb: Tcb): void {
  const { rack, snd } = tcb
  if (rack.isDsackRound && lt(snd.una, rack.dsackRoundEnd)) return
  rack.isDsackRound = true
  rack.dsackRoundEnd = snd.nxt
  rack.windowMultiplier++
  rack.persists = WINDOW_PERSISTS
}

function reorderingWindow(tcb: Tcb): number {
  const { rack, rtt } = tcb
  if (!rack.reorderingSeen) {
    const isPastDupThresh = gt(tcb.scoreboard.lostBelow(tcb.snd.una, tcb.agreed.mss), tcb.snd.una)
    if (tcb.recovery !== 'none' || isPastDupThresh) return 0
  }
  if (rtt.minRtt === OFF) return MIN_WINDOW_MS
  const window = Math.min(rtt.minRtt * WINDOW_SHARE * rack.windowMultiplier, Math.max(rtt.srtt, rtt.minRtt))
  return Math.max(MIN_WINDOW_MS, window)
}

/** Step 5: marks what is lost, and arms the timer for what may become so. @returns whether something newly is */
export function detectLoss(context: TcpContext, tcb: Tcb): boolean {
  const { rack, scoreboard } = tcb
  rack.reorderAt = OFF
  if (rack.xmitAt < 0) return false
  const window = reorderingWindow(tcb)
  let found = false
  let soonest = OFF
  // What of a super-frame lies above what has arrived of it is still under way.
  tcb.history.splitAt(rack.endSeq)
  tcb.history.visit((record) => {
    // First transmissions are in the order of time.
    if (record.sentAt > rack.xmitAt && !record.wasResent) return false
    const isTie = record.sentAt === rack.xmitAt && !record.wasResent
    const isEarlier = record.sentAt < rack.xmitAt || (isTie && lt(record.start, rack.endSeq))
    if (record.isLost || !isEarlier || !lt(scoreboard.nextHole(record.start), record.end)) return true
    const lostAt = record.sentAt + rack.rtt + window
    if (lostAt <= context.now) {
      record.isLost = true
      found = true
    } else if (lostAt < soonest) soonest = lostAt
    return true
  })
  if (soonest !== OFF) rack.reorderAt = soonest
  return found
}

/**
 * Section 7.2: when to probe the tail, after new data was sent or acknowledged; never later than the RTO.
 *
 * Beyond the RFC: a fast recovery in which nothing arrives any more (what was sent again was lost again, and nothing followed it
 * that could show this) is probed as well, once for each SND.UNA, with its first segment. Its answer lets RACK find the rest.
 */
export function armProbe(context: TcpContext, tcb: Tcb): void {
  const { rack } = tcb
  rack.probeAt = OFF
  if (!tcb.agreed.sack || !mayProbe(tcb)) return
  const flight = flightSize(tcb)
  if (flight === 0 || tcb.rtt.srtt < 0 || tcb.state === 'SYN-RECEIVED') return
  // A receiver with a hole acknowledges at once.
  const mayBeHeldBack = tcb.recovery === 'none' && flight <= tcb.agreed.mss
  const patience = 2 * tcb.rtt.srtt + (mayBeHeldBack ? DELAYED_ACK_MAX_MS : 0)
  const at = context.now + Math.max(MIN_PATIENCE_MS, patience)
  // The RTO is as good, and simpler, where it comes first.
  if (at < tcb.retransmitAt) rack.probeAt = at
}

function mayProbe(tcb: Tcb): boolean {
  if (tcb.recovery === 'none') return !tcb.rack.isProbeOut && tcb.scoreboard.isEmpty
  return tcb.recovery === 'fast' && tcb.rack.headProbed !== tcb.snd.una
}

/**
 * Section 7.4.2, for an acknowledgment of new data. That of the tail itself may answer the first transmission as well as the
 * probe; which one it was shows when a double is reported, or when later data is acknowledged and none was.
 * @returns whether the probe repaired a loss, which counts as congestion like any other
 */
export function endProbe(tcb: Tcb, sawDsack: boolean): boolean {
  const { rack, snd } = tcb
  if (!rack.isProbeOut || lt(snd.una, rack.probeEnd)) return false
  const isDecided = !rack.wasProbeResent || sawDsack
  if (!isDecided && snd.una === rack.probeEnd) return false
  rack.isProbeOut = false
  return !isDecided
}

/** The same for one that acknowledges nothing new, and says that the tail came twice: nothing was lost. */
export function probeCameTwice(tcb: Tcb): void {
  const { rack, snd } = tcb
  if (rack.isProbeOut && snd.una === rack.probeEnd) rack.isProbeOut = false
}

/** The last segment sent, as [start, end): what a probe sends again when there is nothing new. */
export function tailSegment(tcb: Tcb): { start: number; end: number } {
  const { snd } = tcb
  const start = add(snd.nxt, -Math.min(tcb.agreed.mss, diff(snd.nxt, snd.una)))
  return { start, end: snd.nxt }
}
