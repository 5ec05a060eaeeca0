// One TCP connection of a client, from dialling until it is a session's: signature, Hello, one request, its answer (protocol
// reference 1, 3, 5). What comes right behind the answer belongs to the tunnel. Sans I/O: whoever dials tells what happens.

import { emitPackRequest, emitSignatureRequest, type HttpMessage, HttpReader, packAnswerBody } from './http-preamble.ts'
import type { Tunnel } from './login-connection.ts'
import { ERROR, errorOf, type Hello, isNoop, readHello } from './login-messages.ts'
import { type Pack, parsePack } from './pack.ts'
import type { Wire } from './tunnel-connection.ts'
import type { SessionEnvironment } from './vpn-session.ts'

/** For every answer of the server, as long as the original waits. */
export const ANSWER_MS_MAX = 15_000
/** Bytes of an answer; a message of the day is in the longest one. */
export const ANSWER_BODY_MAX = 262_144
/** Messages of a server that only keep the connection alive. */
export const ANSWER_NOOPS_MAX = 30

/** Why there is no connection, with SoftEther's number. */
export interface ClientFailure {
  readonly code: number
  /** For people. */
  readonly reason: string
}

/** A connection to a server whose certificate has been judged. */
export interface Dialled {
  readonly wire: Wire
  /** Of the server, or of the proxy before it. */
  readonly address: string
  readonly localAddress: string
  readonly localPort: number
  /** DER. */
  readonly certificate: Uint8Array
  readonly cipherName: string
}

export interface DialEvents {
  connected(dialled: Dialled): void
  /** Borrowed until return. */
  data(chunk: Uint8Array): void
  closed(): void
  /** Instead of `connected`. */
  failed(failure: ClientFailure): void
}

/** Begins to connect; never calls back before it has returned. @returns what gives it up, until it is connected */
export type Dial = (events: DialEvents) => () => void

/** Who needs the connection. */
export interface ConnectionOwner {
  /** @returns what to ask for, or why not to */
  greeted(hello: Hello, dialled: Dialled): Pack | ClientFailure
  /** Not an error. @returns the tunnel that begins right behind the answer, or why there is none */
  accepted(answer: Pack, dialled: Dialled): Tunnel | ClientFailure
  /** Once, and never when `accepted` has made a tunnel of it. */
  failed(failure: ClientFailure): void
}

type State = 'dialling' | 'hello' | 'answer' | 'tunnel' | 'ended'

export class ClientConnection implements DialEvents {
  readonly #owner: ConnectionOwner
  readonly #environment: SessionEnvironment
  readonly #reader = new HttpReader(ANSWER_BODY_MAX)
  readonly #hangUp: () => void
  #state: State = 'dialling'
  #dialled: Dialled | undefined
  #tunnel: Tunnel | undefined
  #noops = 0
  #cancelDeadline: () => void = () => {}

  constructor(dial: Dial, owner: ConnectionOwner, environment: SessionEnvironment) {
    this.#owner = owner
    this.#environment = environment
    this.#hangUp = dial(this)
  }

  connected(dialled: Dialled): void {
    if (this.#state !== 'dialling') {
      dialled.wire.end()
      return
    }
    this.#dialled = dialled
    this.#state = 'hello'
    this.#write(emitSignatureRequest(dialled.address))
  }

  data(chunk: Uint8Array): void {
    if (this.#tunnel !== undefined) this.#tunnel.receive(chunk)
    else if (this.#state === 'hello' || this.#state === 'answer') this.#read(chunk)
  }

  closed(): void {
    this.#tunnel?.closed()
    this.#fail({ code: ERROR.disconnected, reason: 'the server has closed the connection' })
  }

  failed(failure: ClientFailure): void {
    this.#fail(failure)
  }

  /** Only as long as it is no tunnel. */
  close(): void {
    if (this.#state === 'tunnel' || this.#state === 'ended') return
    this.#end()
  }

  #read(chunk: Uint8Array): void {
    const reader = this.#reader
    reader.push(chunk)
    while (this.#state === 'hello' || this.#state === 'answer') {
      const message = reader.next()
      if (message === undefined) break
      this.#take(message)
    }
    if (reader.isBroken) this.#failAsStranger()
  }

  #take(message: HttpMessage): void {
    const body = packAnswerBody(message)
    const pack = body === undefined ? undefined : parsePack(body)
    if (pack === undefined) {
      this.#failAsStranger()
      return
    }
    const code = errorOf(pack)
    if (code !== 0) this.#fail({ code, reason: `the server answers with error ${code}` })
    else if (isNoop(pack)) this.#takeNoop()
    else if (this.#state === 'hello') this.#takeHello(pack)
    else this.#takeAnswer(pack)
  }

  #takeNoop(): void {
    this.#noops += 1
    if (this.#noops > ANSWER_NOOPS_MAX) this.#fail({ code: ERROR.protocol, reason: 'the server does not answer' })
    else this.#armDeadline()
  }

  #takeHello(pack: Pack): void {
    const hello = readHello(pack)
    if (hello === undefined) {
      this.#failAsStranger()
      return
    }
    const dialled = this.#dialled!
    const request = this.#owner.greeted(hello, dialled)
    if ('code' in request) {
      this.#fail(request)
      return
    }
    this.#state = 'answer'
    this.#write(emitPackRequest(dialled.address, request, this.#environment.random))
  }

  #takeAnswer(pack: Pack): void {
    const tunnel = this.#owner.accepted(pack, this.#dialled!)
    if ('code' in tunnel) {
      this.#fail(tunnel)
      return
    }
    this.#state = 'tunnel'
    this.#cancelDeadline()
    this.#tunnel = tunnel
    const rest = this.#reader.rest()
    if (rest.length > 0) tunnel.receive(rest)
  }

  #failAsStranger(): void {
    const isFirst = this.#state === 'hello'
    const code = isFirst ? ERROR.notVpnServer : ERROR.disconnected
    this.#fail({ code, reason: isFirst ? 'it is no VPN server' : 'the answer of the server cannot be read' })
  }

  #fail(failure: ClientFailure): void {
    if (this.#state === 'tunnel' || this.#state === 'ended') return
    this.#end()
    this.#owner.failed(failure)
  }

  #end(): void {
    this.#state = 'ended'
    this.#cancelDeadline()
    if (this.#dialled === undefined) this.#hangUp()
    else this.#dialled.wire.end()
  }

  #write(bytes: Uint8Array): void {
    this.#dialled?.wire.write(bytes, () => {})
    this.#armDeadline()
  }

  #armDeadline(): void {
    this.#cancelDeadline()
    this.#cancelDeadline = this.#environment.setTimer(ANSWER_MS_MAX, () =>
      this.#fail({ code: ERROR.disconnected, reason: 'the server does not answer' }),
    )
  }
}
