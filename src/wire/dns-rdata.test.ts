import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { answerRecords, makeAnswer, makeQuery, parseIpv6, parseRecordData, soaRecord, wireName } from './dns-rdata.ts'

describe('records as people write them', () => {
  test.each([
    ['A', '10.0.0.1', '0a000001'],
    ['AAAA', '2001:db8::5', '20010db8 00000000 00000000 00000005'],
    ['CNAME', 'a.Bc.', '0161 026263 00'],
    ['PTR', 'a.bc', '0161 026263 00'],
    ['MX', '10 a.bc', '000a 0161 026263 00'],
    ['SRV', '1  2 65535 a.bc', '0001 0002 ffff 0161 026263 00'],
    ['TXT', 'hé', '03 68c3a9'],
    ['TXT', '', '00'],
  ] as const)('%s %j', (type, text, bytes) => {
    expect(parseRecordData(type, text)).toEqual(hex(bytes))
  })

  test('a long text is cut into strings', () => {
    const data = parseRecordData('TXT', 'x'.repeat(300))!
    expect([data.length, data[0], data[256]]).toEqual([302, 255, 45])
    expect(parseRecordData('TXT', 'x'.repeat(4097))).toBeUndefined()
  })

  test.each([
    ['A', '10.0.0'],
    ['AAAA', '10.0.0.1'],
    ['CNAME', ''],
    ['CNAME', 'a..b'],
    ['MX', 'mail.example.org'],
    ['MX', '70000 a.bc'],
    ['MX', '-1 a.bc'],
    ['SRV', '1 2 a.bc'],
    ['PTR', `${'a'.repeat(64)}.b`],
  ] as const)('%s %j is none', (type, text) => {
    expect(parseRecordData(type, text)).toBeUndefined()
  })

  test.each([
    ['::', '00000000 00000000 00000000 00000000'],
    ['::1', '00000000 00000000 00000000 00000001'],
    ['1::', '00010000 00000000 00000000 00000000'],
    ['1:2:3:4:5:6:7:8', '00010002 00030004 00050006 00070008'],
    ['::ffff:10.0.0.1', '00000000 00000000 0000ffff 0a000001'],
  ])('the IPv6 address %s', (text, bytes) => {
    expect(parseIpv6(text)).toEqual(hex(bytes))
  })

  test.each([
    '',
    ':',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '::10.0.0',
    'g::',
  ])('%j is no IPv6 address', (text) => {
    expect(parseIpv6(text)).toBeUndefined()
  })
})

describe('messages', () => {
  const name = wireName('www.example.com')!

  test('a query of its own', () => {
    expect(makeQuery(0x1234, name, 28)).toEqual(
      hex('1234 0100 0001 0000 0000 0000 03 777777 07 6578616d706c65 03 636f6d 00 001c 0001'),
    )
  })

  test('an answer repeats the question; records point at it or say whose they are', () => {
    const query = makeQuery(0x1234, name, 1)
    const record = { type: 1, ttlSeconds: 60, data: hex('0a000001') }
    const message = makeAnswer(query, query.length, 0x8580, [
      { ...record, owner: undefined },
      { ...record, owner: hex('0161 00') },
    ])
    expect(message.subarray(0, 12)).toEqual(hex('1234 8580 0001 0002 0000 0000'))
    expect(message.subarray(12, query.length)).toEqual(query.subarray(12))
    expect(message.subarray(query.length)).toEqual(
      hex('c00c 0001 0001 0000003c 0004 0a000001  0161 00 0001 0001 0000003c 0004 0a000001'),
    )
    const nothing = makeAnswer(query, query.length, 0x8583, [], [soaRecord(undefined, hex('0161 00'), 10)])
    expect(nothing.subarray(query.length)).toEqual(
      hex('c00c 0006 0001 0000000a 001a 0161 00 0161 00 00000001 00000e10 00000258 00015180 0000000a'),
    )
  })

  test('records come out of a message with their names written out', () => {
    const bytes = hex(`
      1234 8180 0001 0003 0000 0000 03 777777 07 6578616d706c65 03 636f6d 00 000f 0001
      c00c 0005 0001 0000003c 0002 c010
      c010 000f 0001 0000003c 0009 000a 04 6d61696c c010
      c010 0001 0001 0000003c 0004 0a000001
    `)
    const example = wireName('example.com')!
    expect(answerRecords(bytes, 33)).toEqual([
      { owner: name, type: 5, ttlSeconds: 60, data: example },
      { owner: example, type: 15, ttlSeconds: 60, data: Uint8Array.of(0, 10, ...wireName('mail.example.com')!) },
      { owner: example, type: 1, ttlSeconds: 60, data: hex('0a000001') },
    ])
    expect(answerRecords(bytes.subarray(0, -1), 33)).toBeUndefined()
  })

  test.each([
    ['a pointer forward', 'c00c 0005 0001 0000003c 0002 c0ff'],
    ['a name longer than its data', 'c00c 0005 0001 0000003c 0001 01'],
    ['a short SOA', 'c00c 0006 0001 0000003c 0002 00 00'],
  ])('%s: undefined', (_what, record) => {
    const bytes = hex(`1234 8180 0001 0001 0000 0000 0161 00 0001 0001 ${record}`)
    expect(answerRecords(bytes, 19)).toBeUndefined()
  })
})
