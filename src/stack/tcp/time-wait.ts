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
}

export class TimeWaitTable implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly stats = { entered: 0, evicted: 0, reopened: 0 }
  readonly #table: FlowTable<TimeWait>
  /** In the order of `expiresAt`; a Set so that one can be taken out and put behind. */
  readonly #order = new Set<TimeWait>()

  constructor(seed: number) {
    this.#table = new FlowTable(seed)
  }

  get size(): number {
    return this.#table.size
  }

  enter(tcb: Tcb, now: number): TimeWait {
    if (this.#order.size >= TIME_WAIT_LIMIT) {
      this.remove(this.#order.values().next().value as TimeWait)
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
    }
    this.#table.add(record)
    this.#order.add(record)
    this.stats.entered++
    return record
  }

  find(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): TimeWait | undefined {
    return this.#table.get(localAddress, localPort, remoteAddress, remotePort)
  }

  restart(record: TimeWait, now: number): void {
    record.expiresAt = now + TIME_WAIT_MS
    this.#order.delete(record)
    this.#order.add(record)
  }

  remove(record: TimeWait): void {
    this.#table.remove(record)
    this.#order.delete(record)
  }

  nextDeadline(): number {
    const oldest = this.#order.values().next().value
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.expiresAt
  }

  expire(now: number): void {
    for (const record of this.#order) {
      if (record.expiresAt > now) return
      this.remove(record)
    }
  }
}

/** Whether a SYN may open the connection anew: newer by timestamp (RFC 6191) or by sequence number (section 3.6.1). */
export function isReopening(record: TimeWait, segment: TcpSegment): boolean {
  if (record.timestamps && segment.hasTimestamps && segment.tsVal !== record.tsRecent) {
    return gt(segment.tsVal, record.tsRecent)
  }
  return gt(segment.seq, record.rcvNxt)
}
