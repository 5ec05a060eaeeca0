// The test bed: three network namespaces, and everything that runs in them.
//
//     guest                     server                        outside
//     tap0 --- NAT process --- (out0 198.18.0.2) --- veth --- (out0 198.18.0.1)  load server, iperf3
//
// Server and outside stay for the whole run, every NAT gets a guest of its own. Everything is named after this process,
// so that what a killed run left behind is told and swept away by the next. Only processes started here are ended.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must, Program, type RunOptions, type RunResult, run } from '../test/e2e/support/shell.ts'

/** Reserved for benchmarks (RFC 2544), and only in the namespaces. */
export const OUTSIDE_ADDRESS = '198.18.0.1'
const SERVER_ADDRESS = '198.18.0.2'
const PREFIX = 'snb'
const NETNS_DIRECTORY = '/run/netns'
/** The kernel's usual values, whatever this machine was tuned to, and room for many short connections. */
const SYSCTLS = [
  'net.ipv4.tcp_rmem=4096 131072 6291456',
  'net.ipv4.tcp_wmem=4096 16384 4194304',
  'net.ipv4.ip_local_port_range=1024 65535',
  'net.ipv4.tcp_tw_reuse=1',
  'net.ipv4.tcp_no_metrics_save=1',
  'net.ipv4.tcp_max_syn_backlog=4096',
  'net.core.somaxconn=4096',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
]
const CONGESTION_CONTROL = 'net.ipv4.tcp_congestion_control'
/** Linux's default; some machines give namespaces only what the first one was allowed, and then the nearest. */
const CONGESTION_CONTROLS = ['cubic', 'reno']

/** One network namespace. */
export class Place {
  readonly name: string
  readonly path: string
  readonly #programs: Set<Program>

  constructor(name: string, programs: Set<Program>) {
    this.name = name
    this.path = join(NETNS_DIRECTORY, name)
    this.#programs = programs
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return this.#finish(this.spawn(argv), options)
  }

  /** A program that stays until it, or the bed, is stopped. */
  spawn(argv: readonly string[], options?: { env?: Record<string, string> }): Program {
    const program = new Program(['nsenter', `--net=${this.path}`, ...argv], options)
    this.#programs.add(program)
    return program
  }

  /** Commands of `ip`, one a line. */
  async ip(...commands: string[]): Promise<void> {
    await must(['ip', '-n', this.name, '-batch', '-'], { input: `${commands.join('\n')}\n` })
  }

  async pids(): Promise<number[]> {
    return (await must(['ip', 'netns', 'pids', this.name])).split('\n').filter(Boolean).map(Number)
  }

  async #finish(program: Program, { timeoutMs = 60_000, input }: RunOptions = {}): Promise<RunResult> {
    program.endInput(input)
    const startedAt = program.startedAt
    if (!(await program.waitForExit(timeoutMs))) await program.stop('SIGKILL')
    this.#programs.delete(program)
    const { status, signal, stdout, stderr } = program
    return { status, signal, stdout, stderr, elapsedMs: performance.now() - startedAt }
  }
}

export class Bed {
  readonly server: Place
  readonly outside: Place
  /** Goes with the bed. */
  readonly directory: string
  readonly #programs = new Set<Program>()
  readonly #places = new Set<Place>()
  #lastNumber = 0

