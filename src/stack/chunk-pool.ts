// Memory for bytes on their way to guests, in chunks of two sizes: little for the many sessions that have little to
// send, much for the few that have much. An idle session has none.
//
// Every chunk begins with HEADROOM, where Ethernet, IP and TCP headers go in front of the payload without a copy.

/** Room for 14 + 20 + 60 bytes of headers and a virtio-net header; a multiple of 4 keeps the payload aligned. */
export const HEADROOM = 128
export const SMALL_CHUNK = 4096
export const LARGE_CHUNK = 65_536

/** Free chunks kept for the next use; more go back to the garbage collector. */
const FREE_SMALL_LIMIT = 256
const FREE_LARGE_LIMIT = 64

export interface Chunk {
  /** HEADROOM, then the payload area. */
  readonly bytes: Uint8Array
  /** Where the first byte not yet acknowledged lies, and where the last one ends. */
  start: number
  end: number
}

export class ChunkPool {
  readonly #freeSmall: Chunk[] = []
  readonly #freeLarge: Chunk[] = []
  #loan: Chunk | undefined
  readonly stats = { chunksInUse: 0, bytesInUse: 0 }

  /**
   * A large chunk that belongs to nobody: what is read into it is copied from it when it is little, and when it is much
   * the reader keeps the chunk (`takeLoan`).
   */
  get loan(): Chunk {
    this.#loan ??= this.#freeLarge.pop() ?? newChunk(LARGE_CHUNK)
    return this.#loan
  }

  takeLoan(): void {
    const loan = this.loan
    loan.start = HEADROOM
    loan.end = HEADROOM
    this.#loan = undefined
    this.stats.chunksInUse++
    this.stats.bytesInUse += loan.bytes.length
  }

  take(large: boolean): Chunk {
    const chunk = (large ? this.#freeLarge : this.#freeSmall).pop() ?? newChunk(large ? LARGE_CHUNK : SMALL_CHUNK)
    chunk.start = HEADROOM
    chunk.end = HEADROOM
    this.stats.chunksInUse++
    this.stats.bytesInUse += chunk.bytes.length
    return chunk
  }

  release(chunk: Chunk): void {
    this.stats.chunksInUse--
    this.stats.bytesInUse -= chunk.bytes.length
    const large = chunk.bytes.length > HEADROOM + SMALL_CHUNK
    const free = large ? this.#freeLarge : this.#freeSmall
    if (free.length < (large ? FREE_LARGE_LIMIT : FREE_SMALL_LIMIT)) free.push(chunk)
  }
}

function newChunk(size: number): Chunk {
  // A buffer of its own, not a slice of a shared one: system calls take its address, and nothing else pins it.
  return { bytes: new Uint8Array(new ArrayBuffer(HEADROOM + size)), start: HEADROOM, end: HEADROOM }
}
