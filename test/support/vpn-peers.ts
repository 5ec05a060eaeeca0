// What the tests of VPN sessions need: wires whose other end the test reads, a hub of one port, virtual time with turns.

import { createHash } from 'node:crypto'
import { BlockReader } from '../../src/softether/block-stream.ts'
import type { LoginEnvironment } from '../../src/softether/login-connection.ts'
import type { Wire } from '../../src/softether/tunnel-connection.ts'
import { ManualClock } from './manual-clock.ts'
import { seededRandom } from './random.ts'

/** One end of a TCP connection; keeps what was written. */
export class TestWire implements Wire {
  readonly writes: Uint8Array[] = []
  isEnded = false
  /** False: what is written stays under way until `take`. */
  takesAtOnce = true
  #pending: (() => void)[] = []

  write(bytes: Uint8Array, written: () => void): boolean {
    if (this.isEnded) throw new Error('written after the end')
    this.writes.push(Uint8Array.from(bytes))
    if (!this.takesAtOnce) this.#pending.push(written)
    return this.takesAtOnce
  }

  end(): void {
    this.isEnded = true
  }

  /** The peer takes what is under way. */
  take(): void {
    const pending = this.#pending
    this.#pending = []
    for (const written of pending) written()
  }

  bytes(): Buffer {
    return Buffer.concat(this.writes)
  }

  /** Everything written so far, as tunnel; forgets it. */
  readTunnel(inflate?: (block: Uint8Array) => Uint8Array | undefined): { frames: Uint8Array[]; keepAlives: number } {
    const frames: Uint8Array[] = []
    const reader = new BlockReader((frame) => frames.push(Uint8Array.from(frame)), inflate)
    const fault = reader.push(this.bytes())
    if (fault !== undefined) throw new Error(fault)
    this.writes.length = 0
    return { frames, keepAlives: reader.stats.rxKeepAlives }
  }
}

export interface TestEnvironment extends LoginEnvironment {
  readonly clock: ManualClock
  /** Ends the event loop's turn. */
  turn(): void
}

export function testEnvironment(): TestEnvironment {
  const clock = new ManualClock()
  const random = seededRandom(7)
  let turns: (() => void)[] = []
  return {
    clock,
    now: clock.now,
    wallClock: clock.wallClock,
    random,
    setTimer: clock.setTimer,
    secret: (length) => Uint8Array.from({ length }, () => random() & 255),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    nextTurn: (callback) => void turns.push(callback),
    turn() {
      const due = turns
      turns = []
      for (const callback of due) callback()
    },
  }
}

/** Frames as one batch of blocks. */
export function blocks(...frames: readonly Uint8Array[]): Buffer {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  return Buffer.concat([word(frames.length), ...frames.flatMap((frame) => [word(frame.length), Buffer.from(frame)])])
}

export const KEEP_ALIVE = Buffer.from('ffffffff00000002abcd', 'hex')
