import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import { BROADCAST_MAC, formatMac, getMac, isMulticastMac, type MacAddress, parseMac, setMac, ZERO_MAC } from './mac.ts'

const MAC = 0x00ac_8540_b550 as MacAddress

test('bytes to value and back', () => {
  expect(getMac(hex('a5 00ac8540b550'), 1)).toBe(MAC)
  expect(emitted(6, (bytes, offset) => setMac(bytes, offset, MAC))).toEqual(hex('00ac8540b550'))
})

test.each(['00-AC-85-40-B5-50', '00:ac:85:40:b5:50', '00AC8540B550', '00ac8540b550'])('%s is read', (text) => {
  expect(parseMac(text)).toBe(MAC)
})

test.each([
  '',
  '00-AC-85-40-B5',
  '00-AC-85-40-B5-50-00',
  '00-AC:85-40-B5-50',
  '0-AC-85-40-B5-50',
  '00-AC-85-40-B5-5G',
  ' 00AC8540B550',
  '00AC8540B55',
])('%j is no address', (text) => {
  expect(parseMac(text)).toBeUndefined()
})

test('round trip through text, leading zeros included', () => {
  expect(formatMac(ZERO_MAC)).toBe('00-00-00-00-00-00')
  fc.assert(
    fc.property(fc.nat({ max: BROADCAST_MAC }), (value) => {
      expect(formatMac(value as MacAddress)).toMatch(/^([0-9A-F]{2}-){5}[0-9A-F]{2}$/)
      expect(parseMac(formatMac(value as MacAddress))).toBe(value)
    }),
  )
})

test.each([
  ['FF-FF-FF-FF-FF-FF', true],
  ['01-00-5E-00-00-01', true],
  ['33-33-00-00-00-01', true],
  ['02-00-00-00-00-01', false],
  ['FE-FF-FF-FF-FF-FF', false],
])('%s is a group address: %s', (text, expected) => {
  expect(isMulticastMac(parseMac(text)!)).toBe(expected)
})
