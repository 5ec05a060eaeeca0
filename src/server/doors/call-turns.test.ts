import { expect, test } from 'vitest'
import { CALLS_MS_PER_SECOND } from './call-share.ts'
import { CALLS_MS_PER_TURN, CallTurns } from './call-turns.ts'

/** A turn of the event loop ends when the test says so. */
function setUp() {
  let now = 0
  let turns: (() => void)[] = []
  let busyMs = 0
  const settled: (() => void)[] = []
  const later: { at: number; callback: () => void }[] = []
  const done: string[] = []
  const calls = new CallTurns({
    now: () => now,
    nextTurn: (callback) => turns.push(callback),
    settled: (callback) => settled.push(callback),
    later: (ms, callback) => later.push({ at: now + ms, callback }),
    busyMs: () => busyMs,
  })
  const endWork = (): void => {
    while (settled.length > 0) settled.shift()!()
  }
  return {
    calls,
    done,
    call: (name: string, ms: number) =>
      calls.run(async () => {
        now += ms
        // What is around a call takes its time too.
        busyMs += ms + 0.5
        done.push(name)
        return name
      }),
    nextTurn: () => {
      const callbacks = turns
      turns = []
      for (const callback of callbacks) callback()
      endWork()
    },
    /** Time passes in which guests keep the server busy, or do not. */
    pass: (ms: number, share: number) => {
      for (const end = now + ms; now < end; ) {
        now += 1
        busyMs += share
        for (const timer of later.splice(0)) {
          if (timer.at <= now) timer.callback()
          else later.push(timer)
        }
        endWork()
        const callbacks = turns
        turns = []
        for (const callback of callbacks) callback()
        endWork()
      }
    },
    get timers() {
      return later.length
    },
    get turns() {
      return turns.length
    },
  }
}

test('calls that fit into a turn are made at once', async () => {
  const { calls, call, done } = setUp()
  expect(await call('a', 1)).toBe('a')
  expect(await call('b', 1)).toBe('b')
  expect(done).toEqual(['a', 'b'])
  expect(calls.stats.deferredCalls).toBe(0)
})

test('past CALLS_MS_PER_TURN the others wait for the turns after it, in the order they came', async () => {
  const world = setUp()
  const { calls, call, done } = world
  void call('a', CALLS_MS_PER_TURN)
  const answers = [call('b', 1), call('c', CALLS_MS_PER_TURN), call('d', 1)]
  expect(done).toEqual(['a'])
  expect(calls).toMatchObject({ waiting: 3, stats: { deferredCalls: 3 } })
  world.nextTurn()
  expect(done).toEqual(['a', 'b', 'c'])
  // It came later: it is not served before who waits.
  void call('e', 0)
  world.nextTurn()
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(await Promise.all(answers)).toEqual(['b', 'c', 'd'])
  expect(calls.waiting).toBe(0)
})

test('a call that fails is the failure of its caller alone', async () => {
  const world = setUp()
  void world.call('a', CALLS_MS_PER_TURN)
  const failing = world.calls.run(() => Promise.reject(new Error('no')))
  const next = world.call('b', 1)
  world.nextTurn()
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('b')
})

/** Of 3,000 calls that come at once: how many are served in the first second, and in the next. */
function servedBySecond(guestsShare: number): [number, number] {
  const world = setUp()
  world.pass(200, guestsShare)
  for (let call = 0; call < 3_000; call++) void world.call(`${call}`, 0.2)
  world.pass(1_000, guestsShare)
  const before = world.done.length
  world.pass(1_000, guestsShare)
  return [before, world.done.length - before]
}

test('while guests keep the server busy calls have their share of its time, and else all of it', () => {
  const [, served] = servedBySecond(0.9)
  expect(served).toBeGreaterThan((CALLS_MS_PER_SECOND / 0.7) * 0.9)
  expect(served).toBeLessThan((CALLS_MS_PER_SECOND / 0.7) * 1.1)
  expect(servedBySecond(0.3)[0]).toBeGreaterThan(2_000)
})

test('a moment of many is served at once even then', () => {
  const world = setUp()
  world.pass(500, 0.9)
  for (let call = 0; call < 200; call++) void world.call(`${call}`, 0.2)
  world.pass(60, 0.9)
  expect(world.done).toHaveLength(200)
})

test('when nobody calls, nothing runs', () => {
  const world = setUp()
  expect(world.turns).toBe(0)
  void world.call('a', 1)
  world.nextTurn()
  expect([world.turns, world.timers]).toEqual([0, 0])
})
