// The doors to the network: the TLS listeners, plain HTTP for the browser of this computer, and the certificate. Loaded and opened when the
// hubs are up already: no guest waits for them.

import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Endpoint } from '../config/values.ts'
import type { Connections } from '../connections.ts'
import type { Log } from '../log.ts'
import { CertificateError, CertificateStore, keyAndCertificate } from './certificate-store.ts'
import { EndpointListeners } from './endpoint-listeners.ts'
import type { HttpRoute } from './http-door.ts'
import { HttpDoor } from './http-door.ts'
import type { TlsProtocol } from './tls-connection.ts'
import { TlsListener } from './tls-listener.ts'

export interface NetworkOptions {
  /** `--listen`: stands in for the configured listeners until an administrator changes them. */
  readonly listen: readonly Endpoint[] | undefined
  /** `--no-web` switches plain HTTP off. */
  readonly web: boolean
}

/** What the doors need of the server, and what is behind them. */
export interface NetworkEnvironment {
  readonly stateDir: string
  readonly log: Log
  readonly connections: Connections
  config(): Config
  readonly routes: readonly HttpRoute[]
  /** Spoken inside TLS beside HTTP, which takes what none of them does. */
  readonly protocols: readonly TlsProtocol[]
  /** The doors close: who holds connections open on purpose lets go of them. */
  closing(): void
}

export class NetworkDoors {
  readonly tls: TlsListener
  readonly http: HttpDoor
  readonly certificate: CertificateStore
  readonly #plain: EndpointListeners
  readonly #options: NetworkOptions
  readonly #environment: NetworkEnvironment
  #listenOverride: readonly Endpoint[] | undefined

  static async open(environment: NetworkEnvironment, options: NetworkOptions): Promise<NetworkDoors> {
    const { stateDir, log } = environment
    const certificate = new CertificateStore(join(stateDir, 'tls.pem'))
    try {
      const { made } = await certificate.open()
      if (made) log.info('a certificate was made')
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      log.error('the certificate cannot be used; one was made for this run', { reason: error.message })
      await certificate.useTemporary()
    }
    const doors = new NetworkDoors(environment, options, certificate)
    await doors.apply(environment.config())
    return doors
  }

  private constructor(environment: NetworkEnvironment, options: NetworkOptions, certificate: CertificateStore) {
    const { log, connections, routes, protocols, config } = environment
    this.#environment = environment
    this.#options = options
    this.#listenOverride = options.listen
    this.certificate = certificate
    this.http = new HttpDoor(routes, () => plainHostNames(config()), connections, log)
    const http: TlsProtocol = {
      match: () => 'yes',
      accept: (socket, first) => {
        socket.unshift(first)
        this.http.accept(socket)
      },
    }
    this.tls = new TlsListener(certificate.current, [...protocols, http], log)
    this.#plain = new EndpointListeners(log, (socket) => this.http.accept(socket))
  }

  async apply(config: Config): Promise<void> {
    await this.tls.listen(this.#listenOverride ?? config.listen)
    await this.#plain.listen(this.#options.web && config.http !== undefined ? [config.http] : [])
  }

  get listenOverride(): readonly Endpoint[] | undefined {
    return this.#listenOverride
  }

  /** An administrator has changed the listeners: from now on the configured ones hold. */
  dropListenOverride(): void {
    this.#listenOverride = undefined
  }

  /** @param certificate DER or PEM, as the key. @returns what is wrong with them */
  async installCertificate(certificate: Uint8Array, key: Uint8Array): Promise<string | undefined> {
    try {
      await this.certificate.replace(keyAndCertificate(certificate, key))
    } catch (error) {
      if (error instanceof CertificateError) return error.message
      throw error
    }
    this.#certificateChanged()
    return undefined
  }

  async regenerateCertificate(commonName: string): Promise<void> {
    await this.certificate.regenerate(commonName)
    this.#certificateChanged()
  }

  /** Where plain HTTP listens. */
  plainListeners() {
    return this.#plain.rows()
  }

  /** Looks whether another certificate was put into its file. */
  reloadCertificate(): void {
    try {
      if (this.certificate.reload()) this.#certificateChanged()
    } catch (error) {
      this.#environment.log.error('the certificate in force was not changed', { reason: (error as Error).message })
    }
  }

  #certificateChanged(): void {
    this.tls.setCertificate(this.certificate.current)
    this.#environment.log.info('the certificate was replaced')
  }

  async close(): Promise<void> {
    this.#plain.close()
    this.#environment.closing()
    await Promise.all([this.http.close(), this.tls.close()])
  }
}

function plainHostNames(config: Config): readonly string[] {
  return config.http === undefined ? [] : [config.http.host.toLowerCase()]
}
