import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GUEST, OUTSIDE, tcpFrame } from '../../test/support/frames.ts'
import { emitted, hex, prefilled } from '../../test/support/hex.ts'
import { sumPseudoHeader } from './checksum.ts'
import {
  ACK,
  emitSack,
  emitSynOptions,
  emitTcpHeader,
  emitTimestamps,
  isTcpChecksumRight,
  PSH,
  parseTcp,
  SYN,
  setTcpChecksum,
  setTcpPseudoChecksum,
  TCP_HEADER_LEN,
  TIMESTAMPS_OPTION_LEN,
} from './tcp.ts'

const SEGMENT = hex(`
  a028 0050      # ports 41000, 80
  fffffffe 00000007
  80 18 01f5     # 8 words; ACK, PSH; window 501
  0000 0000      # checksum (unset), urgent pointer
  01 01 080a 00000001 ffffffff  # NOP, NOP, timestamps
  616263
`)
const parse = (bytes: Uint8Array) => parseTcp(bytes, 0, bytes.length)
/** A header with these options, padded to whole words. */
const withOptions = (text: string): Uint8Array => {
  const options = hex(text)
  const words = Math.ceil(options.length / 4)
  const bytes = new Uint8Array(20 + words * 4)
  bytes[12] = (5 + words) << 4
  bytes.set(options, 20)
  return bytes
}

describe('bytes to value and back', () => {
  test('a data segment with timestamps', () => {
    expect(parse(SEGMENT)).toEqual({
      sourcePort: 41000,
      destinationPort: 80,
      seq: -2,
      ack: 7,
      flags: ACK | PSH,
      wnd: 501,
      payloadStart: 32,
      payloadEnd: 35,
      mss: 0,
      windowShift: -1,
      sackPermitted: false,
      hasTimestamps: true,
      tsVal: 1,
      tsEcr: -1,
      sackBlocks: undefined,
    })
    const header = emitted(TCP_HEADER_LEN, (bytes, offset) =>
      emitTcpHeader(bytes, offset, 41000, 80, -2, 7, ACK | PSH, 501, 32),
    )
    expect(header).toEqual(SEGMENT.subarray(0, 20))
    const options = emitted(TIMESTAMPS_OPTION_LEN, (bytes, offset) => emitTimestamps(bytes, offset, 1, -1))
    expect(options).toEqual(SEGMENT.subarray(20, 32))
  })

  test('SACK blocks, as many as are asked for', () => {
    const edges = [1, 2, 3, -1]
    const options = emitted(20, (bytes, offset) => expect(emitSack(bytes, offset, edges, 2)).toBe(20))
    expect(options).toEqual(hex('0101 0512 00000001 00000002 00000003 ffffffff'))
    expect(parse(withOptions('0101 0512 00000001 00000002 00000003 ffffffff'))?.sackBlocks).toEqual(edges)
    expect(emitted(12, (bytes, offset) => emitSack(bytes, offset, edges, 1))).toEqual(
      hex('0101 050a 00000001 00000002'),
    )
  })

  test.each([
    [{ mss: 1460, windowShift: 7, sackPermitted: true }, '020405b4 01030307 01010402'],
    [{ mss: 536, windowShift: -1, sackPermitted: true }, '02040218 01010402'],
    [{ mss: 65495, windowShift: 0, sackPermitted: false }, '0204ffd7 01030300'],
    [{ mss: 22, windowShift: -1, sackPermitted: false }, '02040016'],
  ])('SYN options %j', (value, text) => {
    const length = hex(text).length
    expect(emitted(length, (bytes, offset) => expect(emitSynOptions(bytes, offset, value)).toBe(length))).toEqual(
      hex(text),
    )
    expect(parse(withOptions(text))).toMatchObject(value)
  })
})

describe('options', () => {
  test('in an order nobody else sends, without padding between them', () => {
    expect(parse(withOptions('0402 0303 0e 080a 00000001 00000002 0204 05b4 00'))).toMatchObject({
      mss: 1460,
      windowShift: 14,
      sackPermitted: true,
      hasTimestamps: true,
    })
  })

  test('unknown ones are stepped over (RFC 9293 MUST-6), known ones of another length are not believed', () => {
    expect(parse(withOptions('fd04abcd 1e02 0205 05b400 020405b4'))).toMatchObject({ mss: 1460 })
    expect(parse(withOptions('0403 00 050c 000000010000000200000000'))).toMatchObject({
      sackPermitted: false,
      sackBlocks: undefined,
    })
  })

  test('nothing is read behind End', () => {
    expect(parse(withOptions('00 020405b4'))).toMatchObject({ mss: 0 })
  })
})

