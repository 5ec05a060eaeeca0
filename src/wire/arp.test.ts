import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, type ArpMessage, emitArp, parseArp } from './arp.ts'
import { type Ipv4Address, ipv4 } from './ipv4-address.ts'
import type { MacAddress } from './mac.ts'

const BYTES = hex(`
  0001 0800 06 04  # Ethernet, IPv4, their lengths
  0002             # reply
  00ac8540b550 c0a81e01
  5ef12eef308e c0a81e0a
`)
const VALUE: ArpMessage = {
  operation: ARP_REPLY,
  senderMac: 0x00ac_8540_b550 as MacAddress,
  senderAddress: ipv4('192.168.30.1'),
  targetMac: 0x5ef1_2eef_308e as MacAddress,
  targetAddress: ipv4('192.168.30.10'),
}
const emit = (message: ArpMessage) => emitted(ARP_LEN, (bytes, offset) => emitArp(bytes, offset, message))

test('bytes to value and back', () => {
  expect(parseArp(BYTES, 0, BYTES.length)).toEqual(VALUE)
  expect(emit(VALUE)).toEqual(BYTES)
})

test('at an offset, with Ethernet padding behind', () => {
  const frame = Uint8Array.from([...new Array(14).fill(0xa5), ...BYTES, ...new Array(18).fill(0xa5)])
  expect(parseArp(frame, 14, frame.length)).toEqual(VALUE)
})

test.each([
  ['hardware type', 1, 6],
  ['protocol type', 2, 0x86],
  ['hardware length', 4, 8],
  ['protocol length', 5, 16],
  ['operation', 7, 0],
  ['operation', 7, 3],
  ['operation', 6, 1],
])('another %s (byte %i = %i) is undefined', (_name, at, value) => {
  const bytes = BYTES.slice()
  bytes[at] = value
  expect(parseArp(bytes, 0, bytes.length)).toBeUndefined()
})

test('every cut is undefined', () => {
  for (let end = 0; end < ARP_LEN; end += 1) expect(parseArp(BYTES, 0, end)).toBeUndefined()
})

test('round trip', () => {
  const mac = fc.nat({ max: 0xffff_ffff_ffff }).map((value) => value as MacAddress)
  const address = fc.nat({ max: 0xffff_ffff }).map((value) => value as Ipv4Address)
  const message = fc.record({
    operation: fc.constantFrom(ARP_REQUEST, ARP_REPLY),
    senderMac: mac,
    senderAddress: address,
    targetMac: mac,
    targetAddress: address,
  })
  fc.assert(
    fc.property(message, (value) => {
      expect(parseArp(emit(value), 0, ARP_LEN)).toEqual(value)
    }),
  )
})
