// GET /api/events of a running server: who sees what.

import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hubPassword } from '../../accounts/password-hash.ts'
import { newHubConfig } from '../config/hub.ts'
import type { Server } from '../server.ts'
import { startServer } from '../start.ts'

let stateDir: string
let server: Server
let port: number

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'events-'))
  const started = await startServer({
    stateDir,
    gso: false,
    version: '0.1.0',
    language: 'en',
    password: 'srvpass',
    toOperator: () => {},
    network: { listen: [{ host: '127.0.0.1', port: 0 }], web: false },
  })
  server = started.server
  await server.change((config) => ({
    ...config,
    hubs: [...config.hubs, { ...newHubConfig('LAB', server.defaultsForHubs()), adminPassword: hubPassword('labpass') }],
  }))
  port = (await server.network())!.tls.listeners()[0]!.boundPort!
})
afterEach(async () => {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

interface Stream {
  readonly status: number | undefined
  readonly response: IncomingMessage
  text: string
}

async function watch(headers: Record<string, string>, path = '/api/events', method = 'GET'): Promise<Stream> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false, agent: false as const }
    request(options, resolve).on('error', reject).end()
  })
  const stream: Stream = { status: response.statusCode, response, text: '' }
  response.setEncoding('utf8')
  response.on('data', (text: string) => (stream.text += text))
  response.on('error', () => {})
  return stream
}

const administrator = { 'x-vpnadmin-password': 'srvpass' }
const ofLab = { 'x-vpnadmin-password': 'labpass', 'x-vpnadmin-hubname': 'LAB' }

describe('GET /api/events', () => {
  test('administrators see all hubs and the server, the administrator of a hub that hub alone', async () => {
    const [all, lab, narrowed] = [
      await watch(administrator),
      await watch(ofLab),
      await watch(administrator, '/api/events?hub=lab&events=secureNatStopped'),
    ]
    expect(all.status).toBe(200)
    expect(all.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    server.log.info('something of the server')
    server.events.emitHub('DEFAULT', { type: 'secureNatStopped' })
    server.events.emitHub('LAB', { type: 'secureNatStarted', session: 'SID-SECURENAT-1' })
    server.events.emitHub('LAB', { type: 'secureNatStopped' })
    const events = ({ text }: Stream): string[] =>
      [...text.matchAll(/^data: (.*)$/gm)]
        .map(([, data]) => JSON.parse(data!) as { event: string; hub?: string })
        .filter(({ event }) => event !== 'counters')
        .map(({ event, hub = '-' }) => `${hub} ${event}`)
    await vi.waitFor(() => expect(events(all)).toHaveLength(4))
    await vi.waitFor(() => expect(events(narrowed)).toHaveLength(1))
    expect(events(all)).toEqual([
      '- serverLine',
      'DEFAULT secureNatStopped',
      'LAB secureNatStarted',
      'LAB secureNatStopped',
    ])
    expect(events(lab)).toEqual(['LAB secureNatStarted', 'LAB secureNatStopped'])
    expect(events(narrowed)).toEqual(['LAB secureNatStopped'])
    const seen = /^id: (.*)$/m.exec(all.text)![1]!
    all.response.destroy()
    const again = await watch({ ...administrator, 'last-event-id': seen })
    await vi.waitFor(() => expect(events(again)).toHaveLength(3))
  })

  test('what the administration options of a hub keep from its administrator, he does not see here', async () => {
    await server.change((config) => ({
      ...config,
      hubs: config.hubs.map((hub) => ({ ...hub, adminOptions: { no_read_log_file: 1, no_enum_session: 1 } })),
    }))
    const [all, lab] = [await watch(administrator), await watch(ofLab)]
    const identity = { kind: 'VPN', userName: 'u1', hostName: '192.0.2.1' } as const
    server.events.emitHub('LAB', { type: 'securityLine', line: 'a line' })
    server.events.emitHub('LAB', { type: 'sessionAttached', session: 'SID-U1-1', identity })
    server.events.emitHub('LAB', { type: 'sessionDetached', session: 'SID-U1-1', identity })
    server.events.emitHub('LAB', { type: 'secureNatStopped' })
    await vi.waitFor(() => expect(lab.text).toContain('secureNatStopped'))
    expect(lab.text).not.toMatch(/securityLine|session(At|De)tached/)
    await vi.waitFor(() => expect(all.text).toMatch(/securityLine.*sessionAttached.*sessionDetached/s))
  })

  test('without a password, or with another method, there is nothing', async () => {
    expect((await watch({})).status).toBe(401)
    expect((await watch(administrator, '/api/events', 'DELETE')).status).toBe(405)
  })

  test('streams end with the server', async () => {
    const stream = await watch(administrator)
    const closed = new Promise((resolve) => stream.response.once('close', resolve))
    await server.stop()
    await closed
  })
})
