// When each outstanding byte was last sent, and which of them are believed lost: what RACK (RFC 8985) decides by.
//
// Records are sorted by sequence number, do not overlap, and cover [SND.UNA, SND.NXT) without gaps. One is made for each
// piece that is sent, super-frames whole; sending a part of one again splits it. So long as nothing is lost a record is
// appended and, some time later, dropped.

import { diff, geq, gt, leq, lt } from './seq.ts'

export interface SendRecord {
  start: number
  end: number
  /** Monotonic ms of the last transmission. */
  sentAt: number
  wasResent: boolean
  isLost: boolean
}

/** Of a connection with nothing under way; never changed. */
const NO_RECORDS: SendRecord[] = []

export class SendHistory {
  #records = NO_RECORDS
  /** Records before this index are done with; dropped together, since shifting one at a time costs. */
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#records.length
  }

  /** New data, or a FIN: follows the last record. */
  append(start: number, end: number, now: number): void {
    const record = { start, end, sentAt: now, wasResent: false, isLost: false }
    if (this.#records === NO_RECORDS) this.#records = [record]
    else this.#records.push(record)
  }

  /** Everything up to `una` is acknowledged; `visit` gets each record of which something was. */
  advance(una: number, visit: (record: Readonly<SendRecord>) => void): void {
    const records = this.#records
    while (this.#head < records.length) {
      const record = records[this.#head] as SendRecord
      if (geq(record.start, una)) break
      visit(record)
      if (gt(record.end, una)) {
        record.start = una
        break
      }
      this.#head++
    }
    if (this.#head === records.length) {
      this.#records = NO_RECORDS
      this.#head = 0
    } else if (this.#head >= 64 && this.#head * 2 >= records.length) {
      this.#records = records.slice(this.#head)
      this.#head = 0
    }
  }

  /** Calls `visit` for the records in order, as long as it answers `true`. */
  visit(visit: (record: SendRecord) => boolean): void {
    for (let index = this.#head; index < this.#records.length; index++) {
      if (!visit(this.#records[index] as SendRecord)) return
    }
  }

  /** Calls `visit` for the records that overlap [left, right). */
  visitIn(left: number, right: number, visit: (record: Readonly<SendRecord>) => void): void {
    for (let index = this.#firstEndingAfter(left); index < this.#records.length; index++) {
      const record = this.#records[index] as SendRecord
      if (geq(record.start, right)) return
      visit(record)
    }
  }

  /** None is lost after all. */
  markNoneLost(): void {
    this.visit((record) => {
      record.isLost = false
      return true
    })
  }

  markAllLost(): void {
    this.visit((record) => {
      record.isLost = true
      return true
    })
  }

  /** [start, end) is lost, whoever else of its records is not. */
  markLost(start: number, end: number): void {
    this.splitAt(start)
    this.splitAt(end)
    this.visit((record) => {
      if (geq(record.start, start) && leq(record.end, end)) record.isLost = true
      return lt(record.start, end)
    })
  }

  /** [start, end) is lost, unless it was sent again already. */
  markFirstLost(start: number, end: number): void {
    const record = this.#records[this.#firstEndingAfter(start)]
    if (record !== undefined && !record.wasResent) this.markLost(start, end)
  }

  /** [start, end), inside one record, was sent again. */
  resent(start: number, end: number, now: number): void {
    this.splitAt(start)
    this.splitAt(end)
    const record = this.#records[this.#firstEndingAfter(start)]
    if (record === undefined || record.start !== start) return
    record.sentAt = now
    record.wasResent = true
    record.isLost = false
  }

  /** The record that holds `seq`, or the first after it. */
  recordAt(seq: number): Readonly<SendRecord> | undefined {
    return this.#records[this.#firstEndingAfter(seq)]
  }

  /** The first lost record that ends after `seq`. */
  firstLost(seq: number): SendRecord | undefined {
    for (let index = this.#firstEndingAfter(seq); index < this.#records.length; index++) {
      const record = this.#records[index] as SendRecord
      if (record.isLost) return record
    }
    return undefined
  }

  clear(): void {
    this.#records = NO_RECORDS
    this.#head = 0
  }

  /** No record reaches across `at` any more. */
  splitAt(at: number): void {
    const index = this.#firstEndingAfter(at)
    const record = this.#records[index]
    if (record === undefined || diff(at, record.start) <= 0) return
    this.#records.splice(index, 0, { ...record, end: at })
    record.start = at
  }

  #firstEndingAfter(seq: number): number {
    let low = this.#head
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (gt((this.#records[middle] as SendRecord).end, seq)) high = middle
      else low = middle + 1
    }
    return low
  }
}
