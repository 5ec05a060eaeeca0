// Queries to the resolvers and their answers back: which resolver, when the next one, when no more.
//
// Theory of operation. A flight begins at the resolver that answered last. No answer in time, a broken connection, a resolver
// that is not there, SERVFAIL or REFUSED: the next one's turn, round the list; what was asked before may still answer. A failure that all resolvers agree on
// is passed on, silence of all becomes SERVFAIL. An answer must come from whom it was asked, under the id, and repeat the
// question. Askers of the same question share a flight, so that an attacker cannot have many chances at one name (RFC 5452
// section 5).

import type { NatContext } from '../../nat/context.ts'
import { getU16 } from '../../wire/bytes.ts'
import {
  DNS_HEADER_LEN,
  FLAG_RESPONSE,
  OPCODE_MASK,
  RCODE_MASK,
  RCODE_REFUSED,
  RCODE_SERVFAIL,
} from '../../wire/dns.ts'
import { equalFolded, type QueryScan } from '../../wire/dns-scan.ts'
import { type Ask, Flight, flightKey } from './flight.ts'
import { KeyTable } from './key-table.ts'
import { UpstreamConnection } from './upstream-connection.ts'
import { UpstreamSockets } from './upstream-sockets.ts'
import { type Upstream, Upstreams } from './upstreams.ts'

/** How long an answer is waited for in all; a guest's own patience ends after five seconds, and it asks again. */
export const QUERY_TIMEOUT_MS = 8_000
/** Until the next resolver is asked: the first, second, … time. */
const ATTEMPT_MS = [800, 1_200, 2_000, 3_000] as const
/** The same where the first of the list is tried again after it did not answer. */
const PROBE_MS = 300
/** A guest that asks again sooner does not hasten the next resolver. */
const REPEAT_MS = 250
/** Times one question leaves, whatever its askers do. */
const ASKS_MAX = 16
/** Flights kept for the next questions. */
const SPARE_MAX = 256

export interface ForwarderStats {
  forwarded: number
  answers: number
  /** Because of no answer in time, and because of an answer that is a failure. */
  retriedTimeout: number
  retriedFailure: number
  /** A guest's repeated query went to the next resolver. */
  repeated: number
  timedOut: number
  failedNoResolver: number
  /** An answer that nobody waits for, from somebody who was not asked, or to another question. */
  droppedUnexpected: number
}

export interface ForwarderDeps {
  context: NatContext
  random(): number
  /** Of hashes. */
  seed: number
  upstreams(): readonly Upstream[]
  /** Other resolvers from now on: what the former said need not hold. */
  changed(): void
  answered(flight: Flight, bytes: Uint8Array): void
  failed(flight: Flight): void
}

export class Forwarder {
  readonly stats: ForwarderStats = {
    forwarded: 0,
    answers: 0,
    retriedTimeout: 0,
    retriedFailure: 0,
    repeated: 0,
    timedOut: 0,
    failedNoResolver: 0,
    droppedUnexpected: 0,
  }
  readonly upstreams = new Upstreams()
  readonly #deps: ForwarderDeps
  readonly #sockets: UpstreamSockets
  readonly #connections = new Map<Upstream, UpstreamConnection>()
  /** Those under way. */
  readonly #flights: Flight[] = []
  readonly #byKey = new KeyTable<Flight>()
  readonly #spare: Flight[] = []
  #configured: readonly Upstream[] | undefined
  readonly #expired = (flight: Flight): void => this.#attemptExpired(flight)

  constructor(deps: ForwarderDeps) {
    this.#deps = deps
    this.#sockets = new UpstreamSockets({ ...this.#channelDeps(), context: deps.context, random: deps.random })
  }

  get size(): number {
    return this.#flights.length
  }

