// docs/conformance.md, made from the names of the tests: which number is shown where. scripts/test.mjs compares the rows with
// what the run really did.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXPERIMENTS, REQUIREMENTS } from './requirements.ts'

export interface NamedTest {
  readonly file: string
  readonly name: string
}

const ROOT = join(import.meta.dirname, '../../..')
const FOLDERS = ['test/conformance/securenat', 'test/e2e']
/** A call of `test`, with or without a table or condition before it, up to the end of the name it is given. */
const TEST_CALL = /(?<![.\w])test(?:\.\w+)*(?:\([\s\S]*?\)\s*)??\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g

/** The tests of the suite and of test/e2e, as their sources call them: a table's `%s` stays as it is. */
export function namedTests(): NamedTest[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .flatMap((name) => namesIn(`${folder}/${name}`)),
  )
}

function namesIn(file: string): NamedTest[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  return [...source.matchAll(TEST_CALL)].map(([, , name]) => ({ file, name: name!.replace(/\\(['"`])/g, '$1') }))
}

export function testsOf(number: string, tests: readonly NamedTest[]): NamedTest[] {
  return tests.filter(({ name }) => name.startsWith(`${number}: `))
}

export function conformancePage(tests: readonly NamedTest[]): string {
  const requirements = REQUIREMENTS.map(({ number, sentence, waitsFor }) => {
    return row(number, sentence, ...state(testsOf(number, tests), waitsFor ?? 'NO TEST'))
  })
  const experiments = EXPERIMENTS.map(({ experiment, criterion, test, waitsFor }) => {
    const found = test === '' ? [] : tests.filter(({ name }) => name.startsWith(test))
    return row(experiment, criterion, ...state(found, waitsFor ?? 'NO TEST'))
  })
  return `# Conformance

R1 to R51 are what the manual of the original promises, D1 to D23 what the original does wrong. Every number has at least one test
whose name begins with it. This page is made from the suite: \`npm run conformance\` writes it, \`npm run unit\` compares it with the
tests there are, and \`npm test\` ends with a look at every row: "passed" must be what its tests did in that run.

| number | what it says | shown by | result |
| --- | --- | --- | --- |
${requirements.join('\n')}

## Acceptance experiments

Each was first made with the original, and is now a test of that name.

| experiment | passes when | shown by | result |
| --- | --- | --- | --- |
${experiments.join('\n')}
`
}

function state(tests: readonly NamedTest[], reason: string): [files: string, result: string] {
  if (tests.length === 0) return ['—', `waits: ${reason}`]
  return [[...new Set(tests.map(({ file }) => `\`${file.replace('test/', '')}\``))].join(' '), 'passed']
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
