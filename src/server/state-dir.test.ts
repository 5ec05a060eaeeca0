import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkSocketPath, StateDir, StateDirError } from './state-dir.ts'
import { defaultStateDir } from './state-paths.ts'

let base: string
let path: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'state-dir-'))
  path = join(base, 'a', 'state')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const lockText = (): string => readFileSync(join(path, 'lock'), 'utf8')
const NOBODY = 2 ** 22 + 1

describe('state directory', () => {
  test('is made for its owner alone', () => {
    StateDir.open(path).release()
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'hubs')).mode & 0o077).toBe(0)
  })

  test('a second server is told which process holds it', () => {
    const first = StateDir.open(path, () => Date.UTC(2026, 10, 23))
    expect(() => StateDir.open(path)).toThrow(
      `the state directory ${path} is in use by process ${process.pid}, a securenat server started 2026-11-23T00:00:00.000Z`,
    )
    first.release()
    StateDir.open(path).release()
    expect(existsSync(join(path, 'lock'))).toBe(false)
  })

  test.each([
    ['of a process that is gone', JSON.stringify({ pid: NOBODY, startedAt: 'x', ticks: '1' })],
    ['of a process that is gone, elsewhere than on Linux', JSON.stringify({ pid: NOBODY, startedAt: 'x' })],
    ['of a process whose number was used again', JSON.stringify({ pid: process.pid, startedAt: 'x', ticks: '1' })],
    ['that says nothing', ''],
  ])('a lock %s does not count', (_name, text) => {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'lock'), text)
    const state = StateDir.open(path)
    expect(JSON.parse(lockText())).toMatchObject({ pid: process.pid })
    state.release()
  })

  test.skipIf(process.platform !== 'linux')(
    'a killed server that its parent has not noticed yet holds nothing',
    async () => {
      // The shell becomes a program that never asks after its child.
      const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
      try {
        const pid = Number(String((await once(parent.stdout, 'data'))[0]))
        const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
        while (fields()[0] !== 'Z') await new Promise(setImmediate)
        mkdirSync(path, { recursive: true, mode: 0o700 })
        writeFileSync(join(path, 'lock'), JSON.stringify({ pid, startedAt: 'x', ticks: fields()[19] }))
        StateDir.open(path).release()
      } finally {
        parent.kill()
      }
    },
  )

  test('what somebody else locked meanwhile is left alone', () => {
    const state = StateDir.open(path)
    writeFileSync(join(path, 'lock'), 'theirs')
    state.release()
    expect(lockText()).toBe('theirs')
  })

  test('sockets left by a killed server are removed, and nothing else', () => {
    const state = StateDir.open(path)
    const names = ['control.sock', 'hubs/LAB.sock', 'taps/LAB.sock', 'hubs/LAB.json']
    for (const name of names) writeFileSync(join(path, name), '')
    state.removeStaleSockets()
    expect(names.filter((name) => existsSync(join(path, name)))).toEqual(['hubs/LAB.json'])
    state.release()
  })

  test('a directory that everybody may write to is refused', () => {
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o1777)
    expect(() => StateDir.open(path)).toThrow(/everybody may write to the state directory .* choose one of your own/)
  })

  test('a directory that cannot be made is refused in one sentence', () => {
    writeFileSync(join(base, 'file'), '')
    expect(() => StateDir.open(join(base, 'file', 'state'))).toThrow(StateDirError)
  })

  test('a socket name that the system would cut short is refused', () => {
    expect(() => checkSocketPath(`/tmp/${'x'.repeat(120)}/DEFAULT.sock`)).toThrow(/choose a shorter --state directory/)
    checkSocketPath('/tmp/x/DEFAULT.sock')
  })

  test('the default follows the XDG rules', () => {
    expect(defaultStateDir({ XDG_STATE_HOME: '/s' }, '/h')).toBe('/s/securenat')
    expect(defaultStateDir({ XDG_STATE_HOME: '' }, '/h')).toBe('/h/.local/state/securenat')
  })
})
