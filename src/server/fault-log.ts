// Faults of the program itself: each is logged, with its stack the first time.

import type { Fields, Log } from './log.ts'

/** Different stacks that are remembered as told. */
export const FAULT_STACKS_MAX = 100

const PLACE_LINES = 4

export class FaultLog {
  readonly #log: Log
  readonly #told = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** @param text what became of it */
  fault(text: string, error: unknown, fields: Fields): void {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
    // Where it happened and who called; what called that in turn may be anything.
    const place = stack.split('\n', PLACE_LINES).join('\n')
    if (this.#told.has(place)) {
      this.#log.error(text, { ...fields, fault: message })
      return
    }
    if (this.#told.size < FAULT_STACKS_MAX) this.#told.add(place)
    this.#log.error(text, { ...fields, stack })
  }
}
