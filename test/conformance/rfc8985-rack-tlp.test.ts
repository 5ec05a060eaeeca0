// RACK-TLP (RFC 8985): losses by time, reordering that is none, tails that are probed; and the undoing of recoveries that
// were not needed (RFC 3522).

import { describe, expect, test } from 'vitest'
import { requested, type SynOptions, type TcpPeer } from '../support/tcp-peer.ts'

const RTT = 40

/** A connection over a path of 40 ms with `segments` full segments in flight and `more` waiting. */
function inFlight(segments: number, more = 0, syn: SynOptions = { mss: 1000, ws: 7, sack: true }): TcpPeer {
  const peer = requested({ syn, wnd: 10_000 })
  peer.accept()
  peer.expect({ flags: 'SA' })
  peer.advance(RTT)
  peer.send({})
  peer.tcb.congestion.cwnd = segments * 1000
  peer.userSend((segments + more) * 1000)
  expect(peer.drain()).toHaveLength(segments)
  return peer
}

describe('tail loss probe', () => {
  test('a tail without an answer is probed after two round trips: its last segment is sent again', () => {
    const peer = inFlight(5)
    peer.advance(RTT)
    peer.send({ ack: 3000 })
    peer.expectNothing()
    peer.advance(2 * RTT + 5)
    const probe = peer.expect({ seq: 4000, len: 1000 })
    expect(probe.at).toBeLessThanOrEqual(peer.harness.clock.now())
    expect(peer.stats).toMatchObject({ tailProbes: 1, timeouts: 0 })
  })

  test('the answer to the probe shows the loss, and recovery needs no timeout', () => {
    const peer = inFlight(5)
    peer.advance(RTT)
    peer.send({ ack: 2000 })
    peer.advance(2 * RTT + 5)
    peer.expect({ seq: 4000 })
    peer.advance(RTT)
    peer.send({ ack: 2000, sack: [4000, 5000] })
    peer.advance(RTT)
    expect(peer.drain().map(({ seq }) => seq)).toEqual([2000, 3000])
    expect(peer.stats.timeouts).toBe(0)
  })

  test('new data, where there is some, is the better probe', () => {
    const peer = inFlight(5, 5)
    peer.advance(2 * RTT + 5)
    peer.expect({ seq: 5000, len: 1000 })
    peer.expectNothing()
  })

  test('one probe at a time: then the retransmission timer rules', () => {
    const peer = inFlight(5, 5)
    peer.advance(190)
    expect(peer.drain()).toHaveLength(1)
    expect(peer.stats).toMatchObject({ tailProbes: 1, timeouts: 0 })
    peer.advance(500)
    expect(peer.stats.tailProbes).toBe(1)
    expect(peer.stats.timeouts).toBeGreaterThan(0)
  })

  test('without SACK there is none', () => {
    const peer = inFlight(5, 0, { mss: 1000, ws: 7 })
    peer.advance(2 * RTT + 5)
    peer.expectNothing()
  })

  test('a probe that was answered twice repaired nothing: cwnd stays (D-SACK)', () => {
    const peer = inFlight(5)
    peer.advance(2 * RTT + 5)
    peer.expect({ seq: 4000 })
    const { cwnd } = peer.tcb.congestion
    peer.send({ ack: 5000, sack: [4000, 5000] })
    expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(cwnd)
  })
})

describe('a recovery that stands still', () => {
  /** The first two of eight are lost, and lost again. */
  function stalled(): TcpPeer {
    const peer = inFlight(8)
    peer.tcb.congestion.cwnd = 2000
    peer.advance(RTT)
    peer.send({ ack: 0, sack: [2000, 8000] })
    peer.advance(1)
    expect(peer.drain().map(({ seq }) => seq)).toEqual([0, 1000])
    return peer
  }

  test('is probed with its first segment after two round trips; the answer finds what else is lost, without a timeout', () => {
    const peer = stalled()
    peer.advance(2 * RTT + 5)
    peer.expect({ seq: 0, len: 1000 })
    peer.expectNothing()
    peer.advance(RTT)
    peer.send({ ack: 1000, sack: [2000, 8000] })
    peer.expect({ seq: 1000, len: 1000 })
    peer.send({ ack: 8000 })
    expect(peer.stats).toMatchObject({ headProbes: 1, tailProbes: 0, timeouts: 0 })
    expect(peer.tcb.recovery).toBe('none')
  })

  test('is probed once: then the retransmission timer rules', () => {
    const peer = stalled()
    peer.advance(2 * RTT + 5)
    peer.drain()
    peer.advance(2000)
    expect(peer.stats.headProbes).toBe(1)
    expect(peer.stats.timeouts).toBeGreaterThan(0)
  })

  test('what still arrives puts the probe off', () => {
    const peer = inFlight(8)
    peer.advance(RTT)
    peer.send({ ack: 0, sack: [3000, 6000] })
    peer.advance(1)
    peer.drain()
    for (let arrived = 7; arrived <= 8; arrived++) {
      peer.advance(2 * RTT - 10)
      peer.send({ ack: 0, sack: [3000, arrived * 1000] })
    }
    expect(peer.stats.headProbes).toBe(0)
  })
})

