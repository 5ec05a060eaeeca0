import { expect, test } from 'vitest'
import { CALLS_MS_PER_TURN, CallTurns } from './call-turns.ts'

/** A turn of the event loop ends when the test says so. */
function setUp() {
  let now = 0
  let turns: (() => void)[] = []
  const settled: (() => void)[] = []
  const done: string[] = []
  const calls = new CallTurns({
    now: () => now,
    nextTurn: (callback) => turns.push(callback),
    settled: (callback) => settled.push(callback),
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
        done.push(name)
        return name
      }),
    nextTurn: () => {
      const callbacks = turns
      turns = []
      for (const callback of callbacks) callback()
      endWork()
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

test('when nobody calls, nothing runs', () => {
  const world = setUp()
  expect(world.turns).toBe(0)
  void world.call('a', 1)
  world.nextTurn()
  expect(world.turns).toBe(0)
})
