// Texts of RFC 4291 and RFC 5952, and what is none.

import { describe, expect, test } from 'vitest'
import { formatIpv6, parseIpv6 } from './ipv6-address.ts'

describe('IPv6 addresses', () => {
  test.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
  ])('%s', (text, canonical) => {
    expect(formatIpv6(parseIpv6(text)!)).toBe(canonical)
  })

  test.each(['', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7::8'])(
    '"%s" is none',
    (text) => {
      expect(parseIpv6(text)).toBeUndefined()
    },
  )
})
