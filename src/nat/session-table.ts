// The NAT session table: every flow under a number, counted from 1 across TCP and UDP (R24, R51), and who may have how many.
//
// What one guest takes must not be missing to the others. Past its own limit a guest's least recently used session of the
// same protocol gives way (as in the original's per-address limits), half-open connections are refused, and when the whole
// table is full, the guest with the most sessions gives one up to a guest with fewer. Least recently used is found as a
// clock finds it: sessions stand in a queue per guest and protocol, and one that was active since it was put there goes to
// its end when its turn comes. So activity itself costs nothing, and each step of the search was paid for by a packet.
//
// A guest may call itself by every address of its subnet. So the guests behind one port of the hub also count together: they have half of the
// half-open connections at most, and the port with the most sessions is the one that gives way. Which port it is is asked once for a guest.

import type { Deadline } from '../stack/deadline-heap.ts'
import { DEFAULT_NAT_LIMITS, type NatLimitName, type NatLimits } from './limits.ts'
import type { FlowProtocol, NatSessionRow } from './rows.ts'

export interface NatSession extends Deadline {
  readonly id: number
  /** The guest's address, who answers for the session. */
  readonly internalAddress: number
  readonly protocol: FlowProtocol
  /** Whether it may be ended to make room for another. */
  readonly givesWay: boolean
  readonly lastActivityAt: number
  /** The table's own: its last activity when it was put into the queue. */
  queuedAt: number
  row(): NatSessionRow
  /** Ends the session as an administrator's wish: the guest sees a reset. */
  abort(): void
}

/** The part of all half-open connections that guests behind one port of the hub may have. */
export const HALF_OPEN_PORT_SHARE = 0.5

export interface SessionTableStats {
  refusedSessionLimit: number
  refusedGuestLimit: number
  refusedHalfOpenLimit: number
  refusedHalfOpenGuestLimit: number
  refusedHalfOpenPortLimit: number
  /** Sessions of the greatest guest that gave way to another guest's. */
  evictedFromGreatest: number
}

/** All guests behind one port. */
interface Behind {
  count: number
  halfOpen: number
}

interface Guest {
  /** `undefined` where the port is not known. */
  readonly port: object | undefined
  count: number
  halfOpen: number
  readonly queues: Map<FlowProtocol, Set<NatSession>>
}

export class SessionTable {
  limits: Readonly<NatLimits> = DEFAULT_NAT_LIMITS
  readonly stats: SessionTableStats = {
    refusedSessionLimit: 0,
    refusedGuestLimit: 0,
    refusedHalfOpenLimit: 0,
    refusedHalfOpenGuestLimit: 0,
    refusedHalfOpenPortLimit: 0,
    evictedFromGreatest: 0,
  }
  readonly #sessions = new Map<number, NatSession>()
  readonly #guests = new Map<number, Guest>()
  readonly #ports = new Map<object, Behind>()
  readonly #limitReached: (limit: NatLimitName, guest: number) => void
  readonly #portOf: (guest: number) => object | undefined
  #halfOpen = 0
  #lastId = 0

  /**
   * @param limitReached told of every session that was refused or ended because of a limit
   * @param portOf what a guest is behind; the same object for the same port
   */
  constructor(
    limitReached: (limit: NatLimitName, guest: number) => void = () => {},
    portOf: (guest: number) => object | undefined = () => undefined,
  ) {
    this.#limitReached = limitReached
    this.#portOf = portOf
  }

  get size(): number {
    return this.#sessions.size
  }

  get halfOpen(): number {
    return this.#halfOpen
  }

