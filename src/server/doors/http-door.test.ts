// HTTP for the network: routes, the host of plain requests, bounded requests and answers.

import type { IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Connections } from '../connections.ts'
import { Log } from '../log.ts'
import type { HttpRoute } from './http-door.ts'
import {
  answerText,
  HTTP_ANSWER_MS_MAX,
  HTTP_BODY_MAX,
  HTTP_CONNECTIONS_MAX,
  HTTP_CONNECTIONS_PER_SOURCE_MAX,
  HTTP_REQUEST_MS_MAX,
  HttpDoor,
  PIPELINED_REQUESTS_MAX,
} from './http-door.ts'

let told: string[]
let door: HttpDoor
let connections: Connections
let server: Server
/** Of `/later`: called when it is to be answered. */
let asked: (() => void)[]
const routes: readonly HttpRoute[] = [
  { path: '/echo', handle: async ({ body, response }) => answerText(response, 200, await body()) },
  { path: '/tree/*', handle: ({ url, response }) => answerText(response, 200, url.pathname) },
  { path: '/never', handle: () => {} },
  {
    path: '/later',
    handle: ({ response, url }) => void asked.push(() => answerText(response, 200, url.search)),
  },
  {
    path: '/fault',
    handle: () => {
      throw new Error('broken')
    },
  },
]

beforeEach(async () => {
  told = []
  asked = []
  connections = new Connections(Date.now)
  door = new HttpDoor(
    routes,
    () => ['box.example'],
    connections,
    new Log(undefined, Date.now, (line) => told.push(line)),
  )
  server = createServer((socket) => door.accept(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  vi.useRealTimers()
  server.close()
  await door.close()
})

const port = (): number => (server.address() as { port: number }).port

async function ask(path: string, options: { body?: string; host?: string; method?: string } = {}) {
  const { body = '', host = 'localhost', method = 'POST' } = options
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = httpRequest({ port: port(), host: '127.0.0.1', path, method, headers: { host } }, resolve)
    call.on('error', reject)
    call.end(body)
  })
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text, headers: response.headers }
}

