import { expect, test } from 'vitest'
import { tcpFrame, udpFrame } from '../../test/support/frames.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE, superFrame, UNFINISHED } from '../wire/offload.ts'
import { FRAME_LEN_MAX, FrameReader } from './framing.ts'
import { QueueBudget } from './queue-budget.ts'
import { WriteBatch } from './write-batch.ts'

/** A peer whose reading the test controls. */
class Peer {
  readonly frames: Uint8Array[] = []
  readonly writes: number[] = []
  takesAtOnce = true
  #pending: { bytes: Uint8Array; written: () => void } | undefined
  readonly #reader = new FrameReader((frame) => this.frames.push(frame.slice()))

  readonly write = (bytes: Uint8Array, written: () => void): boolean => {
    expect(this.#pending, 'one write is under way at a time').toBeUndefined()
    this.writes.push(bytes.length)
    if (this.takesAtOnce) this.#reader.push(bytes)
    else this.#pending = { bytes, written }
    return this.takesAtOnce
  }

  /** Takes the write that waits. */
  take(): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) throw new Error('nothing is being written')
    this.#reader.push(pending.bytes)
    pending.written()
  }
}

function frameOf(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

test('frames are copied when they are added and written together at the flush', () => {
  const peer = new Peer()
  const batch = new WriteBatch(peer.write)
  const lent = new Uint8Array(100)
  for (const value of [1, 2, 3]) batch.add(lent.fill(value), COMPLETE)
  lent.fill(0xee)
  expect(peer.writes).toEqual([])
  batch.flush()
  expect(peer.writes).toEqual([3 * 104])
  expect(peer.frames.map((frame) => frame[0])).toEqual([1, 2, 3])
  expect(batch.queuedBytes).toBe(0)
  expect(batch.stats).toMatchObject({ txFrames: 3, txBytes: 300 })
})

test('a flush with nothing to write writes nothing', () => {
  const peer = new Peer()
  new WriteBatch(peer.write).flush()
  expect(peer.writes).toEqual([])
})

test('while a write is under way frames gather, and go out in order when it ends', () => {
  const peer = new Peer()
  peer.takesAtOnce = false
  const batch = new WriteBatch(peer.write)
  for (let value = 1; value <= 3; value += 1) {
    batch.add(frameOf(60, value), COMPLETE)
    batch.flush()
  }
  expect(peer.writes).toEqual([64])
  peer.take()
  expect(peer.writes).toEqual([64, 128])
  peer.take()
  expect(peer.frames.map((frame) => frame[0])).toEqual([1, 2, 3])
  expect(batch.queuedBytes).toBe(0)
})

test('a peer that does not read costs the bound, then frames are dropped and counted; when it reads again, new ones pass', () => {
  const peer = new Peer()
  peer.takesAtOnce = false
  const batch = new WriteBatch(peer.write, 10_000)
  for (let index = 0; index < 12; index += 1) {
    batch.add(frameOf(996, index), COMPLETE)
    batch.flush()
  }
  expect(batch.stats).toMatchObject({ txFrames: 10, droppedQueueFull: 2 })
  expect(batch.queuedBytes).toBe(10_000)
  peer.take()
  expect(batch.queuedBytes).toBe(9_000)
  batch.add(frameOf(996, 99), COMPLETE)
  peer.take()
  batch.flush()
  peer.take()
  expect(peer.frames.map((frame) => frame[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99])
})

test('more than a chunk holds is spread over chunks without a frame cut in two', () => {
  const peer = new Peer()
  const batch = new WriteBatch(peer.write)
  for (let index = 0; index < 400; index += 1) batch.add(frameOf(1514, index), COMPLETE)
  batch.flush()
  expect(peer.frames.map((frame) => frame[0])).toEqual(Array.from({ length: 400 }, (_, index) => index & 255))
  expect(peer.writes.length).toBe(3)
  for (const length of peer.writes) expect(length % 1518).toBe(0)
})

test('a super-frame becomes its segments', () => {
  const payload = Array.from({ length: 3000 }, (_, index) => index & 255)
  const peer = new Peer()
  const batch = new WriteBatch(peer.write)
  batch.add(tcpFrame(payload, { seq: 500 }), superFrame(1400))
  batch.flush()
  const segments = [payload.slice(0, 1400), payload.slice(1400, 2800), payload.slice(2800)]
  const expected = segments.map((part, index) =>
    tcpFrame(part, { seq: 500 + index * 1400, identification: 0x1234 + index }),
  )
  expect(peer.frames).toEqual(expected)
  expect(batch.stats.txFrames).toBe(3)
})

test('a super-frame goes out whole or not at all', () => {
  const peer = new Peer()
  peer.takesAtOnce = false
  const batch = new WriteBatch(peer.write, 4_000)
  batch.add(tcpFrame(new Array(6000).fill(1)), superFrame(1000))
  expect(batch.stats).toMatchObject({ txFrames: 0, droppedQueueFull: 6 })
  expect(batch.queuedBytes).toBe(0)
})

test('batches with one budget have one bound together, and give back what they forget', () => {
  const budget = new QueueBudget(3_000)
  const peer = new Peer()
  peer.takesAtOnce = false
  const stuck = new WriteBatch(peer.write, 2_000, undefined, budget)
  const other = new WriteBatch(new Peer().write, 2_000, undefined, budget)
  stuck.add(frameOf(996, 1), COMPLETE)
  stuck.flush()
  for (let count = 0; count < 2; count += 1) stuck.add(frameOf(996, 2), COMPLETE)
  for (let count = 0; count < 2; count += 1) other.add(frameOf(996, 3), COMPLETE)
  expect([stuck.stats, other.stats].map(({ txFrames, droppedQueueFull }) => [txFrames, droppedQueueFull])).toEqual([
    [2, 1],
    [1, 1],
  ])
  other.flush()
  expect([budget.used, stuck.queuedBytes, other.queuedBytes]).toEqual([2_000, 2_000, 0])
  stuck.clear()
  expect([budget.used, stuck.queuedBytes], 'what is being written is still there').toEqual([1_000, 1_000])
  peer.take()
  expect([budget.used, stuck.queuedBytes]).toEqual([0, 0])
})

test('an unfinished checksum is finished', () => {
  const finished = udpFrame([1, 2, 3])
  const unfinished = finished.slice()
  unfinished.fill(0, 40, 42)
  const peer = new Peer()
  const batch = new WriteBatch(peer.write)
  batch.add(unfinished, UNFINISHED)
  batch.flush()
  expect(peer.frames).toEqual([finished])
})

test.each<[string, Uint8Array, Offload, object]>([
  ['longer than the framing allows', new Uint8Array(FRAME_LEN_MAX + 1), COMPLETE, { droppedTooLong: 1 }],
  ['no TCP or UDP under an unfinished checksum', new Uint8Array(60), UNFINISHED, { droppedMalformed: 1 }],
])('dropped and counted: %s', (_what, frame, offload, counters) => {
  const peer = new Peer()
  const batch = new WriteBatch(peer.write)
  batch.add(frame, offload)
  batch.flush()
  expect(peer.writes).toEqual([])
  expect(batch.stats).toMatchObject({ txFrames: 0, ...counters })
})
