// The NAT session table: every flow under a number, counted from 1 across TCP and UDP (R24, R51).

import type { Deadline } from '../stack/deadline-heap.ts'
import type { NatSessionRow } from './rows.ts'

/** Sessions of all guests together, and of one guest. */
export const SESSION_LIMIT = 65_536
export const SESSIONS_PER_GUEST_LIMIT = 16_384

export interface NatSession extends Deadline {
  readonly id: number
  /** The guest's address. */
  readonly internalAddress: number
  row(): NatSessionRow
  /** Ends the session as an administrator's wish: the guest sees a reset. */
  abort(): void
}

export interface SessionTableStats {
  refusedSessionLimit: number
  refusedGuestLimit: number
}

export class SessionTable {
  readonly stats: SessionTableStats = { refusedSessionLimit: 0, refusedGuestLimit: 0 }
  readonly #sessions = new Map<number, NatSession>()
  readonly #perGuest = new Map<number, number>()
  #lastId = 0

  get size(): number {
    return this.#sessions.size
  }

  /** Whether one more session of this guest is within the limits; counts the refusal if not. */
  hasRoomFor(internalAddress: number): boolean {
    if (this.#sessions.size >= SESSION_LIMIT) {
      this.stats.refusedSessionLimit++
      return false
    }
    if ((this.#perGuest.get(internalAddress) ?? 0) >= SESSIONS_PER_GUEST_LIMIT) {
      this.stats.refusedGuestLimit++
      return false
    }
    return true
  }

  nextId(): number {
    return ++this.#lastId
  }

  add(session: NatSession): void {
    this.#sessions.set(session.id, session)
    this.#perGuest.set(session.internalAddress, (this.#perGuest.get(session.internalAddress) ?? 0) + 1)
  }

  remove(session: NatSession): void {
    if (!this.#sessions.delete(session.id)) return
    const left = (this.#perGuest.get(session.internalAddress) ?? 1) - 1
    if (left === 0) this.#perGuest.delete(session.internalAddress)
    else this.#perGuest.set(session.internalAddress, left)
  }

  get(id: number): NatSession | undefined {
    return this.#sessions.get(id)
  }

  values(): IterableIterator<NatSession> {
    return this.#sessions.values()
  }
}
