// When something that failed is started again: at once the first time, and then ever later, so that a fault that comes back with
// the first frame costs little. After a time without a fault everything is as at first.

export const RESTART_DELAY_MS_MAX = 60_000
const FIRST_DELAY_MS = 1000
const CALM_MS = 600_000

export class Restarts {
  #failures = 0
  #lastAt = Number.NEGATIVE_INFINITY

  /** @param now monotonic milliseconds @returns how long to wait */
  delayMs(now: number): number {
    if (now - this.#lastAt > CALM_MS) this.#failures = 0
    this.#lastAt = now
    const delay = this.#failures === 0 ? 0 : Math.min(RESTART_DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (this.#failures - 1))
    this.#failures += 1
    return delay
  }
}
