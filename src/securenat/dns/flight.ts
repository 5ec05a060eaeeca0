// A question on its way: what is sent to the resolvers, who waits for the answer, and what was tried so far.
//
// Flights, and who waits for them, are used again and again: `begin` makes a new one of an old one. Who holds one must let
// go of it when it is over.

import type { Deadline } from '../../stack/deadline-heap.ts'
import { setU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN } from '../../wire/dns.ts'
import { QueryScan, scanQuery } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type AskedFor, copyBytes, OWN_UDP_MAX, writeOpt } from './answer.ts'
import type { Keyed } from './key-table.ts'
import type { Upstream } from './upstreams.ts'

/** Most that is asked for over UDP; more arrives in fragments, of which one is easily lost. */
const UDP_ASKED_MAX = 4096
/** Room for an OPT without options. */
const OPT_ROOM = 11
/** Room for any plain query; what is longer gets memory of its own. */
const MESSAGE_ROOM = 320
const NO_BYTES = new Uint8Array(0)

/** Where an answer goes: a guest's UDP port, or its TCP connection. */
export interface Asker {
  readonly guest: Ipv4Address
  readonly isStream: boolean
  /** @param bytes borrowed: the message, behind two bytes for its length over TCP */
  answer(bytes: Uint8Array): void
  /** The waiter got its answer, or never will. */
  settled(waiter: Waiter): void
}

/** A guest's waiters, the oldest first. */
export interface WaitersOfGuest {
  count: number
  oldest: Waiter | undefined
  newest: Waiter | undefined
}

/** One question of one asker. */
export class Waiter implements AskedFor {
  asker: Asker
  flight: Flight
  id = 0
  bytes: Uint8Array = NO_BYTES
  readonly questionStart = DNS_HEADER_LEN
  questionEnd = 0
  hasEdns = false
  dnssecOk = false
  answerMax = 0
  /** Kept by the list of the guest's; `undefined` once it waits no more. */
  ofGuest: WaitersOfGuest | undefined
  older: Waiter | undefined
  newer: Waiter | undefined

  constructor(asker: Asker, flight: Flight) {
    this.asker = asker
    this.flight = flight
  }

  begin(asker: Asker, query: QueryScan, answerMax: number, flight: Flight): void {
    this.asker = asker
    this.flight = flight
    this.id = query.id
    this.hasEdns = query.hasEdns
    this.dnssecOk = query.dnssecOk
    this.answerMax = answerMax
    // The first one's spelling is in the flight's own message.
    const isFirst = flight.waiters.length === 0
    this.bytes = isFirst ? flight.message : query.bytes.slice(query.start, query.questionEnd)
    this.questionEnd = query.questionEnd - query.start
  }
}

/** What an outside socket knows of a query that left through it, by its id. */
export class Ask implements Keyed<Ask> {
  flight: Flight
  upstream: Upstream
  channel: Channel
  /** The id. */
  tableKey = 0
  tableNext: Ask | undefined = undefined

  constructor(flight: Flight, upstream: Upstream, channel: Channel) {
    this.flight = flight
    this.upstream = upstream
    this.channel = channel
  }
}

/** An outside socket that queries leave through. */
export interface Channel {
  /** Nobody waits for the answer any more. */
  forget(ask: Ask): void
}

export class Flight implements Deadline, Keyed<Flight> {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  /** The query as it leaves, but for its id. */
  message: Uint8Array = NO_BYTES
  /** `message`, read. */
  readonly query = new QueryScan()
  isStream = false
  /** Under which another asker of the same finds it, unless only its asker can mean it. */
  tableKey = 0
  tableNext: Flight | undefined = undefined
  isShared = false
  /** Place among all; -1 when it is not under way. */
  index = -1
  readonly waiters: Waiter[] = []
  /** How many of the waiters have been given their answer. */
  settled = 0
  readonly asks: Ask[] = []
  startedAt = 0
  /** Where in the list of resolvers it began, and how many were asked since. */
  base = 0
  turn = 0
  askedAt = 0
  /** When the next resolver is asked, or the question given up; Infinity once it has ended. */
  nextAt = Number.POSITIVE_INFINITY
  readonly #expired: (flight: Flight) => void
  readonly #room = new Uint8Array(MESSAGE_ROOM)

  constructor(expired: (flight: Flight) => void) {
    this.#expired = expired
  }

  begin(asked: QueryScan, isStream: boolean, seed: number, now: number): void {
    this.#write(asked)
    scanQuery(this.message, 0, this.message.length, seed, this.query)
    this.isStream = isStream
    this.isShared = asked.isCacheable
    this.tableKey = this.isShared ? flightKey(asked, isStream) : 0
    this.waiters.length = 0
    this.settled = 0
    this.startedAt = now
    this.base = 0
    this.turn = 0
    this.askedAt = now
  }

  nextDeadline(): number {
    return this.nextAt
  }

  expire(): void {
    this.#expired(this)
  }

  /** No answer counts any more. */
  forgetAsks(): void {
    for (const ask of this.asks) ask.channel.forget(ask)
    this.asks.length = 0
  }

  /** @returns false when it was not, or is no longer, one of this question */
  dropAsk(ask: Ask): boolean {
    const index = this.asks.indexOf(ask)
    if (index >= 0) this.asks.splice(index, 1)
    return index >= 0
  }

  /**
   * OPT concerns one hop only (RFC 6891 section 6.1.1): a plain query leaves with one of our own, so that cookies and the
   * like of one guest do not come back to another. Anything else leaves as it is.
   */
  #write(asked: QueryScan): void {
    const { bytes, start, end, questionEnd } = asked
    const ownOpt = asked.isPlain && asked.hasEdns
    const copied = (ownOpt ? questionEnd : end) - start
    const length = copied + (ownOpt ? OPT_ROOM : 0)
    // Names of one length are common enough for the view to serve again.
    if (length > MESSAGE_ROOM) this.message = new Uint8Array(length)
    else if (this.message.length !== length) this.message = this.#room.subarray(0, length)
    const { message } = this
    copyBytes(message, 0, bytes, start, copied)
    if (!ownOpt) return
    setU16(message, 10, 1)
    const udpMax = Math.min(UDP_ASKED_MAX, Math.max(OWN_UDP_MAX, asked.udpMax))
    writeOpt(message, copied, udpMax, 0, asked.dnssecOk)
  }
}

/** Of two questions with one key, `isSame` tells whether they are the same. */
export function flightKey(asked: QueryScan, isStream: boolean): number {
  const bits = (asked.bits << 2) | (asked.hasEdns ? 2 : 0) | (isStream ? 1 : 0)
  return asked.hash ^ Math.imul(bits, 0x85eb_ca6b)
}
