// A long wire between two TAP devices: every frame arrives half a round-trip time later, some never. `tc netem` would do,
// but not every kernel has it. Which frames are lost is the same in every run with the same traffic.
//
//     node long-path.mjs NEAR_NETNS NEAR_TAP FAR_NETNS FAR_TAP RTT_MS LOSS_PERCENT

import { writeSync } from 'node:fs'
import { addressOf } from '../../src/os/libc.ts'
import { EPOLLIN, Epoll, read, write } from './calls.ts'
import { openPlainTap } from './tap.ts'

/** In flight, per direction: more than 100 ms at 4 Gbit/s. */
const BYTES_MAX = 1 << 26
const FRAMES_MAX = 1 << 17
const FRAME_LEN_MAX = 2048
const MTU = 1500
const FRAMES_PER_TURN = 256

const [nearNetns, nearTap = '', farNetns, farTap = '', rttMs = '0', lossPercent = '0'] = process.argv.slice(2)
const delayMs = Number(rttMs) / 2
const lossBelow = (Number(lossPercent) / 100) * 0x1_0000_0000

let seed = 0x2545_f491
/** xorshift32 */
function nextRandom(): number {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  return seed >>> 0
}

/** One way: frames in a ring of bytes, in the order in which they came and will leave. */
class Direction {
  readonly #from: number
  readonly #to: number
  readonly #ring = new Uint8Array(new ArrayBuffer(BYTES_MAX))
  readonly #address = addressOf(this.#ring)
  readonly #starts = new Uint32Array(FRAMES_MAX)
  readonly #lengths = new Uint32Array(FRAMES_MAX)
  readonly #dueAt = new Float64Array(FRAMES_MAX)
  #head = 0
  #count = 0
  #writeAt = 0

  constructor(from: number, to: number) {
    this.#from = from
    this.#to = to
  }

  take(now: number): void {
    for (let frames = 0; frames < FRAMES_PER_TURN; frames++) {
      if (this.#writeAt + FRAME_LEN_MAX > BYTES_MAX) this.#writeAt = 0
      const start = this.#writeAt
      const length = read(this.#from, this.#address + start, FRAME_LEN_MAX)
      if (length <= 0) return
      // Full: the frames in flight would be overwritten, so this one is lost.
      const room = (this.#starts[this.#head]! - start + BYTES_MAX) % BYTES_MAX
      if (this.#count === FRAMES_MAX || (this.#count > 0 && room < 2 * FRAME_LEN_MAX)) continue
      if (nextRandom() < lossBelow) continue
      const slot = (this.#head + this.#count++) % FRAMES_MAX
      this.#starts[slot] = start
      this.#lengths[slot] = length
      this.#dueAt[slot] = now + delayMs
      this.#writeAt = start + length
    }
  }

  /** @returns when the next frame is due */
  deliver(now: number): number {
    while (this.#count > 0 && this.#dueAt[this.#head]! <= now) {
      write(this.#to, this.#address + this.#starts[this.#head]!, this.#lengths[this.#head]!)
      this.#head = (this.#head + 1) % FRAMES_MAX
      this.#count--
    }
    return this.#count > 0 ? this.#dueAt[this.#head]! : Number.POSITIVE_INFINITY
  }
}

const near = openPlainTap(nearTap, nearNetns, MTU)
const far = openPlainTap(farTap, farNetns, MTU)
const directions = [new Direction(near, far), new Direction(far, near)] as const
const epoll = new Epoll(16)
epoll.add(near, EPOLLIN, 0)
epoll.add(far, EPOLLIN, 1)
writeSync(1, '"ready"\n')
for (;;) {
  const dueAt = Math.min(directions[0].deliver(performance.now()), directions[1].deliver(performance.now()))
  const waitMs = dueAt === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(dueAt - performance.now()))
  const count = epoll.wait(waitMs)
  const now = performance.now()
  for (let event = 0; event < count; event++) directions[epoll.tagAt(event) as 0 | 1].take(now)
}
