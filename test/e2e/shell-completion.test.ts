// Completion and manual page in the real programs: bash, zsh, fish; man and mandoc.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER, REPOSITORY } from './support/places.ts'
import { must, run } from './support/shell.ts'
import { TmuxTerminal } from './support/tmux.ts'
import { World } from './support/world.ts'

let world: World
const scripts: Record<string, string> = {}

beforeAll(async () => {
  world = await World.create()
  for (const shell of ['bash', 'zsh', 'fish']) {
    scripts[shell] = join(world.directory, `_securenat.${shell}`)
    writeFileSync(scripts[shell], await must([LAUNCHER, 'completion', shell, '--language', 'en']))
  }
})
afterAll(() => world?.destroy())

describe('bash', () => {
  /** What one Tab would offer after these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const script = `
      compopt() { :; }
      source "$1"; shift
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _securenat
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const found = await must(['bash', '-c', script, 'bash', scripts.bash!, 'securenat', ...words], { cwd: REPOSITORY })
    return [...new Set(found.split('\n').filter(Boolean))]
  }

  test('a person presses Tab', async () => {
    const terminal = await TmuxTerminal.start(world, 'bash', `PS1='$ ' bash --norc --rcfile /dev/null`)
    await terminal.shows(/\$$/)
    await terminal.keys(`source ${scripts.bash}; PS1='> '`, 'Enter')
    await terminal.shows('>')
    await terminal.keys('securenat natse', 'Tab', '--lo', 'Tab', 'y', 'Tab', '--mt', 'Tab')
    await terminal.shows('> securenat NatSet --log yes --mtu')
  })

  test.each([
    [['hublis'], ['HubList']],
    [
      ['NatSet', '--log', ''],
      ['yes', 'no'],
    ],
    [['NatSet', '--log', '=', 'n'], ['no']],
    [['--hub', 'x', 'natset', '--mt'], ['--mtu']],
    [['NatSet', '--mtu', ''], []],
    [['UserCertSet', 'alice', '--loadcert', 'LICEN'], ['LICENSE']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'dhcptab'], ['DhcpTable']],
    [['run', '--', 'mktem'], ['mktemp']],
  ])('%j', async (words, hits) => expect(await offered(...words)).toEqual(hits))
})

test('zsh', async () => {
  const terminal = await TmuxTerminal.start(world, 'zsh', 'zsh -f')
  await terminal.shows(/[%#]$/)
  await terminal.keys(`autoload -U compinit; compinit -D; source ${scripts.zsh}; PS1='> '`, 'Enter')
  await terminal.shows('>')
  await terminal.keys('securenat natse', 'Tab', '--lo', 'Tab', 'y', 'Tab', '--mt', 'Tab')
  await terminal.shows('> securenat NatSet --log yes --mtu')
})

test('fish', async () => {
  const offered = async (line: string): Promise<string[]> => {
    const argv = ['fish', '--no-config', '-c', `source ${scripts.fish}; complete -C '${line}'`]
    const found = await must(argv, { env: { HOME: world.directory } })
    return found.split('\n').filter(Boolean)
  }
  expect(await offered('securenat natse')).toEqual([expect.stringMatching(/^NatSet\t\w/)])
  expect((await offered('securenat NatSet --log ')).map((line) => line.split('\t')[0])).toEqual(['no', 'yes'])
  expect(await offered('securenat natset --mt')).toEqual([expect.stringMatching(/^--mtu\tMTU/)])
})

test.each(['en', 'ja'])('man renders the page without a warning: %s', async (language) => {
  const page = join(world.directory, `${language}.1`)
  writeFileSync(page, await must([LAUNCHER, 'man', '--language', language]))
  const env = { LC_ALL: 'C.UTF-8', MANWIDTH: '100', MANPAGER: 'cat' }
  const { status, stdout, stderr } = await run(['man', '--warnings', '-l', page], { env })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain('UserPasswordSet NAME [OPTION]...')
  expect(stdout).toContain('--mtu BYTES')
  if (language === 'en') {
    const lint = await run(['mandoc', '-T', 'lint', '-W', 'warning', page])
    expect(lint.stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([])
    expect(await must(['cat', join(REPOSITORY, 'dist/securenat.1')])).toBe(await must(['cat', page]))
  }
})
