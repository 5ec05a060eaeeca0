// Latencies of single operations: kept raw, so that the percentiles are exact. No allocation while measuring.

const SAMPLES_MAX = 2_000_000

export interface Percentiles {
  p50Us: number
  p99Us: number
  maxUs: number
}

export class Latencies {
  readonly #samples = new Float32Array(SAMPLES_MAX)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @param ms as two readings of `performance.now()` differ */
  add(ms: number): void {
    if (this.#count < SAMPLES_MAX) this.#samples[this.#count++] = ms * 1000
  }

  clear(): void {
    this.#count = 0
  }

  /** Empty when nothing was measured. */
  percentiles(): Partial<Percentiles> {
    if (this.#count === 0) return {}
    const sorted = this.#samples.subarray(0, this.#count).sort()
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)]!
    return { p50Us: at(0.5), p99Us: at(0.99), maxUs: at(1) }
  }
}
