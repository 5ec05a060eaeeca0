import { describe, expect, test } from 'vitest'
import { splitPointsSuite } from '../../test/support/split-points.ts'
import { withLength } from '../../test/support/stream-framing.ts'
import { FRAME_LEN_MAX, FrameReader } from './framing.ts'

describe('length-prefixed frames survive any split', () => {
  splitPointsSuite({
    encode: (frames) => Buffer.concat(frames.map(withLength)),
    reader: (frame) => new FrameReader(frame),
  })
})

test('frames that lie whole in a chunk are views into it, not copies', () => {
  const chunk = Buffer.concat([withLength(new Uint8Array(60)), withLength(new Uint8Array(61))])
  const buffers: ArrayBufferLike[] = []
  new FrameReader((frame) => buffers.push(frame.buffer)).push(chunk)
  expect(buffers).toEqual([chunk.buffer, chunk.buffer])
})

test('the longest frame passes, also byte by byte around its border', () => {
  const frame = new Uint8Array(FRAME_LEN_MAX).fill(7)
  const stream = withLength(frame)
  let got = 0
  const reader = new FrameReader((view) => {
    got = view.length
  })
  for (let at = 0; at < stream.length; at += 1000) expect(reader.push(stream.subarray(at, at + 1000))).toBe(true)
  expect(got).toBe(FRAME_LEN_MAX)
  expect(reader.pendingBytes).toBe(0)
})

test('a longer one ends the stream, whether its length arrives whole or in pieces, and nothing behind it is read', () => {
  for (const cut of [0, 1, 2, 3, 4, 5]) {
    const got: number[] = []
    const reader = new FrameReader((frame) => got.push(frame.length))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(FRAME_LEN_MAX + 1)
    const stream = Buffer.concat([withLength(new Uint8Array(60)), length, withLength(new Uint8Array(61))])
    const at = 64 + cut
    const results = [reader.push(stream.subarray(0, at)), reader.push(stream.subarray(at))]
    expect(results.at(-1), `cut ${cut}`).toBe(false)
    expect(reader.push(withLength(new Uint8Array(60)))).toBe(false)
    expect(got, `cut ${cut}`).toEqual([60])
  }
})

test('an impossible length costs no memory: nothing is set aside for it', () => {
  const reader = new FrameReader(() => undefined)
  expect(reader.push(Uint8Array.of(0xff, 0xff, 0xff))).toBe(true)
  expect(reader.push(Uint8Array.of(0xff))).toBe(false)
})

test('an empty frame is handed on: the hub counts it as too short', () => {
  const got: number[] = []
  new FrameReader((frame) => got.push(frame.length)).push(new Uint8Array(4))
  expect(got).toEqual([0])
})
