import { expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import { emitPcapHeader, emitPcapRecordHeader, PCAP_HEADER_LEN, PCAP_RECORD_HEADER_LEN } from './pcap.ts'

test('file header, nanoseconds', () => {
  const bytes = emitted(PCAP_HEADER_LEN, (into, offset) => {
    expect(emitPcapHeader(into, offset, 'nanoseconds')).toBe(24)
  })
  expect(bytes).toEqual(
    hex(`
      4d3cb2a1      # magic, little endian
      0200 0400     # version 2.4
      00000000 00000000
      00000400      # snap length 262144
      01000000      # Ethernet
    `),
  )
})

test('file header, microseconds: only the magic differs', () => {
  const bytes = emitted(PCAP_HEADER_LEN, (into, offset) => emitPcapHeader(into, offset, 'microseconds'))
  expect(bytes.subarray(0, 4)).toEqual(hex('d4c3b2a1'))
})

test.each([
  ['nanoseconds', 1_700_000_000_123.25, '00f15365 50a55807'],
  ['microseconds', 1_700_000_000_123.25, '00f15365 72e10100'],
  ['nanoseconds', 0, '00000000 00000000'],
  ['microseconds', 4_294_967_295_999, 'ffffffff 583e0f00'],
] as const)('record header in %s at %d ms', (resolution, epochMs, stamp) => {
  const bytes = emitted(PCAP_RECORD_HEADER_LEN, (into, offset) => {
    expect(emitPcapRecordHeader(into, offset, resolution, epochMs, 96, 65_549)).toBe(16)
  })
  expect(bytes).toEqual(hex(`${stamp} 60000000 0d000100`))
})
