// One hub of the server, with everything that belongs to it: its sockets for guests, its SecureNAT, leases and security log.

import { join } from 'node:path'
import { lowerLimit } from '../accounts/admin-options.ts'
import type { AdministrationChange } from '../admin/administration-change.ts'
import { Hub } from '../hub/hub.ts'
import type { PortIdentity } from '../hub/port.ts'
import type { StreamListener } from '../link/stream-link.ts'
import { listenStream } from '../link/stream-link.ts'
import type { TapListener } from '../link/tap-listener.ts'
import { LinuxSockets } from '../nat/linux-sockets.ts'
import type { LoopDetector } from '../nat/loop-detector.ts'
import { NodeSockets } from '../nat/os-sockets.ts'
import type { Sockets } from '../nat/sockets.ts'
import type { SecureNatEvents } from '../securenat/events.ts'
import type { SecureNatOptions } from '../securenat/options.ts'
import { SecureNat } from '../securenat/securenat.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { formatMac } from '../wire/mac.ts'
import type { HubCascades } from './cascades/hub-cascades.ts'
import type { Language } from './config/config.ts'
import type { HubConfig } from './config/hub.ts'
import type { EventBus } from './event-bus.ts'
import { secureNatEventsOf } from './event-bus.ts'
import { withExtendedLimits } from './extended-limits.ts'
import type { FaultLog } from './fault-log.ts'
import type { HostNetwork } from './host-network.ts'
import { LeaseFile } from './lease-file.ts'
import type { Log } from './log.ts'
import type { ServerLogs } from './logs/server-logs.ts'
import { SECURITY_TEXTS } from './messages.ts'
import type { HostResolvers } from './resolvers.ts'
import { Restarts } from './restarts.ts'
import type { SecurityLog } from './security-log.ts'
import { checkSocketPath } from './state-dir.ts'
import { hubSocketPath, tapSocketPath } from './state-paths.ts'
import { setTimer } from './timer.ts'
import { UserActivities } from './user-activity.ts'
import { nextExpiry, sessionJudge } from './user-sessions.ts'

/** What every hub of a server shares. */
export interface HubEnvironment {
  readonly stateDir: string
  readonly productName: string
  readonly log: Log
  readonly faults: FaultLog
  readonly logs: ServerLogs
  readonly events: EventBus
  readonly resolvers: HostResolvers
  readonly hostNetwork: HostNetwork
  readonly loops: LoopDetector
  readonly now: () => number
  readonly wallClock: () => number
  readonly random: () => number
  /** `--mtu`: stands in for the configured MTU until an administrator sets another. */
  readonly mtu: number | undefined
  /** Super-frames on TAP devices. */
  readonly gso: boolean
}

export class HubUnit {
  readonly hub: Hub
  readonly securityLog: SecurityLog
  readonly userActivities: UserActivities
  readonly #environment: HubEnvironment
  #config: HubConfig
  #mtu: number | undefined
  #listener: StreamListener | undefined
  #tapListener: TapListener | undefined
  #cascades: HubCascades | undefined
  #secureNat: SecureNat | undefined
  #leaseFile: LeaseFile | undefined
  /** Counts the SecureNATs of this hub: what one of the past still says is not heard. */
  #secureNatNumber = 0
  readonly #restarts = new Restarts()
  #cancelRestart: (() => void) | undefined
  #cancelExpiry: (() => void) | undefined

