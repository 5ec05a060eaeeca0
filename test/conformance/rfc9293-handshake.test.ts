// RFC 9293 section 3.10.7.1 and .2, RFC 5382: a connection request waits for the outside; then it is accepted or refused.

import { expect, test } from 'vitest'
import { established, MODERN, requested, synReceived } from '../support/tcp-peer.ts'

test('the SYN,ACK waits until the outside has answered', () => {
  const peer = requested()
  peer.advance(20_000)
  peer.expectNothing()
  expect(peer.tcb.state).toBe('LISTEN')
  peer.accept()
  peer.expect({ flags: 'SA', seq: -1, ack: 0 })
})

test('the handshake ends with the ACK of our SYN', () => {
  const peer = synReceived()
  expect(peer.user.events).toEqual([])
  peer.send({ flags: 'A' })
  expect(peer.tcb.state).toBe('ESTABLISHED')
  expect(peer.user.events).toEqual(['established'])
})
test('bytes go both ways, and nothing is held once they are acknowledged', () => {
  const peer = established({ syn: MODERN })
  peer.send({ text: 'hello' })
  peer.expect({ flags: 'A', ack: 5 })
  expect(peer.user.text).toBe('hello')
  peer.userSend('world')
  peer.expect({ flags: 'PA', seq: 0, text: 'world' })
  peer.send({})
  peer.expectNothing()
  expect(peer.harness.stack.tcp.pool.stats.bytesInUse).toBe(0)
})
