import { expect, test } from 'vitest'
import { timeText } from './fields.ts'

test.each([
  Date.UTC(2026, 0, 31, 12, 0, 0),
  Date.UTC(2026, 0, 31, 12, 0, 59, 999),
  Date.UTC(2026, 0, 31, 12, 1, 0, 7),
  Date.UTC(2026, 11, 31, 23, 59, 59, 999),
  // The same place among those that are remembered, 64 minutes later.
  Date.UTC(2026, 0, 31, 13, 4, 5, 60),
  Date.UTC(2026, 0, 31, 12, 0, 3),
  1_769_860_800_123.7,
  0,
  -1,
  -60_001,
  8_640_000_000_000_000,
])('a time is told as a Date tells it: %d', (at) => {
  expect(timeText(at)).toBe(new Date(at).toISOString())
  expect(timeText(at)).toBe(new Date(at).toISOString())
})

test("never is the original's zero, and what is no time is refused", () => {
  expect(timeText(undefined)).toBe('1970-01-01T09:00:00.000Z')
  expect(() => timeText(Number.NaN)).toThrow(RangeError)
})
