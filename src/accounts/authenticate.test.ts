import { createPrivateKey, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { type Credential, isAuthentic, isPasswordEmpty } from './authenticate.ts'
import { securePassword, userHash } from './password-hash.ts'
import type { User, UserAuthentication } from './user.ts'

const certificates = readVectors('certificates') as Record<
  'authority' | 'other_authority' | 'user' | 'user_key',
  string
>
const KEY = createPrivateKey({ key: Buffer.from(certificates.user_key, 'hex'), format: 'der', type: 'pkcs8' })
const RANDOM = hex('000102030405060708090a0b0c0d0e0f10111213')
const CERTIFICATE = hex(certificates.user)
const NOW = Date.UTC(2030, 0)

function isLetIn(
  authentication: UserAuthentication,
  credential: Credential,
  { authorities = [certificates.authority], wallClock = NOW } = {},
): boolean {
  return isAuthentic({ name: 'Alice', authentication } as User, credential, {
    random: RANDOM,
    wallClock,
    authorities: authorities.map(hex),
  })
}

function shown(certificate = CERTIFICATE, random = RANDOM): Credential {
  return { kind: 'certificate', certificate, signature: sign('sha1', random, KEY) }
}

describe('password', () => {
  const kind: UserAuthentication = {
    kind: 'password',
    hashedKey: userHash('Alice', 'secret'),
    ntLmSecureHash: new Uint8Array(0),
  }
  test.each<[string, Credential, boolean]>([
    [
      'answer to the challenge',
      { kind: 'password', securePassword: securePassword(userHash('ALICE', 'secret'), RANDOM) },
      true,
    ],
    [
      'answer to another challenge',
      { kind: 'password', securePassword: securePassword(userHash('alice', 'secret'), RANDOM.slice(1)) },
      false,
    ],
    ['the hash itself', { kind: 'password', securePassword: kind.hashedKey }, false],
    ['nothing', { kind: 'password', securePassword: new Uint8Array(0) }, false],
    ['plain', { kind: 'plainPassword', password: 'secret' }, true],
    ['another, plain', { kind: 'plainPassword', password: 'Secret' }, false],
    ['anonymous', { kind: 'anonymous' }, false],
    ['a certificate', shown(), false],
  ])('%s', (_what, credential, expected) => {
    expect(isLetIn(kind, credential)).toBe(expected)
  })

  test('an empty one is known as such', () => {
    expect(isPasswordEmpty({ name: 'Alice', authentication: kind } as User)).toBe(false)
    const empty = { ...kind, hashedKey: userHash('alice', '') }
    expect(isPasswordEmpty({ name: 'Alice', authentication: empty } as User)).toBe(true)
  })
})

test('who has no authentication is let in whatever he shows', () => {
  for (const credential of [{ kind: 'anonymous' }, { kind: 'unsupported' }, shown()] as const) {
    expect(isLetIn({ kind: 'anonymous' }, credential)).toBe(true)
  }
})

describe('own certificate', () => {
  const kind: UserAuthentication = { kind: 'certificate', certificate: CERTIFICATE }
  test.each<[string, Credential, boolean]>([
    ['the same, with the signature of its key', shown(), true],
    ['another', shown(hex(certificates.authority)), false],
    ['signature of other bytes', shown(CERTIFICATE, RANDOM.slice(1)), false],
    ['no signature', { kind: 'certificate', certificate: CERTIFICATE, signature: new Uint8Array(0) }, false],
    ['no certificate', { kind: 'certificate', certificate: new Uint8Array(9), signature: new Uint8Array(9) }, false],
    ['anonymous', { kind: 'anonymous' }, false],
  ])('%s', (_what, credential, expected) => {
    expect(isLetIn(kind, credential)).toBe(expected)
  })
})

describe('a certificate of a trusted authority', () => {
  const kind = (commonName = '', serial = ''): UserAuthentication => ({
    kind: 'signedCertificate',
    commonName,
    serial: hex(serial),
  })
  test.each<[string, UserAuthentication, boolean]>([
    ['any', kind(), true],
    ['with the right name', kind('alice'), true],
    ['with another name', kind('bob'), false],
    ['with the right serial number', kind('', '001a2b'), true],
    ['with another serial number', kind('', '1a2c'), false],
  ])('%s', (_what, authentication, expected) => {
    expect(isLetIn(authentication, shown())).toBe(expected)
  })

  test('of an authority that only has the same name, of none, or itself no certificate', () => {
    expect(isLetIn(kind(), shown(), { authorities: [certificates.other_authority] })).toBe(false)
    expect(isLetIn(kind(), shown(), { authorities: [] })).toBe(false)
    expect(isLetIn(kind(), shown(), { authorities: ['00'] })).toBe(false)
    expect(isLetIn(kind(), shown(new Uint8Array(100)))).toBe(false)
  })

  test('with a serial number below zero, or a key that nobody can use, is none', () => {
    const with_ = (from: string, to: string): Uint8Array => {
      const changed = certificates.user.replace(from, to)
      expect(changed).not.toBe(certificates.user)
      return hex(changed)
    }
    expect(isLetIn(kind('', '001a2b'), shown(with_('02021a2b', '02029a2b')))).toBe(false)
    const certificate = with_('06092a864886f70d010101', '06092a864886f70d01017f')
    expect(isLetIn({ kind: 'certificate', certificate }, shown(certificate))).toBe(false)
  })

  test('not before and not after its time, nor with a signature of another key', () => {
    expect(isLetIn(kind(), shown(), { wallClock: Date.UTC(2020, 0) })).toBe(false)
    expect(isLetIn(kind(), shown(), { wallClock: Date.UTC(2300, 0) })).toBe(false)
    expect(isLetIn(kind(), shown(hex(certificates.authority)))).toBe(false)
  })
})
