// The real SoftEther programs from Debian, each in a network namespace of its own with a wire to the server's, and in a mount
// namespace of its own, since they keep state, logs and process ids in fixed places.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { userHash } from '../../../src/accounts/password-hash.ts'
import { must, type Program, type RunResult, waitFor } from './shell.ts'
import type { Namespace, World } from './world.ts'

type ProgramName = 'vpnclient' | 'vpnserver' | 'vpnbridge'

const PRIVATE = ['/var/lib/softether', '/var/log/softether', '/run/softether']
const COMMAND_TIMEOUT_MS = 40_000

function privateDirectory(directory: string, name: ProgramName, path: string): string {
  return join(directory, `${name}${path.replaceAll('/', '-')}`)
}

let wires = 0

/** Where `serve --listen` is to listen: on every wire. */
export const VPN_PORT = 5555
export const VPN_LISTEN = `0.0.0.0:${VPN_PORT}`

/** A namespace with a wire to the server's, which is 10.77.N.1 there. */
export class VpnSite {
  readonly namespace: Namespace
  readonly serverAddress: string
  readonly address: string
  /** Of the wire, in both namespaces. */
  readonly device: string
  /** Belongs to this site. */
  readonly directory: string

  static async create(world: World, name: string): Promise<VpnSite> {
    const site = new VpnSite(world, await world.addNamespace(name), ++wires)
    const { device, namespace, serverAddress, address } = site
    const link = ['link', 'add', 'name', device, 'netns', world.server.name, 'type', 'veth']
    await must(['ip', ...link, 'peer', 'name', device, 'netns', namespace.name])
    await world.server.ip('addr', 'add', `${serverAddress}/24`, 'dev', device)
    await namespace.ip('addr', 'add', `${address}/24`, 'dev', device)
    await world.server.ip('link', 'set', device, 'up')
    await namespace.ip('link', 'set', device, 'up')
    return site
  }

  private constructor(world: World, namespace: Namespace, number: number) {
    this.namespace = namespace
    this.directory = join(world.directory, `site${number}`)
    mkdirSync(this.directory)
    this.device = `wire${number}`
    this.serverAddress = `10.77.${number}.1`
    this.address = `10.77.${number}.2`
  }

  /** Starts the program and waits until it takes commands. */
  async start(name: ProgramName): Promise<SoftEther> {
    const binds = PRIVATE.map((path) => {
      const own = privateDirectory(this.directory, name, path)
      mkdirSync(own, { recursive: true })
      return `mkdir -p ${path} && mount --bind ${own} ${path} && `
    })
    const script = `${binds.join('')}exec /usr/libexec/softether/${name}/${name} execsvc`
    const isolated = ['unshare', '--mount', '--propagation=private', 'sh', '-c', script]
    const program = this.namespace.spawn(isolated)
    const softEther = new SoftEther(this, name, program)
    await softEther.ready()
    return softEther
  }
}

export class SoftEther {
  readonly site: VpnSite
  readonly program: Program
  private readonly name: ProgramName

  constructor(site: VpnSite, name: ProgramName, program: Program) {
    this.site = site
    this.name = name
    this.program = program
  }

  /** Commands of vpncmd, in one run of it. @throws with what it said at the first that fails */
  async must(...commands: readonly string[]): Promise<string> {
    const { stdout } = await this.run(...commands)
    if (/Error occurred|Invalid|not found/.test(stdout)) throw new Error(`${commands.join('; ')}: ${stdout}`)
    return stdout
  }

  run(...commands: readonly string[]): Promise<RunResult> {
    const where = this.name === 'vpnclient' ? ['/CLIENT', 'localhost'] : ['/SERVER', 'localhost:5555']
    const script = join(this.site.directory, 'vpncmd.txt')
    writeFileSync(script, `${commands.join('\n')}\n`)
    return this.site.namespace.run(['vpncmd', ...where, `/IN:${script}`], { timeoutMs: COMMAND_TIMEOUT_MS })
  }

  async ready(): Promise<void> {
    const port = this.name === 'vpnclient' ? 9931 : 5555
    await waitFor(`${this.name} to listen`, 20_000, async () => {
      if (!this.program.running) throw new Error(`${this.name} ended\n${this.program.log}`)
      const { stdout } = await this.site.namespace.run(['ss', '-Htln', `sport = :${port}`])
      return stdout.trim() !== ''
    })
  }
}

