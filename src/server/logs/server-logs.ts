// All logs of a server: its own, the security log of each hub, and the events as JSON lines; one set of settings for all of
// them, which may change while they are written.

import { join } from 'node:path'
import type { LogOptions, SwitchCycle } from '../../admin/log-settings.ts'
import { DEFAULT_LOG_OPTIONS } from '../../admin/log-settings.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { EventBus } from '../event-bus.ts'
import { formatLocalTime } from '../local-time.ts'
import { Log } from '../log.ts'
import type { SecurityTexts } from '../messages.ts'
import { SecurityLog } from '../security-log.ts'
import { EventLog } from './event-log.ts'
import { HostNames, systemReverse } from './host-names.ts'
import type { LineFileOptions } from './line-file.ts'
import { LineFile } from './line-file.ts'

export interface ServerLogsDeps {
  /** The directory of all logs. */
  readonly directory: string
  readonly events: EventBus
  /** Shows warnings and errors to whoever started the server. */
  readonly toOperator: (line: string) => void
  readonly nameservers: () => readonly Ipv4Address[]
  readonly wallClock: () => number
}

interface HubLog {
  readonly security: SecurityLog
  readonly file: LineFile
}

/** Names of files and directories of logs, told apart from those of hubs by where they are. */
const SERVER_DIRECTORY = 'server'

export class ServerLogs {
  readonly log: Log
  readonly #deps: ServerLogsDeps
  readonly #serverFile: LineFile
  readonly #eventFiles = new Map<string | undefined, LineFile>()
  readonly #eventLog: EventLog
  readonly #hostNames: HostNames
  readonly #hubs = new Map<string, HubLog>()
  /** Logs that cannot be written just now. */
  readonly #failing = new Set<string>()
  #lost = 0
  #options: LogOptions = DEFAULT_LOG_OPTIONS
  #endEvents: (() => void) | undefined

  /** Makes the directory; throws when that is impossible. */
  constructor(deps: ServerLogsDeps) {
    this.#deps = deps
    const { toOperator, events, wallClock, nameservers } = deps
    this.#serverFile = new LineFile({
      directory: join(deps.directory, SERVER_DIRECTORY),
      prefix: 'server',
      extension: '.log',
      naming: 'stamped',
      lineEnd: '\n',
      settings: () => this.#options,
      ...this.#health('server'),
    })
    this.log = new Log(this.#serverFile, wallClock, toOperator)
    this.log.written = (level, line) => {
      if (events.isWatched) events.emit({ type: 'serverLine', level, line })
    }
    this.#hostNames = new HostNames({
      reverse: systemReverse(nameservers),
      now: () => performance.now(),
      setTimer: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    })
    this.#eventLog = new EventLog({
      wallClock,
      file: (hub) => this.#eventFile(hub),
      isSaved: (hub) => this.#hubs.get(hub)?.security.saveLog ?? true,
    })
    this.#applyEvents()
  }

  apply(options: LogOptions): void {
    this.#options = options
    this.#applyEvents()
    for (const { security } of this.#hubs.values()) this.#applyNames(security)
  }

  /** @param switchCycle of the hub's own security log */
  addHub(hub: string, texts: SecurityTexts, switchCycle: () => SwitchCycle): SecurityLog {
    const { directory, events, wallClock } = this.#deps
    const file = new LineFile({
      directory: join(directory, hub, 'security'),
      prefix: 'sec',
      extension: '.log',
      naming: 'stamped',
      lineEnd: '\r\n',
      settings: () => ({ ...this.#options, switchCycle: switchCycle() }),
      ...this.#health(`${hub} security`),
    })
    const security = new SecurityLog(file, texts, wallClock)
    security.written = (line, at) => {
      if (events.isWatched) events.emitHub(hub, { type: 'securityLine', line })
      if (this.#options.hubLinesInServerLog && security.isKept) {
        this.#serverFile.write(at, `${formatLocalTime(at)} [HUB "${hub}"] ${line}`)
      }
    }
    this.#applyNames(security)
    this.#hubs.set(hub, { security, file })
    return security
  }

  /** What is in memory is written. */
  async removeHub(hub: string): Promise<void> {
    const log = this.#hubs.get(hub)
    const events = this.#eventFiles.get(hub)
    this.#hubs.delete(hub)
    this.#eventFiles.delete(hub)
    this.#eventLog.forget(hub)
    log?.security.release()
    await Promise.all([log?.file.close(), events?.close()])
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hubs.keys()].map((hub) => this.removeHub(hub)))
    this.#endEvents?.()
    await Promise.all([this.#serverFile.close(), ...[...this.#eventFiles.values()].map((file) => file.close())])
  }

  #applyNames(security: SecurityLog): void {
    security.hostNames = this.#options.reverseLookup ? this.#hostNames : undefined
  }

  #applyEvents(): void {
    this.#eventLog.level = this.#options.level
    if (this.#options.json) {
      this.#endEvents ??= this.#deps.events.subscribe(this.#eventLog.take)
    } else {
      this.#endEvents?.()
      this.#endEvents = undefined
    }
  }

  #eventFile(hub: string | undefined): LineFile {
    let file = this.#eventFiles.get(hub)
    if (file === undefined) {
      const { directory } = this.#deps
      file = new LineFile({
        directory: hub === undefined ? join(directory, SERVER_DIRECTORY) : join(directory, hub, 'events'),
        prefix: hub === undefined ? 'server' : 'events',
        extension: '.jsonl',
        naming: 'stable',
        lineEnd: '\n',
        settings: () => this.#options,
        ...this.#health(`${hub ?? SERVER_DIRECTORY} events`),
      })
      this.#eventFiles.set(hub, file)
    }
    return file
  }

  /** Most often it is one disk that is full: the first log that fails is told of, and when all of them are written again. */
  #health(name: string): Pick<LineFileOptions, 'failed' | 'recovered'> {
    return {
      failed: ({ message }) => {
        this.#failing.add(name)
        if (this.#failing.size === 1) this.log.error('logs cannot be written', { log: name, reason: message })
      },
      recovered: (lost) => {
        this.#failing.delete(name)
        this.#lost += lost
        if (this.#failing.size > 0) return
        this.log.warn('logs are written again', { lost: this.#lost })
        this.#lost = 0
      },
    }
  }
}
