// Slows down who guesses passwords: after some failures of a source its next attempts wait, longer with every failure. Attempts of one source
// are judged one after the other, so that guessing in parallel is no quicker. Success does not wipe out failures: who owns one account
// could otherwise guess another's password between his own logins.
//
// A source that is quiet long enough is forgotten; there is no timer for it, only for those who wait.

/** Sources with failures that are remembered. */
export const LOGIN_SOURCES_MAX = 4_096
/** Attempts of one source that wait to be judged. */
export const LOGIN_WAITING_PER_SOURCE_MAX = 16
export const LOGIN_WAITING_MAX = 256
export const LOGIN_DELAY_MS_MAX = 10_000
/** Failures without a wait: people mistype. */
const FREE_FAILURES = 3
const FIRST_DELAY_MS = 250
const FORGET_MS = 600_000

export interface LoginGuardOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
  /** An attempt failed; `failures` of this source so far. */
  readonly failed: (source: string, failures: number) => void
}

interface Source {
  failures: number
  lastFailureAt: number
  waiting: number
  /** The end of its queue. */
  turn: Promise<unknown>
}

export class LoginGuard {
  readonly stats = { attempts: 0, failures: 0, delayed: 0, refusedWaiting: 0, evictedSources: 0 }
  readonly #options: LoginGuardOptions
  /** In the order of their last failure or first attempt. */
  readonly #sources = new Map<string, Source>()
  #waiting = 0

  constructor(options: LoginGuardOptions) {
    this.#options = options
  }

  /** Whether an attempt of this source would be refused unheard. */
  isBusy(source: string): boolean {
    const waiting = this.#sources.get(source)?.waiting ?? 0
    const busy = waiting >= LOGIN_WAITING_PER_SOURCE_MAX || this.#waiting >= LOGIN_WAITING_MAX
    if (busy) this.stats.refusedWaiting += 1
    return busy
  }

  /** @returns what `check` answers, `undefined` being a failure; also when the source is busy, without asking */
  async attempt<T>(source: string, check: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    if (this.isBusy(source)) return undefined
    this.stats.attempts += 1
    const entry = this.#entry(source)
    entry.waiting += 1
    this.#waiting += 1
    const judged = entry.turn.then(() => this.#judge(source, entry, check))
    entry.turn = judged.catch(() => undefined)
    try {
      return await judged
    } finally {
      entry.waiting -= 1
      this.#waiting -= 1
      if (entry.waiting === 0 && entry.failures === 0) this.#sources.delete(source)
    }
  }

  async #judge<T>(
    source: string,
    entry: Source,
    check: () => Promise<T | undefined> | T | undefined,
  ): Promise<T | undefined> {
    const wait = entry.lastFailureAt + delayAfter(entry.failures) - this.#options.now()
    if (entry.failures >= FREE_FAILURES && wait > 0) {
      this.stats.delayed += 1
      await this.#options.wait(wait)
    }
    const answer = await check()
    if (answer === undefined) this.#fail(source, entry)
    return answer
  }

  #fail(source: string, entry: Source): void {
    entry.failures += 1
    entry.lastFailureAt = this.#options.now()
    this.stats.failures += 1
    this.#sources.delete(source)
    this.#sources.set(source, entry)
    this.#options.failed(source, entry.failures)
  }

  #entry(source: string): Source {
    let entry = this.#sources.get(source)
    const now = this.#options.now()
    if (entry === undefined) {
      if (this.#sources.size >= LOGIN_SOURCES_MAX) this.#evict()
      entry = { failures: 0, lastFailureAt: now, waiting: 0, turn: Promise.resolve() }
      this.#sources.set(source, entry)
    } else if (entry.waiting === 0 && now - entry.lastFailureAt >= FORGET_MS) {
      entry.failures = 0
    }
    return entry
  }

  /** The one that failed longest ago and is not being judged. */
  #evict(): void {
    for (const [source, { waiting }] of this.#sources) {
      if (waiting > 0) continue
      this.#sources.delete(source)
      this.stats.evictedSources += 1
      return
    }
  }
}

function delayAfter(failures: number): number {
  return failures < FREE_FAILURES ? 0 : Math.min(LOGIN_DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES))
}
