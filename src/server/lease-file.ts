// The DHCP leases of one hub on disk: a snapshot, `leases.json`, and beside it a journal, `leases.journal`, of the changes since.
//
// A change is appended before `put` or `remove` returns, so before the ACK leaves, and survives the death of the process at any
// byte. A lease that is new is also sent on its way to the disk, without waiting for it: all packets would wait too, and after a
// power cut an address that is in use is found by ARP before it is offered again. Each journal line says what is true of one
// address now, so reading it twice does no harm: compaction writes the snapshot to a temporary file, renames it over the old one
// and only then empties the journal. A last line that was torn off is ignored, and the journal is compacted whenever it is opened.
//
// Every entry carries a sum, so that a byte that the disk changed loses that entry and never makes a wrong one of it. People who
// edit the snapshot leave the sum out. Of a snapshot that is broken as a whole every line that is right is still taken.
//
// Errors never reach the packet path: they are counted, reported once per kind, and serving goes on from memory.

import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { LeaseStore, StoredLease } from '../securenat/dhcp-bindings.ts'
import { formatIpv4, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'
import { formatMac, parseMac } from '../wire/mac.ts'

const SNAPSHOT = 'leases.json'
const JOURNAL = 'leases.journal'
const FORMAT_VERSION = 1
/** Lines after which the journal is compacted, unless most of what they say is still true. */
export const JOURNAL_LINES_MAX = 1_000
const LINES_PER_LEASE_MAX = 4

export interface LeaseFileDeps {
  /** Called once for each kind of trouble; the text names the file. */
  problem(text: string): void
}

export class LeaseFile implements LeaseStore {
  readonly stats = { badLines: 0, writeErrors: 0, compactions: 0 }
  readonly #directory: string
  readonly #deps: LeaseFileDeps
  readonly #leases = new Map<Ipv4Address, StoredLease>()
  readonly #reported = new Set<string>()
  #journal = -1
  #journalLines = 0
  /** An append was cut short: the next one begins with a line end, so that only one line is lost. */
  #isTorn = false
  #isSyncing = false
  #mustSyncAgain = false
  #isClosed = false

  /** Opens, and where needed makes, the two files in `directory`. Throws only when they cannot be opened at all. */
  constructor(directory: string, deps: LeaseFileDeps) {
    this.#directory = directory
    this.#deps = deps
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#readSnapshot()
    const isJournalEmpty = this.#readJournal()
    this.#journal = openSync(join(directory, JOURNAL), 'a', 0o600)
    if (!isJournalEmpty) this.#compact()
  }

  /** What was stored, for `new DhcpLeases(…)`. */
  leases(): StoredLease[] {
    return [...this.#leases.values()]
  }

  put(lease: StoredLease): void {
    const before = this.#leases.get(lease.ipAddress)
    this.#leases.set(lease.ipAddress, lease)
    const isRenewal = before?.id === lease.id && before.clientKey === lease.clientKey
    this.#append({ put: toRecord(lease) }, !isRenewal)
  }

  remove(address: Ipv4Address): void {
    this.#leases.delete(address)
    this.#append(withSum({ remove: formatIpv4(address) }), false)
  }

  /** Compacts and closes; nothing may be put afterwards. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#journalLines > 0) this.#compact()
    if (!this.#isSyncing) closeSync(this.#journal)
  }

  #append(entry: object, mustReachDisk: boolean): void {
    const line = Buffer.from(`${this.#isTorn ? '\n' : ''}${JSON.stringify(entry)}\n`)
    this.#attempt(JOURNAL, () => {
      const written = writeSync(this.#journal, line)
      this.#isTorn = written !== line.length
      if (this.#isTorn) throw new Error('only part of a line was written')
      if (mustReachDisk) this.#sync()
    })
    this.#journalLines += 1
    if (this.#journalLines >= Math.max(JOURNAL_LINES_MAX, this.#leases.size * LINES_PER_LEASE_MAX)) this.#compact()
  }

  /** One at a time; what is written meanwhile goes with the next. */
  #sync(): void {
    this.#mustSyncAgain = this.#isSyncing
    if (this.#isSyncing) return
    this.#isSyncing = true
    fdatasync(this.#journal, (error) => {
      this.#isSyncing = false
      if (error !== null) this.#failed(JOURNAL, error)
      if (this.#isClosed) closeSync(this.#journal)
      else if (this.#mustSyncAgain) this.#sync()
    })
  }

  #compact(): void {
    this.#attempt(SNAPSHOT, () => {
      const path = join(this.#directory, SNAPSHOT)
      const lines = [...this.#leases.values()].map((lease) => `\n${JSON.stringify(toRecord(lease))}`)
      const temporary = openSync(`${path}.tmp`, 'w', 0o600)
      try {
        writeFileSync(temporary, `{"version":${FORMAT_VERSION},"leases":[${lines.join(',')}\n]}\n`)
        fsyncSync(temporary)
      } finally {
        closeSync(temporary)
      }
      renameSync(`${path}.tmp`, path)
      // Without this the rename may reach the disk after the journal has been emptied.
      syncDirectory(this.#directory)
      ftruncateSync(this.#journal)
      this.#isTorn = false
      this.stats.compactions += 1
    })
    // Also after a failure: the next attempt waits for as many lines again.
    this.#journalLines = 0
  }

  #attempt(file: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#failed(file, error)
    }
  }

  #failed(file: string, error: unknown): void {
    this.stats.writeErrors += 1
    this.#report(`cannot write ${join(this.#directory, file)}: ${messageOf(error)}`, `write ${file}`)
  }

  #report(text: string, kind: string): void {
    if (this.#reported.has(kind)) return
    this.#reported.add(kind)
    this.#deps.problem(text)
  }

  #readSnapshot(): void {
    const path = join(this.#directory, SNAPSHOT)
    const text = readIfThere(path)
    if (text === undefined) return
    const content = parseJson(text)
    const records = isObject(content) && content.version === FORMAT_VERSION ? content.leases : undefined
    if (!Array.isArray(records)) {
      // Never overwritten: somebody may want to mend it.
      renameSync(path, `${path}.unreadable`)
      this.#report(`${path} is not a lease table; it was renamed to ${SNAPSHOT}.unreadable`, 'snapshot')
      for (const line of text.split('\n')) {
        if (line.startsWith('{"id"')) this.#restore(parseJson(line.replace(/,$/, '')), path, true)
      }
      return
    }
    for (const record of records) this.#restore(record, path, isObject(record) && 'sum' in record)
  }

  /** @returns whether there was nothing in it */
  #readJournal(): boolean {
    const path = join(this.#directory, JOURNAL)
    const lines = (readIfThere(path) ?? '').split('\n')
    const last = lines.pop()
    for (const line of lines) {
      if (line === '') continue
      const entry = parseJson(line)
      const isRemoval = isObject(entry) && typeof entry.remove === 'string' && isSumRight(entry)
      const removed = isRemoval ? parseIpv4(String(entry.remove)) : undefined
      if (removed !== undefined) this.#leases.delete(removed)
      else this.#restore(isObject(entry) ? entry.put : undefined, path, true)
    }
    return lines.length === 0 && last === ''
  }

  #restore(record: unknown, path: string, isSummed: boolean): void {
    const lease = !isSummed || isSumRight(record) ? fromRecord(record) : undefined
    if (lease === undefined) {
      this.stats.badLines += 1
      this.#report(`${path} holds an entry that is no lease; it was left out`, 'entry')
      return
    }
    // The order of the map is the order of the changes: a later entry for the same client must come later.
    this.#leases.delete(lease.ipAddress)
    this.#leases.set(lease.ipAddress, lease)
  }
}

