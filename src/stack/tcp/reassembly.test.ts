import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patternBytes } from '../../../test/support/random.ts'
import { REASSEMBLY_RANGES_LIMIT, Reassembly } from './reassembly.ts'
import { add } from './seq.ts'

/** Near the wrap of the sequence space. */
const BASE = 0x7fff_ffe0
const bytesOf = (from: number, to: number): Uint8Array => patternBytes(to - from, from)

describe('against a naive receiver', () => {
  test('whatever arrives in whatever order, what is handed out is the stream', () => {
    const pieces = fc.array(fc.tuple(fc.nat({ max: 100 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 40,
      size: 'max',
    })
    fc.assert(
      fc.property(pieces, (segments) => {
        const reassembly = new Reassembly()
        const have = new Set<number>()
        let next = 0
        for (const [from, length] of segments) {
          const start = Math.max(from, next)
          const end = from + length
          for (let at = start; at < end; at++) have.add(at)
          if (start < end) expect(reassembly.insert(add(BASE, start), bytesOf(start, end))).toBe(true)
          expect(reassembly.bytes).toBe(have.size)
          const out: number[] = []
          reassembly.take(add(BASE, next), (bytes) => out.push(...bytes))
          const from0 = next
          while (have.delete(next)) next++
          expect(out).toEqual([...bytesOf(from0, next)])
          expect(reassembly.bytes).toBe(have.size)
          expect(reassembly.isEmpty).toBe(have.size === 0)
          // What came twice is told once.
          reassembly.sackEdges(100)
          const edges = reassembly.sackEdges(100)
          const told = new Set<number>()
          for (let index = 0; index < edges.length; index += 2) {
            for (let at = edges[index]!; at !== edges[index + 1]; at = add(at, 1)) told.add((at - BASE) | 0)
          }
          expect([...told].sort((a, b) => a - b)).toEqual([...have].sort((a, b) => a - b))
        }
      }),
    )
  })
})

test('SACK: the newest arrival first, then from the highest down, no more than asked for', () => {
  const reassembly = new Reassembly()
  for (const from of [10, 50, 30]) reassembly.insert(from, bytesOf(from, from + 5))
  expect(reassembly.sackEdges(4)).toEqual([30, 35, 50, 55, 10, 15])
  expect(reassembly.sackEdges(2)).toEqual([30, 35, 50, 55])
  expect(new Reassembly().sackEdges(3)).toEqual([])
})

test('bytes are copied: a frame is only borrowed', () => {
  const reassembly = new Reassembly()
  const frame = Uint8Array.of(1, 2, 3)
  reassembly.insert(5, frame)
  frame.fill(9)
  const out: number[] = []
  reassembly.take(5, (bytes) => out.push(...bytes))
  expect(out).toEqual([1, 2, 3])
})

test('there is a limit on ranges; what is over it is not stored', () => {
  const reassembly = new Reassembly()
  for (let index = 0; index < REASSEMBLY_RANGES_LIMIT; index++) {
    expect(reassembly.insert(2 * index, Uint8Array.of(1))).toBe(true)
  }
  expect(reassembly.insert(2 * REASSEMBLY_RANGES_LIMIT, Uint8Array.of(1))).toBe(false)
  expect(reassembly.bytes).toBe(REASSEMBLY_RANGES_LIMIT)
  // What adds no range still fits.
  expect(reassembly.insert(0, Uint8Array.of(1))).toBe(true)
})