  static async create(): Promise<Bed> {
    const bed = new Bed()
    try {
      await bed.#build()
    } catch (error) {
      await bed.destroy()
      throw error
    }
    return bed
  }

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), `${PREFIX}-${process.pid}-`))
    this.server = this.#place('server')
    this.outside = this.#place('outside')
    writeFileSync(join(this.directory, 'resolv.conf'), `nameserver ${OUTSIDE_ADDRESS}\n`)
    // The last resort: whatever ends this process, what it started ends too.
    process.once('exit', () => this.#destroyNow())
  }

  async newPlace(kind: string): Promise<Place> {
    const place = this.#place(`${kind}${++this.#lastNumber}`)
    await this.#add(place)
    return place
  }

  /** What the kernels of the bed use, where nothing else is asked for. */
  async congestionControl(): Promise<string> {
    return (await this.outside.run(['sysctl', '-n', CONGESTION_CONTROL])).stdout.trim()
  }

  newDirectory(name: string): string {
    const path = join(this.directory, `${name}-${++this.#lastNumber}`)
    mkdirSync(path, { mode: 0o755 })
    return path
  }

  /**
   * A program in the server's namespace that sees the outside's resolver, ready to be started without delay: `start`
   * is the moment before exec.
   */
  async prepare(argv: readonly string[]): Promise<{ program: Program; start(): void }> {
    const script = 'mount --bind "$0" "$(readlink -f /etc/resolv.conf)" && echo prepared && read -r go && exec "$@"'
    const enter = ['unshare', '--mount', '--propagation=private', 'sh', '-c', script]
    const program = this.server.spawn([...enter, join(this.directory, 'resolv.conf'), ...argv])
    await program.waitForOutput(/prepared/, 5_000)
    return { program, start: () => program.write('go\n') }
  }

  /** Ends the programs, last started first, and takes the namespace away. */
  async remove(places: readonly Place[], programs: readonly Program[]): Promise<void> {
    for (const program of [...programs].reverse()) {
      await program.stop('SIGTERM', 2_000)
      this.#programs.delete(program)
    }
    for (const place of places) {
      await removePlace(place.name)
      this.#places.delete(place)
    }
  }

  async destroy(): Promise<void> {
    await this.remove([...this.#places], [...this.#programs])
    rmSync(this.directory, { recursive: true, force: true })
  }

  #destroyNow(): void {
    for (const program of this.#programs) killGroup(program.pid)
    for (const place of this.#places) spawnSync('ip', ['netns', 'del', place.name], { stdio: 'ignore' })
    rmSync(this.directory, { recursive: true, force: true })
  }

  #place(kind: string): Place {
    return new Place(`${PREFIX}-${process.pid}-${kind}`, this.#programs)
  }

  async #build(): Promise<void> {
    await this.#add(this.server)
    await this.#add(this.outside)
    const near = ['link', 'add', 'name', 'out0', 'netns', this.server.name, 'mtu', '1500', 'type', 'veth']
    await must(['ip', ...near, 'peer', 'name', 'out0', 'netns', this.outside.name, 'mtu', '1500'])
    const route = `route add default via ${OUTSIDE_ADDRESS}`
    await this.server.ip(`addr add ${SERVER_ADDRESS}/24 dev out0`, 'link set out0 up')
    await this.outside.ip(`addr add ${OUTSIDE_ADDRESS}/24 dev out0`, 'link set out0 up')
    await this.server.ip(route)
  }

  async #add(place: Place): Promise<void> {
    await must(['ip', 'netns', 'add', place.name])
    this.#places.add(place)
    await place.ip('link set lo up')
    await must(['nsenter', `--net=${place.path}`, 'sysctl', '-qw', ...SYSCTLS])
    for (const name of CONGESTION_CONTROLS) {
      const set = ['nsenter', `--net=${place.path}`, 'sysctl', '-qw', `${CONGESTION_CONTROL}=${name}`]
      if ((await run(set)).status === 0) break
    }
  }
}

/** Takes away what an earlier run left that was killed before it could. */
export async function sweepLeftovers(): Promise<void> {
  const names = existsSync(NETNS_DIRECTORY) ? readdirSync(NETNS_DIRECTORY) : []
  for (const name of names) if (isAbandoned(name)) await removePlace(name)
  for (const name of readdirSync(tmpdir()))
    if (isAbandoned(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

function isAbandoned(name: string): boolean {
  const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1]
  if (owner === undefined) return false
  try {
    return !readFileSync(`/proc/${owner}/cmdline`, 'utf8').includes('node')
  } catch {
    return true
  }
}

/** What lives in a namespace of ours was started by us. */
async function removePlace(name: string): Promise<void> {
  if (!existsSync(join(NETNS_DIRECTORY, name))) return
  for (let tries = 0; tries < 20; tries++) {
    const { stdout } = await run(['ip', 'netns', 'pids', name])
    const pids = stdout.split('\n').filter(Boolean).map(Number)
    if (pids.length === 0) break
    for (const pid of pids) killQuietly(pid)
  }
  await run(['ip', 'netns', 'del', name])
}

function killGroup(leader: number): void {
  if (leader > 1) killQuietly(-leader)
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
