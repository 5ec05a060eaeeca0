// Against one growing array: whatever is appended, read into place, released and looked for, the bytes are the same.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patternBytes } from '../../test/support/random.ts'
import { ChunkPool, HEADROOM, LARGE_CHUNK, SMALL_CHUNK } from './chunk-pool.ts'
import { SendBuffer } from './send-buffer.ts'

const size = fc.oneof(fc.nat({ max: 3000 }), fc.integer({ min: 10_000, max: 70_000 }))
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ append: size }) },
  { weight: 3, arbitrary: fc.record({ read: size, limit: fc.integer({ min: 1000, max: 65_483 }) }) },
  { weight: 3, arbitrary: fc.record({ release: fc.nat({ max: 1000 }) }) },
  { weight: 4, arbitrary: fc.record({ find: fc.nat({ max: 999 }), limit: fc.integer({ min: 1, max: 65_483 }) }) },
)

test.each([536, 1448, 9000, 65_468])('the naive twin agrees, mss %i', (mss) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const pool = new ChunkPool()
      const buffer = new SendBuffer(pool, mss)
      let naive = Buffer.alloc(0)
      let position = 0
      for (const it of steps) {
        if ('append' in it || 'read' in it) {
          const bytes = patternBytes('append' in it ? it.append : it.read, position)
          position += bytes.length
          if ('append' in it) buffer.append(bytes)
          else {
            for (let at = 0; at < bytes.length; ) {
              const target = buffer.readBuffer(it.limit)
              expect(target.length).toBeGreaterThan(0)
              expect(target.length).toBeLessThanOrEqual(Math.max(it.limit, 1))
              const n = Math.min(target.length, bytes.length - at)
              target.set(bytes.subarray(at, at + n))
              buffer.append(target.subarray(0, n))
              at += n
            }
          }
          naive = Buffer.concat([naive, bytes])
        } else if ('release' in it) {
          const n = Math.floor((naive.length * it.release) / 1000)
          buffer.release(n)
          naive = naive.subarray(n)
        } else if (naive.length > 0) {
          const offset = Math.floor((naive.length * it.find) / 1000)
          buffer.find(offset, it.limit)
          const { pieceChunk, pieceStart, pieceLength } = buffer
          expect(pieceLength).toBeGreaterThan(0)
          expect(pieceLength).toBeLessThanOrEqual(it.limit)
          expect(pieceStart).toBeGreaterThanOrEqual(HEADROOM)
          const piece = pieceChunk!.bytes.subarray(pieceStart, pieceStart + pieceLength)
          expect(naive.subarray(offset, offset + pieceLength).equals(piece)).toBe(true)
        }
        expect(buffer.length).toBe(naive.length)
      }
      buffer.clear()
      expect(pool.stats).toEqual({ chunksInUse: 0, bytesInUse: 0 })
    }),
    { numRuns: 40 },
  )
})

describe('chunks', () => {
  test('little data takes a small chunk, much a large one; released bytes give theirs back', () => {
    const pool = new ChunkPool()
    const buffer = new SendBuffer(pool, 1448)
    buffer.append(patternBytes(100))
    expect(pool.stats).toEqual({ chunksInUse: 1, bytesInUse: HEADROOM + SMALL_CHUNK })
    buffer.append(patternBytes(30_000))
    expect(pool.stats).toEqual({ chunksInUse: 2, bytesInUse: 2 * HEADROOM + SMALL_CHUNK + LARGE_CHUNK })
    buffer.release(SMALL_CHUNK)
    expect(pool.stats.chunksInUse).toBe(1)
    buffer.release(buffer.length)
    expect(pool.stats).toEqual({ chunksInUse: 0, bytesInUse: 0 })
  })

  test('a large chunk is filled to whole segments, so that pieces do not end inside one', () => {
    const buffer = new SendBuffer(new ChunkPool(), 1448)
    buffer.append(patternBytes(200_000))
    for (let offset = 0; offset + LARGE_CHUNK < 200_000; offset += buffer.pieceLength) {
      buffer.find(offset, 1_000_000)
      expect(buffer.pieceLength % 1448).toBe(0)
    }
  })
})
