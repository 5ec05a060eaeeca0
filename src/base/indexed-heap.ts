// A binary heap whose items know their places, so that any of them can leave or move in O(log n).

export interface HeapItem {
  /** What the heap is ordered by, least first; while the item is in a heap, only `lower` changes it. */
  heapAt: number
  /** Place in the heap, -1 outside; kept by the heap. */
  heapIndex: number
}

export class IndexedHeap<Item extends HeapItem> {
  readonly #heap: Item[] = []

  get size(): number {
    return this.#heap.length
  }

  get first(): Item | undefined {
    return this.#heap[0]
  }

  /** It must be in no heap. */
  add(item: Item): void {
    item.heapIndex = this.#heap.length
    this.#heap.push(item)
    this.#up(item)
  }

  /** Moves an item of this heap forward. */
  lower(item: Item, at: number): void {
    item.heapAt = at
    this.#up(item)
  }

  /** @returns whether it was in this heap */
  remove(item: Item): boolean {
    const index = item.heapIndex
    if (index < 0 || this.#heap[index] !== item) return false
    item.heapIndex = -1
    const last = this.#heap.pop() as Item
    if (last === item) return true
    this.#heap[index] = last
    last.heapIndex = index
    this.#up(last)
    this.#down(last)
    return true
  }

  #up(item: Item): void {
    const heap = this.#heap
    let index = item.heapIndex
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1
      const parent = heap[parentIndex] as Item
      if (parent.heapAt <= item.heapAt) break
      heap[index] = parent
      parent.heapIndex = index
      index = parentIndex
    }
    heap[index] = item
    item.heapIndex = index
  }

  #down(item: Item): void {
    const heap = this.#heap
    let index = item.heapIndex
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= heap.length) break
      const right = heap[childIndex + 1]
      if (right !== undefined && right.heapAt < (heap[childIndex] as Item).heapAt) childIndex++
      const child = heap[childIndex] as Item
      if (child.heapAt >= item.heapAt) break
      heap[index] = child
      child.heapIndex = index
      index = childIndex
    }
    heap[index] = item
    item.heapIndex = index
  }
}