export interface AccountOptions {
  readonly port?: number
  /** Default: the server's on the site's wire. */
  readonly serverAddress?: string
  readonly hub?: string
  readonly user?: string
  /** Left out: anonymous. */
  readonly password?: string
  readonly tcpConnections?: number
  readonly compress?: boolean
  readonly halfDuplex?: boolean
  /** As a person types the server's name: the client then asks by HTTP first what it has before it. */
  readonly probes?: boolean
}

/** A real vpnclient with one adapter, `vpn_a`. */
export class VpnClient {
  readonly softEther: SoftEther
  readonly device = 'vpn_a'

  static async start(site: VpnSite): Promise<VpnClient> {
    const client = new VpnClient(await site.start('vpnclient'))
    await client.softEther.must('NicCreate a')
    // The program handles its sessions best when it was started with its adapter (protocol reference 2.3).
    return client
  }

  private constructor(softEther: SoftEther) {
    this.softEther = softEther
  }

  get namespace(): Namespace {
    return this.softEther.site.namespace
  }

  /** Makes the account `a`, in place of what it was before, and begins to connect. */
  async connect(options: AccountOptions = {}): Promise<void> {
    const { softEther } = this
    const {
      port = VPN_PORT,
      serverAddress = softEther.site.serverAddress,
      hub = 'DEFAULT',
      user = 'u1',
      password,
      tcpConnections = 1,
      compress = false,
      halfDuplex = false,
    } = options
    const server = `${serverAddress}/tcp:${port}`
    await softEther.run('AccountDisconnect a', 'AccountDelete a')
    await softEther.must(
      `AccountCreate a /SERVER:${server} /HUB:${hub} /USERNAME:${user} /NICNAME:a`,
      ...(password === undefined ? [] : [`AccountPasswordSet a /PASSWORD:${password} /TYPE:standard`]),
      `AccountDetailSet a /MAXTCP:${tcpConnections} /INTERVAL:1 /TTL:0 /HALF:${halfDuplex ? 'yes' : 'no'} /BRIDGE:no ` +
        '/MONITOR:no /NOTRACK:yes /NOQOS:yes /DISABLEUDP:yes',
      `AccountCompress${compress ? 'Enable' : 'Disable'} a`,
      'AccountRetrySet a /NUM:999 /INTERVAL:5',
      'AccountConnect a',
    )
  }

  /** Rows of the account's status; empty while it is not connected. */
  async status(): Promise<Map<string, string>> {
    const { stdout } = await this.softEther.run('AccountStatusGet a')
    const rows = [...stdout.matchAll(/^(\S[^|]*?)\s*\|(.*)$/gm)].map(
      ([, name, value]) => [name!, value!.trim()] as const,
    )
    return new Map(rows)
  }

  /** Codes of the errors in the client's log, the last one last. */
  errorCodes(): number[] {
    const directory = join(
      privateDirectory(this.softEther.site.directory, 'vpnclient', '/var/log/softether'),
      'client_log',
    )
    const text = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
    return [...text.join('').matchAll(/\(code (\d+)\)/g)].map(([, code]) => Number(code))
  }

  async waitForConnections(count: number, timeoutMs = 60_000): Promise<void> {
    let last = ''
    await waitFor(`${count} TCP connections`, timeoutMs, async () => {
      const status = await this.status()
      last = [...status].map((row) => row.join(': ')).join('\n')
      return Number(status.get('Number of TCP Connections')) === count
    }).catch((error) => {
      throw new Error(`${error.message}; the client says:\n${last}`)
    })
  }
}

/** A configuration with hubs and users, in the state directory of a server to be started. */
export function writeVpnConfig(state: string): void {
  const password = (name: string, text: string): object => ({
    authentication: { kind: 'password', hash: Buffer.from(userHash(name, text)).toString('base64') },
  })
  const users = {
    u1: password('u1', 'pw1'),
    u2: password('u2', 'pw2'),
    br1: password('br1', 'brpw'),
    guest: { authentication: { kind: 'anonymous' } },
    old: { ...password('old', 'pw'), expiresAt: '2020-01-01T00:00:00.000Z' },
  }
  const hubs = {
    DEFAULT: { securenat: { enabled: true }, users },
    SMALL: { options: { maxSessions: 1 }, users },
    CLOSED: { online: false, users },
  }
  mkdirSync(state, { mode: 0o700 })
  writeFileSync(join(state, 'securenat.json'), JSON.stringify({ hubs }), { mode: 0o600 })
}
