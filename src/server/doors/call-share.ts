// How much of the server's time calls may take from guests: while guests keep it busy, a share, which is saved up for a moment of many; else
// all there is. Two hundred administrators who watch tables then wait longer for each look, and downloads go on.

import { TokenBucket } from '../../base/token-bucket.ts'

/** Milliseconds of each second. */
export const CALLS_MS_PER_SECOND = 35
/** Milliseconds. */
export const CALLS_MS_BURST = 350
/** What reading a request and sending its answer take beside the call itself, TLS included; as measured, milliseconds. */
const AROUND_CALL_MS = 0.5
/** Of the time that calls leave them: guests who fill more of it would have filled what calls took. */
const BUSY_SHARE = 0.6
/** Of all time: less is no more than calls that cost more than was reckoned. */
const BUSY_SHARE_MIN = 0.1
const WINDOW_MS = 100

export interface LoopClock {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds that the event loop has not waited, since it began. */
  busyMs(): number
}

export class CallShare {
  readonly #clock: LoopClock
  readonly #bucket = new TokenBucket(CALLS_MS_PER_SECOND, CALLS_MS_BURST)
  #areGuestsBusy = false
  /** Of the window that is being measured. */
  #since: number
  #busyBefore: number
  #callMs = 0

  constructor(clock: LoopClock) {
    this.#clock = clock
    this.#since = clock.now()
    this.#busyBefore = clock.busyMs()
  }

  /** Whether another call may begin. */
  allows(): boolean {
    const now = this.#clock.now()
    if (now - this.#since >= WINDOW_MS) this.#judge(now)
    return this.#bucket.has(now) || !this.#areGuestsBusy
  }

  /** @param ms what calls have taken themselves */
  spend(calls: number, ms: number): void {
    const all = ms + calls * AROUND_CALL_MS
    this.#callMs += all
    if (this.#areGuestsBusy) this.#bucket.spend(all)
  }

  #judge(now: number): void {
    const busy = this.#clock.busyMs()
    const ofGuests = busy - this.#busyBefore - this.#callMs
    const passed = now - this.#since
    this.#areGuestsBusy = ofGuests >= (passed - this.#callMs) * BUSY_SHARE && ofGuests >= passed * BUSY_SHARE_MIN
    this.#since = now
    this.#busyBefore = busy
    this.#callMs = 0
  }
}
