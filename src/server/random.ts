// Unsigned 32-bit random numbers from the system's generator, fetched many at a time: a call for each would cost more
// than the initial sequence number it is for.

import { randomFillSync } from 'node:crypto'

const BATCH = 256

export function randomSource(): () => number {
  const numbers = new Uint32Array(BATCH)
  let next = BATCH
  return () => {
    if (next === BATCH) {
      randomFillSync(numbers)
      next = 0
    }
    const number = numbers[next]!
    // A number given out is not kept: it may be part of a secret.
    numbers[next] = 0
    next += 1
    return number
  }
}
