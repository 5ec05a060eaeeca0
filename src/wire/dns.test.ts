import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitted, hex, prefilled } from '../../test/support/hex.ts'
import {
  CLASS_IN,
  dnsTcpMessageEnd,
  dnsUdpPayloadMax,
  emitDnsName,
  FLAG_RECURSION_DESIRED,
  parseDnsHeader,
  parseDnsName,
  parseDnsQuestion,
  parseReverseName,
  skipDnsName,
  TYPE_A,
} from './dns.ts'
import { ipv4 } from './ipv4-address.ts'

const QUERY = hex(`
  1234 0100                   # id; RD
  0001 0000 0000 0001         # one question, one additional record
  03 777777 07 6578616d706c65 03 636f6d 00   # www.example.com
  0001 0001                   # A, IN
  00 0029 04d0 00008000 0000  # OPT: 1232 bytes, DO
`)
const QUESTION_END = QUERY.length - 11

// An answer whose names point back into the question.
const ANSWER = hex(`
  1234 8180 0001 0001 0000 0000
  03 777777 07 6578616d706c65 03 636f6d 00 0001 0001
  c010 0001 0001 0000003c 0004 0a000001     # example.com
`)

describe('header', () => {
  test('bytes to value', () => {
    const header = parseDnsHeader(QUERY, 0, QUERY.length)!
    expect(header).toEqual({
      id: 0x1234,
      flags: FLAG_RECURSION_DESIRED,
      questionCount: 1,
      answerCount: 0,
      authorityCount: 0,
      additionalCount: 1,
    })
  })

  test('eleven bytes are no message', () => {
    expect(parseDnsHeader(QUERY, 0, 11)).toBeUndefined()
    expect(parseDnsQuestion(QUERY, 0, 11)).toBeUndefined()
  })
})

describe('question', () => {
  test('is read, with its end', () => {
    expect(parseDnsQuestion(QUERY, 0, QUERY.length)).toEqual({
      name: 'www.example.com',
      type: TYPE_A,
      class: CLASS_IN,
      end: QUESTION_END,
    })
  })

  test('every cut before its end is undefined', () => {
    for (let end = 0; end < QUESTION_END; end += 1) expect(parseDnsQuestion(QUERY, 0, end), `${end}`).toBeUndefined()
  })

  test('a message without a question has none', () => {
    const bytes = QUERY.slice()
    bytes[5] = 0
    expect(parseDnsQuestion(bytes, 0, bytes.length)).toBeUndefined()
  })

  test('works at any offset of the frame', () => {
    const frame = prefilled(ANSWER.length + 9)
    frame.set(ANSWER, 9)
    expect(parseDnsQuestion(frame, 9, frame.length)?.name).toBe('www.example.com')
    expect(parseDnsName(frame, 9, 9 + 33, frame.length)).toBe('example.com')
  })
})

