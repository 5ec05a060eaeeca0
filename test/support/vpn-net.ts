// VPN servers and clients of one process, joined by connections that take a millisecond each way, in virtual time.

import { createHash } from 'node:crypto'
import { userHash } from '../../src/accounts/password-hash.ts'
import type { User, UserAuthentication } from '../../src/accounts/user.ts'
import { Hub } from '../../src/hub/hub.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/hub/policy.ts'
import type { Attachment, Port } from '../../src/hub/port.ts'
import type { ClientFailure, Dial } from '../../src/softether/client-connection.ts'
import type { LoginHub } from '../../src/softether/login.ts'
import type { LoginConnection, LoginEnvironment } from '../../src/softether/login-connection.ts'
import type { Wire } from '../../src/softether/tunnel-connection.ts'
import type { ClientSettings } from '../../src/softether/vpn-client.ts'
import { VpnServer } from '../../src/softether/vpn-server.ts'
import { COMPLETE } from '../../src/wire/offload.ts'
import { ManualClock } from './manual-clock.ts'
import { seededRandom } from './random.ts'

const LATENCY_MS = 1

export class VpnNet {
  readonly clock = new ManualClock()
  readonly environment: LoginEnvironment
  readonly hub: Hub
  server: VpnServer
  certificate = Buffer.from('certificate 1')
  /** What the next dial fails with. */
  failure: ClientFailure | undefined
  /** Takes the place of the server on connections from now on: what it answers to what was sent. */
  stranger: ((bytes: Uint8Array) => Uint8Array | undefined) | undefined
  dials: number[] = []
  /** Cuts the connections there are, the oldest first. */
  readonly cuts: (() => void)[] = []
  /** Users' policies and ways to log in, by name; the password of the others is `pw`. */
  readonly policies = new Map<string, Partial<Policy>>()
  readonly authentications = new Map<string, UserAuthentication>()
  isOnline = true

  constructor() {
    const { clock } = this
    const random = seededRandom(11)
    this.environment = {
      now: clock.now,
      wallClock: clock.wallClock,
      random,
      setTimer: clock.setTimer,
      secret: (length) => Uint8Array.from({ length }, () => random() & 255),
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      nextTurn: (callback) => void clock.setTimer(0, callback),
    }
    this.hub = new Hub('FAR', clock)
    this.server = this.#newServer()
  }

  /** The server is started again: it knows no session any more. */
  restart(): void {
    this.server.stop()
    this.server = this.#newServer()
  }

  readonly dial: Dial = (events) => {
    const { clock } = this
    this.dials.push(clock.now())
    const { failure } = this
    let isGivenUp = false
    clock.setTimer(LATENCY_MS, () => {
      if (isGivenUp) return
      if (failure !== undefined) events.failed(failure)
      else this.#connect(events)
    })
    return () => {
      isGivenUp = true
    }
  }

  #connect(events: Parameters<Dial>[0]): void {
    const { clock, stranger, certificate } = this
    let isOpen = true
    const close = (): void => {
      if (!isOpen) return
      isOpen = false
      clock.setTimer(LATENCY_MS, () => {
        events.closed()
        accepted?.closed()
      })
    }
    const wire = (deliver: (bytes: Uint8Array) => void): Wire => ({
      write(bytes) {
        const copy = Uint8Array.from(bytes)
        clock.setTimer(LATENCY_MS, () => {
          if (isOpen) deliver(copy)
        })
        return true
      },
      end: close,
    })
    const toClient = wire((bytes) => events.data(bytes))
    let accepted: LoginConnection | undefined
    if (stranger === undefined) {
      accepted = this.server.accept(toClient, {
        address: '192.0.2.7',
        source: '192.0.2.7',
        port: 4_000,
        serverPort: 443,
        cipherName: 'TLS_X',
        isLocal: false,
        connectionName: 'CID-1',
        known: () => {},
      })
    }
    this.cuts.push(close)
    events.connected({
      wire: wire((bytes) => {
        const answer = stranger?.(bytes)
        if (answer !== undefined) toClient.write(answer, () => {})
        accepted?.push(bytes)
      }),
      address: '192.0.2.1',
      localAddress: '192.0.2.7',
      localPort: 4_000,
      certificate,
      cipherName: 'TLS_X',
    })
  }

  #newServer(): VpnServer {
    const ignored = {
      loggedIn: () => {},
      refused: () => {},
      ended: () => {},
      faulted: () => {},
      passwordChanged: () => {},
    }
    const hub = this.#loginHub()
    const directory = {
      hub: (name: string) => (name.toLowerCase() === 'far' ? hub : undefined),
      visibleHubs: () => ['FAR'],
    }
    return new VpnServer('A Server', directory, this.environment, ignored)
  }

  #loginHub(): LoginHub {
    const net = this
    return {
      name: 'FAR',
      message: 'welcome',
      authorities: [],
      get isOnline() {
        return net.isOnline
      },
      administratorHash: undefined,
      user: (name) => this.#user(name),
      group: () => undefined,
      refusesSource: () => false,
      sessionsOfUser: (name) => this.hub.sessionsOfUser(name),
      sessionCounts: () => this.hub.activity(),
      attach: (port) => this.hub.attach(port),
    }
  }

  #user(name: string): User | undefined {
    if (name === 'nobody') return undefined
    const policy = { ...DEFAULT_POLICY, ...this.policies.get(name) }
    const authentication = this.authentications.get(name) ?? {
      kind: 'password' as const,
      hashedKey: userHash(name, 'pw'),
      ntLmSecureHash: new Uint8Array(0),
    }
    return {
      name,
      realName: '',
      note: '',
      group: '',
      createdAt: 0,
      updatedAt: 0,
      expiresAt: undefined,
      authentication,
      policy,
    }
  }
}

export function clientSettings(more: Partial<ClientSettings> = {}): ClientSettings {
  return {
    hubName: 'FAR',
    authentication: { kind: 'password', userName: 'br', hashedPassword: userHash('br', 'pw') },
    product: { name: 'Tests (Cascade Mode)', version: 501, build: 9674 },
    serverHostName: 'far.example',
    serverPort: 443,
    hostName: 'pc',
    osName: 'linux',
    osVersion: '',
    uniqueId: new Uint8Array(16).fill(9),
    bridge: true,
    maxConnection: 1,
    useCompress: false,
    halfConnection: false,
    intervalMs: 1_000,
    connectionSpanMs: 0,
    ...more,
  }
}

/** A port that keeps what it is given. */
export class Collector implements Port {
  readonly identity = { kind: 'TEST', userName: '', hostName: '' }
  readonly frames: Uint8Array[] = []
  readonly attachment: Attachment

  constructor(hub: Hub) {
    this.attachment = hub.attach(this)
  }

  output(frame: Uint8Array): void {
    this.frames.push(Uint8Array.from(frame))
  }

  flush(): void {}

  /** A broadcast from a station of this number. */
  broadcast(number: number): Uint8Array {
    const frame = new Uint8Array(60).fill(0xff, 0, 6)
    frame.set([2, 0, 0, 0, 0, number, 0x88, 0xb5, number], 6)
    this.attachment.input(frame, COMPLETE)
    this.attachment.flush()
    return frame
  }
}
