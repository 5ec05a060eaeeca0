// Connect, GET, read 1 KiB, be closed on: `concurrency` connections at a time.

import { addressOf, errnoName } from '../../src/os/libc.ts'
import { closeFd, connectSoon, EPOLLIN, EPOLLOUT, Epoll, read, socketError, write } from './calls.ts'
import { Latencies } from './latency.ts'
import { HTTP_BODY_LEN, HTTP_PORTS } from './protocol.ts'

const WARM_UP_MS = 200
const REQUEST_TIMEOUT_MS = 3_000
const SCAN_MS = 500
/** With so many failures and no success there is nothing to measure. */
const HOPELESS = 100

const request = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n')

interface Slot {
  fd: number
  isConnected: boolean
  received: number
  startedAt: number
}

export function shortConnections(target: number, concurrency: number, seconds: number): Record<string, number> {
  const load = new ShortConnections(target, concurrency)
  load.run(WARM_UP_MS)
  load.clear()
  load.run(seconds * 1000)
  load.abandon()
  const { completed, errors, connects, latencies } = load
  return {
    perSecond: completed / seconds,
    errors,
    connectP50Us: connects.percentiles().p50Us ?? Number.NaN,
    ...latencies.percentiles(),
  }
}

class ShortConnections {
  completed = 0
  errors = 0
  readonly latencies = new Latencies()
  readonly connects = new Latencies()
  readonly #target: number
  readonly #slots: Slot[]
  readonly #epoll = new Epoll(128)
  readonly #buffer = new Uint8Array(new ArrayBuffer(16_384))
  readonly #address = addressOf(this.#buffer)
  readonly #request = addressOf(request)
  #serial = 0
  #scannedAt = performance.now()

  constructor(target: number, concurrency: number) {
    this.#target = target
    this.#slots = Array.from({ length: concurrency }, () => ({ fd: -1, isConnected: false, received: 0, startedAt: 0 }))
  }

  clear(): void {
    this.completed = 0
    this.errors = 0
    this.latencies.clear()
    this.connects.clear()
  }

  run(durationMs: number): void {
    const endAt = performance.now() + durationMs
    while (performance.now() < endAt) {
      for (const [index, slot] of this.#slots.entries()) if (slot.fd < 0) this.#start(slot, index)
      const count = this.#epoll.wait(50)
      for (let event = 0; event < count; event++) {
        const tag = this.#epoll.tagAt(event)
        this.#ready(this.#slots[tag]!, tag)
      }
      if (this.errors > HOPELESS && this.completed === 0) throw new Error(`no connection succeeds (${errnoName()})`)
      this.#scan()
    }
  }

  /** What has not ended when the time is over counts neither way. */
  abandon(): void {
    for (const slot of this.#slots) if (slot.fd >= 0) this.#close(slot)
  }

  #start(slot: Slot, index: number): void {
    const port = HTTP_PORTS[this.#serial++ % HTTP_PORTS.length]!
    slot.startedAt = performance.now()
    slot.isConnected = false
    slot.received = 0
    slot.fd = connectSoon(this.#target, port)
    if (slot.fd < 0) this.errors++
    else this.#epoll.add(slot.fd, EPOLLOUT, index)
  }

  #ready(slot: Slot, index: number): void {
    if (slot.isConnected) {
      this.#read(slot)
    } else if (socketError(slot.fd) !== 0 || write(slot.fd, this.#request, request.length) !== request.length) {
      this.#fail(slot)
    } else {
      this.connects.add(performance.now() - slot.startedAt)
      slot.isConnected = true
      this.#epoll.modify(slot.fd, EPOLLIN, index)
    }
  }

  #read(slot: Slot): void {
    const length = read(slot.fd, this.#address, this.#buffer.length)
    if (length > 0) {
      slot.received += length
    } else if (length === 0 && slot.received > HTTP_BODY_LEN) {
      this.#close(slot)
      this.completed++
      this.latencies.add(performance.now() - slot.startedAt)
    } else {
      this.#fail(slot)
    }
  }

  #scan(): void {
    const now = performance.now()
    if (now - this.#scannedAt < SCAN_MS) return
    this.#scannedAt = now
    for (const slot of this.#slots) if (slot.fd >= 0 && now - slot.startedAt > REQUEST_TIMEOUT_MS) this.#fail(slot)
  }

  #fail(slot: Slot): void {
    this.#close(slot)
    this.errors++
  }

  #close(slot: Slot): void {
    closeFd(slot.fd)
    slot.fd = -1
  }
}
