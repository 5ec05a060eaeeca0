// How the client reaches its server: HTTPS, with a certificate that the computer trusts or whose fingerprint was given; HTTP on the
// computer itself; or the server's control socket. The certificate is checked before anything is sent.

import type { RequestOptions } from 'node:http'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'

const DEFAULT_PORT = 5555

export interface RouteOptions {
  readonly url?: string
  readonly socketPath?: string
  readonly pin?: string
}

export interface Route {
  readonly request: RequestOptions
  readonly isTls: boolean
  close(): void
}

type Connected = (error: Error | null, socket: Duplex) => void

/** Only connections whose certificate is the one that was pinned. */
class PinnedAgent extends HttpsAgent {
  readonly #pin: string

  constructor(pin: string) {
    super({ keepAlive: true })
    this.#pin = pin
  }

  override createConnection(options: RequestOptions, connected: Connected): undefined {
    const host = options.host ?? 'localhost'
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket = connect({ host, port: Number(options.port), rejectUnauthorized: false, ...servername })
    socket.once('error', (error) => connected(error, socket))
    socket.once('secureConnect', () => {
      const fingerprint = socket.getPeerCertificate().fingerprint256
      if (plainHex(fingerprint) === this.#pin) connected(null, socket)
      else
        socket.destroy(new Error(`the server's certificate is not the pinned one; its fingerprint is ${fingerprint}`))
    })
    return undefined
  }
}

/** @throws TypeError */
export function routeOf({ url, socketPath, pin }: RouteOptions): Route {
  if ((url === undefined) === (socketPath === undefined)) throw new TypeError('give either url or socketPath')
  if (socketPath !== undefined) {
    const agent = new HttpAgent({ keepAlive: true })
    return { request: { socketPath, agent }, isTls: false, close: () => agent.destroy() }
  }
  const { protocol, hostname, port } = new URL(url!)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (protocol === 'http:') {
    if (!/^(localhost|::1|127\..*)$/.test(host))
      throw new TypeError('http:// would send the password in the clear; use https://')
    const agent = new HttpAgent({ keepAlive: true })
    return { request: { host, port: port || 80, agent }, isTls: false, close: () => agent.destroy() }
  }
  if (protocol !== 'https:') throw new TypeError(`url must be https://HOST:PORT, is "${url}"`)
  const agent = pin === undefined ? new HttpsAgent({ keepAlive: true }) : new PinnedAgent(checkedPin(pin))
  // The URL parser hides the port that is the scheme's own.
  const given = port !== '' ? port : /:443\/?$/.test(url!) ? 443 : DEFAULT_PORT
  return { request: { host, port: given, agent }, isTls: true, close: () => agent.destroy() }
}

function checkedPin(text: string): string {
  const pin = plainHex(text)
  if (/^[0-9A-F]{64}$/.test(pin)) return pin
  throw new TypeError('pin must be the SHA-256 fingerprint of a certificate, 64 hexadecimal digits')
}

function plainHex(text: string): string {
  return text.replaceAll(':', '').toUpperCase()
}
