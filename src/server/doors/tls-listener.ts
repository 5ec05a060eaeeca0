// The TLS listeners: every protocol the server speaks to the outside shares their ports (SoftEther VPN, HTTP).
//
// Theory of operation. A connection is counted by its source and in total, makes its handshake (tls-connection.ts) and is then handed to
// the protocol its first bytes tell. Handshakes are limited apart, and so are those who have not said yet which protocol they speak: past the
// limit the source with the most loses its oldest, so that who opens ten thousand and finishes none keeps nobody out who finishes his in time.
// The certificate is changed under running listeners. A source that has sessions (hold) goes on seeing the one they were made with.

import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { createSecureContext, DEFAULT_CIPHERS } from 'node:tls'
import { WaitingRoom } from '../../accounts/waiting-room.ts'
import type { Endpoint } from '../config/values.ts'
import type { Log } from '../log.ts'
import type { KeyAndCertificate } from './certificate-store.ts'
import type { ListenerRow } from './endpoint-listeners.ts'
import { EndpointListeners } from './endpoint-listeners.ts'
import { SourceCounts, sourceOf } from './sources.ts'
import type { TlsProtocol } from './tls-connection.ts'
import { TlsConnection } from './tls-connection.ts'

/** Connections to all TLS listeners, whatever they are for; a VPN session has up to 32. */
export const TLS_CONNECTIONS_MAX = 16_384
export const TLS_CONNECTIONS_PER_SOURCE_MAX = 2_048
/** Handshakes in progress. */
export const HANDSHAKES_MAX = 256
export const HANDSHAKES_PER_SOURCE_MAX = 64
/** Connections that have made their handshake and not said yet which protocol they speak. */
export const UNDECIDED_MAX = 1_024
export const UNDECIDED_PER_SOURCE_MAX = 256

/** A source that has sessions, and the certificate they were made with. */
interface Held {
  readonly context: SecureContext
  count: number
}

export class TlsListener {
  readonly stats = {
    accepted: 0,
    refusedConnectionLimit: 0,
    refusedSourceLimit: 0,
    evictedHandshakes: 0,
    evictedUndecided: 0,
    failedHandshakes: 0,
    timedOutHandshakes: 0,
    timedOutFirstBytes: 0,
    tooManyProbes: 0,
  }
  readonly #protocols: readonly TlsProtocol[]
  readonly #listeners: EndpointListeners
  readonly #connections = new Map<Socket, TlsConnection>()
  readonly #counts = new SourceCounts()
  readonly #handshakes = new WaitingRoom<TlsConnection>(HANDSHAKES_MAX, HANDSHAKES_PER_SOURCE_MAX)
  readonly #undecided = new WaitingRoom<TlsConnection>(UNDECIDED_MAX, UNDECIDED_PER_SOURCE_MAX)
  readonly #held = new Map<string, Held>()
  #context: SecureContext

  /** @param protocols in order; the last must take anything */
  constructor(certificate: KeyAndCertificate, protocols: readonly TlsProtocol[], log: Log) {
    this.#context = contextOf(certificate)
    this.#protocols = protocols
    this.#listeners = new EndpointListeners(log, (socket) => this.#accept(socket))
  }

  /** For new connections; those that exist go on. */
  setCertificate(certificate: KeyAndCertificate): void {
    this.#context = contextOf(certificate)
  }

  /**
   * New connections from this address are shown the certificate in use now, until the answer is called: a SoftEther client compares the
   * certificates of its session's connections.
   */
  hold(address: string | undefined): () => void {
    const source = sourceOf(address)
    const held = this.#held.get(source) ?? { context: this.#context, count: 0 }
    this.#held.set(source, held)
    held.count += 1
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      held.count -= 1
      if (held.count === 0) this.#held.delete(source)
    }
  }

  /** The listening sockets from now on; connections of one that is closed go on. */
  listen(endpoints: readonly Endpoint[]): Promise<void> {
    return this.#listeners.listen(endpoints)
  }

  listeners(): readonly ListenerRow[] {
    return this.#listeners.rows()
  }

  get connections(): number {
    return this.#counts.total
  }

  /** In progress. */
  get handshakes(): number {
    return this.#handshakes.size
  }

  /** Ends every connection with close_notify. */
  async close(): Promise<void> {
    this.#listeners.close()
    const closed = Array.from(this.#connections.keys(), (raw) => new Promise((resolve) => raw.once('close', resolve)))
    for (const connection of this.#connections.values()) connection.close()
    await Promise.all(closed)
  }

  #accept(raw: Socket): void {
    const source = sourceOf(raw.remoteAddress)
    const { stats } = this
    if (this.#counts.total >= TLS_CONNECTIONS_MAX) stats.refusedConnectionLimit += 1
    else if (this.#counts.of(source) >= TLS_CONNECTIONS_PER_SOURCE_MAX) stats.refusedSourceLimit += 1
    else {
      this.#start(raw, source)
      return
    }
    raw.destroy()
  }

  #start(raw: Socket, source: string): void {
    this.stats.accepted += 1
    this.#counts.add(source)
    const context = this.#held.get(source)?.context ?? this.#context
    const connection = new TlsConnection(raw, context, this.#protocols, {
      secure: () => {
        if (this.#handshakes.remove(connection)) {
          this.#evict(this.#undecided.add(connection, source), 'evictedUndecided')
        }
      },
      decided: () => this.#undecided.remove(connection),
      failed: (reason) => {
        this.#leave(connection)
        this.stats[FAILURES[reason]] += 1
      },
    })
    this.#connections.set(raw, connection)
    this.#evict(this.#handshakes.add(connection, source), 'evictedHandshakes')
    raw.once('close', () => {
      this.#leave(connection)
      this.#connections.delete(raw)
      this.#counts.remove(source)
    })
  }

  #evict(connection: TlsConnection | undefined, counter: 'evictedHandshakes' | 'evictedUndecided'): void {
    if (connection === undefined) return
    this.stats[counter] += 1
    connection.close()
  }

  #leave(connection: TlsConnection): void {
    this.#handshakes.remove(connection)
    this.#undecided.remove(connection)
  }
}

/**
 * Of TLS 1.3's too, AES with 128 bits before 256, as Node has it for TLS 1.2: a fifth less work for the bulk of a VPN. A peer that
 * has ChaCha20 first, because it has no AES in hardware, gets that.
 */
const FIRST_CIPHER = 'TLS_AES_128_GCM_SHA256'
const CIPHERS = [FIRST_CIPHER, ...DEFAULT_CIPHERS.split(':').filter((name) => name !== FIRST_CIPHER)].join(':')

const FAILURES = {
  handshake: 'failedHandshakes',
  handshakeTimeout: 'timedOutHandshakes',
  firstBytesTimeout: 'timedOutFirstBytes',
  tooManyProbes: 'tooManyProbes',
} as const

function contextOf({ key, certificate }: KeyAndCertificate): SecureContext {
  return createSecureContext({
    ...{ key, cert: certificate, minVersion: 'TLSv1.2' },
    ciphers: CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA,
  })
}
