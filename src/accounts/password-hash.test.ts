// Against values captured from SoftEther's programs, and the examples of the standards.

import { describe, expect, test } from 'vitest'
import { md4 } from './md4.ts'
import { administratorHash, hubPassword, ntHash, securePassword, userHash } from './password-hash.ts'
import { sha0 } from './sha0.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const text = (message: string): Uint8Array => new TextEncoder().encode(message)
const RANDOM = bytes('000102030405060708090a0b0c0d0e0f10111213')

describe('SHA-0', () => {
  test.each([
    ['', 'f96cea198ad1dd5617ac084a3d92c6107708c0ef'],
    ['abc', '0164b8a914cd2a5e74c4f7ff082c4d97f1edf880'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 'd2516ee1acfa5baf33dfc1c471e438449ef134c8'],
  ])('of "%s"', (message, digest) => {
    expect(hex(sha0(text(message)))).toBe(digest)
  })
})

describe('MD4, RFC 1320 A.5', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    ],
  ])('of "%s"', (message, digest) => {
    expect(hex(md4(text(message)))).toBe(digest)
  })
})

describe('passwords', () => {
  test.each([
    ['u1', 'pw1', '193de8497a3f67192425339402ef33ec2e8caea7'],
    ['U1', 'pw1', '193de8497a3f67192425339402ef33ec2e8caea7'],
    ['anon', '', '46fa9e885aac373e2ac16df2cae500ba36032cee'],
    ['üser', 'päss', 'c6a30d6181c5e9a7ce81e5389277da8af6d0eb2d'],
  ])('of the user %s', (name, password, hash) => {
    expect(hex(userHash(name, password))).toBe(hash)
  })

  test('the NT hash is the one vpncmd sends', () => {
    expect(hex(ntHash('pw1'))).toBe('48b8efc2f1caff1d40153937b3db9c5a')
  })

  test('of an administrator, and the answer to a challenge', () => {
    expect(hex(administratorHash('srvpass'))).toBe('d4ddfd4eb5e59e8baf949736fa902608d31722a4')
    expect(hex(securePassword(administratorHash('srvpass'), RANDOM))).toBe('9d7f70c28adc3d4aae3edf9a9043c3391b702cb4')
    expect(hex(securePassword(userHash('u1', 'pw1'), RANDOM))).toBe('1e9d2e20b76071f3d4b08ea984c3cb710723825f')
  })

  test('of a hub: its administrator, and the user Administrator', () => {
    const { hashedPassword, securePassword: secure } = hubPassword('hubpass')
    expect(hex(hashedPassword)).toBe('a11fc7853551c6eaab4a1dbe6421a46a009b397f')
    expect(secure).toEqual(userHash('administrator', 'hubpass'))
  })
})
