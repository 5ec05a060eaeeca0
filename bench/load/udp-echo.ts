// Datagrams to an echo server and DNS queries to the NAT's own resolver: `window` of them in flight. Sent and received
// in batches, so that the generator takes as little as possible of the processors that the NAT needs as well.

import { connectDatagrams, Datagrams, EPOLLIN, Epoll } from './calls.ts'
import { isGoodAnswer, putQuery, QUERY_LEN } from './dns-message.ts'
import { Latencies } from './latency.ts'
import { DNS_PORT, UDP_ECHO_PORT } from './protocol.ts'

const WARM_UP_MS = 200
/** Without an answer for so long, what is in flight is given up as lost. */
const LOST_MS = 250
const BATCH = 64
const SLOT_LEN = 2048

interface Exchange {
  readonly port: number
  /** Writes request `serial` into a slot. @returns its length */
  put(bytes: Uint8Array, start: number, serial: number): number
  /** @returns the 16-bit number of the request this answers, or -1 */
  answered(bytes: Uint8Array, start: number, length: number): number
}

export function udpEcho(target: number, size: number, window: number, seconds: number): Record<string, number> {
  return exchange(target, window, seconds, {
    port: UDP_ECHO_PORT,
    put(bytes, start, serial) {
      bytes[start] = serial >>> 8
      bytes[start + 1] = serial
      return size
    },
    answered: (bytes, start, length) => (length === size ? (bytes[start]! << 8) | bytes[start + 1]! : -1),
  })
}

export function dnsQueries(target: number, window: number, seconds: number): Record<string, number> {
  // Names differ between runs, so that nothing answers from a cache.
  const run = Math.floor(performance.timeOrigin) & 0xffff
  return exchange(target, window, seconds, {
    port: DNS_PORT,
    put(bytes, start, serial) {
      putQuery(bytes, start, serial & 0xffff, (run << 16) ^ serial)
      return QUERY_LEN
    },
    answered: (bytes, start, length) =>
      isGoodAnswer(bytes, start, length) ? (bytes[start]! << 8) | bytes[start + 1]! : -1,
  })
}

function exchange(target: number, window: number, seconds: number, kind: Exchange): Record<string, number> {
  const load = new DatagramLoad(connectDatagrams(target, kind.port), window, kind)
  load.run(WARM_UP_MS)
  load.clear()
  load.run(seconds * 1000)
  if (load.latencies.count === 0) throw new Error('nothing was answered')
  return { perSecond: load.latencies.count / seconds, lost: load.lost, ...load.latencies.percentiles() }
}

class DatagramLoad {
  lost = 0
  readonly latencies = new Latencies()
  readonly #fd: number
  readonly #window: number
  readonly #kind: Exchange
  readonly #epoll = new Epoll(16)
  readonly #out = new Datagrams(BATCH, SLOT_LEN, true)
  readonly #in = new Datagrams(BATCH, SLOT_LEN, true)
  /** When the request with this 16-bit number was sent; 0: it is not in flight. */
  readonly #sentAt = new Float64Array(0x1_0000)
  #serial = 0
  #inFlight = 0
  #answeredAt = 0

  constructor(fd: number, window: number, kind: Exchange) {
    this.#fd = fd
    this.#window = window
    this.#kind = kind
    this.#epoll.add(fd, EPOLLIN, 0)
  }

  clear(): void {
    this.lost = 0
    this.latencies.clear()
  }

  run(durationMs: number): void {
    const startedAt = performance.now()
    const endAt = startedAt + durationMs
    this.#answeredAt = startedAt
    for (let now = startedAt; now < endAt; now = performance.now()) {
      this.#fill(now)
      if (this.#epoll.wait(LOST_MS) > 0) this.#receive()
      else if (performance.now() - this.#answeredAt >= LOST_MS) this.#giveUp()
    }
  }

  #fill(now: number): void {
    const count = Math.min(this.#window - this.#inFlight, BATCH)
    if (count <= 0) return
    for (let slot = 0; slot < count; slot++) {
      const serial = this.#serial++
      this.#out.setLength(slot, this.#kind.put(this.#out.bytes, slot * SLOT_LEN, serial))
      this.#sentAt[serial & 0xffff] = now
    }
    // What the kernel does not take is as lost as anything else: it is not answered.
    this.#out.sendAll(this.#fd, count)
    this.#inFlight += count
  }

  #receive(): void {
    const count = this.#in.receive(this.#fd)
    const now = performance.now()
    for (let slot = 0; slot < count; slot++) {
      const number = this.#kind.answered(this.#in.bytes, slot * SLOT_LEN, this.#in.lengthAt(slot))
      if (number < 0 || this.#sentAt[number] === 0) continue
      this.latencies.add(now - this.#sentAt[number]!)
      this.#sentAt[number] = 0
      this.#inFlight--
      this.#answeredAt = now
    }
  }

  #giveUp(): void {
    this.lost += this.#inFlight
    this.#inFlight = 0
    this.#sentAt.fill(0)
    this.#answeredAt = performance.now()
  }
}
