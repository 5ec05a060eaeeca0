// A connected Unix stream socket straight on Linux's calls: one read of up to 256 KiB per wake-up into a buffer that all
// share, one send per write. Node's own sockets allocate 64 KiB for every read and cost some microseconds an event.
//
// The buffer lies in memory whose sums are cheap (wire/sum-memory.ts), since every frame in it is checked.

import { close, duplicate } from '../os/files.ts'
import { addressOf, errno, errnoName, errnoNumber, type Poll, poll } from '../os/libc.ts'
import { recv, SHUT_WR, send, setSendBuffer, shutdown } from '../os/sockets.ts'
import { sumMemory } from '../wire/sum-memory.ts'
import type { StreamTransport, StreamTransportEvents } from './stream-transport.ts'
import { TurnShare } from './turn-share.ts'

const READ_LEN = 262_144
/** Two frames of a flood, or a part of one that is longer. */
const READ_LEN_MIN = 128
/** Then the event loop's other descriptors have their turn. */
const READS_PER_WAKE_MAX = 4
/** Asked for; the kernel gives what it allows. */
const SEND_BUFFER_LEN = 1_048_576

let readBuffer: Uint8Array | undefined

interface PendingWrite {
  readonly bytes: Uint8Array
  readonly written: () => void
  at: number
}

export class LinuxStream implements StreamTransport {
  readonly #fd: number
  readonly #events: StreamTransportEvents
  readonly #readable: Poll
  readonly #buffer: Uint8Array
  readonly #address: number
  readonly #share = new TurnShare(READ_LEN_MIN, READ_LEN)
  #isDestroyed = false
  #isGone = false
  #pending: PendingWrite | undefined
  /** Waits for room on a copy of the descriptor: the event loop watches each for one thing only. */
  #room: { readonly fd: number; readonly poll: Poll } | undefined

  /** Takes over the descriptor. @throws OsError */
  constructor(fd: number, events: StreamTransportEvents) {
    this.#fd = fd
    this.#events = events
    this.#buffer = readBuffer ??= sumMemory(READ_LEN)
    this.#address = addressOf(this.#buffer)
    setSendBuffer(fd, SEND_BUFFER_LEN)
    this.#readable = poll(fd, { readable: true }, (status) => this.#read(status))
  }

  write(bytes: Uint8Array, written: () => void): boolean {
    const at = this.#send(bytes, 0)
    if (at === bytes.length) return true
    this.#pending = { bytes, written, at }
    if (!this.#isGone) this.#waitForRoom()
    return false
  }

  end(): void {
    shutdown(this.#fd, SHUT_WR)
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#isGone = true
    const pending = this.#pending
    this.#pending = undefined
    pending?.written()
    this.#closeRoom()
    this.#readable.close()
    close(this.#fd)
  }

  #read(status: number): void {
    if (status < 0) {
      this.#gone(errnoName(-status))
      return
    }
    for (let count = 0; count < READS_PER_WAKE_MAX && !this.#isGone; count += 1) {
      const n = recv(this.#fd, this.#address, this.#share.limit)
      if (n > 0) this.#received(n)
      else if (n === 0) this.#gone('the peer closed the connection')
      else if (errno() !== errnoNumber('EAGAIN') && errno() !== errnoNumber('EINTR')) this.#gone(errnoName())
      if (n < READ_LEN) return
    }
  }

  #received(n: number): void {
    this.#share.begin()
    this.#events.received(this.#buffer.subarray(0, n))
    this.#share.end(n)
  }

  /** @returns up to where the bytes are written now */
  #send(bytes: Uint8Array, from: number): number {
    const n = send(this.#fd, addressOf(bytes) + from, bytes.length - from)
    if (n >= 0) return from + n
    if (errno() !== errnoNumber('EAGAIN')) {
      const reason = errnoName()
      setImmediate(() => this.#gone(reason))
    }
    return from
  }

  #waitForRoom(): void {
    if (this.#room !== undefined) return
    const fd = duplicate(this.#fd)
    this.#room = { fd, poll: poll(fd, { writable: true }, () => this.#writePending()) }
  }

  #writePending(): void {
    const pending = this.#pending
    if (pending !== undefined) {
      pending.at = this.#send(pending.bytes, pending.at)
      if (pending.at < pending.bytes.length) return
      this.#pending = undefined
      pending.written()
    }
    if (this.#pending === undefined) this.#closeRoom()
  }

  #closeRoom(): void {
    this.#room?.poll.close()
    if (this.#room !== undefined) close(this.#room.fd)
    this.#room = undefined
  }

  #gone(reason: string): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#closeRoom()
    this.#readable.close()
    this.#events.gone(reason)
  }
}
