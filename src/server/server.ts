// The server: its hubs and the configuration they follow.
//
// There is one way to change anything: a new configuration is made of the old, judged whole, saved, and then applied by
// comparing it with what runs. A reload reads the new one from the file; an operation edits the present one. Changes
// happen one after the other.

import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { TapLink } from '../link/tap-link.ts'
import { LoopDetector } from '../nat/loop-detector.ts'
import { writeFileAtomically } from './atomic-file.ts'
import type { Config, Language } from './config/config.ts'
import { ConfigError, formatConfig, initialConfig, parseConfig } from './config/config.ts'
import type { HubConfig } from './config/hub.ts'
import type { ConfigDefaults } from './config/section.ts'
import { isDomainName } from './config/settings-check.ts'
import { Connections } from './connections.ts'
import type { NetworkDoors, NetworkOptions } from './doors/network-doors.ts'
import { EventBus } from './event-bus.ts'
import { FaultLog } from './fault-log.ts'
import { HostNetwork } from './host-network.ts'
import { HubUnit } from './hub-unit.ts'
import type { Log } from './log.ts'
import { ServerLogs } from './logs/server-logs.ts'
import { randomSource } from './random.ts'
import { HostResolvers, systemResolverFile } from './resolvers.ts'
import { StateDir } from './state-dir.ts'

/** `--tap HUB:NAME[@NETNS]` */
export interface TapRequest {
  readonly hub: string
  readonly name: string
  readonly netns: string | undefined
}

export interface ServerOptions {
  readonly stateDir: string
  /** Default: securenat.json in the state directory. */
  readonly configFile?: string
  readonly taps?: readonly TapRequest[]
  /** Left out: no listener on the network. */
  readonly network?: NetworkOptions
  /** Stands in for the configured MTU of every hub. */
  readonly mtu?: number
  /** Super-frames on TAP devices. */
  readonly gso: boolean
  readonly version: string
  /** Of a configuration that has to be made. */
  readonly language: Language
  /** The administrator's password, where the configuration has none yet. */
  readonly password?: string
  /** Shows warnings and errors to whoever started the server. */
  readonly toOperator: (line: string) => void
}

/** A way in for administrators, opened with the hubs and closed before them. */
export interface Door {
  close(): Promise<void>
}

/** The ways in (start.ts brings them). */
export interface DoorOpeners {
  control(server: Server): Promise<Door>
  /** Called when guests can attach already. */
  network(server: Server, options: NetworkOptions): Promise<NetworkDoors>
}

/** What the first start made up, to be told once. */
export interface FirstStart {
  /** `undefined` when the operator gave one. */
  readonly password: string | undefined
}

const PRODUCT_NAME = 'SecureNAT Server'

export class Server {
  readonly stateDir: string
  readonly version: string
  readonly startedAt = Date.now()
  readonly log: Log
  readonly events = new EventBus()
  readonly connections = new Connections(Date.now)
  readonly #options: ServerOptions
  readonly #state: StateDir
  readonly #configFile: string
  readonly #logs: ServerLogs
  readonly faults: FaultLog
  readonly #resolvers = new HostResolvers(systemResolverFile(process.platform), () => performance.now())
  readonly #hostNetwork = new HostNetwork(() => performance.now())
  readonly #loops = new LoopDetector(this.#hostNetwork)
  readonly #random = randomSource()
  readonly #units = new Map<string, HubUnit>()
  readonly #taps: TapLink[] = []
  #door: Door | undefined
  #network: Promise<NetworkDoors | undefined> = Promise.resolve(undefined)
  #config: Config
  /** The end of the queue of changes. */
  #changes: Promise<unknown> = Promise.resolve()
  #first: Promise<FirstStart | undefined> = Promise.resolve(undefined)
  #isStopped = false
  #administrations = 0

