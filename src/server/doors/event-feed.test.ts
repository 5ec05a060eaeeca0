// The feed in made-up time: batches, resuming, sampling, slow readers, and that nothing runs while nobody reads.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EventBus } from '../event-bus.ts'
import type { EventReader } from './event-feed.ts'
import {
  EVENT_READER_BYTES_MAX,
  EVENT_READERS_MAX,
  EVENT_READERS_PER_ACCOUNT_MAX,
  EVENTS_KEPT_MAX,
  EventFeed,
  FEED_EVENTS_PER_SECOND,
} from './event-feed.ts'

let bus: EventBus
let feed: EventFeed
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) })
  bus = new EventBus()
  feed = new EventFeed({
    subscribe: (subscriber) => bus.subscribe(subscriber),
    counters: () => [{ hub: 'LAB', counters: { sessions: 2 } }],
    wallClock: Date.now,
    run: 'run',
  })
})
afterEach(() => {
  feed.close()
  vi.useRealTimers()
})

class TestReader implements EventReader {
  writes: string[] = []
  waiting = 0
  ended = false
  valid = true
  account = ''
  isValid(): boolean {
    return this.valid
  }
  accepts(type: string, _hub: string | undefined): boolean {
    return type !== 'counters'
  }
  write(text: string): number {
    this.writes.push(text)
    return this.waiting
  }
  end(): void {
    this.ended = true
  }
  /** Numbers of the events he was told. */
  get numbers(): number[] {
    return [...this.writes.join('').matchAll(/^id: run\.(\d+)$/gm)].map(([, number]) => Number(number))
  }
}

const joined = (lastId?: string, reader = new TestReader()): TestReader => {
  feed.join(reader, lastId)
  return reader
}
const happen = (session = 'SID-SECURENAT-1'): void => bus.emitHub('LAB', { type: 'secureNatStarted', session })
const flow = { internalAddress: 0xc0a81e0a, internalPort: 5000, destinationAddress: 0xc6120001, destinationPort: 80 }

