// The DNS service of the virtual host (R30): queries to its port 53, over UDP and TCP, are answered from the local names, from
// the cache, or by the resolvers that the host uses now.
//
// Theory of operation. A query is read in place. A local name is answered at once. An answer in the cache is copied, with the
// asker's id, spelling and TTLs. Otherwise the asker becomes a waiter of a flight to the resolvers (forwarder.ts), within its
// guest's share and the total (waiters.ts); past them it is refused at once, and the others notice nothing. What a guest asked
// over TCP is asked over TCP outside, since it is mostly what did not fit over UDP.

import type { NatContext } from '../../nat/context.ts'
import { flowOf } from '../../nat/udp-session.ts'
import type { UdpDatagram } from '../../stack/interface.ts'
import type { Tcb, TcpUser } from '../../stack/tcp/tcb.ts'
import { getU16 } from '../../wire/bytes.ts'
import {
  DNS_HEADER_LEN,
  FLAG_AUTHORITATIVE,
  FLAG_RESPONSE,
  FLAG_TRUNCATED,
  RCODE_FORMERR,
  RCODE_MASK,
  RCODE_NOTIMP,
  RCODE_REFUSED,
  RCODE_SERVFAIL,
} from '../../wire/dns.ts'
import { answerRecords, makeQuery } from '../../wire/dns-rdata.ts'
import { AnswerScan, QueryScan, scanAnswer, scanQuery } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type Answer, type AskedFor, bareAnswer, wholeAnswer, writeAnswer } from './answer.ts'
import { KeptAnswer } from './answer-ring.ts'
import { answerMaxOf, askedBy, bareAsked, bareOf, ChainAsker, MESSAGE_LEN, PREFIX_LEN } from './asked.ts'
import { DnsCache } from './cache.ts'
import { DnsConnection } from './connection.ts'
import { DnsEndpoint } from './endpoint.ts'
import type { Asker, Flight, Waiter } from './flight.ts'
import { Forwarder } from './forwarder.ts'
import type { GuestNames } from './guest-names.ts'
import { type LocalAnswer, LocalNames, type LocalSettings } from './local-names.ts'
import type { DnsOptions } from './options.ts'
import type { DnsServiceStatus } from './status.ts'
import type { Upstream } from './upstreams.ts'
import { Waiters } from './waiters.ts'

/** Rows of one guest's ports in the NAT session table; past it the oldest gives its row to the newest. */
export const DNS_SESSIONS_PER_GUEST_LIMIT = 256
/** TCP connections of one guest, and of all. */
export const DNS_CONNECTIONS_PER_GUEST_LIMIT = 32
export const DNS_CONNECTIONS_LIMIT = 1024
/** A guest whose queries are refused is told of so often. */
const LIMIT_TOLD_MS = 60_000
const TOLD_GUESTS_MAX = 256
const TYPE_IXFR = 251
const TYPE_AXFR = 252

export interface DnsStats {
  queries: number
  /** Answered from local names. */
  local: number
  droppedMalformed: number
  /** Told so: no question or more than one, and zone transfers. */
  refusedFormat: number
  /** Answered, but without a row of the session table. */
  unlisted: number
  refusedConnectionLimit: number
  truncated: number
  /** An answer that cannot be read is a failure of its resolver. */
  malformedAnswers: number
}

export interface DnsServiceDeps {
  context: NatContext
  random(): number
  /** The host's, while the configuration names none. */
  hostUpstreams(): readonly Upstream[]
  names: GuestNames
  /** A guest's queries are refused because it has too many under way; told once in a while. */
  limitReached(guest: Ipv4Address): void
}

export class DnsService {
  readonly stats: DnsStats = {
    queries: 0,
    local: 0,
    droppedMalformed: 0,
    refusedFormat: 0,
    unlisted: 0,
    refusedConnectionLimit: 0,
    truncated: 0,
    malformedAnswers: 0,
  }
  readonly cache: DnsCache
  readonly forwarder: Forwarder
  readonly waiters = new Waiters()
  readonly localNames: LocalNames
  readonly #deps: DnsServiceDeps
  readonly #seed: number
  #options: DnsOptions
  /** guest's address → port → session; inner maps in the order in which they were made. */
  readonly #endpoints = new Map<Ipv4Address, Map<number, DnsEndpoint>>()
  readonly #connections = new Set<DnsConnection>()
  readonly #toldAt = new Map<Ipv4Address, number>()
  readonly #query = new QueryScan()
  readonly #scan = new AnswerScan()
  readonly #fresh = new KeptAnswer()
  /** Every answer is written here, behind room for its length. */
  readonly #out = new Uint8Array(PREFIX_LEN + MESSAGE_LEN + 16)

