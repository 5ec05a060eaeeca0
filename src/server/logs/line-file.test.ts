import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DEFAULT_LOG_OPTIONS } from '../../admin/log-settings.ts'
import { formatLocalTime } from '../local-time.ts'
import { FLUSH_DELAY_MS, LineFile, PENDING_MAX, RETRY_MS } from './line-file.ts'

const AT = new Date(2026, 10, 23, 23, 59, 59, 7).getTime()
let directory: string
let failures: string[]
let recoveries: number[]

function open(): LineFile {
  return new LineFile({
    directory: join(directory, 'log'),
    prefix: 'sec',
    extension: '.log',
    naming: 'stamped',
    lineEnd: '\r\n',
    settings: () => DEFAULT_LOG_OPTIONS,
    failed: (error) => failures.push(error.message),
    recovered: (lost) => recoveries.push(lost),
  })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'line-file-'))
  failures = []
  recoveries = []
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(directory, { recursive: true, force: true })
})

/** A file stands where the directory was: nothing can be written. */
function breakDirectory(): void {
  rmSync(join(directory, 'log'), { recursive: true })
  writeFileSync(join(directory, 'log'), '')
}

function mendDirectory(): void {
  rmSync(join(directory, 'log'))
}

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

  test('a failing disk keeps lines waiting; it is said once, and so is its end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const file = open()
    breakDirectory()
    file.write(AT, 'one')
    vi.advanceTimersByTime(FLUSH_DELAY_MS)
    await vi.waitFor(() => expect(file.stats.writeErrors).toBe(1))
    file.write(AT, 'two')
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(RETRY_MS)
    await vi.waitFor(() => expect(file.stats.writeErrors).toBe(2))
    expect([failures.length, recoveries]).toEqual([1, []])
    mendDirectory()
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(RETRY_MS)
    await vi.waitFor(() => expect(recoveries).toEqual([0]))
    expect(readFileSync(join(directory, 'log', 'sec_20261123.log'), 'utf8')).toBe('one\r\ntwo\r\n')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('what waits is bounded, and what was lost is told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const file = open()
    const line = 'x'.repeat(PENDING_MAX / 2)
    for (let i = 0; i < 5; i += 1) file.write(AT, line)
    expect(file.stats).toMatchObject({ lines: 2, droppedPendingMax: 3 })
    expect(failures).toHaveLength(1)
    vi.advanceTimersByTime(FLUSH_DELAY_MS)
    await vi.waitFor(() => expect(recoveries).toEqual([3]))
    await file.close()
  })

  test('closed on a disk that fails, it ends all the same', async () => {
    const file = open()
    breakDirectory()
    file.write(AT, 'one')
    await file.close()
    expect(file.stats.writeErrors).toBe(1)
    expect(failures).toHaveLength(1)
    expect(readdirSync(directory)).toEqual(['log'])
  })

  test('a directory that was deleted is made again', async () => {
    const file = open()
    rmSync(join(directory, 'log'), { recursive: true })
    file.write(AT, 'one')
    await file.close()
    expect(readdirSync(join(directory, 'log'))).toEqual(['sec_20261123.log'])
  })

  test('time stamps are local and have milliseconds', () => {
    expect(formatLocalTime(AT)).toBe('2026-11-23 23:59:59.007')
    expect(formatLocalTime(AT + 993.9)).toBe('2026-11-24 00:00:00.000')
  })
})
