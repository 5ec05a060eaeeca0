// Round-trip time and retransmission timeout (RFC 6298). All times in milliseconds, fractions allowed.

export const INITIAL_RTO = 1000
/**
 * RFC 6298 (2.4) says one second; every host on the Internet takes less. 200 ms above SRTT, as Linux has it, is above the
 * delayed-ACK time of all common peers (40 to 100 ms) on paths of any length: an acknowledgment that is merely delayed
 * does not look like a loss, and on a steady long path neither does the round trip that a fast retransmission takes.
 */
export const MIN_RTO = 200
export const MAX_RTO = 60_000

export interface Rtt {
  /** Negative: no measurement yet. */
  srtt: number
  rttvar: number
  rto: number
  /** Smallest measured, what the path takes without queues; Infinity before the first. */
  minRtt: number
}

export function newRtt(): Rtt {
  return { srtt: -1, rttvar: 0, rto: INITIAL_RTO, minRtt: Number.POSITIVE_INFINITY }
}

/** Takes one measurement R'; also ends a back-off, as the new RTO is computed afresh. */
export function measureRtt(rtt: Rtt, sample: number): void {
  if (sample < 0) return
  if (rtt.srtt < 0) {
    rtt.srtt = sample
    rtt.rttvar = sample / 2
  } else {
    rtt.rttvar = 0.75 * rtt.rttvar + 0.25 * Math.abs(rtt.srtt - sample)
    rtt.srtt = 0.875 * rtt.srtt + 0.125 * sample
  }
  if (sample < rtt.minRtt) rtt.minRtt = sample
  resetRto(rtt)
}

/** The RTO without back-off (2.2, 2.3); MIN_RTO bounds the term for the variance, as the clock granularity G would. */
export function resetRto(rtt: Rtt): void {
  if (rtt.srtt < 0) rtt.rto = INITIAL_RTO
  else rtt.rto = Math.min(MAX_RTO, rtt.srtt + Math.max(MIN_RTO, 4 * rtt.rttvar))
}

/** After a retransmission timeout (5.5). */
export function backOff(rtt: Rtt): void {
  rtt.rto = Math.min(MAX_RTO, rtt.rto * 2)
}
