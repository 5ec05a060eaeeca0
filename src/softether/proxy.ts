// Through a proxy to a server: HTTP CONNECT (RFC 9110 9.3.6) with Basic authentication, SOCKS5 (RFC 1928, 1929), SOCKS4A. Names are
// left to the proxy to resolve. Sans I/O: what the proxy says is pushed in, what it is to be told comes out.

import { isIPv4, isIPv6 } from 'node:net'
import type { ClientFailure } from './client-connection.ts'
import { ERROR } from './login-messages.ts'

/** Bytes of a proxy's answer. */
export const PROXY_ANSWER_MAX = 16_384

export type ProxyKind = 'direct' | 'http' | 'socks4' | 'socks5'

export interface ProxySettings {
  readonly kind: ProxyKind
  readonly hostName: string
  readonly port: number
  readonly userName: string
  readonly password: string
}

/** What is to be done after the bytes so far. `send` may come with `more`. */
export type ProxyStep =
  | { readonly kind: 'more'; readonly send?: Uint8Array }
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly failure: ClientFailure }

const MORE: ProxyStep = { kind: 'more' }
const OPEN: ProxyStep = { kind: 'open' }
const SOCKS5 = 5
const SOCKS5_NO_AUTHENTICATION = 0
const SOCKS5_PASSWORD = 2
const SOCKS5_REPLIES: Readonly<Record<number, string>> = {
  2: 'it is not allowed',
  3: 'the network is unreachable',
  4: 'the host is unreachable',
  5: 'the connection is refused',
}
const SOCKS4_GRANTED = 90

/** One conversation with a proxy. */
export abstract class ProxyDialogue {
  readonly proxy: ProxySettings
  readonly host: string
  readonly port: number
  #bytes: Buffer = Buffer.alloc(0)

  constructor(proxy: ProxySettings, host: string, port: number) {
    this.proxy = proxy
    this.host = host
    this.port = port
  }

  /** What to say first. */
  abstract begin(): Uint8Array

  /** Looks at the bytes so far. @returns how many of them were used, and what follows; 0: more are needed */
  protected abstract read(bytes: Buffer): readonly [used: number, step: ProxyStep]

  push(chunk: Uint8Array): ProxyStep {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#bytes.length > PROXY_ANSWER_MAX) return refused('its answer is too long')
    const [used, step] = this.read(this.#bytes)
    this.#bytes = this.#bytes.subarray(used)
    return step
  }
}

/** `undefined`: no proxy. @param customHttpHeader further lines for an HTTP proxy */
export function proxyDialogue(
  proxy: ProxySettings,
  host: string,
  port: number,
  customHttpHeader: string,
): ProxyDialogue | undefined {
  switch (proxy.kind) {
    case 'direct':
      return undefined
    case 'http':
      return new HttpDialogue(proxy, host, port, customHttpHeader)
    case 'socks4':
      return new Socks4Dialogue(proxy, host, port)
    case 'socks5':
      return new Socks5Dialogue(proxy, host, port)
  }
}

class HttpDialogue extends ProxyDialogue {
  readonly #customHeader: string

  constructor(proxy: ProxySettings, host: string, port: number, customHeader: string) {
    super(proxy, host, port)
    this.#customHeader = customHeader
  }

