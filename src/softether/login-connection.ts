// One connection of the server from its first byte until it is a session's: signature, Hello, one request, its answer
// (protocol reference 1, 3, 5). Whoever does not speak this protocol is told 404, as by any web server, and whoever takes too long, or asks
// too often, is cut off. What comes right behind the request belongs to the tunnel.

import type { LoginGuard } from '../accounts/login-guard.ts'
import {
  emitNotFound,
  emitPackAnswer,
  emitProbeAnswer,
  type HttpMessage,
  HttpReader,
  isSignature,
  isSignatureTarget,
  LOGIN_BODY_MAX,
  packRequestBody,
  requestLine,
  SIGNATURE_BODY_MAX,
} from './http-preamble.ts'
import {
  type ClientProduct,
  ERROR,
  errorPack,
  helloPack,
  isNoop,
  noopPack,
  PROTOCOL_BUILD,
  PROTOCOL_VERSION,
  RANDOM_LEN,
} from './login-messages.ts'
import { type Pack, parsePack } from './pack.ts'
import type { Wire } from './tunnel-connection.ts'
import type { SessionEnvironment } from './vpn-session.ts'

/** For every message of a login, as long as the original waits. */
export const LOGIN_MESSAGE_MS_MAX = 15_000
/** Requests on one connection that are no signature. */
export const STRANGE_REQUESTS_MAX = 19
/** Messages of a client whose user is still typing. */
export const NOOPS_MAX = 30
/** For a client to read its error and go. */
const REFUSED_LINGER_MS = 5_000

export interface LoginEnvironment extends SessionEnvironment {
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
  /** Nobody can guess them. */
  secret(length: number): Uint8Array
  /** Lower-case hexadecimal. */
  sha256(bytes: Uint8Array): string
  /** Left out: nobody who guesses is slowed down. */
  readonly guard?: Pick<LoginGuard, 'attempt'>
}

/** Where a connection comes from, and how. */
export interface Peer {
  readonly address: string
  /** Whom its attempts count for: an address, or a network of IPv6. */
  readonly source: string
  readonly port: number
  readonly serverPort: number
  readonly cipherName: string
  /** From this machine. */
  readonly isLocal: boolean
  /** `CID-3` */
  readonly connectionName: string
  /** Told once it is known what the connection is for. */
  known(what: ConnectionPurpose, product: ClientProduct): void
}

export type ConnectionPurpose = 'login' | 'additional' | 'administration' | 'enumerateHubs'

export interface LoginStats {
  logins: number
  refusedLogins: number
  additionalConnections: number
  refusedAdditionalConnections: number
  /** Neither a signature nor anything else of this protocol. */
  strangers: number
  unreadable: number
  timedOut: number
  evictedLogins: number
  /** Connections that an internal fault has ended. */
  faults: number
}

/** What the connection is from now on, when it is any more than the answer it gets. */
export interface Tunnel {
  receive(chunk: Uint8Array): void
  closed(): void
}

export interface ServedTunnel extends Tunnel {
  /** The program has failed in it: it ends, and what it belongs to. */
  abort(): void
}

export interface Answer {
  readonly pack: Pack
  /** Called when the answer is on its way: the tunnel begins right behind it. */
  readonly enter?: (wire: Wire) => ServedTunnel
}

/** What answers the requests. */
export interface LoginServer {
  readonly productName: string
  readonly environment: LoginEnvironment
  readonly stats: LoginStats
  /** @param random of the Hello on this connection */
  answer(request: Pack, random: Uint8Array, peer: Peer): Answer | Promise<Answer>
  /** The connection has become a session's, or is gone. */
  leave(connection: LoginConnection): void
  /** Of the program, not of the peer. */
  fault(error: unknown, peer: Peer): void
}

/** What is expected next. */
type State = 'signature' | 'request' | 'judged' | 'refused' | 'ended'

export class LoginConnection {
  readonly #wire: Wire
  readonly #peer: Peer
  readonly #server: LoginServer
  readonly #reader = new HttpReader(SIGNATURE_BODY_MAX)
  #state: State = 'signature'
  #strangeRequests = 0
  #noops = 0
  #random: Uint8Array = new Uint8Array(0)
  #tunnel: ServedTunnel | undefined
  #cancelDeadline: () => void

  constructor(wire: Wire, peer: Peer, server: LoginServer) {
    this.#wire = wire
    this.#peer = peer
    this.#server = server
    this.#cancelDeadline = this.#deadline(LOGIN_MESSAGE_MS_MAX)
  }

