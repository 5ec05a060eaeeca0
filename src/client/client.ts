// `securenat/client`: the management operations of a server as calls of a program. Types of operations come from their table, for
// this file directly, for users of the package as docs/api/client.d.ts.

import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { OperationName, ParamsOf, ResultOf } from '../admin/operations.ts'
import type { ServerEvent } from './event-stream.ts'
import { eventSequence } from './event-stream.ts'
import type { Route, RouteOptions } from './route.ts'
import { routeOf } from './route.ts'

const CALL_TIMEOUT_MS = 15_000
/** Of an answer, in bytes. */
export const ANSWER_LEN_MAX = 67_108_864

export interface ClientOptions extends RouteOptions {
  readonly password?: string
  readonly hub?: string
  readonly viewer?: string
  readonly timeoutMs?: number
}

export interface Fault {
  readonly field: string
  readonly allowed: string
  readonly actual: string
}

/** The server's refusal of one call. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly faults: readonly Fault[]

  constructor({ code, message, data }: ErrorObject) {
    super(message)
    this.code = code
    this.faults = data?.faults ?? []
  }
}

/** The server's refusal of a whole request: 401 for a wrong password, 429 for too many attempts. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor(status: number, text: string) {
    super(
      status === 401
        ? 'the server does not accept the user name and password'
        : `HTTP status ${status}: ${text.trim()}`,
    )
    this.status = status
  }
}

interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: { readonly faults?: readonly Fault[] }
}

interface Answer {
  readonly id: number | null
  readonly result?: unknown
  readonly error?: ErrorObject
}

export interface EventOptions {
  readonly hub?: string
  readonly types?: readonly string[]
  readonly lastEventId?: string
  readonly signal?: AbortSignal
}

export class SecureNatClient {
  readonly #route: Route
  readonly #headers: OutgoingHttpHeaders
  readonly #timeoutMs: number

  /** @throws TypeError */
  constructor(options: ClientOptions) {
    this.#route = routeOf(options)
    this.#timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS
    const user = options.hub ?? (options.viewer === undefined ? '' : `@${options.viewer}`)
    const credentials = Buffer.from(`${user}:${options.password ?? ''}`).toString('base64')
    this.#headers = options.password === undefined ? {} : { Authorization: `Basic ${credentials}` }
  }

  /** @throws RpcError @throws HttpError */
  async call<Name extends OperationName>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const answer = (await this.#post({ jsonrpc: '2.0', id: 0, method, params })) as Answer
    if (answer.error !== undefined) throw new RpcError(answer.error)
    return answer.result as ResultOf<Name>
  }

  /** All in one request, carried out in order. What was refused is an RpcError in its place. @throws HttpError */
  async batch(calls: readonly (readonly [string, object])[]): Promise<unknown[]> {
    if (calls.length === 0) return []
    const answers = await this.#post(calls.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })))
    // What is wrong with the request as a whole has one answer.
    if (!Array.isArray(answers)) throw new RpcError((answers as Answer).error!)
    const byId = new Map((answers as Answer[]).map((answer) => [answer.id, answer]))
    return calls.map((_, id) => {
      const { error, result } = byId.get(id) ?? { error: { code: -32603, message: 'the server left this call out' } }
      return error === undefined ? result : new RpcError(error)
    })
  }

  /** Until the loop around it is left or the signal says so; what breaks in between is resumed. @throws HttpError */
  async *events(options: EventOptions = {}): AsyncGenerator<ServerEvent> {
    const query = new URLSearchParams({
      ...(options.hub === undefined ? {} : { hub: options.hub }),
      ...(options.types === undefined ? {} : { events: options.types.join(',') }),
    })
    const signal = options.signal
    const source = {
      open: (lastId: string | undefined) => this.#open(`/api/events?${query}`, lastId, signal),
      isFinal: (error: unknown) =>
        signal?.aborted === true || error instanceof HttpError || error instanceof SyntaxError,
      wait: (ms: number) => delay(ms, undefined, signal === undefined ? {} : { signal }),
    }
    try {
      yield* eventSequence(source, options.lastEventId)
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  }

  /** Connections that are kept open for further calls. */
  close(): void {
    this.#route.close()
  }

  async #post(body: object): Promise<unknown> {
    const bytes = Buffer.from(JSON.stringify(body))
    const headers = { 'Content-Type': 'application/json', 'Content-Length': bytes.length }
    const response = await this.#response('POST', '/api/', headers, (call) => {
      call.setTimeout(this.#timeoutMs, () => call.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)))
      call.end(bytes)
    })
    return JSON.parse(await textOf(response))
  }

  async #open(
    path: string,
    lastId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<string>> {
    const headers = { Accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) }
    const response = await this.#response('GET', path, headers, (call) => {
      signal?.addEventListener('abort', () => call.destroy(), { once: true })
      call.end()
    })
    return response.setEncoding('utf8')
  }

  /** @throws HttpError for every status but 200 */
  #response(
    method: string,
    path: string,
    more: OutgoingHttpHeaders,
    start: (call: ClientRequest) => void,
  ): Promise<IncomingMessage> {
    const { request, isTls } = this.#route
    const options = { ...request, method, path, headers: { ...this.#headers, ...more } }
    return new Promise((resolve, reject) => {
      const call = (isTls ? httpsRequest : httpRequest)(options, (response) => {
        if (response.statusCode === 200) resolve(response)
        else textOf(response).then((text) => reject(new HttpError(response.statusCode ?? 0, text)), reject)
      })
      call.on('error', reject)
      start(call)
    })
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > ANSWER_LEN_MAX) throw new Error(`the answer is longer than ${ANSWER_LEN_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
