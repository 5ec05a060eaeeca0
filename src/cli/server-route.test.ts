// `--server`: which addresses are taken, and that the password goes only to the server that was meant.

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTestCertificate, testCertificate } from '../../test/support/certificate.ts'
import type { Server } from '../server/server.ts'
import { startServer } from '../server/start.ts'
import { RpcClient } from './rpc-client.ts'
import { parseServerAddress, remoteRoute } from './server-route.ts'

describe('--server', () => {
  test.each([
    ['vpn.example', { host: 'vpn.example', port: 5555, isPlain: false }],
    ['vpn.example:992', { host: 'vpn.example', port: 992, isPlain: false }],
    ['https://vpn.example:443/', { host: 'vpn.example', port: 443, isPlain: false }],
    ['https://[2001:db8::1]:5555', { host: '2001:db8::1', port: 5555, isPlain: false }],
    ['http://127.0.0.1', { host: '127.0.0.1', port: 5580, isPlain: true }],
    ['http://localhost:80', { host: 'localhost', port: 80, isPlain: true }],
  ])('%s', (text, address) => {
    expect(parseServerAddress(text)).toEqual(address)
  })

  test.each([
    ['http://vpn.example', /would send the password in the clear/],
    ['ftp://vpn.example', /must be an address such as https:/],
    ['https://vpn.example/api/', /must be an address/],
    ['https://me@vpn.example', /must be an address/],
    ['', /must be an address/],
  ])('%j is refused', (text, sentence) => {
    expect(() => parseServerAddress(text)).toThrow(sentence)
  })
})

describe('a server elsewhere', () => {
  let stateDir: string
  let server: Server
  let port: number
  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'route-'))
    const { key, certificate } = testCertificate()
    writeFileSync(join(stateDir, 'tls.pem'), key + certificate)
    const started = await startServer({
      stateDir,
      gso: false,
      version: '0.1.0',
      language: 'ja',
      password: 'pässword',
      toOperator: () => {},
      network: { listen: [{ host: '127.0.0.1', port: 0 }], web: false },
    })
    server = started.server
    port = (await server.network())!.tls.listeners()[0]!.boundPort!
  })
  afterAll(async () => {
    await server.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })

  let asked: number
  function client(pin: string | undefined, password = 'pässword', user = ''): RpcClient {
    asked = 0
    const answer = async (): Promise<string> => {
      asked += 1
      return password
    }
    return new RpcClient(remoteRoute({ host: '127.0.0.1', port, isPlain: false }, { user, password: answer, pin }))
  }
  const right = (): string => new X509Certificate(testCertificate().certificate).fingerprint256

  test('answers who knows its certificate and password, asked for once', async () => {
    const rpc = client(right().toLowerCase())
    expect((await rpc.call('Test', { IntValue_u32: 7 })).StrValue_str).toBe('7')
    await rpc.call('Test', {})
    expect([rpc.language, asked]).toEqual(['ja', 1])
  })

  test('gets no password while its certificate is not known; the sentence says its fingerprint', async () => {
    await expect(client(undefined).call('Test', {})).rejects.toThrow(
      `the certificate of 127.0.0.1:${port} is not one this computer trusts (DEPTH_ZERO_SELF_SIGNED_CERT); if its fingerprint is the right one, add --pin ${right()}`,
    )
    const other = new X509Certificate(makeTestCertificate('other.example').certificate).fingerprint256
    await expect(client(other).call('Test', {})).rejects.toThrow('is not the one that was given with --pin')
    expect(asked).toBe(0)
    expect(() => client('12:34')).toThrow('--pin must be the SHA-256 fingerprint')
  })

  test('a wrong password and a server that is not there are said in a sentence', async () => {
    await expect(client(right(), 'wrong').call('Test', {})).rejects.toThrow(
      'the server does not accept the user name and password',
    )
    const nobody = remoteRoute(
      { host: '127.0.0.1', port: 9, isPlain: false },
      { user: '', password: () => Promise.resolve('x'), pin: undefined },
    )
    await expect(new RpcClient(nobody).call('Test', {})).rejects.toThrow(
      /^the server 127\.0\.0\.1:9 cannot be reached: /,
    )
  })
})
