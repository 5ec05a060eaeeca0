import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

const taken = (bucket: TokenBucket, amount: number, now: number): number => {
  let count = 0
  while (bucket.take(amount, now)) count++
  return count
}

test('a burst is there at the beginning, whatever the clock says, and then so much a second', () => {
  const bucket = new TokenBucket(10, 5)
  expect(taken(bucket, 1, 1e9)).toBe(5)
  expect(taken(bucket, 1, 1e9)).toBe(0)
  expect(taken(bucket, 1, 1e9 + 300)).toBe(3)
})

test('no more than the burst is kept, however long nothing is taken', () => {
  const bucket = new TokenBucket(10, 5)
  taken(bucket, 1, 0)
  expect(taken(bucket, 1, 60_000)).toBe(5)
})

test('what is larger than what is left goes, and is paid for before anything else does', () => {
  const bucket = new TokenBucket(1000, 100)
  expect(bucket.take(64_000, 0)).toBe(true)
  expect(bucket.take(1, 63_000)).toBe(false)
  expect(bucket.take(1, 63_901)).toBe(true)
})

test('asking spends nothing, and a clock that stands or goes back earns nothing', () => {
  const bucket = new TokenBucket(1000, 1)
  expect([bucket.has(50), bucket.has(50)]).toEqual([true, true])
  bucket.spend(1)
  expect([bucket.has(50), bucket.has(40), bucket.has(51)]).toEqual([false, false, true])
})
