// The client's side of one VPN session: its login, and the TCP connections below it (protocol reference 7 to 9).
//
// Theory of operation. The first connection logs in and makes the session, a port of the hub; then one connection after the other is
// added until there are as many as the server grants. A connection that is lost is replaced at once, or, when that fails, at the
// interval of the settings, longer and longer while others do the work. The session outlives its connections by its timeout (vpn-session.ts).
// It ends when the server does not know it any more, shows another certificate, or drops whatever connection it is given: the original does
// that for ever once a connection of the session was cut without a word (protocol reference 2.3). Whoever wants a session logs in again
// (vpn-uplink.ts).

import type { ClientAuthentication } from '../accounts/client-authentication.ts'
import type { Attachable, PortIdentity } from '../hub/port.ts'
import { ANY_IPV4, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'
import {
  ClientConnection,
  type ClientFailure,
  type ConnectionOwner,
  type Dial,
  type Dialled,
} from './client-connection.ts'
import { credentialOf } from './client-credential.ts'
import type { Tunnel } from './login-connection.ts'
import {
  additionalConnectPack,
  type ClientProduct,
  type Direction,
  ERROR,
  type Hello,
  loginPack,
  readDirection,
  readWelcome,
  type Welcome,
} from './login-messages.ts'
import type { Pack } from './pack.ts'
import type { TunnelConnection } from './tunnel-connection.ts'
import { type SessionEnvironment, VpnSession } from './vpn-session.ts'

/** A lost connection is replaced after so long; when that fails, at the interval. */
const REPLACE_MS = 50
/** The longest interval between attempts at an additional connection that always fail. */
const INTERVAL_MS_MAX = 60_000
/** A connection that is dropped sooner than this, with no other left, was not wanted; after so many the session is given up. */
const SHORT_LIFE_MS = 1_000
const SHORT_LIVED_MAX = 5
/** Frames need a connection each way. */
const HALF_CONNECTIONS_MIN = 2

export interface ClientSettings {
  readonly hubName: string
  readonly authentication: ClientAuthentication
  readonly product: ClientProduct
  /** As its user gave it. */
  readonly serverHostName: string
  readonly serverPort: number
  readonly hostName: string
  readonly osName: string
  readonly osVersion: string
  /** 16 bytes that tell this process from others. */
  readonly uniqueId: Uint8Array
  /** There is a network behind this client. */
  readonly bridge: boolean
  readonly maxConnection: number
  readonly useCompress: boolean
  readonly halfConnection: boolean
  /** Between additional connections. */
  readonly intervalMs: number
  /** Each is replaced after so long; 0: never. */
  readonly connectionSpanMs: number
}

/** What a session that is up is like. */
export interface Established {
  readonly session: VpnSession
  readonly hello: Hello
  readonly welcome: Welcome
  readonly cipherName: string
}

export interface VpnClientEvents {
  negotiating(): void
  authenticating(): void
  established(established: Established): void
  /** Once, unless it was closed. */
  ended(failure: ClientFailure): void
}

export class VpnClient {
  readonly #hub: Attachable
  readonly #identity: PortIdentity
  readonly #settings: ClientSettings
  readonly #dial: Dial
  readonly #environment: SessionEnvironment
  readonly #events: VpnClientEvents
  #login: ClientConnection | undefined
  #hello: Hello | undefined
  #established: Established | undefined
  #certificate: Uint8Array | undefined
  /** The additional connection that is being made. */
  #additional: ClientConnection | undefined
  #failures = 0
  readonly #joinedAt = new WeakMap<TunnelConnection, number>()
  #shortLived = 0
  #cancelTimer: (() => void) | undefined
  readonly #spans = new Set<() => void>()
  #isEnded = false

  constructor(
    hub: Attachable,
    identity: PortIdentity,
    settings: ClientSettings,
    dial: Dial,
    environment: SessionEnvironment,
    events: VpnClientEvents,
  ) {
    this.#hub = hub
    this.#identity = identity
    this.#settings = settings
    this.#dial = dial
    this.#environment = environment
    this.#events = events
    this.#login = new ClientConnection(dial, this.#loginOwner(), environment)
  }

  /** Ends everything, in order, and tells nobody. */
  close(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#cancelTimer?.()
    for (const cancel of this.#spans) cancel()
    this.#login?.close()
    this.#additional?.close()
    this.#established?.session.end('stopped')
  }

  #end(failure: ClientFailure): void {
    if (this.#isEnded) return
    this.close()
    this.#events.ended(failure)
  }

  #loginOwner(): ConnectionOwner {
    return {
      greeted: (hello, dialled) => {
        this.#hello = hello
        this.#certificate = dialled.certificate
        this.#events.negotiating()
        const request = this.#loginRequest(hello, dialled)
        if (!('code' in request)) this.#events.authenticating()
        return request
      },
      accepted: (answer, dialled) => this.#welcomed(answer, dialled),
      failed: (failure) => this.#end(failure),
    }
  }

  #loginRequest(hello: Hello, dialled: Dialled): Pack | ClientFailure {
    const settings = this.#settings
    const { authentication, halfConnection, maxConnection } = settings
    const credential = credentialOf(authentication, hello.random)
    if (credential === undefined) {
      return {
        code: ERROR.authenticationFailed,
        reason: 'the private key of the certificate cannot be used; it must be RSA',
      }
    }
    return loginPack({
      hubName: settings.hubName,
      userName: authentication.userName,
      credential,
      product: settings.product,
      node: {
        hostName: settings.hostName,
        osName: settings.osName,
        osVersion: settings.osVersion,
        uniqueId: settings.uniqueId,
        clientAddress: ipv4Of(dialled.localAddress),
        clientPort: dialled.localPort,
        serverHostName: settings.serverHostName,
      },
      maxConnection: halfConnection ? Math.max(maxConnection, HALF_CONNECTIONS_MIN) : maxConnection,
      useCompress: settings.useCompress,
      halfConnection,
      bridge: settings.bridge,
      monitor: false,
    })
  }

  #welcomed(answer: Pack, dialled: Dialled): Tunnel | ClientFailure {
    const hello = this.#hello!
    if (answer.bool('Redirect')) {
      return {
        code: ERROR.notSupported,
        reason: 'the server is a cluster and sends its clients on, which is not supported',
      }
    }
    const welcome = readWelcome(answer)
    if (welcome === undefined) return { code: ERROR.protocol, reason: 'the welcome of the server cannot be read' }
    let session: VpnSession
    try {
      session = this.#openSession(hello, welcome, dialled)
    } catch (error) {
      return { code: ERROR.hubBusy, reason: (error as Error).message }
    }
    this.#established = { session, hello, welcome, cipherName: dialled.cipherName }
    const tunnel = this.#join(session, dialled, welcome.halfConnection ? 'toServer' : 'both')
    this.#events.established(this.#established)
    this.#fill(this.#settings.intervalMs)
    return tunnel
  }

  #openSession(hello: Hello, welcome: Welcome, dialled: Dialled): VpnSession {
    const settings = this.#settings
    const details = {
      clientAddress: ipv4Of(dialled.address),
      clientPort: settings.serverPort,
      serverPort: 0,
      connectionName: welcome.connectionName,
      maxTcpConnections: welcome.maxConnection,
      usesEncryption: true,
      usesCompression: welcome.useCompress,
      isHalfDuplex: welcome.halfConnection,
      cipherName: dialled.cipherName,
      clientProduct: hello.productName,
      clientVersion: hello.version,
      clientBuild: hello.build,
      isCascade: true,
      uniqueId: settings.uniqueId,
    }
    const sessionSettings = {
      side: 'client' as const,
      timeoutMs: welcome.timeoutMs,
      maxConnection: welcome.maxConnection,
      useCompress: welcome.useCompress,
      halfConnection: welcome.halfConnection,
      // The server ends the session of its own accord.
      autoDisconnectMs: 0,
    }
    return new VpnSession(this.#hub, this.#identity, details, sessionSettings, this.#environment, {
      ended: (reason) => {
        const isTimeout = reason === 'timeout'
        const code = isTimeout ? ERROR.disconnected : ERROR.sessionRemoved
        this.#end({ code, reason: isTimeout ? 'the connection was lost' : 'the session was ended' })
      },
      connectionLost: (connection) => this.#lost(connection),
    })
  }

  #join(session: VpnSession, { wire }: Dialled, direction: Direction): Tunnel {
    const connection = session.addConnection(wire, direction)
    this.#joinedAt.set(connection, this.#environment.now())
    const { connectionSpanMs } = this.#settings
    let cancelSpan = (): void => {}
    if (connectionSpanMs > 0) {
      const cancel = this.#environment.setTimer(connectionSpanMs, () => {
        this.#spans.delete(cancel)
        session.lose(connection)
      })
      this.#spans.add(cancel)
      cancelSpan = () => {
        cancel()
        this.#spans.delete(cancel)
      }
    }
    return {
      receive: (chunk) => session.receive(connection, chunk),
      closed: () => {
        cancelSpan()
        session.lose(connection)
      },
    }
  }

  #lost(connection: TunnelConnection): void {
    const lived = this.#environment.now() - (this.#joinedAt.get(connection) ?? 0)
    if (lived >= SHORT_LIFE_MS) {
      this.#shortLived = 0
      this.#failures = 0
      this.#fill(REPLACE_MS)
      return
    }
    const isUp = this.#established !== undefined && this.#established.session.connectionCount > 0
    const isFirst = this.#failures === 0
    this.#failures += 1
    if (!isUp) this.#shortLived += 1
    if (this.#shortLived < SHORT_LIVED_MAX) this.#fill(isFirst ? REPLACE_MS : this.#interval(isUp))
    else this.#end({ code: ERROR.disconnected, reason: 'the server drops every connection of the session' })
  }

  /** Another connection, after a while, where there are fewer than the server grants. */
  #fill(delayMs: number): void {
    const established = this.#established
    if (this.#isEnded || established === undefined) return
    if (this.#additional !== undefined || this.#cancelTimer !== undefined) return
    const { session, welcome } = established
    if (session.connectionCount >= welcome.maxConnection) return
    this.#cancelTimer = this.#environment.setTimer(delayMs, () => {
      this.#cancelTimer = undefined
      if (!this.#isEnded)
        this.#additional = new ClientConnection(this.#dial, this.#additionalOwner(established), this.#environment)
    })
  }

  #additionalOwner({ session, welcome }: Established): ConnectionOwner {
    return {
      greeted: (_hello, { certificate }) => {
        if (isSame(certificate, this.#certificate!)) {
          return additionalConnectPack(welcome.sessionKey, this.#settings.product)
        }
        return { code: ERROR.sessionTimeout, reason: 'the certificate of the server has changed' }
      },
      accepted: (answer, dialled) => {
        const direction = readDirection(answer)
        if (direction === undefined) return { code: ERROR.protocol, reason: 'the answer of the server cannot be read' }
        this.#additional = undefined
        // Not forgotten at once: it may be dropped as soon as it is there.
        this.#failures = Math.floor(this.#failures / 2)
        const tunnel = this.#join(session, dialled, direction)
        this.#fill(this.#settings.intervalMs)
        return tunnel
      },
      failed: (failure) => {
        this.#additional = undefined
        if (failure.code === ERROR.sessionTimeout || failure.code === ERROR.invalidProtocol) {
          this.#end(failure)
          return
        }
        this.#failures += 1
        this.#fill(this.#interval(session.connectionCount > 0))
      },
    }
  }

  /** Without any connection there is no time to lose. */
  #interval(isUp: boolean): number {
    const { intervalMs } = this.#settings
    if (!isUp) return intervalMs
    return Math.max(intervalMs, Math.min(intervalMs * 2 ** Math.min(this.#failures, 16), INTERVAL_MS_MAX))
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function ipv4Of(address: string): Ipv4Address {
  return parseIpv4(address.replace(/^::ffff:/i, '')) ?? ANY_IPV4
}
