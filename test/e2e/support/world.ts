// A world of three network namespaces, in which a test is alone:
//
//     guest            server                       outside
//     (what plugs in)  out0 198.18.0.2 --- veth --- out0 198.18.0.1   servers, resolvers, routes
//
// The machine's own network is in none of them. The server's programs see an /etc of their own, whose resolv.conf the
// test writes. Everything is named after this process, so that what a killed run left behind can be told and swept away.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must, Program, type RunOptions, type RunResult, run, sleep, waitFor } from './shell.ts'

export const OUTSIDE_ADDRESS = '198.18.0.1'
export const SERVER_ADDRESS = '198.18.0.2'
/** More addresses of the outside, on the same wire. */
export const OUTSIDE_ADDRESSES = [OUTSIDE_ADDRESS, '198.18.0.3', '198.18.0.4']

const PREFIX = 'snt'
const NETNS_DIRECTORY = '/run/netns'
/** The kernel's defaults, whatever this machine was tuned to. */
const SYSCTLS = [
  'net.ipv4.tcp_rmem=4096 131072 6291456',
  'net.ipv4.tcp_wmem=4096 16384 4194304',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.tcp_no_metrics_save=1',
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
]

/** Where DHCP clients keep what they know. */
const PRIVATE_DIRECTORIES = ['/var/lib/dhcpcd', '/run/dhcpcd', '/var/lib/dhcp']

let worlds = 0

export class Namespace {
  readonly name: string
  readonly path: string
  private readonly enter: readonly string[]
  private readonly programs: Program[]

  constructor(name: string, enter: readonly string[], programs: Program[]) {
    this.name = name
    this.path = join(NETNS_DIRECTORY, name)
    this.enter = ['nsenter', `--net=${this.path}`, ...enter]
    this.programs = programs
  }

  /** The command line that runs `argv` here. */
  command(argv: readonly string[]): string[] {
    return [...this.enter, ...argv]
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return run(this.command(argv), options)
  }

  must(argv: readonly string[], options?: RunOptions): Promise<string> {
    return must(this.command(argv), options)
  }

  /** A program that stays; the world ends it. */
  spawn(argv: readonly string[], options?: { env?: Record<string, string>; cwd?: string }): Program {
    const program = new Program(this.command(argv), options)
    this.programs.push(program)
    return program
  }

  ip(...args: string[]): Promise<string> {
    return must(['ip', '-n', this.name, ...args])
  }

  /** Process ids of everything that lives here. */
  async pids(): Promise<number[]> {
    return (await must(['ip', 'netns', 'pids', this.name])).split('\n').filter(Boolean).map(Number)
  }

  async hasLink(link: string): Promise<boolean> {
    return (await run(['ip', '-n', this.name, 'link', 'show', link])).status === 0
  }
}

export class World {
  readonly guest: Namespace
  readonly server: Namespace
  readonly outside: Namespace
  /** Belongs to this world and goes with it; anyone may look inside. */
  readonly directory: string
  private readonly id: string
  private readonly programs: Program[] = []
  private readonly namespaces: Namespace[] = []
  private readonly atEnd: Array<() => Promise<void> | void> = []

  static async create(): Promise<World> {
    const world = new World()
    try {
      await world.build()
    } catch (error) {
      await world.destroy()
      throw error
    }
    return world
  }

  private constructor() {
    this.id = `${PREFIX}-${process.pid}-${++worlds}`
    this.directory = mkdtempSync(join(tmpdir(), `${this.id}-`))
    const namespace = (name: string, enter: readonly string[]): Namespace =>
      new Namespace(`${this.id}-${name}`, enter, this.programs)
    mkdirSync(join(this.directory, 'real-etc'))
    this.guest = namespace('guest', this.privateFiles('guest'))
    this.outside = namespace('outside', [])
    this.server = namespace('server', this.privateFiles('server'))
    this.writeResolvConf(OUTSIDE_ADDRESS)
  }

  /** One more namespace for a guest, without any link but lo. */
  async addNamespace(name: string): Promise<Namespace> {
    const namespace = new Namespace(`${this.id}-${name}`, this.privateFiles(name), this.programs)
    await this.addNamespaces([namespace])
    return namespace
  }

  /** Runs when the world ends, last registered first, before its programs are stopped. */
  defer(action: () => Promise<void> | void): void {
    this.atEnd.push(action)
  }

  /** Writes the server's resolv.conf as resolvconf and NetworkManager do: a new file takes the old one's place. */
  writeResolvConf(...nameservers: string[]): void {
    const path = join(this.directory, 'server-etc', 'resolv.conf')
    writeFileSync(`${path}.new`, nameservers.map((address) => `nameserver ${address}\n`).join(''))
    renameSync(`${path}.new`, path)
  }

