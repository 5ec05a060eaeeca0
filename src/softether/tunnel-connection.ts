// One TCP connection of a VPN session, from the login on: blocks in, blocks out, keep-alives (protocol reference 10, 11).
// Sans I/O: the bytes come and go through a wire, time is an argument.

import type { QueueBudget } from '../link/queue-budget.ts'
import type { WriteBatchStats } from '../link/write-batch.ts'
import { WriteBatch } from '../link/write-batch.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE } from '../wire/offload.ts'
import { Segmenter } from '../wire/segmentation.ts'
import { deflateBlock, inflateBlock } from './block-compression.ts'
import type { BlockFault, BlockReaderStats } from './block-stream.ts'
import {
  BLOCK_FRAME_LEN_MAX,
  BLOCK_FRAMING,
  BlockReader,
  COMPRESSED_BLOCK_FRAMING,
  emitKeepAlive,
} from './block-stream.ts'

/** The encrypted byte stream below. */
export interface Wire {
  /** As link/write-batch.ts's `Write`. */
  write(bytes: Uint8Array, written: () => void): boolean
  /** close_notify and FIN. A peer of the original that sees less closes the other connections of its session (2.3). */
  end(): void
}

export interface TunnelOptions {
  /** Which ways frames go on this connection, seen from here. */
  readonly sends: boolean
  readonly receives: boolean
  readonly useCompress: boolean
  readonly queueBytesMax: number
  /** Of all connections of the session. */
  readonly budget: QueueBudget
  readonly frame: (frame: Uint8Array) => void
}

/** Turns that a write is under way before the connection counts as slow. */
const SLOW_TURNS = 2

export class TunnelConnection {
  readonly sends: boolean
  readonly receives: boolean
  readonly wire: Wire
  /** When the last whole block or keep-alive came. */
  heardAt: number
  /** When the last block or keep-alive went out. */
  sentAt: number
  bytesReceived = 0
  bytesSent = 0
  readonly #reader: BlockReader
  readonly #batch: WriteBatch
  readonly #segmenter: Segmenter | undefined
  readonly #scratch: Uint8Array
  /** Since when a write has been under way. */
  #writingSince: number | undefined
  /** The same of a keep-alive alone. */
  #keepAliveSince: number | undefined
  #turnsWriting = 0

  constructor(wire: Wire, options: TunnelOptions, now: number) {
    this.wire = wire
    this.sends = options.sends
    this.receives = options.receives
    this.heardAt = now
    this.sentAt = now
    const { useCompress } = options
    this.#reader = new BlockReader(options.frame, useCompress ? inflateBlock : undefined)
    const framing = useCompress ? COMPRESSED_BLOCK_FRAMING : BLOCK_FRAMING
    this.#batch = new WriteBatch(
      (bytes, written) => this.#write(bytes, written),
      options.queueBytesMax,
      framing,
      options.budget,
    )
    this.#segmenter = useCompress ? new Segmenter() : undefined
    this.#scratch = new Uint8Array(useCompress ? BLOCK_FRAME_LEN_MAX : 0)
  }

  get rxStats(): Readonly<BlockReaderStats> {
    return this.#reader.stats
  }

  get txStats(): Readonly<WriteBatchStats> {
    return this.#batch.stats
  }

  get queuedBytes(): number {
    return this.#batch.queuedBytes
  }

  /** The peer does not keep up: another connection would do better. */
  get isSlow(): boolean {
    return this.#turnsWriting >= SLOW_TURNS
  }

  /** For so long nobody has taken what was written; 0: nothing is under way. */
  writingFor(now: number): number {
    return now - (this.#writingSince ?? this.#keepAliveSince ?? now)
  }

  /** @returns why the connection must be closed, if it must */
  push(chunk: Uint8Array, now: number): BlockFault | undefined {
    const reader = this.#reader
    const units = reader.units
    this.bytesReceived += chunk.length
    const fault = reader.push(chunk)
    // Half a block is no sign of life.
    if (reader.units !== units) this.heardAt = now
    return fault
  }

  /** Copies the frame in; dropped and counted past the bound. */
  add(frame: Uint8Array, offload: Offload): void {
    if (this.#segmenter === undefined) this.#batch.add(frame, offload)
    else this.#addCompressed(this.#segmenter, frame, offload)
  }

  /** Writes what was added, once a turn. */
  flush(now: number): void {
    if (this.#writingSince !== undefined) this.#turnsWriting += 1
    if (this.#batch.queuedBytes === 0) return
    this.sentAt = now
    this.#batch.flush()
  }

  keepAlive(now: number, random: () => number): void {
    this.sentAt = now
    // What is under way keeps the connection alive as well.
    if (this.#writingSince !== undefined || this.#keepAliveSince !== undefined) return
    const bytes = emitKeepAlive(random)
    this.bytesSent += bytes.length
    this.#keepAliveSince = now
    const isTaken = this.wire.write(bytes, () => {
      this.#keepAliveSince = undefined
    })
    if (isTaken) this.#keepAliveSince = undefined
  }

  close(): void {
    this.#batch.clear()
    this.wire.end()
  }

  #write(bytes: Uint8Array, written: () => void): boolean {
    this.bytesSent += bytes.length
    this.#writingSince = this.sentAt
    const isTaken = this.wire.write(bytes, () => {
      this.#writingSince = undefined
      this.#turnsWriting = 0
      written()
    })
    if (isTaken) this.#writingSince = undefined
    return isTaken
  }

  #addCompressed(segmenter: Segmenter, frame: Uint8Array, offload: Offload): void {
    const scratch = this.#scratch
    const count = segmenter.begin(frame, offload)
    if (count === 0) this.#batch.stats.droppedMalformed += 1
    else if (segmenter.segmentLength(0) > scratch.length) this.#batch.stats.droppedTooLong += count
    else {
      for (let index = 0; index < count; index += 1) {
        const length = segmenter.write(frame, index, scratch, 0)
        this.#batch.add(deflateBlock(scratch.subarray(0, length)), COMPLETE)
      }
    }
  }
}
