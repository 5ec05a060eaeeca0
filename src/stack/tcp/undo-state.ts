// What is remembered of a recovery until it is known whether it was needed; undo.ts says what is done with it.

import type { Congestion } from './congestion.ts'

export interface Undo {
  /** SND.UNA and SND.NXT when recovery began. */
  readonly seq: number
  readonly end: number
  readonly before: Readonly<Congestion>
  /** The timestamp of the first byte's second transmission, until its answer has been looked at. */
  resentAt: number | undefined
  isAnswered: boolean
  /** Sent again, less what is known to have come twice. */
  resentBytes: number
  /** SND.NXT when recovery ended: reports of doubles come until this is acknowledged. */
  reportsUntil: number | undefined
}
