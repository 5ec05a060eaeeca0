// The product as a test starts it: `./securenat serve` in the server's namespace, and its command line beside it.

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAUNCHER } from './places.ts'
import { type Program, type RunResult, waitFor } from './shell.ts'
import type { World } from './world.ts'

/** `nobody`, as far as numbers go. */
export const ORDINARY_UID = 65534
const READY_TIMEOUT_MS = 60_000

/** The command line that takes every right away and every way to get one back. */
export const WITHOUT_RIGHTS = [
  'setpriv',
  ...[`--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups', '--no-new-privs'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'],
]

export interface ServeOptions {
  /** Default: root. */
  rights?: 'root' | 'none'
  /** Behind `serve --state DIR`. */
  args?: readonly string[]
  /** Name of the state folder, so that a second server can have another one or the same again. */
  state?: string
}

export class SecureNatServer {
  readonly program: Program
  readonly state: string
  private readonly world: World

  static async start(world: World, options: ServeOptions = {}): Promise<SecureNatServer> {
    const state = join(world.directory, options.state ?? 'state')
    const server = SecureNatServer.spawn(world, state, options)
    await server.ready()
    return server
  }

  private static spawn(world: World, state: string, options: ServeOptions): SecureNatServer {
    if (!existsSync(state)) {
      mkdirSync(state, { mode: 0o700 })
      if (options.rights === 'none') chownSync(state, ORDINARY_UID, ORDINARY_UID)
    }
    chmodSync(world.directory, 0o755)
    const serve = [LAUNCHER, 'serve', '--state', state, ...(options.args ?? [])]
    const program = world.server.spawn([...(options.rights === 'none' ? WITHOUT_RIGHTS : []), ...serve], {
      env: { SECURENAT_ADMIN_PASSWORD: 'correct horse battery staple', HOME: state },
    })
    return new SecureNatServer(world, program, state)
  }

  private constructor(world: World, program: Program, state: string) {
    this.world = world
    this.program = program
    this.state = state
  }

  get socket(): string {
    return this.hubSocket('DEFAULT')
  }

  hubSocket(hub: string): string {
    return join(this.state, 'hubs', `${hub}.sock`)
  }

  /** A command of the product's own command line, in the server's namespace. */
  command(...args: string[]): Promise<RunResult> {
    return this.world.server.run([LAUNCHER, ...args, '--state', this.state])
  }

  async mustCommand(...args: string[]): Promise<string> {
    const result = await this.command(...args)
    if (result.status !== 0) throw new Error(`securenat ${args.join(' ')}: ${result.stdout}${result.stderr}`)
    return result.stdout
  }

  /** The hub's security log so far, all days of it. */
  securityLog(hub = 'DEFAULT'): string {
    const directory = join(this.state, 'logs', hub, 'security')
    if (!existsSync(directory)) return ''
    return readdirSync(directory)
      .sort()
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('')
  }

  /** Waits until the log has `count` lines that match; returns all that do. */
  async waitForLog(pattern: RegExp, count = 1, timeoutMs = 5_000): Promise<string[]> {
    const matching = (): string[] =>
      this.securityLog()
        .split(/\r?\n/)
        .filter((line) => pattern.test(line))
    try {
      return await waitFor(`${count} × ${pattern} in the security log`, timeoutMs, () => {
        const lines = matching()
        return lines.length >= count ? lines : undefined
      })
    } catch (error) {
      throw new Error(`${(error as Error).message}; it has:\n${this.securityLog()}`)
    }
  }

  /** Ends it as a person would, and waits. */
  async stop(): Promise<void> {
    this.program.kill('SIGTERM')
    if (!(await this.program.waitForExit(10_000))) {
      await this.program.stop('SIGKILL')
      throw new Error(`the server did not end at SIGTERM\n${this.program.log}`)
    }
  }

  private async ready(): Promise<void> {
    await waitFor('the server to open its hub', READY_TIMEOUT_MS, () => {
      if (!this.program.running) throw new Error(`the server ended\n${this.program.log}`)
      return existsSync(this.socket) && existsSync(join(this.state, 'control.sock'))
    })
  }
}
