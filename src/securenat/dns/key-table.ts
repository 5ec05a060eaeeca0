// Things found by a number of 32 bits, chained through themselves: putting one in and taking it out leaves nothing for the
// garbage collector, while a Map that is filled and emptied all the time is made anew all the time, and its former tables,
// once old, keep what they held alive.

export interface Keyed<T> {
  /** Set before it is put in, and left alone while it is in. */
  tableKey: number
  /** Kept by the table. */
  tableNext: T | undefined
}

const INITIAL_LISTS = 16

export class KeyTable<T extends Keyed<T>> {
  size = 0
  #heads: (T | undefined)[] = new Array(INITIAL_LISTS).fill(undefined)

  /** @returns the newest with this key */
  get(key: number): T | undefined {
    let item = this.#heads[key & (this.#heads.length - 1)]
    while (item !== undefined && item.tableKey !== key) item = item.tableNext
    return item
  }

  add(item: T): void {
    if (this.size >= 2 * this.#heads.length) this.#grow()
    this.#link(item)
    this.size += 1
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const list = item.tableKey & (this.#heads.length - 1)
    let before: T | undefined
    let at = this.#heads[list]
    while (at !== undefined && at !== item) {
      before = at
      at = at.tableNext
    }
    if (at === undefined) return false
    if (before === undefined) this.#heads[list] = item.tableNext
    else before.tableNext = item.tableNext
    item.tableNext = undefined
    this.size -= 1
    return true
  }

  clear(): void {
    this.#heads = new Array(INITIAL_LISTS).fill(undefined)
    this.size = 0
  }

  values(): T[] {
    const all: T[] = []
    for (const head of this.#heads) {
      for (let item = head; item !== undefined; item = item.tableNext) all.push(item)
    }
    return all
  }

  #link(item: T): void {
    const list = item.tableKey & (this.#heads.length - 1)
    item.tableNext = this.#heads[list]
    this.#heads[list] = item
  }

  #grow(): void {
    const all = this.values()
    this.#heads = new Array(2 * this.#heads.length).fill(undefined)
    for (const item of all) this.#link(item)
  }
}
