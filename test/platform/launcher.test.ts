// The launcher in a made-up checkout, with a made-up npm on the PATH: no network and no real build, but the real shell.

import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const LAUNCHER = join(import.meta.dirname, '..', '..', 'securenat')

/** Writes down how it was called, and makes what the real one would make. */
const NPM = `#!/bin/sh
echo "$1 $2" >>calls
case $1 in
  ci) [ ! -e broken ] || { echo 'the registry is gone'; exit 7; }
      sleep 0.1; mkdir -p node_modules; touch node_modules/.package-lock.json ;;
  run) mkdir -p dist; echo 'console.log(process.argv.slice(2).join(","), process.env.SECURENAT_PROGRAM)' >dist/securenat.cjs ;;
esac
`

let base: string
let root: string
let path: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'launcher-'))
  root = join(base, 'checkout')
  mkdirSync(join(root, 'src', 'wire'), { recursive: true })
  copyFileSync(LAUNCHER, join(root, 'securenat'))
  chmodSync(join(root, 'securenat'), 0o755)
  for (const file of ['package.json', 'package-lock.json', 'rolldown.config.js', 'src/main.ts', 'src/wire/mac.ts']) {
    writeFileSync(join(root, file), '{}')
  }
  mkdirSync(join(base, 'bin'))
  writeFileSync(join(base, 'bin', 'npm'), NPM, { mode: 0o755 })
  path = `${join(base, 'bin')}${delimiter}${process.env.PATH}`
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function run(
  program = join(root, 'securenat'),
  cwd = root,
): Promise<{ status: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, ['a', 'b c'], { cwd, env: { PATH: path } })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.on('close', (status) => resolve({ status, out, err }))
  })
}

const calls = (): string[] =>
  existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []

/** As if it had been changed after the build. */
function change(file: string): void {
  const later = new Date(Date.now() + 60_000)
  utimesSync(join(root, file), later, later)
}

describe('launcher', () => {
  test('a fresh clone is installed and built, quietly and once, however many start at the same time', async () => {
    const runs = await Promise.all([run(), run(), run()])
    for (const { status, out, err } of runs) {
      expect({ status, out, err }).toEqual({ status: 0, out: `a,b c ${join(root, 'securenat')}\n`, err: '' })
    }
    expect(calls()).toEqual(['ci --ignore-scripts', 'run --silent'])
    expect(existsSync(join(root, '.build-lock'))).toBe(false)
    await run()
    expect(calls()).toHaveLength(2)
  })

  test('a changed source is built again without installing; a changed test is not', async () => {
    await run()
    writeFileSync(join(root, 'src', 'wire', 'mac.test.ts'), '')
    utimesSync(join(root, 'src', 'wire'), 0, 0)
    change('src/wire/mac.test.ts')
    await run()
    expect(calls()).toHaveLength(2)
    change('src/wire/mac.ts')
    await run()
    expect(calls().slice(2)).toEqual(['run --silent'])
  })

  test('a changed lock file is installed again', async () => {
    await run()
    change('package-lock.json')
    await run()
    expect(calls().slice(2)).toEqual(['ci --ignore-scripts', 'run --silent'])
  })

  test('it may be called through a symbolic link, from anywhere', async () => {
    symlinkSync('../checkout/securenat', join(base, 'bin', 'securenat'))
    expect(await run(join(base, 'bin', 'securenat'), '/')).toMatchObject({ status: 0, err: '' })
    expect(calls()).toHaveLength(2)
  })

  test('the lock of a builder that died is taken over', async () => {
    mkdirSync(join(root, '.build-lock'))
    writeFileSync(join(root, '.build-lock', 'pid'), `${2 ** 22 + 1}\n`)
    expect(await run()).toMatchObject({ status: 0, err: '' })
    expect(existsSync(join(root, '.build-lock.remove'))).toBe(false)
  })

  test('a failed installation is one line that says where its output is', async () => {
    writeFileSync(join(root, 'broken'), '')
    const { status, err } = await run()
    const log = join(root, 'build.log')
    expect({ status, err }).toEqual({
      status: 1,
      err: `securenat: installing the dependencies (npm ci) failed (status 7); the log is ${log}\n`,
    })
    expect(readFileSync(log, 'utf8')).toBe('the registry is gone\n')
    rmSync(join(root, 'broken'))
    expect(await run()).toMatchObject({ status: 0, err: '' })
    expect(existsSync(log)).toBe(false)
  })

  test.each([
    ['node', 'securenat: Node.js 20.19 or newer is needed, and no node is on the PATH\n'],
    ['npm', 'securenat: npm is needed to install the dependencies, and is not on the PATH\n'],
  ])('without %s it says so', async (program, err) => {
    const bin = join(base, 'few')
    mkdirSync(bin)
    for (const name of ['find', 'cat', 'mkdir', 'rm', 'readlink', 'touch'])
      symlinkSync(`/usr/bin/${name}`, join(bin, name))
    symlinkSync(
      program === 'npm' ? process.execPath : join(base, 'bin', 'npm'),
      join(bin, program === 'npm' ? 'node' : 'npm'),
    )
    path = bin
    expect(await run()).toMatchObject({ status: 1, err })
  })
})
