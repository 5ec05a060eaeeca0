import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../test/support/random.ts'
import { AnswerRing, KeptAnswer } from './answer-ring.ts'

const MAX = 128 * 1024

function made(key: number, length: number, ttls: readonly number[] = []): KeptAnswer {
  const answer = new KeptAnswer()
  answer.key = key
  answer.bytes = Uint8Array.from({ length: length + 3 }, (_, index) => key + index)
  answer.start = 3
  answer.length = length
  answer.ttlAt = Uint16Array.from([0, ...ttls])
  answer.ttlStart = 1
  answer.ttlCount = ttls.length
  return answer
}

function read(ring: AnswerRing, key: number) {
  const at = ring.find(key)
  if (at < 0) return undefined
  const into = new KeptAnswer()
  ring.read(at, into)
  const { bytes, start, length, ttlAt, ttlStart, ttlCount, ...rest } = into
  const message = [...bytes.subarray(start, start + length)]
  return { ...rest, message, ttls: [...ttlAt.subarray(ttlStart, ttlStart + ttlCount)] }
}

describe('what was put in comes out', () => {
  test('all that belongs to an answer', () => {
    const ring = new AnswerRing(MAX, () => {})
    const extremes = { key: 0xffff_fffe, bits: 0x131, questionLen: 259, additionalCount: 0xffff, rcodeHigh: 0xff }
    const times = { storedAt: 5_000_000_000.25, seconds: 86_400 }
    const ttls = Array.from({ length: 4096 }, (_, index) => 65_535 - index)
    ring.put(Object.assign(made(1, 65_535, ttls), extremes, times))
    const message = Array.from({ length: 65_535 }, (_, index) => (1 + 3 + index) & 255)
    expect(read(ring, 0xffff_fffe)).toEqual({ hasOpt: false, ...extremes, ...times, message, ttls })
    expect(ring.find(1)).toBe(-1)
  })

  test('entries of the same list of keys', () => {
    const ring = new AnswerRing(MAX, () => {})
    for (const key of [1, 1 + 0x10000, 1 + 0x20000]) ring.put(made(key, 20))
    ring.remove(ring.find(1 + 0x10000))
    expect([1, 1 + 0x10000, 1 + 0x20000].map((key) => read(ring, key)?.message.length)).toEqual([20, undefined, 20])
    expect(ring.size).toBe(2)
    ring.clear()
    expect([ring.size, ring.bytes, ring.find(1)]).toEqual([0, 0, -1])
  })
})

describe('room', () => {
  test('nothing is forgotten before the memory is full, then the oldest', () => {
    const evicted: number[] = []
    let key = 0
    const ring = new AnswerRing(MAX, () => evicted.push(key))
    while (evicted.length === 0) ring.put(made(++key, 984))
    // Entries of 1,024 bytes.
    expect(key).toBe(129)
    expect(ring.find(1)).toBe(-1)
    expect(ring.find(2)).toBeGreaterThanOrEqual(0)
    expect(ring.bytes).toBe(MAX)
  })

  test('one that is used stays when its turn comes, once', () => {
    const ring = new AnswerRing(MAX, () => {})
    ring.put(made(1, 984))
    ring.use(ring.find(1))
    for (let key = 2; key < 200; key++) ring.put(made(key, 984))
    expect([read(ring, 1)?.message, ring.find(2)]).toEqual([[...made(1, 984).bytes.subarray(3)], -1])
    for (let key = 200; key < 400; key++) ring.put(made(key, 984))
    expect(ring.find(1)).toBe(-1)
  })

  test('what is removed makes room without growing', () => {
    let evicted = 0
    const ring = new AnswerRing(MAX, () => evicted++)
    for (let key = 1; key < 10_000; key++) {
      ring.put(made(key, 500))
      if (key > 20) ring.remove(ring.find(key - 20))
    }
    expect([ring.size, evicted]).toEqual([20, 0])
  })
})

test('any order of calls keeps every entry whole', () => {
  const random = seededRandom(7)
  let evictions = 0
  const ring = new AnswerRing(MAX, () => evictions++)
  let puts = 0
  let removals = 0
  for (let step = 0; step < 4_000; step++) {
    const key = 1 + random.below(300)
    const at = ring.find(key)
    if (at >= 0) {
      const { message, ttls } = read(ring, key)!
      expect(message.every((octet, index) => octet === ((key + 3 + index) & 255))).toBe(true)
      expect(ttls).toEqual(ttls.map(() => key))
      if (random.chance(0.5)) ring.use(at)
      else {
        ring.remove(at)
        removals++
      }
    } else {
      const long = random.chance(0.05) ? 12_000 : 600
      ring.put(made(key, random.below(long), new Array<number>(random.below(5)).fill(key)))
      puts++
    }
    expect(ring.size).toBe(puts - removals - evictions)
  }
  expect(evictions).toBeGreaterThan(20)
})
