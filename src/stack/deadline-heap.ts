// All deadlines of one SecureNAT in one binary heap, so that a single timer serves thousands of connections.
//
// Lazy: a deadline that moves later stays where it is and is looked at again when its old time comes; so the restart of
// a retransmission timer with every acknowledgment costs a comparison. Who has none any more is dropped when met.

export interface Deadline {
  /** Monotonic ms at which the heap will look at it; kept by the heap. */
  heapAt: number
  /** Place in the heap, -1 outside; kept by the heap. */
  heapIndex: number
  /** The true next deadline, Infinity for none. */
  nextDeadline(): number
  /** Called once `nextDeadline()` is reached; must move or clear it. */
  expire(now: number): void
}

export class DeadlineHeap {
  readonly #heap: Deadline[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When to call `expire` next; may be too early, never too late. */
  nextAt(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : (this.#heap[0] as Deadline).heapAt
  }

  /** Takes note that `item.nextDeadline()` may have changed. */
  update(item: Deadline): void {
    const at = item.nextDeadline()
    if (item.heapIndex >= 0) {
      if (at >= item.heapAt) return
      item.heapAt = at
      this.#up(item.heapIndex)
    } else if (at !== Number.POSITIVE_INFINITY) {
      item.heapAt = at
      item.heapIndex = this.#heap.length
      this.#heap.push(item)
      this.#up(item.heapIndex)
    }
  }

  remove(item: Deadline): void {
    const index = item.heapIndex
    if (index < 0) return
    item.heapIndex = -1
    const last = this.#heap.pop() as Deadline
    if (last === item) return
    this.#heap[index] = last
    last.heapIndex = index
    this.#up(index)
    this.#down(last.heapIndex)
  }

  /** Expires everything due at `now`. */
  expire(now: number): void {
    // Bounded: an item whose expiry sets a deadline that is already due waits for the next call.
    for (let budget = this.#heap.length; budget > 0 && this.nextAt() <= now; budget--) {
      const item = this.#heap[0] as Deadline
      this.remove(item)
      if (item.nextDeadline() <= now) item.expire(now)
      this.update(item)
    }
  }

  #up(from: number): void {
    const heap = this.#heap
    const item = heap[from] as Deadline
    let index = from
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1
      const parent = heap[parentIndex] as Deadline
      if (parent.heapAt <= item.heapAt) break
      heap[index] = parent
      parent.heapIndex = index
      index = parentIndex
    }
    heap[index] = item
    item.heapIndex = index
  }

  #down(from: number): void {
    const heap = this.#heap
    const item = heap[from] as Deadline
    let index = from
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= heap.length) break
      const right = heap[childIndex + 1]
      if (right !== undefined && right.heapAt < (heap[childIndex] as Deadline).heapAt) childIndex++
      const child = heap[childIndex] as Deadline
      if (child.heapAt >= item.heapAt) break
      heap[index] = child
      child.heapIndex = index
      index = childIndex
    }
    heap[index] = item
    item.heapIndex = index
  }
}
