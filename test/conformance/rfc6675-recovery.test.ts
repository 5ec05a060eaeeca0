// Loss recovery with SACK: RFC 2018 (both directions), RFC 6675 (scoreboard, pipe, what is sent when).

import { describe, expect, test } from 'vitest'
import { established, type PeerOptions, type TcpPeer } from '../support/tcp-peer.ts'

/** Without timestamps, so that segments have round lengths. */
const SACK: PeerOptions = { syn: { mss: 1000, ws: 7, sack: true }, wnd: 10_000 }

/** A flight of so many segments, all that cwnd allows, with `more` waiting in the send buffer. */
function inFlight(segments: number, more = 0, options = SACK): TcpPeer {
  const peer = established(options)
  peer.tcb.congestion.cwnd = segments * 1000
  peer.userSend((segments + more) * 1000)
  expect(peer.drain().map(({ seq, len }) => [seq, len])).toEqual(
    Array.from({ length: segments }, (_, index) => [index * 1000, 1000]),
  )
  return peer
}

describe('sender', () => {
  test('SACK of more than two segments above a hole: the hole is sent again, once', () => {
    const peer = inFlight(10)
    peer.send({ ack: 0, sack: [1000, 2000] })
    peer.send({ ack: 0, sack: [1000, 3000] })
    peer.expectNothing()
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0, len: 1000 })
    peer.send({ ack: 0, sack: [1000, 5000] })
    peer.send({ ack: 0, sack: [1000, 6000] })
    peer.expectNothing()
    expect(peer.stats).toMatchObject({ fastRetransmits: 1, retransmittedSegments: 1, timeouts: 0 })
  })

  test('three separate blocks above a hole mean its loss, however small they are', () => {
    const peer = inFlight(10)
    peer.send({ ack: 0, sack: [5000, 5001] })
    peer.send({ ack: 0, sack: [5000, 5001, 7000, 7001] })
    peer.expectNothing()
    peer.send({ ack: 0, sack: [5000, 5001, 7000, 7001, 9000, 9001] })
    // Lost is what was sent before the last that arrived (RFC 8985), as far as cwnd's 7,000 allow to send it again.
    expect(peer.drain().map(({ seq, len }) => [seq, len])).toEqual([
      [0, 1000],
      [1000, 1000],
      [2000, 1000],
      [3000, 1000],
      [4000, 1000],
      [5001, 1000],
    ])
    expect(peer.tcb.recovery).toBe('fast')
  })

  test('the first lost segment is sent again whatever is in flight (step 4.3)', () => {
    const peer = inFlight(40)
    // Of one window only the second to fourth segments arrive: pipe stays far above cwnd.
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0, len: 1000 })
    peer.expectNothing('beyond pipe')
  })

  test('limited transmit: each SACK lets one new segment leave', () => {
    const peer = inFlight(10, 5)
    peer.send({ ack: 0, sack: [1000, 2000] })
    peer.expect({ seq: 10_000, len: 1000 })
    peer.send({ ack: 0, sack: [1000, 3000] })
    peer.expect({ seq: 11_000, len: 1000 })
    peer.expectNothing()
  })

  test('in recovery new data leaves as pipe falls below cwnd', () => {
    const peer = inFlight(10)
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0 })
    peer.userSend(5000)
    // pipe: six segments under way and one sent again; cwnd: seven.
    expect(peer.tcb.congestion.cwnd).toBe(7000)
    peer.expectNothing()
    peer.send({ ack: 0, sack: [1000, 6000] })
    peer.expect({ seq: 10_000, len: 1000 })
    peer.expect({ seq: 11_000, len: 1000 })
    peer.expectNothing()
  })

  test('every hole below what is SACKed is sent again, and nothing that was SACKed', () => {
    const peer = inFlight(20)
    peer.send({ ack: 0, sack: [1000, 2000, 3000, 5000, 6000, 20_000] })
    expect(peer.drain().map(({ seq, len }) => [seq, len])).toEqual([
      [0, 1000],
      [2000, 1000],
      [5000, 1000],
    ])
    peer.send({ ack: 20_000 })
    peer.expectNothing()
    expect(peer.context.pool.stats.bytesInUse).toBe(0)
  })

  test('recovery ends with the acknowledgment of all that was in flight; one reduction per recovery', () => {
    const peer = inFlight(10)
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0 })
    peer.send({ ack: 4000, sack: [5000, 8000] })
    peer.expect({ seq: 4000, len: 1000 })
    expect(peer.tcb).toMatchObject({ recovery: 'fast', congestion: { cwnd: 7000, ssthresh: 7000 } })
    peer.send({ ack: 10_000 })
    expect(peer.tcb).toMatchObject({ recovery: 'none', congestion: { cwnd: 7000 } })
    expect(peer.stats).toMatchObject({ fastRetransmits: 1, timeouts: 0, retransmittedSegments: 2 })
  })

  test('a partial acknowledgment up to the next hole has it sent at once', () => {
    const peer = inFlight(40)
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0 })
    peer.send({ ack: 4000 })
    peer.expect({ seq: 4000, len: 1000 })
    peer.expectNothing()
  })

  test('a timeout keeps what was SACKed; a second one believes nothing (RFC 2018 section 8)', () => {
    const peer = inFlight(4)
    peer.send({ ack: 0, sack: [1000, 2000] })
    peer.advance(5)
    peer.expect({ seq: 0, len: 1000 }, 'lost by time')
    peer.advance(210)
    peer.expect({ seq: 0, len: 1000 }, 'recovery that stood still was probed')
    peer.expect({ seq: 0, len: 1000 })
    peer.expectNothing('cwnd is one segment')
    peer.send({ ack: 1000, sack: [1000, 2000] })
    peer.send({ ack: 2000 })
    expect(peer.drain().map(({ seq }) => seq)).toEqual([2000, 3000])
    const other = inFlight(4)
    other.send({ ack: 0, sack: [1000, 2000] })
    other.advance(5)
    other.expect({ seq: 0 })
    other.advance(210)
    expect(other.drain().map(({ seq }) => seq)).toEqual([0, 0])
    other.advance(400)
    other.expect({ seq: 0 })
    other.send({ ack: 1000 })
    other.expect({ seq: 1000, len: 1000 })
  })

  test('a guest that takes back what it SACKed is repaired by the timeout', () => {
    const peer = inFlight(3)
    peer.send({ ack: 0, sack: [0, 1000] })
    peer.advance(210)
    peer.expect({ seq: 0, len: 1000 })
  })

  test.each([
    ['beyond SND.NXT', [1000, 11_000]],
    ['left of SND.UNA', [-1000, 1000]],
    ['all below SND.UNA (D-SACK)', [-2000, -1000]],
    ['reversed', [4000, 1000]],
    ['empty', [1000, 1000]],
  ])('a block %s is ignored', (_name, sack) => {
    const peer = inFlight(10)
    for (let times = 0; times < 5; times++) peer.send({ ack: 0, sack })
    peer.expectNothing()
    expect(peer.tcb.scoreboard.sackedBytes).toBe(0)
    expect(peer.stats.fastRetransmits).toBe(0)
  })

  test('without agreement SACK blocks are not looked at', () => {
    const peer = established({ syn: { mss: 1000 }, wnd: 60_000 })
    peer.userSend(10_000)
    peer.drain()
    peer.send({ ack: 0, sack: [1000, 10_000] })
    peer.expectNothing()
  })

  test('a lost FIN is sent again with the last hole, alone when only it is missing', () => {
    const peer = inFlight(4)
    peer.userClose()
    peer.expect({ flags: 'FA', seq: 4000 })
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0, len: 1000 })
    peer.send({ ack: 4000 })
    peer.expect({ flags: 'FA', seq: 4000, len: 0 })
    peer.send({ ack: 4001 })
    expect(peer.tcb.state).toBe('FIN-WAIT-2')
    expect(peer.stats.timeouts).toBe(0)
  })
})

