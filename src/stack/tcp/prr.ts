// Proportional Rate Reduction (RFC 6937, with the RFC's revision's choice between its bounds by "SafeACK"): how much may leave
// for each acknowledgment of a fast recovery, so that the flight shrinks to ssthresh while the recovery lasts, evenly, and
// not by a silence and a burst that a short queue would lose. Amounts in bytes.

export interface Prr {
  /** prr_delivered and prr_out: arrived, and sent, since recovery began. */
  delivered: number
  out: number
  /** RecoverFS: what was in flight then. */
  readonly recoverFs: number
}

/**
 * So small a window may be filled at once (RFC 6675), which no more than an initial window strains the path: the bound would only
 * leave too little in flight to see by what else is lost.
 */
const SMALL_SEGMENTS = 10

/**
 * An acknowledgment during recovery.
 * @param deliveredNow bytes that it newly acknowledges or SACKs
 * @param isSafe it moves SND.UNA, and no more losses are seen with it
 * @returns cwnd
 */
export function prrOnAck(
  prr: Prr,
  pipe: number,
  ssthresh: number,
  mss: number,
  deliveredNow: number,
  isSafe: boolean,
): number {
  prr.delivered += deliveredNow
  let sndcnt: number
  if (pipe <= ssthresh && ssthresh <= SMALL_SEGMENTS * mss) return ssthresh
  if (pipe > ssthresh) sndcnt = Math.ceil((prr.delivered * ssthresh) / prr.recoverFs) - prr.out
  else sndcnt = Math.min(ssthresh - pipe, Math.max(prr.delivered - prr.out, deliveredNow) + (isSafe ? mss : 0))
  if (prr.out === 0) sndcnt = Math.max(sndcnt, mss)
  return pipe + Math.max(0, sndcnt)
}
