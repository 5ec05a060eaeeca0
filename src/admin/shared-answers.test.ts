import { describe, expect, test } from 'vitest'
import { MadeUpHub, madeUpManagement } from '../../test/support/made-up-management.ts'
import { answerOperation, callOperation } from './call.ts'
import type { Role } from './operation.ts'
import { SHARED_ANSWER_LETTERS_MAX, SHARED_ANSWER_MS, SHARED_ANSWERS_MAX, SharedAnswers } from './shared-answers.ts'

function setUp() {
  let now = 1_000
  let made = 0
  const answers = new SharedAnswers(() => now)
  return {
    answers,
    pass: (ms: number) => {
      now += ms
    },
    ask: (key: string, text = key) =>
      answers.answer(key, () => {
        made += 1
        return `${text} ${made}`
      }),
    made: () => made,
  }
}

describe('what is told again', () => {
  test('the same question is answered from what was made a moment ago, and no longer', async () => {
    const { answers, ask, pass } = setUp()
    expect(await ask('a')).toBe('a 1')
    expect(await ask('b')).toBe('b 2')
    pass(SHARED_ANSWER_MS - 1)
    expect(await ask('a')).toBe('a 1')
    expect(answers.stats.shared).toBe(1)
    pass(1)
    expect(await ask('a')).toBe('a 3')
  })

  test('after a change everything is made anew, also what was being made meanwhile', async () => {
    const { answers, ask } = setUp()
    await ask('a')
    answers.clear()
    expect(await ask('a')).toBe('a 2')
    let finish = (_text: string): void => {}
    const slow = answers.answer('c', () => new Promise<string>((resolve) => (finish = resolve)))
    answers.clear()
    finish('old')
    expect(await slow).toBe('old')
    expect(await ask('c')).toBe('c 3')
  })

  test('a failure is not kept', async () => {
    const { answers, ask } = setUp()
    await expect(answers.answer('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await ask('a')).toBe('a 1')
  })
})

describe('limits', () => {
  test('past SHARED_ANSWERS_MAX the oldest goes', async () => {
    const { answers, ask, made } = setUp()
    for (let i = 0; i <= SHARED_ANSWERS_MAX; i++) await ask(`page ${i}`)
    expect(answers.stats.evictedAnswers).toBe(1)
    await ask('page 1')
    expect(made()).toBe(SHARED_ANSWERS_MAX + 1)
    await ask('page 0')
    expect(made()).toBe(SHARED_ANSWERS_MAX + 2)
  })

  test('past SHARED_ANSWER_LETTERS_MAX too, and a longer answer is not kept at all', async () => {
    const { answers, ask } = setUp()
    const half = 'x'.repeat(SHARED_ANSWER_LETTERS_MAX / 2)
    await ask('a', half)
    await ask('b', half)
    expect(answers.stats.evictedAnswers).toBe(1)
    expect(answers.letters).toBe(`${half} 2`.length)
    await ask('c', half + half)
    expect(answers.letters).toBe(`${half} 2`.length)
    expect(await ask('c')).toBe('c 4')
  })

  test('those whose time is over make room without being counted', async () => {
    const { answers, ask, pass } = setUp()
    await ask('a')
    pass(SHARED_ANSWER_MS)
    await ask('b')
    expect(answers.letters).toBe('b 2'.length)
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
    await expect(ask('EnumUser', LAB, { kind: 'hub', hub: 'OTHER' })).rejects.toThrow(/privileges/)
  })

  test('a viewer has answers of his own', async () => {
    const { management, ask } = server()
    await ask('EnumUser', LAB)
    await ask('EnumUser', LAB, { kind: 'viewer', name: 'look' })
    expect(management.answers!.stats.shared).toBe(0)
  })

  test('who has changed something, through whichever door, sees it', async () => {
    const { ask, change } = server()
    expect(JSON.parse(await ask('EnumUser', LAB))).toMatchObject({ NumItem_u32: 0 })
    await change('CreateUser', { ...LAB, Name_str: 'alice', AuthType_u32: 0 })
    expect(JSON.parse(await ask('EnumUser', LAB))).toMatchObject({ NumItem_u32: 1 })
  })

  test('what is no table is made each time', async () => {
    const { management, ask } = server()
    await ask('GetSecureNATStatus', LAB)
    await ask('GetSecureNATStatus', LAB)
    expect(management.answers!.stats.shared).toBe(0)
  })
})
