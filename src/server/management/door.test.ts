// Listeners, certificate, password and viewers, changed through the operations of a running server.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeTestCertificate, testCertificate } from '../../../test/support/certificate.ts'
import { administratorHash } from '../../accounts/password-hash.ts'
import { verifyPassword } from '../../accounts/scrypt.ts'
import { callOperation } from '../../admin/call.ts'
import type { Role } from '../../admin/operation.ts'
import type { RpcError } from '../../admin/rpc-error.ts'
import { LISTENERS_MAX } from '../config/config.ts'
import type { Server } from '../server.ts'
import { startServer } from '../start.ts'
import { serverManagement } from './management.ts'

let stateDir: string
let server: Server

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'doors-'))
  const { key, certificate } = testCertificate()
  writeFileSync(join(stateDir, 'tls.pem'), key + certificate)
  writeFileSync(join(stateDir, 'securenat.json'), '{"listen":["127.0.0.1:0"],"http":null,"hubs":{}}')
  const network = { listen: undefined, web: false }
  server = (
    await startServer({ stateDir, gso: false, version: '0.1.0', language: 'en', toOperator: () => {}, network })
  ).server
})
afterEach(async () => {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

const call = (method: string, params: object, role: Role = { kind: 'server' }): Promise<unknown> =>
  callOperation(method, params as Record<string, unknown>, {
    management: serverManagement(server),
    role,
    connection: 'RPC-1',
  })
const refusal = async (method: string, params: object): Promise<string> => {
  const error = await call(method, params).catch((thrown: RpcError) => thrown)
  return `${(error as RpcError).code} ${(error as RpcError).message}`
}
const saved = (): Record<string, unknown> => JSON.parse(readFileSync(join(stateDir, 'securenat.json'), 'utf8'))
async function listeners(): Promise<string[]> {
  const { ListenerList } = (await call('EnumListener', {})) as {
    ListenerList: { Ports_u32: number; Hosts_str: string; Enables_bool: boolean; Errors_bool: boolean }[]
  }
  return ListenerList.map(
    (row) => `${row.Hosts_str} ${row.Enables_bool ? 'on' : 'off'} ${row.Errors_bool ? 'failed' : 'good'}`,
  )
}
async function firstPort(): Promise<number> {
  return ((await call('EnumListener', {})) as { ListenerList: { Ports_u32: number }[] }).ListenerList[0]!.Ports_u32
}

describe('listeners', () => {
  test('are closed and opened, kept in the file, and deleted, by the port that is open', async () => {
    const port = await firstPort()
    expect(port).toBeGreaterThan(1)
    await call('EnableListener', { Port_u32: port, Enable_bool: false })
    expect(await listeners()).toEqual(['127.0.0.1 off good'])
    expect([saved().listen, saved().listenDisabled]).toEqual([[], ['127.0.0.1:0']])
    expect((await server.network())?.tls.listeners()).toEqual([])
    await call('CreateListener', { Port_u32: port, Host_str: '127.0.0.1' })
    expect(await listeners()).toEqual(['127.0.0.1 off good', '127.0.0.1 on good'])
    expect(await refusal('CreateListener', { Port_u32: port })).toBe(`54 There is a listener on port ${port} already.`)
    await call('DeleteListener', { Port_u32: port })
    expect(await listeners()).toEqual(['127.0.0.1 off good'])
  })

  test('--listen stands in for the file until the listeners are changed; then what was open is in the file', async () => {
    await server.stop()
    const network = { listen: [{ host: '127.0.0.1', port: 0 }], web: false }
    writeFileSync(join(stateDir, 'securenat.json'), '{"listen":["127.0.0.2:0"],"http":null,"hubs":{}}')
    const options = { stateDir, gso: false, version: '0.1.0', language: 'en', toOperator: () => {}, network } as const
    server = (await startServer(options)).server
    expect(await listeners()).toEqual(['127.0.0.1 on good'])
    await call('CreateListener', { Port_u32: 9, Host_str: '127.0.0.3', Enable_bool: false })
    expect([saved().listen, saved().listenDisabled]).toEqual([['127.0.0.1:0'], ['127.0.0.3:9']])
    expect(await listeners()).toEqual(['127.0.0.3 off good', '127.0.0.1 on good'])
  })

  test('mistakes are refused with the original codes', async () => {
    expect(await refusal('DeleteListener', { Port_u32: 9 })).toBe('53 There is no listener on port 9.')
    expect(await refusal('EnableListener', { Port_u32: 9, Enable_bool: true })).toBe(
      '53 There is no listener on port 9.',
    )
    expect(await refusal('CreateListener', { Port_u32: 0 })).toBe(
      '38 Port_u32 must be a whole number from 1 to 65535, is 0',
    )
    expect(await refusal('CreateListener', { Port_u32: 9, Host_str: 'a b' })).toBe(
      '38 Host_str must be an address of this computer, or * for every address, is "a b"',
    )
    await server.change((config) => ({
      ...config,
      listenDisabled: Array.from({ length: LISTENERS_MAX }, (_, i) => ({ host: '127.0.0.1', port: 100 + i })),
    }))
    expect(await refusal('CreateListener', { Port_u32: 9 })).toBe('110 There are as many as can be.')
  })
})

describe('certificate', () => {
  test('is shown to everybody, the key to the administrator of the server alone', async () => {
    const shown = (await call('GetServerCert', {})) as { Cert_bin: string; Key_bin: string }
    const certificate = new X509Certificate(Buffer.from(shown.Cert_bin, 'base64'))
    expect(certificate.subject).toBe('CN=test.example')
    const key = createPrivateKey({ key: Buffer.from(shown.Key_bin, 'base64'), format: 'der', type: 'pkcs1' })
    expect(certificate.checkPrivateKey(key)).toBe(true)
    expect(await call('GetServerCert', {}, { kind: 'hub', hub: 'X' })).toMatchObject({ Key_bin: '' })
    expect(await call('GetServerCert', {}, { kind: 'viewer', name: 'x' })).toMatchObject({ Key_bin: '' })
  })

  test('another one is installed, in DER or PEM, and a pair that is none is refused', async () => {
    const before = (await call('GetServerCert', {})) as { Cert_bin: string; Key_bin: string }
    const next = makeTestCertificate('next.example')
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    await call('SetServerCert', { Cert_bin: base64(next.certificate), Key_bin: base64(next.key) })
    const shown = (await call('GetServerCert', {})) as { Cert_bin: string }
    expect(new X509Certificate(Buffer.from(shown.Cert_bin, 'base64')).subject).toBe('CN=next.example')
    expect(readFileSync(join(stateDir, 'tls.pem'), 'utf8')).toContain(next.certificate)
    expect(await refusal('SetServerCert', { ...before, Key_bin: base64(next.key) })).toBe(
      '38 the certificate does not belong to the private key',
    )
    expect(await refusal('SetServerCert', { ...before, Cert_bin: 'AAAA' })).toMatch(
      /^38 the certificate cannot be read: /,
    )
    expect(await refusal('SetServerCert', { ...before, Key_bin: 'AAAA' })).toMatch(
      /^38 the private key cannot be read: /,
    )
    await call('SetServerCert', before)
    expect(await call('GetServerCert', {})).toEqual({ ...before, Flag1_u32: 0 })
  })

  test('one that was put into the file is taken over when the server is told to read it', async () => {
    const next = makeTestCertificate('by-hand.example')
    writeFileSync(join(stateDir, 'tls.pem'), next.key + next.certificate)
    await server.reload()
    const { Cert_bin } = (await call('GetServerCert', {})) as { Cert_bin: string }
    expect(new X509Certificate(Buffer.from(Cert_bin, 'base64')).subject).toBe('CN=by-hand.example')
  })

  test('a new one is made for a name', async () => {
    await call('RegenerateServerCert', { StrValue_str: 'vpn.example' })
    const { Cert_bin } = (await call('GetServerCert', {})) as { Cert_bin: string }
    const certificate = new X509Certificate(Buffer.from(Cert_bin, 'base64'))
    expect(certificate.subject).toBe('CN=vpn.example')
    expect(certificate.checkHost('vpn.example')).toBe('vpn.example')
  })
})

describe('administrators', () => {
  test('the password is set in the clear, or by the hash that SoftEther tools send; never to nothing', async () => {
    await call('SetServerPassword', { PlainTextPassword_str: 'new' })
    const { password } = server.config.administrator
    expect(await verifyPassword('new', password!.scrypt!)).toBe(true)
    expect(password!.softEther).toEqual(administratorHash('new'))
    const hash = (text: string): string => Buffer.from(administratorHash(text)).toString('base64')
    await call('SetServerPassword', { HashedPassword_bin: hash('other'), PlainTextPassword_str: 'ignored' })
    expect(server.config.administrator.password).toEqual({ scrypt: undefined, softEther: administratorHash('other') })
    expect(saved().administrator).toEqual({ password: { softEther: hash('other') } })
    for (const params of [{}, { PlainTextPassword_str: '' }, { HashedPassword_bin: hash('') }]) {
      expect(await refusal('SetServerPassword', params)).toMatch(/^38 PlainTextPassword_str must be a password; /)
    }
  })

  test('viewers come and go', async () => {
    await call('CreateViewer', { Name_str: 'monitor', Password_str: 'look' })
    expect(await call('EnumViewer', {})).toEqual({ ViewerList: [{ Name_str: 'monitor' }] })
    expect(await refusal('CreateViewer', { Name_str: 'monitor', Password_str: 'x' })).toMatch(/^66 /)
    expect(await refusal('CreateViewer', { Name_str: '@x', Password_str: 'x' })).toMatch(
      /^38 Name_str must be 1 to 64 /,
    )
    expect(await refusal('CreateViewer', { Name_str: 'x', Password_str: '' })).toMatch(/^38 Password_str must be /)
    await call('DeleteViewer', { Name_str: 'monitor' })
    expect(await refusal('DeleteViewer', { Name_str: 'monitor' })).toBe('29 There is no viewer "monitor".')
    expect(saved()).not.toHaveProperty('administrator.viewers')
  })
})