  /** Takes what was read; borrowed until return. */
  push(chunk: Uint8Array): void {
    try {
      if (this.#tunnel !== undefined) this.#tunnel.receive(chunk)
      else if (this.#state === 'judged') this.#wait(chunk)
      else if (this.#state === 'signature' || this.#state === 'request') this.#read(chunk)
    } catch (error) {
      this.fault(error)
    }
  }

  /** The TCP connection is gone. */
  closed(): void {
    this.#leave()
    try {
      this.#tunnel?.closed()
    } catch (error) {
      this.fault(error)
    }
  }

  /** An internal fault is this connection's and its session's end, and nobody else's. */
  fault(error: unknown): void {
    this.#server.fault(error, this.#peer)
    const tunnel = this.#tunnel
    this.#tunnel = undefined
    this.#leave()
    try {
      tunnel?.abort()
      this.#wire.end()
    } catch (another) {
      this.#server.fault(another, this.#peer)
    }
  }

  /** Only as long as it is no session's. */
  end(): void {
    if (this.#state === 'ended') return
    this.#leave()
    this.#wire.end()
  }

  #leave(): void {
    this.#state = 'ended'
    this.#cancelDeadline()
    this.#server.leave(this)
  }

  /** Judging may take seconds, and nothing holds back who sends meanwhile: a session's first frames are all that may wait. */
  #wait(chunk: Uint8Array): void {
    this.#reader.push(chunk)
    if (this.#reader.length <= LOGIN_BODY_MAX) return
    this.#server.stats.unreadable += 1
    this.end()
  }

  #read(chunk: Uint8Array): void {
    const reader = this.#reader
    reader.push(chunk)
    while (this.#state === 'signature' || this.#state === 'request') {
      const message = reader.next()
      if (message === undefined) break
      this.#cancelDeadline()
      this.#cancelDeadline = this.#deadline(LOGIN_MESSAGE_MS_MAX)
      if (this.#state === 'signature') this.#takeSignature(message)
      else this.#takeRequest(message)
    }
    if (reader.isBroken && this.#state !== 'ended') {
      this.#server.stats.unreadable += 1
      this.end()
    }
  }

  #takeSignature(message: HttpMessage): void {
    const { environment, stats, productName } = this.#server
    const line = requestLine(message)
    if (line !== undefined && isSignatureTarget(line) && isSignature(message.body, environment.sha256)) {
      this.#state = 'request'
      this.#reader.bodyMax = LOGIN_BODY_MAX
      this.#random = environment.secret(RANDOM_LEN)
      const version = { version: PROTOCOL_VERSION, build: PROTOCOL_BUILD }
      this.#send(helloPack({ productName, ...version, random: this.#random }))
      return
    }
    stats.strangers += 1
    this.#strangeRequests += 1
    this.#write(line?.method === 'GET' && line.target === '/' ? emitProbeAnswer() : emitNotFound())
    if (line === undefined || this.#strangeRequests > STRANGE_REQUESTS_MAX) this.end()
  }

  #takeRequest(message: HttpMessage): void {
    const body = packRequestBody(message)
    const request = body === undefined ? undefined : parsePack(body)
    if (request === undefined) {
      this.#server.stats.unreadable += 1
      this.#refuse(errorPack(ERROR.disconnected))
    } else if (isNoop(request)) {
      this.#noops += 1
      if (this.#noops > NOOPS_MAX) this.end()
      else this.#send(noopPack())
    } else {
      this.#answer(request)
    }
  }

  #answer(request: Pack): void {
    const answer = this.#server.answer(request, this.#random, this.#peer)
    if (!(answer instanceof Promise)) {
      this.#deliver(answer)
      return
    }
    this.#state = 'judged'
    answer
      .then((judged) => {
        if (this.#state === 'judged') this.#deliver(judged)
      })
      .catch((error: unknown) => this.fault(error))
  }

  #deliver({ pack, enter }: Answer): void {
    if (enter === undefined) {
      this.#refuse(pack)
      return
    }
    this.#send(pack)
    this.#leave()
    this.#tunnel = enter(this.#wire)
    const rest = this.#reader.rest()
    if (rest.length > 0) this.#tunnel.receive(rest)
  }

  /** The client goes when it has read the answer; if it does not, we do. */
  #refuse(answer: Pack): void {
    this.#state = 'refused'
    this.#send(answer)
    this.#cancelDeadline()
    this.#cancelDeadline = this.#deadline(REFUSED_LINGER_MS)
  }

  #send(pack: Pack): void {
    this.#write(emitPackAnswer(pack, this.#server.environment.random))
  }

  #write(bytes: Uint8Array): void {
    this.#wire.write(bytes, () => {})
  }

  #deadline(delayMs: number): () => void {
    return this.#server.environment.setTimer(delayMs, () => {
      if (this.#state !== 'refused') this.#server.stats.timedOut += 1
      try {
        this.end()
      } catch (error) {
        this.fault(error)
      }
    })
  }
}
