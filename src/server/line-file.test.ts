import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FLUSH_DELAY_MS, LineFile, PENDING_MAX } from './line-file.ts'
import { formatLocalTime } from './local-time.ts'

const AT = new Date(2026, 10, 23, 23, 59, 59, 7).getTime()
let directory: string
let failures: string[]

function open(): LineFile {
  return new LineFile({
    directory: join(directory, 'log'),
    prefix: 'sec',
    lineEnd: '\r\n',
    failed: (error) => failures.push(error.message),
  })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'line-file-'))
  failures = []
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(directory, { recursive: true, force: true })
})

describe('line file', () => {
  test('lines go to the file of their day, readable by the owner alone', async () => {
    const file = open()
    file.write(AT, 'one')
    file.write(AT, '二')
    file.write(AT + 1000, 'three')
    await file.close()
    const path = join(directory, 'log', 'sec_20261123.log')
    expect(readFileSync(path, 'utf8')).toBe('one\r\n二\r\n')
    expect(readFileSync(join(directory, 'log', 'sec_20261124.log'), 'utf8')).toBe('three\r\n')
    expect(statSync(path).mode & 0o777 & 0o177).toBe(0)
  })

  test('lines are written together after a short while, and with nothing pending there is no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const file = open()
    expect(vi.getTimerCount()).toBe(0)
    file.write(AT, 'one')
    file.write(AT, 'two')
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(FLUSH_DELAY_MS)
    const path = join(directory, 'log', 'sec_20261123.log')
    await vi.waitFor(() => expect(existsSync(path) && readFileSync(path, 'utf8')).toBe('one\r\ntwo\r\n'))
    expect(vi.getTimerCount()).toBe(0)
    await file.close()
  })

  test('a failing disk costs lines; they are counted, and it is said once', async () => {
    const file = open()
    rmSync(join(directory, 'log'), { recursive: true })
    file.write(AT, 'one')
    await file.close()
    file.write(AT, 'two')
    await file.close()
    expect(file.stats).toMatchObject({ lines: 2, writeErrors: 2 })
    expect(failures).toHaveLength(1)
    expect(readdirSync(directory)).toEqual([])
  })

  test('what waits is bounded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const file = open()
    const line = 'x'.repeat(PENDING_MAX / 2)
    for (let i = 0; i < 5; i += 1) file.write(AT, line)
    expect(file.stats).toMatchObject({ lines: 2, droppedPendingMax: 3 })
    await file.close()
  })

  test('time stamps are local and have milliseconds', () => {
    expect(formatLocalTime(AT)).toBe('2026-11-23 23:59:59.007')
    expect(formatLocalTime(AT + 993.9)).toBe('2026-11-24 00:00:00.000')
  })
})
