// What administrators watch: the events of the bus as server-sent events, for many readers at once, each of whom sees what he may.
//
// While anybody reads, and a while longer, the last EVENTS_KEPT_MAX events are kept, so that a reader who lost his connection goes on where he was
// (`Last-Event-ID`); if that is too long ago he is told so (`gap`). Under load each kind of event is sampled. What comes is gathered for
// BATCH_MS and written to each reader once; one who does not take it is cut off. Counters come once a second. While nobody listens there is no timer, no
// subscription and no cost.

import type { HubEvent, ServerEvent, Subscriber } from '../event-bus.ts'
import { eventFields, eventLevel } from '../event-fields.ts'
import { EventRates } from '../event-rates.ts'

/** For readers who come back. */
export const EVENTS_KEPT_MAX = 4_096
export const EVENT_READERS_MAX = 256
/** Of them, of the administrators of one hub, or of one viewer: the server's administrator always finds a place. */
export const EVENT_READERS_PER_ACCOUNT_MAX = 32
/** Of each kind and hub. */
export const FEED_EVENTS_PER_SECOND = 200
/** What one reader has not taken yet. */
export const EVENT_READER_BYTES_MAX = 1_048_576
/** Of them, what a reader is told when he comes back; of more he is told the newest, and of a gap. */
const CATCH_UP_BYTES_MAX = 0.75 * EVENT_READER_BYTES_MAX
const BATCH_MS = 100
const COUNTERS_MS = 1_000
/** Events are kept so long after the last reader has gone. */
const LINGER_MS = 60_000
/** A line for readers who would hear nothing, so that a dead connection is found. */
const SILENCE_MS = 15_000

export interface EventReader {
  /** Whom he counts for; empty: the server's administrator. */
  readonly account: string
  /** False when what he has shown does not hold any more: he is told nothing from then on. */
  isValid(): boolean
  /** Whether he may and wants to see it. */
  accepts(type: string, hub: string | undefined): boolean
  /** @returns the bytes that wait to be taken */
  write(text: string): number
  /** He is too slow, or there are too many. */
  end(): void
}

export interface EventFeedEnvironment {
  subscribe(subscriber: Subscriber): () => void
  /** A row for each hub, made once a second while somebody reads. */
  counters(): readonly { readonly hub: string; readonly counters: object }[]
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
  /** Tells the ids of this run from those of another. */
  readonly run: string
}

interface Kept {
  readonly number: number
  readonly type: string
  readonly hub: string | undefined
  readonly text: string
}

interface Reading {
  readonly reader: EventReader
  lastWriteAt: number
}

export class EventFeed {
  readonly stats = { events: 0, cutOffReaders: 0, refusedReaders: 0, evictedReaders: 0, revokedReaders: 0 }
  readonly #environment: EventFeedEnvironment
  readonly #readings = new Map<EventReader, Reading>()
  #rates = new EventRates(FEED_EVENTS_PER_SECOND)
  #kept: Kept[] = []
  #lastNumber = 0
  /** The first that the readers have not been written. */
  #nextToWrite = 1
  #unsubscribe: (() => void) | undefined
  #batch: NodeJS.Timeout | undefined
  #ticks: NodeJS.Timeout | undefined
  #linger: NodeJS.Timeout | undefined

  constructor(environment: EventFeedEnvironment) {
    this.#environment = environment
  }

  get readers(): number {
    return this.#readings.size
  }

  /** Events that were left out because there were too many of their kind. */
  get sampled(): number {
    return this.#rates.suppressed
  }

