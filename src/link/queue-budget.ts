// Bytes that may wait for slow peers: of several batches together, and of several such budgets together in a common pool.
// Who has less than his sure part is let in even when the pool is full, so that others' slow peers do not cost him everything.

export class QueueBudget {
  readonly #limit: number
  readonly #pool: QueueBudget | undefined
  readonly #sure: number
  #used = 0

  constructor(limit: number, pool?: QueueBudget, sure = 0) {
    this.#limit = limit
    this.#pool = pool
    this.#sure = sure
  }

  get used(): number {
    return this.#used
  }

  hasRoom(bytes: number): boolean {
    const used = this.#used + bytes
    return used <= this.#limit && (used <= this.#sure || this.#pool === undefined || this.#pool.hasRoom(bytes))
  }

  take(bytes: number): void {
    this.#used += bytes
    this.#pool?.take(bytes)
  }

  give(bytes: number): void {
    this.#used -= bytes
    this.#pool?.give(bytes)
  }
}
