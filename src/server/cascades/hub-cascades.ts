// The cascades of one hub while they run: an uplink for each that is online (softether/vpn-uplink.ts), on a port of the hub in bridge
// mode with the cascade's policy, and a loop probe for each session that is up.

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { CascadeSettings } from '../../admin/cascade-settings.ts'
import type { CascadeControl, CascadeStatus } from '../../admin/management/cascade.ts'
import type { Hub } from '../../hub/hub.ts'
import type { PortIdentity } from '../../hub/port.ts'
import { newSessionCounters, type SessionCounters } from '../../hub/session.ts'
import type { ClientFailure, Dial } from '../../softether/client-connection.ts'
import { ERROR, PROTOCOL_BUILD, PROTOCOL_VERSION } from '../../softether/login-messages.ts'
import { type ServerTrust, tlsDial } from '../../softether/tls-dial.ts'
import type { ClientSettings } from '../../softether/vpn-client.ts'
import { type UplinkEnvironment, VpnUplink } from '../../softether/vpn-uplink.ts'
import type { FaultLog } from '../fault-log.ts'
import type { Log } from '../log.ts'
import { LoopProbe } from './loop-probe.ts'

/** Two cascades that close one loop both find it: the second to do so waits whether there still is one. */
const LOOP_SETTLE_MS = 5_000
const SERVER_ID = randomBytes(16)
/** What the original lets follow the name of a server, to choose a way of connecting (protocol reference 3.2). */
const HOST_SUFFIX = /\/[a-z]*$/i

export interface CascadeEnvironment extends UplinkEnvironment {
  readonly log: Log
  readonly faults: FaultLog
  readonly productName: string
  /** Default: TLS over TCP. */
  readonly dial?: (settings: CascadeSettings) => Dial
}

interface Running {
  readonly settings: CascadeSettings
  readonly uplink: VpnUplink
}

export class HubCascades implements CascadeControl {
  readonly #hub: Hub
  readonly #environment: CascadeEnvironment
  readonly #running = new Map<string, Running>()
  #loopFoundAt = Number.NEGATIVE_INFINITY

  constructor(hub: Hub, environment: CascadeEnvironment) {
    this.#hub = hub
    this.#environment = environment
  }

