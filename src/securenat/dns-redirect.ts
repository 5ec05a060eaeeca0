// DNS redirect (R30): queries to UDP port 53 of the virtual host go to the resolvers that the host computer uses now,
// and their answers come back in the virtual host's name. (TCP port 53 is an ordinary NAT session, to the same place.)
//
// Theory of operation. A few outside sockets are shared by all guests; a query leaves through one of them under a random
// id of its own, so that a forged answer must guess port and id (RFC 5452), and no guest can use up sockets with queries.
// An answer counts only from the resolver that was asked. A guest that repeats a query, because no answer came, is given
// the next resolver. Each guest's endpoint is a row of the NAT session table, as the manual shows (R51), but gives its
// number back soon: a resolver's port is used once.

import type { NatContext } from '../nat/context.ts'
import type { FlowEndpoints, NatSessionRow } from '../nat/rows.ts'
import type { NatSession } from '../nat/session-table.ts'
import type { UdpSocket, UdpSocketEvents } from '../nat/sockets.ts'
import { flowOf } from '../nat/udp-session.ts'
import type { Deadline } from '../stack/deadline-heap.ts'
import type { UdpDatagram } from '../stack/interface.ts'
import { getU16 } from '../wire/bytes.ts'
import {
  DNS_HEADER_LEN,
  DNS_PORT,
  FLAG_RECURSION_AVAILABLE,
  FLAG_RESPONSE,
  RCODE_SERVFAIL,
  setDnsFlags,
  setDnsId,
} from '../wire/dns.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

/** Outside sockets for all queries; each has its own source port and its own space of ids. */
export const UPSTREAM_SOCKETS = 4
/** Queries under way per outside socket; past it the oldest is forgotten. */
export const UPSTREAM_QUERIES_LIMIT = 2048
/** How long an answer is waited for. */
export const QUERY_TIMEOUT_MS = 10_000
/** A guest's endpoint is forgotten so long after its last query or answer. */
export const DNS_SESSION_IDLE_MS = 10_000
/** Unused outside sockets are closed, and so their ports change. */
const UPSTREAM_IDLE_MS = 30_000

export interface DnsRedirectStats {
  queries: number
  answers: number
  repeatedToNextResolver: number
  failedNoResolver: number
  droppedMalformed: number
  /** An answer that nobody waits for, or from somebody who was not asked. */
  droppedUnexpected: number
  droppedSessionLimit: number
  timedOut: number
}

interface Query {
  session: DnsSession
  originalId: number
  resolver: Ipv4Address
  at: number
}

export interface DnsRedirectDeps {
  context: NatContext
  random(): number
  resolvers(): readonly Ipv4Address[]
  hostAddress(): Ipv4Address
}

export class DnsRedirect {
  readonly stats: DnsRedirectStats = {
    queries: 0,
    answers: 0,
    repeatedToNextResolver: 0,
    failedNoResolver: 0,
    droppedMalformed: 0,
    droppedUnexpected: 0,
    droppedSessionLimit: 0,
    timedOut: 0,
  }
  readonly #deps: DnsRedirectDeps
  /** By the guest's address and port, as one number. */
  readonly #sessions = new Map<number, DnsSession>()
  readonly #upstreams: (Upstream | undefined)[] = new Array(UPSTREAM_SOCKETS).fill(undefined)
  #nextUpstream = 0

  constructor(deps: DnsRedirectDeps) {
    this.#deps = deps
  }

  input(datagram: UdpDatagram): void {
    const { bytes, payloadStart, payloadEnd } = datagram
    const isQuery =
      payloadEnd - payloadStart >= DNS_HEADER_LEN && (getU16(bytes, payloadStart + 2) & FLAG_RESPONSE) === 0
    if (!isQuery) {
      this.stats.droppedMalformed++
      return
    }
    const session = this.#session(datagram)
    if (session === undefined) {
      this.stats.droppedSessionLimit++
      return
    }
    this.stats.queries++
    // Changed below, so it must not be the borrowed one.
    const message = bytes.slice(payloadStart, payloadEnd)
    const originalId = getU16(message, 0)
    const resolvers = this.#deps.resolvers()
    const resolver = resolvers[session.attempt(originalId) % Math.max(1, resolvers.length)]
    if (resolver === undefined) {
      this.stats.failedNoResolver++
      this.#fail(session, message)
      return
    }
    session.sent(message.length)
    this.#upstream().ask({ session, originalId, resolver, at: this.#deps.context.tcp.now }, message)
  }

  /** The administrator's and the clock's way to end it all. */
  close(): void {
    for (const upstream of this.#upstreams) upstream?.close()
    this.#upstreams.fill(undefined)
  }

  #session(datagram: UdpDatagram): DnsSession | undefined {
    const key = datagram.source * 0x1_0000 + datagram.sourcePort
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const { context } = this.#deps
    if (!context.table.hasRoomFor(datagram.source)) return undefined
    const session = new DnsSession(context, flowOf(datagram), this.stats, () => this.#sessions.delete(key))
    this.#sessions.set(key, session)
    return session
  }

  #upstream(): Upstream {
    this.#nextUpstream = (this.#nextUpstream + 1) % UPSTREAM_SOCKETS
    const index = this.#nextUpstream
    const known = this.#upstreams[index]
    if (known !== undefined) return known
    const upstream = new Upstream(this.#deps, this.stats, () => {
      if (this.#upstreams[index] === upstream) this.#upstreams[index] = undefined
    })
    this.#upstreams[index] = upstream
    return upstream
  }

