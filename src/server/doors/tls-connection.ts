// One connection to the TLS listener, from the first packet until it belongs to a protocol: the handshake, probes (probe.ts), and
// the first bytes that say which protocol speaks. Everything until then has one deadline.

import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { TLSSocket } from 'node:tls'
import { closeGracefully } from '../../softether/tls-wire.ts'
import { PROBES_MAX, probeAnswer, probeLength } from './probe.ts'

/** Until the TLS handshake is done. */
export const HANDSHAKE_MS_MAX = 15_000
/** From then, or from the last probe, until it is known who speaks. */
export const FIRST_BYTES_MS_MAX = 15_000
/** Bytes read for that. */
export const FIRST_BYTES_MAX = 16_384

/** A protocol spoken inside TLS, told by its first bytes. */
export interface TlsProtocol {
  /** `more`: so far it could be. Asked again with everything so far; after FIRST_BYTES_MAX bytes the answer counts as `no`. */
  match(first: Uint8Array): 'yes' | 'no' | 'more'
  /**
   * The connection is the protocol's from now on: it is paused, without listeners but for `error` and `close`, and `first` has been read
   * from it already. To be ended with closeGracefully(), or a SoftEther peer drops the session's other connections.
   */
  accept(socket: TLSSocket, first: Uint8Array): void
}

export interface ConnectionEvents {
  /** The handshake is done. */
  secure(): void
  /** It belongs to a protocol. */
  decided(): void
  /** Ended before it belonged to a protocol. */
  failed(reason: 'handshake' | 'handshakeTimeout' | 'firstBytesTimeout' | 'tooManyProbes'): void
}

export class TlsConnection {
  readonly #socket: TLSSocket
  readonly #protocols: readonly TlsProtocol[]
  readonly #events: ConnectionEvents
  #deadline: NodeJS.Timeout
  #isSecure = false
  #isDone = false
  #probes = 0
  #first: Buffer = Buffer.alloc(0)
  readonly #onData = (chunk: Buffer): void => this.#input(chunk)
  readonly #onEnd = (): void => this.#finish()

  /** @param protocols in order; the last must take anything */
  constructor(raw: Socket, context: SecureContext, protocols: readonly TlsProtocol[], events: ConnectionEvents) {
    this.#protocols = protocols
    this.#events = events
    this.#socket = new TLSSocket(raw, { isServer: true, secureContext: context })
    this.#deadline = setTimeout(() => this.#fail('handshakeTimeout'), HANDSHAKE_MS_MAX)
    // Whatever goes wrong later is seen as a close by whoever has the connection.
    this.#socket.on('error', () => this.#fail('handshake'))
    this.#socket.once('close', () => this.#fail('handshake'))
    this.#socket.once('secure', () => this.#secured())
  }

  /** An administrator, or the end of the server. */
  close(): void {
    this.#finish()
    if (this.#isSecure) closeGracefully(this.#socket)
    else this.#socket.destroy()
  }

  #secured(): void {
    this.#isSecure = true
    this.#events.secure()
    this.#wait()
    this.#socket.on('data', this.#onData)
    // A peer that has nothing to say and goes.
    this.#socket.once('end', this.#onEnd)
  }

  #wait(): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#fail('firstBytesTimeout'), FIRST_BYTES_MS_MAX)
  }

  #input(chunk: Buffer): void {
    this.#first = this.#first.length === 0 ? chunk : Buffer.concat([this.#first, chunk])
    for (;;) {
      const length = probeLength(this.#first)
      if (length === undefined) break
      if (length === 0) return
      if (++this.#probes > PROBES_MAX) {
        this.#fail('tooManyProbes')
        return
      }
      this.#socket.write(probeAnswer(new Date().toUTCString()))
      this.#first = this.#first.subarray(length)
      this.#wait()
      if (this.#first.length === 0) return
    }
    for (const protocol of this.#protocols) {
      const answer = protocol.match(this.#first)
      if (answer === 'yes') {
        this.#handOver(protocol)
        return
      }
      if (answer === 'more' && this.#first.length < FIRST_BYTES_MAX) return
    }
  }

  #handOver(protocol: TlsProtocol): void {
    this.#finish()
    this.#events.decided()
    this.#socket.pause()
    protocol.accept(this.#socket, this.#first)
  }

  #finish(): void {
    this.#isDone = true
    clearTimeout(this.#deadline)
    // What still comes is not stored, and makes the connection nobody's any more.
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
  }

  #fail(reason: Parameters<ConnectionEvents['failed']>[0]): void {
    if (this.#isDone) return
    this.#finish()
    // A peer that leaves after the handshake without a word is no fault.
    if (!this.#isSecure || reason !== 'handshake') this.#events.failed(reason)
    this.close()
  }
}
