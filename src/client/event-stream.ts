// Server-sent events, the receiving side: bytes of one stream become events, and one stream after another becomes a sequence without
// an end. After each break it goes on behind the last id that was seen, as browsers do.
// HTML standard, section 9.2 (https://html.spec.whatwg.org/multipage/server-sent-events.html).

/** Of one event, in letters; a stream with more is no stream of events. */
export const EVENT_LEN_MAX = 1_048_576
/** Until the server says another. */
const RETRY_MS = 2_000
/** The longest wait between two attempts that brought nothing. */
export const RETRY_MS_MAX = 30_000

export interface ServerEvent {
  /** Give it as `lastEventId` to go on behind this event. */
  readonly id: string
  /** `dhcpEntryCreated`, `counters`, `gap`, … */
  readonly type: string
  /** JSON, parsed. */
  readonly data: Readonly<Record<string, unknown>>
}

interface RawEvent {
  readonly id: string | undefined
  readonly type: string
  readonly data: string
  readonly retryMs: number | undefined
}

/** Cuts text into events, wherever its chunks end. */
export class EventParser {
  #text = ''

  /** @throws Error past EVENT_LEN_MAX */
  push(chunk: string): RawEvent[] {
    this.#text += chunk
    const blocks = this.#text.split(/\r?\n\r?\n/)
    this.#text = blocks.pop()!
    if (this.#text.length > EVENT_LEN_MAX) throw new Error(`an event is longer than ${EVENT_LEN_MAX} letters`)
    return blocks.map(parseEvent)
  }
}

function parseEvent(block: string): RawEvent {
  const values = new Map<string, string[]>()
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? []
    if (name === undefined) continue
    values.set(name, [...(values.get(name) ?? []), value ?? ''])
  }
  const retry = values.get('retry')?.at(-1)
  return {
    id: values.get('id')?.at(-1),
    type: values.get('event')?.at(-1) ?? 'message',
    data: (values.get('data') ?? []).join('\n'),
    retryMs: retry !== undefined && /^\d+$/.test(retry) ? Number(retry) : undefined,
  }
}

export interface EventSource {
  /** One stream. What is thrown here or while it is read ends it; `isFinal` says whether another may follow. */
  open(lastEventId: string | undefined): Promise<AsyncIterable<string>>
  isFinal(error: unknown): boolean
  /** @throws when nobody wants more */
  wait(ms: number): Promise<void>
}

export async function* eventSequence(source: EventSource, after: string | undefined): AsyncGenerator<ServerEvent> {
  let lastId = after
  let retryMs = RETRY_MS
  let failures = 0
  for (;;) {
    try {
      const parser = new EventParser()
      for await (const chunk of await source.open(lastId)) {
        failures = 0
        for (const event of parser.push(chunk)) {
          retryMs = event.retryMs ?? retryMs
          if (event.data === '') continue
          // Told before the id is moved on: who breaks off now sees it again.
          yield { id: event.id ?? lastId ?? '', type: event.type, data: JSON.parse(event.data) as ServerEvent['data'] }
          lastId = event.id ?? lastId
        }
      }
    } catch (error) {
      if (source.isFinal(error)) throw error
      failures += 1
    }
    await source.wait(Math.min(retryMs * 2 ** Math.max(0, failures - 1), RETRY_MS_MAX))
  }
}
