// RFC 6298: the retransmission timer. Times are those of our constants: at least 200 ms, at most 60 s, 1 s to begin with.

import { expect, test } from 'vitest'
import { INITIAL_RTO, MAX_RTO, MIN_RTO } from '../../src/stack/tcp/rtt.ts'
import { established, requested, type TcpPeer } from '../support/tcp-peer.ts'

/** A handshake that took `rtt` ms. */
function measured(rtt: number): TcpPeer {
  const peer = requested({ syn: { mss: 1000 } })
  peer.accept()
  peer.expect({ flags: 'SA' })
  peer.advance(rtt)
  peer.send({})
  return peer
}

/** After how long the segment that was just sent is sent again. */
function timeToRetransmit(peer: TcpPeer): number {
  const sentAt = peer.harness.clock.now()
  peer.drain()
  for (let ms = 0; ms < 2 * MAX_RTO; ms += 5) {
    peer.advance(5)
    const [again] = peer.drain()
    if (again !== undefined) return again.at - sentAt
  }
  return Number.NaN
}

test('the first measurement is the handshake: RTO = R + 4 × R/2', () => {
  const peer = measured(300)
  expect(peer.tcb.rtt).toMatchObject({ srtt: 300, rttvar: 150, rto: 900 })
  peer.userSend('x')
  expect(timeToRetransmit(peer)).toBeCloseTo(900, -1)
})

test('short round trips: never below the minimum', () => {
  const peer = measured(1)
  peer.userSend('x')
  expect(timeToRetransmit(peer)).toBeCloseTo(MIN_RTO, -1)
})

test('a SYN,ACK that was sent twice is not measured (Karn)', () => {
  const peer = requested()
  peer.accept()
  peer.advance(INITIAL_RTO + 10)
  expect(peer.drain()).toHaveLength(2)
  peer.advance(500)
  peer.send({})
  expect(peer.tcb.rtt.srtt).toBe(-1)
})

test('each timeout doubles the time, up to the maximum', () => {
  const peer = measured(10)
  peer.userSend('x')
  const { rto } = peer.tcb.rtt
  const gaps: number[] = []
  for (let times = 0; times < 8; times++) gaps.push(timeToRetransmit(peer))
  for (const [index, gap] of gaps.entries()) {
    expect(Math.abs(gap - Math.min(MAX_RTO, rto * 2 ** index))).toBeLessThan(15)
  }
})

test('an acknowledgment restarts the timer for what is left (5.3)', () => {
  const peer = measured(100)
  peer.userSend(3000)
  peer.drain()
  peer.advance(250)
  peer.send({ ack: 1000 })
  const rto = peer.tcb.rtt.rto
  expect(timeToRetransmit(peer)).toBeCloseTo(rto, -1)
})

test('when all is acknowledged no timer runs (5.2)', () => {
  const peer = measured(100)
  peer.userSend('x')
  peer.drain()
  peer.send({})
  peer.advance(100_000)
  peer.expectNothing()
  expect(peer.stats.timeouts).toBe(0)
})

test('what was sent again is not measured without timestamps; the next new segment is (Karn)', () => {
  const peer = measured(100)
  peer.userSend('lost')
  timeToRetransmit(peer)
  const { srtt, rto } = peer.tcb.rtt
  peer.advance(50)
  peer.send({})
  expect(peer.tcb.rtt).toMatchObject({ srtt, rto })
  peer.userSend('new')
  peer.drain()
  peer.advance(20)
  peer.send({})
  expect(peer.tcb.rtt.srtt).toBeCloseTo(0.875 * srtt + 0.125 * 20)
})

test('of a super-frame the first segment is measured', () => {
  const peer = measured(100)
  peer.userSend(10_000)
  peer.drain()
  peer.advance(20)
  peer.send({ ack: 1000 })
  expect(peer.tcb.rtt.srtt).toBeCloseTo(0.875 * 100 + 0.125 * 20)
})

test('one timeout, one reduction: slow start from one segment, threshold once', () => {
  const peer = established({ syn: { mss: 1000 } })
  peer.tcb.congestion.cwnd = 10_000
  peer.userSend(10_000)
  peer.drain()
  peer.advance(MIN_RTO + 5)
  expect(peer.tcb.congestion).toMatchObject({ cwnd: 1000, ssthresh: 7000 })
  peer.advance(2 * MIN_RTO + 5)
  expect(peer.tcb.congestion).toMatchObject({ cwnd: 1000, ssthresh: 7000 })
  expect(peer.stats.timeouts).toBe(2)
})

test('a fast retransmission starts the timer anew: on a long path its answer comes later than that of the first one', () => {
  const peer = requested({ syn: { mss: 1000, sack: true }, wnd: 20_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  peer.advance(300)
  peer.send({})
  // A steady path: the variance is gone.
  for (let round = 1; round <= 30; round++) {
    peer.userSend(1000)
    peer.advance(300)
    peer.send({ ack: 1000 * round })
  }
  peer.drain()
  expect(peer.tcb.rtt.rto).toBeCloseTo(300 + MIN_RTO, 0)
  peer.userSend(10_000)
  expect(peer.drain()).toHaveLength(10)
  peer.advance(300)
  peer.send({ ack: 30_000, sack: [31_000, 40_000] })
  peer.expect({ seq: 30_000, len: 1000 })
  peer.advance(299)
  peer.send({ ack: 40_000 })
  expect(peer.stats).toMatchObject({ timeouts: 0, fastRetransmits: 1 })
})
