// A rate that may be exceeded for a moment: so much a second, and at most a burst of it kept, which is there at the beginning.
// Whatever is larger than what is left may still go when anything is left, and is paid for afterwards: so a super-frame passes
// a slow port too. Monotonic milliseconds.

export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #refilledAt = 0

  /** @param perSecond what flows in @param burst the most that is kept */
  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
  }

  /** Whether something is left; for who asks several buckets before it spends. */
  has(now: number): boolean {
    if (now > this.#refilledAt) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#refilledAt) * this.#perMs)
      this.#refilledAt = now
    }
    return this.#tokens > 0
  }

  spend(amount: number): void {
    this.#tokens -= amount
  }

  /** @returns whether it may go; if not, nothing is taken */
  take(amount: number, now: number): boolean {
    if (!this.has(now)) return false
    this.spend(amount)
    return true
  }
}
