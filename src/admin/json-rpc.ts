// JSON-RPC 2.0 over the table of operations, without a transport: from the text of a request to the text of the answer.
//
// Method names are compared without case and error codes are SoftEther's, as in the original. Beyond it: an `id` may be a
// number, and a request may be a batch (in which a call without `id` is answered by nothing, as JSON-RPC says; a single
// one gets the original's "0", since its caller waits for an answer).

import { answerOperation, callOperation } from './call.ts'
import type { CallContext } from './operation.ts'
import { ERROR_CODES, RpcError } from './rpc-error.ts'

/** Calls in one batch. */
export const BATCH_MAX = 100

export interface RpcContext extends CallContext {
  /** A fault of our own: the caller hears of an internal error, the operator hears which. */
  unexpected(error: unknown, method: string): void
  /** Of a door to the network, which many may use at once: calls wait for their turn, and tables may be told as they were a moment ago. */
  readonly turns?: { run<T>(work: () => Promise<T>): Promise<T> }
}

type Id = string | number

export async function answerJsonRpc(text: string, context: RpcContext): Promise<string> {
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure('0', invalid(`JSON-RPC Parse Error: ${reason}`))
  }
  if (!Array.isArray(request)) return answerOne(request, context)
  if (request.length === 0 || request.length > BATCH_MAX) {
    return failure('0', invalid(`a batch must have 1 to ${BATCH_MAX} calls, has ${request.length}`))
  }
  const answers: string[] = []
  // One after the other: a batch may create what its next call needs.
  for (const call of request) {
    const answer = await answerOne(call, context)
    if (!isRecord(call) || call.id !== undefined) answers.push(answer)
  }
  return answers.length === 0 ? '' : `[${answers.join(',')}]`
}

function answerOne(request: unknown, context: RpcContext): Promise<string> {
  return context.turns === undefined
    ? answerNow(request, context)
    : context.turns.run(() => answerNow(request, context))
}

async function answerNow(request: unknown, context: RpcContext): Promise<string> {
  if (!isRecord(request)) return failure('0', invalid('a JSON-RPC request is an object'))
  const id = typeof request.id === 'string' || typeof request.id === 'number' ? request.id : '0'
  const method = typeof request.method === 'string' ? request.method : ''
  try {
    if (request.jsonrpc !== '2.0') throw invalid('JSON-RPC version is invalid')
    if (!isRecord(request.params)) throw invalid('JSON-RPC parameter is empty')
    const result = await (context.turns === undefined
      ? callOperation(method, request.params, context).then(JSON.stringify)
      : answerOperation(method, request.params, context))
    return `{"result":${result},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`
  } catch (error) {
    if (error instanceof RpcError) return failure(id, error)
    context.unexpected(error, method)
    return failure(id, new RpcError(ERROR_CODES.internalError, 'Internal error; the server log says more.'))
  }
}

function invalid(sentence: string): RpcError {
  return new RpcError(ERROR_CODES.invalidParameter, sentence)
}

function failure(id: Id, error: RpcError): string {
  const data = error.faults.length === 0 ? {} : { data: { faults: error.faults } }
  return JSON.stringify({
    error: { code: error.code, message: `Error code ${error.code}: ${error.message}`, ...data },
    jsonrpc: '2.0',
    id,
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
