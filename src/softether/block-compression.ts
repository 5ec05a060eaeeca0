// One block of the tunnel as a zlib stream of its own (RFC 1950; protocol reference 12.1).

import { deflateSync, inflateSync } from 'node:zlib'
import { BLOCK_FRAME_LEN_MAX } from './block-stream.ts'

/** A window no larger than a frame, and the memory that goes with it: most of a block's cost is setting zlib up. */
const DEFLATE_OPTIONS = { level: 1, windowBits: 11, memLevel: 5, chunkSize: 4_096 }
const INFLATE_OPTIONS = { maxOutputLength: BLOCK_FRAME_LEN_MAX, chunkSize: BLOCK_FRAME_LEN_MAX + 64 }

export function deflateBlock(frame: Uint8Array): Uint8Array {
  return deflateSync(frame, DEFLATE_OPTIONS)
}

/** `undefined` for what is no zlib stream, or one of more than a frame: zlib says so only by an exception. */
export function inflateBlock(block: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(block, INFLATE_OPTIONS)
  } catch {
    return undefined
  }
}
