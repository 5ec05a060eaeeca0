import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tcpFrame } from '../../test/support/frames.ts'
import { hex } from '../../test/support/hex.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { splitPointsSuite } from '../../test/support/split-points.ts'
import { WriteBatch } from '../link/write-batch.ts'
import { COMPLETE, superFrame } from '../wire/offload.ts'
import { deflateBlock, inflateBlock } from './block-compression.ts'
import {
  BATCH_BLOCKS_MAX,
  BLOCK_FRAMING,
  BLOCK_LEN_MAX,
  BlockReader,
  emitKeepAlive,
  KEEP_ALIVE_LEN_MAX,
} from './block-stream.ts'

const vectors = readVectors('tunnel') as {
  samples: { from: string; kind: string; blocks?: string[]; wire: string }[]
  compressed_blocks: { compressed_block: string; plain_frame: string }[]
  synthetic: { description: string; wire: string }[]
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The frames as batches of up to three, with keep-alives between them. */
function encode(frames: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [u32(0xffff_ffff), u32(3), hex('010203'), u32(0)]
  for (let at = 0; at < frames.length; at += 3) {
    const batch = frames.slice(at, at + 3)
    parts.push(u32(batch.length + 1), u32(0), ...batch.flatMap((frame) => [u32(frame.length), frame]))
    parts.push(u32(0xffff_ffff), u32(0))
  }
  return Buffer.concat(parts)
}

function read(bytes: Uint8Array): { frames: string[]; reader: BlockReader; fault: string | undefined } {
  const frames: string[] = []
  const reader = new BlockReader((frame) => frames.push(Buffer.from(frame).toString('hex')))
  return { frames, reader, fault: reader.push(bytes) }
}

describe('blocks survive any split', () => {
  splitPointsSuite({
    // Frames of less than an Ethernet header are not handed out.
    encode: (frames) => encode(frames.map((frame) => Buffer.concat([hex('00112233445566778899aabbccddee'), frame]))),
    reader: (frame) => {
      const reader = new BlockReader((block) => frame(block.subarray(15)))
      return { push: (chunk) => reader.push(chunk) === undefined }
    },
  })
})

describe('recorded tunnels', () => {
  test.each(vectors.samples.map((sample, index) => [index, sample] as const))('sample %i', (_index, sample) => {
    const { frames, reader, fault } = read(hex(sample.wire))
    expect(fault).toBeUndefined()
    expect(frames).toEqual(sample.blocks ?? [])
    expect(reader.stats.rxKeepAlives).toBe(sample.kind === 'keepalive' ? 1 : 0)
  })

  test('batches are written as the original writes them', () => {
    for (const { blocks, wire } of vectors.samples) {
      if (blocks === undefined) continue
      const batch = new WriteBatch(
        (bytes) => {
          expect(Buffer.from(bytes).toString('hex')).toBe(wire)
          return true
        },
        undefined,
        BLOCK_FRAMING,
      )
      for (const block of blocks) batch.add(hex(block), COMPLETE)
      batch.flush()
      expect(batch.queuedBytes).toBe(0)
      expect(batch.stats.txFrames).toBe(blocks.length)
    }
  })

  test('compressed blocks inflate to their frames', () => {
    expect(vectors.compressed_blocks.length).toBeGreaterThan(3)
    for (const { compressed_block: block, plain_frame: frame } of vectors.compressed_blocks) {
      expect(Buffer.from(inflateBlock(hex(block))!).toString('hex')).toBe(frame)
      expect(Buffer.from(inflateBlock(deflateBlock(hex(frame)))!).toString('hex')).toBe(frame)
    }
  })

  test.each(vectors.synthetic.map((row) => [row.description, row.wire]))('%s', (_description, wire) => {
    expect(read(hex(wire))).toMatchObject({ frames: [], fault: undefined })
  })
})

describe('what the original drops', () => {
  const block = (length: number): Uint8Array => Buffer.concat([u32(1), u32(length), Buffer.alloc(length, 7)])

  test.each([
    [1, 0],
    [13, 0],
    [14, 1],
    [1600, 1],
    [1601, 0],
    [BLOCK_LEN_MAX, 0],
  ])('a block of %i bytes hands out %i frames', (length, count) => {
    const { frames, reader, fault } = read(block(length))
    expect(fault).toBeUndefined()
    expect(frames.length).toBe(count)
    expect(reader.stats).toMatchObject({ rxBlocks: 1, droppedLength: 1 - count })
  })

  test('with compression: what does not inflate, or to too much', () => {
    const frames: number[] = []
    const reader = new BlockReader((frame) => frames.push(frame.length), inflateBlock)
    const blocks = [
      deflateSync(Buffer.alloc(1600)),
      deflateSync(Buffer.alloc(1601)),
      deflateSync(Buffer.alloc(5)),
      Buffer.alloc(60, 1),
      gzipSync(Buffer.alloc(60)),
      deflateSync(Buffer.alloc(60)).subarray(0, 5),
    ]
    expect(
      reader.push(Buffer.concat([u32(blocks.length), ...blocks.flatMap((one) => [u32(one.length), one])])),
    ).toBeUndefined()
    expect(frames).toEqual([1600])
    expect(reader.stats).toMatchObject({ rxBlocks: 6, droppedCompression: 4, droppedLength: 1 })
  })
})

describe('what makes the original close the connection', () => {
  test.each([
    ['a block is too long', Buffer.concat([u32(1), u32(BLOCK_LEN_MAX + 1)])],
    ['a keep-alive is too long', Buffer.concat([u32(0xffff_ffff), u32(KEEP_ALIVE_LEN_MAX + 1)])],
    ['too many blocks', u32(BATCH_BLOCKS_MAX + 1)],
  ])('%s', (fault, bytes) => {
    const frames: Uint8Array[] = []
    const reader = new BlockReader((frame) => frames.push(frame))
    expect(reader.push(bytes)).toBe(fault)
    expect(reader.push(Buffer.concat([u32(1), u32(60), Buffer.alloc(60)]))).toBe(fault)
    expect(frames).toEqual([])
  })
})

test('frames that lie whole in a chunk are views into it, not copies', () => {
  const chunk = encode([new Uint8Array(60), new Uint8Array(61)])
  const buffers: ArrayBufferLike[] = []
  new BlockReader((frame) => buffers.push(frame.buffer)).push(chunk)
  expect(buffers).toEqual([chunk.buffer, chunk.buffer])
})

test('only whole blocks and keep-alives are units', () => {
  const { reader } = read(Buffer.concat([u32(2), u32(20), Buffer.alloc(20), u32(20), Buffer.alloc(19)]))
  expect(reader.units).toBe(1)
  reader.push(Buffer.alloc(1))
  expect(reader.units).toBe(2)
})

test('a keep-alive of ours is one, of any length up to the longest', () => {
  for (const length of [0, 1, KEEP_ALIVE_LEN_MAX]) {
    const bytes = emitKeepAlive(() => length)
    expect(bytes.length).toBe(8 + length)
    expect(read(bytes)).toMatchObject({ frames: [], reader: { stats: { rxKeepAlives: 1 } } })
  }
})

test('every chunk of a large batch has its own count', () => {
  const writes: Uint8Array[] = []
  const batch = new WriteBatch((bytes) => writes.push(bytes.slice()) > 0, undefined, BLOCK_FRAMING)
  const payload = Array.from({ length: 60_000 }, (_, index) => index & 255)
  for (let count = 0; count < 8; count += 1) batch.add(tcpFrame(payload), superFrame(1460))
  batch.flush()
  expect(writes.length).toBe(2)
  let frames = 0
  const reader = new BlockReader(() => {
    frames += 1
  })
  for (const bytes of writes) expect(reader.push(bytes)).toBeUndefined()
  expect(frames).toBe(8 * Math.ceil(60_000 / 1460))
  expect(batch.queuedBytes).toBe(0)
})
