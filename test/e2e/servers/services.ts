// The servers a test's guest talks to, all in one process. What they see is printed as one JSON object a line, so that a
// test can ask what arrived.
//
//     node services.mjs ADDRESS…

import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pattern, patternChunks } from './pattern.ts'
import {
  BURST_PORT,
  ECHO_PORT,
  HALF_CLOSE_BODY_LEN,
  HALF_CLOSE_PORT,
  HTTP_PORT,
  REFLECTOR_PORT,
  RESET_PORT,
} from './ports.ts'

function report(event: string, fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`)
}

/** `GET /bytes/LENGTH` is the pattern; `PUT` anywhere answers with the body's sum and length. */
function startHttp(address: string): Promise<void> {
  const server = createHttpServer((request, response) => {
    const length = Number(/^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1] ?? Number.NaN)
    if (request.method === 'PUT' || request.method === 'POST') {
      const hash = createHash('sha256')
      let received = 0
      request.on('data', (chunk: Buffer) => {
        hash.update(chunk)
        received += chunk.length
      })
      request.on('end', () => response.end(`${hash.digest('hex')} ${received}\n`))
    } else if (Number.isNaN(length)) {
      response.end(`hello from ${request.socket.localAddress}\n`)
    } else {
      response.writeHead(200, { 'content-length': length, 'content-type': 'application/octet-stream' })
      pipeline(Readable.from(patternChunks(length)), response).catch(() => {})
    }
  })
  return new Promise((resolve) => server.listen(HTTP_PORT, address, resolve))
}

function startTcp(address: string, name: string, port: number, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => report(name, { error: error.code }))
    serve(socket)
  })
  return new Promise((resolve) => server.listen(port, address, resolve))
}

/** Calls back once with the number in the first line and whatever followed it. */
function afterLengthLine(socket: Socket, then: (length: number, rest: Buffer) => void): void {
  let head = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\n')
    if (end < 0) return
    socket.off('data', read)
    then(Number(head.subarray(0, end).toString()), head.subarray(end + 1))
  }
  socket.on('data', read)
}

function halfClose(socket: Socket): void {
  const hash = createHash('sha256')
  let received = 0
  socket.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    received += chunk.length
  })
  socket.on('end', () => {
    socket.write(`${hash.digest('hex')} ${received}\n`)
    socket.end(pattern(HALF_CLOSE_BODY_LEN))
  })
}

function reset(socket: Socket): void {
  socket.resume()
  // The data must be on its way before the RST, which overtakes what still waits in the socket.
  socket.write(pattern(1000), () => setTimeout(() => socket.resetAndDestroy(), 100))
}

function burst(socket: Socket): void {
  socket.on('end', () => {
    report('burst', { sawEnd: true })
    socket.end()
  })
  afterLengthLine(socket, (length) => {
    socket.write(pattern(length))
    socket.resume()
  })
}

function startReflector(address: string): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    report('datagram', { port: from.port, length: message.length })
    socket.send(`${from.address} ${from.port}`, from.port, from.address)
  })
  return new Promise((resolve) => socket.bind(REFLECTOR_PORT, address, resolve))
}

// One socket for each address, so that a UDP answer comes from where the question went.
for (const address of process.argv.slice(2)) {
  await startHttp(address)
  await startTcp(address, 'echo', ECHO_PORT, (socket) => socket.pipe(socket))
  await startTcp(address, 'half-close', HALF_CLOSE_PORT, halfClose)
  await startTcp(address, 'reset', RESET_PORT, reset)
  await startTcp(address, 'burst', BURST_PORT, burst)
  await startReflector(address)
}
report('ready', {})