describe('event feed', () => {
  test('what happens is written once a batch, as the log writes it', () => {
    const reader = joined()
    happen()
    bus.emitHub('LAB', { type: 'tcpSessionCreated', args: [7, flow as never] })
    expect(reader.writes).toEqual([])
    vi.advanceTimersByTime(100)
    expect(reader.writes).toEqual([
      `id: run.1
event: secureNatStarted
data: {"time":"2026-11-23T12:00:00.000Z","level":"info","hub":"LAB","event":"secureNatStarted","sessionName":"SID-SECURENAT-1"}

id: run.2
event: tcpSessionCreated
data: {"time":"2026-11-23T12:00:00.000Z","level":"info","hub":"LAB","event":"tcpSessionCreated","session":7,"source":"192.168.30.10:5000","destination":"198.18.0.1:80"}

`,
    ])
  })

  test('who comes back after more than he may leave lying is told of a gap and the newest, and stays', () => {
    joined()
    for (let second = 0; second < 25; second += 1) {
      for (let i = 0; i < FEED_EVENTS_PER_SECOND; i += 1) happen('S'.repeat(400))
      vi.advanceTimersByTime(1_000)
    }
    const slow = new TestReader()
    slow.write = (text) => slow.writes.push(text) * 0 + Buffer.byteLength(text)
    joined('run.1', slow)
    expect([slow.ended, feed.readers, feed.stats.cutOffReaders]).toEqual([false, 2, 0])
    expect(slow.writes[0]).toMatch(/^event: gap\n.*\n\nid: run\.\d+\n/)
    const { numbers } = slow
    expect(numbers.at(-1)).toBe(25 * FEED_EVENTS_PER_SECOND)
    expect(numbers.length).toBeGreaterThan(400)
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index))
  })

  test('nothing runs and nobody is asked while nobody reads', () => {
    happen()
    expect([bus.isWatched, vi.getTimerCount()]).toEqual([false, 0])
    const reader = joined()
    expect([bus.isWatched, vi.getTimerCount()]).toEqual([true, 1])
    feed.leave(reader)
    feed.leave(reader)
    expect([bus.isWatched, vi.getTimerCount()]).toEqual([true, 1])
    vi.advanceTimersByTime(60_000)
    expect([bus.isWatched, vi.getTimerCount()]).toEqual([false, 0])
  })

  test('who comes back is told what he missed, and nothing twice', () => {
    const other = joined()
    const first = joined()
    happen()
    vi.advanceTimersByTime(100)
    feed.leave(first)
    happen()
    vi.advanceTimersByTime(100)
    happen()
    const again = joined('run.1')
    happen()
    vi.advanceTimersByTime(100)
    expect(again.numbers).toEqual([2, 3, 4])
    expect(other.numbers).toEqual([1, 2, 3, 4])
    expect(again.writes.join('')).not.toContain('event: gap')
  })

  test('also when nobody read meanwhile', () => {
    const first = joined()
    happen()
    vi.advanceTimersByTime(100)
    feed.leave(first)
    happen()
    vi.advanceTimersByTime(30_000)
    expect(joined('run.1').numbers).toEqual([2])
  })

  test.each(['run.0', 'other.3', 'run.999', 'nonsense', ''])(
    'with the last id %j there is a gap, and he is told',
    (lastId) => {
      joined()
      for (let i = 0; i < 2 * EVENTS_KEPT_MAX; i += 1) {
        happen()
        // Past the second of which so many are kept.
        if (i % FEED_EVENTS_PER_SECOND === FEED_EVENTS_PER_SECOND - 1) vi.advanceTimersByTime(1000)
      }
      vi.advanceTimersByTime(100)
      const reader = joined(lastId === 'run.999' ? 'run.99999999' : lastId)
      expect(reader.writes[0]).toMatch(/^event: gap\ndata: \{/)
      expect(reader.numbers.length).toBeGreaterThanOrEqual(EVENTS_KEPT_MAX)
      expect(reader.numbers.length).toBeLessThan(2 * EVENTS_KEPT_MAX)
    },
  )

  test('a flood of one kind is sampled, the others are told; the next one says how many were left out', () => {
    const reader = joined()
    for (let i = 0; i < FEED_EVENTS_PER_SECOND + 50; i += 1) happen()
    bus.emitHub('LAB', { type: 'secureNatStopped' })
    vi.advanceTimersByTime(1000)
    happen()
    vi.advanceTimersByTime(100)
    expect(reader.numbers).toHaveLength(FEED_EVENTS_PER_SECOND + 2)
    expect(reader.writes.join('')).toContain('event: secureNatStopped')
    expect(reader.writes.at(-1)).toContain('"suppressed":50')
    expect(feed.sampled).toBe(50)
  })

  test('counters come once a second to those who want them, and a sign of life to those who hear nothing', () => {
    const reader = joined()
    const watcher = new TestReader()
    watcher.accepts = () => true
    joined(undefined, watcher)
    vi.advanceTimersByTime(2000)
    expect(watcher.writes.at(-1)).toBe(
      'event: counters\ndata: {"time":"2026-11-23T12:00:02.000Z","hub":"LAB","event":"counters","sessions":2}\n\n',
    )
    expect(watcher.writes).toHaveLength(2)
    vi.advanceTimersByTime(13_000)
    expect(reader.writes).toEqual([':\n\n'])
  })

  test('a reader who does not take it is cut off; the others go on', () => {
    const [slow, quick] = [joined(), joined()]
    slow.waiting = EVENT_READER_BYTES_MAX + 1
    happen()
    vi.advanceTimersByTime(100)
    happen()
    vi.advanceTimersByTime(100)
    expect([slow.ended, slow.writes.length, quick.numbers]).toEqual([true, 1, [1, 2]])
    expect(feed.stats.cutOffReaders).toBe(1)
  })

  test('the readers of one account are few, and the server’s administrator takes the place of one of them', () => {
    const of = (account: string): TestReader => Object.assign(new TestReader(), { account })
    const lab = Array.from({ length: EVENT_READERS_PER_ACCOUNT_MAX }, () => joined(undefined, of('hub lab')))
    expect(feed.join(of('hub lab'), undefined)).toBe(false)
    for (let i = EVENT_READERS_PER_ACCOUNT_MAX; i < EVENT_READERS_MAX; i += 1) joined(undefined, of(`hub ${i % 8}`))
    expect(feed.join(of('viewer x'), undefined)).toBe(false)
    expect(feed.join(of(''), undefined)).toBe(true)
    expect([lab[0]!.ended, lab[1]!.ended, feed.readers]).toEqual([true, false, EVENT_READERS_MAX])
    expect(feed.stats).toMatchObject({ refusedReaders: 2, evictedReaders: 1 })
  })

  test('whose password has been changed is told nothing any more', () => {
    const [reader, other] = [joined(), joined()]
    happen()
    reader.valid = false
    vi.advanceTimersByTime(100)
    expect([reader.numbers, reader.ended, other.numbers, feed.readers]).toEqual([[], true, [1], 1])
    expect(feed.stats.revokedReaders).toBe(1)
  })

  test('there is an end to readers; each of many is told each event, in one write a batch', () => {
    const readers = Array.from({ length: EVENT_READERS_MAX }, () => joined())
    expect(feed.join(new TestReader(), undefined)).toBe(false)
    for (let i = 0; i < 50; i += 1) happen()
    vi.advanceTimersByTime(100)
    expect(readers.every(({ numbers, writes }) => numbers.length === 50 && writes.length === 1)).toBe(true)
    expect(feed.stats).toMatchObject({ refusedReaders: 1, events: 50 })
    feed.close()
    expect(readers.every(({ ended }) => ended)).toBe(true)
  })
})
