// The sessions of one hub: who may still come in, who is there, and what all there are and were have carried.
//
// The arrays are replaced, never changed: a port that attaches or detaches while the hub walks over them does not disturb it.

import type { PortIdentity } from './port.ts'
import { addCounters, isUser, newSessionCounters, type Session, type SessionCounters } from './session.ts'

/** Ports a hub accepts. */
export const SESSION_LIMIT = 4096

/** `full`: the hub's own limit; `maxSessions`: the administrator's, on users' sessions. */
export class SessionLimitError extends Error {
  readonly code = 'HUB_SESSION_LIMIT'
  readonly limit: 'full' | 'maxSessions'

  constructor(limit: 'full' | 'maxSessions', message: string) {
    super(message)
    this.limit = limit
  }
}

export interface SessionListStats {
  refusedSessionLimit: number
  /** Users' sessions past what the administrator allows. */
  refusedMaxSessions: number
}

export class SessionList {
  /** Oldest first. */
  all: readonly Session[] = []
  /** Those that get a copy of every frame. */
  monitors: readonly Session[] = []
  readonly #hubName: string
  readonly #stats: SessionListStats
  /** What sessions that have left had counted. */
  readonly #departed = newSessionCounters()

  constructor(hubName: string, stats: SessionListStats) {
    this.#hubName = hubName
    this.#stats = stats
  }

  /**
   * @param maxUserSessions at a time; 0: as many as the hub holds. Ports without a policy are not counted
   * @throws {SessionLimitError} when there is no room for this one
   */
  admit(identity: PortIdentity, maxUserSessions: number): void {
    if (this.all.length >= SESSION_LIMIT) {
      this.#stats.refusedSessionLimit++
      throw new SessionLimitError('full', `hub ${this.#hubName} already has ${SESSION_LIMIT} sessions`)
    }
    if (isUser(identity) && maxUserSessions > 0 && this.#userSessions() >= maxUserSessions) {
      this.#stats.refusedMaxSessions++
      throw new SessionLimitError(
        'maxSessions',
        `hub ${this.#hubName} already has ${maxUserSessions} sessions of users`,
      )
    }
  }

  add(session: Session): void {
    this.all = [...this.all, session]
    if (isMonitor(session)) this.monitors = [...this.monitors, session]
  }

  remove(session: Session): void {
    this.all = this.all.filter((other) => other !== session)
    if (isMonitor(session)) this.monitors = this.monitors.filter((other) => other !== session)
    addCounters(this.#departed, session.counters)
  }

  find(sessionName: string): Session | undefined {
    return this.all.find((session) => session.sessionName === sessionName)
  }

  /** Sessions of one user, whose name is compared without case. */
  ofUser(userName: string): number {
    const name = userName.toLowerCase()
    return this.all.filter(({ port: { identity } }) => identity.userName.toLowerCase() === name).length
  }

  /** By what they are, and the traffic of all there are and were. */
  summary(): { traffic: SessionCounters; sessions: number; clientSessions: number; bridgeSessions: number } {
    const traffic = { ...this.#departed }
    let clientSessions = 0
    let bridgeSessions = 0
    for (const { counters, port } of this.all) {
      addCounters(traffic, counters)
      if (port.identity.mode === 'bridge') bridgeSessions++
      else if (isUser(port.identity)) clientSessions++
    }
    return { traffic, sessions: this.all.length, clientSessions, bridgeSessions }
  }

  #userSessions(): number {
    return this.all.filter(({ port }) => isUser(port.identity)).length
  }
}

export function isMonitor(session: Session): boolean {
  return session.guard?.isMonitor === true
}
