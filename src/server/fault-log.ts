// Faults of the program itself: each is logged, with its stack the first time.

import type { Fields, Log } from './log.ts'

/** Different stacks that are remembered as told. */
export const FAULT_STACKS_MAX = 100

export class FaultLog {
  readonly #log: Log
  readonly #told = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** @param text what became of it */
  fault(text: string, error: unknown, fields: Fields): void {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
    if (this.#told.has(stack)) {
      this.#log.error(text, { ...fields, fault: message })
      return
    }
    if (this.#told.size < FAULT_STACKS_MAX) this.#told.add(stack)
    this.#log.error(text, { ...fields, stack })
  }
}
