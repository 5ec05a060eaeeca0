import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import { inOrderOfPriority, isSourceDenied, type SourceRule } from './source-list.ts'

const rule = (priority: number, deny: boolean, address: string, mask = '255.255.255.255'): SourceRule => ({
  priority,
  deny,
  address: ipv4(address),
  mask: ipv4(mask),
})

const RULES = inOrderOfPriority([
  rule(30, true, '0.0.0.0', '0.0.0.0'),
  rule(20, true, '10.1.2.3'),
  rule(20, false, '10.1.2.3'),
  rule(10, true, '10.1.9.0', '255.255.255.0'),
  rule(25, false, '10.1.0.0', '255.255.0.0'),
])

test.each([
  ['10.1.5.5', false],
  ['10.1.9.5', true],
  ['10.1.2.3', false],
  ['192.0.2.1', true],
  ['::ffff:192.0.2.1', true],
  ['::FFFF:10.1.5.5', false],
  ['2001:db8::1', false],
])('%s is kept out: %s', (source, expected) => {
  expect(isSourceDenied(RULES, source)).toBe(expected)
})

test('without a rule that matches everybody may come in', () => {
  expect(isSourceDenied([], '192.0.2.1')).toBe(false)
  expect(isSourceDenied([rule(1, true, '192.0.2.1')], '192.0.2.2')).toBe(false)
})
