// HTTP for the network: the same paths over TLS and, for the browser of this computer, in the clear.
//
// One server of Node's that listens nowhere itself and is handed connections: by the TLS listener, once it is known that a connection
// speaks HTTP, and by the plain listener. So its own time limits do not work, and these hold: a request must be whole HTTP_REQUEST_MS_MAX
// after the connection or the last answer, an answer must be taken within HTTP_ANSWER_MS_MAX. Requests that come without waiting for the answer
// before are handled one after the other: each may make an answer of megabytes, and they would all lie here.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WaitingRoom } from '../../accounts/waiting-room.ts'
import { closeGracefully } from '../../softether/tls-wire.ts'
import { ANY_IPV4, parseIpv4 } from '../../wire/ipv4-address.ts'
import type { ConnectionHandle, Connections } from '../connections.ts'
import type { Log } from '../log.ts'
import { PROBE_HEADERS, PROBE_PAGE, PROBE_STATUS } from './probe.ts'
import { SourceCounts, sourceOf } from './sources.ts'

/** Connections that speak HTTP. */
export const HTTP_CONNECTIONS_MAX = 1_024
export const HTTP_CONNECTIONS_PER_SOURCE_MAX = 256
export const HTTP_REQUEST_MS_MAX = 15_000
export const HTTP_ANSWER_MS_MAX = 60_000
export const HTTP_BODY_MAX = 8_388_608
/** Requests of one connection that have not been answered. */
export const PIPELINED_REQUESTS_MAX = 16
/** Of the client's own name that administrators are shown. */
const PRODUCT_LETTERS = 128

export interface HttpRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly isTls: boolean
  /** Who is asking, for counting failures. */
  readonly remoteAddress: string
  /** The whole body. @throws BodyTooLong */
  body(): Promise<string>
  /** The answer is a long one: so much from now on, in place of HTTP_ANSWER_MS_MAX. */
  mayTake(ms: number): void
}

/** A path, or all paths below it where it ends with `/*`. */
export interface HttpRoute {
  readonly path: string
  handle(request: HttpRequest): Promise<void> | void
}

class BodyTooLong extends Error {}

const DONE = Promise.resolve()

interface Connection {
  readonly socket: Socket
  readonly row: ConnectionHandle
  readonly isTls: boolean
  deadline: NodeJS.Timeout | undefined
  unanswered: number
  /** The last of them is. */
  answered: Promise<void>
}

