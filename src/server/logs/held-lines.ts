// Lines on their way to a log, in the order of their times, although the text of some is known later.
//
// A line that waits for a host name holds back those behind it, so that the log stays in order: readers and programs rely on
// it. It waits LOOKUP_MS_MAX at most (host-names.ts); past HELD_LINES_MAX the oldest goes out without the name.

export const HELD_LINES_MAX = 10_000

interface HeldLine {
  readonly at: number
  /** `undefined` while it is not known. */
  line: string | undefined
  /** What is written when nobody waits any longer. */
  readonly otherwise: string
}

export class HeldLines {
  readonly stats = { notHeldHeldLinesMax: 0 }
  readonly #write: (at: number, line: string) => void
  #held: HeldLine[] = []

  constructor(write: (at: number, line: string) => void) {
    this.#write = write
  }

  /** @param at milliseconds of the Unix epoch */
  write(at: number, line: string): void {
    if (this.#held.length === 0) this.#write(at, line)
    else this.#hold({ at, line, otherwise: line })
  }

  /** @returns what to call with the text; after that it is ignored */
  hold(at: number, otherwise: string): (line: string) => void {
    const held: HeldLine = { at, line: undefined, otherwise }
    this.#hold(held)
    return (line) => {
      if (held.line !== undefined) return
      held.line = line
      this.#drain()
    }
  }

  /** Everything goes out now. */
  release(): void {
    for (const held of this.#held) held.line ??= held.otherwise
    this.#drain()
  }

  #hold(held: HeldLine): void {
    this.#held.push(held)
    if (this.#held.length <= HELD_LINES_MAX) return
    this.stats.notHeldHeldLinesMax += 1
    const [oldest] = this.#held
    oldest!.line ??= oldest!.otherwise
    this.#drain()
  }

  #drain(): void {
    let ready = this.#held.findIndex(({ line }) => line === undefined)
    if (ready < 0) ready = this.#held.length
    for (const { at, line } of this.#held.splice(0, ready)) this.#write(at, line!)
  }
}
