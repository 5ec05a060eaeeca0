// The server's own log: what an operator acts on, one line each, as constant text plus fields.
// Everything goes to logs/server/server_YYYYMMDD.log, where the hubs' security logs are repeated; warnings and errors also to standard error.

import { formatLocalTime } from './local-time.ts'
import type { LineWriter } from './logs/line-file.ts'

export type Level = 'error' | 'warn' | 'info'
export type Fields = Readonly<Record<string, string | number | boolean>>

export class Log {
  /** Told of every line, without its time and level. */
  written: ((level: Level, line: string) => void) | undefined
  readonly #file: LineWriter | undefined
  readonly #wallClock: () => number
  readonly #toOperator: (text: string) => void

  /** @param toOperator shows a line to whoever started the server */
  constructor(file: LineWriter | undefined, wallClock: () => number, toOperator: (text: string) => void) {
    this.#file = file
    this.#wallClock = wallClock
    this.#toOperator = toOperator
  }

  info(text: string, fields: Fields = {}): void {
    this.#write('info', text, fields)
  }

  warn(text: string, fields: Fields = {}): void {
    this.#write('warn', text, fields)
  }

  error(text: string, fields: Fields = {}): void {
    this.#write('error', text, fields)
  }

  #write(level: Level, text: string, fields: Fields): void {
    const line = formatLine(text, fields)
    const now = this.#wallClock()
    this.#file?.write(now, `${formatLocalTime(now)} ${level} ${line}`)
    this.written?.(level, line)
    if (level !== 'info') this.#toOperator(`securenat: ${line}`)
  }
}

/** `text key=value other="with spaces"`. What strangers call themselves may be among the values: nothing in it acts on a terminal. */
function formatLine(text: string, fields: Fields): string {
  let line = text
  for (const [key, value] of Object.entries(fields)) {
    const plain = String(value)
    line += ` ${key}=${/^[^\s"=\p{C}]+$/u.test(plain) ? plain : JSON.stringify(plain).replace(/\p{C}/gu, '\ufffd')}`
  }
  return line
}
