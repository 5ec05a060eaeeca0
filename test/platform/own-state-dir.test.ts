// Directories of servers inside `run`: used while their lock is held, removed by the next one otherwise.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeOwnStateDir } from '../../src/guest/own-state-dir.ts'

describe.skipIf(process.platform !== 'linux')('the state directory of a server inside run', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snt-own-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('is made, and is gone after remove', () => {
    const { path, remove } = makeOwnStateDir(folder)
    writeFileSync(join(path, 'lock'), '')
    remove()
    expect(readdirSync(folder)).toEqual([])
  })

  test('one that is used stays, one that nobody uses goes, what is something else stays', () => {
    const used = makeOwnStateDir(folder)
    mkdirSync(join(folder, 'securenat-run-abandoned', 'hubs'), { recursive: true })
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'securenat-run-link'))
    writeFileSync(join(folder, 'securenat-run-file'), '')
    const next = makeOwnStateDir(folder)
    expect(existsSync(used.path)).toBe(true)
    used.remove()
    next.remove()
    expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'securenat-run-file', 'securenat-run-link'])
  })
})