describe('names', () => {
  const inMessage = (name: string): Uint8Array => hex('00'.repeat(12) + name)
  const read = (name: string) => {
    const bytes = inMessage(name)
    return parseDnsName(bytes, 0, 12, bytes.length)
  }

  test('a pointer is followed backwards, the name behind it skipped', () => {
    expect(parseDnsName(ANSWER, 0, 33, ANSWER.length)).toBe('example.com')
    expect(skipDnsName(ANSWER, 33, ANSWER.length)).toBe(35)
    expect(skipDnsName(ANSWER, 33, 35)).toBe(35)
    expect(skipDnsName(ANSWER, 33, 34)).toBeUndefined()
  })

  test('the root is the empty name', () => {
    expect(read('00')).toBe('')
  })

  test('dots, backslashes and bytes that do not print are escaped', () => {
    expect(read('03612e62 025c00 01e9 00')).toBe('a\\.b.\\\\\\000.\\233')
  })

  test.each([
    ['a pointer to itself', 'c00c'],
    ['a pointer forwards', 'c00e 00'],
    ['a pointer into the header', 'c000'],
    ['a pointer into the name that holds it', '0161 c00c'],
    ['half a pointer', 'c0'],
    ['a label of the reserved kind 01', '41 61 00'],
    ['a label of the reserved kind 10', '81 61 00'],
    ['a label past the end', '05 6162'],
    ['no end', '0161'],
    ['256 octets', `${`3f${'61'.repeat(63)}`.repeat(3)}3f${'61'.repeat(63)}00`],
  ])('%s is undefined', (_what, bytes) => {
    expect(read(bytes)).toBeUndefined()
  })

  test('a chain of pointers ends, however long', () => {
    // Each name is a pointer to the one before: the longest chain a message of this size can hold.
    const bytes = new Uint8Array(12 + 1 + 2 * 8000)
    for (let index = 0; index < 8000; index += 1) {
      const target = index === 0 ? 12 : 13 + (index - 1) * 2
      bytes[13 + index * 2] = 0xc0 | (target >>> 8)
      bytes[14 + index * 2] = target
    }
    expect(parseDnsName(bytes, 0, 13 + 7999 * 2, bytes.length)).toBe('')
  })

  test('254 characters of labels are the longest name', () => {
    const longest = ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61)].join('.')
    const bytes = prefilled(12 + 300)
    const length = emitDnsName(longest, bytes, 12)!
    expect(length).toBe(255)
    expect(bytes[12 + 255]).toBe(0xa5)
    expect(parseDnsName(bytes, 0, 12, 12 + length)).toBe(longest)
    expect(emitDnsName(`${longest}d`, bytes, 12)).toBeUndefined()
  })

  test.each(['a..b', '.a', 'a.', '.', `${'a'.repeat(64)}.b`, 'a\\', 'a\\999', '\u3042'])('%j is no name', (text) => {
    expect(emitDnsName(text, new Uint8Array(300), 0)).toBeUndefined()
  })

  test('round trip: any labels', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
    fc.assert(
      fc.property(fc.array(label, { maxLength: 4 }), (labels) => {
        const wire = [...labels.flatMap((octets) => [octets.length, ...octets]), 0]
        fc.pre(wire.length <= 255)
        const bytes = Uint8Array.from([...new Array(12).fill(0), ...wire])
        const name = parseDnsName(bytes, 0, 12, bytes.length)!
        expect(skipDnsName(bytes, 12, bytes.length)).toBe(bytes.length)
        expect([...emitted(wire.length, (into, offset) => emitDnsName(name, into, offset))]).toEqual(wire)
      }),
      { numRuns: 200 },
    )
  })

  test('reverse names', () => {
    expect(parseReverseName('1.30.168.192.IN-ADDR.arpa')).toBe(ipv4('192.168.30.1'))
    expect(parseReverseName('1.30.168.256.in-addr.arpa')).toBeUndefined()
    expect(parseReverseName('30.168.192.in-addr.arpa')).toBeUndefined()
  })
})

describe('the size a UDP asker takes', () => {
  test('EDNS', () => {
    expect(dnsUdpPayloadMax(QUERY, 0, QUERY.length)).toBe(1232)
  })

  test('EDNS behind other records', () => {
    const message = Uint8Array.from([...ANSWER, ...QUERY.subarray(QUESTION_END)])
    message[11] = 1
    expect(dnsUdpPayloadMax(message, 0, message.length)).toBe(1232)
  })

  test('512 without EDNS, below 512, or in a broken message', () => {
    expect(dnsUdpPayloadMax(ANSWER, 0, ANSWER.length)).toBe(512)
    const small = QUERY.slice()
    small[QUESTION_END + 3] = 0
    expect(dnsUdpPayloadMax(small, 0, small.length)).toBe(512)
    expect(dnsUdpPayloadMax(QUERY, 0, QUESTION_END + 5)).toBe(512)
    expect(dnsUdpPayloadMax(QUERY, 0, 5)).toBe(512)
    expect(dnsUdpPayloadMax(QUERY, 0, QUESTION_END - 10)).toBe(512)
  })
})

test('TCP framing: a message ends where its prefix says, once it is all there', () => {
  const stream = hex('0003 616263 0001 64')
  expect(dnsTcpMessageEnd(stream, 0, 1)).toBeUndefined()
  expect(dnsTcpMessageEnd(stream, 0, 4)).toBeUndefined()
  expect(dnsTcpMessageEnd(stream, 0, 5)).toBe(5)
  expect(dnsTcpMessageEnd(stream, 5, stream.length)).toBe(8)
})