  constructor(settings: LocalSettings, deps: DnsServiceDeps) {
    this.#deps = deps
    this.#options = settings.options
    this.#seed = deps.random() | 0
    this.cache = new DnsCache(settings.options.cacheEntries)
    this.localNames = new LocalNames(deps.names, this.#seed, settings)
    this.forwarder = new Forwarder({
      context: deps.context,
      random: deps.random,
      seed: this.#seed,
      upstreams: () => (this.#options.upstreams.length > 0 ? this.#options.upstreams : deps.hostUpstreams()),
      changed: () => this.cache.clear(),
      answered: (flight, bytes) => this.#answered(flight, bytes),
      failed: (flight) => this.#fail(flight, RCODE_SERVFAIL),
    })
  }

  configure(settings: LocalSettings): void {
    this.#options = settings.options
    this.cache.configure(settings.options.cacheEntries)
    this.localNames.configure(settings)
  }

  /** A datagram for port 53 of the virtual host. */
  input(datagram: UdpDatagram): void {
    const { bytes, payloadStart, payloadEnd } = datagram
    const length = payloadEnd - payloadStart
    if (length < DNS_HEADER_LEN || (getU16(bytes, payloadStart + 2) & FLAG_RESPONSE) !== 0) {
      this.stats.droppedMalformed++
      return
    }
    const endpoint = this.#endpoint(datagram)
    endpoint.asked(length)
    this.#ask(endpoint, bytes, payloadStart, payloadEnd)
  }

  /** A connection to port 53 of the virtual host; `undefined` refuses it. */
  connection(tcb: Tcb): TcpUser | undefined {
    const { context } = this.#deps
    let ofGuest = 0
    for (const { guest } of this.#connections) if (guest === tcb.remoteAddress) ofGuest++
    if (ofGuest >= DNS_CONNECTIONS_PER_GUEST_LIMIT || this.#connections.size >= DNS_CONNECTIONS_LIMIT) {
      this.stats.refusedConnectionLimit++
      return undefined
    }
    if (!context.table.hasRoomFor(tcb.remoteAddress)) return undefined
    const connection = new DnsConnection(tcb, {
      context,
      query: (asker, message) => this.#streamQuery(asker, message),
      gone: (waiters) => {
        for (const waiter of [...waiters]) this.#abandon(waiter)
      },
      ended: (ended) => this.#connections.delete(ended),
    })
    this.#connections.add(connection)
    return connection
  }

  status(): DnsServiceStatus {
    this.forwarder.refresh()
    const { upstreams, stats } = this.forwarder
    const { refusedGuestLimit, refusedTotalLimit, displaced } = this.waiters.stats
    return {
      upstreams: upstreams.list.map((_, turn) => upstreams.at(upstreams.preferred + turn) as Upstream),
      queries: this.stats.queries,
      waiting: this.waiters.size,
      localAnswers: this.stats.local,
      cacheHits: this.cache.stats.hits,
      forwarded: stats.forwarded,
      failed: stats.timedOut + stats.failedNoResolver,
      refused: refusedGuestLimit + refusedTotalLimit + displaced,
      cachedAnswers: this.cache.size,
      cachedBytes: this.cache.bytes,
    }
  }

  /** Ends everything; sessions are the table's to end. */
  close(): void {
    for (const flight of this.forwarder.flights()) {
      for (const waiter of flight.waiters.slice(flight.settled)) this.#abandon(waiter)
    }
    this.forwarder.close()
  }

  #streamQuery(asker: DnsConnection, message: Uint8Array): boolean {
    if (message.length < DNS_HEADER_LEN || (getU16(message, 2) & FLAG_RESPONSE) !== 0) {
      this.stats.droppedMalformed++
      return false
    }
    this.#ask(asker, message, 0, message.length)
    return true
  }

  #ask(asker: Asker, bytes: Uint8Array, start: number, end: number): void {
    this.stats.queries++
    const query = this.#query
    if (!scanQuery(bytes, start, end, this.#seed, query)) {
      this.stats.refusedFormat++
      this.#reply(asker, bareAsked(bytes, start), bareAnswer(bytes, start, start + DNS_HEADER_LEN, RCODE_FORMERR))
      return
    }
    if (query.type === TYPE_AXFR || query.type === TYPE_IXFR) {
      this.stats.refusedFormat++
      this.#refuse(asker, query, RCODE_NOTIMP)
      return
    }
    const local = this.localNames.find(query)
    if (local !== undefined) this.#answerLocal(asker, query, local)
    else this.#answerOutside(asker, query)
  }

  #answerLocal(asker: Asker, query: QueryScan, local: LocalAnswer): void {
    this.stats.local++
    if (local.target === undefined) {
      this.#reply(asker, askedBy(query, asker), this.localNames.message(query, local))
      return
    }
    // The rest of the chain is known outside: asked in the guest's name, and put together when it comes.
    const rest = makeQuery(0, local.target, query.type)
    const own = new QueryScan()
    scanQuery(query.bytes.slice(query.start, query.end), 0, query.end - query.start, this.#seed, own)
    const chain = new ChainAsker(asker, (bytes, questionEnd) => {
      const records = answerRecords(bytes, questionEnd)
      const rcode = getU16(bytes, 2) & (RCODE_MASK | FLAG_TRUNCATED)
      const whole = {
        rcode: records === undefined ? RCODE_SERVFAIL : rcode,
        answers: [...local.answers, ...(records ?? [])],
      }
      this.#reply(asker, askedBy(own, asker), this.localNames.message(own, { ...whole, target: undefined }, 1))
    })
    if (scanQuery(rest, 0, rest.length, this.#seed, query)) this.#answerOutside(chain, query)
  }

  #answerOutside(asker: Asker, query: QueryScan): void {
    this.forwarder.refresh()
    const { now } = this.#deps.context.tcp
    const cached = query.isCacheable ? this.cache.find(query, now) : undefined
    if (cached !== undefined) {
      const ageSeconds = Math.floor((now - cached.storedAt) / 1000)
      this.#reply(asker, askedBy(query, asker), cached, ageSeconds, FLAG_AUTHORITATIVE)
      return
    }
    this.#forward(asker, query)
  }

  #forward(asker: Asker, query: QueryScan): void {
    const known = this.forwarder.find(query, asker.isStream)
    if (known !== undefined && isWaitedFor(known, asker, query.id)) {
      this.forwarder.repeat(known)
      return
    }
    if (!this.waiters.hasRoomFor(asker.guest)) {
      this.#tellLimit(asker.guest)
      this.#refuse(asker, query, RCODE_REFUSED)
      return
    }
    const oldest = this.waiters.toDisplace(asker.guest)
    if (oldest === 'none') {
      this.#refuse(asker, query, RCODE_REFUSED)
      return
    }
    const flight = known ?? this.forwarder.prepare(query, asker.isStream)
    const waiter = this.waiters.add(asker, query, answerMaxOf(query, asker), flight)
    if (asker instanceof DnsConnection) asker.waiters.add(waiter)
    // Last, since a connection that has room again reads its next query, into the same place as this one.
    if (oldest !== undefined) {
      this.#tellLimit(oldest.asker.guest)
      this.#abandon(oldest)
    }
    if (known === undefined) this.forwarder.depart(flight)
  }

  /** It goes without an answer. */
  #abandon(waiter: Waiter): void {
    const { flight } = waiter
    const index = flight.waiters.indexOf(waiter, flight.settled)
    if (index >= 0) flight.waiters.splice(index, 1)
    this.waiters.remove(waiter)
    if (flight.waiters.length === 0) this.forwarder.cancel(flight)
  }

  #answered(flight: Flight, bytes: Uint8Array): void {
    const { query } = flight
    const scan = this.#scan
    const isTruncated = (getU16(bytes, 2) & FLAG_TRUNCATED) !== 0
    if (!query.isPlain) {
      this.#settle(flight, wholeAnswer(bytes, getU16(bytes, 10), true))
    } else if (isTruncated || bytes.length < query.questionEnd) {
      this.#settle(flight, bareOf(bytes, flight))
    } else if (scanAnswer(bytes, query.questionEnd, bytes.length, query.type, scan)) {
      if (query.isCacheable) this.cache.store(query, bytes, scan, this.#deps.context.tcp.now)
      const fresh = this.#fresh
      fresh.bytes = bytes
      fresh.length = scan.length
      fresh.additionalCount = scan.additionalCount
      fresh.rcodeHigh = scan.rcodeHigh
      fresh.hasOpt = scan.hasOptInside
      this.#settle(flight, fresh)
    } else {
      this.stats.malformedAnswers++
      this.#fail(flight, RCODE_SERVFAIL)
    }
  }

  /** Everybody gets the answer. An asker may ask again, or leave with all it waits for, as soon as it has its own. */
  #settle(flight: Flight, answer: Answer): void {
    while (flight.settled < flight.waiters.length) {
      const waiter = flight.waiters[flight.settled++] as Waiter
      this.#reply(waiter.asker, waiter, answer)
      this.waiters.remove(waiter)
      this.waiters.recycle(waiter)
    }
    this.forwarder.recycle(flight)
  }