describe('what the probe found (section 7.4.2)', () => {
  /** A probe has sent the last segment again. */
  function probed(): { peer: TcpPeer; cwnd: number } {
    const peer = inFlight(5)
    peer.advance(2 * RTT + 5)
    peer.expect({ seq: 4000 })
    return { peer, cwnd: peer.tcb.congestion.cwnd }
  }

  function sendMore(peer: TcpPeer): void {
    peer.userSend(1000)
    peer.expect({ seq: 5000 })
    peer.advance(RTT)
    peer.send({ ack: 6000 })
  }

  test('an answer that was only late costs nothing: the double is reported afterwards', () => {
    const { peer, cwnd } = probed()
    peer.send({ ack: 5000 })
    expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(cwnd)
    peer.send({ ack: 5000, sack: [4000, 5000] })
    sendMore(peer)
    expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(cwnd)
  })

  test('or shows as a bare acknowledgment more, from a guest that reports no doubles', () => {
    const { peer, cwnd } = probed()
    peer.send({ ack: 5000 })
    peer.send({ ack: 5000 })
    sendMore(peer)
    expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(cwnd)
  })

  test('one answer to both was to the probe: it repaired a loss, which is congestion', () => {
    const { peer, cwnd } = probed()
    peer.send({ ack: 5000 })
    sendMore(peer)
    expect(peer.tcb.congestion.cwnd).toBe(cwnd * 0.7)
    expect(peer.tcb.rack.isProbeOut).toBe(false)
  })
})

describe('losses by time', () => {
  test('one segment above is enough, a quarter of a round trip later', () => {
    const peer = inFlight(5)
    peer.advance(RTT)
    peer.send({ ack: 0, sack: [1000, 2000] })
    peer.expectNothing('it may be reordered')
    peer.advance(RTT / 4 + 2)
    peer.expect({ seq: 0, len: 1000 })
    peer.expectNothing()
    expect(peer.stats).toMatchObject({ fastRetransmits: 1, timeouts: 0 })
  })

  test('a segment that is merely late is not sent again', () => {
    const peer = inFlight(5)
    peer.advance(RTT)
    peer.send({ ack: 0, sack: [1000, 2000] })
    peer.advance(5)
    peer.send({ ack: 2000 })
    peer.advance(RTT)
    peer.send({ ack: 5000 })
    peer.advance(1000)
    peer.expectNothing()
    expect(peer.stats).toMatchObject({ retransmittedSegments: 0, timeouts: 0 })
  })

  test('what was sent again and lost again is seen without a timeout', () => {
    const peer = inFlight(10)
    peer.advance(RTT)
    peer.send({ ack: 0, sack: [1000, 4000] })
    peer.expect({ seq: 0 })
    // The retransmission is lost; what left after it arrives.
    peer.advance(1)
    peer.userSend(4000)
    peer.send({ ack: 0, sack: [1000, 10_000] })
    const fresh = peer.drain().filter(({ seq }) => seq >= 10_000)
    expect(fresh.length).toBeGreaterThan(0)
    peer.advance(RTT + 2)
    peer.send({ ack: 0, sack: [1000, 11_000] })
    peer.advance(RTT / 2)
    expect(peer.drain().map(({ seq }) => seq)).toContain(0)
    expect(peer.stats.timeouts).toBe(0)
  })
})

test('a block that is none tells nothing of times either', () => {
  const peer = inFlight(5)
  peer.advance(RTT)
  // Reversed, inside the first piece that was sent.
  peer.send({ ack: 0, sack: [600, 300] })
  peer.send({ ack: 0, sack: [3000, 900_000_000] })
  expect(peer.tcb.rack.xmitAt).toBe(-1)
  peer.send({ ack: 0, sack: [1000, 2000] })
  expect(peer.tcb.rack.xmitAt).toBeGreaterThan(0)
})

test('its timers do not outlive what they wait for', () => {
  const peer = inFlight(5)
  peer.advance(RTT)
  peer.send({ ack: 0, sack: [1000, 2000] })
  peer.send({ ack: 5000 })
  peer.advance(1000)
  expect(peer.harness.deadlines.size).toBe(0)
  // Nor the connection, when something else ends it.
  peer.tcb.congestion.cwnd = 1_000_000
  peer.userSend(3000)
  peer.tcb.giveUpAt = peer.harness.clock.now() + 10
  peer.tcb.rack.reorderAt = peer.harness.clock.now() + 5
  peer.tcb.rack.probeAt = peer.harness.clock.now() + 20
  peer.harness.flush()
  peer.advance(1000)
  expect(peer.tcb.state).toBe('CLOSED')
  expect(peer.harness.deadlines.size).toBe(0)
})

test('a recovery that an older timestamp shows to be needless is undone (Eifel)', () => {
  const peer = inFlight(10, 0, { mss: 1012, ws: 7, sack: true, ts: [1000, 0] })
  const { cwnd } = peer.tcb.congestion
  const echo = peer.ts!.echo
  peer.advance(RTT)
  peer.send({ ack: 0, sack: [1000, 4000] })
  peer.expect({ seq: 0 })
  expect(peer.tcb.congestion.cwnd).toBeLessThan(cwnd)
  peer.advance(5)
  // The original had only been late: the acknowledgment echoes its time, not that of the retransmission.
  peer.send({ ack: 4000, ts: [1050, echo] })
  expect(peer.tcb.congestion.cwnd).toBeGreaterThanOrEqual(cwnd)
  expect(peer.tcb.recovery).toBe('none')
})
