// The person at the terminal: lines with editing, history and completion, and answers without. Ctrl-C takes back the line, Ctrl-D
// on an empty one ends. What is typed while a command runs waits for its turn.

import type { Interface } from 'node:readline'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Screen } from './shell.ts'
import { Interrupted } from './shell.ts'

export interface TerminalOptions {
  readonly input: ReadStream
  readonly output: WriteStream
  /** Newest first. */
  readonly history: readonly string[]
  readonly historySize: number
  complete(line: string): Promise<[string[], string]>
}

interface Waiting {
  resolve(line: string | undefined): void
  reject(error: Error): void
}

/** Where readline writes what is typed: nowhere, while it is a password. */
class Echo extends Writable {
  isSilent = false
  readonly #output: WriteStream

  constructor(output: WriteStream) {
    super({ decodeStrings: false })
    this.#output = output
    output.on('resize', () => this.emit('resize'))
  }

  get columns(): number {
    return this.#output.columns
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isSilent) this.#output.write(chunk)
    done()
  }
}

export class Terminal implements Screen {
  readonly #readline: Interface
  readonly #echo: Echo
  readonly #output: WriteStream
  readonly #ahead: string[] = []
  #waiting: Waiting | undefined
  #isAnswer = false
  #isEnded = false

  constructor({ input, output, history, historySize, complete }: TerminalOptions) {
    this.#output = output
    this.#echo = new Echo(output)
    this.#readline = createInterface({
      input,
      output: this.#echo,
      terminal: true,
      history: [...history],
      historySize,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        if (this.#isAnswer) done(null, [[], line])
        else void complete(line).then((result) => done(null, result))
      },
    })
    let commands = [...history]
    this.#readline.on('history', (lines: string[]) => {
      // Answers are no commands; some are passwords.
      if (this.#isAnswer) lines.splice(0, lines.length, ...commands)
      else commands = [...lines]
    })
    this.#readline.on('line', (line) => {
      if (this.#waiting === undefined) this.#ahead.push(line)
      else this.#settle(line)
    })
    this.#readline.on('SIGINT', () => this.#interrupt())
    this.#readline.on('close', () => {
      this.#isEnded = true
      this.#settle(undefined)
    })
  }

  /** @returns `undefined` at the end. @throws Interrupted */
  line(prompt: string): Promise<string | undefined> {
    return this.#next(prompt)
  }

  async ask(question: string, isSecret: boolean): Promise<string> {
    this.#isAnswer = true
    try {
      if (isSecret) {
        this.#output.write(question)
        this.#echo.isSilent = true
      }
      const answer = await this.#next(question)
      if (answer === undefined) throw new Interrupted()
      return answer
    } finally {
      if (isSecret) this.#output.write('\n')
      this.#echo.isSilent = false
      this.#isAnswer = false
    }
  }

  print(text: string): void {
    this.#output.write(`${text}\n`)
  }

  fault(text: string): void {
    this.print(text)
  }

  close(): void {
    this.#readline.close()
  }

  #next(prompt: string): Promise<string | undefined> {
    const ahead = this.#ahead.shift()
    if (ahead !== undefined) {
      this.#echo.write(`${prompt}${ahead}\n`)
      return Promise.resolve(ahead)
    }
    if (this.#isEnded) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#readline.setPrompt(prompt)
      this.#readline.prompt(true)
    })
  }

  #settle(line: string | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(line)
  }

  #interrupt(): void {
    const wasSilent = this.#echo.isSilent
    this.#echo.isSilent = true
    this.#readline.write(null, { ctrl: true, name: 'e' })
    this.#readline.write(null, { ctrl: true, name: 'u' })
    // The next Up is the newest line again; readline forgets where it was only when a line is entered.
    Object.assign(this.#readline, { historyIndex: -1 })
    this.#echo.isSilent = wasSilent
    this.#ahead.length = 0
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#output.write(wasSilent ? '^C' : '^C\n')
    waiting?.reject(new Interrupted())
  }
}
