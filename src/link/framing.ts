// A byte stream as Ethernet frames: each behind its length, four bytes, big endian. QEMU's `-netdev stream` and
// `-netdev socket`, passt and gvproxy speak it.
//
// Frames are handed out as views into the chunk they arrived in; only one that lies across chunks is put together in a
// buffer of its own, which is also borrowed until return. A length that cannot be ends the stream: nothing behind it can
// be trusted.

import { getU32 } from '../wire/bytes.ts'

export const LENGTH_LEN = 4
/** QEMU's own limit (NET_BUFSIZE): 64 KiB and room for headers. */
export const FRAME_LEN_MAX = 69_632
/** Room for an ordinary frame. */
const CARRY_MIN = 2048

export class FrameReader {
  readonly #frame: (frame: Uint8Array) => void
  readonly #maxLen: number
  /** The length field and frame that the last chunk broke off in; grows to the longest frame seen across chunks. */
  #carry = new Uint8Array(0)
  #carried = 0
  #failed = false

  constructor(frame: (frame: Uint8Array) => void, maxLen = FRAME_LEN_MAX) {
    this.#frame = frame
    this.#maxLen = maxLen
  }

  /** Bytes of an unfinished frame that are waiting for the rest. */
  get pendingBytes(): number {
    return this.#carried
  }

  /** Hands out every frame that the chunk completes. False: a frame was longer than allowed, and nothing more is read. */
  push(chunk: Uint8Array): boolean {
    if (this.#failed) return false
    let at = 0
    if (this.#carried > 0) {
      at = this.#complete(chunk)
      if (at < 0) return false
    }
    const end = chunk.length
    while (end - at >= LENGTH_LEN) {
      const length = getU32(chunk, at)
      if (length > this.#maxLen) return this.#fail()
      const next = at + LENGTH_LEN + length
      if (next > end) break
      this.#frame(chunk.subarray(at + LENGTH_LEN, next))
      at = next
    }
    if (at < end) this.#keep(chunk, at, end)
    return true
  }

  /** Finishes the carried frame; returns where the chunk goes on, or -1. */
  #complete(chunk: Uint8Array): number {
    let at = 0
    if (this.#carried < LENGTH_LEN) {
      at = Math.min(LENGTH_LEN - this.#carried, chunk.length)
      this.#keep(chunk, 0, at)
      if (this.#carried < LENGTH_LEN) return at
    }
    const length = getU32(this.#carry, 0)
    if (length > this.#maxLen) {
      this.#fail()
      return -1
    }
    const whole = LENGTH_LEN + length
    const take = Math.min(whole - this.#carried, chunk.length - at)
    this.#keep(chunk, at, at + take)
    if (this.#carried === whole) {
      this.#carried = 0
      this.#frame(this.#carry.subarray(LENGTH_LEN, whole))
    }
    return at + take
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#carried + to - from
    if (this.#carry.length < needed) {
      // Doubling, as a frame may come in many pieces; most streams never get beyond the first size.
      const grown = new Uint8Array(
        Math.min(Math.max(needed, 2 * this.#carry.length, CARRY_MIN), LENGTH_LEN + this.#maxLen),
      )
      grown.set(this.#carry.subarray(0, this.#carried))
      this.#carry = grown
    }
    this.#carry.set(chunk.subarray(from, to), this.#carried)
    this.#carried = needed
  }

  #fail(): false {
    this.#failed = true
    return false
  }
}
