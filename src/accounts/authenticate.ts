// Whether what somebody showed proves that he is a certain user (protocol reference 6, 7.1, 7.5).

import { timingSafeEqual, verify, X509Certificate } from 'node:crypto'
import { securePassword, userHash } from './password-hash.ts'
import type { User } from './user.ts'

/** What a client shows at its login. */
export type Credential =
  | { readonly kind: 'anonymous' }
  /** SHA0(stored hash ‖ the server's random bytes). */
  | { readonly kind: 'password'; readonly securePassword: Uint8Array }
  | { readonly kind: 'plainPassword'; readonly password: string }
  /** DER, and an RSA signature with SHA-1 over the server's random bytes. */
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array; readonly signature: Uint8Array }
  | { readonly kind: 'unsupported' }

/** What the server knows at that moment. */
export interface Challenge {
  readonly random: Uint8Array
  /** Milliseconds of the Unix epoch. */
  readonly wallClock: number
  /** Certificates of the authorities that the hub trusts, DER. */
  readonly authorities: readonly Uint8Array[]
}

/** A user without authentication is let in whatever he shows. */
export function isAuthentic(user: User, credential: Credential, challenge: Challenge): boolean {
  const { authentication } = user
  switch (authentication.kind) {
    case 'anonymous':
      return true
    case 'password':
      return hasPassword(authentication.hashedKey, user.name, credential, challenge.random)
    case 'certificate':
      return (
        credential.kind === 'certificate' &&
        isEqual(authentication.certificate, credential.certificate) &&
        isReadable(() => isSigned(credential, challenge.random))
      )
    case 'signedCertificate':
      return (
        credential.kind === 'certificate' &&
        isReadable(
          () => isTrusted(credential.certificate, authentication, challenge) && isSigned(credential, challenge.random),
        )
      )
  }
}

/** Of users and of a hub's administrator. @param hash userHash(name, password) */
export function hasPassword(hash: Uint8Array, name: string, credential: Credential, random: Uint8Array): boolean {
  if (credential.kind === 'password') return isEqual(securePassword(hash, random), credential.securePassword)
  return credential.kind === 'plainPassword' && isEqual(userHash(name, credential.password), hash)
}

export function isPasswordEmpty({ name, authentication }: User): boolean {
  return authentication.kind === 'password' && isHashOfNothing(authentication.hashedKey, name)
}

/** Whether it is that of the empty password. @param hash userHash(name, password) */
export function isHashOfNothing(hash: Uint8Array, name: string): boolean {
  return isEqual(hash, userHash(name, ''))
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function isSigned(shown: { certificate: Uint8Array; signature: Uint8Array }, random: Uint8Array): boolean {
  const key = certificateOf(shown.certificate)?.publicKey
  return key?.asymmetricKeyType === 'rsa' && verify('sha1', random, key, shown.signature)
}

function isTrusted(
  der: Uint8Array,
  { commonName, serial }: { readonly commonName: string; readonly serial: Uint8Array },
  { authorities, wallClock }: Challenge,
): boolean {
  const certificate = certificateOf(der)
  if (certificate === undefined) return false
  // A time that is none is before and after everything.
  if (!(wallClock >= Date.parse(certificate.validFrom) && wallClock <= Date.parse(certificate.validTo))) return false
  if (commonName !== '' && subjectName(certificate) !== commonName) return false
  if (serial.length > 0 && !isSameSerial(certificate.serialNumber, serial)) return false
  return authorities.some((authority) => {
    const issuer = certificateOf(authority)
    return issuer !== undefined && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  })
}

function subjectName(certificate: X509Certificate): string | undefined {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1]
}

/** A negative one, which RFC 5280 forbids, is nobody's. */
function isSameSerial(hex: string, serial: Uint8Array): boolean {
  if (!/^[0-9a-f]+$/i.test(hex)) return false
  return BigInt(`0x${hex}`) === BigInt(`0x${Buffer.from(serial).toString('hex')}`)
}

/** False as well for keys that OpenSSL cannot use, which it says only by an exception. */
function isReadable(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}

/** `undefined` for bytes that are none: OpenSSL says so only by an exception. */
function certificateOf(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}
