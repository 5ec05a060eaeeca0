// TIME-WAIT (RFC 9293 section 3.10.7.5 ff., 3.6.1; RFC 6191): a small record per closed connection, not a whole TCB,
// so that thousands of short connections leave little behind. All wait equally long, so the oldest is always first.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { TcpSegment } from '../../wire/tcp.ts'
import type { Deadline } from '../deadline-heap.ts'
import { FlowTable } from '../flow-table.ts'
import { gt } from './seq.ts'
import type { Tcb } from './tcb.ts'

/** 2 MSL; the RFC's four minutes are two for nobody: Linux waits 60 s. */
export const TIME_WAIT_MS = 60_000
/** Connections remembered so; past it the oldest is forgotten early. */
export const TIME_WAIT_LIMIT = 16_384

export interface TimeWait {
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
  hashNext: TimeWait | undefined
  readonly sndNxt: number
  readonly rcvNxt: number
  readonly timestamps: boolean
  readonly tsRecent: number
  expiresAt: number
  /** Neighbours in the order of `expiresAt`. */
  older: TimeWait | undefined
  newer: TimeWait | undefined
}

export class TimeWaitTable implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly stats = { entered: 0, evicted: 0, reopened: 0 }
  readonly #table: FlowTable<TimeWait>
  /** Ends of the list in the order of `expiresAt`: linked, since one leaves it at the front for each that enters. */
  #oldest: TimeWait | undefined
  #newest: TimeWait | undefined

  constructor(seed: number) {
    this.#table = new FlowTable(seed)
  }

  get size(): number {
    return this.#table.size
  }

  enter(tcb: Tcb, now: number): TimeWait {
    if (this.size >= TIME_WAIT_LIMIT && this.#oldest !== undefined) {
      this.remove(this.#oldest)
      this.stats.evicted++
    }
    const record: TimeWait = {
      localAddress: tcb.localAddress,
      localPort: tcb.localPort,
      remoteAddress: tcb.remoteAddress,
      remotePort: tcb.remotePort,
      hashNext: undefined,
      sndNxt: tcb.snd.nxt,
      rcvNxt: tcb.rcv.nxt,
      timestamps: tcb.agreed.timestamps,
      tsRecent: tcb.tsRecent,
      expiresAt: now + TIME_WAIT_MS,
      older: undefined,
      newer: undefined,
    }
    this.#table.add(record)
    this.#append(record)
    this.stats.entered++
    return record
  }

  find(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): TimeWait | undefined {
    return this.#table.get(localAddress, localPort, remoteAddress, remotePort)
  }

  restart(record: TimeWait, now: number): void {
    record.expiresAt = now + TIME_WAIT_MS
    this.#unlink(record)
    this.#append(record)
  }

  remove(record: TimeWait): void {
    if (this.#table.remove(record)) this.#unlink(record)
  }

  nextDeadline(): number {
    return this.#oldest === undefined ? Number.POSITIVE_INFINITY : this.#oldest.expiresAt
  }

  expire(now: number): void {
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) this.remove(this.#oldest)
  }

  #append(record: TimeWait): void {
    record.older = this.#newest
    if (this.#newest === undefined) this.#oldest = record
    else this.#newest.newer = record
    this.#newest = record
  }

  #unlink(record: TimeWait): void {
    if (record.older === undefined) this.#oldest = record.newer
    else record.older.newer = record.newer
    if (record.newer === undefined) this.#newest = record.older
    else record.newer.older = record.older
    record.older = undefined
    record.newer = undefined
  }
}

/** Whether a SYN may open the connection anew: newer by timestamp (RFC 6191) or by sequence number (section 3.6.1). */
export function isReopening(record: TimeWait, segment: TcpSegment): boolean {
  if (record.timestamps && segment.hasTimestamps && segment.tsVal !== record.tsRecent) {
    return gt(segment.tsVal, record.tsRecent)
  }
  return gt(segment.seq, record.rcvNxt)
}