  /** @param lastId of the last event he has seen. @returns whether there was a place */
  join(reader: EventReader, lastId: string | undefined): boolean {
    if (!this.#hasPlace(reader)) {
      this.stats.refusedReaders += 1
      return false
    }
    clearTimeout(this.#linger)
    this.#unsubscribe ??= this.#environment.subscribe((event, hub) => this.#take(event, hub))
    // What waits goes to those who were there; the new one is caught up beyond it.
    this.#writeBatch()
    const reading: Reading = { reader, lastWriteAt: this.#environment.wallClock() }
    this.#readings.set(reader, reading)
    this.#ticks ??= setInterval(() => this.#tick(), COUNTERS_MS)
    if (lastId !== undefined) this.#catchUp(reading, lastId)
    return true
  }

  /** When all places are taken, the server's administrator takes that of the one who has been watching longest, but for his own. */
  #hasPlace({ account }: EventReader): boolean {
    const readers = [...this.#readings.keys()]
    const isFull = readers.length >= EVENT_READERS_MAX
    if (account !== '') {
      const own = readers.filter((other) => other.account === account).length
      return !isFull && own < EVENT_READERS_PER_ACCOUNT_MAX
    }
    if (!isFull) return true
    const other = readers.find((one) => one.account !== '')
    if (other !== undefined) this.#drop(other, 'evictedReaders')
    return other !== undefined
  }

  #drop(reader: EventReader, counter: 'cutOffReaders' | 'evictedReaders' | 'revokedReaders'): void {
    this.stats[counter] += 1
    this.leave(reader)
    reader.end()
  }

  leave(reader: EventReader): void {
    if (!this.#readings.delete(reader) || this.#readings.size > 0) return
    clearInterval(this.#ticks)
    this.#ticks = undefined
    this.#linger = setTimeout(() => this.#forget(), LINGER_MS)
    this.#linger.unref()
  }

  /** The server ends. */
  close(): void {
    for (const { reader } of [...this.#readings.values()]) {
      this.leave(reader)
      reader.end()
    }
    clearTimeout(this.#linger)
    this.#forget()
  }

  #forget(): void {
    clearTimeout(this.#batch)
    this.#batch = undefined
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#kept = []
    this.#nextToWrite = this.#lastNumber + 1
    this.#rates = new EventRates(FEED_EVENTS_PER_SECOND)
  }

  #take(event: HubEvent | ServerEvent, hub: string | undefined): void {
    const now = this.#environment.wallClock()
    const suppressed = this.#rates.pass(event.type, hub, now)
    if (suppressed === undefined) return
    this.stats.events += 1
    const number = ++this.#lastNumber
    const record = {
      time: new Date(now).toISOString(),
      level: eventLevel(event),
      ...(hub === undefined ? {} : { hub }),
      event: event.type,
      ...eventFields(event),
      ...(suppressed === 0 ? {} : { suppressed }),
    }
    const text = `id: ${this.#environment.run}.${number}\n${message(event.type, record)}`
    this.#kept.push({ number, type: event.type, hub, text })
    // Shortened now and then: one by one would move the whole list each time.
    if (this.#kept.length >= 2 * EVENTS_KEPT_MAX) this.#kept = this.#kept.slice(-EVENTS_KEPT_MAX)
    this.#batch ??= setTimeout(() => this.#writeBatch(), BATCH_MS)
  }

  #writeBatch(): void {
    clearTimeout(this.#batch)
    this.#batch = undefined
    const fresh = this.#since(this.#nextToWrite)
    this.#nextToWrite = this.#lastNumber + 1
    if (fresh.length === 0) return
    for (const reading of [...this.#readings.values()]) this.#write(reading, textFor(reading.reader, fresh))
  }

  #catchUp(reading: Reading, lastId: string): void {
    const [run, digits = ''] = lastId.split('.')
    const seen = /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
    const first = this.#kept.at(0)?.number ?? this.#lastNumber + 1
    const isWhole = run === this.#environment.run && seen !== undefined && seen + 1 >= first && seen <= this.#lastNumber
    const missed = isWhole ? this.#since(seen + 1) : this.#kept
    const accepted = missed.filter(({ type, hub }) => reading.reader.accepts(type, hub))
    const newest = newestOf(accepted)
    const gap =
      isWhole && newest.length === accepted.length
        ? ''
        : message('gap', { time: new Date(this.#environment.wallClock()).toISOString(), event: 'gap' })
    this.#write(reading, gap + newest.map(({ text }) => text).join(''))
  }

  #since(number: number): readonly Kept[] {
    const first = this.#kept.at(0)?.number
    return first === undefined ? [] : this.#kept.slice(Math.max(0, number - first))
  }

  #tick(): void {
    const now = this.#environment.wallClock()
    const time = new Date(now).toISOString()
    const rows = this.#environment.counters().map(({ hub, counters }) => ({
      type: 'counters',
      hub,
      text: message('counters', { time, hub, event: 'counters', ...counters }),
    }))
    for (const reading of [...this.#readings.values()]) {
      const text = textFor(reading.reader, rows)
      if (text !== '') this.#write(reading, text)
      else if (now - reading.lastWriteAt >= SILENCE_MS) this.#write(reading, ':\n\n')
    }
  }

  #write(reading: Reading, text: string): void {
    if (text === '') return
    const { reader } = reading
    reading.lastWriteAt = this.#environment.wallClock()
    if (!reader.isValid()) this.#drop(reader, 'revokedReaders')
    else if (reader.write(text) > EVENT_READER_BYTES_MAX) this.#drop(reader, 'cutOffReaders')
  }
}

function textFor(
  reader: EventReader,
  events: readonly { type: string; hub: string | undefined; text: string }[],
): string {
  let text = ''
  for (const event of events) if (reader.accepts(event.type, event.hub)) text += event.text
  return text
}

/** As many as may lie with a reader: more would cut him off, and again when he comes back. */
function newestOf(events: readonly Kept[]): readonly Kept[] {
  let first = events.length
  for (let bytes = 0; first > 0; first -= 1) {
    bytes += Buffer.byteLength(events[first - 1]!.text)
    if (bytes > CATCH_UP_BYTES_MAX) break
  }
  return events.slice(first)
}

function message(type: string, record: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(record)}\n\n`
}
