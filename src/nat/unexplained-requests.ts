// Echo requests that a raw socket refused to send, in their order, until its error queue says why: what it says does not tell
// whose they were. The queue has little room, and of what it has no room for nothing is ever heard.

/** Requests remembered, as many as the queue has room for; past it the newest is not told of, as with the queue itself. */
export const UNEXPLAINED_REQUESTS_LIMIT = 256

export class UnexplainedRequests<T> {
  #requests: T[] = []

  get size(): number {
    return this.#requests.length
  }

  add(request: T): void {
    if (this.#requests.length < UNEXPLAINED_REQUESTS_LIMIT) this.#requests.push(request)
  }

  /** Whose the next error is. */
  next(): T | undefined {
    return this.#requests.shift()
  }

  /** The queue was read to its end: nothing is to come for those that are left. */
  queueIsEmpty(): void {
    this.#requests = []
  }
}
