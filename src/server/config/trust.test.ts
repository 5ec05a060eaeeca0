import { expect, test } from 'vitest'
import { hex } from '../../../test/support/hex.ts'
import { readVectors } from '../../../test/support/pack-vectors.ts'
import type { SettingIssue } from './settings-check.ts'
import { authoritiesSection, sourceListSection } from './trust.ts'

const DEFAULTS = { wallClock: () => 0, random: () => 0, domainName: '' }
const DER = hex((readVectors('certificates') as { authority: string }).authority)
const BASE64 = Buffer.from(DER).toString('base64')

test('authorities are kept as they were given', () => {
  const issues: SettingIssue[] = []
  const parsed = authoritiesSection.parse([BASE64], 'authorities', DEFAULTS, issues)
  expect(issues).toEqual([])
  expect(parsed).toEqual([DER])
  expect(authoritiesSection.format(parsed!)).toEqual([BASE64])
})

test('the rules about sources are put in their order, and written without a mask of one address', () => {
  const issues: SettingIssue[] = []
  const later = { priority: 20, deny: true, address: '0.0.0.0', mask: '0.0.0.0' }
  const earlier = { priority: 10, deny: false, address: '192.0.2.1' }
  const parsed = sourceListSection.parse([later, earlier], 'sourceList', DEFAULTS, issues)
  expect(issues).toEqual([])
  expect(sourceListSection.format(parsed!)).toEqual([earlier, later])
})

test.each([
  [authoritiesSection, ['AAAA'], 'x.0', 'a certificate (DER) in base64'],
  [authoritiesSection, {}, 'x', 'a list of at most 256'],
  [authoritiesSection, new Array(257).fill(BASE64), 'x', 'a list of at most 256'],
  [
    sourceListSection,
    [{ priority: -1, deny: true, address: '1.2.3.4' }],
    'x.0.priority',
    'a whole number from 0 to 4294967295',
  ],
  [sourceListSection, [{ priority: 1, deny: true }], 'x.0.address', 'an IPv4 address such as 192.168.30.1'],
  [sourceListSection, new Array(4097).fill({}), 'x', 'a list of at most 4096'],
])('refused: %#', (section, json, path, allowed) => {
  const issues: SettingIssue[] = []
  expect(section.parse(json, 'x', DEFAULTS, issues)).toBeUndefined()
  expect(issues).toMatchObject([{ path, allowed }])
})
