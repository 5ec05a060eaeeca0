// The outside UDP sockets of queries. A few are shared by all guests, so that no guest can use up sockets with queries. Each
// query has a random id of its own and leaves through one of them at random, and each socket is replaced before its port can
// be found out: a forged answer must guess port and id, and name the resolver that was asked (RFC 5452).
//
// Queries of one batch leave through the same socket, so that they are one system call, and so are their answers. That tells
// a forger nothing: he sees none of our ports, and to him each of them is as likely as before.

import type { NatContext } from '../../nat/context.ts'
import type { OutsideError, UdpSocket, UdpSocketEvents } from '../../nat/sockets.ts'
import type { Deadline } from '../../stack/deadline-heap.ts'
import { getU16, setU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN } from '../../wire/dns.ts'
import { ICMP_UNREACHABLE } from '../../wire/icmpv4.ts'
import { ANY_IPV4, type Ipv4Address } from '../../wire/ipv4-address.ts'
import { Ask, type Channel, type Flight } from './flight.ts'
import { KeyTable } from './key-table.ts'
import type { Upstream } from './upstreams.ts'

/** Outside sockets for all queries; each has its own source port and its own space of ids. */
export const UPSTREAM_SOCKETS = 4
/** Unused outside sockets are closed, and so are those that were used for so long. */
const SOCKET_MS = 30_000
/** How long a socket that was replaced may wait for its last answers. */
const LINGER_MS = 10_000
/** Queries that leave through the same socket, as many as leave in one system call. */
const BATCH_MAX = 64
/** What is known of queries that left, kept for the next ones. */
const SPARE_MAX = 256

export interface UpstreamSocketsDeps {
  context: NatContext
  random(): number
  /** @returns false when it is not an answer to what was asked */
  answered(ask: Ask, bytes: Uint8Array): boolean
  unexpected(): void
  /** The resolver, or the way to it, is not there. */
  unanswered(ask: Ask): void
}

export class UpstreamSockets {
  readonly #deps: UpstreamSocketsDeps
  readonly #current: (UpstreamSocket | undefined)[] = new Array(UPSTREAM_SOCKETS).fill(undefined)
  readonly #open = new Set<UpstreamSocket>()
  readonly #spare: Ask[] = []
  /** Of the batch that is being gathered. */
  #batchSocket = 0
  #batchAt = Number.NEGATIVE_INFINITY
  #batchLeft = 0

  constructor(deps: UpstreamSocketsDeps) {
    this.#deps = deps
  }

  ask(flight: Flight, upstream: Upstream): Ask {
    const random = this.#deps.random()
    const { now } = this.#deps.context.tcp
    if (now !== this.#batchAt || this.#batchLeft === 0) {
      this.#batchSocket = (random >>> 16) % UPSTREAM_SOCKETS
      this.#batchAt = now
      this.#batchLeft = BATCH_MAX
    }
    this.#batchLeft--
    return this.#socket(this.#batchSocket).ask(flight, upstream, random & 0xffff)
  }

  close(): void {
    for (const socket of this.#open) socket.close()
    this.#current.fill(undefined)
  }

  #socket(index: number): UpstreamSocket {
    const { now } = this.#deps.context.tcp
    const known = this.#current[index]
    if (known !== undefined && !known.isClosed && now - known.openedAt < SOCKET_MS) return known
    known?.retire()
    const socket = new UpstreamSocket(this.#deps, this.#spare, (closed) => this.#open.delete(closed))
    this.#open.add(socket)
    this.#current[index] = socket
    return socket
  }
}

class UpstreamSocket implements UdpSocketEvents, Deadline, Channel {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  isClosed = false
  readonly openedAt: number
  readonly #deps: UpstreamSocketsDeps
  readonly #onClose: (socket: UpstreamSocket) => void
  readonly #socket: UdpSocket
  /** By the id under which they left. */
  readonly #asks = new KeyTable<Ask>()
  readonly #spare: Ask[]
  #closeAt: number
  #isRetired = false

  constructor(deps: UpstreamSocketsDeps, spare: Ask[], onClose: (socket: UpstreamSocket) => void) {
    this.#deps = deps
    this.#spare = spare
    this.#onClose = onClose
    this.openedAt = deps.context.tcp.now
    this.#closeAt = this.openedAt + SOCKET_MS
    this.#socket = deps.context.sockets.openUdp(0, this)
    deps.context.deadlines.update(this)
  }

  ask(flight: Flight, upstream: Upstream, random: number): Ask {
    let id = random
    while (this.#asks.get(id) !== undefined) id = (id + 1) & 0xffff
    const ask = this.#spare.pop() ?? new Ask(flight, upstream, this)
    ask.flight = flight
    ask.upstream = upstream
    ask.channel = this
    ask.tableKey = id
    this.#asks.add(ask)
    this.#closeAt = this.#deps.context.tcp.now + SOCKET_MS
    setU16(flight.message, 0, id)
    this.#socket.send(flight.message, upstream.address, upstream.port)
    return ask
  }

  forget(ask: Ask): void {
    this.#asks.delete(ask)
    if (this.#isRetired && this.#asks.size === 0) this.close()
  }

  message(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    const { context } = this.#deps
    context.tick()
    const ask = bytes.length >= DNS_HEADER_LEN ? this.#asks.get(getU16(bytes, 0)) : undefined
    const isFromAsked = ask?.upstream.address === address && ask.upstream.port === port
    if (ask === undefined || !isFromAsked || !this.#deps.answered(ask, bytes)) {
      this.#deps.unexpected()
      return
    }
    // It was forgotten with its flight, and nobody else knows it.
    if (this.#spare.length < SPARE_MAX) this.#spare.push(ask)
    context.flushSoon()
  }

  /** Believed where it quotes a query's id, as an answer would have to, and where this computer itself says it. */
  unreached({ type, reporter, address, port, payload }: OutsideError): void {
    const { context } = this.#deps
    context.tick()
    if (type !== ICMP_UNREACHABLE) return
    const quoted = payload.length >= 2 ? getU16(payload, 0) : -1
    for (const ask of reporter === ANY_IPV4 ? this.#asks.values() : [this.#asks.get(quoted)]) {
      if (ask?.upstream.address !== address || ask.upstream.port !== port) continue
      // What became of those before it may have ended it as well.
      if (this.#asks.delete(ask)) this.#deps.unanswered(ask)
    }
    context.flushSoon()
  }

  /** Takes no more queries. */
  retire(): void {
    if (this.isClosed) return
    this.#isRetired = true
    this.#closeAt = this.#deps.context.tcp.now + LINGER_MS
    this.#deps.context.deadlines.update(this)
    if (this.#asks.size === 0) this.close()
  }

  failed(): void {
    this.#end()
  }

  nextDeadline(): number {
    return this.isClosed ? Number.POSITIVE_INFINITY : this.#closeAt
  }

  expire(): void {
    this.close()
  }

  close(): void {
    if (this.isClosed) return
    this.#socket.close()
    this.#end()
  }

  /** What was asked through it is asked again when its time comes. */
  #end(): void {
    this.isClosed = true
    this.#asks.clear()
    this.#deps.context.deadlines.remove(this)
    this.#onClose(this)
  }
}
