// Where slow start begins anew (RFC 5681 sections 3.1 and 4.1), seen on the wire.

import { describe, expect, test } from 'vitest'
import { requested, type TcpPeer } from '../support/tcp-peer.ts'

const SYN = { mss: 1000, ws: 7, sack: true }

function established(lostSynAcks = 0): TcpPeer {
  const peer = requested({ syn: SYN, wnd: 10_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  for (let lost = 0; lost < lostSynAcks; lost++) {
    peer.advance(1000 * 2 ** lost)
    peer.expect({ flags: 'SA' })
  }
  peer.advance(10)
  peer.send({})
  return peer
}

/** Sends what the window lets through, and has it acknowledged. @returns how many segments that were */
function burst(peer: TcpPeer, bytes: number): number {
  peer.userSend(bytes)
  const segments = peer.drain()
  peer.advance(10)
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
