// The TLS listeners with real sockets on loopback: who gets which connection, limits, close_notify, certificates.

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTcp, createServer, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeTestCertificate, testCertificate } from '../../../test/support/certificate.ts'
import { closeGracefully } from '../../softether/tls-wire.ts'
import { Log } from '../log.ts'
import type { TlsProtocol } from './tls-connection.ts'
import { FIRST_BYTES_MAX, FIRST_BYTES_MS_MAX, HANDSHAKE_MS_MAX } from './tls-connection.ts'
import { HANDSHAKES_MAX, HANDSHAKES_PER_SOURCE_MAX, TlsListener, UNDECIDED_PER_SOURCE_MAX } from './tls-listener.ts'

const CHACHA_FIRST = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384'
const LOOPBACK = { host: '127.0.0.1', port: 0 }
let told: string[]
let listener: TlsListener
let clients: Socket[]
/** What the default protocol was handed. */
let accepted: { socket: TLSSocket; first: string }[]

const log = new Log(undefined, Date.now, (line) => told.push(line))
const fallback: TlsProtocol = {
  match: () => 'yes',
  accept: (socket, first) => {
    accepted.push({ socket, first: Buffer.from(first).toString() })
    socket.write('fallback')
  },
}
/** Speaks lines that begin with HELLO. */
const hello: TlsProtocol = {
  match: (first) => {
    const text = Buffer.from(first).toString()
    return text.startsWith('HELLO') ? 'yes' : 'HELLO'.startsWith(text) ? 'more' : 'no'
  },
  accept: (socket, first) => {
    socket.write(`hello got ${Buffer.from(first)};`)
    socket.on('data', (data) => socket.write(`then ${data};`))
    socket.resume()
  },
}

beforeEach(async () => {
  told = []
  clients = []
  accepted = []
  listener = new TlsListener(testCertificate(), [hello, fallback], log)
  await listener.listen([LOOPBACK])
})
afterEach(async () => {
  vi.useRealTimers()
  for (const client of clients) client.destroy()
  await listener.close()
})

function port(): number {
  return listener.listeners()[0]!.boundPort!
}

async function client(options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port: port(), rejectUnauthorized: false, ...options })
  clients.push(socket)
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  return socket
}

async function rawClient(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connectTcp({ port: port(), host: '127.0.0.1', localAddress })
  clients.push(socket)
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

function reads(socket: Socket, end: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (data) => {
      text += data
      if (text.endsWith(end)) resolve(text)
    })
    socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
  })
}

const closed = (socket: Socket): Promise<void> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()))

