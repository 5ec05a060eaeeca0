// What the peer has told by SACK: which bytes above SND.UNA have arrived, which are therefore lost, and what is still
// under way (RFC 6675: HighACK is SND.UNA; SetPipe, IsLost and NextSeg are the RFC's, section 4).
//
// Ranges are sorted, apart from each other, and lie in [SND.UNA, SND.MAX]. A receiver may discard what it has SACKed
// (RFC 2018 section 8), so nothing is freed by them, and a timeout forgets them.

import { diff, geq, gt, leq, lt, max, min } from './seq.ts'

/** RFC 5681: so many duplicate acknowledgments, or so much SACKed above, mean a loss. */
export const DUP_THRESH = 3
/** Ranges remembered; past it new ones are ignored, which costs a spurious retransmission at worst. */
export const SCOREBOARD_LIMIT = 1024

/**
 * Whether a SACK block lies in [una, max]. Both edges as distances from `una`: pairwise comparisons would let a block pass
 * that reaches half around the sequence space.
 */
export function isBlockInFlight(left: number, right: number, una: number, sndMax: number): boolean {
  return diff(left, una) >= 0 && diff(right, una) <= diff(sndMax, una) && diff(right, una) > diff(left, una)
}

export class Scoreboard {
  /** left, right, left, right, … */
  #edges: number[] = []
  #sackedBytes = 0

  get sackedBytes(): number {
    return this.#sackedBytes
  }

  get isEmpty(): boolean {
    return this.#edges.length === 0
  }

  /** Right edge of the highest range, or `fallback` when there is none. */
  highestSacked(fallback: number): number {
    return this.#edges.length === 0 ? fallback : (this.#edges[this.#edges.length - 1] as number)
  }

  /**
   * Takes the blocks of one segment (RFC 6675 "Update"). Blocks outside of [una, max] are invalid and skipped; a block
   * below `una` is a D-SACK (RFC 2883) and tells nothing here.
   * @returns whether something new was told
   */
  update(blocks: readonly number[], una: number, sndMax: number): boolean {
    const before = this.#sackedBytes
    for (let index = 0; index + 1 < blocks.length; index += 2) {
      const left = blocks[index] as number
      const right = blocks[index + 1] as number
      if (isBlockInFlight(left, right, una, sndMax)) this.#insert(left, right)
    }
    return this.#sackedBytes > before
  }

  /** SND.UNA has moved. */
  advance(una: number): void {
    const edges = this.#edges
    let drop = 0
    while (drop < edges.length && leq(edges[drop + 1] as number, una)) {
      this.#sackedBytes -= diff(edges[drop + 1] as number, edges[drop] as number)
      drop += 2
    }
    if (drop > 0) edges.splice(0, drop)
    if (edges.length > 0 && lt(edges[0] as number, una)) {
      this.#sackedBytes -= diff(una, edges[0] as number)
      edges[0] = una
    }
  }

  /**
   * IsLost(seq) is monotonic: everything unSACKed below the returned number is lost, nothing above it. That is the
   * highest point with DupThresh ranges, or more than (DupThresh - 1) * SMSS bytes, SACKed above it.
   */
  lostBelow(una: number, mss: number): number {
    const edges = this.#edges
    let bytes = 0
    for (let index = edges.length - 2, ranges = 1; index >= 0; index -= 2, ranges++) {
      bytes += diff(edges[index + 1] as number, edges[index] as number)
      if (ranges >= DUP_THRESH || bytes > (DUP_THRESH - 1) * mss) return edges[index] as number
    }
    return una
  }

  /** Bytes in [from, to) that were not SACKed. */
  holeBytes(from: number, to: number): number {
    if (geq(from, to)) return 0
    const edges = this.#edges
    let bytes = diff(to, from)
    for (let index = this.#firstEndingAfter(from); index < edges.length; index += 2) {
      const left = max(edges[index] as number, from)
      if (geq(left, to)) break
      bytes -= diff(min(edges[index + 1] as number, to), left)
    }
    return bytes
  }

  /** First byte at or after `from` that was not SACKed; and with `holeEnd`, where that hole ends. */
  nextHole(from: number): number {
    const edges = this.#edges
    const index = this.#firstEndingAfter(from)
    // Ranges are apart from each other, so the byte behind one is in a hole.
    return index < edges.length && leq(edges[index] as number, from) ? (edges[index + 1] as number) : from
  }

  /** @param from a byte in a hole */
  holeEnd(from: number, limit: number): number {
    const index = this.#firstEndingAfter(from)
    return index < this.#edges.length ? min(this.#edges[index] as number, limit) : limit
  }

  /** Index of the first range whose right edge lies above `seq`. */
  #firstEndingAfter(seq: number): number {
    let low = 0
    let high = this.#edges.length >>> 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (gt(this.#edges[middle * 2 + 1] as number, seq)) high = middle
      else low = middle + 1
    }
    return low * 2
  }

  #insert(left: number, right: number): void {
    const edges = this.#edges
    let from = edges.length
    while (from > 0 && geq(edges[from - 1] as number, left)) from -= 2
    let to = from
    let newLeft = left
    let newRight = right
    while (to < edges.length && leq(edges[to] as number, right)) {
      newLeft = min(newLeft, edges[to] as number)
      newRight = max(newRight, edges[to + 1] as number)
      this.#sackedBytes -= diff(edges[to + 1] as number, edges[to] as number)
      to += 2
    }
    if (to === from && edges.length >= 2 * SCOREBOARD_LIMIT) return
    edges.splice(from, to - from, newLeft, newRight)
    this.#sackedBytes += diff(newRight, newLeft)
  }
}