export class HttpDoor {
  readonly stats = {
    accepted: 0,
    requests: 0,
    refusedConnectionLimit: 0,
    refusedSourceLimit: 0,
    evictedIdle: 0,
    refusedHost: 0,
    refusedBodyTooLong: 0,
    timedOutRequests: 0,
    timedOutAnswers: 0,
    refusedPipelined: 0,
  }
  readonly #routes: readonly HttpRoute[]
  readonly #log: Log
  /** Where administrators see them. */
  readonly #list: Connections
  /** Names that a request in the clear may give as its host, beside addresses and `localhost`. */
  readonly #hostNames: () => readonly string[]
  readonly #connections = new Map<Socket, Connection>()
  readonly #counts = new SourceCounts()
  /** Of which no whole request has come since the last answer. */
  readonly #idle = new WaitingRoom<Connection>(HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_PER_SOURCE_MAX)
  readonly #http = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) =>
    this.#take(request, response),
  )

  constructor(routes: readonly HttpRoute[], hostNames: () => readonly string[], list: Connections, log: Log) {
    this.#routes = routes
    this.#list = list
    this.#hostNames = hostNames
    this.#log = log
    this.#http.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
      else socket.destroy()
    })
  }

  /** @param socket paused or not; what was read from it and is HTTP's has been put back */
  accept(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress)
    const { stats } = this
    if (this.#counts.of(source) >= HTTP_CONNECTIONS_PER_SOURCE_MAX) stats.refusedSourceLimit += 1
    else if (this.#counts.total >= HTTP_CONNECTIONS_MAX && !this.#evictIdle()) stats.refusedConnectionLimit += 1
    else {
      this.#start(socket, source)
      return
    }
    end(socket)
  }

  async close(): Promise<void> {
    const closed = Array.from(
      this.#connections.keys(),
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    )
    for (const { socket } of this.#connections.values()) end(socket)
    await Promise.all(closed)
  }

  /**
   * Of the source with the most that ask for nothing, or not to the end, the oldest: who opens many and says nothing keeps nobody out.
   * @returns whether there was one
   */
  #evictIdle(): boolean {
    const idle = this.#idle.first()
    if (idle === undefined) return false
    this.stats.evictedIdle += 1
    this.#idle.remove(idle)
    idle.socket.destroy()
    return true
  }

  #start(socket: Socket, source: string): void {
    this.stats.accepted += 1
    this.#counts.add(source)
    const row = this.#list.add({
      kind: 'administration',
      address: parseIpv4(source) ?? ANY_IPV4,
      port: socket.remotePort ?? 0,
      hostName: source,
      close: () => end(socket),
    })
    const isTls = socket instanceof TLSSocket
    const connection: Connection = { socket, row, isTls, deadline: undefined, unanswered: 0, answered: DONE }
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      clearTimeout(connection.deadline)
      row.remove()
      this.#idle.remove(connection)
      this.#connections.delete(socket)
      this.#counts.remove(source)
    })
    this.#expectRequest(connection)
    this.#http.emit('connection', socket)
    // Whoever read its first bytes has paused it, and a listener for data does not undo that.
    socket.resume()
  }

  #expectRequest(connection: Connection): void {
    if (connection.socket.destroyed) return
    this.#idle.remove(connection)
    this.#idle.add(connection, sourceOf(connection.socket.remoteAddress))
    this.#setDeadline(connection, HTTP_REQUEST_MS_MAX, 'timedOutRequests')
  }

  #setDeadline(connection: Connection, ms: number, counter: 'timedOutRequests' | 'timedOutAnswers'): void {
    clearTimeout(connection.deadline)
    if (connection.socket.destroyed) return
    connection.deadline = setTimeout(() => {
      this.stats[counter] += 1
      end(connection.socket)
    }, ms)
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket)
    if (connection === undefined) return
    connection.unanswered += 1
    if (connection.unanswered > PIPELINED_REQUESTS_MAX) {
      this.stats.refusedPipelined += 1
      request.socket.destroy()
      return
    }
    connection.answered = connection.answered.then(() => this.#answer(connection, request, response))
  }

  /** Never throws. */
  async #answer(connection: Connection, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.socket.destroyed) return
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    try {
      await this.#handle(connection, request, response)
    } catch (error) {
      this.#failed(request, response, error as Error)
    }
    await closed
    connection.unanswered -= 1
  }

  async #handle(connection: Connection, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.stats.requests += 1
    const product = request.headers['user-agent']?.slice(0, PRODUCT_LETTERS) ?? ''
    connection.row.update({ clientProduct: product.replace(/\p{C}/gu, '\ufffd') })
    response.once('finish', () => this.#expectRequest(connection))
    const expectAnswer = (): void => {
      this.#idle.remove(connection)
      this.#setDeadline(connection, HTTP_ANSWER_MS_MAX, 'timedOutAnswers')
    }
    if (!hasBody(request)) expectAnswer()
    // Another site's name that was made to point here (DNS rebinding): its pages must not reach this server.
    if (!connection.isTls && !this.#isOwnHost(request.headers.host)) {
      this.stats.refusedHost += 1
      return answerText(response, 403, 'This server is not called so.')
    }
    const url = parseTarget(request.url)
    if (url === undefined) return answerText(response, 400, 'The request target is no path.')
    if (url.pathname === '/') return answerProbe(response)
    const route = this.#routes.find(({ path }) =>
      path.endsWith('/*') ? url.pathname.startsWith(path.slice(0, -1)) : url.pathname === path,
    )
    if (route === undefined) return answerText(response, 404, 'Not found.')
    await route.handle({
      request,
      response,
      url,
      isTls: connection.isTls,
      remoteAddress: request.socket.remoteAddress ?? '',
      body: async () => {
        const body = await readBody(request)
        expectAnswer()
        return body
      },
      mayTake: (ms) => this.#setDeadline(connection, ms, 'timedOutAnswers'),
    })
  }

  #failed(request: IncomingMessage, response: ServerResponse, error: Error): void {
    if (error instanceof BodyTooLong) {
      this.stats.refusedBodyTooLong += 1
      response.setHeader('Connection', 'close')
      answerText(response, 413, `A request may have ${HTTP_BODY_MAX} bytes.`)
      return
    }
    // A client that went away in the middle of its request is nobody's fault here.
    if (!request.socket.destroyed) this.#log.error('an HTTP request failed', { reason: error.message })
    response.destroy()
  }

  #isOwnHost(host: string | undefined): boolean {
    if (host === undefined) return false
    const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
    return isIP(name) !== 0 || name.toLowerCase() === 'localhost' || this.#hostNames().includes(name.toLowerCase())
  }
}

export function answerText(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}

function answerProbe(response: ServerResponse): void {
  response.writeHead(PROBE_STATUS, { ...PROBE_HEADERS, 'Content-Length': Buffer.byteLength(PROBE_PAGE) })
  response.end(PROBE_PAGE)
}

function end(socket: Socket): void {
  if (socket instanceof TLSSocket) closeGracefully(socket)
  else socket.destroy()
}

function parseTarget(target: string | undefined): URL | undefined {
  // `//evil/` would be taken for a host.
  if (target === undefined || !target.startsWith('/')) return undefined
  return URL.canParse(target.replace(/^\/+/, '/'), 'http://host')
    ? new URL(target.replace(/^\/+/, '/'), 'http://host')
    : undefined
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** By events: an iterator over the stream costs as much as the rest of a short request. @throws BodyTooLong */
function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= HTTP_BODY_MAX) chunks.push(chunk)
      else reject(new BodyTooLong())
    })
    request.once('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')))
    request.once('error', reject)
  })
}
