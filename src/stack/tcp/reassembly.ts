// Out-of-order ranges of the receiver, until the hole before them is filled; and the SACK blocks they make (RFC 2018), with
// a report of what came twice (D-SACK, RFC 2883).
//
// Ranges are kept sorted, apart from each other, and copied (frames are borrowed). What is already here is not stored
// twice: overlap is cut off the newcomer.

import { add, diff, geq, gt, leq, lt, min } from './seq.ts'

/** Ranges kept per connection; more holes than that are a peer's game, and it repeats what is dropped. */
export const REASSEMBLY_RANGES_LIMIT = 1024

/** What a range takes beside its bytes. */
const RANGE_OVERHEAD = 256

interface Range {
  seq: number
  bytes: Uint8Array
}

export class Reassembly {
  #ranges: Range[] = []
  #bytes = 0
  /** Where the newest arrival begins: RFC 2018 section 4 wants its block first. */
  #latestSeq = 0
  /** Edges of what came twice and was not reported yet. */
  #double: number[] | undefined = undefined
  readonly #reportsDoubles: boolean

  /** @param reportsDoubles only with SACK, which carries the reports */
  constructor(reportsDoubles = true) {
    this.#reportsDoubles = reportsDoubles
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  /** Whether an acknowledgment is to carry SACK blocks. */
  get hasBlocks(): boolean {
    return this.#ranges.length > 0 || this.#double !== undefined
  }

  /** [left, right) came a second time: reported once, and of several the first unless they touch (RFC 2883 section 4). */
  noteDouble(left: number, right: number): void {
    if (!this.#reportsDoubles) return
    const double = this.#double
    if (double === undefined) this.#double = [left, right]
    else if (double[1] === left) double[1] = right
  }

  /** Memory that it takes: a peer's thousand ranges of one byte cost more than their bytes. */
  get cost(): number {
    return this.#bytes + RANGE_OVERHEAD * this.#ranges.length
  }

  /** @returns whether all of it is stored now; false when the limit on ranges was met */
  insert(seq: number, bytes: Uint8Array): boolean {
    this.#latestSeq = seq
    let index = this.#ranges.length
    // Newcomers mostly lie behind everything that waits.
    while (index > 0 && gt((this.#ranges[index - 1] as Range).seq, seq)) index--
    let start = seq
    const end = add(seq, bytes.length)
    const before = this.#ranges[index - 1]
    if (before !== undefined) {
      const beforeEnd = add(before.seq, before.bytes.length)
      if (gt(beforeEnd, start)) {
        start = beforeEnd
        this.noteDouble(seq, min(beforeEnd, end))
      }
    }
    while (lt(start, end)) {
      const after = this.#ranges[index]
      const pieceEnd = after !== undefined && lt(after.seq, end) ? after.seq : end
      if (lt(start, pieceEnd)) {
        if (this.#ranges.length >= REASSEMBLY_RANGES_LIMIT) return false
        const piece = bytes.slice(diff(start, seq), diff(pieceEnd, seq))
        this.#ranges.splice(index, 0, { seq: start, bytes: piece })
        this.#bytes += piece.length
        index++
      }
      if (after === undefined) break
      start = add(after.seq, after.bytes.length)
      if (lt(after.seq, end)) this.noteDouble(after.seq, min(start, end))
      index++
    }
    return true
  }

  /** Hands out, in order, what follows `rcvNxt` without a hole, and forgets it. */
  take(rcvNxt: number, deliver: (bytes: Uint8Array) => void): void {
    let next = rcvNxt
    let taken = 0
    for (const range of this.#ranges) {
      if (gt(range.seq, next)) break
      taken++
      this.#bytes -= range.bytes.length
      const skip = diff(next, range.seq)
      if (skip >= range.bytes.length) continue
      const bytes = skip === 0 ? range.bytes : range.bytes.subarray(skip)
      next = add(next, bytes.length)
      deliver(bytes)
    }
    if (taken > 0) this.#ranges = this.#ranges.slice(taken)
  }

  /**
   * Edges of up to `limit` blocks: what came twice first, if anything did, and is forgotten by this; then the block of the newest
   * arrival (behind a double, that which holds the double: RFC 2883 section 4), then the others from the highest down.
   */
  sackEdges(limit: number): number[] {
    const double = this.#double
    if (double !== undefined) {
      this.#double = undefined
      this.#latestSeq = double[0] as number
    }
    const blocks: number[][] = []
    for (const range of this.#ranges) {
      const last = blocks.at(-1)
      const end = add(range.seq, range.bytes.length)
      if (last !== undefined && last[1] === range.seq) last[1] = end
      else blocks.push([range.seq, end])
    }
    const newest = blocks.findIndex(
      ([left, right]) => leq(left as number, this.#latestSeq) && geq(right as number, this.#latestSeq),
    )
    const ordered = newest < 0 ? [] : blocks.splice(newest, 1)
    ordered.push(...blocks.reverse())
    if (double !== undefined) ordered.unshift(double)
    return ordered.slice(0, limit).flat()
  }
}
