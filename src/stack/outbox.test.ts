import { expect, test } from 'vitest'
import { OUTBOX_BYTES, Outbox } from './outbox.ts'

test('frames come out in order, as they were built', () => {
  const outbox = new Outbox()
  for (const length of [60, 61, 1514]) outbox.bytes.fill(length & 255, outbox.reserve(length))
  const lengths: number[] = []
  outbox.drain((frame) => lengths.push(frame.length))
  expect(lengths).toEqual([60, 61, 1514])
  expect(outbox.isEmpty).toBe(true)
})

test('the IP header of each lies at a multiple of four', () => {
  const outbox = new Outbox()
  for (const length of [60, 61, 62, 63]) expect((outbox.reserve(length) + 14) % 4).toBe(0)
})

test('what does not fit is refused and counted, and hasRoom tells so before', () => {
  const outbox = new Outbox()
  let frames = 0
  while (outbox.hasRoom(1514)) {
    expect(outbox.reserve(1514)).toBeGreaterThanOrEqual(0)
    frames++
  }
  expect(frames).toBeGreaterThan(OUTBOX_BYTES / 1530)
  expect(outbox.reserve(1514)).toBe(-1)
  expect(outbox.stats.droppedFull).toBe(1)
  outbox.drain(() => {})
  expect(outbox.hasRoom(1514)).toBe(true)
})

test('while frames are handed out nothing may be built over them', () => {
  const outbox = new Outbox()
  outbox.bytes.fill(7, outbox.reserve(60))
  outbox.drain((frame) => {
    expect(outbox.hasRoom(60)).toBe(false)
    expect(outbox.reserve(60)).toBe(-1)
    outbox.drain(() => expect.unreachable())
    expect(frame[0]).toBe(7)
  })
  expect(outbox.reserve(60)).toBeGreaterThanOrEqual(0)
})
