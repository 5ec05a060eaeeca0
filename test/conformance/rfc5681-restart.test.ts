// Where slow start begins anew (RFC 5681 sections 3.1 and 4.1), seen on the wire.

import { describe, expect, test } from 'vitest'
import { requested, synOptions, synSent, type TcpPeer } from '../support/tcp-peer.ts'

/** Short enough not to be paced. */
const RTT = 9
const SYN = { mss: 1000, ws: 7, sack: true }

function established(lostSynAcks = 0): TcpPeer {
  const peer = requested({ syn: SYN, wnd: 10_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  for (let lost = 0; lost < lostSynAcks; lost++) {
    peer.advance(1000 * 2 ** lost)
    peer.expect({ flags: 'SA' })
  }
  peer.advance(RTT)
  peer.send({})
  return peer
}

/** Sends what the window lets through, and has it acknowledged. @returns how many segments that were */
function burst(peer: TcpPeer, bytes: number): number {
  peer.userSend(bytes)
  const segments = peer.drain()
  peer.advance(RTT)
  const last = segments.at(-1)
  if (last !== undefined) peer.send({ ack: last.seq + last.len })
  peer.drain()
  return segments.length
}

describe('a connection that was idle', () => {
  test('for longer than the RTO sends an initial window at most', () => {
    const peer = established()
    peer.tcb.congestion.cwnd = 40_000
    expect(burst(peer, 40_000)).toBe(40)
    peer.advance(peer.tcb.rtt.rto + 1)
    peer.userSend(40_000)
    expect(peer.drain()).toHaveLength(10)
  })

  test('for less keeps its window', () => {
    const peer = established()
    peer.tcb.congestion.cwnd = 40_000
    burst(peer, 40_000)
    peer.advance(peer.tcb.rtt.rto / 2)
    peer.userSend(40_000)
    expect(peer.drain()).toHaveLength(40)
  })
})

test('a handshake that lost its SYN,ACK begins with one segment', () => {
  const peer = established(1)
  peer.userSend(10_000)
  expect(peer.drain()).toHaveLength(1)
})

test('so does one that lost its SYN', () => {
  const peer = synSent({ wnd: 10_000 })
  peer.advance(1000)
  peer.expect({ flags: 'S' })
  peer.send({ flags: 'SA', seq: -1, ack: 0, options: synOptions(SYN) })
  peer.drain()
  peer.userSend(10_000)
  expect(peer.drain()).toHaveLength(1)
})

test('what was sent again was sent: a recovery is no idle time', () => {
  const peer = established()
  peer.tcb.congestion.cwnd = 40_000
  peer.userSend(40_000)
  peer.drain()
  peer.advance(150)
  peer.drain()
  peer.send({ ack: 1000, sack: [2000, 40_000] })
  peer.expect({ seq: 1000, len: 1000 })
  peer.advance(150)
  peer.send({ ack: 40_000 })
  peer.drain()
  expect(peer.tcb.recovery).toBe('none')
  peer.userSend(40_000)
  expect(peer.drain().length).toBeGreaterThan(10)
})

test("CUBIC's clock stands still once for each pause, however often the guest speaks meanwhile", () => {
  const peer = established()
  peer.userSend(1000)
  peer.send({ ack: 1000, wnd: 0 })
  const { congestion } = peer.tcb
  const began = peer.harness.clock.now()
  congestion.epochStartAt = began
  peer.userSend(1000)
  for (let n = 0; n < 100; n++) {
    peer.advance(1)
    peer.send({ text: 'x', ack: 1000, wnd: 0 })
  }
  peer.send({ ack: 1000 })
  expect(congestion.epochStartAt).toBeGreaterThanOrEqual(began + 99)
  expect(congestion.epochStartAt).toBeLessThanOrEqual(peer.harness.clock.now())
})
