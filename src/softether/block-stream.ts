// The tunnel behind the login (protocol reference 10): Ethernet frames as blocks, blocks in batches, keep-alives between them.
//
//     batch      := u32 count (not 0xFFFFFFFF), count × ( u32 size, bytes )
//     keep-alive := u32 0xFFFFFFFF, u32 size, random bytes
//
// Frames are handed out as views into the chunk they arrived in; only one that lies across chunks is put together, in a
// buffer that is also borrowed until return. What the original drops is dropped and counted; what makes it close the
// connection is a fault, and nothing behind it is read.
// Writing is link/write-batch.ts's with the framing below: one batch per chunk, its count filled in at the last moment.

import type { BatchFraming } from '../link/write-batch.ts'
import { getU32, setU32 } from '../wire/bytes.ts'

/** The original drops longer frames. */
export const BLOCK_FRAME_LEN_MAX = 1_600
/** Twice that for a compressed one; a longer block ends the connection. */
export const BLOCK_LEN_MAX = 3_200
export const KEEP_ALIVE_LEN_MAX = 512
/** Blocks of one batch. The original sends up to 1,024. */
export const BATCH_BLOCKS_MAX = 65_536
const FRAME_LEN_MIN = 14
const KEEP_ALIVE = 0xffff_ffff
const WORD_LEN = 4

export type BlockFault = 'too many blocks' | 'a block is too long' | 'a keep-alive is too long'

export interface BlockReaderStats {
  rxBlocks: number
  rxKeepAlives: number
  /** Shorter than an Ethernet header, or longer than a frame may be. */
  droppedLength: number
  /** Does not inflate to a frame. */
  droppedCompression: number
}

/** Undoes the compression of one block; what it returns is borrowed until the next call. */
export type Inflate = (block: Uint8Array) => Uint8Array | undefined

/** What the next bytes are. */
type Expected = 'count' | 'size' | 'block' | 'keep-alive size' | 'keep-alive'

export class BlockReader {
  readonly stats: BlockReaderStats = { rxBlocks: 0, rxKeepAlives: 0, droppedLength: 0, droppedCompression: 0 }
  readonly #frame: (frame: Uint8Array) => void
  readonly #inflate: Inflate | undefined
  #expected: Expected = 'count'
  /** Of `#expected`. */
  #length = WORD_LEN
  /** Of the batch, still to come. */
  #blocks = 0
  /** What the last chunk broke off in. */
  readonly #carry = new Uint8Array(BLOCK_LEN_MAX)
  #carried = 0
  #fault: BlockFault | undefined

  constructor(frame: (frame: Uint8Array) => void, inflate?: Inflate) {
    this.#frame = frame
    this.#inflate = inflate
  }

  /** Whole blocks and keep-alives so far: only these are a sign of life. */
  get units(): number {
    return this.stats.rxBlocks + this.stats.rxKeepAlives
  }

  /** Hands out every frame that the chunk completes. @returns why the connection must be closed, if it must */
  push(chunk: Uint8Array): BlockFault | undefined {
    const end = chunk.length
    for (let at = 0; at < end && this.#fault === undefined; ) {
      const length = this.#length
      if (this.#carried === 0 && end - at >= length) {
        this.#take(chunk, at)
        at += length
      } else {
        const part = Math.min(length - this.#carried, end - at)
        this.#carry.set(chunk.subarray(at, at + part), this.#carried)
        this.#carried += part
        at += part
        if (this.#carried === length) {
          this.#carried = 0
          this.#take(this.#carry, 0)
        }
      }
    }
    return this.#fault
  }

  /** What was expected is there, at `bytes[at…]`. */
  #take(bytes: Uint8Array, at: number): void {
    switch (this.#expected) {
      case 'size':
        this.#takeSize(getU32(bytes, at))
        break
      case 'block':
        this.#takeBlock(bytes.subarray(at, at + this.#length))
        this.#expectBlock()
        break
      case 'count':
        this.#takeCount(getU32(bytes, at))
        break
      case 'keep-alive size':
        this.#takeKeepAliveSize(getU32(bytes, at))
        break
      case 'keep-alive':
        this.stats.rxKeepAlives += 1
        this.#expect('count', WORD_LEN)
    }
  }

  #expect(what: Expected, length: number): void {
    this.#expected = what
    this.#length = length
  }

  #takeCount(count: number): void {
    if (count === KEEP_ALIVE) this.#expect('keep-alive size', WORD_LEN)
    else if (count > BATCH_BLOCKS_MAX) this.#fault = 'too many blocks'
    else {
      this.#blocks = count
      this.#expectBlock()
    }
  }

  #expectBlock(): void {
    const isLast = this.#blocks === 0
    if (!isLast) this.#blocks -= 1
    this.#expect(isLast ? 'count' : 'size', WORD_LEN)
  }

  #takeSize(size: number): void {
    if (size > BLOCK_LEN_MAX) this.#fault = 'a block is too long'
    else if (size > 0) this.#expect('block', size)
    else this.#expectBlock()
  }

  #takeKeepAliveSize(size: number): void {
    if (size > KEEP_ALIVE_LEN_MAX) this.#fault = 'a keep-alive is too long'
    else if (size > 0) this.#expect('keep-alive', size)
    else {
      this.stats.rxKeepAlives += 1
      this.#expect('count', WORD_LEN)
    }
  }

  #takeBlock(block: Uint8Array): void {
    const { stats } = this
    stats.rxBlocks += 1
    const frame = this.#inflate === undefined ? block : this.#inflate(block)
    if (frame === undefined) stats.droppedCompression += 1
    else if (frame.length < FRAME_LEN_MIN || frame.length > BLOCK_FRAME_LEN_MAX) stats.droppedLength += 1
    else this.#frame(frame)
  }
}

/** For link/write-batch.ts: a chunk is one batch. */
export const BLOCK_FRAMING: BatchFraming = {
  headLen: WORD_LEN,
  frameLenMax: BLOCK_FRAME_LEN_MAX,
  seal: (chunk, frames) => setU32(chunk, 0, frames),
}

/** The same for blocks that are compressed before they are added. */
export const COMPRESSED_BLOCK_FRAMING: BatchFraming = { ...BLOCK_FRAMING, frameLenMax: BLOCK_LEN_MAX }

/** @param random an unsigned 32-bit number */
export function emitKeepAlive(random: () => number): Uint8Array {
  const size = random() % (KEEP_ALIVE_LEN_MAX + 1)
  const bytes = new Uint8Array(2 * WORD_LEN + size)
  setU32(bytes, 0, KEEP_ALIVE)
  setU32(bytes, WORD_LEN, size)
  for (let at = 2 * WORD_LEN; at < bytes.length; at += 1) bytes[at] = random()
  return bytes
}