  /** Whether one more session of this guest is within the limits; counts the refusal if not. */
  hasRoomFor(internalAddress: number): boolean {
    if (this.#sessions.size >= this.limits.sessions && !this.#takeFromGreatest(internalAddress)) {
      this.stats.refusedSessionLimit++
      this.#limitReached('sessions', internalAddress)
      return false
    }
    if ((this.#guests.get(internalAddress)?.count ?? 0) >= this.limits.sessionsPerGuest) {
      this.stats.refusedGuestLimit++
      this.#limitReached('sessionsPerGuest', internalAddress)
      return false
    }
    return true
  }

  /** Whether one more connection of this guest may be half open. */
  mayDial(internalAddress: number): boolean {
    const guest = this.#guests.get(internalAddress)
    const port = guest === undefined ? this.#portOf(internalAddress) : guest.port
    if ((this.#behind(port)?.halfOpen ?? 0) >= this.limits.halfOpen * HALF_OPEN_PORT_SHARE) {
      this.stats.refusedHalfOpenPortLimit++
      this.#limitReached('halfOpen', internalAddress)
      return false
    }
    if ((guest?.halfOpen ?? 0) >= this.limits.halfOpenPerGuest) {
      this.stats.refusedHalfOpenGuestLimit++
      this.#limitReached('halfOpenPerGuest', internalAddress)
      return false
    }
    if (this.#halfOpen >= this.limits.halfOpen) {
      this.stats.refusedHalfOpenLimit++
      this.#limitReached('halfOpen', internalAddress)
      return false
    }
    return true
  }

  /** Ends the guest's least recently used session of the protocol if it has as many as it may. @returns whether it did */
  makeRoom(protocol: FlowProtocol, internalAddress: number, limit: NatLimitName): boolean {
    const queue = this.#guests.get(internalAddress)?.queues.get(protocol)
    if (queue === undefined || queue.size < this.limits[limit]) return false
    this.#limitReached(limit, internalAddress)
    leastRecentlyUsed(queue)?.abort()
    return true
  }

  nextId(): number {
    return ++this.#lastId
  }

  add(session: NatSession): void {
    this.#sessions.set(session.id, session)
    let guest = this.#guests.get(session.internalAddress)
    if (guest === undefined) {
      guest = { port: this.#portOf(session.internalAddress), count: 0, halfOpen: 0, queues: new Map() }
      this.#guests.set(session.internalAddress, guest)
    }
    guest.count++
    this.#countBehind(guest.port, 1)
    if (!session.givesWay) return
    session.queuedAt = session.lastActivityAt
    const queue = guest.queues.get(session.protocol)
    if (queue === undefined) guest.queues.set(session.protocol, new Set([session]))
    else queue.add(session)
  }

  remove(session: NatSession): void {
    if (!this.#sessions.delete(session.id)) return
    const guest = this.#guests.get(session.internalAddress)
    if (guest === undefined) return
    guest.count--
    this.#countBehind(guest.port, -1)
    if (guest.count === 0) this.#guests.delete(session.internalAddress)
    else if (session.givesWay) guest.queues.get(session.protocol)?.delete(session)
  }

  /** A session in the table has become half open (1), or is so no more (-1). */
  countHalfOpen(session: NatSession, change: 1 | -1): void {
    this.#halfOpen += change
    const guest = this.#guests.get(session.internalAddress)
    if (guest === undefined) return
    guest.halfOpen += change
    const behind = this.#behind(guest.port)
    if (behind !== undefined) behind.halfOpen += change
  }

  get(id: number): NatSession | undefined {
    return this.#sessions.get(id)
  }

  values(): IterableIterator<NatSession> {
    return this.#sessions.values()
  }

  #behind(port: object | undefined): Behind | undefined {
    return port === undefined ? undefined : this.#ports.get(port)
  }

  #countBehind(port: object | undefined, change: 1 | -1): void {
    if (port === undefined) return
    const behind = this.#ports.get(port)
    if (behind === undefined) this.#ports.set(port, { count: 1, halfOpen: 0 })
    else {
      behind.count += change
      if (behind.count === 0) this.#ports.delete(port)
    }
  }

  /** Sessions of whom a guest belongs to: its port, or itself where that is not known. */
  #weight(guest: Guest): number {
    return this.#behind(guest.port)?.count ?? guest.count
  }

  #takeFromGreatest(internalAddress: number): boolean {
    let greatest: Guest | undefined
    let greatestAddress = 0
    let greatestWeight = 0
    for (const [address, guest] of this.#guests) {
      const weight = this.#weight(guest)
      if (weight > greatestWeight || (weight === greatestWeight && guest.count > (greatest?.count ?? 0))) {
        greatest = guest
        greatestAddress = address
        greatestWeight = weight
      }
    }
    if (greatest === undefined) return false
    const own = this.#guests.get(internalAddress)
    const ownPort = own === undefined ? this.#portOf(internalAddress) : own.port
    const isOther = greatest.port !== undefined && greatest.port !== ownPort
    const [most, mine] = isOther
      ? [greatestWeight, this.#behind(ownPort)?.count ?? own?.count ?? 0]
      : [greatest.count, own?.count ?? 0]
    if (most <= mine + 1) return false
    let longest: Set<NatSession> | undefined
    for (const queue of greatest.queues.values()) if (queue.size > (longest?.size ?? 0)) longest = queue
    const victim = longest && leastRecentlyUsed(longest)
    if (victim === undefined) return false
    this.stats.evictedFromGreatest++
    this.#limitReached('sessions', greatestAddress)
    victim.abort()
    return true
  }
}

function leastRecentlyUsed(queue: Set<NatSession>): NatSession | undefined {
  for (;;) {
    const [session] = queue
    if (session === undefined) return undefined
    if (session.lastActivityAt <= session.queuedAt) return session
    session.queuedAt = session.lastActivityAt
    queue.delete(session)
    queue.add(session)
  }
}
