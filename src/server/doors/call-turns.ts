// Management yields to guests: in one turn of the event loop calls are only begun for CALLS_MS_PER_TURN after the first, and while guests keep
// the server busy only within the calls' share of its time (call-share.ts); the others wait, in the order they came, and meanwhile frames
// are forwarded. A burst of administrators so costs a guest this much of delay, not the sum of their calls. A connection has one call
// here at a time (http-door.ts), so that nobody is served before others for asking more often.

import { CallShare, type LoopClock } from './call-share.ts'

/** Milliseconds. A single call that takes longer is not cut short. */
export const CALLS_MS_PER_TURN = 4
/** How long those wait whom the share leaves no time, before they are looked at again. */
const SHARE_WAIT_MS = 10

export interface TurnEnvironment extends LoopClock {
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): void
  /** Calls back in this turn, when all that promises have begun is done. */
  settled(callback: () => void): void
  later(ms: number, callback: () => void): void
}

export class CallTurns {
  readonly stats = { deferredCalls: 0 }
  readonly #environment: TurnEnvironment
  readonly #share: CallShare
  readonly #waiting: (() => void)[] = []
  /** Of the turn that has begun calls, until its end. */
  #begunAt: number | undefined
  #waitsForShare = false
  /** Begun since `#measuredFrom`, and not yet paid for. */
  #begunCalls = 0
  #measuredFrom = 0

  constructor(environment: TurnEnvironment) {
    this.#environment = environment
    this.#share = new CallShare(environment)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Begins the work in this turn or in a later one. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#mayBegin()) return this.#begin(work)
    this.stats.deferredCalls += 1
    return new Promise((resolve, reject) => this.#waiting.push(() => this.#begin(work).then(resolve, reject)))
  }

  #begin<T>(work: () => Promise<T>): Promise<T> {
    this.#begunCalls += 1
    if (this.#begunCalls === 1) {
      this.#measuredFrom = this.#environment.now()
      this.#environment.settled(() => this.#pay())
    }
    return work()
  }

  /** Only for what was done here: a call that waits for the disk takes nothing from anybody. */
  #pay(): void {
    this.#share.spend(this.#begunCalls, this.#environment.now() - this.#measuredFrom)
    this.#begunCalls = 0
  }

  #mayBegin(): boolean {
    if (!this.#share.allows()) {
      this.#waitForShare()
      return false
    }
    const now = this.#environment.now()
    if (this.#begunAt === undefined) {
      this.#begunAt = now
      this.#environment.nextTurn(() => this.#turn())
    }
    return now - this.#begunAt < CALLS_MS_PER_TURN
  }

  #waitForShare(): void {
    if (this.#waitsForShare) return
    this.#waitsForShare = true
    this.#environment.later(SHARE_WAIT_MS, () => {
      this.#waitsForShare = false
      this.#next()
    })
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
