// Bulk transfers between two of these TCPs over paths that lose packets both ways, in virtual time. Means over seeds; where
// a timeout falls decides much of a single run. The bounds are some three quarters of what is reached.
//
// Beside them what the RFCs' algorithms could reach without any timeout: Reno's response function, MSS / RTT * 1.22 / sqrt(p),
// which governs CUBIC on short paths too (RFC 9438 section 4.3).

import { describe, expect, test } from 'vitest'
import { TcpPath } from '../support/tcp-path.ts'

const SEEDS = [7919, 15_838, 23_757, 31_676, 39_595]

interface Outcome {
  megabits: number
  timeouts: number
  resent: number
}

function transfers(rttMs: number, loss: number, bytes: number): Outcome {
  const total = { ms: 0, timeouts: 0, resent: 0 }
  for (const seed of SEEDS) {
    const path = new TcpPath({ rttMs, loss, seed })
    path.run(bytes)
    total.ms += path.clock.now()
    total.timeouts += path.stats.timeouts
    total.resent += path.stats.retransmittedBytes
  }
  const all = SEEDS.length * bytes
  return { megabits: (all * 8) / total.ms / 1000, timeouts: total.timeouts / SEEDS.length, resent: total.resent / all }
}

describe('goodput', () => {
  test.each([
    // RTT ms, loss %, bytes, at least Mbit/s, timeouts at most in each transfer; then Reno's response function
    [1, 0.1, 10_000_000, 350, 0, 447],
    [1, 1, 5_000_000, 75, 0.5, 141],
    [1, 5, 3_000_000, 16, 4, 63],
    [20, 1, 2_000_000, 6, 0.5, 7.1],
    [20, 5, 1_000_000, 1.9, 2, 3.2],
    [100, 1, 2_000_000, 1.4, 0.5, 1.4],
    [100, 5, 500_000, 0.4, 1.5, 0.6],
  ])('%d ms, %d %%', (rttMs, lossPercent, bytes, atLeast, timeoutsAtMost) => {
    const { megabits, timeouts, resent } = transfers(rttMs, lossPercent / 100, bytes)
    expect(megabits).toBeGreaterThan(atLeast)
    expect(timeouts).toBeLessThanOrEqual(timeoutsAtMost)
    // What is sent again beyond what was lost was sent for nothing.
    expect(resent).toBeLessThan((lossPercent / 100) * 1.25 + 0.002)
  })
})

describe('a bottleneck of 100 Mbit/s with a short queue: what leaves is spread over the round trip', () => {
  test.each([
    // RTT ms, packets of queue, batches of ms, at least Mbit/s in the first 8 s; unpaced it is less than two thirds of this
    [40, 50, 0, 80],
    [40, 50, 4, 72],
    [100, 50, 1, 55],
  ])('%d ms, %d packets, batches of %d ms', (rttMs, queuePackets, batchMs, atLeast) => {
    const batches = batchMs === 0 ? {} : { batchMs }
    const path = new TcpPath({ rttMs, bitsPerSecond: 100e6, queuePackets, seed: 3, ...batches })
    expect(path.run(1e9, 8000)).toBeGreaterThan(atLeast)
    expect(path.stats.timeouts).toBe(0)
  })
})
