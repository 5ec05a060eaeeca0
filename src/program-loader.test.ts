import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProgramLoader } from './program-loader.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loader-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const part = (name: string, source: string) => writeFileSync(join(folder, name), source)
const cacheOf = (name: string) => join(folder, `${name}.cache`)

describe('the loader of the program', () => {
  test('runs a part once, however many need it, and gives parts to one another', () => {
    part('main.js', 'exports.other = require("./other.js"); exports.again = require("./other.js")')
    part('other.js', 'exports.where = __dirname; exports.file = __filename')
    const loader = new ProgramLoader(folder)
    const main = loader.load('main.js') as { other: object; again: object }
    expect(main.other).toBe(main.again)
    expect(main.other).toEqual({ where: folder, file: join(folder, 'other.js') })
    expect(loader.load('main.js')).toBe(main)
  })

  test("Node's modules come when something of them is used, and are then the real ones", () => {
    part('main.js', 'exports.inspector = require("node:inspector"); exports.fs = require("node:fs")')
    const isLoaded = () => moduleLoadList().includes('NativeModule inspector')
    // Other tests of this process must not have loaded it.
    expect(isLoaded()).toBe(false)
    const { inspector, fs } = new ProgramLoader(folder).load('main.js') as {
      inspector: typeof import('node:inspector')
      fs: typeof import('node:fs')
    }
    expect(isLoaded()).toBe(false)
    expect(fs.readFileSync).toBe(readFileSync)
    expect(typeof inspector.Session).toBe('function')
    expect('Session' in inspector).toBe(true)
    expect(Object.keys(inspector)).toContain('Session')
    expect(isLoaded()).toBe(true)
  })

  test('a cache is used while it is not older than its part, and is no condition', () => {
    const answerOf = (name: string) => (new ProgramLoader(folder).load(name) as { answer: number }).answer
    part('one.js', 'exports.answer = 41')
    const first = new ProgramLoader(folder)
    first.load('one.js')
    first.writeCaches()
    expect(statSync(cacheOf('one.js')).mode).toBe(statSync(join(folder, 'one.js')).mode)

    // As long as the first: V8 takes the code of the one for that of the other.
    for (const name of ['two.js', 'three.js', 'four.js']) {
      part(name, `exports.answer = ${name.length}0`)
      copyFileSync(cacheOf('one.js'), cacheOf(name))
    }
    expect(answerOf('two.js')).toBe(41)
    utimesSync(cacheOf('three.js'), 1, 1)
    expect(answerOf('three.js')).toBe(80)
    writeFileSync(cacheOf('four.js'), 'no cache at all')
    expect(answerOf('four.js')).toBe(70)
  })
})

function moduleLoadList(): readonly string[] {
  return (process as unknown as { moduleLoadList: string[] }).moduleLoadList
}
