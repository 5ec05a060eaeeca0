// Bytes from SND.UNA on, kept until the guest acknowledges them; readable at any offset without consuming.
//
//   head chunk            …            tail chunk
//   | headroom | freed |#########|     | headroom |####### | free |
//                      ^ offset 0 = SND.UNA               ^ length
//
// A piece handed out is contiguous and has room for headers before it; where that room holds payload of the same chunk,
// the sender saves and restores it (tcp/segment-output.ts). Pieces end at chunk borders, so a chunk is filled only to a multiple
// of the MSS while more is coming.

import { type Chunk, type ChunkPool, HEADROOM, LARGE_CHUNK, SMALL_CHUNK } from './chunk-pool.ts'

/** Fewer bytes than this are copied rather than given a large chunk of their own. */
const ADOPT_MIN = 16 * 1024
/** Of a buffer with nothing in it, as most are most of the time; never changed. */
const NO_CHUNKS: Chunk[] = []

export class SendBuffer {
  /** The piece found by `find`: `pieceLength` bytes at `pieceChunk.bytes[pieceStart]`. */
  pieceChunk: Chunk | undefined = undefined
  pieceStart = 0
  pieceLength = 0

  readonly #pool: ChunkPool
  readonly #capacityOfLarge: number
  #chunks = NO_CHUNKS
  #length = 0
  // Where the last search ended: output asks for rising offsets.
  #hintIndex = 0
  #hintOffset = 0

  /** @param mss payload bytes of a full segment */
  constructor(pool: ChunkPool, mss: number) {
    this.#pool = pool
    this.#capacityOfLarge = mss >= LARGE_CHUNK ? LARGE_CHUNK : Math.floor(LARGE_CHUNK / mss) * mss
  }

  get length(): number {
    return this.#length
  }

  /** Memory that all connections together use. */
  get pooledBytes(): number {
    return this.#pool.stats.bytesInUse
  }

  /** Memory to read into, at least ADOPT_MIN bytes: behind the last byte if there is so much room, else on loan. */
  readBuffer(limit: number): Uint8Array {
    const last = this.#chunks[this.#chunks.length - 1]
    const room = last === undefined ? 0 : this.room(last)
    if (last !== undefined && room >= ADOPT_MIN) return last.bytes.subarray(last.end, last.end + Math.min(room, limit))
    const { bytes } = this.#pool.loan
    return bytes.subarray(HEADROOM, HEADROOM + Math.min(this.#capacityOfLarge, limit))
  }

  /** Puts `bytes` behind what is there: by copy, unless they lie where `readBuffer` said and are many. */
  append(bytes: Uint8Array): void {
    if (bytes.length >= ADOPT_MIN && this.#adopt(bytes)) return
    const last = this.#chunks[this.#chunks.length - 1]
    if (last !== undefined && bytes.buffer === last.bytes.buffer && bytes.byteOffset === last.end) {
      this.commit(last, bytes.length)
      return
    }
    let position = 0
    while (position < bytes.length) {
      const chunk = this.tail(bytes.length - position)
      const n = Math.min(bytes.length - position, this.room(chunk))
      chunk.bytes.set(n === bytes.length ? bytes : bytes.subarray(position, position + n), chunk.end)
      this.commit(chunk, n)
      position += n
    }
  }

  #adopt(bytes: Uint8Array): boolean {
    const { loan } = this.#pool
    if (bytes.buffer !== loan.bytes.buffer) return false
    this.#pool.takeLoan()
    this.#push(loan)
    this.commit(loan, bytes.length)
    return true
  }

  /** A chunk with room at its end, taken from the pool if need be; fill it at `chunk.end`, then `commit`. */
  tail(wanted: number): Chunk {
    const last = this.#chunks[this.#chunks.length - 1]
    if (last !== undefined && this.room(last) > 0) return last
    const chunk = this.#pool.take(wanted > SMALL_CHUNK || this.#length >= SMALL_CHUNK)
    this.#push(chunk)
    return chunk
  }

  #push(chunk: Chunk): void {
    if (this.#chunks === NO_CHUNKS) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
  }

  room(chunk: Chunk): number {
    const capacity = chunk.bytes.length - HEADROOM
    return HEADROOM + (capacity === LARGE_CHUNK ? this.#capacityOfLarge : capacity) - chunk.end
  }

  commit(chunk: Chunk, n: number): void {
    chunk.end += n
    this.#length += n
  }

  /** Gives back a tail chunk into which nothing was put. */
  trim(): void {
    const last = this.#chunks[this.#chunks.length - 1]
    if (last !== undefined && last.start === last.end) {
      this.#chunks.pop()
      this.#pool.release(last)
      this.#forgetHint()
    }
  }

  /** Finds the contiguous piece at `offset`, of at most `limit` bytes; `offset` must be below `length`. */
  find(offset: number, limit: number): void {
    let index = this.#hintIndex
    let base = this.#hintOffset
    if (offset < base) {
      index = 0
      base = 0
    }
    let chunk = this.#chunks[index] as Chunk
    while (offset >= base + (chunk.end - chunk.start)) {
      base += chunk.end - chunk.start
      chunk = this.#chunks[++index] as Chunk
    }
    this.#hintIndex = index
    this.#hintOffset = base
    this.pieceChunk = chunk
    this.pieceStart = chunk.start + (offset - base)
    this.pieceLength = Math.min(limit, chunk.end - this.pieceStart)
  }

  /** The first `n` bytes are acknowledged. */
  release(n: number): void {
    this.#length -= n
    let left = n
    let emptied = 0
    for (const chunk of this.#chunks) {
      const inChunk = chunk.end - chunk.start
      if (inChunk > left || (inChunk === 0 && left === 0)) break
      left -= inChunk
      emptied++
      this.#pool.release(chunk)
    }
    if (emptied > 0) this.#chunks = emptied === this.#chunks.length ? NO_CHUNKS : this.#chunks.slice(emptied)
    if (left > 0) (this.#chunks[0] as Chunk).start += left
    // The hint moves along with its chunk; one that was in an emptied chunk is worthless.
    this.#hintOffset -= n
    this.#hintIndex -= emptied
    if (this.#hintIndex <= 0 || this.#hintOffset < 0) this.#forgetHint()
  }

  clear(): void {
    for (const chunk of this.#chunks) this.#pool.release(chunk)
    this.#chunks = NO_CHUNKS
    this.#length = 0
    this.#forgetHint()
  }

  #forgetHint(): void {
    this.#hintIndex = 0
    this.#hintOffset = 0
  }
}
