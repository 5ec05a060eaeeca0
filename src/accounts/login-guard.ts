// Slows down who guesses passwords: after some failures of a source its next attempts wait, longer with every failure. Attempts of one source
// are judged one after the other, so that guessing in parallel is no quicker. Success does not wipe out failures: who owns one account
// could otherwise guess another's password between his own logins. So many may wait, of one source and in all; past that the source with the
// most of them gives up its oldest for one with fewer: who guesses from sixteen addresses keeps out nobody at a seventeenth.
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

interface Waiting {
  /** Never throws. @returns what tells the outcome, to be called when the place is free again */
  judge(): Promise<() => void>
  giveWay(): void
}

interface Source {
  failures: number
  lastFailureAt: number
  /** In the order they came, without the one that is being judged. */
  readonly queue: Waiting[]
  isJudging: boolean
  /** Somebody takes one after the other out of the queue, and may be waiting himself. */
  isServed: boolean
}

export class LoginGuard {
  readonly stats = { attempts: 0, failures: 0, delayed: 0, refusedWaiting: 0, displaced: 0, evictedSources: 0 }
  readonly #options: LoginGuardOptions
  /** In the order of their last failure or first attempt. */
  readonly #sources = new Map<string, Source>()
  #waiting = 0

  constructor(options: LoginGuardOptions) {
    this.#options = options
  }

  /** Whether an attempt of this source would be refused unheard. */
  isBusy(source: string): boolean {
    const own = waitingOf(this.#sources.get(source))
    const busy = own >= LOGIN_WAITING_PER_SOURCE_MAX || (this.#waiting >= LOGIN_WAITING_MAX && !this.#greatest(own))
    if (busy) this.stats.refusedWaiting += 1
    return busy
  }

  /** @returns what `check` answers, `undefined` being a failure; also, without asking it, when the source is busy or has to give way */
  attempt<T>(source: string, check: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    if (this.isBusy(source)) return Promise.resolve(undefined)
    this.stats.attempts += 1
    const entry = this.#entry(source)
    if (this.#waiting >= LOGIN_WAITING_MAX) this.#displace(waitingOf(entry))
    this.#waiting += 1
    return new Promise((resolve, reject) => {
      const judge = (): Promise<() => void> =>
        this.#judge(source, entry, check).then(
          (answer) => () => resolve(answer),
          (error: unknown) => () => reject(error),
        )
      entry.queue.push({ judge, giveWay: () => resolve(undefined) })
      if (!entry.isServed) void this.#serve(source, entry)
    })
  }

  /** The wait is the source's: whoever is the first afterwards is judged. */
  async #serve(source: string, entry: Source): Promise<void> {
    entry.isServed = true
    while (entry.queue.length > 0) {
      const wait = entry.lastFailureAt + delayAfter(entry.failures) - this.#options.now()
      if (entry.failures >= FREE_FAILURES && wait > 0) {
        this.stats.delayed += 1
        await this.#options.wait(wait)
      }
      const next = entry.queue.shift()
      if (next === undefined) break
      entry.isJudging = true
      const tell = await next.judge()
      entry.isJudging = false
      this.#waiting -= 1
      tell()
    }
    entry.isServed = false
    if (entry.failures === 0) this.#sources.delete(source)
  }

  async #judge<T>(
    source: string,
    entry: Source,
    check: () => Promise<T | undefined> | T | undefined,
  ): Promise<T | undefined> {
    const answer = await check()
    if (answer === undefined) this.#fail(source, entry)
    return answer
  }

  /** For one of a source that has fewer waiting. */
  #displace(own: number): void {
    const displaced = this.#greatest(own)?.queue.shift()
    if (displaced === undefined) return
    this.#waiting -= 1
    this.stats.displaced += 1
    displaced.giveWay()
  }

  /** The source with the most waiting, if it has more than these, and one who is not being judged already. */
  #greatest(own: number): Source | undefined {
    let greatest: Source | undefined
    for (const entry of this.#sources.values()) {
      if (entry.queue.length > 0 && waitingOf(entry) > Math.max(own, waitingOf(greatest))) greatest = entry
    }
    return greatest
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
      entry = { failures: 0, lastFailureAt: now, queue: [], isJudging: false, isServed: false }
      this.#sources.set(source, entry)
    } else if (!entry.isServed && now - entry.lastFailureAt >= FORGET_MS) {
      entry.failures = 0
    }
    return entry
  }

  /** The one that failed longest ago and is not being judged. */
  #evict(): void {
    for (const [source, { isServed }] of this.#sources) {
      if (isServed) continue
      this.#sources.delete(source)
      this.stats.evictedSources += 1
      return
    }
  }
}

function waitingOf(source: Source | undefined): number {
  return source === undefined ? 0 : source.queue.length + (source.isJudging ? 1 : 0)
}

function delayAfter(failures: number): number {
  return failures < FREE_FAILURES ? 0 : Math.min(LOGIN_DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES))
}
