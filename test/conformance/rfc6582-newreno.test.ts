// Fast retransmit and fast recovery of guests without SACK (RFC 5681 section 3.2, RFC 6582).

import { expect, test } from 'vitest'
import { established, type TcpPeer } from '../support/tcp-peer.ts'

function inFlight(segments: number, more = 0): TcpPeer {
  const peer = established({ syn: { mss: 1000, ws: 7 }, wnd: 10_000 })
  peer.tcb.congestion.cwnd = segments * 1000
  peer.userSend((segments + more) * 1000)
  expect(peer.drain()).toHaveLength(segments)
  return peer
}

function duplicates(peer: TcpPeer, count: number, ack = 0): void {
  for (let index = 0; index < count; index++) peer.send({ ack })
}

test('the third duplicate acknowledgment has the first segment sent again', () => {
  const peer = inFlight(10)
  duplicates(peer, 2)
  peer.expectNothing()
  duplicates(peer, 1)
  peer.expect({ seq: 0, len: 1000 })
  duplicates(peer, 6)
  peer.expectNothing()
  expect(peer.tcb.congestion).toMatchObject({ cwnd: 7000, ssthresh: 7000 })
})

test.each([
  ['with data', { ack: 0, len: 1 }],
  ['with another window', { ack: 0, wnd: 9_000 }],
])('an acknowledgment %s is no duplicate', (_name, template) => {
  const peer = inFlight(10)
  for (let index = 0; index < 4; index++) {
    peer.send({ ...template, ...('wnd' in template ? { wnd: 9000 + index } : {}) })
    for (const { seq, len } of peer.drain()) expect(seq === 0 && len > 0).toBe(false)
  }
  expect(peer.stats.fastRetransmits).toBe(0)
})

test('with nothing in flight repeated acknowledgments are no duplicates', () => {
  const peer = established()
  duplicates(peer, 5)
  peer.userSend('x')
  peer.expect({ text: 'x' })
  expect(peer.stats.fastRetransmits).toBe(0)
  expect(peer.tcb.dupAcks).toBe(0)
})

test('limited transmit and recovery: each further duplicate stands for a segment that has left the network', () => {
  const peer = inFlight(10, 5)
  duplicates(peer, 2)
  expect(peer.drain().map(({ seq }) => seq)).toEqual([10_000, 11_000])
  duplicates(peer, 1)
  peer.expect({ seq: 0, len: 1000 })
  // pipe is 12 - 3 = 9, cwnd 7: three more duplicates before new data leaves.
  duplicates(peer, 2)
  peer.expectNothing()
  duplicates(peer, 1)
  peer.expect({ seq: 12_000, len: 1000 })
})

test('a partial acknowledgment shows the next loss, which is sent at once, whatever is in flight', () => {
  const peer = inFlight(40)
  duplicates(peer, 3)
  peer.expect({ seq: 0 })
  peer.send({ ack: 4000 })
  peer.expect({ seq: 4000, len: 1000 })
  peer.expectNothing()
  peer.send({ ack: 9000 })
  peer.expect({ seq: 9000, len: 1000 })
  peer.send({ ack: 40_000 })
  peer.expectNothing()
  expect(peer.tcb).toMatchObject({ recovery: 'none', congestion: { cwnd: 28_000 } })
  expect(peer.stats).toMatchObject({ fastRetransmits: 1, timeouts: 0 })
})

test('after a timeout duplicates of what was outstanding begin no fast recovery', () => {
  const peer = inFlight(10)
  peer.advance(210)
  peer.expect({ seq: 0 })
  duplicates(peer, 5)
  expect(peer.stats).toMatchObject({ timeouts: 1, fastRetransmits: 0 })
})

test('a timeout sends everything again from the first hole on, in slow start', () => {
  const peer = inFlight(10)
  peer.advance(210)
  peer.expect({ seq: 0, len: 1000 })
  expect(peer.tcb.congestion).toMatchObject({ cwnd: 1000, ssthresh: 7000 })
  peer.send({ ack: 1000 })
  expect(peer.drain().map(({ seq }) => seq)).toEqual([1000, 2000])
  peer.send({ ack: 3000 })
  expect(peer.drain().map(({ seq }) => seq)).toEqual([3000, 4000, 5000, 6000])
  peer.send({ ack: 10_000 })
  peer.expectNothing()
  expect(peer.tcb.recovery).toBe('none')
})

test('fast retransmit still works after more than 2 GB without a loss', () => {
  const peer = inFlight(10, 20)
  // As if the last recovery had been just short of half the sequence space ago.
  peer.tcb.recover = (peer.tcb.snd.una - 0x7fff_ffff) | 0
  peer.send({ ack: 10_000 })
  expect(peer.drain()).not.toEqual([])
  duplicates(peer, 3, 10_000)
  peer.expect({ seq: 10_000, len: 1000 })
})
