// Calls operations over the control socket of a running server.

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

interface Answer {
  result?: unknown
  error?: { code: number; message: string; data?: { faults?: CallError['faults'] } }
}

export class RpcClient {
  /** The server's, known after the first call. */
  language: Language | undefined
  readonly #socketPath: string
  readonly #stateDir: string

  constructor(socketPath: string, stateDir: string) {
    this.#socketPath = socketPath
    this.#stateDir = stateDir
  }

  async call<Name extends OperationName>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const text = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }))
    const { result, error } = JSON.parse(text) as Answer
    if (error === undefined) return result as ResultOf<Name>
    throw new CallError(error.code, error.message, error.data?.faults ?? [])
  }

  async #post(body: string): Promise<string> {
    const { request } = await import('node:http')
    return new Promise((resolve, reject) => {
      const call = request(
        {
          socketPath: this.#socketPath,
          path: '/api/',
          method: 'POST',
          timeout: CALL_TIMEOUT_MS,
          headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
        },
        (response) => {
          const language = response.headers['content-language']
          if (language === 'en' || language === 'ja') this.language = language
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if (response.statusCode === 200) resolve(text)
            else reject(new Error(`the server answered ${response.statusCode}: ${text.trim()}`))
          })
        },
      )
      call.on('timeout', () => call.destroy(new Error(`the server did not answer within ${CALL_TIMEOUT_MS} ms`)))
      call.on('error', (error: NodeJS.ErrnoException) => reject(this.#explained(error)))
      call.end(body)
    })
  }

  #explained(error: NodeJS.ErrnoException): Error {
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
      return new UsageError(
        `no server is running on the state directory ${this.#stateDir}; start one (securenat serve --state ${this.#stateDir}) or name another with --state`,
      )
    }
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      return new UsageError(`no permission to use ${this.#socketPath}; it belongs to the user who runs the server`)
    }
    return error
  }
}
