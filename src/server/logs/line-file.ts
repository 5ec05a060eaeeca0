// Appends lines to the files of a log, without ever making the writer wait.
//
// Lines gather in memory and go out together, FLUSH_DELAY_MS after the first of them; with nothing pending there is no
// timer. A disk that is slow or full costs lines, never packets: what could not be written stays in memory and is tried again every
// RETRY_MS, past PENDING_MAX new lines are dropped and counted. The first of a row of failures is told, and its end.
// A write that failed half-way is taken back, so that no file has half a line.

import { appendFileSync, statSync, truncateSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import type { LogDirectoryOptions } from './log-directory.ts'
import { LogDirectory } from './log-directory.ts'
import type { Period } from './switch-cycle.ts'
import { periodAt } from './switch-cycle.ts'
import { TextBuffer } from './text-buffer.ts'

export const FLUSH_DELAY_MS = 100
export const RETRY_MS = 1000
/** Characters waiting to be written. */
export const PENDING_MAX = 4 * 1024 * 1024

/** A part of the line files that writers of lines need. */
export type LineWriter = Pick<LineFile, 'write'>

export interface LineFileOptions extends LogDirectoryOptions {
  readonly lineEnd: '\n' | '\r\n'
  /** The first of a row of failed writes or dropped lines. */
  readonly failed: (error: Error) => void
  /** Writing works again. @param lost lines that were dropped meanwhile */
  readonly recovered: (lost: number) => void
}

export class LineFile {
  readonly stats = { lines: 0, droppedPendingMax: 0, writeErrors: 0 }
  readonly directory: LogDirectory
  readonly #options: LineFileOptions
  /** Pending text by the stamp of its period: at midnight there are two. */
  #pending = new Map<string, TextBuffer>()
  /** Characters of the lines; after a failed write, bytes. */
  #pendingLength = 0
  /** What was written before, empty. */
  #spare: TextBuffer | undefined
  #period: Period = { stamp: '', start: 0, end: 0 }
  #cycle = ''
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  /** The last write failed. */
  #hasFailed = false
  /** It was told that lines are lost or late, and not yet that this is over. */
  #isTold = false
  #lost = 0

  /** Makes the directory; throws when that is impossible. */
  constructor(options: LineFileOptions) {
    this.#options = options
    this.directory = new LogDirectory(options)
  }

  write(epochMs: number, line: string): void {
    if (this.#pendingLength + line.length > PENDING_MAX) {
      this.stats.droppedPendingMax += 1
      this.#lost += 1
      this.#tell(new Error('more lines are waiting than are kept'))
      return
    }
    this.stats.lines += 1
    const stamp = this.#stampAt(epochMs)
    let text = this.#pending.get(stamp)
    if (text === undefined) {
      text = this.#spare ?? new TextBuffer()
      this.#spare = undefined
      this.#pending.set(stamp, text)
    }
    text.append(line + this.#options.lineEnd)
    this.#pendingLength += line.length
    if (this.#writing === undefined) this.#timer ??= setTimeout(() => this.#startWriting(), FLUSH_DELAY_MS)
  }

  /** Everything is on its way to the disk when the promise resolves; lines written later still go out. */
  async close(): Promise<void> {
    await this.#writing
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [stamp, text] of this.#take()) {
      let path = ''
      let before = 0
      try {
        ;({ path, bytes: before } = this.directory.fileFor(stamp, Date.now()))
        appendFileSync(path, text.bytes, { mode: 0o600 })
        this.directory.wrote(text.bytes.length)
      } catch (error) {
        this.#fail(error as Error, path, before)
      }
    }
  }

  #stampAt(epochMs: number): string {
    const { switchCycle } = this.#options.settings()
    if (epochMs < this.#period.start || epochMs >= this.#period.end || switchCycle !== this.#cycle) {
      this.#period = periodAt(epochMs, switchCycle)
      this.#cycle = switchCycle
    }
    return this.#period.stamp
  }

  #take(): Map<string, TextBuffer> {
    const taken = this.#pending
    this.#pending = new Map()
    this.#pendingLength = 0
    return taken
  }

  #startWriting(): void {
    this.#timer = undefined
    this.#writing = this.#writeOut(this.#take()).finally(() => {
      this.#writing = undefined
      const delay = this.#hasFailed ? RETRY_MS : FLUSH_DELAY_MS
      if (this.#pendingLength > 0) this.#timer ??= setTimeout(() => this.#startWriting(), delay)
    })
  }

  async #writeOut(texts: Map<string, TextBuffer>): Promise<void> {
    for (const [stamp, text] of texts) {
      let path = ''
      let before = 0
      try {
        ;({ path, bytes: before } = this.directory.fileFor(stamp, Date.now()))
        await appendFile(path, text.bytes, { mode: 0o600 })
      } catch (error) {
        this.#fail(error as Error, path, before)
        this.#putBack(texts)
        return
      }
      texts.delete(stamp)
      this.directory.wrote(text.bytes.length)
      if (text.clear()) this.#spare = text
    }
    this.#hasFailed = false
    if (this.#isTold && this.#pendingLength === 0) this.#recover()
  }

  #putBack(texts: Map<string, TextBuffer>): void {
    for (const [stamp, text] of this.#pending) {
      const before = texts.get(stamp)
      if (before === undefined) texts.set(stamp, text)
      else before.appendBytes(text.bytes)
    }
    this.#pending = texts
    this.#pendingLength = 0
    for (const text of texts.values()) this.#pendingLength += text.bytes.length
  }

  #fail(error: Error, path: string, before: number): void {
    this.stats.writeErrors += 1
    this.directory.forget()
    try {
      if (path !== '' && statSync(path).size > before) truncateSync(path, before)
    } catch {
      // It was not even begun.
    }
    this.#hasFailed = true
    this.#tell(error)
  }

  #tell(error: Error): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#options.failed(error)
  }

  #recover(): void {
    this.#isTold = false
    const lost = this.#lost
    this.#lost = 0
    this.#options.recovered(lost)
  }
}
