// The server's side of all VPN sessions: who is logging in, and the sessions by their keys.
//
// Theory of operation. A connection comes from the TLS listener with its first bytes; login-connection.ts takes it through signature,
// Hello and its one request, and this file answers the request: `login` makes a session of one connection, `additional_connect` adds one
// to the session whose key it shows. From then on the connection's bytes are the session's.
// Connections that are not logged in yet are limited, in all and of one source; past the limit the source with the most loses its oldest,
// so that nobody who logs in in time is kept out by those who never do. Every one of them has a deadline.
// A fault of the program, wherever a session meets it (a chunk, its turn, a timer), ends that session and is told.

import { WaitingRoom } from '../accounts/waiting-room.ts'
import type { PortIdentity } from '../hub/port.ts'
import { SessionLimitError } from '../hub/session-list.ts'
import { ANY_IPV4, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'
import type { Administration } from './administration.ts'
import { type Grant, judgeLogin, type LoginDirectory } from './login.ts'
import {
  type Answer,
  LoginConnection,
  type LoginEnvironment,
  type LoginServer,
  type LoginStats,
  type Peer,
  type ServedTunnel,
} from './login-connection.ts'
import {
  additionalAnswerPack,
  ERROR,
  errorOf,
  errorPack,
  type LoginRequest,
  readLogin,
  readProduct,
  SESSION_KEY_LEN,
  welcomePack,
} from './login-messages.ts'
import { Pack } from './pack.ts'
import { changePassword, readPasswordChange } from './password-change.ts'
import type { Wire } from './tunnel-connection.ts'
import {
  type EndReason,
  type FixedDetails,
  type SessionEnvironment,
  type SessionSettings,
  VpnSession,
} from './vpn-session.ts'

/** Connections that have not logged in. */
export const LOGINS_MAX = 1_000
export const LOGINS_PER_SOURCE_MAX = 256
/** TCP connections of all sessions. The listeners take more: who wants to log in, or to administer, finds a place. */
export const VPN_CONNECTIONS_MAX = 12_288

export interface VpnServerEvents {
  loggedIn(session: VpnSession, hubName: string, peer: Peer): void
  refused(request: Pick<LoginRequest, 'hubName' | 'userName'>, code: number, peer: Peer): void
  passwordChanged(hubName: string, userName: string, peer: Peer): void
  ended(session: VpnSession, hubName: string, reason: EndReason): void
  faulted(error: unknown, peer: Peer): void
}

interface OpenedSession {
  readonly session: VpnSession
  readonly key: Uint8Array
  readonly connectionName: string
}

export class VpnServer implements LoginServer {
  readonly stats: LoginStats = {
    logins: 0,
    refusedLogins: 0,
    additionalConnections: 0,
    refusedAdditionalConnections: 0,
    strangers: 0,
    unreadable: 0,
    timedOut: 0,
    evictedLogins: 0,
    faults: 0,
  }
  connectionsMax = VPN_CONNECTIONS_MAX
  #connections = 0
  readonly productName: string
  readonly environment: LoginEnvironment
  readonly #directory: LoginDirectory
  readonly #events: VpnServerEvents
  readonly #administration: Administration | undefined
  readonly #sessions = new Map<string, VpnSession>()
  readonly #logins = new WaitingRoom<LoginConnection>(LOGINS_MAX, LOGINS_PER_SOURCE_MAX)

  /** @param administration left out: tools are told that it is not supported */
  constructor(
    productName: string,
    directory: LoginDirectory,
    environment: LoginEnvironment,
    events: VpnServerEvents,
    administration?: Administration,
  ) {
    this.#administration = administration
    this.productName = productName
    this.#directory = directory
    this.environment = environment
    this.#events = events
  }

  get loginCount(): number {
    return this.#logins.size
  }

  sessions(): IterableIterator<VpnSession> {
    return this.#sessions.values()
  }

  /** A connection whose peer may speak this protocol. */
  accept(wire: Wire, peer: Peer): LoginConnection {
    const connection = new LoginConnection(wire, peer, this)
    const evicted = this.#logins.add(connection, peer.source)
    if (evicted !== undefined) {
      this.stats.evictedLogins += 1
      evicted.end()
    }
    return connection
  }

  /** The connection has become a session's, or is gone. */
  leave(connection: LoginConnection): void {
    this.#logins.remove(connection)
  }

  fault(error: unknown, peer: Peer): void {
    this.stats.faults += 1
    this.#events.faulted(error, peer)
  }

  /** Ends every session, so that the peers come back to a server that can tell them so. */
  stop(): void {
    for (const session of [...this.#sessions.values()]) session.end('stopped')
    this.#administration?.stop()
    for (const connection of [...this.#logins.all()]) connection.end()
  }

  /** @param random of the Hello on this connection */
  answer(request: Pack, random: Uint8Array, peer: Peer): Answer | Promise<Answer> {
    const product = readProduct(request)
    switch (request.text('method')) {
      case 'login':
        peer.known('login', product)
        return this.#guardedLogin(request, random, peer)
      case 'additional_connect':
        peer.known('additional', product)
        return this.#addConnection(request)
      case 'admin':
        peer.known('administration', product)
        return this.#administration?.answer(request, random, peer) ?? { pack: errorPack(ERROR.notSupported) }
      case 'password':
        peer.known('login', product)
        return this.#changePassword(request, random, peer)
      case 'enum_hub': {
        peer.known('enumerateHubs', product)
        const names = this.#directory.visibleHubs()
        return { pack: new Pack().addText('HubName', names).addInt('NumHub', names.length) }
      }
      default:
        return { pack: errorPack(ERROR.protocol) }
    }
  }

  /** Who guesses passwords waits, longer with every failure. */
  #guardedLogin(pack: Pack, random: Uint8Array, peer: Peer): Answer | Promise<Answer> {
    const { guard } = this.environment
    if (guard === undefined) return this.#login(pack, random, peer)
    let answer: Answer = { pack: errorPack(ERROR.hubBusy) }
    const judged = guard.attempt(peer.source, () => {
      answer = this.#login(pack, random, peer)
      return errorOf(answer.pack) === ERROR.authenticationFailed ? undefined : answer
    })
    return judged.then(() => answer)
  }

  async #changePassword(pack: Pack, random: Uint8Array, peer: Peer): Promise<Answer> {
    const change = readPasswordChange(pack)
    if (change === undefined) return { pack: errorPack(ERROR.protocol) }
    const { address, isLocal, source } = peer
    const { guard, wallClock } = this.environment
    const context = { random, address, isLocal, wallClock: wallClock() }
    const code = await changePassword(change, this.#directory, context, async (judge) => {
      if (guard === undefined) return judge()
      let judged: number = ERROR.hubBusy
      await guard.attempt(source, () => {
        judged = judge()
        return judged === ERROR.oldPasswordWrong ? undefined : judged
      })
      return judged
    })
    if (code === 0) this.#events.passwordChanged(change.hubName, change.userName, peer)
    else this.#events.refused(change, code, peer)
    return { pack: errorPack(code) }
  }

  #login(pack: Pack, random: Uint8Array, peer: Peer): Answer {
    const request = readLogin(pack)
    if (request === undefined) return { pack: errorPack(ERROR.protocol) }
    const { address, isLocal } = peer
    const context = { random, address, isLocal, wallClock: this.environment.wallClock() }
    const grant = judgeLogin(request, this.#directory, context)
    if (typeof grant === 'number') return this.#refuse(request, grant, peer)
    if (this.#connections >= this.connectionsMax) return this.#refuse(request, ERROR.hubBusy, peer)
    const opened = this.#openSession(request, grant, peer)
    return opened === undefined ? this.#refuse(request, ERROR.hubBusy, peer) : this.#welcome(opened, grant, peer)
  }

  #refuse(request: LoginRequest, code: number, peer: Peer): Answer {
    this.stats.refusedLogins += 1
    this.#events.refused(request, code, peer)
    return { pack: errorPack(code) }
  }

  /** `undefined` when the hub is full. */
  #openSession(request: LoginRequest, grant: Grant, peer: Peer): OpenedSession | undefined {
    const { hub, mode, policy, group, userName } = grant
    const identity: PortIdentity = { kind: 'VPN', userName, hostName: peer.address, policy, group, mode }
    const details = this.#details(request, grant, peer)
    const { connectionName } = details
    const settings: SessionSettings = {
      side: 'server',
      timeoutMs: grant.timeoutMs,
      maxConnection: grant.maxConnection,
      useCompress: grant.useCompress,
      halfConnection: grant.halfConnection,
      autoDisconnectMs: policy.autoDisconnect * 1_000,
    }
    const key = this.environment.secret(SESSION_KEY_LEN)
    const keyText = hexOf(key)
    const ended = (reason: EndReason): void => {
      this.#sessions.delete(keyText)
      this.#events.ended(session, hub.name, reason)
    }
    let session: VpnSession
    const environment = guardedEnvironment(this.environment, (error) => {
      this.fault(error, peer)
      session.end('fault')
    })
    try {
      session = new VpnSession(hub, identity, details, settings, environment, { ended })
    } catch (error) {
      if (error instanceof SessionLimitError) return undefined
      throw error
    }
    this.#sessions.set(keyText, session)
    return { session, key, connectionName }
  }

  #details({ product, node }: LoginRequest, grant: Grant, peer: Peer): FixedDetails {
    return {
      clientAddress: ipv4Of(peer.address),
      clientPort: peer.port,
      serverPort: peer.serverPort,
      connectionName: peer.connectionName,
      maxTcpConnections: grant.maxConnection,
      usesEncryption: true,
      usesCompression: grant.useCompress,
      isHalfDuplex: grant.halfConnection,
      cipherName: peer.cipherName,
      clientProduct: product.name,
      clientVersion: product.version,
      clientBuild: product.build,
      isCascade: /\(Cascade Mode\)/i.test(product.name),
      uniqueId: node.uniqueId,
    }
  }

  #welcome(opened: OpenedSession, grant: Grant, peer: Peer): Answer {
    const { session, key, connectionName } = opened
    this.stats.logins += 1
    this.#events.loggedIn(session, grant.hub.name, peer)
    const pack = welcomePack({
      sessionName: session.sessionName,
      connectionName,
      sessionKey: key,
      maxConnection: grant.maxConnection,
      useCompress: grant.useCompress,
      halfConnection: grant.halfConnection,
      timeoutMs: grant.timeoutMs,
      policy: grant.policy,
      message: grant.hub.message,
    })
    return { pack, enter: (wire) => this.#join(session, wire) }
  }

  #addConnection(request: Pack): Answer {
    const session = this.#sessions.get(hexOf(request.data('session_key') ?? new Uint8Array(0)))
    const isFull = this.#connections >= this.connectionsMax
    const direction = isFull ? undefined : session?.nextDirection()
    if (session === undefined || direction === undefined) {
      this.stats.refusedAdditionalConnections += 1
      return { pack: errorPack(session === undefined ? ERROR.sessionTimeout : ERROR.tooManyConnections) }
    }
    this.stats.additionalConnections += 1
    return { pack: additionalAnswerPack(direction), enter: (wire) => this.#join(session, wire) }
  }

  /** From its login, or its additional connection, on. */
  #join(session: VpnSession, wire: Wire): ServedTunnel {
    const connection = session.addConnection(wire, session.nextDirection() ?? 'both')
    this.#connections += 1
    let isGone = false
    const leave = (): void => {
      if (!isGone) this.#connections -= 1
      isGone = true
    }
    return {
      receive: (chunk) => session.receive(connection, chunk),
      closed: () => {
        leave()
        session.lose(connection)
      },
      abort: () => {
        leave()
        session.end('fault')
      },
    }
  }
}

/** What a session does of itself, at the end of a turn and in time, cannot end more than the session. */
function guardedEnvironment(environment: SessionEnvironment, fault: (error: unknown) => void): SessionEnvironment {
  const guarded = (callback: () => void) => (): void => {
    try {
      callback()
    } catch (error) {
      fault(error)
    }
  }
  // A session's turn is always the same callback: no closure for each.
  let turn: (() => void) | undefined
  let guardedTurn = (): void => {}
  return {
    now: environment.now,
    random: environment.random,
    setTimer: (delayMs, callback) => environment.setTimer(delayMs, guarded(callback)),
    nextTurn: (callback) => {
      if (callback !== turn) {
        turn = callback
        guardedTurn = guarded(callback)
      }
      environment.nextTurn(guardedTurn)
    },
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** An address of IPv6 has no place in a session's list; one that only wraps IPv4 is that. */
function ipv4Of(address: string): Ipv4Address {
  return parseIpv4(address.replace(/^::ffff:/i, '')) ?? ANY_IPV4
}
