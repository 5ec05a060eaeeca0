// Answers in one piece of memory, one behind the other in the order in which they came, so that thousands of them are
// nothing to the garbage collector: objects that live for a while and then die are what costs it most.
//
// Theory of operation. Entries lie between `#oldest` and `#next`, round the end of the memory. Room is made at the oldest
// end: one that was used since it was put there goes to the end of the line once (second chance), any other is forgotten.
// An entry that is removed before its time only says so; its bytes are free when it is the oldest. The memory doubles until
// `max`. Entries are found by a key of 32 bits, of which each has at most one: lists from `#heads`, chained in the entries.

import type { Answer } from './answer.ts'
import { copyBytes } from './answer.ts'

const INITIAL_BYTES = 16 * 1024
/** An entry: words, the time it came, places of the TTLs, message; at a multiple of eight. */
const HEADER_LEN = 40
const LENGTH = 0
const KEY = 1
const CHAIN = 2
/** Length of the question and the bits of the query. */
const QUESTION = 3
/** Number of TTLs and length of the message. */
const MESSAGE = 4
/** Additional records and the upper bits of the response code. */
const REST = 5
const STORED_AT = 24
const SECONDS = 8
const STATE = 9
const GONE = 0
const UNUSED = 1
const USED = 2
/** Bytes of memory for each list. */
const BYTES_PER_LIST = 128

/** What is put in. The message is copied. */
export interface NewAnswer extends Answer {
  readonly key: number
  readonly bits: number
  readonly questionLen: number
  /** Monotonic ms. */
  readonly storedAt: number
  readonly seconds: number
}

const NOTHING = new Uint8Array(0)

/** An entry as it lies there; valid until the next call that puts something in. */
export class KeptAnswer implements NewAnswer {
  bytes: Uint8Array = NOTHING
  start = 0
  length = 0
  ttlAt = new Uint16Array(0)
  ttlStart = 0
  ttlCount = 0
  additionalCount = 0
  rcodeHigh = 0
  hasOpt = false
  key = 0
  bits = 0
  questionLen = 0
  storedAt = 0
  seconds = 0
}

export class AnswerRing {
  /** Entries, and the bytes of them. */
  size = 0
  bytes = 0
  readonly #max: number
  readonly #evicted: () => void
  #memory = new Uint8Array(0)
  #words = new Int32Array(0)
  #places = new Uint16Array(0)
  #times = new Float64Array(0)
  #heads = new Int32Array(1).fill(-1)
  #oldest = 0
  #next = 0
  /** Those that are gone included. */
  #entries = 0

  /** @param max bytes, a power of two that holds the longest answer */
  constructor(max: number, evicted: () => void) {
    this.#max = max
    this.#evicted = evicted
  }

  /** @returns the entry's place, or -1 */
  find(key: number): number {
    const words = this.#words
    let at = this.#heads[this.#listOf(key)] as number
    while (at >= 0 && words[at / 4 + KEY] !== (key | 0)) at = words[at / 4 + CHAIN] as number
    return at
  }

  read(at: number, into: KeptAnswer): void {
    const words = this.#words
    const word = at / 4
    const question = words[word + QUESTION] as number
    const message = words[word + MESSAGE] as number
    const rest = words[word + REST] as number
    into.key = (words[word + KEY] as number) >>> 0
    into.bits = question & 0xffff
    into.questionLen = question >>> 16
    into.ttlAt = this.#places
    into.ttlStart = (at + HEADER_LEN) / 2
    into.ttlCount = message >>> 16
    into.bytes = this.#memory
    into.start = at + HEADER_LEN + 2 * into.ttlCount
    into.length = message & 0xffff
    into.additionalCount = rest >>> 16
    into.rcodeHigh = rest & 0xffff
    into.storedAt = this.#times[(at + STORED_AT) / 8] as number
    into.seconds = words[word + SECONDS] as number
  }

  /** It goes to the end of the line when its turn to be forgotten comes. */
  use(at: number): void {
    this.#words[at / 4 + STATE] = USED
  }

  remove(at: number): void {
    this.#unlink(at)
    this.#words[at / 4 + STATE] = GONE
  }

