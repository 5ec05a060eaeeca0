import fc from 'fast-check'
import { expect, test } from 'vitest'
import { naiveChecksum } from '../../test/support/frames.ts'
import { hex, prefilled } from '../../test/support/hex.ts'
import { emitIcmp, ICMP_ECHO_REQUEST, ICMP_HEADER_LEN, parseIcmp } from './icmpv4.ts'

const ECHO = hex(`
  08 00 4d50   # echo request, checksum
  0007 0002    # identifier, sequence
  a101 a2      # body of odd length
`)
ECHO.set([0, 0], 2)
const CHECKSUM = naiveChecksum(ECHO)
ECHO.set([CHECKSUM >>> 8, CHECKSUM & 255], 2)

/** Emits around a body that lies there already. */
function emit(type: number, code: number, identifier: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = prefilled(3 + 8 + body.length + 2)
  bytes.set(body, 3 + ICMP_HEADER_LEN)
  emitIcmp(bytes, 3, type, code, identifier, sequence, body.length)
  expect([...bytes.subarray(0, 3), ...bytes.subarray(-2)]).toEqual([0xa5, 0xa5, 0xa5, 0xa5, 0xa5])
  return bytes.slice(3, -2)
}

test('bytes to value and back', () => {
  expect(parseIcmp(ECHO, 0, ECHO.length)).toEqual({
    type: ICMP_ECHO_REQUEST,
    code: 0,
    identifier: 7,
    sequence: 2,
    bodyStart: 8,
    bodyEnd: 11,
  })
  expect(emit(8, 0, 7, 2, ECHO.subarray(8))).toEqual(ECHO)
})

test('every wrong bit, and every cut, is undefined', () => {
  for (let bit = 0; bit < ECHO.length * 8; bit += 1) {
    const bytes = ECHO.slice()
    bytes[bit >>> 3]! ^= 1 << (bit & 7)
    expect(parseIcmp(bytes, 0, bytes.length), `bit ${bit}`).toBeUndefined()
  }
  for (let end = 0; end < ECHO.length; end += 1) expect(parseIcmp(ECHO, 0, end)).toBeUndefined()
})

test('round trip', () => {
  const half = fc.nat({ max: 0xffff })
  const octet = fc.nat({ max: 255 })
  fc.assert(
    fc.property(
      octet,
      octet,
      half,
      half,
      fc.uint8Array({ maxLength: 100 }),
      (type, code, identifier, sequence, body) => {
        const bytes = emit(type, code, identifier, sequence, body)
        expect(parseIcmp(bytes, 0, bytes.length)).toMatchObject({ type, code, identifier, sequence })
        expect(bytes.subarray(8)).toEqual(body)
      },
    ),
  )
})
