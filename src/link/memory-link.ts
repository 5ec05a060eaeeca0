// A cable between two hubs of one process: a cascade inside the server, and the tests' way to have two ends.
//
// What one end is given is copied into a bounded queue and handed to the other end by `schedule`, never from inside the
// hub that sent it: two cables between the same two hubs are a loop, and a loop shall cost time, not the stack.
// Offload notes travel along, so nothing is split or summed.

import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import type { Offload } from '../wire/offload.ts'

/** Bytes that wait in one direction before frames are dropped. */
export const MEMORY_QUEUE_BYTES_MAX = 2_097_152
const FIRST_QUEUE_LEN = 65_536

export interface MemoryLinkOptions {
  readonly kind?: string
  /** Runs a function soon, but not at once. */
  readonly schedule?: (deliver: () => void) => void
  readonly queueBytesMax?: number
}

export interface MemoryLinkStats {
  txFrames: number
  txBytes: number
  droppedQueueFull: number
}

class MemoryPort implements Port {
  readonly identity: PortIdentity
  readonly stats: MemoryLinkStats = { txFrames: 0, txBytes: 0, droppedQueueFull: 0 }
  peer: Attachment | undefined
  readonly #queueBytesMax: number
  readonly #schedule: (deliver: () => void) => void
  /** The bytes of the waiting frames, end to end; `#notes` has length and offload of each, in turn. */
  #bytes = new Uint8Array(0)
  #used = 0
  #notes: number[] = []
  #isScheduled = false

  constructor(hostName: string, { kind = 'CASCADE', schedule, queueBytesMax }: MemoryLinkOptions) {
    this.identity = { kind, userName: '', hostName }
    this.#schedule = schedule ?? setImmediate
    this.#queueBytesMax = queueBytesMax ?? MEMORY_QUEUE_BYTES_MAX
  }

  output(frame: Uint8Array, offload: Offload): void {
    const needed = this.#used + frame.length
    if (needed > this.#queueBytesMax) {
      this.stats.droppedQueueFull += 1
      return
    }
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(
        Math.min(this.#queueBytesMax, Math.max(FIRST_QUEUE_LEN, needed, this.#bytes.length * 2)),
      )
      grown.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = grown
    }
    this.#bytes.set(frame, this.#used)
    this.#used = needed
    this.#notes.push(frame.length, offload)
    this.stats.txFrames += 1
    this.stats.txBytes += frame.length
  }

  flush(): void {
    if (this.#isScheduled || this.#used === 0) return
    this.#isScheduled = true
    this.#schedule(() => this.#deliver())
  }

  #deliver(): void {
    this.#isScheduled = false
    const { peer } = this
    const bytes = this.#bytes
    const notes = this.#notes
    // Taken before anything is handed in: what comes back through a loop is the next delivery's.
    this.#bytes = new Uint8Array(0)
    this.#used = 0
    this.#notes = []
    if (peer === undefined) return
    let at = 0
    for (let index = 0; index < notes.length && this.peer !== undefined; index += 2) {
      const length = notes[index] as number
      peer.input(bytes.subarray(at, at + length), notes[index + 1] as Offload)
      at += length
    }
    peer.flush()
    // Nothing new came meanwhile: the memory serves the next batch as well.
    if (this.#used === 0 && this.#bytes.length === 0) this.#bytes = bytes
  }
}

export interface MemoryLink {
  readonly sessionNames: readonly [string, string]
  /** Per end: what its hub gave it. */
  readonly stats: readonly [MemoryLinkStats, MemoryLinkStats]
  close(): void
}

export function connectInMemory(a: Attachable, b: Attachable, options: MemoryLinkOptions = {}): MemoryLink {
  const portA = new MemoryPort('memory', options)
  const portB = new MemoryPort('memory', options)
  const attachmentA = a.attach(portA)
  const attachmentB = b.attach(portB)
  portA.peer = attachmentB
  portB.peer = attachmentA
  return {
    sessionNames: [attachmentA.sessionName, attachmentB.sessionName],
    stats: [portA.stats, portB.stats],
    close() {
      if (portA.peer === undefined) return
      portA.peer = undefined
      portB.peer = undefined
      attachmentA.detach()
      attachmentB.detach()
    },
  }
}
