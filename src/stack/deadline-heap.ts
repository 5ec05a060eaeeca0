// All deadlines of one SecureNAT in one binary heap, so that a single timer serves thousands of connections.
//
// Lazy: a deadline that moves later stays where it is and is looked at again when its old time comes; so the restart of
// a retransmission timer with every acknowledgment costs a comparison. Who has none any more is dropped when met.

import { type HeapItem, IndexedHeap } from '../base/indexed-heap.ts'

/** `heapAt` is when the heap will look at it, monotonic ms; kept by the heap. */
export interface Deadline extends HeapItem {
  /** The true next deadline, Infinity for none. */
  nextDeadline(): number
  /** Called once `nextDeadline()` is reached; must move or clear it. */
  expire(now: number): void
}

export class DeadlineHeap {
  readonly #heap = new IndexedHeap<Deadline>()

  get size(): number {
    return this.#heap.size
  }

  /** When to call `expire` next; may be too early, never too late. */
  nextAt(): number {
    return this.#heap.first?.heapAt ?? Number.POSITIVE_INFINITY
  }

  /** Takes note that `item.nextDeadline()` may have changed. */
  update(item: Deadline): void {
    const at = item.nextDeadline()
    if (item.heapIndex >= 0) {
      if (at < item.heapAt) this.#heap.lower(item, at)
    } else if (at !== Number.POSITIVE_INFINITY) {
      item.heapAt = at
      this.#heap.add(item)
    }
  }

  remove(item: Deadline): void {
    this.#heap.remove(item)
  }

  /** Expires everything due at `now`. */
  expire(now: number): void {
    // Bounded: an item whose expiry sets a deadline that is already due waits for the next call.
    for (let budget = this.#heap.size; budget > 0 && this.nextAt() <= now; budget--) {
      const item = this.#heap.first as Deadline
      this.remove(item)
      if (item.nextDeadline() <= now) item.expire(now)
      this.update(item)
    }
  }
}