describe('HTTP door', () => {
  test('paths lead to their routes; a stranger gets an ordinary 404', async () => {
    expect(await ask('/echo?x', { body: 'said' })).toMatchObject({ status: 200, text: 'said\n' })
    expect(await ask('/tree/a/b')).toMatchObject({ status: 200, text: '/tree/a/b\n' })
    expect(await ask('/tree')).toMatchObject({ status: 404, text: 'Not found.\n' })
    expect(await ask('//echo', { body: 'x' })).toMatchObject({ status: 200 })
    expect(await ask('http://elsewhere/echo')).toMatchObject({ status: 400 })
  })

  test('the front page is the one that VPN clients look for', async () => {
    expect((await ask('/', { method: 'GET' })).text).toContain('9C37197CA7C2428388C2E6E59B829B30')
  })

  test.each([
    ['localhost:5580', 200],
    ['127.0.0.1', 200],
    ['[::1]:5580', 200],
    ['BOX.example:80', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
  ])('in the clear, the host %j is answered with %i', async (host, status) => {
    expect((await ask('/echo', { host })).status).toBe(status)
    expect(door.stats.refusedHost).toBe(status === 403 ? 1 : 0)
  })

  test('a body has a bounded size', async () => {
    expect(await ask('/echo', { body: ' '.repeat(HTTP_BODY_MAX + 1) })).toMatchObject({ status: 413 })
    expect(door.stats.refusedBodyTooLong).toBe(1)
  })

  test('a handler that fails is told to the operator and closes its connection alone', async () => {
    await expect(ask('/fault')).rejects.toThrow()
    expect(told).toEqual(['securenat: an HTTP request failed reason=broken'])
    expect((await ask('/echo')).status).toBe(200)
  })

  test('connections are limited for each source, and past the limit for all the source with the most idle ones loses its oldest', async () => {
    const clients: Socket[] = []
    const from = async (localAddress: string, count: number, said = ''): Promise<void> => {
      const fresh = Array.from({ length: count }, () => connect({ port: port(), host: '127.0.0.1', localAddress }))
      for (const socket of fresh) socket.on('error', () => {}).resume()
      await Promise.all(fresh.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
      for (const socket of fresh) if (said !== '') socket.write(said)
      clients.push(...fresh)
    }
    await from('127.0.0.2', 1, 'GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await vi.waitFor(() => expect(door.stats.requests).toBe(1))
    await from('127.0.0.2', HTTP_CONNECTIONS_PER_SOURCE_MAX)
    await vi.waitFor(() => expect(door.stats.refusedSourceLimit).toBe(1))
    for (let host = 3; door.stats.accepted < HTTP_CONNECTIONS_MAX; host += 1) {
      const wanted = door.stats.accepted + HTTP_CONNECTIONS_PER_SOURCE_MAX
      await from(`127.0.0.${host}`, HTTP_CONNECTIONS_PER_SOURCE_MAX)
      await vi.waitFor(() => expect(door.stats.accepted).toBe(wanted))
    }
    expect((await ask('/echo', { body: 'in' })).status).toBe(200)
    expect(door.stats).toMatchObject({ evictedIdle: 1, refusedConnectionLimit: 0 })
    expect(clients[0]!.destroyed, 'who is being answered stays').toBe(false)
    // Of the first source one is being answered, so that the second has more that are idle.
    const next = clients[1 + HTTP_CONNECTIONS_PER_SOURCE_MAX]!
    await vi.waitFor(() => expect(next.destroyed).toBe(true))
    for (const socket of clients) socket.destroy()
  })

  test('administrators see the connections, and can end one', async () => {
    const socket = connect(port(), '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    socket.write('GET /echo HTTP/1.1\r\nHost: localhost\r\nUser-Agent: some\u009bclient\r\n\r\n', 'latin1')
    await vi.waitFor(() => expect(connections.list()[0]?.clientProduct).toBe('some\ufffdclient'))
    expect(connections.list()).toMatchObject([
      { name: 'CID-1', kind: 'administration', hostName: '127.0.0.1', port: socket.localPort },
    ])
    connections.disconnect('CID-1')
    await closed
    await vi.waitFor(() => expect(connections.count).toBe(0))
  })

  test('what is no HTTP is refused', async () => {
    const socket = connect(port(), '127.0.0.1')
    socket.write('\u0016\u0003\u0001\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('requests that do not wait for their answers are handled one after the other, and are few', async () => {
    const later = (count: number): string =>
      Array.from({ length: count }, (_, i) => `GET /later?${i} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join('')
    const socket = connect(port(), '127.0.0.1')
    let text = ''
    socket.on('data', (data) => (text += data))
    socket.write(later(3))
    for (const turn of [1, 2, 3]) {
      await vi.waitFor(() => expect(asked).toHaveLength(turn))
      expect(door.stats.requests).toBe(turn)
      asked[turn - 1]!()
    }
    await vi.waitFor(() => expect(text.match(/\?\d/g)).toEqual(['?0', '?1', '?2']))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(later(PIPELINED_REQUESTS_MAX + 1))
    await closed
    await vi.waitFor(() => expect(connections.count).toBe(0))
    expect(door.stats).toMatchObject({ refusedPipelined: 1, requests: 3 })
  })

  const echo = 'POST /echo HTTP/1.1\r\nHost: localhost\r\n'
  const hidden = 'GET /tree/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'
  test.each([
    ['two lengths', `${echo}Content-Length: 0\r\nContent-Length: 61\r\n\r\n${hidden}`],
    ['a length and chunks', `${echo}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks that are not the last coding', `${echo}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ['a space before the colon', `${echo}Content-Length : 61\r\n\r\n${hidden}`],
    ['a folded line', `${echo}X: a\r\n Content-Length: 61\r\n\r\n${hidden}`],
    ['a signed length', `${echo}Content-Length: +61\r\n\r\n${hidden}`],
    ['lines without CR', `POST /echo HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n${hidden}`],
    ['a head without end', `${echo}X: ${'x'.repeat(20_000)}`],
  ])('%s: refused, and what lies behind is no request', async (_what, text) => {
    const socket = connect(port(), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('hidden')
  })

  test('a request has a bounded time, also when it is sent drop by drop, and so has its answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const slow = connect(port(), '127.0.0.1')
    const slowClosed = new Promise((resolve) => slow.once('close', resolve))
    slow.write('POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[')
    await vi.waitFor(() => expect(door.stats.requests).toBe(1))
    vi.advanceTimersByTime(HTTP_REQUEST_MS_MAX)
    await slowClosed
    const unanswered = connect(port(), '127.0.0.1')
    const closed = new Promise((resolve) => unanswered.once('close', resolve))
    unanswered.write('GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await vi.waitFor(() => expect(door.stats.requests).toBe(2))
    await new Promise(setImmediate)
    vi.advanceTimersByTime(HTTP_ANSWER_MS_MAX)
    await closed
    vi.useRealTimers()
    expect(door.stats).toMatchObject({ timedOutRequests: 1, timedOutAnswers: 1 })
  })
})
