import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GUEST, OUTSIDE, udpFrame } from '../../test/support/frames.ts'
import { hex, prefilled } from '../../test/support/hex.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from './udp.ts'

function emit(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const bytes = prefilled(3 + 8 + payload.length + 2)
  bytes.set(payload, 3 + UDP_HEADER_LEN)
  emitUdp(bytes, 3, sourcePort, destinationPort, payload.length, GUEST, OUTSIDE)
  expect([...bytes.subarray(0, 3), ...bytes.subarray(-2)]).toEqual([0xa5, 0xa5, 0xa5, 0xa5, 0xa5])
  return bytes.slice(3, -2)
}

const isRight = (bytes: Uint8Array): boolean =>
  isUdpChecksumRight(bytes, 0, parseUdp(bytes, 0, bytes.length)!, GUEST, OUTSIDE)

const DATAGRAM = udpFrame([1, 2, 3]).slice(34)

test('bytes to value and back, odd length', () => {
  expect(DATAGRAM.subarray(0, 6)).toEqual(hex('a028 0035 000b'))
  expect(parseUdp(DATAGRAM, 0, DATAGRAM.length)).toMatchObject({
    sourcePort: 41000,
    destinationPort: 53,
    payloadStart: 8,
    payloadEnd: 11,
  })
  expect(emit(41000, 53, Uint8Array.of(1, 2, 3))).toEqual(DATAGRAM)
})

test('bytes behind the length are not payload', () => {
  const longer = Uint8Array.from([...DATAGRAM, 9, 9])
  expect(parseUdp(longer, 0, longer.length)?.payloadEnd).toBe(11)
  expect(isRight(longer)).toBe(true)
})

describe('malformed datagrams are undefined', () => {
  test.each([
    ['a length below the header', 7],
    ['a length past the bytes', 12],
  ])('%s', (_name, length) => {
    const bytes = DATAGRAM.slice()
    bytes[5] = length
    expect(parseUdp(bytes, 0, bytes.length)).toBeUndefined()
  })
  test('every cut', () => {
    for (let end = 0; end < DATAGRAM.length; end += 1) expect(parseUdp(DATAGRAM, 0, end)).toBeUndefined()
  })
})

describe('checksum', () => {
  test('any wrong bit outside of the length shows', () => {
    for (let bit = 0; bit < DATAGRAM.length * 8; bit += 1) {
      if (bit >>> 4 === 2) continue
      const bytes = DATAGRAM.slice()
      bytes[bit >>> 3]! ^= 1 << (bit & 7)
      expect(isRight(bytes), `bit ${bit}`).toBe(false)
    }
  })

  test('a datagram without checksum passes', () => {
    const bytes = DATAGRAM.slice()
    bytes.set([0, 0, 99], 6)
    expect(isRight(bytes)).toBe(true)
  })

  test('a checksum of zero is sent as 0xffff, and passes', () => {
    // The payload is the checksum of the same datagram with payload 0: together they sum to zero.
    const bytes = emit(1, 2, emit(1, 2, Uint8Array.of(0, 0)).slice(6, 8))
    expect(bytes.subarray(6, 8)).toEqual(hex('ffff'))
    expect(isRight(bytes)).toBe(true)
  })
})

test('round trip', () => {
  const port = fc.nat({ max: 0xffff })
  fc.assert(
    fc.property(port, port, fc.uint8Array({ maxLength: 200 }), (sourcePort, destinationPort, payload) => {
      const bytes = emit(sourcePort, destinationPort, payload)
      expect(bytes).toEqual(udpFrame([...payload], { sourcePort, destinationPort }).slice(34))
      const header = parseUdp(bytes, 0, bytes.length)!
      expect(header).toMatchObject({ sourcePort, destinationPort })
      expect(bytes.subarray(header.payloadStart, header.payloadEnd)).toEqual(payload)
      expect(isRight(bytes)).toBe(true)
    }),
  )
})
