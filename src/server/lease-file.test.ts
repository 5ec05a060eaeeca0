import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StoredLease } from '../securenat/dhcp-bindings.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { JOURNAL_LINES_MAX, LeaseFile } from './lease-file.ts'

/** Thousands of files are made and synced: not on a disk where that can be helped. */
const IN_MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let root: string
let directory: string
let problems: string[]
const files: LeaseFile[] = []

beforeEach(() => {
  root = mkdtempSync(join(IN_MEMORY, 'lease-file-'))
  directory = join(root, 'hubs', 'DEFAULT')
  problems = []
})
afterEach(() => {
  for (const file of files.splice(0)) file.close()
  rmSync(root, { recursive: true })
})

function open(): LeaseFile {
  const file = new LeaseFile(directory, { problem: (text) => problems.push(text) })
  files.push(file)
  return file
}

/** What a process that starts now finds, without closing the file of the one before: as after `kill -9`. */
const afterKill = (): StoredLease[] => open().leases()

const lease = (last: number, changes: Partial<StoredLease> = {}): StoredLease => ({
  id: last,
  ipAddress: ipv4(`192.168.30.${last}`),
  clientKey: `id:${last}`,
  macAddress: (0x00ac_0000_0000 + last) as MacAddress,
  hostName: 'größe "x"\\',
  leasedAt: Date.UTC(2026, 10, 23, 1, 2, 3, 4),
  expiresAt: Date.UTC(2026, 10, 23, 3, 2, 3, 4),
  ...changes,
})
const journal = () => readFileSync(join(directory, 'leases.journal'), 'utf8')
const snapshot = () => readFileSync(join(directory, 'leases.json'), 'utf8')

test('a new directory is made, and holds no leases', () => {
  expect(open().leases()).toEqual([])
  expect(journal()).toBe('')
})

test('each change is there after a kill, without any closing', () => {
  const file = open()
  file.put(lease(10))
  expect(afterKill()).toEqual([lease(10)])
})

test('renewals, removals and returns: the last word on an address holds', () => {
  const file = open()
  file.put(lease(10))
  file.put(lease(11))
  file.put(lease(10, { expiresAt: Date.UTC(2027, 0, 1) }))
  file.remove(lease(11).ipAddress)
  file.put(lease(12))
  file.remove(lease(12).ipAddress)
  file.put(lease(12, { clientKey: 'mac:1' }))
  expect(afterKill()).toEqual([lease(10, { expiresAt: Date.UTC(2027, 0, 1) }), lease(12, { clientKey: 'mac:1' })])
  expect(problems).toEqual([])
})

test('a journal cut at any byte gives every whole line and forgets the torn one', () => {
  const file = open()
  file.put(lease(10))
  const first = journal().length
  file.put(lease(11))
  const whole = readFileSync(join(directory, 'leases.journal'))
  // The length in bytes, since the names hold letters of two bytes.
  const firstBytes = whole.indexOf(0x0a) + 1
  expect(first).toBeLessThan(firstBytes)
  for (let length = 0; length <= whole.length; length += 1) {
    rmSync(join(directory, 'leases.json'), { force: true })
    writeFileSync(join(directory, 'leases.journal'), whole.subarray(0, length))
    const expected = [lease(10), lease(11)].slice(0, length < firstBytes ? 0 : length < whole.length ? 1 : 2)
    const reopened = new LeaseFile(directory, { problem: (text) => problems.push(text) })
    expect(reopened.leases(), `${length} bytes`).toEqual(expected)
    // What is written next is not glued to the torn line.
    reopened.put(lease(12))
    reopened.close()
    expect(new LeaseFile(directory, { problem: () => {} }).leases()).toEqual([...expected, lease(12)])
  }
  expect(problems).toEqual([])
  // It waits for the disk two hundred times.
}, 30_000)

