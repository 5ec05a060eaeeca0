// Time that moves only when a test says so. Callbacks run in the order of their instants, then of their setting.

/** Milliseconds of the Unix epoch at the clock's zero. */
export const EPOCH = Date.UTC(2026, 10, 23)

interface Task {
  at: number
  order: number
  run: () => void
}

export class ManualClock {
  #now = 0
  #orders = 0
  /** A binary heap: scenarios have thousands of frames under way. */
  readonly #tasks: Task[] = []
  readonly #cancelled = new Set<Task>()
  /** More tasks than this in one run mean timers that set each other for ever. */
  taskLimit = Number.POSITIVE_INFINITY

  readonly now = (): number => this.#now
  readonly wallClock = (): number => EPOCH + this.#now

  /** Tasks that would run if time went on for ever; 0: nothing will ever happen again. */
  get pending(): number {
    return this.#tasks.length - this.#cancelled.size
  }

  readonly setTimer = (delayMs: number, run: () => void): (() => void) => {
    if (!(delayMs >= 0)) throw new RangeError(`not a delay: ${delayMs}`)
    const task = { at: this.#now + delayMs, order: this.#orders++, run }
    this.#push(task)
    let settled = false
    return () => {
      if (settled || task.order < 0) return
      settled = true
      this.#cancelled.add(task)
    }
  }

  /** Lets `ms` go by. */
  advance(ms: number): void {
    this.runUntil(() => false, ms)
  }

  /** Lets time go by until `done()`, at most `limitMs`. @returns whether it is done */
  runUntil(done: () => boolean, limitMs: number): boolean {
    const end = this.#now + limitMs
    let tasks = 0
    while (!done()) {
      const task = this.#tasks[0]
      if (task === undefined || task.at > end) {
        if (end !== Number.POSITIVE_INFINITY) this.#now = end
        return done()
      }
      this.#pop()
      if (this.#cancelled.delete(task)) continue
      if (++tasks > this.taskLimit) throw new Error(`timers spin at ${task.at} ms`)
      this.#now = Math.max(this.#now, task.at)
      task.order = -1
      task.run()
    }
    return true
  }

  #push(task: Task): void {
    const heap = this.#tasks
    let index = heap.push(task) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent]!, task)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = task
  }

  #pop(): void {
    const heap = this.#tasks
    const last = heap.pop()!
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
