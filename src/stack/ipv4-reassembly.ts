// Fragments of IPv4 datagrams until they are whole (RFC 791 section 3.2, RFC 815's holes, RFC 1858 and 5722's cautions).
//
// A datagram whose fragments overlap is dropped whole: no honest host makes such, and overlaps are how filters are
// deceived. Limits bound what an attacker can make us hold; the oldest datagram gives way, of a guest that has more than its
// share its own. Whose datagram stays incomplete is told so, if fragment zero has come: an error has to quote it (RFC 1122 section 3.3.2).

import { getU8 } from '../wire/bytes.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, type Ipv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { Deadline } from './deadline-heap.ts'

/** RFC 1122 section 3.3.2 says 60 s and more; at the speed of a virtual segment 10 s (the original's value) is ample. */
export const REASSEMBLY_TIMEOUT_MS = 10_000
export const REASSEMBLY_DATAGRAMS_LIMIT = 64
/** Of them, of one source. */
export const REASSEMBLY_DATAGRAMS_PER_SOURCE_LIMIT = 16
export const REASSEMBLY_BYTES_LIMIT = 4 * 1024 * 1024

interface Datagram {
  key: string
  source: Ipv4Address
  startedAt: number
  /** Payload as far as known; grows by doubling. */
  bytes: Uint8Array
  /** Sorted [start, end) of what has arrived. */
  ranges: [number, number][]
  received: number
  /** -1 until the last fragment has come. */
  totalLen: number
  /** Of fragment zero, if it may be reported on. */
  first: Ipv4Header | undefined
}

export interface ReassemblyStats {
  fragments: number
  reassembled: number
  timedOut: number
  droppedOverlap: number
  droppedMalformed: number
  evicted: number
}

