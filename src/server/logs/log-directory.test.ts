// Which file a line goes to, and which files go.

import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_LOG_OPTIONS, type LogFileOptions, type SwitchCycle } from '../../admin/log-settings.ts'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.ts'
import { periodAt } from './switch-cycle.ts'

const AT = new Date(2026, 10, 23, 9, 5, 7, 8).getTime()
const DAY_MS = 86_400_000
let directory: string
let settings: LogFileOptions

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-directory-'))
  settings = { ...DEFAULT_LOG_OPTIONS, fileBytes: 100 }
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function open(options: Partial<LogDirectoryOptions> = {}): LogDirectory {
  return new LogDirectory({
    directory,
    prefix: 'sec',
    extension: '.log',
    naming: 'stamped',
    settings: () => settings,
    ...options,
  })
}

/** Writes `bytes` and answers the name of the file they went to. */
function write(log: LogDirectory, stamp: string, bytes: number, at = AT): string {
  const { path } = log.fileFor(stamp, at)
  writeFileSync(path, 'x'.repeat(bytes), { flag: 'a' })
  log.wrote(bytes)
  return basename(path)
}

function leave(name: string, bytes: number, daysOld = 0): void {
  writeFileSync(join(directory, name), 'x'.repeat(bytes))
  utimesSync(join(directory, name), AT / 1000, AT / 1000 - daysOld * 86_400)
}

describe('switch cycle', () => {
  test.each<[SwitchCycle, string]>([
    ['none', ''],
    ['month', '202611'],
    ['day', '20261123'],
    ['hour', '20261123_09'],
    ['minute', '20261123_0905'],
    ['second', '20261123_090507'],
  ])('%s: _%s', (cycle, stamp) => {
    const period = periodAt(AT, cycle)
    expect(period.stamp).toBe(stamp)
    expect(period.start <= AT && AT < period.end).toBe(true)
    if (cycle === 'none') return
    expect(periodAt(period.start, cycle).stamp).toBe(stamp)
    expect(periodAt(period.end - 1, cycle).stamp).toBe(stamp)
    expect(periodAt(period.end, cycle).stamp > stamp).toBe(true)
    expect(periodAt(period.start - 1, cycle).stamp < stamp).toBe(true)
  })
})

describe('files with the time in their names', () => {
  test('past the size ~01, ~02 … follow', () => {
    const log = open()
    expect([1, 2, 3, 4].map(() => write(log, '20261123', 99))).toEqual([
      'sec_20261123.log',
      'sec_20261123.log',
      'sec_20261123~01.log',
      'sec_20261123~01.log',
    ])
    expect(write(log, '20261123', 1)).toBe('sec_20261123~02.log')
    expect(write(log, '20261124', 1)).toBe('sec_20261124.log')
    expect(write(log, '', 1)).toBe('sec.log')
  })

  test('after a restart the last file is continued, unless it is full', () => {
    leave('sec_20261123.log', 100)
    leave('sec_20261123~01.log', 50)
    const log = open()
    expect(write(log, '20261123', 50)).toBe('sec_20261123~01.log')
    expect(write(log, '20261123', 1)).toBe('sec_20261123~02.log')
    expect(write(open(), '20261123', 1)).toBe('sec_20261123~02.log')
  })
})

describe('a file that keeps its name', () => {
  const stable = { prefix: 'events', extension: '.jsonl', naming: 'stable' } as const

  test('gets the time in its name when it is over', () => {
    const log = open(stable)
    for (const stamp of ['20261123', '20261123', '20261123', '20261124', '20261125']) {
      expect(write(log, stamp, 60)).toBe('events.jsonl')
    }
    expect(readdirSync(directory).sort()).toEqual([
      'events.jsonl',
      'events_20261123.jsonl',
      'events_20261123~01.jsonl',
      'events_20261124.jsonl',
    ])
  })

  test('after a restart it is continued on the same day and put away on another', () => {
    leave('events.jsonl', 10)
    expect(write(open(stable), '20261123', 1)).toBe('events.jsonl')
    expect(readdirSync(directory)).toEqual(['events.jsonl'])
    leave('events.jsonl', 10, 2)
    write(open(stable), '20261123', 1)
    expect(readdirSync(directory).sort()).toEqual(['events.jsonl', 'events_20261121.jsonl'])
  })

  test('without a cycle full files are told apart by their time', () => {
    settings.switchCycle = 'none'
    leave('events.jsonl', 100)
    write(open(stable), '', 1)
    expect(readdirSync(directory).sort()).toEqual(['events.jsonl', 'events_20261123_090507.jsonl'])
  })
})

describe('retention', () => {
  test('files that are too old go, when another is begun', () => {
    settings.retentionDays = 10
    for (const days of [9, 11, 20]) leave(`sec_202611${23 - days}.log`, 10, days)
    leave('sec_notes.log', 10, 99)
    leave('other_20200101.log', 10, 99)
    const log = open()
    write(log, '20261123', 1)
    expect(readdirSync(directory).sort()).toEqual([
      'other_20200101.log',
      'sec_20261114.log',
      'sec_20261123.log',
      'sec_notes.log',
    ])
    expect(log.stats.filesRemoved).toBe(2)
    write(log, '20261128', 1, AT + 5 * DAY_MS)
    expect(log.stats.filesRemoved).toBe(3)
  })

  test('the directory never becomes larger than it may: the oldest files go', () => {
    settings.retentionBytes = 1000
    settings.fileBytes = 65_536
    settings.retentionDays = 0
    for (const days of [1, 2, 3, 4, 5]) leave(`sec_202611${23 - days}.log`, 200, days)
    const log = open()
    for (let i = 0; i < 100; i += 1) {
      write(log, '20261123', 50)
      const total = readdirSync(directory).length
      expect(total).toBeLessThanOrEqual(6)
    }
    expect(readdirSync(directory).sort().slice(-3)).toEqual([
      'sec_20261123~17.log',
      'sec_20261123~18.log',
      'sec_20261123~19.log',
    ])
    expect(readdirSync(directory)).not.toContain('sec_20261122.log')
  })

  test('0 means: for ever', () => {
    settings.retentionDays = 0
    settings.retentionBytes = 0
    leave('sec_20000101.log', 10, 9000)
    write(open(), '20261123', 1)
    expect(readdirSync(directory)).toContain('sec_20000101.log')
  })
})
