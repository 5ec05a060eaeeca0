// What the connections of all guests together may make the stack hold, whatever windows were offered before.

import { describe, expect, test } from 'vitest'
import { established } from '../../../test/support/tcp-peer.ts'
import { RECEIVE_BUFFERED_LIMIT, RECEIVE_FLOOR } from './segment-output.ts'
import { NO_SACKS, NOTHING_WAITS } from './tcb.ts'
import { abort, consumed, MIN_SEND_BUDGET, SEND_BUFFERED_LIMIT, SEND_FLOOR, send, sendSpace } from './user-calls.ts'

describe('on the way outside', () => {
  test('what comes out of order is counted, ranges of one byte with what they cost, until the hole is filled', () => {
    const peer = established()
    for (let n = 0; n < 100; n++) peer.send({ seq: 2 + 2 * n, len: 1 })
    expect(peer.context.receiveBuffered).toBeGreaterThan(100 * 200)
    peer.send({ seq: 0, len: 202 })
    expect(peer.user.length).toBe(202)
    expect(peer.context.receiveBuffered).toBe(0)
  })

  test('a reset gives it back', () => {
    const peer = established()
    peer.send({ seq: 10_000, len: 1000 })
    expect(peer.context.receiveBuffered).toBeGreaterThanOrEqual(1000)
    peer.send({ flags: 'R', seq: 0 })
    expect(peer.context.receiveBuffered).toBe(0)
  })

  test('so does a user that aborts while it is being given what has become whole', () => {
    const peer = established()
    peer.send({ seq: 10, len: 10 })
    peer.send({ seq: 30, len: 10 })
    peer.user.received = (bytes) => {
      if (bytes.length === 10) abort(peer.context, peer.tcb)
      return 0
    }
    peer.send({ seq: 0, len: 10 })
    expect(peer.tcb.state).toBe('CLOSED')
    expect(peer.context.receiveBuffered).toBe(0)
  })

  test('past the limit of all, a connection gets no more than the floor into the window it was offered before', () => {
    const peer = established({ syn: { mss: 1460, ws: 7 } })
    peer.send({ len: 1 })
    expect(peer.tcb.rcv.adv - peer.tcb.rcv.nxt).toBeGreaterThan(4 * RECEIVE_FLOOR)
    peer.user.takes = 0
    peer.context.receiveBuffered += RECEIVE_BUFFERED_LIMIT + 1
    for (let n = 0; n < 60; n++) peer.send({ seq: 5001 + 1500 * n, len: 1400 })
    const { reassembly } = peer.tcb
    expect(reassembly.bytes).toBeLessThan(RECEIVE_FLOOR)
    expect(reassembly.bytes).toBeGreaterThan(RECEIVE_FLOOR / 2)
    const before = peer.stats.droppedReceiveLimit
    expect(before).toBeGreaterThan(0)
    // What fills the hole before them is taken all the same, or they would stay for ever.
    peer.send({ seq: 1, len: 1400 })
    expect(peer.tcb.rcv.buffered).toBe(1400)
    expect(peer.stats.droppedReceiveLimit).toBe(before)
    for (let n = 1; n < 100; n++) peer.send({ seq: 1 + 1400 * n, len: 1400 })
    expect(peer.tcb.rcv.buffered).toBeLessThan(RECEIVE_FLOOR + 1400)
    peer.context.receiveBuffered -= RECEIVE_BUFFERED_LIMIT + 1
    consumed(peer.context, peer.tcb, peer.tcb.rcv.buffered)
    const next = peer.tcb.rcv.nxt
    peer.drain()
    peer.send({ seq: (next - peer.tcb.irs - 1) | 0, len: 1000 })
    expect(peer.tcb.rcv.buffered).toBe(1000)
  })
})

test('what only losses need, a connection has from the first hole on until the last is filled', () => {
  const peer = established({ syn: { mss: 1460, sack: true } })
  const other = established({ syn: { mss: 1460, sack: true } })
  peer.send({ seq: 1000, len: 10 })
  expect(peer.tcb.reassembly).not.toBe(NOTHING_WAITS)
  expect(other.tcb.reassembly).toBe(NOTHING_WAITS)
  expect(NOTHING_WAITS.hasBlocks).toBe(false)
  peer.send({ seq: 0, len: 1000 })
  expect(peer.tcb.reassembly).toBe(NOTHING_WAITS)

  send(peer.context, peer.tcb, new Uint8Array(4 * 1000))
  peer.harness.flush()
  peer.drain()
  peer.send({ seq: 1010, ack: 0, sack: [1460, 2460] })
  expect(peer.tcb.scoreboard.sackedBytes).toBe(1000)
  expect(other.tcb.scoreboard).toBe(NO_SACKS)
  expect(NO_SACKS.isEmpty).toBe(true)
})

test('on the way to guests: past the limit of all, a connection is given one read at a time', () => {
  const peer = established()
  expect(sendSpace(peer.tcb)).toBe(MIN_SEND_BUDGET)
  peer.context.pool.stats.bytesInUse += SEND_BUFFERED_LIMIT
  expect(sendSpace(peer.tcb)).toBe(MIN_SEND_BUDGET)
  send(peer.context, peer.tcb, new Uint8Array(1000))
  expect(sendSpace(peer.tcb)).toBe(SEND_FLOOR - 1000)
  send(peer.context, peer.tcb, new Uint8Array(20_000))
  expect(sendSpace(peer.tcb)).toBe(0)
  peer.tcb.wantsSendRoom = true
  peer.harness.flush()
  peer.drain()
  while (peer.tcb.sendBuffer.length > 0) {
    peer.send({ ack: (peer.tcb.snd.nxt - peer.tcb.iss - 1) | 0 })
    peer.drain()
  }
  expect(peer.user.events).toContain('room')
})
