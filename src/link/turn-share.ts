// How much a link takes in at one go, so that what comes in by other links is not kept waiting: a flood of frames that each open
// a session costs a hundred times what as many bytes of an established connection do. The amount follows what the last
// ones cost, by halves and doubles; what is left stays with the sender, whose own queue it fills.

/** A guest's packets wait for another guest's so long, and not much longer. */
export const TURN_MS = 0.2
/** Below it there is room to take more. */
const CHEAP_MS = TURN_MS / 2
/** Where all that may ever be taken would not cost more than this, there is no flood, and pieces would only cost more. */
export const WHOLE_MS = 1

export class TurnShare {
  /** The most to take now. */
  limit: number
  readonly #min: number
  readonly #max: number
  readonly #now: () => number
  #startedAt = 0
  #wasDear = false

  /** @param now milliseconds, with fractions */
  constructor(min: number, max: number, now: () => number = () => performance.now()) {
    this.limit = max
    this.#min = min
    this.#max = max
    this.#now = now
  }

  begin(): void {
    this.#startedAt = this.#now()
  }

  /** @param taken and handed in since `begin` */
  end(taken: number): void {
    const elapsed = this.#now() - this.#startedAt
    const isDear = elapsed > TURN_MS && elapsed * this.#max > WHOLE_MS * taken
    // Once may be the machine's doing, which had something else to do in between.
    if (isDear && this.#wasDear) this.limit = Math.max(this.#min, taken >>> 1)
    else if (elapsed < CHEAP_MS && taken >= this.limit) this.limit = Math.min(this.#max, 2 * this.limit)
    this.#wasDear = isDear
  }
}
