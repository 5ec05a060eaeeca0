// What pacing remembers of a connection; pacing.ts says what it does with it.

export interface Pacing {
  /** When what has left would have left, had it gone byte by byte. */
  nextAt: number
  /** Deadline at which more may leave, Infinity when nothing waits for it. */
  wakeAt: number
  /** Bytes a millisecond. */
  rate: number
}