  /** @throws StateDirError, ConfigError, or what a socket or TAP device says */
  static async start(
    options: ServerOptions,
    doors: DoorOpeners,
  ): Promise<{ server: Server; first: FirstStart | undefined }> {
    const state = StateDir.open(options.stateDir)
    let server: Server | undefined
    try {
      server = new Server(options, state)
      return { server, first: await server.#open(doors) }
    } catch (error) {
      if (server === undefined) state.release()
      else await server.stop()
      throw error
    }
  }

  private constructor(options: ServerOptions, state: StateDir) {
    this.#options = options
    this.#state = state
    this.stateDir = options.stateDir
    this.version = options.version
    this.#configFile = options.configFile ?? join(options.stateDir, 'securenat.json')
    this.#logs = new ServerLogs({
      directory: join(options.stateDir, 'logs'),
      events: this.events,
      toOperator: options.toOperator,
      nameservers: () => this.#resolvers.nameservers(),
      wallClock: Date.now,
    })
    this.log = this.#logs.log
    this.faults = new FaultLog(this.log)
    const text = readConfigFile(this.#configFile)
    this.#config = text === undefined ? initialConfig(options.language, this.#defaults()) : this.#parse(text)
    this.#isFirstStart = text === undefined
    this.#logs.apply(this.#config.logs)
  }

  readonly #isFirstStart: boolean

  get config(): Config {
    return this.#config
  }

  get productName(): string {
    return PRODUCT_NAME
  }

  get hostName(): string {
    return hostname()
  }

  /** The doors to the network, once they are open; `undefined` where none are wanted, or they could not be opened. */
  network(): Promise<NetworkDoors | undefined> {
    return this.#network
  }

  /** The name of a new administration connection, as the security log writes it. */
  nextAdministration(): string {
    this.#administrations += 1
    return `RPC-${this.#administrations}`
  }

  hubUnits(): IterableIterator<HubUnit> {
    return this.#units.values()
  }

  /** Compared without case. */
  hubUnit(name: string): HubUnit | undefined {
    return this.#units.get(name.toLowerCase())
  }

  defaultsForHubs(): ConfigDefaults {
    return this.#defaults()
  }

