// Against an array with one entry for every outstanding byte.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SendHistory } from './send-history.ts'
import { add, diff } from './seq.ts'

const BASE = 0x7fff_ff00

interface Byte {
  sentAt: number
  wasResent: boolean
  isLost: boolean
}

const part = fc.tuple(fc.nat({ max: 999 }), fc.integer({ min: 1, max: 60 }))
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 80 }) }) },
  { weight: 2, arbitrary: fc.record({ advance: fc.nat({ max: 1000 }) }) },
  { weight: 2, arbitrary: fc.record({ lose: part }) },
  { weight: 2, arbitrary: fc.record({ resend: part }) },
  { weight: 1, arbitrary: fc.record({ all: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ split: fc.nat({ max: 999 }) }) },
)

test('records agree with the naive twin, byte by byte, and leave no gap', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const history = new SendHistory()
      let una = 0
      let bytes: Byte[] = []
      let now = 0
      const at = (n: number): number => add(BASE, n)
      const records = () => {
        const all: { start: number; end: number; byte: Byte }[] = []
        history.visit(({ start, end, sentAt, wasResent, isLost }) => {
          all.push({ start: diff(start, BASE), end: diff(end, BASE), byte: { sentAt, wasResent, isLost } })
          return true
        })
        return all
      }
      for (const it of steps) {
        now++
        const nxt = una + bytes.length
        const place = (permille: number): number => una + Math.floor((bytes.length * permille) / 1000)
        if ('append' in it) {
          history.append(at(nxt), at(nxt + it.append), now)
          for (let n = 0; n < it.append; n++) bytes.push({ sentAt: now, wasResent: false, isLost: false })
        } else if ('advance' in it) {
          const to = place(it.advance)
          const seen: number[] = []
          history.advance(at(to), ({ start, end }) => seen.push(diff(start, BASE), diff(end, BASE)))
          if (to > una) expect([seen[0], seen.at(-1)! >= to]).toEqual([una, true])
          bytes = bytes.slice(to - una)
          una = to
        } else if ('lose' in it) {
          const from = place(it.lose[0])
          const to = Math.min(nxt, from + it.lose[1])
          if (from < to) history.markLost(at(from), at(to))
          for (let n = from; n < to; n++) bytes[n - una]!.isLost = true
        } else if ('resend' in it) {
          const record = records().find(({ end }) => end > place(it.resend[0]))
          if (record === undefined) continue
          const from = Math.max(record.start, place(it.resend[0]))
          const to = Math.min(record.end, from + it.resend[1])
          history.resent(at(from), at(to), now)
          for (let n = from; n < to; n++) bytes[n - una] = { sentAt: now, wasResent: true, isLost: false }
        } else if ('split' in it) history.splitAt(at(place(it.split)))
        else {
          if (it.all) history.markAllLost()
          else history.markNoneLost()
          for (const byte of bytes) byte.isLost = it.all
        }
        let next = una
        for (const { start, end, byte } of records()) {
          expect(start).toBe(next)
          expect(end).toBeGreaterThan(start)
          for (let n = start; n < end; n++) expect(bytes[n - una]).toEqual(byte)
          next = end
        }
        expect(next).toBe(una + bytes.length)
        expect(history.isEmpty).toBe(bytes.length === 0)
        const lost = bytes.findIndex(({ isLost }) => isLost)
        const first = history.firstLost(at(una))
        expect(first === undefined ? -1 : Math.max(0, diff(first.start, at(una)))).toBe(lost)
      }
    }),
    { numRuns: 60 },
  )
})
