import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipv4Frame, naiveChecksum, u16 } from '../../test/support/frames.ts'
import { emitted, hex } from '../../test/support/hex.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, type Ipv4Fields, parseIpv4Header, setIpv4HeaderChecksum } from './ipv4.ts'
import { type Ipv4Address, ipv4 } from './ipv4-address.ts'

// The header that RFC 1071's readers all know: checksum b861.
const HEADER = hex(`
  45 00 0073       # version 4, 5 words, total length 115
  0000 4000        # identification, DF
  40 11 b861       # TTL 64, UDP, checksum
  c0a80001 c0a800c7
`)
const FIELDS: Ipv4Fields = {
  tos: 0,
  identification: 0,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 64,
  protocol: 17,
  source: ipv4('192.168.0.1'),
  destination: ipv4('192.168.0.199'),
}
const packet = Uint8Array.from([...HEADER, ...new Array(95).fill(7)])
const emit = (fields: Ipv4Fields, payloadLen: number) =>
  emitted(IPV4_HEADER_LEN, (bytes, offset) => emitIpv4Header(bytes, offset, fields, payloadLen))

test('bytes to value and back', () => {
  expect(parseIpv4Header(packet, 0, packet.length)).toEqual({ ...FIELDS, payloadStart: 20, payloadEnd: 115 })
  expect(emit(FIELDS, 95)).toEqual(HEADER)
})

test('options are stepped over, Ethernet padding is not payload', () => {
  const frame = ipv4Frame(17, [1, 2, 3], { ipOptions: [...hex('94040000 01010100')], padding: [9, 9, 9, 9] })
  expect(parseIpv4Header(frame, 14, frame.length)).toMatchObject({ payloadStart: 14 + 28, payloadEnd: 14 + 31 })
})

test('fragment fields', () => {
  const frame = ipv4Frame(17, new Array(16).fill(0), { fragment: 0x2003 })
  expect(parseIpv4Header(frame, 14, frame.length)).toMatchObject({
    dontFragment: false,
    moreFragments: true,
    fragmentOffset: 24,
  })
})

describe('malformed headers are undefined', () => {
  /** With a checksum that is right, so that only the field in question is wrong. */
  const changed = (at: number, ...values: number[]): Uint8Array => {
    const bytes = packet.slice()
    bytes.set(values, at)
    bytes.set([0, 0], 10)
    bytes.set(u16(naiveChecksum(bytes.subarray(0, Math.max(20, (bytes[0]! & 15) * 4)))), 10)
    return bytes
  }
  test('the helper keeps a good packet good', () => {
    expect(parseIpv4Header(changed(8, 63), 0, 115)).toMatchObject({ ttl: 63 })
  })
  test.each([
    ['version 6', changed(0, 0x65)],
    ['a header of 4 words', changed(0, 0x44)],
    ['a total length below the header', changed(2, 0, 19)],
    ['a header with options past the total length', changed(0, 0x46, 0, 0, 20)],
    ['a total length past the bytes', changed(2, 0, 116)],
    ['a fragment that ends past the longest packet', changed(6, 0x1f, 0xff)],
  ])('%s', (_name, bytes) => {
    expect(parseIpv4Header(bytes, 0, bytes.length)).toBeUndefined()
  })

  test('one wrong bit anywhere in the header', () => {
    for (let bit = 0; bit < 160; bit += 1) {
      const bytes = packet.slice()
      bytes[bit >>> 3]! ^= 0x80 >>> (bit & 7)
      expect(parseIpv4Header(bytes, 0, bytes.length), `bit ${bit}`).toBeUndefined()
    }
  })

  test('every cut', () => {
    for (let end = 0; end < packet.length; end += 1) expect(parseIpv4Header(packet, 0, end)).toBeUndefined()
  })
})

test('round trip', () => {
  const address = fc.nat({ max: 0xffff_ffff }).map((value) => value as Ipv4Address)
  const fields: fc.Arbitrary<Ipv4Fields> = fc.record({
    tos: fc.nat({ max: 255 }),
    identification: fc.nat({ max: 0xffff }),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat({ max: 8000 }).map((units) => units * 8),
    ttl: fc.nat({ max: 255 }),
    protocol: fc.nat({ max: 255 }),
    source: address,
    destination: address,
  })
  fc.assert(
    fc.property(fields, fc.nat({ max: 1000 }), (value, payloadLen) => {
      const bytes = Uint8Array.from([...emit(value, payloadLen), ...new Array(payloadLen).fill(0)])
      expect(naiveChecksum(bytes.subarray(0, 20))).toBe(0)
      expect(parseIpv4Header(bytes, 0, bytes.length)).toEqual({
        ...value,
        payloadStart: 20,
        payloadEnd: 20 + payloadLen,
      })
    }),
  )
})

test('the checksum is made anew after a change', () => {
  const bytes = HEADER.slice()
  bytes[8] = 63
  setIpv4HeaderChecksum(bytes, 0)
  expect(naiveChecksum(bytes)).toBe(0)
})
