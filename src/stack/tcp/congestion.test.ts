// Against the formulas of RFC 9438, in segments and seconds as the RFC has them.

import { describe, expect, test } from 'vitest'
import { type Congestion, newCongestion, onAck, onCongestionEvent, onIdle, onRestart, onTimeout } from './congestion.ts'

const MSS = 1000
const C = 0.4
const BETA = 0.7
const RTT = 0.1

/** Acknowledges a window per round trip, segment by segment. @returns cwnd in segments at the end of each round */
function rounds(cc: Congestion, count: number, from = 0, rtt = RTT): number[] {
  const windows: number[] = []
  for (let round = 0; round < count; round++) {
    const now = (from + round * rtt) * 1000
    for (let acked = Math.floor(cc.cwnd / MSS); acked > 0; acked--) onAck(cc, MSS, MSS, true, rtt * 1000, now)
    windows.push(cc.cwnd / MSS)
  }
  return windows
}

test.each([
  [536, 5360],
  [1460, 14_600],
  [1448, 14_480],
  [2190, 14_600],
  [9000, 18_000],
  [65_468, 130_936],
])('the initial window of RFC 6928 for a segment of %i: %i', (mss, cwnd) => {
  expect(newCongestion(mss).cwnd).toBe(cwnd)
})

describe('slow start', () => {
  test('doubles per round trip, whatever one acknowledgment covers', () => {
    const cc = newCongestion(MSS)
    onAck(cc, MSS, 10_000, true, 100, 0)
    expect(cc.cwnd).toBe(20_000)
  })
  test('ends at ssthresh', () => {
    const cc = { ...newCongestion(MSS), ssthresh: 12_500 }
    onAck(cc, MSS, 10_000, true, 100, 0)
    expect(cc.cwnd).toBe(12_500)
  })
  test('a sender that cwnd does not limit does not open it', () => {
    const cc = newCongestion(MSS)
    onAck(cc, MSS, 10_000, false, 100, 0)
    expect(cc.cwnd).toBe(10_000)
  })
})

describe('CUBIC', () => {
  function afterLoss(segments: number): Congestion {
    const cc = { ...newCongestion(MSS), cwnd: segments * MSS, ssthresh: segments * MSS }
    onCongestionEvent(cc, MSS)
    return cc
  }

  test('multiplicative decrease by 0.7 (section 4.6)', () => {
    expect(afterLoss(100)).toMatchObject({ cwnd: 70_000, ssthresh: 70_000, wMax: 100_000 })
  })

  test('fast convergence: a second loss below the old maximum gives more away (section 4.7)', () => {
    const cc = afterLoss(100)
    onCongestionEvent(cc, MSS)
    expect(cc.cwnd / MSS).toBeCloseTo(49)
    expect(cc.wMax / MSS).toBeCloseTo((70 * (1 + BETA)) / 2)
  })

  test('never below two segments', () => {
    expect(afterLoss(1)).toMatchObject({ cwnd: 2 * MSS, ssthresh: 2 * MSS })
  })

  test('follows W_cubic(t) = C (t - K)^3 + W_max, with K = cbrt((W_max - cwnd) / C) (section 4.2)', () => {
    // Large enough to be out of the Reno-friendly region.
    const wMax = 2000
    const cc = afterLoss(wMax)
    const windows = rounds(cc, 200)
    const k = Math.cbrt((wMax * (1 - BETA)) / C)
    for (const [round, cwnd] of windows.entries()) {
      const t = round * RTT
      const target = C * (t + RTT - k) ** 3 + wMax
      // Each round moves cwnd all but the whole way to its target.
      expect(Math.abs(cwnd - target) / target).toBeLessThan(0.02)
    }
    expect(windows.findIndex((cwnd) => cwnd >= wMax * 0.999) * RTT).toBeCloseTo(k, -1)
  })

  test('per round trip the window grows by half at most (section 4.2)', () => {
    const cc = afterLoss(10)
    onAck(cc, MSS, MSS, true, 100, 0)
    const before = cc.cwnd
    // A minute later the curve is far away.
    onAck(cc, MSS, cc.cwnd, true, 100, 60_000)
    expect(cc.cwnd).toBeLessThanOrEqual(1.5 * before + 1)
    expect(cc.cwnd).toBeGreaterThan(1.4 * before)
  })

  test('Reno-friendly region: on short paths not slower than Reno with alpha 3(1-β)/(1+β), then 1 (section 4.3)', () => {
    const cc = afterLoss(20)
    const windows = rounds(cc, 60, 0, 0.01)
    const alpha = (3 * (1 - BETA)) / (1 + BETA)
    let reno = 14
    for (const cwnd of windows) {
      reno += reno >= 20 ? 1 : alpha
      expect(cwnd).toBeGreaterThan(reno - 2)
    }
  })

  test('alpha becomes 1 at the window before the loss, not at the W_max of fast convergence (section 4.3)', () => {
    const cc = afterLoss(40)
    onCongestionEvent(cc, MSS)
    // cwnd before this loss 28, W_max 23.8; W_est passes 23.8 and must go on with 0.53 per round trip until 28.
    const windows = rounds(cc, 200, 0, 0.001)
    const alpha = (3 * (1 - BETA)) / (1 + BETA)
    const from = windows.findIndex((cwnd) => cwnd > 24.5)
    const gain = (windows[from + 4]! - windows[from]!) / 4
    expect(gain).toBeGreaterThan(alpha * 0.8)
    expect(gain).toBeLessThan(alpha * 1.2)
  })

  test('after a timeout: one segment, slow start, then an epoch of its own with K = 0 (section 4.8)', () => {
    const cc = { ...newCongestion(MSS), cwnd: 1_000_000, ssthresh: 1_000_000 }
    onTimeout(cc, MSS, 1_000_000)
    expect(cc).toMatchObject({ cwnd: MSS, ssthresh: 700_000 })
    onAck(cc, MSS, 800_000, true, 100, 0)
    expect(cc.cwnd).toBe(700_000)
    onAck(cc, MSS, MSS, true, 100, 0)
    expect(cc).toMatchObject({ k: 0, wMax: 700_000 })
  })

  test('the threshold after a timeout follows what was in flight', () => {
    const cc = { ...newCongestion(MSS), cwnd: 100_000 }
    onTimeout(cc, MSS, 20_000)
    expect(cc.ssthresh).toBe(14_000)
  })
})

describe('after nothing was under way', () => {
  function grown(): Congestion {
    const cc = { ...newCongestion(MSS), cwnd: 100 * MSS, ssthresh: 50 * MSS }
    onAck(cc, MSS, MSS, true, 100, 5000)
    return cc
  }

  test('for less than an RTO: the window stays, and the clock of CUBIC stood still (RFC 9438 section 4.2)', () => {
    const cc = grown()
    const { cwnd } = cc
    onIdle(cc, MSS, 150, 200)
    onRestart(cc, 150)
    expect(cc).toMatchObject({ cwnd, epochStartAt: 5150 })
  })
  test('for longer: the initial window, and ssthresh tells where it was (RFC 5681 section 4.1)', () => {
    const cc = grown()
    onIdle(cc, MSS, 201, 200)
    onRestart(cc, 201)
    expect(cc).toMatchObject({ cwnd: 10 * MSS, ssthresh: 50 * MSS, epochStartAt: -1 })
  })
  test('a smaller window does not grow by waiting', () => {
    const cc = { ...newCongestion(MSS), cwnd: 3 * MSS }
    onIdle(cc, MSS, 10_000, 200)
    expect(cc.cwnd).toBe(3 * MSS)
  })
})
