import { expect, test } from 'vitest'
import { ChunkPool, HEADROOM, LARGE_CHUNK, SMALL_CHUNK } from './chunk-pool.ts'

test('a chunk that was given back is used again, empty', () => {
  const pool = new ChunkPool()
  const chunk = pool.take(true)
  chunk.start += 10
  chunk.end += 1000
  pool.release(chunk)
  const again = pool.take(true)
  expect(again === chunk).toBe(true)
  expect([again.start, again.end]).toEqual([HEADROOM, HEADROOM])
  expect(pool.take(true) === chunk).toBe(false)
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
  expect(pool.take(false) === small).toBe(true)
})

test('each has a buffer of its own, which nothing else pins', () => {
  const pool = new ChunkPool()
  const [a, b] = [pool.take(false), pool.take(false)]
  expect(a.bytes.buffer === b.bytes.buffer).toBe(false)
  expect(pool.take(false).bytes.byteOffset).toBe(0)
})

test('the chunk on loan is nobody’s until it is taken', () => {
  const pool = new ChunkPool()
  const { loan } = pool
  expect(pool.loan === loan).toBe(true)
  expect(pool.stats.chunksInUse).toBe(0)
  expect(pool.take(true) === loan).toBe(false)
  pool.takeLoan()
  expect(pool.stats.chunksInUse).toBe(2)
  expect(pool.loan === loan).toBe(false)
})
