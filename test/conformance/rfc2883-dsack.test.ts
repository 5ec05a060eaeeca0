// RFC 2883: the receiver reports what came twice, so that the sender knows which of its retransmissions were not needed.

import { expect, test } from 'vitest'
import { NOTHING_WAITS } from '../../src/stack/tcp/tcb.ts'
import { send } from '../../src/stack/tcp/user-calls.ts'
import { established, type TcpPeer } from '../support/tcp-peer.ts'

function receiver(): TcpPeer {
  const peer = established({ syn: { mss: 1000, sack: true } })
  peer.send({ text: 'abcdefgh' })
  peer.expect({ flags: 'A', ack: 8 })
  return peer
}

test('a segment that lies below RCV.NXT is the first block of its acknowledgment, once', () => {
  const peer = receiver()
  peer.send({ seq: 2, text: 'cdef' })
  peer.expect({ ack: 8, sack: [2, 6] })
  peer.send({ seq: 20, text: 'x' })
  peer.expect({ ack: 8, sack: [20, 21] })
})

test('of a segment that brings new bytes as well, the part that came twice', () => {
  const peer = receiver()
  peer.send({ seq: 4, text: 'efghij' })
  peer.expect({ ack: 10, sack: [4, 8] })
})

test('above a hole it comes before the block that holds it', () => {
  const peer = receiver()
  peer.send({ seq: 10, text: 'klmnop' })
  peer.expect({ ack: 8, sack: [10, 16] })
  peer.send({ seq: 20, text: 'uv' })
  peer.expect({ ack: 8, sack: [20, 22, 10, 16] })
  peer.send({ seq: 12, text: 'mn' })
  peer.expect({ ack: 8, sack: [12, 14, 10, 16, 20, 22] })
})

test('doubles that touch are one block; of others in a batch the first is told', () => {
  const peer = receiver()
  const again = (seq: number, text: string) => ({ seq, text })
  peer.sendBatch(again(0, 'ab'), again(2, 'cd'))
  peer.expect({ ack: 8, sack: [0, 4] })
  peer.sendBatch(again(0, 'ab'), again(4, 'ef'))
  peer.expect({ ack: 8, sack: [0, 2] })
  peer.expectNothing()
})

test('without SACK there is no such report', () => {
  const peer = established({ syn: { mss: 1000 } })
  peer.send({ text: 'abc' })
  peer.drain()
  peer.send({ seq: 0, text: 'abc' })
  expect(peer.expect({ ack: 3 }).segment.sackBlocks).toBeUndefined()
})

test('without SACK what came twice above a hole costs no acknowledgment beside the data that carries it', () => {
  const peer = established({ syn: { mss: 1000 } })
  peer.send({ seq: 10, text: 'klmnop' })
  peer.send({ seq: 12, text: 'mn' })
  peer.send({ seq: 0, text: 'abcdefghij' })
  peer.drain()
  send(peer.context, peer.tcb, new Uint8Array(3))
  peer.send({ seq: 16, text: 'q' })
  peer.expect({ ack: 17, seq: 0, len: 3 })
  peer.expectNothing()
  expect(peer.tcb.reassembly).toBe(NOTHING_WAITS)
})
