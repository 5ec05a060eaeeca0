// Programs, run with captured output and bounded time. Every e2e test goes through these two: `run` for a command that
// ends by itself, `Program` for one that stays. Both lead their own process group, so that ending one ends its children.

import { type ChildProcess, spawn } from 'node:child_process'

export interface RunOptions {
  timeoutMs?: number
  /** Written to standard input, which is then closed. */
  input?: string | Uint8Array
  env?: Record<string, string>
  cwd?: string
}

export interface RunResult {
  status: number | undefined
  signal: NodeJS.Signals | undefined
  stdout: string
  stderr: string
  elapsedMs: number
}

const DEFAULT_TIMEOUT_MS = 60_000

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs to the end. A command that does not end in time is killed with its children, and that is an error. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const startedAt = performance.now()
  const program = new Program(argv, options)
  program.endInput(options.input)
  const ended = await program.waitForExit(options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  if (!ended) {
    await program.stop('SIGKILL')
    throw new Error(`${program.title} did not end within ${options.timeoutMs ?? DEFAULT_TIMEOUT_MS} ms\n${program.log}`)
  }
  return {
    status: program.status,
    signal: program.signal,
    stdout: program.stdout,
    stderr: program.stderr,
    elapsedMs: performance.now() - startedAt,
  }
}

/** `run` for commands that must succeed; returns standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options)
  if (result.status !== 0) {
    const how = result.signal ?? `status ${result.status}`
    throw new Error(`${argv.join(' ')}: ${how}\n${result.stdout}${result.stderr}`)
  }
  return result.stdout
}

/** Polls until `probe` returns something other than undefined or false. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const endAt = performance.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > endAt) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await sleep(20)
  }
}

export class Program {
  readonly title: string
  readonly startedAt = performance.now()
  stdout = ''
  stderr = ''
  status: number | undefined
  signal: NodeJS.Signals | undefined
  private readonly child: ChildProcess
  private readonly closed: Promise<void>
  private done = false
  private wakeUps: Array<() => void> = []

  constructor(argv: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}) {
    const [command, ...args] = argv
    if (command === undefined) throw new TypeError('no command')
    this.title = argv.slice(-4).join(' ')
    this.child = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.wake((this.stdout += text)))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.wake((this.stderr += text)))
    this.child.stdin?.on('error', () => {}) // a program that ends before it reads its input is none of our business
    this.closed = new Promise((resolve) => {
      const finish = (): void => {
        this.done = true
        this.wake()
        resolve()
      }
      this.child.once('error', (error) => {
        this.stderr += `${error.message}\n`
        this.status = 127
        finish()
      })
      this.child.once('close', (status, signal) => {
        this.status = status ?? undefined
        this.signal = signal ?? undefined
        finish()
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  get running(): boolean {
    return !this.done
  }

  /** Everything it said, for failure messages. */
  get log(): string {
    return `--- ${this.title}: stdout\n${this.stdout}--- stderr\n${this.stderr}`
  }

  write(text: string): void {
    this.child.stdin?.write(text)
  }

  endInput(text?: string | Uint8Array): void {
    if (text === undefined) this.child.stdin?.end()
    else this.child.stdin?.end(text)
  }

  /** Waits for a match in what it printed, on either stream. */
  async waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const endAt = performance.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (match) return match
      if (this.done) throw new Error(`ended without printing ${pattern}\n${this.log}`)
      const leftMs = endAt - performance.now()
      if (leftMs <= 0) throw new Error(`did not print ${pattern} within ${timeoutMs} ms\n${this.log}`)
      await this.nextWake(leftMs)
    }
  }

  /** True when it ended in time. */
  async waitForExit(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    await Promise.race([this.closed, timeUp])
    clearTimeout(timer)
    return this.done
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.done && this.child.pid !== undefined) this.child.kill(signal)
  }

  /** Asks it to end; whatever of its group is still there after `graceMs` is killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 5_000): Promise<void> {
    this.kill(signal)
    await this.waitForExit(signal === 'SIGKILL' ? 0 : graceMs)
    // The group may outlive its leader, so it is ended either way.
    if (this.child.pid !== undefined) killGroup(this.child.pid)
    await this.waitForExit(2_000)
  }

  private wake(_output?: string): void {
    const wakeUps = this.wakeUps
    this.wakeUps = []
    for (const wakeUp of wakeUps) wakeUp()
  }

  private nextWake(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.wakeUps.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nobody of the group is left, which is what we want.
  }
}