describe('one byte that the disk changed', () => {
  const leases = [lease(10), lease(11), lease(12), lease(13)]

  /** What is read after each byte of `file` was changed; what comes out is right, and at most two neighbours are lost. */
  function changeEveryByte(file: string, least = leases.length - 2): void {
    const whole = readFileSync(join(directory, file))
    for (let index = 0; index < whole.length; index += 1) {
      const changed = Buffer.from(whole)
      changed[index]! ^= 1
      for (const name of readdirSync(directory)) rmSync(join(directory, name))
      writeFileSync(join(directory, file), changed)
      const reopened = new LeaseFile(directory, { problem: () => {} })
      const found = reopened.leases()
      reopened.close()
      expect(leases, `byte ${index}`).toEqual(expect.arrayContaining(found))
      expect(found.length, `byte ${index}`).toBeGreaterThanOrEqual(least)
    }
  }

  test('of the journal loses its line, and never makes another lease of it', () => {
    const file = open()
    for (const each of leases) file.put(each)
    changeEveryByte('leases.journal')
  })

  test('of a removal leaves the others alone', () => {
    const file = open()
    for (const each of leases) file.put(each)
    file.remove(lease(13).ipAddress)
    changeEveryByte('leases.journal', leases.length - 3)
  })

  test('of the snapshot loses its line, even where the whole cannot be read', () => {
    const file = open()
    for (const each of leases) file.put(each)
    file.close()
    changeEveryByte('leases.json')
  })

  test('a person may change the snapshot and leave the sum out', () => {
    const file = open()
    file.put(lease(10))
    file.close()
    const path = join(directory, 'leases.json')
    const edited = snapshot().replace('"192.168.30.10"', '"192.168.30.77"')
    writeFileSync(path, edited)
    expect(afterKill()).toEqual([])
    writeFileSync(path, edited.replace(/,"sum":\d+/, ''))
    expect(afterKill()).toEqual([lease(10, { ipAddress: ipv4('192.168.30.77') })])
  })
})

describe('compaction', () => {
  test('the journal stays bounded, the snapshot is readable by people, nothing temporary is left', () => {
    const file = open()
    for (let count = 0; count < JOURNAL_LINES_MAX + 5; count += 1) file.put(lease(10, { leasedAt: count, id: 1 }))
    expect(file.stats.compactions).toBe(1)
    expect(journal().trim().split('\n')).toHaveLength(5)
    expect(snapshot()).toContain('"ipAddress":"192.168.30.10"')
    expect(snapshot()).toContain('"macAddress":"00-AC-00-00-00-0A"')
    expect(JSON.parse(snapshot()).leases).toHaveLength(1)
    expect(readdirSync(directory).sort()).toEqual(['leases.journal', 'leases.json'])
    expect(afterKill()).toEqual([lease(10, { leasedAt: JOURNAL_LINES_MAX + 4, id: 1 })])
  })

  test('killed between the rename and the emptying of the journal: the old journal read over the new snapshot changes nothing', () => {
    const file = open()
    file.put(lease(10))
    file.put(lease(11))
    file.remove(lease(10).ipAddress)
    const old = journal()
    file.close()
    expect(journal()).toBe('')
    appendFileSync(join(directory, 'leases.journal'), old)
    expect(afterKill()).toEqual([lease(11)])
  })

  test('close leaves everything in the snapshot', () => {
    const file = open()
    file.put(lease(10))
    file.close()
    file.close()
    expect(journal()).toBe('')
    expect(afterKill()).toEqual([lease(10)])
  })
})

describe('files that are not what they should be', () => {
  test('a snapshot that is no lease table is kept aside and reported; the journal still counts', () => {
    open().put(lease(10))
    writeFileSync(join(directory, 'leases.json'), '{"version":1')
    expect(afterKill()).toEqual([lease(10)])
    expect(existsSync(join(directory, 'leases.json.unreadable'))).toBe(true)
    expect(problems).toEqual([expect.stringContaining('leases.json is not a lease table')])
  })

  test('an entry that is no lease is left out, counted, and reported once', () => {
    open().put(lease(10))
    const broken = ['x', '{}', '{"remove":"1.2.3"}', '{"put":{"id":0}}', '{"put":null}']
    const good = journal().trim()
    const wrongFields = [
      good.replace('192.168.30.10', '192.168.30.256'),
      good.replace('00-AC', '00-XX'),
      good.replace('2026-11-23T01', 'yesterday'),
      good.replace('"id:10"', '5'),
    ]
    writeFileSync(join(directory, 'leases.journal'), `${[...broken, good, ...wrongFields].join('\n')}\n`)
    const file = open()
    expect(file.leases()).toEqual([lease(10)])
    expect(file.stats.badLines).toBe(9)
    expect(problems).toHaveLength(1)
  })

  test('a disk that refuses costs a counter and one report, not an exception', () => {
    const file = open()
    file.put(lease(10))
    // A directory in the place of the temporary file makes every compaction fail, whoever runs the test.
    const blocked = join(directory, 'leases.json.tmp', 'x')
    rmSync(join(directory, 'leases.json.tmp'), { force: true, recursive: true })
    mkdirSync(blocked, { recursive: true })
    for (let count = 0; count < 2 * JOURNAL_LINES_MAX; count += 1) file.put(lease(11, { leasedAt: count }))
    expect(file.stats.writeErrors).toBe(2)
    expect(problems).toEqual([expect.stringContaining('cannot write')])
    rmSync(join(directory, 'leases.json.tmp'), { recursive: true })
    expect(afterKill()).toEqual([lease(10), lease(11, { leasedAt: 2 * JOURNAL_LINES_MAX - 1 })])
  })
})
