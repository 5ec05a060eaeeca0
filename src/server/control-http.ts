// HTTP on the control socket: POST /api/ with a JSON-RPC body, from the administrator.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { answerJsonRpc } from '../admin/json-rpc.ts'
import { serverManagement } from './management.ts'
import type { Server } from './server.ts'

export const CONTROL_BODY_MAX = 1024 * 1024
/** To send the headers, and to send the whole request. */
export const CONTROL_HEADERS_TIMEOUT_MS = 5_000
export const CONTROL_REQUEST_TIMEOUT_MS = 10_000

const connectionNames = new WeakMap<Socket, string>()
const httpServers = new WeakMap<Server, ReturnType<typeof createServer>>()

/** @param name of the connection, for the security log */
export function serveControl(socket: Socket, name: string, server: Server): void {
  connectionNames.set(socket, name)
  let http = httpServers.get(server)
  if (http === undefined) {
    http = createServer(
      { headersTimeout: CONTROL_HEADERS_TIMEOUT_MS, requestTimeout: CONTROL_REQUEST_TIMEOUT_MS },
      (request, response) => {
        answer(request, response, server).catch((error: Error) => {
          server.log.error('a request on the control socket failed', { reason: error.message })
          response.destroy()
        })
      },
    )
    httpServers.set(server, http)
  }
  http.emit('connection', socket)
}

async function answer(request: IncomingMessage, response: ServerResponse, server: Server): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/, '')
  if (path !== '/api/' && path !== '/api') return refuse(response, 404, 'the only path here is /api/')
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST')
    return refuse(response, 405, 'POST a JSON-RPC 2.0 request')
  }
  const body = await readBody(request)
  if (body === undefined) return refuse(response, 413, `a request may have ${CONTROL_BODY_MAX} bytes`)
  const connection = connectionNames.get(request.socket) ?? 'RPC-0'
  const answered = await answerJsonRpc(body, {
    management: serverManagement(server),
    connection,
    role: { kind: 'server' },
    unexpected: (error, method) =>
      server.log.error('an operation failed', {
        method,
        reason: error instanceof Error ? error.message : String(error),
      }),
  })
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Language': server.config.language,
    'Cache-Control': 'no-cache',
  })
  response.end(answered)
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' })
  response.end(`${sentence}\n`)
}

/** `undefined` when it is longer than it may be. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > CONTROL_BODY_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
