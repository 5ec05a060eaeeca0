import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { ipv4 } from '../../wire/ipv4-address.ts'
import { HOST_NAMES_MAX, HostNames, LOOKUP_MS_MAX, LOOKUPS_MAX } from './host-names.ts'

const ADDRESS = ipv4('203.0.113.1')

function setUp(reverse: (address: string) => Promise<string[]>) {
  const clock = new ManualClock()
  const names = new HostNames({ reverse, now: clock.now, setTimer: clock.setTimer })
  const answers: (string | undefined)[] = []
  const ask = (address = ADDRESS): void => names.lookup(address as typeof ADDRESS, (name) => answers.push(name))
  return { clock, names, answers, ask }
}

/** Lets promises that are settled have their say. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

describe('host names', () => {
  test('one question for all who ask, and the answer is remembered for a while', async () => {
    const asked: string[] = []
    const { clock, names, answers, ask } = setUp(async (address) => {
      asked.push(address)
      return ['host.example.com']
    })
    ask()
    ask()
    expect(answers).toEqual([])
    await settle()
    expect(answers).toEqual(['host.example.com', 'host.example.com'])
    ask()
    expect(answers).toHaveLength(3)
    expect(asked).toEqual(['203.0.113.1'])
    expect(clock.pending).toBe(0)
    clock.advance(600_000)
    ask()
    expect(names.stats.lookups).toBe(2)
  })

  test('who has no name is not asked again at once', async () => {
    const { clock, names, answers, ask } = setUp(() => Promise.reject(new Error('ENOTFOUND')))
    ask()
    await settle()
    ask()
    expect(answers).toEqual([undefined, undefined])
    clock.advance(60_000)
    ask()
    expect(names.stats.lookups).toBe(2)
  })

  test('a resolver that does not answer is not waited for', async () => {
    let late: (names: string[]) => void = () => {}
    const { clock, names, answers, ask } = setUp(() => new Promise((resolve) => (late = resolve)))
    ask()
    clock.advance(LOOKUP_MS_MAX - 1)
    expect(answers).toEqual([])
    clock.advance(1)
    expect(answers).toEqual([undefined])
    late(['late.example.com'])
    await settle()
    expect(answers).toEqual([undefined])
    expect(names.stats.timedOut).toBe(1)
  })

  test('so many questions at a time, and no more', () => {
    const { clock, names, answers, ask } = setUp(() => new Promise(() => {}))
    for (let at = 0; at <= LOOKUPS_MAX; at += 1) ask((ADDRESS + at) as typeof ADDRESS)
    expect(names.stats).toMatchObject({ lookups: LOOKUPS_MAX, notAskedLookupsMax: 1 })
    expect(answers).toEqual([undefined])
    clock.advance(LOOKUP_MS_MAX)
    expect(answers).toHaveLength(LOOKUPS_MAX + 1)
  })

  test('what is remembered is bounded', async () => {
    const { names, ask } = setUp(async () => ['a.example.com'])
    for (let at = 0; at <= HOST_NAMES_MAX; at += 1) {
      ask((ADDRESS + at) as typeof ADDRESS)
      if (at % LOOKUPS_MAX === LOOKUPS_MAX - 1) await settle()
    }
    await settle()
    ask((ADDRESS + 1) as typeof ADDRESS)
    expect(names.stats.lookups).toBe(HOST_NAMES_MAX + 1)
    ask()
    expect(names.stats.lookups).toBe(HOST_NAMES_MAX + 2)
  })

  test.each(['a b', 'x"\r\nforged', '-a', 'a'.repeat(300), ''])('%j is no host name', async (name) => {
    const { answers, ask } = setUp(async () => [name])
    ask()
    await settle()
    expect(answers).toEqual([undefined])
  })
})
