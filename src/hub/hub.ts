// A virtual Ethernet hub: a learning switch whose ports are sessions, SecureNAT's among them.
//
// Theory of operation. A frame enters through a port's attachment. Its source address is learned; its destination is
// looked up and the frame goes to that one port, or, for group and unknown addresses, to every other port. The frame is
// handed on as it is, borrowed (hub/port.ts), with its offload note. Ports that received something are told `flush`
// when the sender's batch ends. Flushing may make a port send in its turn, so it is a loop, never a recursion:
// two SecureNATs on one hub answer each other without re-entering either.
// No port waits for another: a link that is slow drops and counts for itself.

import { ETHERNET_HEADER_LEN, getDestinationMac, getSourceMac } from '../wire/ethernet.ts'
import { isMulticastMac, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import { MAC_TABLE_LIMIT, MacTable } from './mac-table.ts'
import type { Attachable, Attachment, Port, PortIdentity } from './port.ts'

/** Ports a hub accepts. */
export const SESSION_LIMIT = 4096

export interface HubClock {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
}

export interface HubStats {
  rxFrames: number
  rxBytes: number
  forwarded: number
  flooded: number
  droppedTooShort: number
  droppedBadSource: number
  /** The destination is behind the port the frame came from. */
  droppedSamePort: number
  /** From a port that has left already. */
  droppedDetached: number
  refusedSessionLimit: number
}

export interface SessionCounters {
  rxFrames: number
  rxBytes: number
  rxBroadcastFrames: number
  txFrames: number
  txBytes: number
  txBroadcastFrames: number
}

/** A row of the session list; rx is what came from the port into the hub. */
export interface SessionRow extends SessionCounters {
  name: string
  identity: PortIdentity
  /** Milliseconds of the Unix epoch. */
  connectedAt: number
}

export interface MacTableRow {
  sessionName: string
  macAddress: MacAddress
  /** Milliseconds of the Unix epoch. */
  createdAt: number
  updatedAt: number
}

/** Told of every session; must not call back. */
export interface SessionEvents {
  attached(sessionName: string, identity: PortIdentity): void
  detached(sessionName: string, identity: PortIdentity): void
}

export class SessionLimitError extends Error {
  readonly code = 'HUB_SESSION_LIMIT'
}

class Session implements Attachment {
  readonly sessionName: string
  readonly port: Port
  readonly connectedAt: number
  readonly counters: SessionCounters = {
    rxFrames: 0,
    rxBytes: 0,
    rxBroadcastFrames: 0,
    txFrames: 0,
    txBytes: 0,
    txBroadcastFrames: 0,
  }
  /** Received something since its last flush. */
  pending = false
  /** It may leave while a frame is on its way to it, and a link may still hand in what it had read. */
  detached = false
  readonly #hub: HubCore

  constructor(hub: HubCore, port: Port, sessionName: string, connectedAt: number) {
    this.#hub = hub
    this.port = port
    this.sessionName = sessionName
    this.connectedAt = connectedAt
  }

  input(frame: Uint8Array, offload: Offload): void {
    this.#hub.input(this, frame, offload)
  }

  flush(): void {
    this.#hub.flush()
  }

  detach(): void {
    this.#hub.detach(this)
  }
}

/** What a session may ask of its hub. */
interface HubCore {
  input(from: Session, frame: Uint8Array, offload: Offload): void
  flush(): void
  detach(session: Session): void
}

export class Hub implements Attachable {
  readonly name: string
  readonly stats: HubStats = {
    rxFrames: 0,
    rxBytes: 0,
    forwarded: 0,
    flooded: 0,
    droppedTooShort: 0,
    droppedBadSource: 0,
    droppedSamePort: 0,
    droppedDetached: 0,
    refusedSessionLimit: 0,
  }
  /** Set by who wants to know. */
  sessionEvents: SessionEvents | undefined
  readonly #clock: HubClock
  readonly #macs: MacTable<Session>
  #sessions: Session[] = []
  #pending: Session[] = []
  #flushing = false
  #lastNumber = 0
  /** The time of the batch being handed in; read once a batch, since reading a clock costs more than a lookup. */
  #now = 0
  #nowIsFresh = false
  readonly #core: HubCore = {
    input: (from, frame, offload) => this.#input(from, frame, offload),
    flush: () => this.#flush(),
    detach: (session) => this.#detach(session),
  }

  constructor(name: string, clock: HubClock, macTableLimit = MAC_TABLE_LIMIT) {
    this.name = name
    this.#clock = clock
    this.#macs = new MacTable(macTableLimit)
  }

  /** @throws {SessionLimitError} when the hub is full */
  attach(port: Port): Attachment {
    if (this.#sessions.length >= SESSION_LIMIT) {
      this.stats.refusedSessionLimit++
      throw new SessionLimitError(`hub ${this.name} already has ${SESSION_LIMIT} sessions`)
    }
    const name = `SID-${port.identity.kind}-${++this.#lastNumber}`
    const session = new Session(this.#core, port, name, this.#clock.wallClock())
    this.#sessions = [...this.#sessions, session]
    this.sessionEvents?.attached(name, port.identity)
    return session
  }

  sessions(): SessionRow[] {
    return this.#sessions.map((session) => ({
      name: session.sessionName,
      identity: session.port.identity,
      connectedAt: session.connectedAt,
      ...session.counters,
    }))
  }

  macTable(): MacTableRow[] {
    const now = this.#clock.now()
    const epoch = this.#clock.wallClock() - now
    return Array.from(this.#macs.entries(now), ([macAddress, entry]) => ({
      sessionName: entry.port.sessionName,
      macAddress,
      createdAt: epoch + entry.learnedAt,
      updatedAt: epoch + entry.lastSeenAt,
    }))
  }

  /** Asks the port to close; it detaches itself. @returns whether there is such a session that can be closed */
  disconnect(sessionName: string): boolean {
    const session = this.#sessions.find((candidate) => candidate.sessionName === sessionName)
    if (session?.port.close === undefined) return false
    session.port.close()
    return true
  }

  get macStats(): Readonly<MacTable<Session>['stats']> {
    return this.#macs.stats
  }

  #input(from: Session, frame: Uint8Array, offload: Offload): void {
    const { stats } = this
    if (from.detached) {
      stats.droppedDetached++
      return
    }
    stats.rxFrames++
    stats.rxBytes += frame.length
    from.counters.rxFrames++
    from.counters.rxBytes += frame.length
    if (frame.length < ETHERNET_HEADER_LEN) {
      stats.droppedTooShort++
      return
    }
    const source = getSourceMac(frame)
    if (isMulticastMac(source) || source === ZERO_MAC) {
      stats.droppedBadSource++
      return
    }
    if (!this.#nowIsFresh) {
      this.#now = this.#clock.now()
      this.#nowIsFresh = true
    }
    this.#macs.learn(source, from, this.#now)
    const destination = getDestinationMac(frame)
    if (isMulticastMac(destination)) {
      from.counters.rxBroadcastFrames++
      this.#flood(from, frame, offload, true)
      return
    }
    const to = this.#macs.lookup(destination, this.#now)
    if (to === undefined) {
      this.#flood(from, frame, offload, false)
    } else if (to === from) {
      stats.droppedSamePort++
    } else {
      stats.forwarded++
      this.#output(to, frame, offload)
    }
  }

  #flood(from: Session, frame: Uint8Array, offload: Offload, isGroup: boolean): void {
    this.stats.flooded++
    // Attaching and detaching replace the array, so a port that does either here does not disturb the walk.
    for (const session of this.#sessions) {
      if (session === from || session.detached) continue
      if (isGroup) session.counters.txBroadcastFrames++
      this.#output(session, frame, offload)
    }
  }

  #output(session: Session, frame: Uint8Array, offload: Offload): void {
    session.counters.txFrames++
    session.counters.txBytes += frame.length
    if (!session.pending) {
      session.pending = true
      this.#pending.push(session)
    }
    session.port.output(frame, offload)
  }

  #flush(): void {
    this.#nowIsFresh = false
    if (this.#flushing) return
    this.#flushing = true
    try {
      let session: Session | undefined
      while ((session = this.#pending.shift()) !== undefined) {
        session.pending = false
        session.port.flush()
      }
    } finally {
      this.#flushing = false
    }
  }

  #detach(session: Session): void {
    if (session.detached) return
    session.detached = true
    this.#sessions = this.#sessions.filter((other) => other !== session)
    this.#pending = this.#pending.filter((other) => other !== session)
    session.pending = false
    this.#macs.forgetPort(session)
    this.sessionEvents?.detached(session.sessionName, session.port.identity)
  }
}