  flights(): readonly Flight[] {
    return [...this.#flights]
  }

  /** Follows the resolvers; before every query, since that costs a comparison. */
  refresh(): void {
    const list = this.#deps.upstreams()
    if (list === this.#configured) return
    this.#configured = list
    if (this.upstreams.configure(list)) this.#deps.changed()
  }

  /** The flight of the same question, if it is under way. */
  find(asked: QueryScan, isStream: boolean): Flight | undefined {
    if (this.#byKey.size === 0) return undefined
    const flight = asked.isCacheable ? this.#byKey.get(flightKey(asked, isStream)) : undefined
    return flight !== undefined && isSame(flight, asked, isStream) ? flight : undefined
  }

  /** A flight with nobody waiting yet; `depart` sends it off. */
  prepare(asked: QueryScan, isStream: boolean): Flight {
    const flight = this.#spare.pop() ?? new Flight(this.#expired)
    flight.begin(asked, isStream, this.#deps.seed, this.#deps.context.tcp.now)
    return flight
  }

  depart(flight: Flight): void {
    const { now } = this.#deps.context.tcp
    this.stats.forwarded++
    flight.index = this.#flights.length
    this.#flights.push(flight)
    if (flight.isShared) this.#byKey.add(flight)
    flight.base = this.upstreams.begin(now)
    const isProbe = flight.base !== this.upstreams.preferred
    this.#ask(flight)
    if (isProbe && flight.nextAt > now + PROBE_MS) {
      flight.nextAt = now + PROBE_MS
      this.#deps.context.deadlines.update(flight)
    }
  }

  /** A guest asks again: it has waited, so the next resolver may have its turn. */
  repeat(flight: Flight): void {
    if (this.#deps.context.tcp.now - flight.askedAt < REPEAT_MS) return
    this.stats.repeated++
    flight.turn++
    this.#ask(flight)
  }

  /** Nobody waits for it any more. */
  cancel(flight: Flight): void {
    flight.nextAt = Number.POSITIVE_INFINITY
    flight.forgetAsks()
    this.#deps.context.deadlines.remove(flight)
    if (flight.index < 0) return
    const last = this.#flights.pop() as Flight
    if (last !== flight) {
      this.#flights[flight.index] = last
      last.index = flight.index
    }
    flight.index = -1
    if (flight.isShared) this.#byKey.delete(flight)
  }

  /** It has ended, and nobody knows it any more: it serves for the next question. */
  recycle(flight: Flight): void {
    if (this.#spare.length < SPARE_MAX) this.#spare.push(flight)
  }

  close(): void {
    for (const flight of this.flights()) this.cancel(flight)
    this.#sockets.close()
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }

  #ask(flight: Flight): void {
    const { context } = this.#deps
    const upstream = this.upstreams.at(flight.base + flight.turn)
    if (upstream === undefined) {
      this.stats.failedNoResolver++
      this.#fail(flight)
      return
    }
    const { now } = context.tcp
    flight.askedAt = now
    if (flight.asks.length < ASKS_MAX) {
      flight.asks.push(flight.isStream ? this.#connection(upstream).ask(flight) : this.#sockets.ask(flight, upstream))
    }
    const waitMs = ATTEMPT_MS[Math.min(flight.turn, ATTEMPT_MS.length - 1)] as number
    flight.nextAt = Math.min(now + waitMs, flight.startedAt + QUERY_TIMEOUT_MS)
    context.deadlines.update(flight)
  }

  #connection(upstream: Upstream): UpstreamConnection {
    const known = this.#connections.get(upstream)
    if (known?.takesQueries) return known
    const connection = new UpstreamConnection(upstream, {
      ...this.#channelDeps(),
      context: this.#deps.context,
      random: this.#deps.random,
    })
    this.#connections.set(upstream, connection)
    // Of resolvers that are no longer asked, nothing is left to keep once they are closed.
    for (const [other, { takesQueries }] of this.#connections) {
      if (!takesQueries && other !== upstream) this.#connections.delete(other)
    }
    return connection
  }

  #channelDeps() {
    return {
      answered: (ask: Ask, bytes: Uint8Array) => this.#answered(ask, bytes),
      unexpected: () => {
        this.stats.droppedUnexpected++
      },
      unanswered: (ask: Ask) => this.#unanswered(ask),
    }
  }

  #answered(ask: Ask, bytes: Uint8Array): boolean {
    const { flight, upstream } = ask
    if (!isAnswerTo(flight, bytes)) return false
    const rcode = getU16(bytes, 2) & RCODE_MASK
    const isFailure = rcode === RCODE_SERVFAIL || rcode === RCODE_REFUSED
    if (isFailure && flight.turn + 1 < this.upstreams.list.length) {
      ask.channel.forget(ask)
      flight.dropAsk(ask)
      this.stats.retriedFailure++
      flight.turn++
      this.#ask(flight)
      return true
    }
    this.stats.answers++
    if (!isFailure) this.upstreams.answered(upstream, this.#deps.context.tcp.now)
    this.cancel(flight)
    this.#deps.answered(flight, bytes)
    return true
  }

  #unanswered(ask: Ask): void {
    const { flight } = ask
    if (!flight.dropAsk(ask)) return
    // A resolver may close a connection it finds idle just as a query leaves: one more try, with the only resolver too.
    if (flight.turn + 1 < Math.max(2, this.upstreams.list.length)) {
      this.stats.retriedFailure++
      flight.turn++
      this.#ask(flight)
    } else if (flight.asks.length === 0) this.#fail(flight)
  }

  #attemptExpired(flight: Flight): void {
    if (this.#deps.context.tcp.now - flight.startedAt >= QUERY_TIMEOUT_MS) {
      this.stats.timedOut++
      this.#fail(flight)
      return
    }
    this.stats.retriedTimeout++
    flight.turn++
    this.#ask(flight)
  }

  #fail(flight: Flight): void {
    this.cancel(flight)
    this.#deps.failed(flight)
  }
}

function isSame(flight: Flight, asked: QueryScan, isStream: boolean): boolean {
  const { query } = flight
  const length = asked.questionEnd - asked.start
  if (flight.isStream !== isStream || query.bits !== asked.bits || query.hasEdns !== asked.hasEdns) return false
  if (query.questionEnd !== length) return false
  const questionLen = length - DNS_HEADER_LEN
  return equalFolded(query.bytes, DNS_HEADER_LEN, asked.bytes, asked.start + DNS_HEADER_LEN, questionLen)
}

/** A response, to this kind of query, that repeats the question; servers that fail at once may leave it out. */
function isAnswerTo({ query }: Flight, bytes: Uint8Array): boolean {
  const flags = getU16(bytes, 2)
  if ((flags & FLAG_RESPONSE) === 0 || ((flags ^ query.flags) & OPCODE_MASK) !== 0) return false
  const questions = getU16(bytes, 4)
  if (questions === 0) return bytes.length === DNS_HEADER_LEN && (flags & RCODE_MASK) !== 0
  if (questions !== 1 || bytes.length < query.questionEnd) return false
  return equalFolded(bytes, DNS_HEADER_LEN, query.bytes, DNS_HEADER_LEN, query.questionEnd - DNS_HEADER_LEN)
}
