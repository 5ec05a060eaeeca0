import { describe, expect, test } from 'vitest'
import { generatePassword, hashPassword, verifyPassword } from './scrypt.ts'

describe('password', () => {
  test('a hash is good for its password only, and two hashes of one password differ', async () => {
    const first = await hashPassword('geheim')
    expect(await verifyPassword('geheim', first)).toBe(true)
    expect(await verifyPassword('Geheim', first)).toBe(false)
    expect((await hashPassword('geheim')).hash).not.toBe(first.hash)
  })

  test('generated ones are 20 letters that cannot be mistaken for each other', () => {
    expect(generatePassword()).toMatch(/^[2-9a-hjkmnp-zA]{20}$/)
    expect(generatePassword()).not.toBe(generatePassword())
  })
})
