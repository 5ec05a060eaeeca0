// Bytes of a TCP stream until they are whole DNS messages: appended at the end, taken from the front, in one piece of memory
// that grows by doubling and shrinks when it is empty.

import { dnsTcpMessageEnd } from '../../wire/dns.ts'

const INITIAL_LEN = 1024
const PREFIX_LEN = 2

export class MessageQueue {
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  get hasMessage(): boolean {
    return dnsTcpMessageEnd(this.#bytes, this.#start, this.#end) !== undefined
  }

  /** The next whole message, valid until the next `append`. */
  take(): Uint8Array | undefined {
    const end = dnsTcpMessageEnd(this.#bytes, this.#start, this.#end)
    if (end === undefined) return undefined
    const message = this.#bytes.subarray(this.#start + PREFIX_LEN, end)
    this.#start = end
    if (end === this.#end) this.clear()
    return message
  }

  clear(): void {
    this.#bytes = new Uint8Array(0)
    this.#start = 0
    this.#end = 0
  }

  #makeRoom(more: number): void {
    const length = this.length
    let capacity = Math.max(INITIAL_LEN, this.#bytes.length)
    // Moving pays only when much is moved away.
    while (capacity < 2 * length + more) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.#bytes.subarray(this.#start, this.#end))
    this.#bytes = grown
    this.#start = 0
    this.#end = length
  }
}
