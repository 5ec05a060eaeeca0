// Calls operations of a running server, over its control socket (here) or the network (server-route.ts).

import type { RequestOptions } from 'node:http'
import type { OperationName, ParamsOf, ResultOf } from '../admin/operations.ts'
import type { Language } from './command.ts'
import { UsageError } from './command.ts'

/** A server that hangs must not hang its administrator. */
const CALL_TIMEOUT_MS = 15_000

/** The server's refusal. */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: number
  readonly faults: readonly { field: string; allowed: string; actual: string }[]

  constructor(code: number, message: string, faults: CallError['faults']) {
    super(message)
    this.code = code
    this.faults = faults
  }
}

/** How a server is reached. */
export interface Route {
  /** Of one call. @throws UsageError */
  connection(): Promise<RequestOptions>
  /** What a failed connection means to a person. */
  explained(error: NodeJS.ErrnoException): Error
}

interface Answer {
  result?: unknown
  error?: { code: number; message: string; data?: { faults?: CallError['faults'] } }
}

export class RpcClient {
  /** The server's, known after the first call. */
  language: Language | undefined
  readonly #route: Route

  constructor(route: Route) {
    this.#route = route
  }

  async call<Name extends OperationName>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const text = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }))
    const { result, error } = JSON.parse(text) as Answer
    if (error === undefined) return result as ResultOf<Name>
    throw new CallError(error.code, error.message, error.data?.faults ?? [])
  }

  async #post(body: string): Promise<string> {
    const [{ request }, connection] = await Promise.all([import('node:http'), this.#route.connection()])
    // As bytes: a text would be joined with the headers and change their encoding.
    const bytes = Buffer.from(body)
    const headers = { ...connection.headers, 'Content-Type': 'application/json', 'Content-Length': bytes.length }
    return new Promise((resolve, reject) => {
      const call = request(
        { ...connection, path: '/api/', method: 'POST', timeout: CALL_TIMEOUT_MS, headers },
        (response) => {
          const language = response.headers['content-language']
          if (language === 'en' || language === 'ja') this.language = language
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if (response.statusCode === 200) resolve(text)
            else reject(refusal(response.statusCode ?? 0, text))
          })
        },
      )
      call.on('timeout', () => call.destroy(new Error(`the server did not answer within ${CALL_TIMEOUT_MS} ms`)))
      call.on('error', (error: NodeJS.ErrnoException) => reject(this.#route.explained(error)))
      call.end(bytes)
    })
  }
}

function refusal(status: number, text: string): Error {
  if (status === 401) return new UsageError('the server does not accept the user name and password')
  return new Error(`the server answered ${status}: ${text.trim()}`)
}

/** The server on a state directory of this computer: whoever may open its socket is the administrator. */
export function localRoute(socketPath: string, stateDir: string): Route {
  return {
    connection: () => Promise.resolve({ socketPath }),
    explained: (error) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
        return new UsageError(
          `no server is running on the state directory ${stateDir}; start one (securenat serve --state ${stateDir}) or name another with --state`,
        )
      }
      if (error.code === 'EACCES' || error.code === 'EPERM') {
        return new UsageError(`no permission to use ${socketPath}; it belongs to the user who runs the server`)
      }
      return error
    },
  }
}
