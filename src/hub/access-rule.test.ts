// What is allowed in a rule of the access list.

import { describe, expect, test } from 'vitest'
import { type AccessRule, checkAccessRule, DEFAULT_ACCESS_RULE } from './access-rule.ts'

const rule = (fields: Partial<AccessRule>): AccessRule => ({ ...DEFAULT_ACCESS_RULE, ...fields })

describe('a rule', () => {
  test.each([
    ['the default', {}],
    ['a port alone', { srcPortStart: 80 }],
    ['a range', { destPortStart: 80, destPortEnd: 80 }],
    ['a group', { srcUsername: 'staff' }],
    ['loss', { loss: 100 }],
  ])('is right: %s', (_name, fields) => {
    expect(checkAccessRule(rule(fields))).toEqual([])
  })

  test.each([
    ['priority', { priority: 0 }, 'a whole number from 1 to 4294967295', '0'],
    ['protocol', { protocol: 256 }, 'a whole number from 0 to 255', '256'],
    ['destPortStart', { destPortStart: 65_536 }, 'a whole number from 0 to 65535', '65536'],
    ['destPortEnd', { destPortStart: 90, destPortEnd: 80 }, 'at least destPortStart', '80'],
    ['srcPortEnd', { srcPortStart: 90, srcPortEnd: 80 }, 'at least srcPortStart', '80'],
    ['loss', { loss: 101 }, 'a whole number from 0 to 100', '101'],
    ['delay', { delay: 1 }, '0: this hub passes frames on at once and delays none', '1'],
    ['jitter', { jitter: 1 }, '0: this hub passes frames on at once and delays none', '1'],
    [
      'srcUsername',
      { srcUsername: 'include:f' },
      'the name of one user or group, not of a file of users',
      '"include:f"',
    ],
  ] as const)('is refused for its %s', (field, fields, allowed, actual) => {
    expect(checkAccessRule(rule(fields))).toEqual([{ field, allowed, actual }])
  })

  test('that would redirect is refused', () => {
    expect(checkAccessRule(rule({ redirectUrl: 'http://x/' })).map(({ field }) => field)).toEqual(['redirectUrl'])
  })
})
