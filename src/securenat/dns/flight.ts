// A question on its way: what is sent to the resolvers, who waits for the answer, and what was tried so far.

import type { Deadline } from '../../stack/deadline-heap.ts'
import { setU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN } from '../../wire/dns.ts'
import { QueryScan, scanQuery } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type AskedFor, OWN_UDP_MAX, writeOpt } from './answer.ts'
import type { Upstream } from './upstreams.ts'

/** Most that is asked for over UDP; more arrives in fragments, of which one is easily lost. */
const UDP_ASKED_MAX = 4096
/** Room for an OPT without options. */
const OPT_ROOM = 11

/** Where an answer goes: a guest's UDP port, or its TCP connection. */
export interface Asker {
  readonly guest: Ipv4Address
  readonly isStream: boolean
  /** @param bytes borrowed: the message, behind two bytes for its length over TCP */
  answer(bytes: Uint8Array): void
  /** The waiter got its answer, or never will. */
  settled(waiter: Waiter): void
}

/** One question of one asker. */
export class Waiter implements AskedFor {
  readonly asker: Asker
  readonly flight: Flight
  readonly ofGuest: Set<Waiter>
  readonly id: number
  readonly bytes: Uint8Array
  readonly questionStart: number
  readonly questionEnd: number
  readonly hasEdns: boolean
  readonly dnssecOk: boolean
  readonly answerMax: number

  constructor(asker: Asker, query: QueryScan, answerMax: number, flight: Flight, ofGuest: Set<Waiter>) {
    this.asker = asker
    this.flight = flight
    this.ofGuest = ofGuest
    this.id = query.id
    this.hasEdns = query.hasEdns
    this.dnssecOk = query.dnssecOk
    this.answerMax = answerMax
    // The first one's spelling is in the flight's own message.
    const isFirst = flight.waiters.length === 0
    this.bytes = isFirst ? flight.message : query.bytes.slice(query.start, query.questionEnd)
    this.questionStart = DNS_HEADER_LEN
    this.questionEnd = query.questionEnd - query.start
  }
}

/** What an outside socket knows of a query that left through it, by its id. */
export interface Ask {
  readonly flight: Flight
  readonly upstream: Upstream
  readonly id: number
  readonly channel: Channel
}

/** An outside socket that queries leave through. */
export interface Channel {
  /** Nobody waits for the answer any more. */
  forget(id: number): void
}

export class Flight implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  /** The query as it leaves, but for its id. */
  readonly message: Uint8Array
  /** `message`, read. */
  readonly query = new QueryScan()
  readonly isStream: boolean
  /** Under which another asker of the same finds it; `undefined` for what only its asker can mean. */
  readonly key: number | undefined
  readonly waiters: Waiter[] = []
  asks: Ask[] = []
  readonly startedAt: number
  /** Where in the list of resolvers it began, and how many were asked since. */
  base = 0
  turn = 0
  askedAt: number
  /** When the next resolver is asked, or the question given up; Infinity once it has ended. */
  nextAt = Number.POSITIVE_INFINITY
  readonly #expired: (flight: Flight) => void

  constructor(asked: QueryScan, isStream: boolean, seed: number, now: number, expired: (flight: Flight) => void) {
    this.message = outgoing(asked)
    scanQuery(this.message, 0, this.message.length, seed, this.query)
    this.isStream = isStream
    this.key = asked.isCacheable ? flightKey(asked, isStream) : undefined
    this.startedAt = now
    this.askedAt = now
    this.#expired = expired
  }

  nextDeadline(): number {
    return this.nextAt
  }

  expire(): void {
    this.#expired(this)
  }

  /** No answer counts any more. */
  forgetAsks(): void {
    for (const { channel, id } of this.asks) channel.forget(id)
    this.asks.length = 0
  }
}

/** Of two questions with one key, `isSame` tells whether they are the same. */
export function flightKey(asked: QueryScan, isStream: boolean): number {
  const bits = (asked.bits << 2) | (asked.hasEdns ? 2 : 0) | (isStream ? 1 : 0)
  return (asked.hash ^ Math.imul(bits, 0x85eb_ca6b)) >>> 0
}

/**
 * OPT concerns one hop only (RFC 6891 section 6.1.1): a plain query leaves with one of our own, so that cookies and the
 * like of one guest do not come back to another. Anything else leaves as it is.
 */
function outgoing(asked: QueryScan): Uint8Array {
  const { bytes, start, end, questionEnd } = asked
  if (!asked.isPlain || !asked.hasEdns) return bytes.slice(start, end)
  const questionLen = questionEnd - start
  const message = new Uint8Array(questionLen + OPT_ROOM)
  message.set(bytes.subarray(start, questionEnd))
  setU16(message, 10, 1)
  const udpMax = Math.min(UDP_ASKED_MAX, Math.max(OWN_UDP_MAX, asked.udpMax))
  writeOpt(message, questionLen, udpMax, 0, asked.dnssecOk)
  return message
}
