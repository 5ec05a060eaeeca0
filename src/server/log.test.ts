import { expect, test } from 'vitest'
import { Log } from './log.ts'

test.each([
  ['plain', 'name=plain'],
  ['two words', 'name="two words"'],
  ['a\nsecond line', String.raw`name="a\nsecond line"`],
  ['\u001b[2J', String.raw`name="\u001b[2J"`],
  ['\u009b2J', 'name="\ufffd2J"'],
  ['\u202egnp', 'name="\ufffdgnp"'],
])('%j is one line that nothing acts upon', (name, field) => {
  const lines: string[] = []
  new Log(
    undefined,
    () => 0,
    (line) => lines.push(line),
  ).warn('seen', { name })
  expect(lines).toEqual([`securenat: seen ${field}`])
})
