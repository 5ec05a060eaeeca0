import { describe, expect, test } from 'vitest'
import { COMMANDS, COMMON_OPTIONS } from './commands.ts'
import { completionFor } from './completion/shell-completion.ts'
import { valuesOf } from './completion/values.ts'
import { manPage } from './man-page.ts'
import { PROGRAMS, TOOLS } from './programs.ts'

const PROGRAM_NAMES = [...PROGRAMS, ...TOOLS].map(({ name }) => name)

describe('the manual page', () => {
  const option = { name: 'no-x', letter: 'n', value: "FI\\LE'", help: { en: '.x isn’t "y"…', ja: '説明' } }
  const spec = { name: 'Do', summary: { en: 'do it', ja: '実行する' }, options: [option], rest: 'COMMAND…' }
  const parts = { programs: [spec], commands: [], common: [], version: '1.2' }

  test('is roff in which nothing of the tables is a request', () => {
    const page = manPage(parts, 'en')
    expect(page).toMatch(/^\.TH SECURENAT 1 "" "securenat 1\.2"\n/)
    expect(page).toContain('\\fBDo\\fR [\\fIOPTION\\fR]\\|.\\|.\\|. \\-\\- \\fICOMMAND\\&...\\fR\n.PP\nDo it.\n')
    expect(page).toContain('.TP\n\\fB\\-n\\fR, \\fB\\-\\-no\\-x\\fR \\fIFI\\eLE\\(aq\\fR\n\\&.x isn’t "y"\\&...\n')
  })

  test('in Japanese, lines may break between letters', () => {
    expect(manPage(parts, 'ja')).toContain('実\\:行\\:す\\:る。')
  })

  test('has every program, command and common option', () => {
    const page = manPage({ programs: PROGRAMS, commands: COMMANDS, common: COMMON_OPTIONS, version: '1' }, 'en')
    const sections = [...page.matchAll(/^\.SS "(.+)"$/gm)].map(([, name]) => name)
    expect(sections).toEqual([...PROGRAMS, ...COMMANDS].map(({ name }) => name))
    for (const { name } of COMMON_OPTIONS) expect(page).toContain(`\\fB\\-\\-${name}\\fR`)
    const requests = [...page.matchAll(/^[.'](\S*)/gm)].map(([, name]) => name)
    expect([...new Set(requests)].sort()).toEqual(['B', 'BR', 'I', 'PP', 'RI', 'SH', 'SS', 'TH', 'TP', 'ad'])
  })
})

describe('completion for shells', () => {
  test.each(['bash', 'zsh', 'fish'])('%s has every program and command', (shell) => {
    const script = completionFor(shell, 'en').toLowerCase()
    for (const name of [...PROGRAM_NAMES, ...COMMANDS.map((command) => command.name)]) {
      const wanted = { bash: `    ${name})`, zsh: `        ${name})`, fish: ` -a ${name} -d ` }[shell]!
      expect(script).toContain(wanted.toLowerCase())
    }
  })

  test('another shell is refused', () => {
    expect(() => completionFor('tcsh', 'en')).toThrow('completion: the shell must be bash, zsh or fish, is "tcsh"')
  })

  test.each([
    ['yes|no', { kind: 'words', words: ['yes', 'no'] }],
    ['NAME|none', { kind: 'words', words: ['none'] }],
    ['FILE', { kind: 'files' }],
    ['DIR', { kind: 'directories' }],
    ['BYTES', { kind: 'free' }],
    ['YYYY/MM/DD hh:mm:ss|none', { kind: 'words', words: ['none'] }],
  ])('what %s can be', (value, values) => expect(valuesOf(value)).toEqual(values))
})
