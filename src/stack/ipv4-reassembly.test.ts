import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipv4Frame } from '../../test/support/frames.ts'
import { patternBytes } from '../../test/support/random.ts'
import { parseIpv4Header } from '../wire/ipv4.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import {
  Ipv4Reassembly,
  REASSEMBLY_BYTES_LIMIT,
  REASSEMBLY_DATAGRAMS_LIMIT,
  REASSEMBLY_DATAGRAMS_PER_SOURCE_LIMIT,
  REASSEMBLY_TIMEOUT_MS,
} from './ipv4-reassembly.ts'

interface Piece {
  at: number
  end: number
  more: boolean
  id?: number
  source?: string
  change?: number
}

function input(
  reassembly: Ipv4Reassembly,
  { at, end, more, id = 1, source = '192.168.30.5', change = 0 }: Piece,
  now = 0,
) {
  const bytes = patternBytes(end - at, at)
  if (change > 0) bytes[0]! ^= change
  const fragment = (more ? 0x2000 : 0) | (at >> 3)
  const frame = ipv4Frame(17, [...bytes], { fragment, identification: id, source: ipv4(source) })
  const header = parseIpv4Header(frame, 14, frame.length)
  return reassembly.input(frame, header!, now)
}

/** Of ten guests in turn. */
const sourceOf = (id: number): string => `192.168.30.${50 + (id % 10)}`

test('fragments in any order, doubled as they may be, make the datagram once', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 12 })
  fc.assert(
    fc.property(
      cuts,
      fc.integer({ min: 1, max: 8 }),
      fc.func(fc.nat()),
      fc.nat({ max: 3 }),
      (at, tail, order, doubled) => {
        const edges = [0, ...at.map((cut) => cut * 8).sort((a, b) => a - b)]
        const total = edges.at(-1)! + tail
        const pieces: Piece[] = edges.map((from, index) => ({
          at: from,
          end: edges[index + 1] ?? total,
          more: index + 1 < edges.length,
        }))
        const shuffled = pieces.map((piece, index) => ({ piece, key: order(index) })).sort((a, b) => a.key - b.key)
        const reassembly = new Ipv4Reassembly()
        const results = []
        for (const [index, { piece }] of shuffled.entries()) {
          results.push(input(reassembly, piece))
          // What has come last of all would begin a datagram anew.
          if (doubled > 0 && index < shuffled.length - 1) results.push(input(reassembly, piece))
        }
        const whole = results.filter((result) => result !== undefined)
        expect(whole).toHaveLength(1)
        expect(whole[0]).toEqual(patternBytes(total))
        expect(reassembly.size).toBe(0)
        expect(reassembly.stats).toMatchObject({ reassembled: 1, droppedOverlap: 0, evicted: 0 })
      },
    ),
  )
})

test('datagrams are told apart by source and identification', () => {
  const reassembly = new Ipv4Reassembly()
  input(reassembly, { at: 0, end: 8, more: true, id: 1 })
  expect(input(reassembly, { at: 8, end: 16, more: false, id: 2 })).toBeUndefined()
  expect(input(reassembly, { at: 8, end: 16, more: false, source: '192.168.30.6' })).toBeUndefined()
  expect(input(reassembly, { at: 8, end: 16, more: false, id: 1 })).toEqual(patternBytes(16))
})

describe('what no honest host sends drops the datagram whole', () => {
  test.each<[string, Piece[]]>([
    [
      'an overlap from the left',
      [
        { at: 0, end: 16, more: true },
        { at: 8, end: 24, more: true },
      ],
    ],
    [
      'an overlap from the right',
      [
        { at: 8, end: 24, more: true },
        { at: 0, end: 16, more: true },
      ],
    ],
    [
      'one within another',
      [
        { at: 0, end: 32, more: true },
        { at: 8, end: 16, more: true },
      ],
    ],
    [
      'one around another',
      [
        { at: 8, end: 16, more: true },
        { at: 0, end: 32, more: true },
      ],
    ],
    [
      'the same place, other bytes',
      [
        { at: 8, end: 16, more: true },
        { at: 8, end: 16, more: true, change: 1 },
      ],
    ],
    [
      'two ends',
      [
        { at: 8, end: 16, more: false },
        { at: 16, end: 24, more: false },
      ],
    ],
    [
      'bytes beyond the end',
      [
        { at: 8, end: 16, more: false },
        { at: 24, end: 32, more: true },
      ],
    ],
    [
      'an end before bytes',
      [
        { at: 24, end: 32, more: true },
        { at: 8, end: 16, more: false },
      ],
    ],
  ])('%s', (_name, pieces) => {
    const reassembly = new Ipv4Reassembly()
    for (const piece of pieces) expect(input(reassembly, piece)).toBeUndefined()
    expect(reassembly.stats.droppedOverlap).toBe(1)
    expect(reassembly.size).toBe(0)
  })

  test.each<[string, Piece]>([
    ['not a multiple of 8 bytes but the last', { at: 0, end: 9, more: true }],
    ['empty', { at: 8, end: 8, more: false }],
  ])('%s is malformed by itself', (_name, piece) => {
    const reassembly = new Ipv4Reassembly()
    input(reassembly, piece)
    expect(reassembly.stats.droppedMalformed).toBe(1)
    expect(reassembly.size).toBe(0)
  })
})

