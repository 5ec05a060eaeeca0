// Places for connections that have not shown yet who they are. Everyone may come in, so there are not enough places for everyone: when they
// are taken, the source with the most of them loses its oldest. Whoever opens ten thousand and finishes none pushes out himself,
// and who is alone at his address is never the one with the most.

export class WaitingRoom<T> {
  readonly #placesMax: number
  readonly #placesPerSourceMax: number
  /** Each in the order they came. */
  readonly #sources = new Map<string, Set<T>>()
  readonly #sourceOf = new Map<T, string>()

  constructor(placesMax: number, placesPerSourceMax: number) {
    this.#placesMax = placesMax
    this.#placesPerSourceMax = placesPerSourceMax
  }

  get size(): number {
    return this.#sourceOf.size
  }

  has(one: T): boolean {
    return this.#sourceOf.has(one)
  }

  /** In the order they came. */
  all(): IterableIterator<T> {
    return this.#sourceOf.keys()
  }

  /** @returns who has lost his place to it */
  add(one: T, source: string): T | undefined {
    const evicted = this.#makeRoom(source)
    if (evicted !== undefined) this.remove(evicted)
    this.#sourceOf.set(one, source)
    const ofSource = this.#sources.get(source)
    if (ofSource === undefined) this.#sources.set(source, new Set([one]))
    else ofSource.add(one)
    return evicted
  }

  /** @returns whether it was there */
  remove(one: T): boolean {
    const source = this.#sourceOf.get(one)
    if (source === undefined) return false
    this.#sourceOf.delete(one)
    const ofSource = this.#sources.get(source)!
    ofSource.delete(one)
    if (ofSource.size === 0) this.#sources.delete(source)
    return true
  }

  #makeRoom(source: string): T | undefined {
    const own = this.#sources.get(source)
    if (own !== undefined && own.size >= this.#placesPerSourceMax) return oldest(own)
    return this.size < this.#placesMax ? undefined : this.first()
  }

  /** Who has to go next: the oldest of the source with the most. */
  first(): T | undefined {
    return oldest(this.#greatest())
  }

  /** Looked for only when every place is taken. */
  #greatest(): Set<T> {
    let greatest = new Set<T>()
    for (const ofSource of this.#sources.values()) if (ofSource.size > greatest.size) greatest = ofSource
    return greatest
  }
}

function oldest<T>(ofSource: Set<T>): T | undefined {
  for (const one of ofSource) return one
  return undefined
}
