// Answers of operations that read tables, kept for a moment: what many administrators who watch the same page are told is made once.
//
// An answer is told again for SHARED_ANSWER_MS and no longer than until the next operation that changes anything, through whichever door: who has
// changed something sees it. The first who asks only leaves word that he has: an answer nobody else wants would lie in memory long enough to
// cost more than making it. Nothing is cleared by a timer; what stays when nobody asks any more is SHARED_ANSWER_LETTERS_MAX at the most.

export const SHARED_ANSWER_MS = 250
export const SHARED_ANSWERS_MAX = 256
/** Of all of them together. */
export const SHARED_ANSWER_LETTERS_MAX = 2_097_152

interface Kept {
  /** Empty: it was asked for once. */
  readonly text: string
  readonly madeAt: number
}

export class SharedAnswers {
  readonly stats = { shared: 0, evictedAnswers: 0 }
  readonly #now: () => number
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()
  #letters = 0
  #changes = 0

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  get letters(): number {
    return this.#letters
  }

  /** @param make the answer as it is now */
  async answer(key: string, make: () => Promise<string> | string): Promise<string> {
    const madeAt = this.#now()
    const kept = this.#kept.get(key)
    const isFresh = kept !== undefined && madeAt - kept.madeAt < SHARED_ANSWER_MS
    if (isFresh && kept.text !== '') {
      this.stats.shared += 1
      return kept.text
    }
    const changes = this.#changes
    const made = make()
    const text = typeof made === 'string' ? made : await made
    // What was changed meanwhile it may have been made without.
    if (changes === this.#changes) this.#keep(key, { text: isFresh ? text : '', madeAt })
    return text
  }

  /** Something was changed. */
  clear(): void {
    this.#changes += 1
    this.#kept.clear()
    this.#letters = 0
  }

  #keep(key: string, answer: Kept): void {
    this.#forget(key)
    if (answer.text.length > SHARED_ANSWER_LETTERS_MAX) return
    this.#makeRoom(answer)
    this.#kept.set(key, answer)
    this.#letters += answer.text.length
  }

  #makeRoom({ text, madeAt }: Kept): void {
    for (const [key, oldest] of this.#kept) {
      const isOver = madeAt - oldest.madeAt >= SHARED_ANSWER_MS
      const isFull = this.#kept.size >= SHARED_ANSWERS_MAX || this.#letters + text.length > SHARED_ANSWER_LETTERS_MAX
      if (!isOver && !isFull) return
      if (!isOver) this.stats.evictedAnswers += 1
      this.#forget(key)
    }
  }

  #forget(key: string): void {
    this.#letters -= this.#kept.get(key)?.text.length ?? 0
    this.#kept.delete(key)
  }
}
