// Frames that wait for the next flush: everything but TCP's data, which leaves straight from its send buffers.
// From within input nothing may be sent (the hub is in the middle of a flood), so replies wait here. Bounded.

import { COMPLETE } from '../wire/offload.ts'

/** Bytes of frames that may wait. Outside of input a full outbox is emptied, within input what does not fit is dropped. */
export const OUTBOX_BYTES = 256 * 1024

export class Outbox {
  readonly bytes = new Uint8Array(new ArrayBuffer(OUTBOX_BYTES))
  readonly stats = { droppedFull: 0 }
  /** start, end, start, end, … */
  readonly #bounds: number[] = []
  #end = 0
  #draining = false

  get isEmpty(): boolean {
    return this.#end === 0
  }

  /** @returns where a frame of `len` bytes may be built in `bytes`, or -1 when there is no room */
  reserve(len: number): number {
    // Keeps the IP header, 14 bytes into a frame, at a multiple of 4.
    const start = ((this.#end + 3) & ~3) + 2
    if (this.#draining || start + len > this.bytes.length) {
      this.stats.droppedFull++
      return -1
    }
    this.#end = start + len
    this.#bounds.push(start, this.#end)
    return start
  }

  hasRoom(len: number): boolean {
    return !this.#draining && this.#end + 6 + len <= this.bytes.length
  }

  /** Hands out all frames in order. What is reserved meanwhile would overwrite them, and is refused. */
  drain(output: (frame: Uint8Array, offload: typeof COMPLETE) => void): void {
    if (this.#end === 0 || this.#draining) return
    this.#draining = true
    const bounds = this.#bounds
    for (let index = 0; index < bounds.length; index += 2) {
      output(this.bytes.subarray(bounds[index], bounds[index + 1]), COMPLETE)
    }
    bounds.length = 0
    this.#end = 0
    this.#draining = false
  }
}
