// RFC 3522 (Eifel) and RFC 3708 (D-SACK): recoveries that turn out to have been needless are undone, a timeout's too.

import { expect, test } from 'vitest'
import { requested, type SynOptions, type TcpPeer } from '../support/tcp-peer.ts'

const RTT = 40
const MSS = 1000

/** A connection over a path of 40 ms with ten full segments in flight. */
function inFlight(syn: SynOptions): TcpPeer {
  const peer = requested({ syn: { ws: 7, sack: true, ...syn }, wnd: 10_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  peer.advance(RTT)
  peer.send({})
  peer.tcb.congestion.cwnd = 10 * MSS
  peer.userSend(10 * MSS)
  expect(peer.drain()).toHaveLength(10)
  return peer
}

const TIMESTAMPS: SynOptions = { mss: MSS + 12, ts: [1000, 0] }
const PLAIN: SynOptions = { mss: MSS }

test('a timeout that was only a delay: the answer to the first transmission undoes it, and nothing more is sent again', () => {
  const peer = inFlight(TIMESTAMPS)
  const echo = peer.ts!.echo
  peer.advance(2 * RTT + peer.tcb.rtt.rto + 10)
  // A probe of the tail, then the timeout.
  expect(peer.drain().at(-1)).toMatchObject({ seq: 0 })
  expect(peer.tcb).toMatchObject({ recovery: 'timeout', congestion: { cwnd: MSS, ssthresh: 7 * MSS } })
  peer.send({ ack: 2 * MSS, ts: [1300, echo] })
  expect(peer.tcb.recovery).toBe('none')
  expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(10 * MSS)
  expect(peer.tcb.congestion.ssthresh).toBe(Number.POSITIVE_INFINITY)
  peer.expectNothing()
})

test('a timeout that was needed stays: the answer is to the retransmission', () => {
  const peer = inFlight(TIMESTAMPS)
  peer.advance(2 * RTT + peer.tcb.rtt.rto + 10)
  peer.drain()
  peer.advance(RTT)
  peer.send({ ack: MSS, ts: [1300, peer.ts!.echo] })
  expect(peer.tcb).toMatchObject({ recovery: 'timeout', congestion: { ssthresh: 7 * MSS } })
})

test('without timestamps: when all that was sent again is reported to have come twice, the reduction is taken back', () => {
  const peer = inFlight(PLAIN)
  peer.advance(RTT)
  peer.send({ ack: 0, sack: [2000, 6000] })
  peer.advance(1)
  expect(peer.drain().map(({ seq }) => seq)).toEqual([0, 1000])
  // Both had only been overtaken.
  peer.send({ ack: 10 * MSS })
  expect(peer.tcb).toMatchObject({ recovery: 'none', congestion: { cwnd: 7 * MSS } })
  peer.userSend(5 * MSS)
  peer.drain()
  peer.advance(RTT)
  peer.send({ ack: 10 * MSS, sack: [0, 1000] })
  expect(peer.tcb.congestion.cwnd).toBe(7 * MSS)
  peer.send({ ack: 10 * MSS, sack: [1000, 2000] })
  expect(peer.tcb.congestion.cwnd).toBe(10 * MSS)
  expect(peer.tcb.rack.reorderingSeen).toBe(true)
})

test('one of two doubles is not enough, and reports of a later time say nothing about this recovery', () => {
  const peer = inFlight(PLAIN)
  peer.advance(RTT)
  peer.send({ ack: 0, sack: [2000, 6000] })
  peer.advance(1)
  peer.drain()
  peer.send({ ack: 10 * MSS })
  for (let round = 11; round <= 12; round++) {
    peer.userSend(MSS)
    peer.drain()
    peer.advance(RTT)
    peer.send({ ack: round * MSS })
  }
  peer.send({ ack: 12 * MSS, sack: [0, 1000] })
  peer.send({ ack: 12 * MSS, sack: [1000, 2000] })
  expect(peer.tcb.congestion.cwnd).toBeLessThan(10 * MSS)
})
