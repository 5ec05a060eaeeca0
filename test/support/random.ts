// Seeded random numbers (mulberry32), so that a failing run can be had again.

export interface Random {
  /** Unsigned 32 bits. */
  (): number
  /** 0 ≤ x < n, whole. */
  below(n: number): number
  chance(probability: number): boolean
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return Object.assign(next, {
    below: (n: number) => Math.floor((next() / 0x1_0000_0000) * n),
    chance: (probability: number) => next() / 0x1_0000_0000 < probability,
  })
}

/** Bytes in which every shift, swap and repetition shows: no short period. */
export function patternBytes(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = patternByte(from + index)
  return bytes
}

export function patternByte(position: number): number {
  return (Math.imul(position, 0x9e3779b1) >>> 24) ^ (position & 0xff)
}
