// What the users of a hub have done since the server was started: logins, and the traffic of their sessions.

import type { UserActivity } from '../admin/management/hub.ts'
import type { PortIdentity } from '../hub/port.ts'
import type { SessionCounters } from '../hub/session.ts'
import { addCounters, isUser, newSessionCounters } from '../hub/session.ts'

interface Entry {
  logins: number
  lastLoginAt: number | undefined
  /** Of sessions that have ended. */
  readonly departed: SessionCounters
  /** Of those there are, each counting on by itself. */
  readonly present: Set<Readonly<SessionCounters>>
}

export class UserActivities {
  readonly #entries = new Map<string, Entry>()
  readonly #wallClock: () => number

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  /** @param counters those of the session, which go on counting; `detached` is given the same */
  attached(identity: PortIdentity, counters: Readonly<SessionCounters>): void {
    if (!isUser(identity)) return
    const entry = this.#entry(identity.userName)
    entry.logins += 1
    entry.lastLoginAt = this.#wallClock()
    entry.present.add(counters)
  }

  detached(identity: PortIdentity, counters: Readonly<SessionCounters>): void {
    // A user that was deleted has no entry any more.
    const entry = isUser(identity) ? this.#entries.get(identity.userName.toLowerCase()) : undefined
    if (entry?.present.delete(counters) === true) addCounters(entry.departed, counters)
  }

  of(userName: string): UserActivity {
    const entry = this.#entries.get(userName.toLowerCase())
    const traffic = { ...(entry?.departed ?? newSessionCounters()) }
    for (const counters of entry?.present ?? []) addCounters(traffic, counters)
    return { logins: entry?.logins ?? 0, lastLoginAt: entry?.lastLoginAt, traffic }
  }

  /** Only of users there are: the others' are forgotten. */
  keep(userNames: readonly string[]): void {
    const names = new Set(userNames.map((name) => name.toLowerCase()))
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name)
  }

  #entry(userName: string): Entry {
    const name = userName.toLowerCase()
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      entry = { logins: 0, lastLoginAt: undefined, departed: newSessionCounters(), present: new Set() }
      this.#entries.set(name, entry)
    }
    return entry
  }
}