describe('receiver', () => {
  test('what arrives out of order is acknowledged at once, with its block', () => {
    const peer = established(SACK)
    peer.send({ seq: 1000, len: 1000 })
    peer.expect({ flags: 'A', ack: 0, sack: [1000, 2000] })
  })

  test('the block of the newest arrival comes first; touching blocks are one', () => {
    const peer = established(SACK)
    peer.send({ seq: 1000, len: 1000 })
    peer.send({ seq: 5000, len: 1000 })
    peer.send({ seq: 3000, len: 1000 })
    peer.drain()
    peer.send({ seq: 2000, len: 1000 })
    peer.expect({ ack: 0, sack: [1000, 4000, 5000, 6000] })
    peer.send({ seq: 0, len: 1000 })
    peer.expect({ ack: 4000, sack: [5000, 6000] })
    peer.send({ seq: 4000, len: 1000 })
    const last = peer.expect({ ack: 6000 })
    expect(last.segment.sackBlocks).toBeUndefined()
    expect(peer.user).toHaveLength(6000)
  })

  test.each([
    ['four', undefined, 4],
    ['three beside timestamps', [1, 0] as const, 3],
  ])('%s blocks at most', (_name, ts, limit) => {
    const syn = { mss: 1000, ws: 7, sack: true, ...(ts === undefined ? {} : { ts }) }
    const peer = established({ syn })
    for (const seq of [1000, 3000, 5000, 7000, 9000]) peer.send({ seq, len: 1000 })
    const sent = peer.drain().at(-1)
    expect(sent?.segment.sackBlocks).toHaveLength(2 * limit)
  })

  test('data that flows the other way does not keep the SACK blocks back', () => {
    const peer = established(SACK)
    peer.harness.stack.input(peer.frame({ seq: 1000, len: 1000 }), 0 as never)
    peer.userSend('reply')
    const kinds = peer.drain().map(({ len, segment }) => [len, segment.sackBlocks?.length ?? 0])
    expect(kinds).toEqual([
      [5, 0],
      [0, 2],
    ])
  })

  test('without agreement none is sent', () => {
    const peer = established({ syn: { mss: 1000 } })
    peer.send({ seq: 1000, len: 1000 })
    expect(peer.expect({ ack: 0 }).segment.sackBlocks).toBeUndefined()
  })
})