/** Addresses and instants as text, for people who look into the file. */
function toRecord(lease: StoredLease): Record<string, unknown> {
  return withSum({
    id: lease.id,
    ipAddress: formatIpv4(lease.ipAddress),
    clientKey: lease.clientKey,
    macAddress: formatMac(lease.macAddress),
    hostName: lease.hostName,
    leasedAt: new Date(lease.leasedAt).toISOString(),
    expiresAt: new Date(lease.expiresAt).toISOString(),
  })
}

/** The sum is over the entry's own JSON, so white space between is of no account. */
function withSum(record: Record<string, unknown>): Record<string, unknown> {
  return { ...record, sum: crc32(JSON.stringify(record)) }
}

function isSumRight(record: unknown): boolean {
  if (!isObject(record)) return false
  const { sum, ...rest } = record
  return sum === crc32(JSON.stringify(rest))
}

function fromRecord(record: unknown): StoredLease | undefined {
  if (!isObject(record)) return undefined
  const { id, clientKey, hostName } = record
  const ipAddress = parseIpv4(String(record.ipAddress))
  const macAddress = parseMac(String(record.macAddress))
  const leasedAt = Date.parse(String(record.leasedAt))
  const expiresAt = Date.parse(String(record.expiresAt))
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) return undefined
  if (typeof clientKey !== 'string' || typeof hostName !== 'string') return undefined
  if (ipAddress === undefined || macAddress === undefined) return undefined
  if (Number.isNaN(leasedAt) || Number.isNaN(expiresAt)) return undefined
  return { id, ipAddress, clientKey, macAddress, hostName, leasedAt, expiresAt }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isObject(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Windows cannot open a directory; there the rename is journalled by the file system itself. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
