// Windows: zero-window probes (RFC 9293 section 3.8.6.1), silly window avoidance (3.8.6.2), window updates, delayed
// acknowledgments (3.8.6.3).

import { describe, expect, test } from 'vitest'
import { GIVE_UP_MS } from '../../src/stack/tcp/timeouts.ts'
import { established, finWait2 } from '../support/tcp-peer.ts'

describe('sender', () => {
  test('never more than the window', () => {
    const peer = established({ wnd: 3000, syn: { mss: 1000 } })
    peer.userSend(10_000)
    expect(peer.drain().map(({ seq, len }) => [seq, len])).toEqual([
      [0, 1000],
      [1000, 1000],
      [2000, 1000],
    ])
    peer.send({ ack: 3000, wnd: 1000 })
    peer.expect({ seq: 3000, len: 1000 })
    peer.expectNothing()
  })

  test('a window that shrinks below what is in flight stops the sender, no more', () => {
    const peer = established({ wnd: 3000, syn: { mss: 1000 } })
    peer.userSend(10_000)
    peer.drain()
    peer.send({ ack: 1000, wnd: 500 })
    peer.expectNothing()
    peer.send({ ack: 3000, wnd: 2000 })
    expect(peer.drain()).toHaveLength(2)
  })

  test('a closed window is probed with back-off, for as long as the guest answers', () => {
    const peer = established({ wnd: 1000, syn: { mss: 1000 } })
    peer.userSend(5000)
    peer.expect({ len: 1000 })
    peer.send({ ack: 1000, wnd: 0 })
    peer.expectNothing()
    const probes: number[] = []
    while (peer.harness.clock.now() < 10 * GIVE_UP_MS) {
      peer.advance(1000)
      for (const probe of peer.drain()) {
        expect(probe).toMatchObject({ flags: 'A', seq: 999, len: 0 })
        probes.push(probe.at)
        peer.send({ ack: 1000, wnd: 0 })
      }
    }
    const gaps = probes.slice(1).map((at, index) => at - probes[index]!)
    expect(gaps[0]).toBeLessThan(1000)
    for (const [index, gap] of gaps.slice(1).entries()) expect(gap).toBeGreaterThanOrEqual(gaps[index]! - 1)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_001)
    expect(peer.user.events).toEqual(['established'])
    peer.send({ ack: 1000, wnd: 4000 })
    expect(peer.drain().map(({ seq, len }) => [seq, len])).toEqual([
      [1000, 1000],
      [2000, 1000],
      [3000, 1000],
      [4000, 1000],
    ])
    peer.send({ ack: 5000 })
    peer.advance(1000)
    expect(peer.harness.deadlines.size).toBe(0)
  })

  test('a guest that answers no probe is given up', () => {
    const peer = established({ wnd: 0 })
    peer.userSend('never')
    peer.advance(3 * GIVE_UP_MS)
    expect(peer.user.events).toEqual(['established', 'timeout'])
    expect(peer.context.pool.stats.bytesInUse).toBe(0)
  })

  test('a lost window update is made good by a probe', () => {
    const peer = established({ wnd: 0 })
    peer.userSend('waits')
    peer.advance(1100)
    for (const probe of peer.drain()) expect(probe).toMatchObject({ flags: 'A', seq: -1, len: 0 })
    peer.send({ wnd: 100 })
    peer.expect({ seq: 0, text: 'waits' })
  })

  test('a closed window that is opened and not closed again does not count as time without an answer', () => {
    const peer = established({ wnd: 0 })
    peer.userSend('first')
    for (let at = 0; at < 2 * GIVE_UP_MS; at += 1000) {
      peer.advance(1000)
      if (peer.drain().length > 0) peer.send({ wnd: 0 })
    }
    peer.send({ wnd: 100 })
    peer.expect({ text: 'first' })
    peer.advance(GIVE_UP_MS - 1000)
    expect(peer.user.events).toEqual(['established'])
  })

  test('a small part of the window is not filled while more is under way', () => {
    const peer = established({ wnd: 10_000, syn: { mss: 1000 } })
    peer.userSend(20_000)
    peer.drain()
    peer.send({ ack: 10_000, wnd: 300 })
    peer.expectNothing('300 of 10,000 bytes')
    peer.send({ ack: 10_000, wnd: 10_000 })
    expect(peer.drain()).toHaveLength(10)
  })

  test('a window that stays small is used after the override time, however many segments come meanwhile', () => {
    const peer = established({ wnd: 10_000, syn: { mss: 1000 } })
    peer.userSend(20_000)
    peer.drain()
    peer.send({ ack: 10_000, wnd: 300 })
    peer.expectNothing()
    let sent = 0
    for (let times = 0; times < 100 && sent === 0; times++) {
      peer.advance(20)
      peer.send({ ack: 10_000, wnd: 300, text: '.' })
      sent = peer.drain().reduce((sum, { len }) => sum + len, 0)
    }
    expect(sent).toBe(300)
    expect(peer.harness.clock.now()).toBeLessThanOrEqual(1000)
  })

  test('half of the largest window ever offered is worth a segment', () => {
    const peer = established({ wnd: 400, syn: { mss: 1000 } })
    peer.userSend(1000)
    peer.expect({ seq: 0, len: 400 })
    peer.send({ ack: 400, wnd: 200 })
    peer.expect({ seq: 400, len: 200 })
  })

  test('the last bytes are pushed, whatever their number', () => {
    const peer = established({ syn: { mss: 1000 } })
    peer.userSend(2500)
    expect(peer.drain().map(({ len, flags }) => [len, flags])).toEqual([
      [1000, 'A'],
      [1000, 'A'],
      [500, 'PA'],
    ])
  })

  test('FIN needs no window; a guest that answers it without taking it is not given up', () => {
    const peer = established({ wnd: 0 })
    peer.userClose()
    peer.expect({ flags: 'FA', seq: 0 })
    for (let at = 0; at < 3 * GIVE_UP_MS; at += 1000) {
      peer.advance(1000)
      if (peer.drain().length > 0) peer.send({ ack: 0, wnd: 0 })
    }
    expect(peer.user.events).toEqual(['established'])
  })

  test('an acknowledgment of old data does not change the window', () => {
    const peer = established({ wnd: 5000, syn: { mss: 1000 } })
    peer.userSend(3000)
    peer.drain()
    peer.send({ ack: 3000, wnd: 5000 })
    peer.send({ seq: 5, ack: 2000, wnd: 0 })
    peer.drain()
    expect(peer.tcb.snd.wnd).toBe(5000)
  })
})