describe('TLS listener', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const socket = await client({ minVersion: version, maxVersion: version })
    expect(socket.getProtocol()).toBe(version)
  })

  test('the first bytes say which protocol speaks, also when they come one by one; none is lost', async () => {
    const first = await client()
    for (const letter of 'HELLO!') {
      first.write(letter)
      await new Promise(setImmediate)
    }
    expect(await reads(first, '!;')).toMatch(/^hello got HELLO!?;(then !;)?$/)
    first.write('more')
    expect(await reads(first, 'more;')).toBe('then more;')
    const second = await client()
    second.write('HELP')
    expect(await reads(second, 'fallback')).toBe('fallback')
    expect(accepted.map(({ first }) => first)).toEqual(['HELP'])
  })

  test('a protocol that cannot decide is not asked for ever', async () => {
    const undecided: TlsProtocol = { match: () => 'more', accept: () => {} }
    const other = new TlsListener(testCertificate(), [undecided, fallback], log)
    await other.listen([LOOPBACK])
    const socket = await client({ port: other.listeners()[0]!.boundPort! })
    socket.write('x'.repeat(FIRST_BYTES_MAX))
    expect(await reads(socket, 'fallback')).toBe('fallback')
    await other.close()
  })

  test('probes are answered on the connection that then says who it is', async () => {
    const socket = await client()
    const probe = 'GET / HTTP/1.1\r\nX-VPN: 1\r\nHost: 10.77.0.1\r\n\r\n'
    socket.write(probe)
    expect(await reads(socket, '</html>\n')).toContain('9C37197CA7C2428388C2E6E59B829B30')
    socket.write(`${probe}HELLO`)
    expect(await reads(socket, 'HELLO;')).toMatch(/<\/html>\nhello got HELLO;$/)
  })

  test('a peer that asks for nothing else is closed after as many probes as the original allows', async () => {
    const socket = await client()
    const ended = closed(socket)
    socket.resume()
    socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(20))
    await ended
    expect(listener.stats.tooManyProbes).toBe(1)
  })

  test('closing says close_notify: the peer sees an orderly end, not an error', async () => {
    const socket = await client()
    const errors: Error[] = []
    socket.on('error', (error) => errors.push(error))
    const ended = new Promise((resolve) => socket.once('end', resolve))
    socket.resume()
    socket.write('x')
    await vi.waitFor(() => expect(accepted).toHaveLength(1))
    closeGracefully(accepted[0]!.socket)
    await ended
    expect(errors).toEqual([])
  })

  test('the end of the server ends undecided, handed over and handshaking connections', async () => {
    const [undecided, handed, raw] = [await client(), await client(), await rawClient()]
    handed.resume()
    undecided.resume()
    handed.write('x')
    await vi.waitFor(() => expect(accepted).toHaveLength(1))
    const all = [undecided, handed, raw].map(closed)
    raw.on('error', () => {})
    raw.resume()
    await listener.close()
    await Promise.all(all)
    expect(listener.connections).toBe(0)
  })

  test('the kernel asks whether a silent peer is still there', async () => {
    const socket = await client()
    const of = (number: number): string => `0100007F:${number.toString(16).toUpperCase().padStart(4, '0')}`
    await vi.waitFor(() => {
      const rows = readFileSync('/proc/self/net/tcp', 'latin1').split('\n')
      const row = rows.find((text) => text.includes(` ${of(port())} ${of(socket.localPort!)} `))
      // The timer that runs: 02 is keepalive's.
      expect(row?.trim().split(/ +/)[5]).toMatch(/^02:/)
    })
  })

  test('bytes that are not TLS are counted and harm nobody', async () => {
    const raw = await rawClient()
    raw.on('error', () => {})
    raw.resume()
    raw.write('GET / HTTP/1.0\r\n\r\n')
    await closed(raw)
    await vi.waitFor(() => expect(listener.stats.failedHandshakes).toBe(1))
    expect((await client()).authorized).toBe(false)
    expect(told).toEqual([])
  })

  test('handshakes past the limit push out the oldest, so that who finishes in time gets in', async () => {
    const slow: Socket[] = []
    for (let i = 0; i < HANDSHAKES_PER_SOURCE_MAX; i += 1) slow.push(await rawClient())
    const ended = closed(slow[0]!)
    slow[0]!.resume()
    const socket = await client()
    socket.write('HELLO')
    expect(await reads(socket, ';')).toBe('hello got HELLO;')
    await ended
    expect(listener.stats).toMatchObject({ evictedHandshakes: 1, failedHandshakes: 0 })
  })

  test('many handshakes of many sources do not push out the one of another, however old it is', async () => {
    const honest = await rawClient()
    const gone = vi.fn()
    honest.once('close', gone)
    honest.resume()
    for (let i = 0; i < HANDSHAKES_MAX + 8; i += 1) await rawClient(`127.0.0.${2 + (i % 8)}`)
    await vi.waitFor(() => expect(listener.stats.evictedHandshakes).toBe(9))
    expect(listener.handshakes).toBe(HANDSHAKES_MAX)
    await new Promise(setImmediate)
    expect(gone).not.toHaveBeenCalled()
    const socket = await client()
    socket.write('HELLO')
    expect(await reads(socket, ';')).toBe('hello got HELLO;')
  })

  test('who says nothing after the handshake has few places, and gives them up', async () => {
    const silent: Socket[] = []
    for (let i = 0; i < UNDECIDED_PER_SOURCE_MAX; i += 1) silent.push(await client())
    const ended = closed(silent[0]!)
    silent[0]!.resume()
    const socket = await client()
    await ended
    expect(listener.stats.evictedUndecided).toBe(1)
    socket.write('HELLO')
    expect(await reads(socket, ';')).toBe('hello got HELLO;')
    await client()
    expect(listener.stats.evictedUndecided, 'whose protocol is known has no place here').toBe(1)
  })

  test('a handshake has a bounded time, and so have the first bytes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [raw, silent] = [await rawClient(), await client()]
    raw.resume()
    silent.resume()
    await vi.waitFor(() => expect(listener.handshakes).toBe(1))
    const ended = [closed(raw), closed(silent)]
    vi.advanceTimersByTime(Math.max(HANDSHAKE_MS_MAX, FIRST_BYTES_MS_MAX))
    vi.useRealTimers()
    await Promise.all(ended)
    expect(listener.stats).toMatchObject({ timedOutHandshakes: 1, timedOutFirstBytes: 1 })
  })

  test('what a peer says when its time is over goes nowhere', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const late = await client({ allowHalfOpen: true })
    const told = new Promise((resolve) => late.once('end', resolve))
    late.resume()
    await vi.waitFor(() => expect([listener.connections, listener.handshakes]).toEqual([1, 0]))
    vi.advanceTimersByTime(FIRST_BYTES_MS_MAX)
    await told
    await new Promise((resolve) => late.end('x', () => resolve(undefined)))
    await vi.waitFor(() => expect(listener.connections).toBe(0))
    expect(accepted).toEqual([])
  })

  test('a new certificate is shown to new connections, and not to a source that has sessions', async () => {
    const shown = async () => (await client()).getPeerCertificate().subject?.CN
    const before = await client()
    const release = listener.hold('127.0.0.1')
    const releaseOther = listener.hold('::ffff:127.0.0.1')
    listener.setCertificate(makeTestCertificate('second.example'))
    expect(await shown()).toBe('test.example')
    release()
    release()
    expect(await shown()).toBe('test.example')
    releaseOther()
    expect(await shown()).toBe('second.example')
    before.write('HELLO')
    expect(await reads(before, ';')).toBe('hello got HELLO;')
  })

  test('a port that is taken is told once and taken over when it is free', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const taken = { host: '127.0.0.1', port: (other.address() as { port: number }).port }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await listener.listen([LOOPBACK, taken])
    expect(listener.listeners()[1]).toMatchObject({
      ...taken,
      boundPort: undefined,
      error: expect.stringMatching(/EADDRINUSE/),
    })
    vi.advanceTimersByTime(5_000)
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    await new Promise((resolve) => other.close(resolve))
    vi.advanceTimersByTime(5_000)
    vi.useRealTimers()
    await vi.waitFor(() => expect(listener.listeners()[1]).toMatchObject({ boundPort: taken.port, error: undefined }))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(
      /^securenat: cannot listen; trying again until it is possible listen=127\.0\.0\.1:\d+ reason=/,
    )
  })

  test('a connection that cannot be accepted does not make a second listener beside the first', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const servers = (process as unknown as { _getActiveHandles(): object[] })
      ._getActiveHandles()
      .filter((handle) => handle instanceof Server && (handle.address() as { port: number } | null)?.port === port())
    for (const server of servers as Server[]) server.emit('error', new Error('accept ENOBUFS'))
    expect([servers.length, vi.getTimerCount()]).toEqual([1, 0])
    expect(listener.listeners()[0]).toMatchObject({ error: undefined, boundPort: port() })
  })

  test('a listener that is taken away keeps its connections', async () => {
    const socket = await client()
    await listener.listen([])
    expect(listener.listeners()).toEqual([])
    socket.write('HELLO')
    expect(await reads(socket, ';')).toBe('hello got HELLO;')
  })
})

test.each([
  ['both', 'TLSv1.3', {}, 'TLS_AES_128_GCM_SHA256'],
  ['both, and no more than TLS 1.2', 'TLSv1.2', { maxVersion: 'TLSv1.2' }, 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['no AES in hardware', 'TLSv1.3', { ciphers: CHACHA_FIRST }, 'TLS_CHACHA20_POLY1305_SHA256'],
  ['only 256 bits', 'TLSv1.3', { ciphers: 'TLS_AES_256_GCM_SHA384' }, 'TLS_AES_256_GCM_SHA384'],
])('the cipher of a client that has %s', async (_what, protocol, options, name) => {
  const socket = await client(options)
  expect([socket.getProtocol(), socket.getCipher().name]).toEqual([protocol, name])
})
