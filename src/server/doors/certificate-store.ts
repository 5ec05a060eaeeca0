// The server's certificate and its key: one file, tls.pem in the state directory, for its owner alone. One file, so that a replacement is
// whole or not at all. Made at the first start; an administrator installs another, or puts it there by hand and reloads.
//
// Every connection of a VPN session must be shown the same certificate (a SoftEther client drops the session otherwise), so the one before
// is kept for sources that ask for it (tls-listener.ts).

import { createPrivateKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { writeFileAtomically } from '../atomic-file.ts'
import { pem, selfSignedCertificate } from './self-signed.ts'

/** RSA, since some of SoftEther's tools expect it. */
const KEY_BITS = 2048
const VALID_YEARS = 10
const CLOCK_SKEW_MS = 86_400_000

export interface KeyAndCertificate {
  /** PEM, as the TLS library takes them; the certificate may be followed by its chain. */
  readonly key: string
  readonly certificate: string
}

/** What keeps a file or an upload from being used, for people. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

export class CertificateStore {
  readonly #path: string
  #current: KeyAndCertificate | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** @throws when there is none yet */
  get current(): KeyAndCertificate {
    if (this.#current === undefined) throw new CertificateError('there is no certificate yet')
    return this.#current
  }

  /** Reads the file, or makes one. @throws CertificateError */
  async open(): Promise<{ made: boolean }> {
    const text = readIfThere(this.#path)
    if (text === undefined) {
      await this.regenerate(hostname())
      return { made: true }
    }
    this.#current = parsePem(text, this.#path)
    return { made: false }
  }

  /** Reads the file again. @returns whether it has changed @throws CertificateError; the one in use stays */
  reload(): boolean {
    const text = readIfThere(this.#path)
    if (text === undefined) return false
    const next = parsePem(text, this.#path)
    const changed = next.certificate !== this.#current?.certificate
    this.#current = next
    return changed
  }

  /** @throws CertificateError when they do not belong together */
  async replace(next: KeyAndCertificate): Promise<void> {
    checkPair(next, 'the certificate')
    await this.#save(next)
  }

  /** One for this run of the server, where the file cannot be used; the file stays as it is. */
  async useTemporary(): Promise<void> {
    this.#current = await makeCertificate(hostname())
  }

  /** A new key, and a certificate made with it. */
  async regenerate(commonName: string): Promise<void> {
    await this.#save(await makeCertificate(commonName))
  }

  async #save(next: KeyAndCertificate): Promise<void> {
    await writeFileAtomically(this.#path, next.key + next.certificate, 0o600)
    this.#current = next
  }
}

/** In the background: the key is made by a thread of the pool. */
async function makeCertificate(commonName: string): Promise<KeyAndCertificate> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS })
  const now = Date.now()
  const notAfter = new Date(now)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS)
  const certificate = selfSignedCertificate({
    privateKey,
    commonName,
    names: [...new Set([commonName, 'localhost', '127.0.0.1', '::1'].filter(isCertifiable))],
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter,
    serial: randomBytes(16),
  })
  return { key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })), certificate }
}

/** A common name may be anything; a DNS name may not. */
function isCertifiable(name: string): boolean {
  return /^[A-Za-z0-9._:-]{1,253}$/.test(name)
}

function parsePem(text: string, path: string): KeyAndCertificate {
  const blocks = (label: RegExp): string =>
    [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----\n?/g)]
      .filter((match) => label.test(match[1]!))
      .map(([block]) => block)
      .join('')
  const next = { key: blocks(/PRIVATE KEY$/), certificate: blocks(/^CERTIFICATE$/) }
  checkPair(next, path)
  return next
}

/** From what an administrator sends: DER, or PEM. @throws CertificateError */
export function keyAndCertificate(certificate: Uint8Array, key: Uint8Array): KeyAndCertificate {
  return { key: privateKeyPem(Buffer.from(key)), certificate: certificatePem(Buffer.from(certificate)) }
}

function certificatePem(bytes: Buffer): string {
  if (bytes.includes('-----BEGIN CERTIFICATE-----')) return bytes.toString('utf8')
  try {
    return pem('CERTIFICATE', new X509Certificate(bytes).raw)
  } catch (error) {
    throw new CertificateError(`the certificate cannot be read: ${(error as Error).message}`)
  }
}

function privateKeyPem(bytes: Buffer): string {
  const forms = bytes.includes('-----BEGIN ')
    ? [{ key: bytes.toString('utf8'), format: 'pem' } as const]
    : (['pkcs1', 'pkcs8', 'sec1'] as const).map((type) => ({ key: bytes, format: 'der', type }) as const)
  for (const form of forms) {
    try {
      return pem('PRIVATE KEY', createPrivateKey(form).export({ type: 'pkcs8', format: 'der' }))
    } catch {
      // Another form, or none.
    }
  }
  throw new CertificateError('the private key cannot be read: it must be PKCS #1, PKCS #8 or SEC 1, not encrypted')
}

function checkPair({ key, certificate }: KeyAndCertificate, what: string): void {
  let belongs: boolean
  try {
    belongs = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch (error) {
    throw new CertificateError(`${what} cannot be read: ${(error as Error).message}`)
  }
  if (!belongs) throw new CertificateError(`${what} does not belong to the private key`)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CertificateError(`${path} cannot be read: ${(error as Error).message}`)
  }
}
