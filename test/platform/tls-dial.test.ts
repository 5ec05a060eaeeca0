// Dialling with real sockets on loopback: who is trusted, the ways through proxies, and SoftEther's numbers for what goes wrong.

import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientFailure, Dialled } from '../../src/softether/client-connection.ts'
import type { ProxyKind } from '../../src/softether/proxy.ts'
import { type DialTarget, type ServerTrust, tlsDial } from '../../src/softether/tls-dial.ts'
import { makeTestCertificate, testCertificate } from '../support/certificate.ts'

const DIRECT = { kind: 'direct', hostName: '', port: 0, userName: '', password: '' } as const

let server: Server
let proxy: Server
/** What the proxy was told first, one entry for each connection. */
const told: string[] = []

const portOf = (listener: Server): number => (listener.address() as AddressInfo).port
const der = (text: string): Uint8Array => new X509Certificate(text).raw

beforeAll(async () => {
  const { key, certificate } = testCertificate()
  server = createTlsServer({ key, cert: certificate }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  // Lets everybody through to the server, whatever they ask for.
  proxy = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (first) => {
      told.push(first.toString('latin1').split('\r\n', 1)[0]!)
      if (first[0] !== 5) letThrough(socket, 'HTTP/1.1 200 Connection established\r\n\r\n')
      else {
        socket.write(Buffer.from([5, 0]))
        socket.once('data', () => letThrough(socket, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])))
      }
    })
  })
  for (const listener of [server, proxy]) {
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
  }
})
afterAll(() => {
  server.close()
  proxy.close()
})

function letThrough(socket: Socket, answer: string | Buffer): void {
  const through = connect(portOf(server), '127.0.0.1', () => {
    socket.write(answer)
    socket.pipe(through).pipe(socket)
  })
  through.on('error', () => {})
}

/** The first bytes that come back, or why there is no connection. */
function dial(more: Partial<DialTarget>): Promise<string | ClientFailure> {
  const target = {
    hostName: '127.0.0.1',
    port: portOf(server),
    trust: { kind: 'none' } as const,
    proxy: DIRECT,
    customHttpHeader: '',
    ...more,
  }
  return new Promise((resolve) => {
    let dialled: Dialled | undefined
    tlsDial(target)({
      connected(connection) {
        dialled = connection
        connection.wire.write(Buffer.from('hello'), () => {})
      },
      data(chunk) {
        resolve(Buffer.from(chunk).toString())
        dialled?.wire.end()
      },
      closed: () => {},
      failed: resolve,
    })
  })
}

describe('whom the client trusts', () => {
  const own = (): Uint8Array => der(testCertificate().certificate)
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').toUpperCase()

  test.each([
    ['anybody', () => ({ kind: 'none' }), 0],
    ['whom this computer trusts', () => ({ kind: 'system' }), 85],
    ['the one with this certificate', () => ({ kind: 'certificate', certificate: own() }), 0],
    [
      'one with another certificate',
      () => ({ kind: 'certificate', certificate: der(makeTestCertificate('other.example').certificate) }),
      85,
    ],
    ['the one with this fingerprint', () => ({ kind: 'fingerprint', sha256: sha256(own()) }), 0],
    ['one with another fingerprint', () => ({ kind: 'fingerprint', sha256: '00'.repeat(32) }), 85],
  ] as const)('%s', async (_what, trust, code) => {
    const outcome = await dial({ trust: trust() as ServerTrust })
    expect(typeof outcome === 'string' ? 0 : outcome.code).toBe(code)
  })
})

describe('through a proxy', () => {
  test.each(['http', 'socks5'] as const)('%s: the server answers', async (kind: ProxyKind) => {
    const way = { ...DIRECT, kind, hostName: '127.0.0.1', port: portOf(proxy) }
    expect(await dial({ hostName: 'vpn.example', port: 443, proxy: way })).toBe('hello')
    if (kind === 'http') expect(told.at(-1)).toBe('CONNECT vpn.example:443 HTTP/1.1')
  })

  test('that is not there: error 17', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const port = portOf(gone)
    gone.close()
    expect(await dial({ proxy: { ...DIRECT, kind: 'http', hostName: '127.0.0.1', port } })).toMatchObject({ code: 17 })
    expect(await dial({ port })).toMatchObject({ code: 1 })
  })

  test('that is none: error 18', async () => {
    const other = createServer((socket) => void socket.end('220 ready\r\n\r\n')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const way = { ...DIRECT, kind: 'http' as const, hostName: '127.0.0.1', port: portOf(other) }
    expect(await dial({ proxy: way })).toMatchObject({ code: 18 })
    other.close()
  })
})

test('a server without TLS: error 3', async () => {
  const plain = createServer((socket) => void socket.end('HTTP/1.0 400\r\n\r\n')).listen(0, '127.0.0.1')
  await once(plain, 'listening')
  expect(await dial({ port: portOf(plain) })).toMatchObject({ code: 3 })
  plain.close()
})
