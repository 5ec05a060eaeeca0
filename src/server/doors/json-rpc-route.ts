// JSON-RPC on /api/ (protocol reference 18): the table of operations for whoever shows an administrator's password.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJsonRpc } from '../../admin/json-rpc.ts'
import type { Administrators } from '../administrators.ts'
import { serverManagement } from '../management/management.ts'
import type { Server } from '../server.ts'
import { CallTurns } from './call-turns.ts'
import { authenticated } from './http-authentication.ts'
import type { HttpRequest, HttpRoute } from './http-door.ts'
import { answerText } from './http-door.ts'

const METHODS = 'OPTIONS, POST'

/** Of the connections of administrators, as the security log names them. */
const names = new WeakMap<object, string>()

export function jsonRpcRoutes(server: Server, administrators: Administrators): readonly HttpRoute[] {
  const turns = new CallTurns({
    now: () => performance.now(),
    nextTurn: setImmediate,
    settled: (callback) => queueMicrotask(() => process.nextTick(callback)),
    later: (ms, callback) => void setTimeout(callback, ms),
    busyMs: () => performance.eventLoopUtilization().active,
  })
  const handle = (request: HttpRequest): Promise<void> => answer(request, server, administrators, turns)
  return [
    { path: '/api', handle },
    { path: '/api/*', handle },
  ]
}

async function answer(
  { request, response, url, body }: HttpRequest,
  server: Server,
  administrators: Administrators,
  turns: CallTurns,
): Promise<void> {
  allowOtherSites(request, response)
  if (request.method === 'OPTIONS') {
    response.writeHead(200, { Allow: METHODS, 'Content-Length': '0' })
    response.end()
    return
  }
  if (request.method !== 'POST') {
    response.setHeader('Allow', METHODS)
    answerText(response, 405, 'POST a JSON-RPC 2.0 request to /api/.')
    return
  }
  if (url.pathname !== '/api' && url.pathname !== '/api/') {
    answerText(response, 404, 'Not found.')
    return
  }
  const recognised = await authenticated(request, response, administrators)
  if (recognised === undefined) return
  const answered = await answerJsonRpc(await body(), {
    management: serverManagement(server),
    connection: connectionName(request, server),
    role: recognised.role,
    turns,
    unexpected: (error, method) =>
      server.log.error('an operation failed', {
        method,
        reason: error instanceof Error ? error.message : String(error),
      }),
  })
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(answered),
    'Content-Language': server.config.language,
    'Cache-Control': 'no-cache',
  })
  response.end(answered)
}

/**
 * As the original, but for one header: it also allows pages of other sites to send what the browser keeps (HTTP Basic). Those that know
 * the password themselves and send it in the headers are enough.
 */
function allowOtherSites(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'OPTIONS,GET,POST')
  response.setHeader('Access-Control-Allow-Headers', 'X-VPNADMIN-HUBNAME,X-VPNADMIN-PASSWORD,Content-Type')
  if (request.headers.origin === undefined) return
  response.setHeader('Access-Control-Allow-Origin', request.headers.origin)
  response.setHeader('Vary', 'Origin')
}

function connectionName({ socket }: IncomingMessage, server: Server): string {
  const name = names.get(socket) ?? server.nextAdministration()
  names.set(socket, name)
  return name
}
