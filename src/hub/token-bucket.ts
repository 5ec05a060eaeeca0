// A rate that may be exceeded for a moment. Whatever is larger than what is left may still go when anything is left, and is
// paid for afterwards: so a super-frame passes a slow port too.

export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: number

  /** @param perSecond what flows in @param burst the most that is kept */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** @returns whether it may go; if not, nothing is taken */
  take(amount: number, now: number): boolean {
    if (now > this.#at) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs)
      this.#at = now
    }
    if (this.#tokens <= 0) return false
    this.#tokens -= amount
    return true
  }
}
