// Costs of single operations in one process: each loop runs for rounds of a fixed time after a warm-up, and its median
// round counts. The spread is printed beside it: where it is wide, something else ran on the machine.

import { median } from '../statistics.ts'

const ROUNDS = 9
const ROUND_MS = 60
const WARM_UP_MS = 250
/** The clock is read once per so many operations. */
const BATCH_MS = 1

/** Whatever a loop computes goes here, so that the compiler cannot leave it out. */
let sink = 0

interface Amount {
  /** What is done so many times in one operation; the time printed is that of one. */
  readonly items?: number
  /** Bytes handled by one operation: gives a rate. */
  readonly bytes?: number
}

/** Times `operation`, which returns something that depends on its work. */
export function bench(name: string, operation: () => number, { items = 1, bytes = 0 }: Amount = {}): void {
  const perBatch = calibrate(operation)
  const rounds = Array.from({ length: ROUNDS }, () => round(operation, perBatch) / items)
  const nanoseconds = median(rounds)
  const spread = `${Math.min(...rounds).toFixed(0)}–${Math.max(...rounds).toFixed(0)}`
  const rate = bytes === 0 ? '' : `${((bytes * 8) / (nanoseconds * items)).toFixed(1)} Gbit/s`
  console.log(`${name.padEnd(58)} ${nanoseconds.toFixed(0).padStart(8)} ns  [${spread}]  ${rate}`)
  if (sink === Number.POSITIVE_INFINITY) throw new Error('unreachable')
}

function calibrate(operation: () => number): number {
  const endAt = performance.now() + WARM_UP_MS
  let count = 0
  while (performance.now() < endAt) {
    sink += operation()
    count++
  }
  return Math.max(1, Math.round((count / WARM_UP_MS) * BATCH_MS))
}

/** @returns nanoseconds per operation */
function round(operation: () => number, perBatch: number): number {
  const startedAt = performance.now()
  let count = 0
  let now = startedAt
  for (const endAt = startedAt + ROUND_MS; now < endAt; now = performance.now()) {
    for (let index = 0; index < perBatch; index++) sink += operation()
    count += perBatch
  }
  return ((now - startedAt) * 1e6) / count
}