  #fail(flight: Flight, rcode: number): void {
    const { message, query } = flight
    this.#settle(flight, bareAnswer(message, 0, query.questionEnd, rcode))
  }

  #refuse(asker: Asker, query: QueryScan, rcode: number): void {
    this.#reply(asker, askedBy(query, asker), bareAnswer(query.bytes, query.start, query.questionEnd, rcode))
  }

  #reply(asker: Asker, asked: AskedFor, answer: Answer, ageSeconds = 0, flagsOff = 0): void {
    const out = this.#out
    const length = writeAnswer(out, PREFIX_LEN, answer, asked, ageSeconds, flagsOff)
    if ((getU16(out, PREFIX_LEN + 2) & FLAG_TRUNCATED) !== 0) this.stats.truncated++
    asker.answer(out.subarray(0, PREFIX_LEN + length))
  }

  #tellLimit(guest: Ipv4Address): void {
    const { now } = this.#deps.context.tcp
    const toldAt = this.#toldAt.get(guest)
    if (toldAt !== undefined && now - toldAt < LIMIT_TOLD_MS) return
    if (this.#toldAt.size >= TOLD_GUESTS_MAX) this.#toldAt.clear()
    this.#toldAt.set(guest, now)
    this.#deps.limitReached(guest)
  }

  #endpoint(datagram: UdpDatagram): DnsEndpoint {
    const { source, sourcePort } = datagram
    let ofGuest = this.#endpoints.get(source)
    const known = ofGuest?.get(sourcePort)
    if (known !== undefined && known.flow.destinationAddress === datagram.destination) return known
    // The virtual host has another address since.
    known?.abort()
    if (ofGuest !== undefined && ofGuest.size >= DNS_SESSIONS_PER_GUEST_LIMIT) {
      const [oldest] = ofGuest.values()
      oldest?.abort()
    }
    const { context } = this.#deps
    if (!context.table.hasRoomFor(source)) {
      this.stats.unlisted++
      return new DnsEndpoint(context, flowOf(datagram), undefined)
    }
    ofGuest = this.#endpoints.get(source)
    if (ofGuest === undefined) {
      ofGuest = new Map()
      this.#endpoints.set(source, ofGuest)
    }
    const endpoint = new DnsEndpoint(context, flowOf(datagram), () => this.#forget(source, sourcePort))
    ofGuest.set(sourcePort, endpoint)
    return endpoint
  }

  #forget(guest: Ipv4Address, port: number): void {
    const ofGuest = this.#endpoints.get(guest)
    ofGuest?.delete(port)
    if (ofGuest?.size === 0) this.#endpoints.delete(guest)
  }
}

/** A function of its own: a closure in `#forward` would cost every query an object. */
function isWaitedFor(flight: Flight, asker: Asker, id: number): boolean {
  return flight.waiters.some((waiter) => waiter.asker === asker && waiter.id === id)
}
