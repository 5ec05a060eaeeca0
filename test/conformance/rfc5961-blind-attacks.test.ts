// RFC 5961: what somebody can do who knows the addresses and ports but must guess the numbers. Section 3: RST, section 4:
// SYN, section 5: data; section 7: no more than so many challenge acknowledgments. RFC 9293 section 3.10.7.4.

import { expect, test } from 'vitest'
import { CHALLENGE_ACKS_PER_SECOND } from '../../src/stack/tcp/segment-checks.ts'
import { established, synReceived } from '../support/tcp-peer.ts'

test('RST exactly at RCV.NXT resets', () => {
  const peer = established()
  peer.send({ flags: 'R', seq: 0 })
  peer.expectNothing()
  expect(peer.user.events).toEqual(['established', 'reset'])
  expect(peer.context.size).toBe(0)
})

test.each([1, 1000, 60_000])('RST in the window at RCV.NXT + %i is challenged', (seq) => {
  const peer = established()
  peer.send({ flags: 'R', seq })
  peer.expect({ flags: 'A', seq: 0, ack: 0 })
  expect(peer.user.events).toEqual(['established'])
  expect(peer.stats).toMatchObject({ challengeAcks: 1, resetsReceived: 1 })
})

test.each([-1, -60_000, 2_000_000, 0x7fff_0000])('RST outside of the window at RCV.NXT + %i is dropped', (seq) => {
  const peer = established()
  peer.send({ flags: 'R', seq })
  peer.expectNothing()
  expect(peer.user.events).toEqual(['established'])
  expect(peer.stats.droppedUnacceptable).toBe(1)
})

test('a guest that has restarted answers the challenge with the RST that fits', () => {
  const peer = established()
  peer.sendSyn({ seq: 500 })
  const challenge = peer.expect({ flags: 'A', seq: 0, ack: 0 })
  peer.send({ flags: 'R', seq: challenge.ack })
  expect(peer.user.events).toEqual(['established', 'reset'])
  peer.sendSyn({ seq: 500 })
  expect(peer.harness.requests).toHaveLength(2)
})

test.each([0, 1000, -1000, 5_000_000])('SYN at RCV.NXT + %i changes nothing', (seq) => {
  const peer = established()
  peer.send({ flags: 'S', seq })
  peer.expect({ flags: 'A', seq: 0, ack: 0 })
  peer.send({ flags: 'SA', seq, ack: 0 })
  peer.expect({ flags: 'A', seq: 0, ack: 0 })
  expect(peer.tcb.state).toBe('ESTABLISHED')
})

test('data whose ACK is far too old or not sent yet is not taken', () => {
  const peer = established({ wnd: 1000 })
  peer.send({ text: 'forged', ack: 5000 })
  peer.expect({ flags: 'A', ack: 0 })
  peer.send({ text: 'forged', ack: -1001 })
  peer.expect({ flags: 'A', ack: 0 })
  peer.send({ text: 'forged', ack: -0x4000_0000 })
  peer.expect({ flags: 'A', ack: 0 })
  expect(peer.user.text).toBe('')
  // SND.UNA - MAX.SND.WND is as far back as an honest segment may be.
  peer.send({ text: 'late', seq: 0, ack: -1000 })
  peer.expect({ ack: 4 })
  expect(peer.user.text).toBe('late')
})

test('challenges are limited per second, and begin again in the next', () => {
  const peer = established()
  for (let times = 0; times < 3 * CHALLENGE_ACKS_PER_SECOND; times++) peer.send({ flags: 'S', seq: 100 })
  expect(peer.drain()).toHaveLength(CHALLENGE_ACKS_PER_SECOND)
  expect(peer.stats).toMatchObject({
    challengeAcks: CHALLENGE_ACKS_PER_SECOND,
    challengeAcksSuppressed: 2 * CHALLENGE_ACKS_PER_SECOND,
  })
  peer.advance(1000)
  peer.send({ flags: 'S', seq: 100 })
  expect(peer.drain()).toHaveLength(1)
})

test('SYN-RECEIVED: a blind RST in the window does not end the handshake', () => {
  const peer = synReceived()
  peer.send({ flags: 'R', seq: 1000 })
  peer.expect({ flags: 'SA' })
  expect(peer.tcb.state).toBe('SYN-RECEIVED')
})

test('a segment with a wrong checksum is dropped, and counted', () => {
  const peer = established()
  const frame = peer.frame({ text: 'abc' })
  frame[frame.length - 1]! ^= 1
  peer.harness.input(frame)
  peer.expectNothing()
  expect(peer.stats.droppedChecksum).toBe(1)
  expect(peer.user.text).toBe('')
})
