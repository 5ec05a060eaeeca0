import { describe, expect, test } from 'vitest'
import { MadeUpHub, madeUpManagement } from '../../test/support/made-up-management.ts'
import { answerOperation, callOperation } from './call.ts'
import type { Role } from './operation.ts'
import { SHARED_ANSWER_LETTERS_MAX, SHARED_ANSWER_MS, SHARED_ANSWERS_MAX, SharedAnswers } from './shared-answers.ts'

function setUp() {
  let now = 1_000
  let made = 0
  const answers = new SharedAnswers(() => now)
  const ask = (key: string, text = key): Promise<string> =>
    answers.answer(key, () => {
      made += 1
      return `${text} ${made}`
    })
  return {
    answers,
    pass: (ms: number) => {
      now += ms
    },
    ask,
    /** Asked for twice. */
    wanted: async (key: string, text = key) => {
      await ask(key, text)
      await ask(key, text)
    },
    made: () => made,
  }
}

describe('what is told again', () => {
  test('the same question is answered from what was made a moment ago, and no longer', async () => {
    const { answers, ask, wanted, pass } = setUp()
    await wanted('a')
    expect(await ask('b')).toBe('b 3')
    pass(SHARED_ANSWER_MS - 1)
    expect(await ask('a')).toBe('a 2')
    expect(answers.stats.shared).toBe(1)
    pass(1)
    expect(await ask('a')).toBe('a 4')
  })

  test('an answer that one alone has asked for is not kept', async () => {
    const { answers, ask, pass } = setUp()
    for (let times = 0; times < 3; times++) {
      await ask('a')
      pass(SHARED_ANSWER_MS)
    }
    expect(answers).toMatchObject({ letters: 0, stats: { shared: 0 } })
  })

  test('after a change everything is made anew, also what was being made meanwhile', async () => {
    const { answers, ask, wanted } = setUp()
    await wanted('a')
    answers.clear()
    expect(await ask('a')).toBe('a 3')
    let finish = (_text: string): void => {}
    await ask('c')
    const slow = answers.answer('c', () => new Promise<string>((resolve) => (finish = resolve)))
    answers.clear()
    finish('old')
    expect(await slow).toBe('old')
    expect(await ask('c')).toBe('c 5')
  })

  test('a failure is not kept', async () => {
    const { answers, ask } = setUp()
    await expect(answers.answer('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await ask('a')).toBe('a 1')
  })
})

describe('limits', () => {
  test('past SHARED_ANSWERS_MAX the oldest goes', async () => {
    const { answers, ask, wanted, made } = setUp()
    for (let i = 0; i <= SHARED_ANSWERS_MAX; i++) await wanted(`page ${i}`)
    expect(answers.stats.evictedAnswers).toBe(1)
    const before = made()
    await ask('page 1')
    expect(made()).toBe(before)
    await ask('page 0')
    expect(made()).toBe(before + 1)
  })

  test('past SHARED_ANSWER_LETTERS_MAX too, and a longer answer is not kept at all', async () => {
    const { answers, ask, wanted } = setUp()
    const half = 'x'.repeat(SHARED_ANSWER_LETTERS_MAX / 2)
    await wanted('a', half)
    await wanted('b', half)
    expect(answers.stats.evictedAnswers).toBe(1)
    expect(answers.letters).toBe(`${half} 4`.length)
    await wanted('c', half + half)
    expect(answers.letters).toBe(`${half} 4`.length)
    expect(await ask('c')).toBe('c 7')
  })

  test('those whose time is over make room without being counted', async () => {
    const { answers, wanted, pass } = setUp()
    await wanted('a')
    pass(SHARED_ANSWER_MS)
    await wanted('b')
    expect(answers.letters).toBe('b 4'.length)
    expect(answers.stats.evictedAnswers).toBe(0)
  })
})

describe('operations', () => {
  function server() {
    const hub = new MadeUpHub('LAB')
    const management = madeUpManagement([hub, new MadeUpHub('OTHER')])
    const ask = (method: string, params: object, role: Role = { kind: 'server' }): Promise<string> =>
      answerOperation(method, params as Record<string, unknown>, { management, role, connection: 'RPC-1' })
    const change = (method: string, params: object): Promise<unknown> =>
      callOperation(method, params as Record<string, unknown>, {
        management,
        role: { kind: 'server' },
        connection: 'RPC-2',
      })
    return { management, ask, change }
  }
  const LAB = { HubName_str: 'LAB' }

  test('a page is shared by those who ask for the same one', async () => {
    const { management, ask } = server()
    await ask('EnumNAT', { ...LAB, Limit_u32: 1 })
    const page = await ask('EnumNAT', { ...LAB, Limit_u32: 1 })
    expect(await ask('enumnat', { ...LAB, Limit_u32: '1' })).toBe(page)
    expect(management.answers!.stats.shared).toBe(1)
    await ask('EnumNAT', { ...LAB, Limit_u32: 2 })
    await ask('EnumNAT', { HubName_str: 'OTHER', Limit_u32: 1 })
    expect(management.answers!.stats.shared).toBe(1)
  })

  test('what another may not see is not shared with him', async () => {
    const { ask } = server()
    await ask('EnumUser', LAB)
    await ask('EnumUser', LAB)
    await expect(ask('EnumUser', LAB, { kind: 'hub', hub: 'OTHER' })).rejects.toThrow(/privileges/)
  })

  test('a viewer has answers of his own', async () => {
    const { management, ask } = server()
    await ask('EnumUser', LAB)
    await ask('EnumUser', LAB)
    await ask('EnumUser', LAB, { kind: 'viewer', name: 'look' })
    expect(management.answers!.stats.shared).toBe(0)
  })

  test('who has changed something, through whichever door, sees it', async () => {
    const { ask, change } = server()
    await ask('EnumUser', LAB)
    expect(JSON.parse(await ask('EnumUser', LAB))).toMatchObject({ NumItem_u32: 0 })
    await change('CreateUser', { ...LAB, Name_str: 'alice', AuthType_u32: 0 })
    expect(JSON.parse(await ask('EnumUser', LAB))).toMatchObject({ NumItem_u32: 1 })
  })

  test('what is no table is made each time', async () => {
    const { management, ask } = server()
    for (let times = 0; times < 3; times++) await ask('GetSecureNATStatus', LAB)
    expect(management.answers!.stats.shared).toBe(0)
  })
})
