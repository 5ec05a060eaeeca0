// Frames on their way out of a length-prefixed stream: copied in one by one, written together. The SoftEther tunnel's stream
// is of the same kind, with a count in front of every chunk (`BatchFraming`).
//
// A frame that is not complete is finished while it is copied: a super-frame is split, a checksum summed. One write is
// under way at a time; what comes in meanwhile is gathered. The bound counts everything not yet taken by the peer, so a
// peer that stops reading costs this much memory, then its frames are dropped and counted (a switch's behaviour).
//
// Chunks come from a pool shared by all batches: an idle link holds none.

import { setU32 } from '../wire/bytes.ts'
import type { Offload } from '../wire/offload.ts'
import { Segmenter } from '../wire/segmentation.ts'
import { sumMemory } from '../wire/sum-memory.ts'
import { FRAME_LEN_MAX, LENGTH_LEN } from './framing.ts'
import { QueueBudget } from './queue-budget.ts'

const CHUNK_LEN = 262_144
/** Free chunks kept for the next use. */
const FREE_CHUNKS_LIMIT = 8
/** Bytes that wait for one slow peer before frames are dropped. */
export const QUEUE_BYTES_MAX = 2_097_152

/** Of these the first live in memory whose sums are cheap, since checksums are finished in them; they are never given up. */
const SUM_CHUNKS_LIMIT = 8

interface Chunk {
  readonly bytes: Uint8Array
  readonly isPermanent: boolean
  used: number
  frames: number
}

/** What differs between streams of frames behind their lengths. */
export interface BatchFraming {
  /** Bytes in front of the first frame of a chunk. */
  readonly headLen: number
  readonly frameLenMax: number
  /** Fills these bytes, when the chunk is about to be written. */
  seal(chunk: Uint8Array, frames: number): void
}

const PLAIN_FRAMING: BatchFraming = { headLen: 0, frameLenMax: FRAME_LEN_MAX, seal: () => {} }

export interface WriteBatchStats {
  txFrames: number
  txBytes: number
  /** The peer does not read fast enough. */
  droppedQueueFull: number
  /** Longer than the framing allows. */
  droppedTooLong: number
  /** Its headers do not agree with its offload note. */
  droppedMalformed: number
}

/**
 * Writes the bytes, which stay untouched until `written` is called, be it because the stream has ended; true when they are
 * taken already, and then it is not.
 * An error is the link's matter: it closes.
 */
export type Write = (bytes: Uint8Array, written: () => void) => boolean

const freeChunks: Chunk[] = []

export class WriteBatch {
  readonly stats: WriteBatchStats = {
    txFrames: 0,
    txBytes: 0,
    droppedQueueFull: 0,
    droppedTooLong: 0,
    droppedMalformed: 0,
  }
  readonly #write: Write
  readonly #queueBytesMax: number
  readonly #budget: QueueBudget
  readonly #framing: BatchFraming
  readonly #segmenter = new Segmenter()
  /** Full or waiting chunks in order, the one being filled last. */
  #chunks: Chunk[] = []
  #queuedBytes = 0
  #writing: Chunk | undefined
  readonly #written = (): void => {
    this.#finishWrite()
    this.flush()
  }

  /** @param budget shared with others, beside the batch's own bound */
  constructor(
    write: Write,
    queueBytesMax = QUEUE_BYTES_MAX,
    framing = PLAIN_FRAMING,
    budget = new QueueBudget(queueBytesMax),
  ) {
    this.#write = write
    this.#queueBytesMax = queueBytesMax
    this.#budget = budget
    this.#framing = framing
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Copies a frame in. Nothing of it is kept when only a part of its segments would fit the bound. */
  add(frame: Uint8Array, offload: Offload): void {
    const { stats } = this
    const segmenter = this.#segmenter
    const count = segmenter.begin(frame, offload)
    if (count === 0) {
      stats.droppedMalformed += 1
      return
    }
    const longest = segmenter.segmentLength(0)
    if (longest > this.#framing.frameLenMax) {
      stats.droppedTooLong += count
      return
    }
    const needed = (count - 1) * (longest + LENGTH_LEN) + segmenter.segmentLength(count - 1) + LENGTH_LEN
    const budget = this.#budget
    if (this.#queuedBytes + needed > this.#queueBytesMax || !budget.hasRoom(needed)) {
      stats.droppedQueueFull += count
      return
    }
    for (let index = 0; index < count; index += 1) {
      const chunk = this.#room(longest + LENGTH_LEN)
      const length = segmenter.write(frame, index, chunk.bytes, chunk.used + LENGTH_LEN)
      setU32(chunk.bytes, chunk.used, length)
      chunk.used += LENGTH_LEN + length
      chunk.frames += 1
      stats.txBytes += length
    }
    stats.txFrames += count
    this.#queuedBytes += needed
    budget.take(needed)
  }

  /** Starts writing, unless a write is under way: then its end goes on. */
  flush(): void {
    while (this.#writing === undefined) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) return
      this.#writing = chunk
      this.#framing.seal(chunk.bytes, chunk.frames)
      if (this.#write(chunk.bytes.subarray(0, chunk.used), this.#written)) this.#finishWrite()
    }
  }

  /** Forgets everything. A write under way keeps its chunk. */
  clear(): void {
    for (const chunk of this.#chunks) {
      this.#forget(chunk.used)
      release(chunk)
    }
    this.#chunks = []
  }

  #finishWrite(): void {
    const chunk = this.#writing
    if (chunk === undefined) return
    this.#writing = undefined
    this.#forget(chunk.used)
    release(chunk)
  }

  #forget(bytes: number): void {
    this.#queuedBytes -= bytes
    this.#budget.give(bytes)
  }

  #room(needed: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.used + needed <= last.bytes.length) return last
    const chunk = freeChunks.pop() ?? newChunk()
    chunk.used = this.#framing.headLen
    this.#queuedBytes += chunk.used
    this.#budget.take(chunk.used)
    this.#chunks.push(chunk)
    return chunk
  }
}

let sumChunks = 0

function newChunk(): Chunk {
  const isPermanent = sumChunks < SUM_CHUNKS_LIMIT
  if (isPermanent) sumChunks += 1
  const bytes = isPermanent ? sumMemory(CHUNK_LEN) : new Uint8Array(new ArrayBuffer(CHUNK_LEN))
  return { bytes, isPermanent, used: 0, frames: 0 }
}

function release(chunk: Chunk): void {
  chunk.used = 0
  chunk.frames = 0
  if (chunk.isPermanent || freeChunks.length < FREE_CHUNKS_LIMIT) freeChunks.push(chunk)
}
