// Initial sequence numbers (RFC 6528): ISN = M + F(4-tuple, secret). M is the 4 µs timer of RFC 9293 section 3.4.1,
// F a keyed hash, here HalfSipHash-2-4 (Aumasson and Bernstein), whose 32-bit words suit JavaScript.

export class IssGenerator {
  readonly #key0: number
  readonly #key1: number

  constructor(random: () => number) {
    this.#key0 = random() | 0
    this.#key1 = random() | 0
  }

  /** @param now monotonic milliseconds */
  next(localAddress: number, localPort: number, remoteAddress: number, remotePort: number, now: number): number {
    const timer = Math.floor(now * 250) | 0
    const ports = (localPort << 16) | remotePort
    return (timer + halfSipHash(this.#key0, this.#key1, localAddress | 0, remoteAddress | 0, ports)) | 0
  }
}

/** HalfSipHash-2-4 of three 32-bit words. */
export function halfSipHash(key0: number, key1: number, word0: number, word1: number, word2: number): number {
  let v0 = key0
  let v1 = key1
  let v2 = 0x6c796765 ^ key0
  let v3 = 0x74656462 ^ key1
  // The last block carries the length (12 bytes) in its top octet.
  const blocks = [word0, word1, word2, 12 << 24]
  for (let index = 0; index <= blocks.length; index++) {
    const isFinal = index === blocks.length
    const block = isFinal ? 0 : (blocks[index] as number)
    if (isFinal) v2 ^= 0xff
    else v3 ^= block
    for (let round = isFinal ? 4 : 2; round > 0; round--) {
      v0 = (v0 + v1) | 0
      v1 = rotate(v1, 5) ^ v0
      v0 = rotate(v0, 16)
      v2 = (v2 + v3) | 0
      v3 = rotate(v3, 8) ^ v2
      v0 = (v0 + v3) | 0
      v3 = rotate(v3, 7) ^ v0
      v2 = (v2 + v1) | 0
      v1 = rotate(v1, 13) ^ v2
      v2 = rotate(v2, 16)
    }
    if (!isFinal) v0 ^= block
  }
  return v1 ^ v3
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