describe('malformed segments are undefined', () => {
  test.each([
    ['a data offset of 4', SEGMENT.slice().fill(0x40, 12, 13)],
    ['a data offset past the end', SEGMENT.slice().fill(0x90, 12, 13)],
    ['an option of length 0', withOptions('0200 05b4')],
    ['an option of length 1', withOptions('0201 05b4')],
    ['an option past the header', withOptions('01 0204 05')],
    ['an option kind without length', withOptions('010101 02')],
  ])('%s', (_name, bytes) => {
    expect(parse(bytes)).toBeUndefined()
  })

  test('every cut through the header', () => {
    for (let end = 0; end < 32; end += 1) expect(parseTcp(SEGMENT, 0, end)).toBeUndefined()
    expect(parseTcp(SEGMENT, 0, 32)).toMatchObject({ payloadStart: 32, payloadEnd: 32 })
  })
})

describe('checksum', () => {
  const good = tcpFrame([1, 2, 3], { tcpOptions: [1, 1, 1, 0] }).slice(34)
  const isRight = (bytes: Uint8Array): boolean => isTcpChecksumRight(bytes, 0, bytes.length, GUEST, OUTSIDE)

  test('is made and verified, and any wrong bit shows', () => {
    const bytes = Uint8Array.from([...prefilled(3), ...good, ...prefilled(2)])
    bytes.set([0, 0], 3 + 16)
    setTcpChecksum(bytes, 3, bytes.length - 2, GUEST, OUTSIDE)
    expect(bytes).toEqual(Uint8Array.from([...prefilled(3), ...good, ...prefilled(2)]))
    expect(isRight(good)).toBe(true)
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const wrong = good.slice()
      wrong[bit >>> 3]! ^= 1 << (bit & 7)
      expect(isRight(wrong), `bit ${bit}`).toBe(false)
    }
  })

  test('unfinished it is the sum of the pseudo-header', () => {
    const bytes = good.slice()
    setTcpPseudoChecksum(bytes, 0, bytes.length, GUEST, OUTSIDE)
    const sum = sumPseudoHeader(GUEST, OUTSIDE, 6, bytes.length)
    expect([bytes[16], bytes[17]]).toEqual([sum >>> 8, sum & 255])
  })
})

test('round trip', () => {
  const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
  const half = fc.nat({ max: 0xffff })
  const segment = fc.record({
    sourcePort: half,
    destinationPort: half,
    seq: int32,
    ack: int32,
    flags: fc.nat({ max: 255 }),
    wnd: half,
    tsVal: int32,
    tsEcr: int32,
  })
  fc.assert(
    fc.property(
      segment,
      fc.array(int32, { minLength: 2, maxLength: 6 }),
      fc.uint8Array({ maxLength: 50 }),
      (value, list, payload) => {
        const edges = list.slice(0, list.length & ~1)
        const headerLen = 20 + 12 + 4 + edges.length * 4
        const bytes = Uint8Array.from([...prefilled(headerLen), ...payload])
        emitTcpHeader(
          bytes,
          0,
          value.sourcePort,
          value.destinationPort,
          value.seq,
          value.ack,
          value.flags,
          value.wnd,
          headerLen,
        )
        emitTimestamps(bytes, 20, value.tsVal, value.tsEcr)
        emitSack(bytes, 32, edges, edges.length / 2)
        expect(parse(bytes)).toMatchObject({
          ...value,
          hasTimestamps: true,
          sackBlocks: edges,
          payloadStart: headerLen,
        })
        setTcpChecksum(bytes, 0, bytes.length, GUEST, OUTSIDE)
        expect(isTcpChecksumRight(bytes, 0, bytes.length, GUEST, OUTSIDE)).toBe(true)
      },
    ),
  )
})

test('SYN is the flag of RFC 9293', () => {
  expect(parse(tcpFrame([], { flags: 2 }).slice(34))?.flags).toBe(SYN)
})