  /** Runs those that are online, and no others; one whose settings have changed begins anew. */
  apply(cascades: readonly CascadeSettings[]): void {
    const wanted = new Map(cascades.filter(({ online }) => online).map((each) => [each.name.toLowerCase(), each]))
    for (const [key, { settings }] of this.#running) {
      if (!isDeepStrictEqual(wanted.get(key), settings)) this.#stop(key)
    }
    for (const [key, settings] of wanted) if (!this.#running.has(key)) this.#start(key, settings)
  }

  stop(): void {
    for (const key of [...this.#running.keys()]) this.#stop(key)
  }

  cascadeStatus(name: string): CascadeStatus | undefined {
    const running = this.#running.get(name.toLowerCase())
    return running && this.#status(running)
  }

  #start(key: string, settings: CascadeSettings): void {
    const environment = this.#guarded(key, settings)
    const probe = new LoopProbe(this.#hub, environment, () => this.#looped(key, probe))
    const identity: PortIdentity = {
      kind: 'LINK',
      userName: 'Cascade',
      hostName: settings.hostName,
      policy: settings.policy,
      mode: 'bridge',
      isLink: true,
    }
    const dial = (this.#environment.dial ?? cascadeDial)(settings)
    const { log } = this.#environment
    const fields = { hub: this.#hub.name, cascade: settings.name }
    let told = ''
    const uplink = new VpnUplink(
      probe,
      identity,
      clientSettings(settings, this.#environment.productName),
      guardedDial(dial, (error) => this.#fault(key, settings, error)),
      environment,
      {
        established: ({ hello, welcome }) => {
          told = ''
          log.info('a cascade is up', { ...fields, server: hello.productName, session: welcome.sessionName })
          probe.start()
        },
        failed: ({ code, reason }) => {
          // The same every ten seconds would be no news.
          if (told === reason) return
          told = reason
          log.warn('a cascade is down', { ...fields, error: code, reason })
        },
      },
    )
    this.#running.set(key, { settings, uplink })
  }

  #stop(key: string): void {
    const running = this.#running.get(key)
    this.#running.delete(key)
    running?.uplink.stop()
  }

  #looped(key: string, probe: LoopProbe): void {
    const now = this.#environment.now()
    if (now - this.#loopFoundAt < LOOP_SETTLE_MS) {
      probe.start()
      return
    }
    this.#loopFoundAt = now
    const reason = 'it closes a loop: its own frames come back into the hub'
    const failure: ClientFailure = { code: ERROR.sessionRemoved, reason }
    this.#running.get(key)?.uplink.drop(failure)
  }

  /** A fault of the program in one cascade is no other's. */
  #guarded(key: string, settings: CascadeSettings): UplinkEnvironment {
    const { now, wallClock, random, setTimer, nextTurn } = this.#environment
    const guarded = (callback: () => void) => () => {
      try {
        callback()
      } catch (error) {
        this.#fault(key, settings, error)
      }
    }
    return {
      now,
      wallClock,
      random,
      setTimer: (delayMs, callback) => setTimer(delayMs, guarded(callback)),
      nextTurn: (callback) => nextTurn(guarded(callback)),
    }
  }

  #fault(key: string, settings: CascadeSettings, error: unknown): void {
    const fields = { hub: this.#hub.name, cascade: settings.name }
    this.#environment.faults.fault('a cascade ends by an internal fault', error, fields)
    if (this.#running.get(key)?.settings === settings) this.#stop(key)
  }

  #status({ settings, uplink }: Running): CascadeStatus {
    const { established } = uplink
    const details = established?.session.details()
    return {
      state: uplink.state,
      lastError: uplink.lastError,
      startedAt: uplink.startedAt,
      firstEstablishedAt: uplink.firstEstablishedAt,
      establishedAt: uplink.establishedAt,
      timesEstablished: uplink.timesEstablished,
      serverProduct: established?.hello.productName ?? '',
      serverVersion: established?.hello.version ?? 0,
      serverBuild: established?.hello.build ?? 0,
      sessionName: established?.welcome.sessionName ?? '',
      connectionName: established?.welcome.connectionName ?? '',
      cipherName: established?.cipherName ?? '',
      tcpConnections: details?.tcpConnections ?? 0,
      maxTcpConnections: established?.welcome.maxConnection ?? settings.maxConnection,
      usesEncryption: true,
      usesCompression: established?.welcome.useCompress ?? settings.useCompress,
      isHalfDuplex: established?.welcome.halfConnection ?? settings.halfConnection,
      traffic: this.#traffic(established?.session.sessionName),
      wireBytesSent: details?.wireBytesSent ?? 0,
      wireBytesReceived: details?.wireBytesReceived ?? 0,
    }
  }

  #traffic(sessionName: string | undefined): Readonly<SessionCounters> {
    return this.#hub.sessions().find(({ name }) => name === sessionName) ?? newSessionCounters()
  }
}

function clientSettings(settings: CascadeSettings, productName: string): ClientSettings {
  return {
    hubName: settings.hubName,
    authentication: settings.authentication,
    product: { name: `${productName} (Cascade Mode)`, version: PROTOCOL_VERSION, build: PROTOCOL_BUILD },
    serverHostName: settings.hostName,
    serverPort: settings.port,
    hostName: hostname(),
    osName: process.platform,
    osVersion: '',
    uniqueId: SERVER_ID,
    bridge: true,
    maxConnection: settings.maxConnection,
    useCompress: settings.useCompress,
    halfConnection: settings.halfConnection,
    intervalMs: settings.additionalConnectionInterval * 1_000,
    connectionSpanMs: settings.connectionDisconnectSpan * 1_000,
  }
}

function cascadeDial(settings: CascadeSettings): Dial {
  const { port, proxy, customHttpHeader } = settings
  const hostName = settings.hostName.replace(HOST_SUFFIX, '')
  return tlsDial({ hostName, port, proxy, customHttpHeader, trust: trustOf(settings) })
}

function trustOf({ checkServerCert, serverCert }: CascadeSettings): ServerTrust {
  if (!checkServerCert) return { kind: 'none' }
  return serverCert === undefined ? { kind: 'system' } : { kind: 'certificate', certificate: serverCert }
}

function guardedDial(dial: Dial, fault: (error: unknown) => void): Dial {
  return (events) => {
    const guarded =
      <Given extends readonly unknown[]>(call: (...given: Given) => void) =>
      (...given: Given): void => {
        try {
          call(...given)
        } catch (error) {
          fault(error)
        }
      }
    return dial({
      connected: guarded((dialled) => events.connected(dialled)),
      data: guarded((chunk) => events.data(chunk)),
      closed: guarded(() => events.closed()),
      failed: guarded((failure) => events.failed(failure)),
    })
  }
}
