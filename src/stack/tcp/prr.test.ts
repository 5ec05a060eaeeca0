import { expect, test } from 'vitest'
import { type Prr, prrOnAck } from './prr.ts'

const MSS = 1000

/** A hundred segments in flight, of which the first was lost; each acknowledgment SACKs one more. */
function reduce(acks: number, ssthresh: number): { sent: number[]; pipe: number } {
  const prr: Prr = { delivered: 0, out: 0, recoverFs: 100 * MSS }
  let pipe = 96 * MSS
  const sent: number[] = []
  for (let ack = 0; ack < acks; ack++) {
    pipe -= MSS
    const room = Math.max(0, Math.floor((prrOnAck(prr, pipe, ssthresh, MSS, MSS, false) - pipe) / MSS)) * MSS
    prr.out += room
    pipe += room
    sent.push(room / MSS)
  }
  return { sent, pipe }
}

test('the flight shrinks evenly: seven segments leave for ten that arrive, without a silence', () => {
  const { sent } = reduce(80, 70 * MSS)
  for (let from = 0; from + 10 <= 80; from += 10) {
    const ofTen = sent.slice(from, from + 10).reduce((sum, count) => sum + count, 0)
    expect(ofTen).toBeGreaterThanOrEqual(6)
    expect(ofTen).toBeLessThanOrEqual(8)
  }
  expect(Math.max(...sent)).toBe(1)
})

test('it ends at ssthresh, from where each arrival is replaced', () => {
  const { pipe, sent } = reduce(95, 70 * MSS)
  expect(pipe).toBeGreaterThanOrEqual(68 * MSS)
  expect(pipe).toBeLessThanOrEqual(70 * MSS)
  expect(sent.slice(-5)).toEqual([1, 1, 1, 1, 1])
})

test('below ssthresh, after many losses, no more leaves than arrived; one more when nothing else is missing', () => {
  const prr: Prr = { delivered: 20 * MSS, out: 20 * MSS, recoverFs: 100 * MSS }
  expect(prrOnAck(prr, 30 * MSS, 70 * MSS, MSS, 2 * MSS, false)).toBe(32 * MSS)
  expect(prrOnAck(prr, 30 * MSS, 70 * MSS, MSS, MSS, true)).toBe(34 * MSS)
  expect(prrOnAck(prr, 69 * MSS, 70 * MSS, MSS, 5 * MSS, true)).toBe(70 * MSS)
})

test('the first retransmission is not held back', () => {
  const prr: Prr = { delivered: 0, out: 0, recoverFs: 100 * MSS }
  expect(prrOnAck(prr, 96 * MSS, 70 * MSS, MSS, 0, false)).toBe(97 * MSS)
})

test('a small window is filled at once', () => {
  const prr: Prr = { delivered: 0, out: 0, recoverFs: 10 * MSS }
  expect(prrOnAck(prr, 2 * MSS, 7 * MSS, MSS, MSS, false)).toBe(7 * MSS)
})