  constructor(config: HubConfig, language: Language, environment: HubEnvironment) {
    this.#config = config
    this.#environment = environment
    this.#mtu = environment.mtu
    const { now, wallClock, events } = environment
    const { name } = config
    this.hub = new Hub(name, { now, wallClock })
    this.userActivities = new UserActivities(wallClock)
    this.hub.sessionEvents = {
      attached: (session, identity, counters) => {
        this.#secureNat?.segmentChanged()
        this.userActivities.attached(identity, counters)
        events.emitHub(name, { type: 'sessionAttached', session, identity })
      },
      detached: (session, identity, counters) => {
        this.userActivities.detached(identity, counters)
        events.emitHub(name, { type: 'sessionDetached', session, identity })
      },
      faulted: (session, { kind }, error) => {
        if (kind === 'SECURENAT') this.#secureNatFault(this.#secureNatNumber, error)
        else environment.faults.fault('a session ends by an internal fault', error, { hub: name, session })
      },
    }
    this.securityLog = environment.logs.addHub(name, SECURITY_TEXTS[language], () => this.#config.log.securityLogSwitch)
    this.hub.events = {
      dhcpAllocated: (allocation) => {
        this.securityLog.dhcpAllocated(allocation)
        if (events.isWatched) events.emitHub(name, { type: 'dhcpAllocated', allocation })
      },
      policyDropped: (drop) => {
        this.securityLog.policyDropped(drop)
        if (events.isWatched) events.emitHub(name, { type: 'policyDropped', drop })
      },
    }
    this.#applySettings(config)
  }

  get config(): HubConfig {
    return this.#config
  }

  /** SecureNAT while it runs. */
  get secureNat(): SecureNat | undefined {
    return this.#secureNat
  }

  /** From the first cascade on that was wanted. */
  get cascades(): HubCascades | undefined {
    return this.#cascades
  }

  /** The settings in force: those of the configuration, but for `--mtu`. */
  get options(): SecureNatOptions {
    const { secureNat } = this.#config
    return this.#mtu === undefined ? secureNat : { ...secureNat, nat: { ...secureNat.nat, mtu: this.#mtu } }
  }

  /** With the limits that extended options of the hub lower. */
  get #inForce(): SecureNatOptions {
    return withExtendedLimits(this.options, this.#config.extendedOptions)
  }

  /** An administrator has set an MTU: from now on the configured one holds. */
  dropMtuOverride(): void {
    this.#mtu = undefined
  }

  /** Opens the hub's sockets and, where it is enabled, its SecureNAT. */
  async start(): Promise<void> {
    if (!this.#config.online) return
    if (this.#config.secureNatEnabled) this.#startSecureNat()
    const { stateDir, log } = this.#environment
    const path = hubSocketPath(stateDir, this.#config.name)
    checkSocketPath(path)
    const hub = this.#config.name
    // First: a guest that finds the other socket and not this one would go the slower way, which is there on every platform.
    if (process.platform === 'linux') await this.#listenForTaps()
    this.#listener = await listenStream(path, this.hub, {
      attached: (session) => log.info('a guest attached', { hub, session }),
      detached: (session, reason) => log.info('a guest detached', { hub, session, reason }),
    })
    await this.#applyCascades()
  }

  /** What cascades need is loaded with the first of them. */
  async #applyCascades(): Promise<void> {
    const { cascades, online } = this.#config
    if (this.#cascades === undefined && cascades.some((cascade) => cascade.online)) {
      const { HubCascades } = await import('./cascades/hub-cascades.ts')
      const { log, faults, productName, now, wallClock, random } = this.#environment
      const nextTurn = (callback: () => void): void => void setImmediate(callback)
      const environment = { log, faults, productName, now, wallClock, random, setTimer, nextTurn }
      this.#cascades ??= new HubCascades(this.hub, environment)
    }
    this.#cascades?.apply(online ? cascades : [])
  }

  async #listenForTaps(): Promise<void> {
    const { stateDir, log, gso } = this.#environment
    const hub = this.#config.name
    try {
      const { TapListener } = await import('../link/tap-listener.ts')
      this.#tapListener = new TapListener(tapSocketPath(stateDir, hub), {
        hub: this.hub,
        gso,
        mtu: () => this.options.nat.mtu,
        attached: (session) => log.info('a TAP device attached', { hub, session }),
        detached: (session, reason) => log.info('a TAP device detached', { hub, session, reason }),
        refused: (reason) => log.warn('a TAP device was refused', { hub, reason }),
      })
    } catch (error) {
      log.info('TAP devices of other processes are bridged, not taken over', { hub, reason: String(error) })
    }
  }

  async apply(config: HubConfig, language: Language): Promise<void> {
    const previous = this.#config
    this.securityLog.texts = SECURITY_TEXTS[language]
    if (config === previous) return
    this.#config = config
    this.#applySettings(config)
    if (config.online && !previous.online) return this.start()
    if (!config.online) return this.#goOffline()
    await this.#applyCascades()
    if (!config.secureNatEnabled) this.#stopSecureNat()
    else if (this.#secureNat === undefined) this.#startSecureNat()
    else this.#secureNat.configure(this.#inForce)
  }

  /** What does not need the hub to be online. */
  #applySettings(config: HubConfig): void {
    this.securityLog.saveLog = config.secureNat.saveLog
    this.securityLog.isKept = config.log.saveSecurityLog
    this.hub.maxSessions = lowerLimit(config.options.maxSessions, config.adminOptions.max_sessions ?? 0)
    this.userActivities.keep(config.users.map((user) => user.name))
    if (this.hub.accessList !== config.accessList) this.hub.setAccessList(config.accessList)
    this.#endRefusedSessions()
  }

  /** Of users that would be let in no more: now, and again when the next one expires. */
  #endRefusedSessions(): void {
    this.#cancelExpiry?.()
    const { wallClock } = this.#environment
    this.#disconnectUnless(sessionJudge(this.#config, wallClock()))
    const expiresAt = nextExpiry(this.#config.users, wallClock())
    this.#cancelExpiry =
      expiresAt === undefined ? undefined : setTimer(expiresAt - wallClock(), () => this.#endRefusedSessions())
  }

  #disconnectUnless(mayGoOn: (identity: PortIdentity) => boolean): void {
    for (const { name, identity } of this.hub.sessions()) if (!mayGoOn(identity)) this.hub.disconnect(name)
  }

  logAdministration(change: AdministrationChange, connection: string, subjects: readonly (string | number)[]): void {
    const { name } = this.#config
    this.securityLog.administration(change, connection, name, subjects)
    this.#environment.events.emitHub(name, { type: 'administration', change, connection, subjects })
  }

  /** Tells the guests (RST), closes the socket, and writes what is still in memory. */
  async stop(): Promise<void> {
    this.#cancelExpiry?.()
    await this.#goOffline()
    await this.#environment.logs.removeHub(this.#config.name)
  }

  async #goOffline(): Promise<void> {
    this.#cascades?.stop()
    this.#stopSecureNat()
    // Users' sessions come through the server's own listeners; their clients are told when they come back.
    this.#disconnectUnless(({ policy }) => policy === undefined)
    const listener = this.#listener
    this.#listener = undefined
    if (this.#tapListener !== undefined) {
      this.#tapListener.close()
      this.#tapListener = undefined
    }
    await listener?.close()
  }

  #startSecureNat(): void {
    const { stateDir, log, events, resolvers, hostNetwork, loops, now, wallClock, random } = this.#environment
    const { name } = this.#config
    this.#cancelRestart?.()
    this.#cancelRestart = undefined
    const directory = join(stateDir, 'hubs', name)
    const leaseFile = new LeaseFile(directory, { problem: (text) => log.error(text, { hub: name }) })
    this.#leaseFile = leaseFile
    const number = ++this.#secureNatNumber
    const fault = (error: unknown): void => this.#secureNatFault(number, error)
    this.#secureNat = new SecureNat(this.hub, this.#inForce, {
      now,
      wallClock,
      random,
      setTimer: (delayMs, callback) => setTimer(delayMs, guarded(callback, fault)),
      sockets: openSockets(fault),
      resolvers: () => resolvers.nameservers(),
      loops,
      portOf: (mac) => this.hub.portOf(mac),
      isOwnListener: (protocol, address, port) => hostNetwork.isOwnListener(protocol, address, port),
      hostDomain: () => resolvers.domain(),
      leases: leaseFile.leases(),
      leaseStore: leaseFile,
      events: this.#secureNatEvents(),
    })
    const session = this.#secureNat.sessionName
    this.securityLog.started(session)
    events.emitHub(name, { type: 'secureNatStarted', session })
    log.info('SecureNAT started', { hub: name, session })
  }

  /**
   * SecureNAT's own code failed, somewhere between a frame, a socket and a timer: nothing of it can be relied on. It is closed as
   * far as it lets itself be closed, and another takes its place; the rest of the hub and all other hubs know nothing of it.
   */
  #secureNatFault(number: number, error: unknown): void {
    if (number !== this.#secureNatNumber) return
    this.#secureNatNumber += 1
    const { faults, now } = this.#environment
    const delayMs = this.#restarts.delayMs(now())
    faults.fault('SecureNAT is started again after an internal fault', error, { hub: this.#config.name, delayMs })
    // Not from within the call that failed.
    this.#cancelRestart = setTimer(0, () => {
      this.#stopSecureNat()
      this.#cancelRestart = setTimer(delayMs, () => {
        try {
          this.#startSecureNat()
        } catch (again) {
          this.#secureNatFault(this.#secureNatNumber, again)
        }
      })
    })
  }

  /** To the security log and to whoever watches; what an operator has to act on also to the server's own log. */
  #secureNatEvents(): SecureNatEvents {
    const { log, events } = this.#environment
    const { name } = this.#config
    const told = secureNatEventsOf(name, this.securityLog, events)
    return {
      ...told,
      dhcpPoolExhausted: (refused) => {
        told.dhcpPoolExhausted(refused)
        log.warn('the DHCP server has no free address left', { hub: name, refused })
      },
      dhcpOtherServerHeard: (address, mac) => {
        told.dhcpOtherServerHeard(address, mac)
        const server = formatIpv4(address)
        log.warn('another DHCP server operates on the segment', {
          hub: name,
          server,
          ...(mac && { mac: formatMac(mac) }),
        })
      },
    }
  }

  #stopSecureNat(): void {
    this.#cancelRestart?.()
    this.#cancelRestart = undefined
    const secureNat = this.#secureNat
    if (secureNat === undefined) return
    this.#secureNat = undefined
    try {
      secureNat.close()
    } catch (error) {
      this.#environment.faults.fault('SecureNAT could not be closed in order', error, { hub: this.#config.name })
    }
    this.#leaseFile?.close()
    this.#leaseFile = undefined
    this.securityLog.stopped()
    this.#environment.events.emitHub(this.#config.name, { type: 'secureNatStopped' })
    this.#environment.log.info('SecureNAT stopped', { hub: this.#config.name })
  }
}

/** The fast implementation where the platform has it; the portable one does the same everywhere. */
function openSockets(fault: (error: unknown) => void): Sockets {
  try {
    return new LinuxSockets(fault)
  } catch {
    return new NodeSockets(fault)
  }
}

function guarded(callback: () => void, fault: (error: unknown) => void): () => void {
  return () => {
    try {
      callback()
    } catch (error) {
      fault(error)
    }
  }
}
