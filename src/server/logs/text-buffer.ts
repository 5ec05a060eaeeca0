// Text on its way to a file, as the bytes that will be written.
//
// Strings put together with `+` are trees of their pieces until somebody reads them, several times as large as their text; and
// what waits for the disk outlives the nursery, so thousands of lines would leave megabytes to collect. As bytes they leave nothing.

const INITIAL_LEN = 8 * 1024
/** Worth keeping for the next text: what a busy tenth of a second brings. */
const KEPT_LEN = 512 * 1024
/** A character of a string takes so many bytes at most. */
const BYTES_PER_UNIT = 3

export class TextBuffer {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_LEN)
  #length = 0

  /** Valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  append(text: string): void {
    this.#reserve(text.length * BYTES_PER_UNIT)
    this.#length += this.#bytes.write(text, this.#length)
  }

  appendBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** For other text; what it takes is kept. @returns whether that is little enough */
  clear(): boolean {
    this.#length = 0
    return this.#bytes.length <= KEPT_LEN
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + more, 2 * this.#bytes.length))
    larger.set(this.bytes)
    this.#bytes = larger
  }
}