export class Ipv4Reassembly implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly stats: ReassemblyStats = {
    fragments: 0,
    reassembled: 0,
    timedOut: 0,
    droppedOverlap: 0,
    droppedMalformed: 0,
    evicted: 0,
  }
  /** Insertion order is age. */
  readonly #datagrams = new Map<string, Datagram>()
  readonly #timedOut: (first: Uint8Array, header: Ipv4Header) => void
  #bytes = 0

  /** @param timedOut told of a datagram that stayed incomplete, when its fragment zero had come: that fragment, as a packet */
  constructor(timedOut: (first: Uint8Array, header: Ipv4Header) => void = () => {}) {
    this.#timedOut = timedOut
  }

  get size(): number {
    return this.#datagrams.size
  }

  /**
   * @param isReportable its sender may be told when the rest does not come
   * @returns the whole payload once the last hole is filled, to be used before the next call
   */
  input(bytes: Uint8Array, header: Ipv4Header, now: number, isReportable = true): Uint8Array | undefined {
    this.stats.fragments++
    this.expire(now)
    const len = header.payloadEnd - header.payloadStart
    // All but the last are whole multiples of 8 bytes; an empty one says nothing.
    if (len === 0 || (header.moreFragments && len % 8 !== 0)) {
      this.stats.droppedMalformed++
      return undefined
    }
    const key = `${header.source},${header.destination},${header.identification},${header.protocol}`
    const datagram = this.#datagrams.get(key) ?? this.#begin(key, header.source, now)
    const start = header.fragmentOffset
    const end = start + len
    if (!header.moreFragments) {
      if (datagram.totalLen >= 0 && datagram.totalLen !== end) return this.#dropOverlapping(datagram)
      datagram.totalLen = end
    }
    const at = datagram.ranges.findIndex((range) => range[0] >= start)
    const index = at < 0 ? datagram.ranges.length : at
    const before = datagram.ranges[index - 1]
    const after = datagram.ranges[index]
    if (after !== undefined && after[0] === start && after[1] === end && isSame(datagram, bytes, header))
      return undefined
    const overlaps = (before !== undefined && before[1] > start) || (after !== undefined && after[0] < end)
    const last = datagram.ranges.at(-1)
    const beyondEnd = datagram.totalLen >= 0 && Math.max(end, last?.[1] ?? 0) > datagram.totalLen
    if (overlaps || beyondEnd) return this.#dropOverlapping(datagram)
    this.#ensure(datagram, end)
    datagram.bytes.set(bytes.subarray(header.payloadStart, header.payloadEnd), start)
    datagram.ranges.splice(index, 0, [start, end])
    datagram.received += len
    if (start === 0 && isReportable) datagram.first = header
    if (datagram.received !== datagram.totalLen) return undefined
    this.#forget(datagram)
    this.stats.reassembled++
    return datagram.bytes.subarray(0, datagram.totalLen)
  }

  nextDeadline(): number {
    const oldest = this.#datagrams.values().next().value
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.startedAt + REASSEMBLY_TIMEOUT_MS
  }

  expire(now: number): void {
    for (const datagram of this.#datagrams.values()) {
      if (now - datagram.startedAt < REASSEMBLY_TIMEOUT_MS) return
      this.#forget(datagram)
      this.stats.timedOut++
      if (datagram.first !== undefined) this.#timedOut(...fragmentZero(datagram.bytes, datagram.first))
    }
  }

  clear(): void {
    this.#datagrams.clear()
    this.#bytes = 0
  }

  #begin(key: string, source: Ipv4Address, now: number): Datagram {
    this.#keepToShare(source)
    if (this.#datagrams.size >= REASSEMBLY_DATAGRAMS_LIMIT) this.#evictOldest()
    const datagram: Datagram = {
      key,
      source,
      startedAt: now,
      bytes: new Uint8Array(0),
      ranges: [],
      received: 0,
      totalLen: -1,
      first: undefined,
    }
    this.#datagrams.set(key, datagram)
    return datagram
  }

  #ensure(datagram: Datagram, len: number): void {
    if (datagram.bytes.length >= len) return
    const grown = new Uint8Array(Math.max(len, Math.min(65_535, datagram.bytes.length * 2), 4096))
    grown.set(datagram.bytes)
    this.#bytes += grown.length - datagram.bytes.length
    datagram.bytes = grown
    while (this.#bytes > REASSEMBLY_BYTES_LIMIT && this.#datagrams.size > 1) this.#evictOldest()
  }

  #evictOldest(): void {
    const oldest = this.#datagrams.values().next().value
    if (oldest !== undefined) this.#evict(oldest)
  }

  #evict(datagram: Datagram): void {
    this.#forget(datagram)
    this.stats.evicted++
  }

  /** Makes room among the source's own when it has as many as it may. */
  #keepToShare(source: Ipv4Address): void {
    let oldest: Datagram | undefined
    let count = 0
    for (const datagram of this.#datagrams.values()) {
      if (datagram.source !== source) continue
      oldest ??= datagram
      count++
    }
    if (oldest !== undefined && count >= REASSEMBLY_DATAGRAMS_PER_SOURCE_LIMIT) this.#evict(oldest)
  }

  #dropOverlapping(datagram: Datagram): undefined {
    this.#forget(datagram)
    this.stats.droppedOverlap++
    return undefined
  }

  #forget(datagram: Datagram): void {
    if (this.#datagrams.delete(datagram.key)) this.#bytes -= datagram.bytes.length
  }
}

/** A fragment that the network has doubled is no overlap. */
function isSame(datagram: Datagram, bytes: Uint8Array, header: Ipv4Header): boolean {
  for (let position = header.payloadStart, at = header.fragmentOffset; position < header.payloadEnd; position++, at++) {
    if (getU8(bytes, position) !== getU8(datagram.bytes, at)) return false
  }
  return true
}

/** As a packet of its own, with its header. */
function fragmentZero(payload: Uint8Array, header: Ipv4Header): [packet: Uint8Array, header: Ipv4Header] {
  const len = header.payloadEnd - header.payloadStart
  const packet = new Uint8Array(IPV4_HEADER_LEN + len)
  emitIpv4Header(packet, 0, header, len)
  packet.set(payload.subarray(0, len), IPV4_HEADER_LEN)
  return [packet, { ...header, payloadStart: IPV4_HEADER_LEN, payloadEnd: packet.length }]
}
