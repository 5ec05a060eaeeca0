// The events of a server as JSON lines, for programs: everything the security log knows and more, with levels, in files that keep
// their name while they are written: logs/HUB/events/events.jsonl, and logs/server/server.jsonl for the server itself.
//
// Every kind of event may have EVENTS_PER_SECOND lines a second of each hub; the next line of that kind says how many were left
// out. Lines of the security log are not repeated: the events they were made of are here.

import type { HubEvent, ServerEvent } from '../event-bus.ts'
import { eventFields, eventLevel, isSecureNatEvent } from '../event-fields.ts'
import { EventRates } from '../event-rates.ts'
import type { Level } from '../log.ts'
import type { LineWriter } from './line-file.ts'

export const EVENTS_PER_SECOND = 1000

const IMPORTANCE: Readonly<Record<Level, number>> = { info: 0, warn: 1, error: 2 }

export interface EventLogDeps {
  /** Where the lines of a hub go, or of the server itself. */
  file(hub: string | undefined): LineWriter
  /** Whether what SecureNAT of this hub does is to be kept. */
  isSaved(hub: string): boolean
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
}

export class EventLog {
  level: Level = 'info'
  readonly #deps: EventLogDeps
  readonly #rates = new EventRates(EVENTS_PER_SECOND)

  constructor(deps: EventLogDeps) {
    this.#deps = deps
  }

  /** Subscribes to the bus. */
  readonly take = (event: HubEvent | ServerEvent, hub: string | undefined): void => {
    if (event.type === 'securityLine') return
    const level = eventLevel(event)
    if (IMPORTANCE[level] < IMPORTANCE[this.level]) return
    if (hub !== undefined && isSecureNatEvent(event) && !this.#deps.isSaved(hub)) return
    const now = this.#deps.wallClock()
    const suppressed = this.#rates.pass(event.type, hub, now)
    if (suppressed === undefined) return
    const record = {
      time: new Date(now).toISOString(),
      level,
      ...(hub === undefined ? {} : { hub }),
      event: event.type,
      ...eventFields(event),
      ...(suppressed === 0 ? {} : { suppressed }),
    }
    this.#deps.file(hub).write(now, JSON.stringify(record))
  }

  /** Of a hub that is gone. */
  forget(hub: string): void {
    this.#rates.forget(hub)
  }

  get stats(): { readonly suppressed: number } {
    return this.#rates
  }
}
