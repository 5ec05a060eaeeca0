// HTTP on the control socket: POST /api/ with a JSON-RPC body, from the administrator.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { answerJsonRpc } from '../admin/json-rpc.ts'
import { serverManagement } from './management/management.ts'
import type { Server } from './server.ts'

export const CONTROL_BODY_MAX = 1024 * 1024
/** From the connection, or from the last answer, until the whole request is there. */
export const CONTROL_REQUEST_TIMEOUT_MS = 10_000

interface Connection {
  readonly name: string
  deadline: NodeJS.Timeout | undefined
}

const connections = new WeakMap<Socket, Connection>()
const httpServers = new WeakMap<Server, ReturnType<typeof createServer>>()

/** @param name of the connection, for the security log */
export function serveControl(socket: Socket, name: string, server: Server): void {
  const connection: Connection = { name, deadline: undefined }
  connections.set(socket, connection)
  expectRequest(socket, connection)
  socket.on('close', () => clearTimeout(connection.deadline))
  let http = httpServers.get(server)
  if (http === undefined) {
    http = createServer((request, response) => {
      response.on('finish', () => expectRequest(request.socket, connections.get(request.socket)))
      answer(request, response, server).catch((error: Error) => {
        if (!request.socket.destroyed) {
          server.log.error('a request on the control socket failed', { reason: error.message })
        }
        response.destroy()
      })
    })
    httpServers.set(server, http)
  }
  http.emit('connection', socket)
}

/** The HTTP server's own time limits work only where it listens itself, and here it is handed connections. */
function expectRequest(socket: Socket, connection: Connection | undefined): void {
  if (connection === undefined || socket.destroyed) return
  clearTimeout(connection.deadline)
  connection.deadline = setTimeout(() => socket.destroy(), CONTROL_REQUEST_TIMEOUT_MS)
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
  const connection = connections.get(request.socket)
  clearTimeout(connection?.deadline)
  const answered = await answerJsonRpc(body, {
    management: serverManagement(server),
    connection: connection?.name ?? 'RPC-0',
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
