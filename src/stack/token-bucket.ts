// So many a second, and a burst: what is asked for first is had. Monotonic milliseconds.

export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #refilledAt = 0

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  has(now: number): boolean {
    const earned = ((now - this.#refilledAt) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, this.#tokens + earned)
    this.#refilledAt = now
    return this.#tokens >= 1
  }

  take(): void {
    this.#tokens--
  }
}