  begin(): Uint8Array {
    const { proxy, host, port } = this
    const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`
    const credentials = Buffer.from(`${proxy.userName}:${proxy.password}`).toString('base64')
    const lines = [
      `CONNECT ${target} HTTP/1.1`,
      `Host: ${target}`,
      ...(proxy.userName === '' ? [] : [`Proxy-Authorization: Basic ${credentials}`]),
      ...this.#customHeader.split(/\r?\n/).filter((line) => line.trim() !== ''),
    ]
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  }

  protected read(bytes: Buffer): readonly [number, ProxyStep] {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return [0, MORE]
    const [, status] = /^HTTP\/1\.[01] (\d{3})\b/.exec(bytes.toString('latin1', 0, end)) ?? []
    if (status === '407') return [end, notAuthenticated()]
    return [
      end + 4,
      status?.[0] === '2' ? OPEN : refused(status === undefined ? 'it is none for HTTP' : `status ${status}`),
    ]
  }
}

class Socks4Dialogue extends ProxyDialogue {
  begin(): Uint8Array {
    const { host, port, proxy } = this
    const user = Buffer.from(`${proxy.userName}\0`)
    const head = Buffer.from([4, 1, port >> 8, port & 255])
    // SOCKS4A: an address that cannot be says that a name follows.
    if (!isIPv4(host)) return Buffer.concat([head, Buffer.from([0, 0, 0, 1]), user, Buffer.from(`${host}\0`)])
    return Buffer.concat([head, Buffer.from(host.split('.').map(Number)), user])
  }

  protected read(bytes: Buffer): readonly [number, ProxyStep] {
    if (bytes.length < 8) return [0, MORE]
    return [8, bytes[1] === SOCKS4_GRANTED ? OPEN : refused(`code ${bytes[1]}`)]
  }
}

class Socks5Dialogue extends ProxyDialogue {
  #state: 'method' | 'authentication' | 'reply' = 'method'

  begin(): Uint8Array {
    const withPassword = this.proxy.userName !== ''
    return Buffer.from(withPassword ? [SOCKS5, 2, SOCKS5_NO_AUTHENTICATION, SOCKS5_PASSWORD] : [SOCKS5, 1, 0])
  }

  protected read(bytes: Buffer): readonly [number, ProxyStep] {
    if (this.#state === 'reply') return this.#readReply(bytes)
    if (bytes.length < 2) return [0, MORE]
    if (this.#state === 'method') return [2, this.#readMethod(bytes[0]!, bytes[1]!)]
    return [2, bytes[1] === 0 ? this.#request() : notAuthenticated()]
  }

  #readMethod(version: number, method: number): ProxyStep {
    const { userName, password } = this.proxy
    if (version !== SOCKS5) return refused('it is none for SOCKS5')
    if (method === SOCKS5_NO_AUTHENTICATION) return this.#request()
    if (method !== SOCKS5_PASSWORD || userName === '') return notAuthenticated()
    this.#state = 'authentication'
    const [user, word] = [Buffer.from(userName).subarray(0, 255), Buffer.from(password).subarray(0, 255)]
    return {
      kind: 'more',
      send: Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([word.length]), word]),
    }
  }

  #request(): ProxyStep {
    const { host, port } = this
    this.#state = 'reply'
    const address = isIPv4(host)
      ? Buffer.from([1, ...host.split('.').map(Number)])
      : Buffer.concat([Buffer.from([3, Buffer.byteLength(host) & 255]), Buffer.from(host)])
    const tail = Buffer.from([port >> 8, port & 255])
    return { kind: 'more', send: Buffer.concat([Buffer.from([SOCKS5, 1, 0]), address, tail]) }
  }

  #readReply(bytes: Buffer): readonly [number, ProxyStep] {
    if (bytes.length < 5) return [0, MORE]
    const code = bytes[1]!
    if (code !== 0) return [bytes.length, refused(SOCKS5_REPLIES[code] ?? `code ${code}`)]
    const kind = bytes[3]
    const addressLen = kind === 1 ? 4 : kind === 4 ? 16 : 1 + bytes[4]!
    const length = 4 + addressLen + 2
    return bytes.length < length ? [0, MORE] : [length, OPEN]
  }
}

function refused(why: string): ProxyStep {
  return { kind: 'failed', failure: { code: ERROR.proxyError, reason: `the proxy refuses: ${why}` } }
}

function notAuthenticated(): ProxyStep {
  const reason = 'the proxy does not accept the user name and password'
  return { kind: 'failed', failure: { code: ERROR.proxyAuthenticationFailed, reason } }
}
