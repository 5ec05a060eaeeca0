// One RSA key and certificate for all tests of a worker: making one takes longer than most tests.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyAndCertificate } from '../../src/server/doors/certificate-store.ts'
import { pem, selfSignedCertificate } from '../../src/server/doors/self-signed.ts'

let made: KeyAndCertificate | undefined

export function testCertificate(): KeyAndCertificate {
  made ??= makeTestCertificate('test.example')
  return made
}

export function makeTestCertificate(commonName: string): KeyAndCertificate {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = selfSignedCertificate({
    privateKey,
    commonName,
    names: [commonName, 'localhost', '127.0.0.1', '::1'],
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2055-01-01T00:00:00Z'),
    serial: randomBytes(16),
  })
  return { key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })), certificate }
}
