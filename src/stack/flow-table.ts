// 4-tuple → T, a hash table with chains through the values themselves: no key object, no string, no entry object.

export interface Flow<T> {
  readonly localAddress: number
  readonly localPort: number
  readonly remoteAddress: number
  readonly remotePort: number
  /** Kept by the table. */
  hashNext: T | undefined
}

const INITIAL_BUCKETS = 256

export class FlowTable<T extends Flow<T>> {
  #buckets: (T | undefined)[] = new Array(INITIAL_BUCKETS).fill(undefined)
  #size = 0
  readonly #seed: number

  /** @param seed a random number, so that nobody outside can choose flows that fall into one chain */
  constructor(seed: number) {
    this.#seed = seed | 0
  }

  get size(): number {
    return this.#size
  }

  get(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): T | undefined {
    let item = this.#buckets[this.#index(localAddress, localPort, remoteAddress, remotePort)]
    while (
      item !== undefined &&
      (item.remotePort !== remotePort ||
        item.localPort !== localPort ||
        item.remoteAddress !== remoteAddress ||
        item.localAddress !== localAddress)
    ) {
      item = item.hashNext
    }
    return item
  }

  /** The flow must not be in the table yet. */
  add(item: T): void {
    if (this.#size >= this.#buckets.length) this.#grow()
    this.#link(item)
    this.#size++
  }

  /** @returns whether it was there */
  remove(item: T): boolean {
    const index = this.#indexOf(item)
    let previous: T | undefined
    let candidate = this.#buckets[index]
    while (candidate !== undefined && candidate !== item) {
      previous = candidate
      candidate = candidate.hashNext
    }
    if (candidate === undefined) return false
    if (previous === undefined) this.#buckets[index] = item.hashNext
    else previous.hashNext = item.hashNext
    item.hashNext = undefined
    this.#size--
    return true
  }

  *values(): IterableIterator<T> {
    for (const first of this.#buckets) {
      for (let item = first; item !== undefined; ) {
        // Read before the value is handed out: the caller may remove it.
        const next: T | undefined = item.hashNext
        yield item
        item = next
      }
    }
  }

  #grow(): void {
    const all = [...this.values()]
    this.#buckets = new Array(this.#buckets.length * 4).fill(undefined)
    for (const item of all) this.#link(item)
  }

  #link(item: T): void {
    const index = this.#indexOf(item)
    item.hashNext = this.#buckets[index]
    this.#buckets[index] = item
  }

  #indexOf(item: T): number {
    return this.#index(item.localAddress, item.localPort, item.remoteAddress, item.remotePort)
  }

  #index(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): number {
    let hash = Math.imul(localAddress ^ this.#seed, 0x9e3779b1)
    hash = Math.imul((hash ^ (hash >>> 15)) + remoteAddress, 0x85ebca77)
    hash = Math.imul((hash ^ (hash >>> 13)) + ((localPort << 16) | remotePort), 0xc2b2ae3d)
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1)
  }
}
