import { describe, expect, test } from 'vitest'
import type { EventSource } from './event-stream.ts'
import { EVENT_LEN_MAX, EventParser, eventSequence, RETRY_MS_MAX } from './event-stream.ts'

const event = (id: number): string => `id: r.${id}\nevent: tick\ndata: {"n":${id}}\n\n`

describe('one stream', () => {
  test('is cut into events wherever its chunks end', () => {
    const text = `retry: 2000\n\n: a comment\nid: a.1\r\nevent: x\r\ndata: {"a":\r\ndata:1}\r\n\r\n${event(2)}`
    for (let at = 0; at <= text.length; at += 1) {
      const parser = new EventParser()
      const events = [...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))]
      expect(events).toEqual([
        { id: undefined, type: 'message', data: '', retryMs: 2000 },
        { id: 'a.1', type: 'x', data: '{"a":\n1}', retryMs: undefined },
        { id: 'r.2', type: 'tick', data: '{"n":2}', retryMs: undefined },
      ])
    }
  })

  test('without an end of an event is not kept for ever', () => {
    const parser = new EventParser()
    expect(parser.push(`data: ${'x'.repeat(EVENT_LEN_MAX - 6)}`)).toEqual([])
    expect(() => parser.push('x')).toThrow('an event is longer than')
  })
})

class Final extends Error {}

/** Streams one after another; the last is the end. */
function sourceOf(streams: readonly (string[] | Error)[]) {
  const asked: (string | undefined)[] = []
  const waits: number[] = []
  const source: EventSource = {
    async open(lastEventId) {
      asked.push(lastEventId)
      const stream = streams[asked.length - 1] ?? new Final('no more')
      if (stream instanceof Error) throw stream
      return (async function* () {
        for (const chunk of stream) {
          if (chunk === 'break') throw new Error('connection reset')
          yield chunk
        }
      })()
    },
    isFinal: (error) => error instanceof Final,
    wait: async (ms) => {
      waits.push(ms)
    },
  }
  return { source, asked, waits }
}

async function all(source: EventSource, after?: string): Promise<string[]> {
  const ids: string[] = []
  await expect(async () => {
    for await (const { id } of eventSequence(source, after)) ids.push(id)
  }).rejects.toBeInstanceOf(Final)
  return ids
}

describe('one stream after another', () => {
  test('goes on behind the last event, after an end and after a break', async () => {
    const { source, asked, waits } = sourceOf([
      ['retry: 500\n\n', event(1), event(2)],
      [event(3), 'id: r.4\nda', 'break'],
      [event(4)],
    ])
    expect(await all(source, 'r.0')).toEqual(['r.1', 'r.2', 'r.3', 'r.4'])
    expect(asked).toEqual(['r.0', 'r.2', 'r.3', 'r.4'])
    expect(waits).toEqual([500, 500, 500])
  })

  test('waits longer and longer for a server that is not there', async () => {
    const away = new Error('ECONNREFUSED')
    const { source, waits } = sourceOf([...Array.from({ length: 7 }, () => away), [event(1)], away])
    expect(await all(source)).toEqual(['r.1'])
    expect(waits.slice(0, 7)).toEqual([2000, 4000, 8000, 16_000, RETRY_MS_MAX, RETRY_MS_MAX, RETRY_MS_MAX])
    expect(waits.slice(7)).toEqual([2000, 2000])
  })

  test('what is wrong for good is thrown', async () => {
    const { source, waits } = sourceOf([new Final('401')])
    expect(await all(source)).toEqual([])
    expect(waits).toEqual([])
  })
})
