// Log files by ranges.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listLogFiles, readLogRange } from './log-files.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logs-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

test('files are listed with their hub, and read by ranges', async () => {
  for (const name of ['server', 'server/security', 'LAB/security'])
    mkdirSync(join(directory, name), { recursive: true })
  writeFileSync(join(directory, 'server', 'server_20261123.log'), 'abc')
  writeFileSync(join(directory, 'server', 'security', 'sec_20261123.log'), '')
  writeFileSync(join(directory, 'LAB', 'security', 'sec_20261123.log'), '0123456789')
  const files = await listLogFiles(directory)
  expect(files.map(({ path, hub, size }) => [path, hub, size])).toEqual([
    ['LAB/security/sec_20261123.log', 'LAB', 10],
    // A hub may be called so.
    ['server/security/sec_20261123.log', 'server', 0],
    ['server/server_20261123.log', undefined, 3],
  ])
  const text = async (offset: number, length: number): Promise<string> =>
    Buffer.from((await readLogRange(directory, 'LAB/security/sec_20261123.log', offset, length))!).toString()
  expect([await text(0, 4), await text(8, 4), await text(10, 4), await text(99, 4)]).toEqual(['0123', '89', '', ''])
  expect(await readLogRange(directory, 'LAB/none', 0, 4)).toBeUndefined()
})

test('no directory, no files', async () => {
  expect(await listLogFiles(join(directory, 'none'))).toEqual([])
})
