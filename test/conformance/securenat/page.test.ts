// The suite is complete and says so truly: no number without a test, and docs/conformance.md is what the tests' names say.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conformancePage, namedTests, testsOf } from './page.ts'
import { EXPERIMENTS, REQUIREMENTS } from './requirements.ts'

const tests = namedTests()
const numbers = REQUIREMENTS.map(({ number }) => number)

test('the list has every number once', () => {
  const range = (letter: string, last: number): string[] => Array.from({ length: last }, (_, at) => letter + (at + 1))
  expect(numbers).toEqual([...range('R', 51), ...range('D', 23)])
})

test('every number has a test', () => {
  const missing = REQUIREMENTS.filter(
    ({ number, waitsFor }) => waitsFor === undefined && testsOf(number, tests).length === 0,
  )
  expect(missing.map(({ number, sentence }) => `${number}: ${sentence}`)).toEqual([])
})

test('a test of the suite begins with exactly one number that there is', () => {
  const own = tests.filter(
    ({ file }) => file.startsWith('test/conformance/securenat/') && !file.endsWith('page.test.ts'),
  )
  const wrong = own.filter(({ name }) => !numbers.includes(/^([RD]\d+): (?![RD]\d)/.exec(name)?.[1] ?? ''))
  expect(wrong).toEqual([])
})

test('every experiment has a test', () => {
  const missing = EXPERIMENTS.filter(
    ({ test, waitsFor }) => waitsFor === undefined && !tests.some(({ name }) => name.startsWith(test)),
  )
  expect(missing.map(({ experiment }) => experiment)).toEqual([])
})

// `npm run conformance` writes it.
test('docs/conformance.md is what the suite says', async () => {
  const page = join(import.meta.dirname, '../../../docs/conformance.md')
  await expect(conformancePage(tests)).toMatchFileSnapshot(page)
})
