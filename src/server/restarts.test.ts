import { expect, test } from 'vitest'
import { RESTART_DELAY_MS_MAX, Restarts } from './restarts.ts'

test('at once, then later and later, but never later than once a minute; anew after a calm time', () => {
  const restarts = new Restarts()
  let now = 1e9
  const delays = Array.from({ length: 9 }, () => {
    const delay = restarts.delayMs(now)
    now += delay + 10
    return delay
  })
  expect(delays).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, RESTART_DELAY_MS_MAX, RESTART_DELAY_MS_MAX])
  expect(restarts.delayMs(now + 600_001)).toBe(0)
})