describe('limits', () => {
  test('time', () => {
    const reassembly = new Ipv4Reassembly()
    input(reassembly, { at: 0, end: 8, more: true }, 0)
    input(reassembly, { at: 0, end: 8, more: true, id: 2 }, REASSEMBLY_TIMEOUT_MS - 1)
    expect(reassembly.stats.timedOut).toBe(0)
    expect(input(reassembly, { at: 8, end: 16, more: false }, REASSEMBLY_TIMEOUT_MS)).toBeUndefined()
    expect(reassembly.stats.timedOut).toBe(1)
  })

  test('time is over without another fragment too; fragment zero is handed on if it has come and may be reported on', () => {
    const timedOut: [packet: Uint8Array, identification: number][] = []
    const reassembly = new Ipv4Reassembly((packet, { identification }) => timedOut.push([packet, identification]))
    expect(reassembly.nextDeadline()).toBe(Number.POSITIVE_INFINITY)
    input(reassembly, { at: 8, end: 16, more: true }, 5)
    input(reassembly, { at: 0, end: 8, more: true }, 6)
    input(reassembly, { at: 8, end: 16, more: true, id: 2 }, 7)
    const frame = ipv4Frame(17, [1, 2, 3, 4, 5, 6, 7, 8], { fragment: 0x2000, identification: 3 })
    reassembly.input(frame, parseIpv4Header(frame, 14, frame.length)!, 8, false)
    expect(reassembly.nextDeadline()).toBe(5 + REASSEMBLY_TIMEOUT_MS)
    reassembly.expire(8 + REASSEMBLY_TIMEOUT_MS)
    expect(reassembly.stats.timedOut).toBe(3)
    expect(timedOut.map(([, identification]) => identification)).toEqual([1])
    const [[packet]] = timedOut as [[Uint8Array, number]]
    expect(parseIpv4Header(packet, 0, packet.length)).toMatchObject({
      source: ipv4('192.168.30.5'),
      moreFragments: true,
      fragmentOffset: 0,
      payloadEnd: 28,
    })
    expect(packet.subarray(20)).toEqual(patternBytes(8, 0))
  })

  test('datagrams: the oldest gives way', () => {
    const reassembly = new Ipv4Reassembly()
    for (let id = 0; id <= REASSEMBLY_DATAGRAMS_LIMIT; id++) {
      input(reassembly, { at: 0, end: 8, more: true, id, source: sourceOf(id) })
    }
    expect(reassembly.size).toBe(REASSEMBLY_DATAGRAMS_LIMIT)
    expect(reassembly.stats.evicted).toBe(1)
    const rest = { at: 8, end: 16, more: false, id: 1, source: sourceOf(1) }
    expect(input(reassembly, rest)).toEqual(patternBytes(16))
  })

  test("datagrams of one guest: its own oldest gives way, never another guest's", () => {
    const reassembly = new Ipv4Reassembly()
    input(reassembly, { at: 0, end: 8, more: true, source: '192.168.30.9' })
    for (let id = 0; id < 1000; id++) input(reassembly, { at: 0, end: 8, more: true, id })
    expect(reassembly.size).toBe(1 + REASSEMBLY_DATAGRAMS_PER_SOURCE_LIMIT)
    expect(reassembly.stats.evicted).toBe(1000 - REASSEMBLY_DATAGRAMS_PER_SOURCE_LIMIT)
    expect(input(reassembly, { at: 8, end: 16, more: false, source: '192.168.30.9' })).toEqual(patternBytes(16))
    expect(input(reassembly, { at: 8, end: 16, more: false, id: 999 })).toEqual(patternBytes(16))
  })

  test('bytes: datagrams that claim much', () => {
    const reassembly = new Ipv4Reassembly()
    for (let id = 0; id < 100; id++) {
      input(reassembly, { at: 65_000, end: 65_008, more: true, id, source: sourceOf(id) })
    }
    expect(reassembly.size).toBeGreaterThan(50)
    expect(reassembly.size * 65_008).toBeLessThanOrEqual(REASSEMBLY_BYTES_LIMIT)
    reassembly.clear()
    expect(reassembly.size).toBe(0)
  })
})