  /** Edits the configuration, saves it, and makes it so. Nothing happens when `edit` answers `undefined`. */
  change(edit: (config: Config) => Config | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const next = edit(this.#config)
      if (next === undefined) return
      await this.#save(next)
      await this.#apply(next)
    })
  }

  /** Reads the configuration again. @throws ConfigError with every reason; then nothing changed */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const text = readConfigFile(this.#configFile)
      if (text === undefined) throw new ConfigError(this.#configFile, ['there is no such file'])
      await this.#apply(this.#parse(text))
      await (await this.#network)?.reloadCertificate()
    })
  }

  /** Takes a whole new configuration over and saves it. @returns every reason against it; then nothing changed */
  replace(text: string): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const { config, issues } = parseConfig(text, this.#defaults())
      if (config === undefined) return issues
      await this.#save(config)
      await this.#apply(config)
      return []
    })
  }

  /** The leases of a hub that was deleted; a hub of the same name begins anew. Logs are kept. */
  async removeHubFiles(name: string): Promise<void> {
    await rm(join(this.stateDir, 'hubs', name), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    await this.#first.catch(() => undefined)
    await this.#changes
    await Promise.all([this.#door?.close(), this.#network.then((network) => network?.close())])
    await Promise.all(Array.from(this.#units.values(), (unit) => unit.stop()))
    for (const tap of this.#taps) tap.close()
    this.log.info('stopped')
    await this.#logs.close()
    this.#state.release()
  }

  async #open(doors: DoorOpeners): Promise<FirstStart | undefined> {
    const { stateDir, version } = this
    this.#state.removeStaleSockets()
    for (const hub of this.#config.hubs) this.#addUnit(hub)
    const opened = Array.from(this.#units.values(), (unit) => unit.start())
    await this.#openTaps()
    await Promise.all(opened)
    this.#door = await doors.control(this)
    // Hashing a password and syncing to the disk take longer than all of this: guests need not wait for them.
    this.#first = this.#firstStart()
    this.log.info('started', { version, pid: process.pid, state: stateDir })
    const first = await this.#first
    this.#network = this.#openNetwork(doors)
    return first
  }

  async #firstStart(): Promise<FirstStart | undefined> {
    const given = this.#options.password
    if (this.#isFirstStart || (given !== undefined && this.#config.administrator.password === undefined)) {
      const { generatePassword } = await import('../accounts/scrypt.ts')
      const { storedPassword } = await import('./administrators.ts')
      const password = given ?? generatePassword()
      const stored = await storedPassword(password)
      await this.change((config) => ({ ...config, administrator: { ...config.administrator, password: stored } }))
      return this.#isFirstStart ? { password: given === undefined ? password : undefined } : undefined
    }
    // What was left out of the file and made up is kept from now on: a MAC address that changes is another computer.
    const text = formatConfig(this.#config)
    if (text !== readConfigFile(this.#configFile)) await this.change((config) => config)
    return undefined
  }

  async #openNetwork(doors: DoorOpeners): Promise<NetworkDoors | undefined> {
    if (this.#options.network === undefined) return undefined
    try {
      return await doors.network(this, this.#options.network)
    } catch (error) {
      this.log.error('the doors to the network cannot be opened', { reason: (error as Error).message })
      return undefined
    }
  }

  async #save(config: Config): Promise<void> {
    try {
      await writeFileAtomically(this.#configFile, formatConfig(config), 0o600)
    } catch (error) {
      throw new Error(`the configuration ${this.#configFile} cannot be written: ${(error as Error).message}`)
    }
  }

  #addUnit(hub: HubConfig): HubUnit {
    const unit = new HubUnit(hub, this.#config.language, {
      stateDir: this.stateDir,
      productName: PRODUCT_NAME,
      log: this.log,
      faults: this.faults,
      logs: this.#logs,
      events: this.events,
      resolvers: this.#resolvers,
      hostNetwork: this.#hostNetwork,
      loops: this.#loops,
      now: () => performance.now(),
      wallClock: Date.now,
      random: this.#random,
      mtu: this.#options.mtu,
      gso: this.#options.gso,
    })
    this.#units.set(hub.name.toLowerCase(), unit)
    return unit
  }

  async #openTaps(): Promise<void> {
    const { taps = [], gso } = this.#options
    if (taps.length === 0) return
    const { openTapLink } = await import('../link/tap-link.ts')
    for (const { hub, name, netns } of taps) {
      const unit = this.hubUnit(hub)
      if (unit === undefined) throw new Error(`--tap ${hub}:${name}: there is no hub ${hub}`)
      const { mtu } = unit.options.nat
      const closed = (reason: string): void => this.log.warn('a TAP device is gone', { hub, name, reason })
      const request = { name, ...(netns === undefined ? {} : { netns }), gso, mtu }
      this.#taps.push(openTapLink(unit.hub, request, { closed }))
    }
  }

  async #apply(next: Config): Promise<void> {
    this.#config = next
    this.#logs.apply(next.logs)
    const wanted = new Map(next.hubs.map((hub) => [hub.name.toLowerCase(), hub]))
    for (const [key, unit] of this.#units) {
      const hub = wanted.get(key)
      if (hub?.name === unit.config.name) {
        await unit.apply(hub, next.language)
      } else {
        this.#units.delete(key)
        await unit.stop()
        this.log.info('hub removed', { hub: unit.config.name })
        this.events.emit({ type: 'hubRemoved', name: unit.config.name })
      }
    }
    for (const [key, hub] of wanted) {
      if (this.#units.has(key)) continue
      await this.#addUnit(hub).start()
      this.log.info('hub added', { hub: hub.name })
      this.events.emit({ type: 'hubAdded', name: hub.name })
    }
    await (await this.#network)?.apply(next)
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change)
    this.#changes = result.catch(() => undefined)
    return result
  }

  #parse(text: string): Config {
    const { config, issues } = parseConfig(text, this.#defaults())
    if (config === undefined) throw new ConfigError(this.#configFile, issues)
    return config
  }

  #defaults(): ConfigDefaults {
    return { wallClock: Date.now, random: this.#random, domainName: this.#domainName() }
  }

  /** R42: the domain of this computer's full name, else the one its resolver uses. */
  #domainName(): string {
    const name = hostname()
    const dot = name.indexOf('.')
    const domain = dot < 0 ? this.#resolvers.domain() : name.slice(dot + 1)
    return isDomainName(domain) ? domain : ''
  }
}

function readConfigFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(path, [(error as Error).message])
  }
}
