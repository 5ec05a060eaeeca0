// One transfer between a guest and the outside, in either direction or both, checked byte for byte as it arrives.

import type { GuestTcp, GuestTcpOptions } from './guest-tcp.ts'
import type { OutsideConnection } from './made-up-sockets.ts'
import { patternByte, patternBytes } from './random.ts'
import { SERVER, type World } from './world.ts'

export interface TransferOptions {
  /** Bytes from the outside to the guest, and from the guest to the outside. */
  down?: number
  up?: number
  tcp?: GuestTcpOptions
  port?: number
}

const CHUNK = 64 * 1024

export class Transfer {
  readonly guest: GuestTcp
  outside: OutsideConnection | undefined
  received = { down: 0, up: 0 }
  readonly startedAt: number
  finishedAt = -1
  readonly #options: Required<TransferOptions>
  readonly #world: World

  constructor(world: World, options: TransferOptions) {
    this.#options = { down: 0, up: 0, tcp: {}, port: 80, ...options }
    this.#world = world
    this.startedAt = world.clock.now()
    world.outside.onConnection = (connection) => this.#serve(connection)
    this.guest = world.guest.connect(SERVER, this.#options.port, this.#options.tcp)
    this.guest.onData = (bytes) => {
      verify(bytes, this.received.down, 1)
      this.received.down += bytes.length
    }
    if (this.#options.up > 0) {
      const bytes = patternBytes(this.#options.up, 2)
      this.guest.write(bytes)
    }
    this.guest.close()
  }

  get isDone(): boolean {
    // A slow reader reads on after its connection has ended.
    const isRead = this.guest.closedBy !== 'both ends' || this.received.down >= this.#options.down
    return this.guest.state === 'CLOSED' && isRead && (this.outside?.isGone ?? false)
  }

  /** Runs it to its end, and half a second more for the last acknowledgments. @returns bytes per ms */
  run(limitMs: number): number {
    const { down, up } = this.#options
    this.#world.until(`transfer of ${down} down, ${up} up`, () => this.isDone, limitMs)
    this.finishedAt = this.#world.clock.now()
    this.#world.advance(500)
    if (this.guest.closedBy !== 'both ends') throw new Error(`closed by ${this.guest.closedBy}`)
    if (this.outside?.wasReset) throw new Error('the outside was reset')
    if (this.received.down !== down || this.received.up !== up) {
      throw new Error(`received ${JSON.stringify(this.received)}`)
    }
    return (down + up) / (this.finishedAt - this.startedAt)
  }

  #serve(connection: OutsideConnection): void {
    this.outside = connection
    connection.onReceived = (bytes) => {
      verify(bytes, this.received.up, 2)
      this.received.up += bytes.length
    }
    let at = 0
    const { down } = this.#options
    connection.stream(() => {
      if (at >= down) return undefined
      const bytes = patternBytes(Math.min(CHUNK, down - at), at + 1)
      at += bytes.length
      return bytes
    })
  }
}

function verify(bytes: Uint8Array, from: number, shift: number): void {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== patternByte(from + index + shift)) throw new Error(`wrong byte at ${from + index}`)
  }
}
