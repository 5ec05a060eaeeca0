import { describe, expect, test } from 'vitest'
import { dnsAnswer, dnsQuery } from '../../../test/support/dns.ts'
import { AnswerScan, QueryScan, scanAnswer, scanQuery } from '../../wire/dns-scan.ts'
import { CACHE_BYTES_MAX, CACHED_NEGATIVE_SECONDS_MAX, CACHED_SECONDS_MAX, DnsCache } from './cache.ts'

function asked(name: string, seed = 1): QueryScan {
  const bytes = dnsQuery(0, name)
  const query = new QueryScan()
  scanQuery(bytes, 0, bytes.length, seed, query)
  return query
}

function store(cache: DnsCache, query: QueryScan, answer: Uint8Array, now = 0) {
  const scan = new AnswerScan()
  expect(scanAnswer(answer, query.questionEnd, answer.length, query.type, scan)).toBe(true)
  return cache.store(query, answer, scan, now)
}

describe('how long', () => {
  test.each([
    ['an answer a day at most', ['10.0.0.1'], { ttl: 1_000_000 }, CACHED_SECONDS_MAX],
    [
      'an absence three hours at most',
      [],
      { rcode: 3, soa: [1_000_000, 1_000_000] as const },
      CACHED_NEGATIVE_SECONDS_MAX,
    ],
  ])('%s', (_what, values, options, seconds) => {
    const cache = new DnsCache(10)
    const query = asked('a.b')
    store(cache, query, dnsAnswer(query.bytes, values, options))
    expect(cache.find(query, seconds * 1000 - 1)).toBeDefined()
    expect(cache.find(query, seconds * 1000)).toBeUndefined()
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })
})

describe('how much', () => {
  test('bytes, whatever the number of entries', () => {
    const cache = new DnsCache(100_000)
    const values = Array.from({ length: 3000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    for (let index = 0; index < 200; index++) {
      const query = asked(`n${index}.b`)
      store(cache, query, dnsAnswer(query.bytes, values))
      expect(cache.bytes).toBeLessThanOrEqual(CACHE_BYTES_MAX)
    }
    expect(cache.stats.evicted).toBeGreaterThan(0)
    expect(cache.find(asked('n199.b'), 0)).toBeDefined()
    cache.clear()
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  test('fewer entries by a new setting: the unused ones go first', () => {
    const cache = new DnsCache(3)
    for (const name of ['a', 'b', 'c']) store(cache, asked(name), dnsAnswer(asked(name).bytes, ['10.0.0.1']))
    cache.find(asked('a'), 0)
    cache.configure(1)
    expect(cache.find(asked('a'), 0)).toBeDefined()
    expect(cache.size).toBe(1)
    cache.configure(0)
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })
})

test('of two questions with one hash the newer is kept, and neither gets the answer of the other', () => {
  const cache = new DnsCache(10)
  const [one, two] = [asked('one.b'), asked('two.b')]
  two.hash = one.hash
  store(cache, one, dnsAnswer(one.bytes, ['10.0.0.1']))
  expect(cache.find(two, 0)).toBeUndefined()
  store(cache, two, dnsAnswer(two.bytes, ['10.0.0.2']))
  expect(cache.find(one, 0)).toBeUndefined()
  expect(cache.find(two, 0)).toBeDefined()
  expect(cache.size).toBe(1)
})
