// SHA-0 (FIPS 180, 1993), which SoftEther's passwords rest on. It is SHA-1 but for one thing: the message schedule does not rotate
// (protocol reference 6). Broken as a hash; here it is a format.

const BLOCK_LEN = 64
const DIGEST_LEN = 20

export function sha0(message: Uint8Array): Uint8Array {
  const view = new DataView(padded(message).buffer)
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const words = new Uint32Array(80)
  for (let block = 0; block < view.byteLength; block += BLOCK_LEN) {
    for (let t = 0; t < 16; t += 1) words[t] = view.getUint32(block + t * 4)
    for (let t = 16; t < 80; t += 1) words[t] = words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!
    compress(state, words)
  }
  const digest = new DataView(new ArrayBuffer(DIGEST_LEN))
  for (let i = 0; i < state.length; i += 1) digest.setUint32(i * 4, state[i]!)
  return new Uint8Array(digest.buffer)
}

/** A one bit, zeros, and the length in bits as 64 bits. */
function padded(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_LEN) * BLOCK_LEN)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n)
  return bytes
}

function compress(state: Uint32Array, words: Uint32Array): void {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
  for (let t = 0; t < 80; t += 1) {
    const next = (rotated(a, 5) + mixed(t, b, c, d) + e + ROUND_CONSTANTS[Math.floor(t / 20)]! + words[t]!) >>> 0
    e = d
    d = c
    c = rotated(b, 30)
    b = a
    a = next
  }
  for (const [i, value] of [a, b, c, d, e].entries()) state[i]! += value
}

const ROUND_CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]

function mixed(t: number, b: number, c: number, d: number): number {
  if (t < 20) return (b & c) | (~b & d)
  if (t >= 40 && t < 60) return (b & c) | (b & d) | (c & d)
  return b ^ c ^ d
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0
}
