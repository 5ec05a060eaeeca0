// Appends lines to a daily file, without ever making the writer wait.
//
// Lines gather in memory and go out together, FLUSH_DELAY_MS after the first of them; with nothing pending there is no
// timer. A disk that is slow or full costs lines, never packets: past PENDING_MAX the new line is dropped and counted,
// a failed write is counted, and only the first of a row of failures is told.

import { appendFileSync, mkdirSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatLocalDay } from './local-time.ts'

export const FLUSH_DELAY_MS = 100
/** Characters waiting to be written. */
export const PENDING_MAX = 4 * 1024 * 1024

export interface LineFileOptions {
  readonly directory: string
  /** Files are called PREFIX_YYYYMMDD.log. */
  readonly prefix: string
  readonly lineEnd: '\n' | '\r\n'
  /** The first of a row of failed writes. */
  readonly failed: (error: Error) => void
}

export class LineFile {
  readonly stats = { lines: 0, droppedPendingMax: 0, writeErrors: 0 }
  readonly #options: LineFileOptions
  /** Pending text by file: at midnight there are two. */
  #pending = new Map<string, string>()
  #pendingLength = 0
  #path = ''
  #dayStart = 0
  #dayEnd = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #isFailing = false

  /** Makes the directory; throws when that is impossible. */
  constructor(options: LineFileOptions) {
    this.#options = options
    mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  }

  write(epochMs: number, line: string): void {
    if (this.#pendingLength + line.length > PENDING_MAX) {
      this.stats.droppedPendingMax += 1
      return
    }
    this.stats.lines += 1
    const path = this.#pathAt(epochMs)
    this.#pending.set(path, (this.#pending.get(path) ?? '') + line + this.#options.lineEnd)
    this.#pendingLength += line.length
    if (this.#writing === undefined) this.#timer ??= setTimeout(() => this.#startWriting(), FLUSH_DELAY_MS)
  }

  /** Everything is on its way to the disk when the promise resolves; lines written later still go out, synchronously. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
    for (const [path, text] of this.#take()) {
      try {
        appendFileSync(path, text, { mode: 0o600 })
      } catch (error) {
        this.#fail(error as Error)
      }
    }
  }

  /** One file a local day; its name is made once a day. */
  #pathAt(epochMs: number): string {
    if (epochMs < this.#dayStart || epochMs >= this.#dayEnd) {
      const date = new Date(epochMs)
      const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()]
      this.#dayStart = new Date(year, month, day).getTime()
      this.#dayEnd = new Date(year, month, day + 1).getTime()
      const { directory, prefix } = this.#options
      this.#path = join(directory, `${prefix}_${formatLocalDay(epochMs)}.log`)
    }
    return this.#path
  }

  #take(): Map<string, string> {
    const taken = this.#pending
    this.#pending = new Map()
    this.#pendingLength = 0
    return taken
  }

  #startWriting(): void {
    this.#timer = undefined
    this.#writing = this.#writeOut(this.#take()).finally(() => {
      this.#writing = undefined
      if (this.#pendingLength > 0) this.#timer ??= setTimeout(() => this.#startWriting(), FLUSH_DELAY_MS)
    })
  }

  async #writeOut(texts: Map<string, string>): Promise<void> {
    for (const [path, text] of texts) {
      try {
        await appendFile(path, text, { mode: 0o600 })
        this.#isFailing = false
      } catch (error) {
        this.#fail(error as Error)
      }
    }
  }

  #fail(error: Error): void {
    this.stats.writeErrors += 1
    if (this.#isFailing) return
    this.#isFailing = true
    this.#options.failed(error)
  }
}
