// Passwords for the doors that carry the password itself: kept as scrypt hashes (RFC 7914), compared in constant time; and the one that the
// first start makes up.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

export interface ScryptHash {
  /** Base64, as the hash. */
  readonly salt: string
  readonly hash: string
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

const COST = { cost: 16_384, blockSize: 8, parallelization: 1 } as const
const HASH_LEN = 32
const SALT_LEN = 16
/** Without 0, 1, I, L, O: it will be typed from a screen. 5 bits a letter, so 100 bits. */
const LETTERS = '23456789abcdefghjkmnpqrstuvwxyzA'
const PASSWORD_LEN = 20

export function generatePassword(): string {
  return Array.from(randomBytes(PASSWORD_LEN), (byte) => LETTERS[byte & 31]).join('')
}

export async function hashPassword(password: string): Promise<ScryptHash> {
  const salt = randomBytes(SALT_LEN)
  const hash = await derive(password, salt, HASH_LEN, COST)
  return { salt: salt.toString('base64'), hash: hash.toString('base64'), ...COST }
}

export async function verifyPassword(password: string, stored: ScryptHash): Promise<boolean> {
  const expected = Buffer.from(stored.hash, 'base64')
  const actual = await derive(password, Buffer.from(stored.salt, 'base64'), expected.length, stored)
  return expected.length > 0 && timingSafeEqual(actual, expected)
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  { cost, blockSize, parallelization }: Omit<ScryptHash, 'salt' | 'hash'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { cost, blockSize, parallelization }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}
