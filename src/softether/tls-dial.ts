// Dials a server for a client: TCP, a proxy where there is one, TLS, and the judgement of the server's certificate, before which
// nothing is sent that is not public.

import { createHash, X509Certificate } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { ClientFailure, Dial, DialEvents } from './client-connection.ts'
import { ERROR } from './login-messages.ts'
import { type ProxyDialogue, type ProxySettings, proxyDialogue } from './proxy.ts'
import { readEach } from './tls-reader.ts'
import { wireOf } from './tls-wire.ts'

/** Until TCP is connected, by way of a proxy as well. */
export const DIAL_TCP_MS_MAX = 10_000
/** From then until TLS is up. */
export const DIAL_TLS_MS_MAX = 15_000

/** Whom the client believes to be the server. */
export type ServerTrust =
  /** Anybody. */
  | { readonly kind: 'none' }
  /** Whoever has a certificate for its name that this computer trusts. */
  | { readonly kind: 'system' }
  /** Whoever has this certificate, or one for its name that was issued with it; DER. */
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array }
  /** Whoever has the certificate with this SHA-256, upper-case hexadecimal. */
  | { readonly kind: 'fingerprint'; readonly sha256: string }

export interface DialTarget {
  readonly hostName: string
  readonly port: number
  readonly trust: ServerTrust
  readonly proxy: ProxySettings
  /** Further header lines for an HTTP proxy. */
  readonly customHttpHeader: string
}

export function tlsDial(target: DialTarget): Dial {
  return (events) => {
    const dialling = new Dialling(target, events)
    return () => dialling.giveUp()
  }
}

class Dialling {
  readonly #target: DialTarget
  readonly #events: DialEvents
  readonly #dialogue: ProxyDialogue | undefined
  readonly #raw: Socket
  #tls: TLSSocket | undefined
  #deadline: NodeJS.Timeout
  #isDone = false

  constructor(target: DialTarget, events: DialEvents) {
    const { proxy, hostName, port, customHttpHeader } = target
    this.#target = target
    this.#events = events
    this.#dialogue = proxyDialogue(proxy, hostName, port, customHttpHeader)
    const first = this.#dialogue === undefined ? { host: hostName, port } : { host: proxy.hostName, port: proxy.port }
    this.#deadline = setTimeout(() => this.#fail(this.#unreachable('it does not answer')), DIAL_TCP_MS_MAX)
    this.#raw = connectTcp({ ...first, noDelay: true })
    this.#raw.once('connect', () => this.#connected())
    this.#raw.on('error', (error) => this.#fail(this.#unreachable(error.message)))
    this.#raw.once('close', () => this.#fail(this.#unreachable('the connection was closed')))
  }

  giveUp(): void {
    if (this.#isDone) return
    this.#finish()
    this.#raw.destroy()
  }

  #connected(): void {
    const dialogue = this.#dialogue
    if (dialogue === undefined) {
      this.#startTls()
      return
    }
    this.#raw.write(dialogue.begin())
    const hear = (chunk: Buffer): void => {
      const step = dialogue.push(chunk)
      if (step.kind === 'failed') this.#fail(step.failure)
      else if (step.kind === 'more') {
        if (step.send !== undefined) this.#raw.write(step.send)
      } else {
        this.#raw.off('data', hear)
        this.#raw.pause()
        this.#startTls()
      }
    }
    this.#raw.on('data', hear)
  }

  #startTls(): void {
    if (this.#isDone) return
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#fail(disconnected('TLS: it does not answer')), DIAL_TLS_MS_MAX)
    const { hostName, trust } = this.#target
    // A name for TLS must be one; an address is checked as `host`.
    const name = isIP(hostName) === 0 ? { servername: hostName } : {}
    const ca = trust.kind === 'certificate' ? pem(trust.certificate) : undefined
    try {
      this.#tls = connectTls({
        socket: this.#raw,
        host: hostName,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        ...name,
        ...(ca === undefined ? {} : { ca }),
      })
    } catch (error) {
      this.#fail(disconnected(`TLS: ${(error as Error).message}`))
      return
    }
    this.#tls.on('error', (error) => this.#fail(disconnected(`TLS: ${error.message}`)))
    this.#tls.once('close', () => this.#fail(disconnected('TLS: the connection was closed')))
    this.#tls.once('secureConnect', () => this.#secured(this.#tls!))
  }

  #secured(tls: TLSSocket): void {
    if (this.#isDone) return
    const { raw: certificate } = tls.getPeerCertificate()
    const failure = distrust(this.#target.trust, tls, certificate)
    if (failure !== undefined) {
      this.#fail(failure)
      return
    }
    this.#finish()
    const events = this.#events
    let isClosed = false
    const closed = (): void => {
      if (isClosed) return
      isClosed = true
      events.closed()
    }
    tls.once('end', closed)
    tls.once('close', closed)
    events.connected({
      wire: wireOf(tls),
      address: this.#raw.remoteAddress ?? '',
      localAddress: this.#raw.localAddress ?? '',
      localPort: this.#raw.localPort ?? 0,
      certificate,
      cipherName: tls.getCipher()?.standardName ?? '',
    })
    readEach(tls, (chunk) => events.data(chunk))
  }

  #unreachable(why: string): ClientFailure {
    const { hostName, port, proxy } = this.#target
    if (this.#dialogue === undefined) {
      return { code: ERROR.connectFailed, reason: `${hostName}:${port} cannot be reached: ${why}` }
    }
    const reason = `the proxy ${proxy.hostName}:${proxy.port} cannot be reached: ${why}`
    return { code: ERROR.proxyConnectFailed, reason }
  }

  #fail(failure: ClientFailure): void {
    if (this.#isDone) return
    this.#finish()
    this.#raw.destroy()
    this.#events.failed(failure)
  }

  #finish(): void {
    this.#isDone = true
    clearTimeout(this.#deadline)
  }
}

/** Why this certificate is not the server's. */
function distrust(trust: ServerTrust, tls: TLSSocket, certificate: Uint8Array): ClientFailure | undefined {
  const sha256 = fingerprint(certificate)
  const shown = `its SHA-256 fingerprint is ${sha256}`
  switch (trust.kind) {
    case 'none':
      return undefined
    case 'fingerprint':
      if (sha256 === trust.sha256) return undefined
      return notTrusted(`the certificate of the server is not the expected one; ${shown}`)
    case 'certificate':
      if (sha256 === fingerprint(trust.certificate) || tls.authorized) return undefined
      return notTrusted(`the certificate of the server is neither the expected one nor issued with it; ${shown}`)
    case 'system':
      if (tls.authorized) return undefined
      return notTrusted(
        `the certificate of the server is not one this computer trusts (${String(tls.authorizationError)}); ${shown}`,
      )
  }
}

function notTrusted(reason: string): ClientFailure {
  return { code: ERROR.certificateNotTrusted, reason }
}

function disconnected(reason: string): ClientFailure {
  return { code: ERROR.disconnected, reason }
}

function fingerprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex').toUpperCase()
}

/** `undefined` for bytes that are no certificate. */
function pem(der: Uint8Array): string | undefined {
  try {
    return new X509Certificate(der).toString()
  } catch {
    return undefined
  }
}
