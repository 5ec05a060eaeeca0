import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { encodeDomainSearch, parseDomainSearch } from './dhcp-domain-search.ts'

describe('RFC 3397: the domain search list', () => {
  test('the example of section 3', () => {
    // "eng.apple.com." and "marketing.apple.com.", the second ending in a pointer to "apple.com."
    const bytes = hex('03656e67 056170706c65 03636f6d 00 096d61726b6574696e67 c004')
    expect(encodeDomainSearch(['eng.apple.com', 'marketing.apple.com'])).toEqual(bytes)
    expect(parseDomainSearch(bytes)).toEqual(['eng.apple.com', 'marketing.apple.com'])
  })

  test('a name that is the end of another, in other letters, is a pointer alone', () => {
    expect(encodeDomainSearch(['a.lan', 'LAN'])).toEqual(hex('0161 036c616e 00 c002'))
  })

  test.each(['', '.', 'a..b', 'a.', `${'x'.repeat(64)}.org`, `${'abcdefgh.'.repeat(29)}com`, 'ä.org', '-a', 'a b'])(
    'no domain name: %j',
    (name) => {
      expect(encodeDomainSearch(['example.org', name])).toBeUndefined()
    },
  )

  test.each([
    ['a label past the end', '0361'],
    ['no end', '0161'],
    ['a pointer to itself', 'c000'],
    ['a pointer forwards', 'c002 0000'],
    ['a torn pointer', '016100c0'],
    ['the root', '00'],
    ['a label type that is not defined', '4161 00'],
    ['a name longer than 255 bytes', `${`3f${'61'.repeat(63)}`.repeat(4)}00`],
  ])('%s is refused', (_what, text) => {
    expect(parseDomainSearch(hex(text))).toBeUndefined()
  })

  test('what is written is read again', () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,10}$/)
    const names = fc.array(
      fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(names, (list) => {
        expect(parseDomainSearch(encodeDomainSearch(list)!)).toEqual(list)
      }),
      { numRuns: 50 },
    )
  })
})
