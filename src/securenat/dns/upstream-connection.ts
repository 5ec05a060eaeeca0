// One outside TCP connection to a resolver, for queries that came over TCP: several at once, answers in any order
// (RFC 7766), each under an id of its own. Opened when it is needed, closed when it is not.

import type { NatContext } from '../../nat/context.ts'
import type { TcpSocket, TcpSocketEvents } from '../../nat/sockets.ts'
import type { Deadline } from '../../stack/deadline-heap.ts'
import { getU16, setU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN } from '../../wire/dns.ts'
import { Ask, type Channel, type Flight } from './flight.ts'
import { MessageQueue } from './message-queue.ts'
import type { Upstream } from './upstreams.ts'

/**
 * An unused connection is closed after so long: time for the next query of a guest that asks one after the other, and no more,
 * since small resolvers serve few connections, or one.
 */
const IDLE_MS = 200
/** The same where an answer is still missing. */
const WAITING_MS = 10_000
/** A resolver that does not close its side within this is not waited for. */
const CLOSE_MS = 5_000
const READ_LEN = 16 * 1024
const PREFIX_LEN = 2

export interface UpstreamConnectionDeps {
  context: NatContext
  random(): number
  /** @returns false when it is not an answer to what was asked */
  answered(ask: Ask, bytes: Uint8Array): boolean
  unexpected(): void
  /** The connection did not come about, or broke, before the answer. */
  unanswered(ask: Ask): void
}

export class UpstreamConnection implements TcpSocketEvents, Deadline, Channel {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #deps: UpstreamConnectionDeps
  readonly #upstream: Upstream
  readonly #socket: TcpSocket
  readonly #asks = new Map<number, Ask>()
  readonly #readBuffer = new Uint8Array(READ_LEN)
  readonly #unread = new MessageQueue()
  /** Queries until the connection is there. */
  #waiting: Uint8Array[] | undefined = []
  #lastUsedAt: number
  #state: 'open' | 'closing' | 'gone' = 'open'

  constructor(upstream: Upstream, deps: UpstreamConnectionDeps) {
    this.#upstream = upstream
    this.#deps = deps
    this.#lastUsedAt = deps.context.tcp.now
    this.#socket = deps.context.sockets.connectTcp(upstream.address, upstream.port, this)
    deps.context.deadlines.update(this)
  }

  get takesQueries(): boolean {
    return this.#state === 'open'
  }

  ask(flight: Flight): Ask {
    let id = this.#deps.random() & 0xffff
    while (this.#asks.has(id)) id = (id + 1) & 0xffff
    const ask = new Ask(flight, this.#upstream, this)
    ask.tableKey = id
    this.#asks.set(id, ask)
    this.#lastUsedAt = this.#deps.context.tcp.now
    setU16(flight.message, 0, id)
    const framed = new Uint8Array(PREFIX_LEN + flight.message.length)
    setU16(framed, 0, flight.message.length)
    framed.set(flight.message, PREFIX_LEN)
    if (this.#waiting === undefined) this.#socket.write(framed)
    else this.#waiting.push(framed)
    return ask
  }

  forget(ask: Ask): void {
    this.#asks.delete(ask.tableKey)
    // The deadline comes forward, of which the heap must hear.
    if (this.#asks.size === 0) this.#deps.context.deadlines.update(this)
  }

  connected(): void {
    this.#deps.context.tick()
    for (const framed of this.#waiting ?? []) this.#socket.write(framed)
    this.#waiting = undefined
    this.#deps.context.flushSoon()
  }

  readBuffer(): Uint8Array {
    return this.#readBuffer
  }

  data(bytes: Uint8Array): void {
    const { context } = this.#deps
    context.tick()
    if (this.#state === 'gone') return
    this.#lastUsedAt = context.tcp.now
    this.#unread.append(bytes)
    for (let message = this.#unread.take(); message !== undefined; message = this.#unread.take()) {
      this.#messageInput(message)
    }
    context.flushSoon()
  }

  failed(): void {
    this.#broken()
  }

  ended(): void {
    if (this.#state === 'open') this.#socket.end()
    this.#broken()
  }

  written(): void {}

  gone(): void {
    this.#broken()
  }

  nextDeadline(): number {
    if (this.#state === 'gone') return Number.POSITIVE_INFINITY
    if (this.#state === 'closing') return this.#lastUsedAt + CLOSE_MS
    return this.#lastUsedAt + (this.#asks.size === 0 ? IDLE_MS : WAITING_MS)
  }

  /** Unused for so long; what is still waited for has had its time. */
  expire(): void {
    if (this.#state === 'open' && this.#waiting === undefined) {
      this.#state = 'closing'
      this.#lastUsedAt = this.#deps.context.tcp.now
      this.#socket.end()
    } else this.close()
  }

  close(): void {
    if (this.#state === 'gone') return
    this.#socket.reset()
    this.#leave()
  }

  #messageInput(message: Uint8Array): void {
    const ask = message.length >= DNS_HEADER_LEN ? this.#asks.get(getU16(message, 0)) : undefined
    if (ask === undefined || !this.#deps.answered(ask, message)) this.#deps.unexpected()
  }

  #broken(): void {
    this.#deps.context.tick()
    if (this.#state === 'gone') return
    this.#leave()
    const asks = [...this.#asks.values()]
    this.#asks.clear()
    for (const ask of asks) this.#deps.unanswered(ask)
    this.#deps.context.flushSoon()
  }

  #leave(): void {
    this.#state = 'gone'
    this.#deps.context.deadlines.remove(this)
  }
}