  /** Writes it in place, as a person with an editor or a shell redirection does. */
  rewriteResolvConf(...nameservers: string[]): void {
    const path = join(this.directory, 'server-etc', 'resolv.conf')
    writeFileSync(path, nameservers.map((address) => `nameserver ${address}\n`).join(''))
  }

  async destroy(): Promise<void> {
    const errors: unknown[] = []
    for (const action of this.atEnd.reverse()) {
      try {
        await action()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const program of this.programs.reverse()) await program.stop()
    for (const namespace of this.namespaces) await removeNamespace(namespace.name)
    rmSync(this.directory, { recursive: true, force: true })
    if (errors.length > 0) throw errors[0]
  }

  // What runs in a namespace may rewrite its resolv.conf and keep its leases without touching the machine's. The real /etc
  // stays visible through links.
  private privateFiles(name: string): string[] {
    const etc = join(this.directory, `${name}-etc`)
    mkdirSync(etc)
    for (const entry of readdirSync('/etc')) {
      if (entry !== 'resolv.conf') symlinkSync(join(this.directory, 'real-etc', entry), join(etc, entry))
    }
    writeFileSync(join(etc, 'resolv.conf'), '')
    const binds = PRIVATE_DIRECTORIES.map((path, index) => {
      mkdirSync(path, { recursive: true })
      mkdirSync(join(this.directory, `${name}-${index}`))
      return `mount --bind "$0/${name}-${index}" ${path} && `
    })
    const script = `mount --bind /etc "$0/real-etc" && mount --bind "$0/${name}-etc" /etc && ${binds.join('')}exec "$@"`
    return ['unshare', '--mount', '--propagation=private', 'sh', '-c', script, this.directory]
  }

  private async build(): Promise<void> {
    await must(['chmod', '755', this.directory])
    await this.addNamespaces([this.guest, this.server, this.outside])
    const link = ['link', 'add', 'name', 'out0', 'netns', this.server.name, 'mtu', '1500', 'type', 'veth']
    await must(['ip', ...link, 'peer', 'name', 'out0', 'netns', this.outside.name, 'mtu', '1500'])
    await this.server.ip('addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'out0')
    for (const address of OUTSIDE_ADDRESSES) await this.outside.ip('addr', 'add', `${address}/24`, 'dev', 'out0')
    await this.server.ip('link', 'set', 'out0', 'up')
    await this.outside.ip('link', 'set', 'out0', 'up')
    await this.server.ip('route', 'add', 'default', 'via', OUTSIDE_ADDRESS)
  }

  private async addNamespaces(namespaces: readonly Namespace[]): Promise<void> {
    for (const namespace of namespaces) {
      await must(['ip', 'netns', 'add', namespace.name])
      this.namespaces.push(namespace)
      await namespace.ip('link', 'set', 'lo', 'up')
      await must(['nsenter', `--net=${namespace.path}`, 'sysctl', '-qw', ...SYSCTLS])
      // Some machines let namespaces use only what the first one was given.
      const congestion = [
        'nsenter',
        `--net=${namespace.path}`,
        'sysctl',
        '-qw',
        'net.ipv4.tcp_congestion_control=cubic',
      ]
      await run(congestion)
    }
  }
}

/** Takes away what an earlier run left that was killed before it could. */
export async function sweepLeftovers(): Promise<void> {
  const names = existsSync(NETNS_DIRECTORY) ? readdirSync(NETNS_DIRECTORY) : []
  for (const name of names) if (isAbandoned(name)) await removeNamespace(name)
  for (const name of readdirSync(tmpdir())) {
    if (isAbandoned(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isAbandoned(name: string): boolean {
  const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1]
  if (owner === undefined) return false
  try {
    return !/vitest|node/.test(readFileSync(`/proc/${owner}/cmdline`, 'utf8'))
  } catch {
    return true
  }
}

async function removeNamespace(name: string): Promise<void> {
  if (!existsSync(join(NETNS_DIRECTORY, name))) return
  const pidsOf = async (): Promise<number[]> =>
    (await run(['ip', 'netns', 'pids', name])).stdout.split('\n').filter(Boolean).map(Number)
  await waitFor(`the processes of ${name} to end`, 5_000, async () => {
    const pids = await pidsOf()
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended between the two looks.
      }
    }
    if (pids.length > 0) await sleep(30)
    return pids.length === 0
  })
  await run(['ip', 'netns', 'del', name])
}
