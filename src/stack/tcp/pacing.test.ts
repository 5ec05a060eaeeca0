import { expect, test } from 'vitest'
import { established, requested, type TcpPeer } from '../../../test/support/tcp-peer.ts'
import { PACED_RTT_MS } from './pacing.ts'

const MSS = 1000

/** A handshake that took `rtt` ms. */
function measured(rtt: number): TcpPeer {
  const peer = requested({ syn: { mss: MSS, ws: 7, sack: true }, wnd: 10_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  peer.advance(rtt)
  peer.send({})
  return peer
}

/** When each segment left, since now, while `ms` go by. */
function departures(peer: TcpPeer, ms: number): number[] {
  const from = peer.harness.clock.now()
  peer.advance(ms)
  return peer.drain().map(({ at }) => at - from)
}

test('an initial window leaves at once, after a pause too', () => {
  const peer = measured(40)
  peer.userSend(10 * MSS)
  expect(peer.drain()).toHaveLength(10)
  peer.advance(40)
  peer.send({ ack: 10 * MSS })
  peer.advance(100)
  peer.userSend(10 * MSS)
  expect(peer.drain().length).toBeGreaterThanOrEqual(10)
})

test('a larger window is spread over half the round trip in slow start, and does not wait for acknowledgments', () => {
  const peer = measured(40)
  peer.tcb.congestion.cwnd = 60 * MSS
  peer.userSend(60 * MSS)
  const at = departures(peer, 40)
  expect(at).toHaveLength(60)
  expect(at.filter((ms) => ms === 0).length).toBeLessThanOrEqual(14)
  for (let ms = 1; ms < 15; ms++) expect(at.filter((when) => when === ms).length).toBeLessThanOrEqual(4)
  expect(at.at(-1)).toBeGreaterThanOrEqual(14)
  expect(at.at(-1)).toBeLessThanOrEqual(20)
})

test('in congestion avoidance over five sixths of it', () => {
  const peer = measured(40)
  peer.tcb.congestion.cwnd = 60 * MSS
  peer.tcb.congestion.ssthresh = 60 * MSS
  peer.userSend(60 * MSS)
  const at = departures(peer, 40)
  expect(at).toHaveLength(60)
  expect(at.at(-1)).toBeGreaterThanOrEqual(24)
  expect(at.at(-1)).toBeLessThanOrEqual(34)
})

test('so slow a rate that a segment takes many milliseconds still goes on', () => {
  const peer = measured(100)
  peer.tcb.congestion.cwnd = 2 * MSS
  peer.tcb.congestion.ssthresh = 2 * MSS
  peer.userSend(5 * MSS)
  peer.drain()
  for (let ack = 1; ack <= 4; ack++) {
    peer.advance(50)
    peer.send({ ack: ack * MSS })
  }
  peer.advance(99)
  expect(peer.stats).toMatchObject({ retransmittedSegments: 0 })
  expect(peer.ack).toBeGreaterThanOrEqual(0)
  expect(peer.drain().map(({ seq }) => seq)).toEqual([2, 3, 4].map((segment) => segment * MSS))
})

test('the guest closes its window: nothing wakes up to find that out again and again', () => {
  const peer = measured(40)
  peer.tcb.congestion.cwnd = 60 * MSS
  peer.send({ wnd: (20 * MSS) >> 7 })
  peer.userSend(60 * MSS)
  peer.advance(20)
  expect(peer.tcb.pacing?.wakeAt).toBe(Number.POSITIVE_INFINITY)
})

test('short paths are not paced: the window leaves at once', () => {
  const peer = measured(PACED_RTT_MS - 1)
  peer.tcb.congestion.cwnd = 60 * MSS
  peer.userSend(60 * MSS)
  expect(peer.drain()).toHaveLength(60)
  expect(peer.tcb.pacing).toBeUndefined()
})

test('when all has left no deadline for it remains; nor when the connection is gone', () => {
  const peer = measured(40)
  peer.tcb.congestion.cwnd = 60 * MSS
  peer.userSend(40 * MSS)
  peer.advance(30)
  expect(peer.tcb.pacing?.wakeAt).toBe(Number.POSITIVE_INFINITY)
  peer.userSend(100 * MSS)
  peer.send({ flags: 'R' })
  expect(peer.tcb.state).toBe('CLOSED')
  peer.advance(1000)
  expect(peer.harness.deadlines.size).toBe(0)
  expect(established().tcb.pacing).toBeUndefined()
})
