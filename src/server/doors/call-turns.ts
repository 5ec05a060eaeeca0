// Management yields to guests: in one turn of the event loop calls are only begun for CALLS_MS_PER_TURN after the first; the others wait, in the order they
// came, for the turns after it, and between two turns frames are forwarded. A burst of administrators so costs a guest this much of delay, not
// the sum of their calls. A connection has one call here at a time (http-door.ts), so that nobody is served before others for asking more often.

/** Milliseconds. A single call that takes longer is not cut short. */
export const CALLS_MS_PER_TURN = 4

export interface TurnEnvironment {
  /** Monotonic milliseconds. */
  now(): number
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): void
  /** Calls back in this turn, when all that promises have begun is done. */
  settled(callback: () => void): void
}

export class CallTurns {
  readonly stats = { deferredCalls: 0 }
  readonly #environment: TurnEnvironment
  readonly #waiting: (() => void)[] = []
  /** Of the turn that has begun calls, until its end. */
  #begunAt: number | undefined

  constructor(environment: TurnEnvironment) {
    this.#environment = environment
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Begins the work in this turn or in a later one. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#mayBegin()) return work()
    this.stats.deferredCalls += 1
    return new Promise((resolve, reject) => this.#waiting.push(() => work().then(resolve, reject)))
  }

  #mayBegin(): boolean {
    const now = this.#environment.now()
    if (this.#begunAt === undefined) {
      this.#begunAt = now
      this.#environment.nextTurn(() => this.#turn())
    }
    return now - this.#begunAt < CALLS_MS_PER_TURN
  }

  #turn(): void {
    this.#begunAt = undefined
    this.#next()
  }

  #next(): void {
    if (this.#waiting.length === 0 || !this.#mayBegin()) return
    this.#waiting.shift()!()
    this.#environment.settled(() => this.#next())
  }
}
