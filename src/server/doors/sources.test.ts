import { describe, expect, test } from 'vitest'
import { SourceCounts, sourceOf } from './sources.ts'

describe('sources', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('%s is of %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })

  test('counts forget who has nothing left', () => {
    const counts = new SourceCounts()
    counts.add('a')
    counts.add('a')
    counts.add('b')
    counts.remove('a')
    expect([counts.of('a'), counts.of('b'), counts.total]).toEqual([1, 1, 2])
    counts.remove('b')
    expect([counts.of('b'), counts.total]).toEqual([0, 1])
  })
})
