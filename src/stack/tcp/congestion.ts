// Congestion control: slow start and its limits (RFC 5681; hystart.ts ends it in time), CUBIC in congestion avoidance
// (RFC 9438), an initial window of ten segments (RFC 6928). Amounts in bytes, times in milliseconds; RFC 9438's names, its segments turned into bytes.
//
// What is lost and what is sent again is not decided here (scoreboard.ts, acknowledgment.ts); this file only answers
// "how much may be in flight".

const INITIAL_SEGMENTS = 10
/** RFC 9438 section 4.6 */
const BETA_CUBIC = 0.7
/** Segments per second cubed (section 5.1). */
const C = 0.4
/** Section 4.3: what makes the Reno-friendly region as aggressive as Reno. */
const ALPHA_CUBIC = (3 * (1 - BETA_CUBIC)) / (1 + BETA_CUBIC)

export interface Congestion {
  cwnd: number
  /** Infinity before the first congestion event. */
  ssthresh: number
  wMax: number
  /** When the last congestion event came. */
  cwndPrior: number
  /** Instant of the current congestion-avoidance epoch, -1 outside of one. */
  epochStartAt: number
  cwndEpoch: number
  /** Milliseconds from the epoch's start until wMax is reached again. */
  k: number
  wEst: number
}

export function newCongestion(mss: number): Congestion {
  return {
    cwnd: initialWindow(mss),
    ssthresh: Number.POSITIVE_INFINITY,
    wMax: 0,
    cwndPrior: 0,
    epochStartAt: -1,
    cwndEpoch: 0,
    k: 0,
    wEst: 0,
  }
}

/** RFC 6928 section 2: min(10 MSS, max(2 MSS, 14600)). */
function initialWindow(mss: number): number {
  return Math.min(INITIAL_SEGMENTS * mss, Math.max(2 * mss, 14_600))
}

/** HyStart++ has seen the queue grow: congestion avoidance begins where slow start got to (RFC 9406 section 4.2). */
export function endSlowStart(cc: Congestion): void {
  cc.ssthresh = cc.cwnd
}

/**
 * Something may be sent, and nothing is under way: the window that the path bore before says little after an RTO (RFC 5681
 * section 4.1).
 * @param idleMs since the last transmission
 */
export function onIdle(cc: Congestion, mss: number, idleMs: number, rto: number): void {
  if (idleMs <= rto) return
  cc.cwnd = Math.min(cc.cwnd, initialWindow(mss))
  cc.epochStartAt = -1
}

/** Something is sent after a time with nothing under way, for which CUBIC's clock stood still (RFC 9438 section 4.2). */
export function onRestart(cc: Congestion, idleMs: number): void {
  if (cc.epochStartAt >= 0) cc.epochStartAt += idleMs
}

/** The handshake has lost a segment: slow start begins with one segment (RFC 5681 section 3.1). */
export function onHandshakeLoss(cc: Congestion, mss: number): void {
  cc.cwnd = mss
}

/**
 * New data was acknowledged outside of loss recovery.
 * @param ackedBytes how much
 * @param wasLimited whether cwnd, not the window or the lack of data, held the sender back; else cwnd does not grow
 * @param srtt milliseconds
 * @param slowStartDivisor of slow start's growth, in HyStart++'s conservative phase
 */
export function onAck(
  cc: Congestion,
  mss: number,
  ackedBytes: number,
  wasLimited: boolean,
  srtt: number,
  now: number,
  slowStartDivisor = 1,
): void {
  if (!wasLimited) return
  if (cc.cwnd < cc.ssthresh) {
    // One acknowledgment may cover a whole super-frame, so growth is by bytes (RFC 3465), not capped per ACK.
    cc.cwnd = Math.min(cc.cwnd + ackedBytes / slowStartDivisor, cc.ssthresh)
    return
  }
  if (cc.epochStartAt < 0) beginEpoch(cc, mss, now)
  const t = now - cc.epochStartAt
  const target = clampTarget(cc, wCubic(cc, mss, t + Math.max(srtt, 0)))
  // Section 4.3: W_est grows like Reno's window; from the window before the loss on with alpha 1.
  const alpha = cc.wEst >= cc.cwndPrior ? 1 : ALPHA_CUBIC
  cc.wEst += (alpha * ackedBytes * mss) / cc.cwnd
  if (wCubic(cc, mss, t) < cc.wEst) cc.cwnd = Math.max(cc.cwnd, cc.wEst)
  else cc.cwnd += ((target - cc.cwnd) / cc.cwnd) * ackedBytes
}

/** A loss was detected (section 4.6, 4.7): called once per recovery. */
export function onCongestionEvent(cc: Congestion, mss: number): void {
  // Fast convergence: who had less than before lets others have it.
  cc.wMax = cc.cwnd < cc.wMax ? (cc.cwnd * (1 + BETA_CUBIC)) / 2 : cc.cwnd
  cc.cwndPrior = cc.cwnd
  cc.ssthresh = Math.max(cc.cwnd * BETA_CUBIC, 2 * mss)
  cc.cwnd = cc.ssthresh
  cc.epochStartAt = -1
}

/** A retransmission timeout (section 4.8, RFC 5681 section 3.1). @param flightSize bytes outstanding */
export function onTimeout(cc: Congestion, mss: number, flightSize: number): void {
  // The next epoch begins with K = 0 and W_max where it begins.
  cc.wMax = 0
  cc.cwndPrior = cc.cwnd
  cc.ssthresh = Math.max(Math.min(cc.cwnd, flightSize) * BETA_CUBIC, 2 * mss)
  cc.cwnd = mss
  cc.epochStartAt = -1
}

function beginEpoch(cc: Congestion, mss: number, now: number): void {
  cc.epochStartAt = now
  cc.cwndEpoch = cc.cwnd
  cc.wEst = cc.cwnd
  if (cc.wMax <= cc.cwnd) {
    cc.wMax = cc.cwnd
    cc.k = 0
  } else {
    cc.k = Math.cbrt((cc.wMax - cc.cwndEpoch) / mss / C) * 1000
  }
}

/** W_cubic(t), section 4.2, figure 1. */
function wCubic(cc: Congestion, mss: number, t: number): number {
  const seconds = (t - cc.k) / 1000
  return C * seconds * seconds * seconds * mss + cc.wMax
}

/** Section 4.2: not below cwnd, not above 1.5 times of it, per round trip. */
function clampTarget(cc: Congestion, target: number): number {
  return Math.min(Math.max(target, cc.cwnd), 1.5 * cc.cwnd)
}
