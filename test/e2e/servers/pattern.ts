// The bytes that tests move: an AES-CTR key stream, so that any length of it can be made quickly at either end and no
// two places of it look alike.

import { createCipheriv, createHash } from 'node:crypto'

const CHUNK_LEN = 256 * 1024
const ZEROS = Buffer.alloc(CHUNK_LEN)

export function* patternChunks(length: number): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 0x5a), Buffer.alloc(16))
  for (let left = length; left > 0; left -= CHUNK_LEN) {
    yield cipher.update(left >= CHUNK_LEN ? ZEROS : ZEROS.subarray(0, left))
  }
}

export function pattern(length: number): Buffer {
  return Buffer.concat([...patternChunks(length)])
}

export function patternSha256(length: number): string {
  const hash = createHash('sha256')
  for (const chunk of patternChunks(length)) hash.update(chunk)
  return hash.digest('hex')
}
