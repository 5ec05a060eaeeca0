// How an answer goes to who asked: what of the query it repeats, how long it may be, and askers that pass it on.

import { getU16 } from '../../wire/bytes.ts'
import { DNS_HEADER_LEN, dnsUdpPayloadMax, FLAG_TRUNCATED, RCODE_MASK } from '../../wire/dns.ts'
import { QueryScan, scanQuery } from '../../wire/dns-scan.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { type Answer, type AskedFor, bareAnswer } from './answer.ts'
import type { Asker, Flight } from './flight.ts'

/** The longest message there can be. */
export const MESSAGE_LEN = 65_535
/** Over TCP each message follows its length. */
export const PREFIX_LEN = 2

/** Stands in for a guest's asker while the end of a chain of names is looked up. */
export class ChainAsker implements Asker {
  readonly guest: Ipv4Address
  readonly isStream: boolean
  readonly #complete: (bytes: Uint8Array, questionEnd: number) => void

  constructor(asker: Asker, complete: (bytes: Uint8Array, questionEnd: number) => void) {
    this.guest = asker.guest
    this.isStream = asker.isStream
    this.#complete = complete
  }

  answer(bytes: Uint8Array): void {
    const message = bytes.slice(PREFIX_LEN)
    const scan = new QueryScan()
    if (scanQuery(message, 0, message.length, 0, scan)) this.#complete(message, scan.questionEnd)
  }

  settled(): void {}
}

/** As it lies, for an answer that is written at once. */
export function askedBy(query: QueryScan, asker: Asker): AskedFor {
  return {
    id: query.id,
    bytes: query.bytes,
    questionStart: query.start + DNS_HEADER_LEN,
    questionEnd: query.questionEnd,
    hasEdns: query.hasEdns,
    dnssecOk: query.dnssecOk,
    answerMax: answerMaxOf(query, asker),
  }
}

export function answerMaxOf(query: QueryScan, asker: Asker): number {
  if (asker.isStream) return MESSAGE_LEN
  return query.isPlain ? query.udpMax : dnsUdpPayloadMax(query.bytes, query.start, query.end)
}

/** Of a query whose question cannot be read. */
export function bareAsked(bytes: Uint8Array, start: number): AskedFor {
  const none = { bytes, questionStart: start, questionEnd: start, hasEdns: false, dnssecOk: false }
  return { id: getU16(bytes, start), ...none, answerMax: MESSAGE_LEN }
}

/** Only what fits anyway of an answer that was cut off or is a header alone: its code, that it was cut, the question. */
export function bareOf(bytes: Uint8Array, { message, query }: Flight): Answer {
  const rcode = getU16(bytes, 2) & RCODE_MASK
  const answer = bareAnswer(message, 0, query.questionEnd, rcode)
  const cut = getU16(bytes, 2) & FLAG_TRUNCATED
  answer.bytes[2] = (answer.bytes[2] as number) | (cut >>> 8)
  return answer
}
