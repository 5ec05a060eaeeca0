// The files of one log in its directory: what they are called, which one is written now, and which are old enough to go.
//
// `stamped` is the original's way: PREFIX_20261123.log, and when that is too long PREFIX_20261123~01.log. `stable` keeps one name for
// the file that is written, PREFIX.jsonl, for programs that follow it; when its time is over it gets a stamp.
// A name is looked for once a file, so the calls are the plain synchronous ones.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LogFileOptions } from '../../admin/log-settings.ts'
import { formatStamp, periodAt } from './switch-cycle.ts'

export interface LogDirectoryOptions {
  readonly directory: string
  /** File names begin with it. */
  readonly prefix: string
  readonly extension: '.log' | '.jsonl'
  readonly naming: 'stamped' | 'stable'
  /** Asked whenever it matters: settings change while a server runs. */
  readonly settings: () => LogFileOptions
}

interface FoundFile {
  readonly path: string
  readonly bytes: number
  readonly writtenAt: number
}

const DAY_MS = 86_400_000
/** A directory that may hold so much is never filled by one file: something has to be there to delete. */
const FILES_OF_A_DIRECTORY = 4

export class LogDirectory {
  readonly stats = { filesRemoved: 0 }
  readonly #options: LogDirectoryOptions
  /** Of the file written now; `undefined`: not looked yet. */
  #stamp: string | undefined
  #path = ''
  #bytes = 0

  /** Makes the directory; throws when that is impossible. */
  constructor(options: LogDirectoryOptions) {
    this.#options = options
    mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  }

  /** Where text of the period `stamp` goes now. @param wallClock milliseconds of the Unix epoch */
  fileFor(stamp: string, wallClock: number): { path: string; bytes: number } {
    if (stamp !== this.#stamp || this.#bytes >= this.#bytesMax()) {
      mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 })
      if (this.#options.naming === 'stable') this.#switchStable(stamp)
      else this.#switchStamped(stamp)
      this.#stamp = stamp
      this.#removeOld(wallClock)
    }
    return { path: this.#path, bytes: this.#bytes }
  }

  wrote(bytes: number): void {
    this.#bytes += bytes
  }

  /** Somebody else may have been at the files: looks again before the next text. */
  forget(): void {
    this.#stamp = undefined
  }

  #bytesMax(): number {
    const { fileBytes, retentionBytes } = this.#options.settings()
    return retentionBytes === 0 ? fileBytes : Math.min(fileBytes, Math.ceil(retentionBytes / FILES_OF_A_DIRECTORY))
  }

  #switchStamped(stamp: string): void {
    for (let index = this.#lastIndex(stamp); ; index++) {
      this.#path = this.#numbered(stamp, index)
      this.#bytes = bytesOf(this.#path)
      if (this.#bytes < this.#bytesMax()) return
    }
  }

  #switchStable(stamp: string): void {
    const { prefix, extension, directory, settings } = this.#options
    this.#path = join(directory, `${prefix}${extension}`)
    this.#bytes = bytesOf(this.#path)
    if (this.#bytes === 0) return
    const writtenAt = statSync(this.#path).mtimeMs
    const own = this.#stamp ?? periodAt(writtenAt, settings().switchCycle).stamp
    if (own === stamp && this.#bytes < this.#bytesMax()) return
    // Without a cycle the files have to be told apart all the same.
    const name = own === '' ? formatStamp(new Date(writtenAt)) : own
    const isTaken = this.#indices(name).length > 0
    renameSync(this.#path, this.#numbered(name, isTaken ? this.#lastIndex(name) + 1 : 0))
    this.#bytes = 0
  }

  /** `sec_20261123.log`, `sec_20261123~01.log`; without a stamp `sec.log` */
  #numbered(stamp: string, index: number): string {
    const { directory, prefix, extension } = this.#options
    const number = index === 0 ? '' : `~${String(index).padStart(2, '0')}`
    return join(directory, `${prefix}${stamp === '' ? '' : `_${stamp}`}${number}${extension}`)
  }

  #lastIndex(stamp: string): number {
    return Math.max(0, ...this.#indices(stamp))
  }

  #indices(stamp: string): number[] {
    const { directory, prefix, extension } = this.#options
    const begin = `${prefix}${stamp === '' ? '' : `_${stamp}`}`
    return readdirSync(directory).flatMap((name) => {
      if (!name.startsWith(begin) || !name.endsWith(extension)) return []
      const middle = name.slice(begin.length, name.length - extension.length)
      if (middle === '') return [0]
      return /^~\d{2,}$/.test(middle) ? [Number(middle.slice(1))] : []
    })
  }

  #removeOld(wallClock: number): void {
    const { retentionDays, retentionBytes } = this.#options.settings()
    if (retentionDays === 0 && retentionBytes === 0) return
    const files = this.#files().filter(({ path }) => path !== this.#path)
    let total = this.#bytes + files.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { path, bytes, writtenAt } of files.sort((a, b) => a.writtenAt - b.writtenAt)) {
      const isOld = retentionDays > 0 && wallClock - writtenAt > retentionDays * DAY_MS
      const isMuch = retentionBytes > 0 && total + this.#bytesMax() > retentionBytes
      if (!isOld && !isMuch) return
      rmSync(path, { force: true })
      total -= bytes
      this.stats.filesRemoved += 1
    }
  }

  /** The log's own: other files in the directory are nobody's business here. */
  #files(): FoundFile[] {
    const { directory, prefix, extension } = this.#options
    return readdirSync(directory)
      .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
      .filter((name) => /^(?:_\d{6,8}(?:_\d{2,6})?)?(?:~\d{2,})?$/.test(name.slice(prefix.length, -extension.length)))
      .map((name) => {
        const path = join(directory, name)
        const { size, mtimeMs } = statSync(path)
        return { path, bytes: size, writtenAt: mtimeMs }
      })
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
