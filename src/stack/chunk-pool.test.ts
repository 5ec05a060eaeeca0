import { expect, test } from 'vitest'
import { ChunkPool, HEADROOM, LARGE_CHUNK, SMALL_CHUNK } from './chunk-pool.ts'

test('a chunk that was given back is used again, empty', () => {
  const pool = new ChunkPool()
  const chunk = pool.take(true)
  chunk.start += 10
  chunk.end += 1000
  pool.release(chunk)
  const again = pool.take(true)
  expect(again).toBe(chunk)
  expect([again.start, again.end]).toEqual([HEADROOM, HEADROOM])
  expect(pool.take(true)).not.toBe(chunk)
})

test('two sizes, counted by their memory', () => {
  const pool = new ChunkPool()
  const small = pool.take(false)
  const large = pool.take(true)
  expect(small.bytes).toHaveLength(HEADROOM + SMALL_CHUNK)
  expect(large.bytes).toHaveLength(HEADROOM + LARGE_CHUNK)
  expect(pool.stats).toEqual({ chunksInUse: 2, bytesInUse: 2 * HEADROOM + SMALL_CHUNK + LARGE_CHUNK })
  pool.release(small)
  pool.release(large)
  expect(pool.stats).toEqual({ chunksInUse: 0, bytesInUse: 0 })
  expect(pool.take(false)).toBe(small)
})

test('each has a buffer of its own, which nothing else pins', () => {
  const pool = new ChunkPool()
  expect(pool.take(false).bytes.buffer).not.toBe(pool.take(false).bytes.buffer)
  expect(pool.take(false).bytes.byteOffset).toBe(0)
})

test('the chunk on loan is nobody’s until it is taken', () => {
  const pool = new ChunkPool()
  const { loan } = pool
  expect(pool.loan).toBe(loan)
  expect(pool.stats.chunksInUse).toBe(0)
  expect(pool.take(true)).not.toBe(loan)
  pool.takeLoan()
  expect(pool.stats.chunksInUse).toBe(2)
  expect(pool.loan).not.toBe(loan)
})
