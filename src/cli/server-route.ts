// A server elsewhere: `--server URL`, over HTTPS. The password goes to nobody whose certificate is not known: it is either one that this computer
// trusts, or the one whose fingerprint was given (`--pin`). The check is made before anything is sent.

import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { UsageError } from './command.ts'
import type { Route } from './rpc-client.ts'

const DEFAULT_PORT = 5555
const CONNECT_TIMEOUT_MS = 10_000

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly isPlain: boolean
}

export interface RemoteLogin {
  /** Empty: the server's administrator; a hub's name: that hub's; `@NAME`: a viewer. */
  readonly user: string
  password(): Promise<string>
  /** SHA-256 of the certificate, in hexadecimal with or without colons. */
  readonly pin: string | undefined
}

/** `https://HOST:5555`, `HOST`, `HOST:PORT`; `http://` to this computer only. @throws UsageError */
export function parseServerAddress(text: string): ServerAddress {
  const wanted = `--server must be an address such as https://vpn.example:${DEFAULT_PORT}, is "${text}"`
  const url = text.includes('://') ? text : `https://${text}`
  if (!URL.canParse(url)) throw new UsageError(wanted)
  const { protocol, hostname, port, pathname, username } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if ((protocol !== 'https:' && protocol !== 'http:') || pathname !== '/' || username !== '')
    throw new UsageError(wanted)
  if (protocol === 'http:' && !isLoopback(host)) {
    throw new UsageError('--server: http:// would send the password in the clear; use https://')
  }
  // The URL parser hides a port that is the scheme's own.
  const given = port !== '' ? Number(port) : /:(80|443)\/?$/.exec(text)?.[1]
  return { host, port: Number(given ?? (protocol === 'http:' ? 5580 : DEFAULT_PORT)), isPlain: protocol === 'http:' }
}

export function remoteRoute({ host, port, isPlain }: ServerAddress, login: RemoteLogin): Route {
  const shown = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const pin = login.pin === undefined ? undefined : checkedPin(login.pin)
  let password: Promise<string> | undefined
  return {
    connection: async () => {
      const socket = isPlain ? undefined : await connectChecked(host, port, shown, pin)
      password ??= login.password()
      const credentials = Buffer.from(`${login.user}:${await password}`).toString('base64')
      const headers = { Authorization: `Basic ${credentials}`, Host: shown }
      return { host, port, headers, ...(socket === undefined ? {} : { createConnection: () => socket }) }
    },
    explained: (error) => explained(error, shown),
  }
}

async function connectChecked(host: string, port: number, shown: string, pin: string | undefined): Promise<TLSSocket> {
  const { connect } = await import('node:tls')
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket = connect({ host, port, rejectUnauthorized: false, timeout: CONNECT_TIMEOUT_MS, ...servername })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', (error) => reject(explained(error, shown)))
      socket.once('timeout', () => reject(new UsageError(`${shown} does not answer`)))
    })
    checkCertificate(socket, shown, pin)
  } catch (error) {
    socket.destroy()
    throw error
  }
  socket.setTimeout(0)
  return socket
}

/** @throws UsageError */
function checkCertificate(socket: TLSSocket, shown: string, pin: string | undefined): void {
  const fingerprint = socket.getPeerCertificate().fingerprint256
  if (pin !== undefined) {
    if (plainHex(fingerprint) === pin) return
    throw new UsageError(
      `the certificate of ${shown} is not the one that was given with --pin; its fingerprint is ${fingerprint}`,
    )
  }
  if (socket.authorized) return
  throw new UsageError(
    `the certificate of ${shown} is not one this computer trusts (${String(socket.authorizationError)}); if its fingerprint is the right one, add --pin ${fingerprint}`,
  )
}

function checkedPin(text: string): string {
  const pin = plainHex(text)
  if (/^[0-9A-F]{64}$/.test(pin)) return pin
  throw new UsageError(`--pin must be the SHA-256 fingerprint of a certificate, 64 hexadecimal digits, is "${text}"`)
}

function plainHex(text: string): string {
  return text.replaceAll(':', '').toUpperCase()
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function explained(error: NodeJS.ErrnoException, shown: string): Error {
  if (error.code === undefined) return error
  return new UsageError(`the server ${shown} cannot be reached: ${error.message}`)
}
