// What the users of a hub have done since the server was started: logins, and the traffic of their sessions.

import type { UserActivity } from '../admin/management/hub.ts'
import type { PortIdentity } from '../hub/port.ts'
import type { SessionCounters, SessionRow } from '../hub/session.ts'
import { addCounters, isUser, newSessionCounters } from '../hub/session.ts'

interface Entry {
  logins: number
  lastLoginAt: number | undefined
  /** Of sessions that have ended. */
  readonly departed: SessionCounters
}

export class UserActivities {
  readonly #entries = new Map<string, Entry>()
  readonly #wallClock: () => number

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  attached(identity: PortIdentity): void {
    if (!isUser(identity)) return
    const entry = this.#entry(identity.userName)
    entry.logins += 1
    entry.lastLoginAt = this.#wallClock()
  }

  detached(identity: PortIdentity, counters: Readonly<SessionCounters>): void {
    if (isUser(identity)) addCounters(this.#entry(identity.userName).departed, counters)
  }

  /** @param sessions of the hub, which are counted in; they are walked once, whoever is asked for */
  of(sessions: readonly SessionRow[]): (userName: string) => UserActivity {
    const live = new Map<string, SessionCounters>()
    for (const session of sessions) {
      if (!isUser(session.identity)) continue
      const name = session.identity.userName.toLowerCase()
      const traffic = live.get(name) ?? newSessionCounters()
      addCounters(traffic, session)
      live.set(name, traffic)
    }
    return (userName) => {
      const name = userName.toLowerCase()
      const entry = this.#entries.get(name)
      const traffic = { ...(entry?.departed ?? newSessionCounters()) }
      const now = live.get(name)
      if (now !== undefined) addCounters(traffic, now)
      return { logins: entry?.logins ?? 0, lastLoginAt: entry?.lastLoginAt, traffic }
    }
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
      entry = { logins: 0, lastLoginAt: undefined, departed: newSessionCounters() }
      this.#entries.set(name, entry)
    }
    return entry
  }
}
