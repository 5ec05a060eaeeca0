import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import {
  broadcastOf,
  formatIpv4,
  getIpv4,
  type Ipv4Address,
  inSubnet,
  ipv4,
  isLoopbackIpv4,
  isMulticastIpv4,
  isReservedIpv4,
  isThisNetworkIpv4,
  maskOf,
  networkOf,
  parseIpv4,
  prefixLength,
  setIpv4,
} from './ipv4-address.ts'

const anyAddress = fc.nat({ max: 0xffff_ffff }).map((value) => value as Ipv4Address)

test('bytes to value and back', () => {
  expect(getIpv4(hex('a5 c0a81e01'), 1)).toBe(ipv4('192.168.30.1'))
  expect(emitted(4, (bytes, offset) => setIpv4(bytes, offset, ipv4('255.0.128.1')))).toEqual(hex('ff008001'))
})

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.-4',
  '1.2.3.4 ',
  '1.2.3.',
  '0x1.2.3.4',
  '1e1.2.3.4',
])('%j is no address', (text) => {
  expect(parseIpv4(text)).toBeUndefined()
  expect(() => ipv4(text)).toThrow(TypeError)
})

test('round trip through text', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      expect(parseIpv4(formatIpv4(address))).toBe(address)
    }),
  )
})

describe('networks', () => {
  test('every prefix has a mask, and only those masks have a prefix', () => {
    for (let prefix = 0; prefix <= 32; prefix += 1) {
      expect(formatIpv4(maskOf(prefix))).toBe(
        [0, 8, 16, 24].map((bit) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - bit)))).join('.'),
      )
      expect(prefixLength(maskOf(prefix))).toBe(prefix)
    }
    expect(prefixLength(ipv4('255.0.255.0'))).toBeUndefined()
    expect(prefixLength(ipv4('0.0.0.1'))).toBeUndefined()
  })

  test.each([
    ['192.168.30.77', 24, '192.168.30.0', '192.168.30.255'],
    ['192.168.30.77', 0, '0.0.0.0', '255.255.255.255'],
    ['192.168.30.77', 32, '192.168.30.77', '192.168.30.77'],
    ['10.1.2.3', 9, '10.0.0.0', '10.127.255.255'],
  ])('%s/%i: %s to %s', (address, prefix, first, last) => {
    const mask = maskOf(prefix)
    expect(formatIpv4(networkOf(ipv4(address), mask))).toBe(first)
    expect(formatIpv4(broadcastOf(ipv4(address), mask))).toBe(last)
  })

  test('an address is in a subnet exactly when it lies between its ends', () => {
    fc.assert(
      fc.property(anyAddress, anyAddress, fc.nat({ max: 32 }), (address, network, prefix) => {
        const mask = maskOf(prefix)
        const isBetween = address >= networkOf(network, mask) && address <= broadcastOf(network, mask)
        expect(inSubnet(address, network, mask)).toBe(isBetween)
      }),
    )
  })
})

test.each([
  [isMulticastIpv4, '224.0.0.0', '239.255.255.255'],
  [isLoopbackIpv4, '127.0.0.0', '127.255.255.255'],
  [isThisNetworkIpv4, '0.0.0.0', '0.255.255.255'],
  [isReservedIpv4, '240.0.0.0', '255.255.255.255'],
])('%o holds from %s to %s and no further', (predicate, first, last) => {
  const [from, to] = [ipv4(first), ipv4(last)]
  expect([predicate(from), predicate(to)]).toEqual([true, true])
  if (from > 0) expect(predicate((from - 1) as Ipv4Address)).toBe(false)
  if (to < 0xffff_ffff) expect(predicate((to + 1) as Ipv4Address)).toBe(false)
})
