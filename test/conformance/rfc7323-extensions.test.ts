// RFC 7323: window scaling (section 2), timestamps (3), round-trip measurement (4), PAWS (5).

import { describe, expect, test } from 'vitest'
import { RECEIVE_SHIFT } from '../../src/stack/tcp/tcb.ts'
import { established, MODERN, requested, synReceived } from '../support/tcp-peer.ts'

describe('window scaling', () => {
  test.each([
    [0, 100, 100],
    [7, 100, 12_800],
    [14, 100, 1_638_400],
    [15, 100, 1_638_400],
    [255, 100, 1_638_400],
  ])('a shift of %i makes of a window of %i: %i', (ws, wnd, bytes) => {
    const peer = established({ syn: { mss: 1460, ws } })
    peer.send({ wnd })
    expect(peer.tcb.snd.wnd).toBe(bytes)
  })

  test('the window of a SYN is never scaled, in either direction', () => {
    const peer = requested({ syn: { mss: 1000, ws: 7 }, wnd: 5000 })
    expect(peer.tcb.snd.wnd).toBe(5000)
    peer.accept()
    const synAck = peer.expect({ flags: 'SA', wnd: 65_535 })
    expect(synAck.segment.windowShift).toBe(RECEIVE_SHIFT)
  })

  test('without the option neither side scales', () => {
    const peer = synReceived({ syn: { mss: 1460 }, wnd: 5000 })
    peer.send({})
    expect(peer.tcb.snd).toMatchObject({ wnd: 5000, shift: 0 })
    expect(peer.tcb.rcv.shift).toBe(0)
    peer.send({ text: 'x' })
    expect(peer.expect({ ack: 1 }).wnd).toBeGreaterThan(64_000)
  })

  test('more than 64 KiB are in flight to a guest that scales', () => {
    const peer = established({ syn: { mss: 1000, ws: 7 }, wnd: 2000 })
    peer.tcb.congestion.cwnd = 300_000
    peer.userSend(400_000)
    expect(peer.drain().reduce((sum, { len }) => sum + len, 0)).toBe(256_000)
  })
})

describe('timestamps', () => {
  test('agreed in the handshake, they are on every segment and echo what came', () => {
    const peer = synReceived({ syn: MODERN })
    peer.ts!.value = 1005
    peer.send({})
    peer.ts!.value = 1010
    peer.send({ text: 'abc' })
    const ack = peer.expect({ ack: 3 })
    expect([ack.segment.hasTimestamps, ack.segment.tsEcr]).toEqual([true, 1010])
    peer.userSend('xyz')
    expect(peer.expect({ text: 'xyz' }).segment).toMatchObject({ hasTimestamps: true, tsEcr: 1010 })
  })

  test('TSval counts milliseconds', () => {
    const peer = established({ syn: MODERN })
    peer.send({ text: 'a' })
    const first = peer.expect({ ack: 1 }).segment.tsVal
    peer.advance(250)
    peer.send({ text: 'b' })
    expect((peer.expect({ ack: 2 }).segment.tsVal - first) | 0).toBe(250)
  })

  test('not agreed, they are not sent', () => {
    const peer = established()
    peer.send({ text: 'a' })
    expect(peer.expect({ ack: 1 }).segment.hasTimestamps).toBe(false)
  })

  test('TS.Recent is that of the segment that the last acknowledgment is for (section 4.3)', () => {
    const peer = established({ syn: MODERN })
    peer.ts!.value = 2000
    // Out of order: its timestamp is not echoed.
    peer.send({ seq: 3, text: 'def' })
    peer.expect({ ack: 0, ts: [peer.ts!.echo, 1000] })
    peer.ts!.value = 2001
    peer.send({ seq: 0, text: 'abc' })
    expect(peer.expect({ ack: 6 }).segment.tsEcr).toBe(2001)
  })

  test('the MSS leaves room for them', () => {
    const peer = established({ syn: MODERN })
    peer.userSend(5000)
    expect(peer.drain().map(({ len }) => len)).toEqual([1448, 1448, 1448, 656])
  })

  test('retransmissions give round-trip times by their echoes (section 4.1)', () => {
    const peer = established({ syn: MODERN })
    peer.userSend('lost')
    peer.drain()
    peer.advance(250)
    expect(peer.drain()).toHaveLength(1)
    expect(peer.tcb.rtt.rto).toBe(400)
    peer.advance(30)
    peer.send({})
    expect(peer.tcb.rtt.srtt).toBeGreaterThan(0)
    expect(peer.tcb.rtt.rto).toBeLessThan(400)
  })
})

describe('PAWS', () => {
  test('an old duplicate is acknowledged and dropped, though its numbers are in the window', () => {
    const peer = established({ syn: MODERN })
    peer.send({ text: 'abc', ts: [5000, 0] })
    peer.expect({ ack: 3 })
    peer.send({ text: 'OLD', ts: [4999, 0] })
    peer.expect({ flags: 'A', ack: 3 })
    expect(peer.user.text).toBe('abc')
    expect(peer.stats.droppedPaws).toBe(1)
  })

  test('RST is not subject to it', () => {
    const peer = established({ syn: MODERN })
    peer.send({ text: 'abc', ts: [5000, 0] })
    peer.send({ flags: 'R', ts: [10, 0] })
    expect(peer.user.events).toContain('reset')
  })

  test('timestamps wrap around', () => {
    const peer = established({ syn: { ...MODERN, ts: [0xffff_fff0, 0] } })
    peer.send({ text: 'abc', ts: [0x10, 0] })
    peer.expect({ ack: 3 })
    peer.send({ text: 'OLD', ts: [0xffff_fff8, 0] })
    expect(peer.stats.droppedPaws).toBe(1)
    expect(peer.user.text).toBe('abc')
  })

  test('a timestamp that is 24 days old tells nothing (section 5.5)', () => {
    const peer = established({ syn: MODERN })
    peer.send({ text: 'abc', ts: [5000, 0] })
    peer.advance(24 * 86_400_000 + 1000)
    peer.drain()
    peer.send({ text: 'def', ts: [4000, 0] })
    peer.expect({ ack: 6 })
    expect(peer.user.text).toBe('abcdef')
    // From here on the guest's clock counts again.
    peer.send({ text: 'ghi', ts: [4500, 0] })
    expect(peer.expect({ ack: 9 }).segment.tsEcr).toBe(4500)
    peer.send({ text: 'OLD', ts: [4400, 0] })
    expect(peer.user.text).toBe('abcdefghi')
  })
})
