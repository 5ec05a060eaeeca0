// MD4 (RFC 1320), of which SoftEther's tools keep the NT hash of a user's password. Broken as a hash; here it is a format.
// OpenSSL 3 no longer offers it.

const BLOCK_LEN = 64
const DIGEST_LEN = 16
/** For each of the three rounds: the constant, the order of words, and four amounts of rotation. */
const ROUNDS = [
  { constant: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], bits: [3, 7, 11, 19] },
  { constant: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], bits: [3, 5, 9, 13] },
  { constant: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], bits: [3, 9, 11, 15] },
] as const

export function md4(message: Uint8Array): Uint8Array {
  const view = new DataView(padded(message).buffer)
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  for (let block = 0; block < view.byteLength; block += BLOCK_LEN) compress(state, view, block)
  const digest = new DataView(new ArrayBuffer(DIGEST_LEN))
  for (let i = 0; i < state.length; i += 1) digest.setUint32(i * 4, state[i]!, true)
  return new Uint8Array(digest.buffer)
}

function padded(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_LEN) * BLOCK_LEN)
  bytes.set(message)
  bytes[message.length] = 0x80
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, true)
  return bytes
}

function compress(state: Uint32Array, view: DataView, block: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number]
  for (const [round, { constant, order, bits }] of ROUNDS.entries()) {
    for (let step = 0; step < 16; step += 1) {
      const word = view.getUint32(block + order[step]! * 4, true)
      const sum = (a + mixed(round, b, c, d) + word + constant) >>> 0
      const amount = bits[step % 4]!
      const next = ((sum << amount) | (sum >>> (32 - amount))) >>> 0
      a = d
      d = c
      c = b
      b = next
    }
  }
  for (const [i, value] of [a, b, c, d].entries()) state[i]! += value
}

function mixed(round: number, x: number, y: number, z: number): number {
  if (round === 0) return (x & y) | (~x & z)
  if (round === 1) return (x & y) | (x & z) | (y & z)
  return x ^ y ^ z
}