describe('receiver', () => {
  test('what the user holds back closes the window, and what it takes opens it by whole segments', () => {
    const peer = established({ syn: { mss: 1000 } })
    peer.user.takes = 0
    let seq = 0
    for (let wnd = 65_535; wnd > 0 && seq < 1_000_000; ) {
      const len = Math.min(1000, wnd)
      peer.send({ seq, len })
      seq += len
      peer.advance(50)
      wnd = peer.drain().at(-1)?.wnd ?? 0
    }
    expect(peer.tcb.rcv.buffered).toBe(seq)
    // All that was ever offered has come; a probe is answered, its byte not taken.
    peer.send({ seq, len: 1 })
    peer.expect({ flags: 'A', ack: seq, wnd: 0 })
    const free = peer.tcb.rcv.budget - seq
    peer.userConsumed(999 - free)
    peer.expectNothing('less than a segment')
    peer.userConsumed(1)
    expect(peer.expect({ flags: 'A', ack: seq }).wnd).toBeGreaterThanOrEqual(1000)
    peer.userConsumed(seq - 1000 + free)
    peer.expect({ flags: 'A', ack: seq, wnd: 65_535 })
  })

  test('the right edge of the window never moves back', () => {
    const peer = established({ syn: { mss: 1000, ws: 7 } })
    peer.user.takes = 0
    let edge = 0
    for (let seq = 0; seq < 900_000; seq += 1000) {
      if (seq + 1000 > edge && edge > 0) break
      peer.send({ seq, len: 1000 })
      peer.advance(50)
      for (const { ack, wnd } of peer.drain()) {
        const right = ack + wnd * 128
        expect(right).toBeGreaterThanOrEqual(edge - 127)
        edge = Math.max(edge, right)
      }
    }
  })

  test('text beyond the window is cut off and asked for again', () => {
    const peer = established({ syn: { mss: 1460 } })
    const wnd = peer.tcb.rcv.adv - peer.tcb.rcv.nxt
    peer.send({ seq: wnd - 10, len: 100 })
    peer.expect({ flags: 'A', ack: 0 })
    expect(peer.tcb.reassembly.bytes).toBe(10)
  })

  test('after the first segments, one acknowledgment for two full segments, or after 40 ms', () => {
    const peer = established({ syn: { mss: 1000 } })
    for (let times = 0; times < 16; times++) {
      peer.send({ len: 1000 })
      peer.expect({ flags: 'A' })
    }
    peer.send({ len: 1000 })
    peer.expectNothing()
    peer.send({ len: 1000 })
    peer.expect({ flags: 'A', ack: 18_000 })
    peer.send({ flags: 'PA', len: 10 })
    peer.advance(39)
    peer.expectNothing()
    peer.advance(2)
    peer.expect({ flags: 'A', ack: 18_010 })
  })

  test('a segment without PSH, of somebody who has more to send, is acknowledged after 4 ms when nothing follows', () => {
    const peer = established({ syn: { mss: 1000 } })
    for (let times = 0; times < 16; times++) peer.send({ len: 1000 })
    peer.drain()
    peer.send({ len: 1000 })
    peer.advance(3)
    peer.expectNothing()
    peer.advance(2)
    peer.expect({ flags: 'A', ack: 17_000 })
  })

  test('after a hole every segment is acknowledged at once again, for a while: the window of its sender is small', () => {
    const peer = established({ syn: { mss: 1000, sack: true } })
    for (let times = 0; times < 16; times++) peer.send({ len: 1000 })
    peer.send({ seq: 17_000, len: 1000 })
    peer.send({ seq: 16_000, len: 1000 })
    peer.drain()
    for (let times = 1; times <= 14; times++) {
      peer.send({ seq: 17_000 + 1000 * times, flags: 'PA', len: 1000 })
      peer.expect({ flags: 'A', ack: 18_000 + 1000 * times })
    }
  })

  test('data in the other direction carries the acknowledgment', () => {
    const peer = established({ syn: { mss: 1000 } })
    for (let times = 0; times < 16; times++) peer.send({ len: 1000 })
    peer.drain()
    peer.send({ len: 10 })
    peer.userSend('reply')
    peer.expect({ flags: 'PA', ack: 16_010, text: 'reply' })
    peer.send({})
    peer.advance(100)
    peer.expectNothing()
  })

  test('one acknowledgment for a batch of segments', () => {
    const peer = established({ syn: { mss: 1000 } })
    peer.sendBatch({ len: 1000 }, { len: 1000 }, { len: 1000 }, { len: 1000 })
    peer.expect({ flags: 'A', ack: 4000 })
    peer.expectNothing()
  })

  test('the window grows while a flow is held back by nothing but it', () => {
    const peer = established({ syn: { mss: 1000, ws: 7 } })
    const before = peer.tcb.rcv.budget
    // A round trip of 50 ms was measured, and each takes a whole window.
    peer.tcb.rtt.srtt = 50
    peer.user.takes = 0
    let seq = 0
    for (let round = 0; round < 8; round++) {
      const window = peer.tcb.rcv.adv - peer.tcb.rcv.nxt
      for (let sent = 0; sent + 1000 <= window; sent += 1000, seq += 1000) {
        peer.send({ seq, len: 1000 })
        // As sockets do that report later what they have taken.
        peer.userConsumed(1000)
      }
      peer.advance(50)
    }
    expect(peer.tcb.rcv.budget).toBeGreaterThan(before)
    expect(peer.tcb.rcv.buffered).toBe(0)
  })

  test('the window does not grow for a user that holds everything back, nor for a flow that is slow by itself', () => {
    const held = established({ syn: { mss: 1000, ws: 7 } })
    held.user.takes = 0
    const before = held.tcb.rcv.budget
    for (let seq = 0; seq < 400_000; seq += 1000) held.send({ seq, len: 1000 })
    held.advance(1000)
    held.send({ len: 1000 })
    expect(held.tcb.rcv.budget).toBe(before)
    const slow = established({ syn: { mss: 1000, ws: 7 } })
    slow.tcb.rtt.srtt = 50
    for (let seq = 0; seq < 1_000_000; seq += 1000) {
      slow.send({ seq, len: 1000 })
      slow.advance(5)
    }
    expect(slow.tcb.rcv.budget).toBe(before)
  })

  test('FIN-WAIT-2: data is still taken and acknowledged', () => {
    const peer = finWait2()
    peer.send({ text: 'late' })
    peer.expect({ flags: 'A', ack: 4 })
    expect(peer.user.text).toBe('late')
  })
})