  /** Nothing else may have this key. */
  put(answer: NewAnswer): void {
    const { ttlCount, ttlStart, length } = answer
    const entryLen = (HEADER_LEN + 2 * ttlCount + length + 7) & ~7
    const at = this.#reserve(entryLen)
    const words = this.#words
    const word = at / 4
    words[word + LENGTH] = entryLen
    words[word + KEY] = answer.key
    words[word + QUESTION] = (answer.questionLen << 16) | answer.bits
    words[word + MESSAGE] = (ttlCount << 16) | length
    words[word + REST] = (answer.additionalCount << 16) | answer.rcodeHigh
    words[word + SECONDS] = answer.seconds
    words[word + STATE] = UNUSED
    this.#times[(at + STORED_AT) / 8] = answer.storedAt
    const placesAt = (at + HEADER_LEN) / 2
    for (let index = 0; index < ttlCount; index += 1) {
      this.#places[placesAt + index] = answer.ttlAt[ttlStart + index] as number
    }
    copyBytes(this.#memory, at + HEADER_LEN + 2 * ttlCount, answer.bytes, answer.start, length)
    this.#append(entryLen)
  }

  /** The oldest is forgotten, or goes to the end of the line. */
  forgetOldest(): void {
    const at = this.#oldest
    const length = this.#words[at / 4 + LENGTH] as number
    const state = this.#words[at / 4 + STATE]
    if (state !== GONE) this.#unlink(at)
    this.#entries -= 1
    this.#oldest = this.#entries === 0 ? 0 : this.#entryAt(at + length)
    // There is always room: at least where it lay.
    if (state === USED && this.#findRoom(length)) {
      this.#memory.copyWithin(this.#next, at, at + length)
      this.#words[this.#next / 4 + STATE] = UNUSED
      this.#append(length)
    } else if (state !== GONE) this.#evicted()
  }

  clear(): void {
    this.#allocate(0)
    this.size = 0
    this.bytes = 0
  }

  #reserve(length: number): number {
    for (;;) {
      while (this.#entries > 0 && this.#words[this.#oldest / 4 + STATE] === GONE) this.forgetOldest()
      if (this.#findRoom(length)) return this.#next
      if (this.#memory.length < this.#max) this.#grow()
      else this.forgetOldest()
    }
  }

  /** Sets `#next` to where so many bytes are free. */
  #findRoom(length: number): boolean {
    if (this.#entries === 0) {
      this.#oldest = 0
      this.#next = 0
      return length <= this.#memory.length
    }
    if (this.#next <= this.#oldest) return this.#next + length <= this.#oldest
    if (this.#next + length <= this.#memory.length) return true
    if (length > this.#oldest) return false
    // Says that the next entry is at the beginning.
    if (this.#next < this.#memory.length) this.#words[this.#next / 4 + LENGTH] = 0
    this.#next = 0
    return true
  }

  /** What was written at `#next` is an entry from now on. */
  #append(length: number): void {
    const at = this.#next
    this.#next += length
    this.#entries += 1
    const list = this.#listOf(this.#words[at / 4 + KEY] as number)
    this.#words[at / 4 + CHAIN] = this.#heads[list] as number
    this.#heads[list] = at
    this.size += 1
    this.bytes += length
  }

  #unlink(at: number): void {
    const words = this.#words
    const after = words[at / 4 + CHAIN] as number
    const list = this.#listOf(words[at / 4 + KEY] as number)
    let before = this.#heads[list] as number
    if (before === at) this.#heads[list] = after
    else {
      while (words[before / 4 + CHAIN] !== at) before = words[before / 4 + CHAIN] as number
      words[before / 4 + CHAIN] = after
    }
    this.size -= 1
    this.bytes -= words[at / 4 + LENGTH] as number
  }

  /** Where an entry that should begin at `at` does. */
  #entryAt(at: number): number {
    return at === this.#memory.length || this.#words[at / 4 + LENGTH] === 0 ? 0 : at
  }

  #listOf(key: number): number {
    return key & (this.#heads.length - 1)
  }

  #grow(): void {
    const [memory, words, entries] = [this.#memory, this.#words, this.#entries]
    let at = this.#oldest
    this.#allocate(Math.max(INITIAL_BYTES, 2 * memory.length))
    this.size = 0
    this.bytes = 0
    for (let left = entries; left > 0; left -= 1) {
      if (at === memory.length || words[at / 4 + LENGTH] === 0) at = 0
      const length = words[at / 4 + LENGTH] as number
      if (words[at / 4 + STATE] !== GONE) {
        this.#memory.set(memory.subarray(at, at + length), this.#next)
        this.#append(length)
      }
      at += length
    }
  }

  #allocate(length: number): void {
    const buffer = new ArrayBuffer(length)
    this.#memory = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#places = new Uint16Array(buffer)
    this.#times = new Float64Array(buffer)
    this.#heads = new Int32Array(Math.max(1, length / BYTES_PER_LIST)).fill(-1)
    this.#oldest = 0
    this.#next = 0
    this.#entries = 0
  }
}
