// JSON-RPC over the network: who may call, and what stands around the envelope (protocol reference 18).

import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../server.ts'
import { startServer } from '../start.ts'

let stateDir: string
let server: Server
let tlsPort: number

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'doors-'))
  const started = await startServer({
    stateDir,
    gso: false,
    version: '0.1.0',
    language: 'ja',
    password: 'srvpässword',
    toOperator: () => {},
    network: { listen: [{ host: '127.0.0.1', port: 0 }], web: false },
  })
  server = started.server
  const doors = await server.network()
  tlsPort = doors!.tls.listeners()[0]!.boundPort!
})
afterAll(async () => {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

interface Asked {
  method?: string
  path?: string
  headers?: OutgoingHttpHeaders
  body?: string
}

const PASSWORD = Buffer.from('srvpässword').toString('latin1')
const basic = (user: string, password: string): OutgoingHttpHeaders => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})
const TEST = JSON.stringify({ jsonrpc: '2.0', id: 'x', method: 'Test', params: { IntValue_u32: 7 } })

async function ask({ method = 'POST', path = '/api/', headers = {}, body = TEST }: Asked) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: tlsPort,
      path,
      method,
      headers,
      rejectUnauthorized: false,
      agent: false as const,
    }
    const call = httpsRequest(options, resolve)
    call.on('error', reject)
    // As bytes: a text would be joined with the headers and change their encoding.
    call.end(method === 'POST' ? Buffer.from(body) : undefined)
  })
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

describe('JSON-RPC over TLS', () => {
  test('answers as the original does', async () => {
    const { status, headers, text } = await ask({
      headers: { 'x-vpnadmin-password': PASSWORD, origin: 'https://elsewhere.example' },
    })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      result: { IntValue_u32: 7, Int64Value_u64: 0, StrValue_str: '7', UniStrValue_utf: '' },
      jsonrpc: '2.0',
      id: 'x',
    })
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-cache',
      'access-control-allow-methods': 'OPTIONS,GET,POST',
      'access-control-allow-origin': 'https://elsewhere.example',
      'content-language': 'ja',
    })
    // A page of another site may not use what the browser keeps.
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test.each([
    ['the header', { 'x-vpnadmin-password': PASSWORD }, 200],
    [
      'the header with the administrator named',
      { 'x-vpnadmin-password': PASSWORD, 'x-vpnadmin-hubname': 'administrator' },
      200,
    ],
    ['the header with nobody named', { 'x-vpnadmin-password': PASSWORD, 'x-vpnadmin-hubname': '' }, 200],
    ['Basic without a name', basic('', 'srvpässword'), 200],
    ['Basic with the administrator', basic('Administrator', 'srvpässword'), 200],
    [
      'Basic from a page of this server',
      { ...basic('', 'srvpässword'), origin: 'https://host:1', host: 'host:1' },
      200,
    ],
    ['Basic from a page of another site', { ...basic('', 'srvpässword'), origin: 'https://elsewhere.example' }, 401],
    ['a hub without password', { 'x-vpnadmin-password': '', 'x-vpnadmin-hubname': 'DEFAULT' }, 401],
    ['a wrong password beside a right one', { 'x-vpnadmin-password': 'wrong', ...basic('', 'srvpässword') }, 401],
    ['nothing', {}, 401],
  ])('%s is answered', async (_name, headers, status) => {
    const answer = await ask({ headers })
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/)
  })

  test('OPTIONS needs no password; GET is refused; other paths do not exist', async () => {
    const options = await ask({ method: 'OPTIONS' })
    expect([options.status, options.headers.allow, options.text]).toEqual([200, 'OPTIONS, POST', ''])
    expect((await ask({ method: 'GET' })).status).toBe(405)
    expect((await ask({ path: '/api' })).status).toBe(401)
    expect((await ask({ path: '/api/EnumHub/' })).status).toBe(404)
  })

  test('a batch is answered as one', async () => {
    const { text } = await ask({ headers: { 'x-vpnadmin-password': PASSWORD }, body: `[${TEST},${TEST}]` })
    expect(JSON.parse(text)).toHaveLength(2)
  })
})