  /** A clear "not now" beats a guest that waits for its own timeout. */
  #fail(session: DnsSession, query: Uint8Array): void {
    setDnsFlags(query, 0, getU16(query, 2) | FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | RCODE_SERVFAIL)
    session.answer(query, this.#deps.hostAddress())
  }
}

/** One outside socket and the queries that left through it. */
class Upstream implements UdpSocketEvents, Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #deps: DnsRedirectDeps
  readonly #stats: DnsRedirectStats
  readonly #onEnd: () => void
  readonly #socket: UdpSocket
  /** By the id under which they left, oldest first. */
  readonly #queries = new Map<number, Query>()
  #lastUsedAt: number

  constructor(deps: DnsRedirectDeps, stats: DnsRedirectStats, onEnd: () => void) {
    this.#deps = deps
    this.#stats = stats
    this.#onEnd = onEnd
    this.#lastUsedAt = deps.context.tcp.now
    this.#socket = deps.context.sockets.openUdp(0, this)
    deps.context.deadlines.update(this)
  }

  /** @param message the query, whose id is replaced */
  ask(query: Query, message: Uint8Array): void {
    this.#lastUsedAt = query.at
    this.#makeRoom(query.at)
    let id = this.#deps.random() & 0xffff
    while (this.#queries.has(id)) id = (id + 1) & 0xffff
    this.#queries.set(id, query)
    setDnsId(message, 0, id)
    this.#socket.send(message, query.resolver, DNS_PORT)
  }

  message(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    const { context } = this.#deps
    context.tick()
    const id = bytes.length >= DNS_HEADER_LEN ? getU16(bytes, 0) : -1
    const query = this.#queries.get(id)
    if (query === undefined || query.resolver !== address || port !== DNS_PORT) {
      this.#stats.droppedUnexpected++
      return
    }
    this.#queries.delete(id)
    this.#lastUsedAt = context.tcp.now
    this.#stats.answers++
    setDnsId(bytes, 0, query.originalId)
    query.session.answered(query.originalId)
    query.session.answer(bytes, this.#deps.hostAddress())
    context.flushSoon()
  }

  failed(): void {
    this.#deps.context.deadlines.remove(this)
    this.#onEnd()
  }

  nextDeadline(): number {
    return this.#lastUsedAt + UPSTREAM_IDLE_MS
  }

  expire(): void {
    this.close()
    this.#onEnd()
  }

  close(): void {
    this.#socket.close()
    this.#deps.context.deadlines.remove(this)
    this.#lastUsedAt = Number.POSITIVE_INFINITY
  }

  #makeRoom(now: number): void {
    for (const [id, query] of this.#queries) {
      if (now - query.at < QUERY_TIMEOUT_MS && this.#queries.size < UPSTREAM_QUERIES_LIMIT) return
      this.#queries.delete(id)
      this.#stats.timedOut++
    }
  }
}

/** A guest's endpoint that asks the virtual host. */
class DnsSession implements NatSession {
  readonly id: number
  readonly flow: FlowEndpoints
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #context: NatContext
  readonly #stats: DnsRedirectStats
  readonly #onEnd: () => void
  /** Times each id was asked without an answer yet. */
  readonly #attempts = new Map<number, number>()
  readonly #createdAt: number
  #lastActivityAt: number
  #receivedBytes = 0
  #sentBytes = 0

  constructor(context: NatContext, flow: FlowEndpoints, stats: DnsRedirectStats, onEnd: () => void) {
    this.#context = context
    this.flow = flow
    this.#stats = stats
    this.#onEnd = onEnd
    this.id = context.table.nextId()
    this.#createdAt = context.tcp.now
    this.#lastActivityAt = context.tcp.now
    context.table.add(this)
    context.counts.udp++
    context.events.udpSessionCreated(this.id, flow)
    context.deadlines.update(this)
  }

  get internalAddress(): Ipv4Address {
    return this.flow.internalAddress
  }

  /** Counts one more try of the query with this id. @returns the number of tries before it */
  attempt(id: number): number {
    this.#lastActivityAt = this.#context.tcp.now
    const before = this.#attempts.get(id) ?? 0
    if (before > 0) this.#stats.repeatedToNextResolver++
    if (this.#attempts.size >= UPSTREAM_QUERIES_LIMIT) this.#attempts.clear()
    this.#attempts.set(id, before + 1)
    return before
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes
  }

  answered(id: number): void {
    this.#attempts.delete(id)
  }

  answer(message: Uint8Array, hostAddress: Ipv4Address): void {
    this.#lastActivityAt = this.#context.tcp.now
    this.#receivedBytes += message.length
    const { internalAddress, internalPort } = this.flow
    this.#context.udpOutput(hostAddress, DNS_PORT, internalAddress, internalPort, message)
  }

  nextDeadline(): number {
    // None once it has ended: the heap asks again after `expire`.
    if (this.#context.table.get(this.id) !== this) return Number.POSITIVE_INFINITY
    return this.#lastActivityAt + DNS_SESSION_IDLE_MS
  }

  expire(): void {
    this.abort()
  }

  abort(): void {
    this.#context.deadlines.remove(this)
    if (this.#context.table.get(this.id) !== this) return
    this.#context.table.remove(this)
    this.#context.counts.udp--
    this.#onEnd()
    this.#context.events.udpSessionDeleted(this.id)
  }

  row(): NatSessionRow {
    return {
      id: this.id,
      protocol: 'UDP',
      ...this.flow,
      createdAt: this.#context.epochOf(this.#createdAt),
      lastCommunicationAt: this.#context.epochOf(this.#lastActivityAt),
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      tcpStatus: undefined,
    }
  }
}
