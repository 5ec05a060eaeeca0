// A cable between a hub and a guest that treats frames badly, in virtual time and by seeded chance: delay, loss, reordering,
// duplicates, trailing bytes, a frame-size limit, a bounded rate with a bounded queue, black-outs.

import type { Attachable, Attachment, Port, PortIdentity } from '../../src/hub/port.ts'
import { COMPLETE, type Offload } from '../../src/wire/offload.ts'
import { Segmenter } from '../../src/wire/segmentation.ts'
import type { ManualClock } from './manual-clock.ts'
import { type Random, seededRandom } from './random.ts'

export interface LinkOptions {
  seed?: number
  /** One way. */
  delayMs?: number
  /** Probabilities. */
  loss?: number
  duplicate?: number
  /** A frame that is reordered is late by up to `reorderMs`. */
  reorder?: number
  reorderMs?: number
  /** Most random bytes behind each frame. */
  padding?: number
  /** Longer frames are dropped. */
  frameLimit?: number
  /** Bytes per ms, and the bytes that may wait; both directions have their own. */
  rate?: number
  queue?: number
  /** [from, to) in which nothing passes. */
  blackOuts?: readonly (readonly [number, number])[]
  /** Frames for which this says so are lost, in either direction. */
  drops?: (frame: Uint8Array, toGuest: boolean) => boolean
}

export interface LinkStats {
  frames: number
  bytes: number
  lost: number
  droppedTooLong: number
  droppedQueue: number
}

export class LossyLink implements Port {
  readonly identity: PortIdentity = { kind: 'TEST', userName: 'test', hostName: 'lossy' }
  readonly toGuest: LinkStats = { frames: 0, bytes: 0, lost: 0, droppedTooLong: 0, droppedQueue: 0 }
  readonly toHub: LinkStats = { frames: 0, bytes: 0, lost: 0, droppedTooLong: 0, droppedQueue: 0 }
  options: LinkOptions
  receive: (frame: Uint8Array) => void = () => {}
  readonly #clock: ManualClock
  readonly #random: Random
  readonly #attachment: Attachment
  readonly #segmenter = new Segmenter()
  readonly #freeAt = { toGuest: 0, toHub: 0 }
  #plugged = true

  constructor(hub: Attachable, clock: ManualClock, options: LinkOptions = {}) {
    this.#clock = clock
    this.options = options
    this.#random = seededRandom(options.seed ?? 1)
    this.#attachment = hub.attach(this)
  }

  output(frame: Uint8Array, offload: Offload): void {
    const count = this.#segmenter.begin(frame, offload)
    if (count === 0) throw new Error('the hub gave a malformed super-frame')
    for (let index = 0; index < count; index++) {
      const single = new Uint8Array(this.#segmenter.segmentLength(index))
      this.#segmenter.write(frame, index, single, 0)
      this.#pass(single, true)
    }
  }

  flush(): void {}

  /** From the guest. */
  send(frame: Uint8Array): void {
    this.#pass(frame.slice(), false)
  }

  unplug(): void {
    this.#plugged = false
    this.#attachment.detach()
  }

  #pass(frame: Uint8Array, toGuest: boolean): void {
    const { loss = 0, duplicate = 0, reorder = 0, reorderMs = 0, padding = 0, delayMs = 0, drops } = this.options
    const stats = toGuest ? this.toGuest : this.toHub
    const random = this.#random
    stats.frames++
    stats.bytes += frame.length
    if (frame.length > (this.options.frameLimit ?? Number.POSITIVE_INFINITY)) {
      stats.droppedTooLong++
      return
    }
    const now = this.#clock.now()
    const isBlack = this.options.blackOuts?.some(([from, to]) => now >= from && now < to) ?? false
    if (isBlack || (loss > 0 && random.chance(loss)) || drops?.(frame, toGuest)) {
      stats.lost++
      return
    }
    const departsAt = this.#departure(frame.length, toGuest, stats)
    if (departsAt < 0) return
    const late = reorder > 0 && random.chance(reorder) ? random.below(reorderMs * 1000) / 1000 : 0
    const copies = duplicate > 0 && random.chance(duplicate) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const padded = padding > 0 ? withPadding(frame, random.below(padding + 1), random) : frame
      this.#clock.setTimer(departsAt - now + delayMs + late, () => this.#arrive(padded, toGuest))
    }
  }

  /** When the last bit has left; -1 when the queue is full. */
  #departure(length: number, toGuest: boolean, stats: LinkStats): number {
    const { rate, queue = Number.POSITIVE_INFINITY } = this.options
    const now = this.#clock.now()
    if (rate === undefined) return now
    const key = toGuest ? 'toGuest' : 'toHub'
    const startsAt = Math.max(now, this.#freeAt[key])
    if ((startsAt - now) * rate > queue) {
      stats.droppedQueue++
      return -1
    }
    this.#freeAt[key] = startsAt + length / rate
    return this.#freeAt[key]
  }

  #arrive(frame: Uint8Array, toGuest: boolean): void {
    if (!this.#plugged) return
    if (toGuest) this.receive(frame)
    else {
      this.#attachment.input(frame, COMPLETE)
      this.#attachment.flush()
    }
  }
}

function withPadding(frame: Uint8Array, length: number, random: Random): Uint8Array {
  const padded = new Uint8Array(frame.length + length)
  padded.set(frame)
  for (let index = frame.length; index < padded.length; index++) padded[index] = random() & 0xff
  return padded
}
