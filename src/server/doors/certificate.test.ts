// The certificate: what is made reads as it should by an independent reader, and the file is whole, private and replaceable.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeTestCertificate, testCertificate } from '../../../test/support/certificate.ts'
import { CertificateError, CertificateStore } from './certificate-store.ts'
import { selfSignedCertificate } from './self-signed.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certificate-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))
const path = (): string => join(directory, 'tls.pem')

describe('self-signed certificate', () => {
  test('OpenSSL reads what was written', () => {
    const { key, certificate } = testCertificate()
    const read = new X509Certificate(certificate)
    expect(read.subject).toBe('CN=test.example')
    expect(read.issuer).toBe(read.subject)
    expect(read.subjectAltName).toBe(
      'DNS:test.example, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(read.ca).toBe(false)
    expect(read.validFrom).toBe('Jan  1 00:00:00 2026 GMT')
    expect(read.validTo).toBe('Jan  1 00:00:00 2055 GMT')
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(read.verify(read.publicKey)).toBe(true)
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(read.checkHost('localhost')).toBe('localhost')
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1')
  })

  test.each([
    ['a leading zero is left out', Uint8Array.of(0, 0, 0x12, 0x34), '1234'],
    ['a high bit does not make it negative', Uint8Array.of(0xff, 0x01), 'FF01'],
  ])('a serial number: %s', (_name, serial, shown) => {
    const certificate = selfSignedCertificate({
      privateKey: createPrivateKey(testCertificate().key),
      commonName: 'x',
      names: ['x'],
      notBefore: new Date(0),
      notAfter: new Date(1e12),
      serial,
    })
    expect(new X509Certificate(certificate).serialNumber).toBe(shown)
  })
})

describe('certificate store', () => {
  test('the first start makes one for the owner alone, the next has the same', async () => {
    const store = new CertificateStore(path())
    expect(await store.open()).toEqual({ made: true })
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    const again = new CertificateStore(path())
    expect(await again.open()).toEqual({ made: false })
    expect(again.current).toEqual(store.current)
    expect(new X509Certificate(store.current.certificate).checkHost('localhost')).toBe('localhost')
  })

  test('one put there by hand is taken over on reload; a broken one is not, and the one in use stays', async () => {
    const first = testCertificate()
    writeFileSync(path(), first.key + first.certificate)
    const store = new CertificateStore(path())
    await store.open()
    expect(store.reload()).toBe(false)
    const second = makeTestCertificate('second.example')
    writeFileSync(path(), `some words\n${second.certificate}${second.key}`)
    expect(store.reload()).toBe(true)
    expect(store.current.certificate).toBe(second.certificate)
    writeFileSync(path(), second.key + first.certificate)
    expect(() => store.reload()).toThrow(`${path()} does not belong to the private key`)
    writeFileSync(path(), 'nothing')
    expect(() => store.reload()).toThrow(CertificateError)
    expect(store.current.certificate).toBe(second.certificate)
    await expect(store.replace({ key: first.key, certificate: second.certificate })).rejects.toBeInstanceOf(
      CertificateError,
    )
    await store.replace(first)
    expect(readFileSync(path(), 'utf8')).toBe(first.key + first.certificate)
  })
})
