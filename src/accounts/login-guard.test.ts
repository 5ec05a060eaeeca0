import { describe, expect, test } from 'vitest'
import {
  LOGIN_DELAY_MS_MAX,
  LOGIN_SOURCES_MAX,
  LOGIN_WAITING_MAX,
  LOGIN_WAITING_PER_SOURCE_MAX,
  LoginGuard,
} from './login-guard.ts'

function setUp() {
  const clock = { now: 1000 }
  const waits: number[] = []
  const failures: [string, number][] = []
  const guard = new LoginGuard({
    now: () => clock.now,
    wait: async (ms) => {
      waits.push(ms)
      clock.now += ms
    },
    failed: (source, count) => failures.push([source, count]),
  })
  return { guard, clock, waits, failures }
}

const never = (): Promise<never> => new Promise(() => {})

describe('login guard', () => {
  test('failures make the next attempts wait, longer each time and with an end', async () => {
    const { guard, waits, failures } = setUp()
    for (let i = 0; i < 11; i += 1) await guard.attempt('a', () => undefined)
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, LOGIN_DELAY_MS_MAX, LOGIN_DELAY_MS_MAX])
    expect(failures.at(-1)).toEqual(['a', 11])
    expect(guard.stats).toMatchObject({ attempts: 11, failures: 11, delayed: 8 })
  })

  test('the right password waits too, and does not wipe out what failed before', async () => {
    const { guard, waits } = setUp()
    for (let i = 0; i < 3; i += 1) await guard.attempt('a', () => undefined)
    expect(await guard.attempt('a', () => 'in')).toBe('in')
    await guard.attempt('a', () => undefined)
    await guard.attempt('a', () => 'in')
    expect(waits).toEqual([250, 500])
  })

  test('other sources do not wait, and who was quiet long enough begins anew', async () => {
    const { guard, clock, waits } = setUp()
    for (let i = 0; i < 3; i += 1) await guard.attempt('a', () => undefined)
    await guard.attempt('b', () => 'in')
    clock.now += 600_000
    await guard.attempt('a', () => undefined)
    expect(waits).toEqual([])
  })

  test('time that has gone by is not waited again', async () => {
    const { guard, clock, waits } = setUp()
    for (let i = 0; i < 3; i += 1) await guard.attempt('a', () => undefined)
    clock.now += 200
    await guard.attempt('a', () => 'in')
    expect(waits).toEqual([50])
  })

  test('attempts of one source are judged one after the other, and only so many wait', async () => {
    const { guard } = setUp()
    const order: number[] = []
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => (open = resolve))
    const attempts = Array.from({ length: LOGIN_WAITING_PER_SOURCE_MAX }, (_, i) =>
      guard.attempt('a', async () => {
        await gate
        order.push(i)
        return i
      }),
    )
    expect(await guard.attempt('a', () => 'in')).toBeUndefined()
    expect(guard.stats.refusedWaiting).toBe(1)
    open()
    await Promise.all(attempts)
    expect(order).toEqual([...attempts.keys()])
    expect(await guard.attempt('a', () => 'in')).toBe('in')
  })

  test('a check that throws is not the end of the queue', async () => {
    const { guard } = setUp()
    await expect(guard.attempt('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await guard.attempt('a', () => 'in')).toBe('in')
  })

  test('there is an end to those who wait in total', () => {
    const { guard } = setUp()
    for (let i = 0; i < LOGIN_WAITING_MAX; i += 1) void guard.attempt(`source ${i}`, never)
    expect(guard.isBusy('another')).toBe(true)
  })

  test('when as many wait as may, the source with the most gives up its oldest for one with fewer', async () => {
    let release = (): void => {}
    const asleep = new Promise<void>((resolve) => (release = resolve))
    const guard = new LoginGuard({ now: () => 0, wait: () => asleep, failed: () => {} })
    const crowd = Array.from({ length: LOGIN_WAITING_MAX / LOGIN_WAITING_PER_SOURCE_MAX }, (_, i) => `crowd ${i}`)
    for (const source of crowd) for (let i = 0; i < 3; i += 1) await guard.attempt(source, () => undefined)
    const order: string[] = []
    const waiting = crowd.flatMap((source) =>
      Array.from({ length: LOGIN_WAITING_PER_SOURCE_MAX }, (_, i) =>
        guard.attempt(source, () => order.push(`${source}.${i}`)),
      ),
    )
    expect(guard.isBusy('crowd 3')).toBe(true)
    expect(guard.isBusy('honest')).toBe(false)
    expect(await guard.attempt('honest', () => 'in')).toBe('in')
    expect(await guard.attempt('honest', () => 'in')).toBe('in')
    expect([guard.stats.displaced, guard.stats.refusedWaiting]).toEqual([1, 1])
    expect(await waiting[0], 'who gave way was not judged').toBeUndefined()
    release()
    await Promise.all(waiting)
    expect(order).toHaveLength(LOGIN_WAITING_MAX - 1)
    expect(order).not.toContain('crowd 0.0')
    expect(order).toContain('crowd 0.1')
  })

  test('remembers a bounded number of sources: the one that failed longest ago goes', async () => {
    const { guard, waits } = setUp()
    for (let i = 0; i <= LOGIN_SOURCES_MAX; i += 1) {
      for (let failures = 0; failures < (i === 0 ? 3 : 1); failures += 1) await guard.attempt(`${i}`, () => undefined)
    }
    expect(guard.stats.evictedSources).toBe(1)
    await guard.attempt('0', () => 'in')
    expect(waits).toEqual([])
  })
})
