// RFC 9293 section 3.8.3 (R2), 3.6: connections that nobody answers for are given up, once.

import { expect, test } from 'vitest'
import { MAX_RTO } from '../../src/stack/tcp/rtt.ts'
import { FIN_WAIT_2_MS, GIVE_UP_MS, SYN_ACK_TRIES } from '../../src/stack/tcp/timeouts.ts'
import { established, finWait2, synReceived, timeWait } from '../support/tcp-peer.ts'

test('FIN-WAIT-2: a guest that never closes is given up, once, by a reset', () => {
  const peer = finWait2()
  peer.advance(FIN_WAIT_2_MS - 1000)
  peer.expectNothing()
  peer.advance(2000)
  peer.expect({ flags: 'RA', seq: 1, ack: 0 })
  expect(peer.user.events).toEqual(['established', 'timeout'])
  peer.advance(FIN_WAIT_2_MS)
  peer.expectNothing()
  expect(peer.stats.gaveUp).toBe(1)
  expect(peer.harness.deadlines.size).toBe(0)
})

test('FIN-WAIT-2: a guest that still sends is not given up', () => {
  const peer = finWait2()
  peer.advance(FIN_WAIT_2_MS - 1000)
  peer.send({ text: 'abc', ack: 1 })
  peer.advance(FIN_WAIT_2_MS - 1000)
  expect(peer.tcb.state).toBe('FIN-WAIT-2')
  peer.advance(2000)
  expect(peer.user.events).toContain('timeout')
})

test('SYN,ACKs are repeated after 1, 2, 4 and 8 s, then the guest is given up with a reset', () => {
  const peer = synReceived()
  let at = 0
  for (const wait of [1000, 2000, 4000, 8000]) {
    at += wait
    peer.advance(wait + 1)
    peer.expect({ flags: 'SA', seq: -1, ack: 0 }, `after ${at} ms`)
    peer.expectNothing()
  }
  peer.advance(16_010)
  peer.expect({ flags: 'RA' })
  expect(peer.user.events).toEqual(['timeout'])
  expect(peer.stats).toMatchObject({ synAckGaveUp: 1, gaveUp: 1, timeouts: SYN_ACK_TRIES })
  expect(peer.context.size).toBe(0)
  expect(peer.harness.deadlines.size).toBe(0)
})

test('data that is never acknowledged is repeated with back-off for two minutes at least, then given up', () => {
  const peer = established()
  peer.userSend('lost')
  peer.expect({ text: 'lost' })
  peer.advance(GIVE_UP_MS)
  const times = peer.drain().map(({ at, text }) => {
    expect(text).toBe('lost')
    return at
  })
  const gaps = times.slice(1).map((at, index) => at - times[index]!)
  for (const [index, gap] of gaps.slice(1).entries()) {
    expect(gap).toBeGreaterThanOrEqual(Math.min(60_000, gaps[index]! * 2) - 2)
  }
  peer.advance(GIVE_UP_MS)
  expect(peer.drain().at(-1)).toMatchObject({ flags: 'RA' })
  expect(peer.user.events).toEqual(['established', 'timeout'])
  expect(peer.context.pool.stats.bytesInUse).toBe(0)
  expect(peer.harness.deadlines.size).toBe(0)
})

test('a guest is not given up before three retransmissions, however far the timer has backed off', () => {
  const peer = established()
  peer.tcb.rtt.rto = MAX_RTO
  peer.userSend('lost')
  peer.advance(4 * MAX_RTO - 1000)
  expect(peer.drain()).toHaveLength(4)
  peer.send({})
  peer.advance(GIVE_UP_MS)
  expect(peer.user.events).toEqual(['established'])
})

test('TIME-WAIT ends after 2 MSL', () => {
  const peer = timeWait()
  peer.advance(59_000)
  expect(peer.context.timeWait.size).toBe(1)
  peer.advance(2000)
  expect(peer.context.timeWait.size).toBe(0)
  expect(peer.harness.deadlines.size).toBe(0)
  peer.send({ flags: 'FA', seq: 0, ack: 1 })
  peer.expect({ flags: 'R', seq: 1 })
})
