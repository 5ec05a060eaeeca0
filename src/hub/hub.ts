// A virtual Ethernet hub: a learning switch whose ports are sessions, SecureNAT's among them.
//
// Theory of operation. A frame enters through a port's attachment. Its source address is learned; its destination is
// looked up and the frame goes to that one port, or, for group and unknown addresses, to every other port. The frame is
// handed on as it is, borrowed (hub/port.ts), with its offload note. Ports that received something are told `flush`
// when the sender's batch ends. Flushing may make a port send in its turn, so it is a loop, never a recursion:
// two SecureNATs on one hub answer each other without re-entering either.
// No port waits for another: a link that is slow drops and counts for itself. And no port's fault is another's: an exception
// out of a port, or out of what it handed in, ends that port's session, is told, and goes no further.

import { ETHERNET_HEADER_LEN, getDestinationMac, getSourceMac } from '../wire/ethernet.ts'
import { PROTOCOL_TCP } from '../wire/ipv4.ts'
import type { MacAddress } from '../wire/mac.ts'
import { isMulticastMac, ZERO_MAC } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import type { AccessRule } from './access-rule.ts'
import type { HubEvents } from './events.ts'
import { Inspector, type InspectorStats } from './inspector.ts'
import { IpTable } from './ip-table.ts'
import { MAC_TABLE_LIMIT, MacTable } from './mac-table.ts'
import { type Page, type PageRange, pageOf, WHOLE_TABLE } from './page.ts'
import type { Attachable, Attachment, Port, PortIdentity } from './port.ts'
import type { PolicyReason } from './port-guard.ts'
import { type HubCore, isUser, Session, type SessionCounters, type SessionRow, sessionKind } from './session.ts'
import { isMonitor, SessionList, type SessionListStats } from './session-list.ts'
import { type IpTableRow, ipRow, type MacTableRow, macRow } from './table-rows.ts'

/** Where an IPv4 packet in an Ethernet frame names its protocol. */
const IP_PROTOCOL_AT = 23

export interface HubClock {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
}

export interface HubStats extends SessionListStats {
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
  /** Sessions that ended by an exception. */
  portFaults: number
}

/** Told of every session; must not call back. */
export interface SessionEvents {
  /** @param counters those of the session, which go on counting */
  attached(sessionName: string, identity: PortIdentity, counters: Readonly<SessionCounters>): void
  detached(sessionName: string, identity: PortIdentity, counters: Readonly<SessionCounters>): void
  /** The session ends because of a fault of the program. */
  faulted?(sessionName: string, identity: PortIdentity, error: unknown): void
}

/** What a hub's status shows. Instants are milliseconds of the Unix epoch. */
export interface HubActivity {
  /** Of all sessions there are and were. */
  traffic: Readonly<SessionCounters>
  lastCommunicationAt: number
  /** 0: nobody has. */
  lastLoginAt: number
  logins: number
  macTableSize: number
  ipTableSize: number
  /** Whatever they are. */
  sessions: number
  clientSessions: number
  bridgeSessions: number
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
    refusedMaxSessions: 0,
    portFaults: 0,
  }
  /** Set by who wants to know. */
  sessionEvents: SessionEvents | undefined
  /** Sessions of users at a time; 0: as many as the hub holds. Ports without a policy are not counted. */
  maxSessions = 0
  readonly #clock: HubClock
  readonly #macs: MacTable<Session>
  readonly #ips = new IpTable<Session>()
  readonly #inspector: Inspector
  readonly #sessions: SessionList
  #accessList: readonly AccessRule[] = []
  #logins = 0
  #lastLoginAt = 0
  #pending: Session[] = []
  #flushing = false
  #lastNumber = 0
  /** The time of the batch being handed in; read once a batch, since reading a clock costs more than a lookup. */
  #now = 0
  #nowIsFresh = false
  readonly #core: HubCore = {
    input: (from, frame, offload) => this.#input(from, frame, offload),
    flush: (from) => {
      from.lastActiveAt = this.#now
      this.#flush()
    },
    detach: (session) => this.#detach(session),
    fault: (session, error) => this.#fault(session, error),
  }

  constructor(name: string, clock: HubClock, macTableLimit = MAC_TABLE_LIMIT) {
    this.name = name
    this.#clock = clock
    this.#macs = new MacTable(macTableLimit)
    this.#inspector = new Inspector(this.#macs, this.#ips)
    this.#sessions = new SessionList(name, this.stats)
    this.#now = clock.now()
  }

  /** Set by who keeps a log. */
  set events(events: HubEvents | undefined) {
    this.#inspector.events = events
  }

  /** Frames that the policies of ports kept back. */
  get policyStats(): Readonly<Record<PolicyReason, number>> {
    return this.#inspector.policyStats
  }

  get inspectorStats(): Readonly<InspectorStats> {
    return this.#inspector.stats
  }

  /** Replaces the access list; it holds for the next frame. */
  setAccessList(rules: readonly AccessRule[]): void {
    this.#accessList = rules
    this.#inspector.setRules(rules)
    this.#markAll()
  }

  get accessList(): readonly AccessRule[] {
    return this.#accessList
  }

  /** @throws {SessionLimitError} when the hub is full */
  attach(port: Port): Attachment {
    const { identity } = port
    this.#sessions.admit(identity, this.maxSessions)
    const wallClock = this.#clock.wallClock()
    if (isUser(identity)) {
      this.#logins++
      this.#lastLoginAt = wallClock
    }
    const name = `SID-${sessionKind(identity)}-${++this.#lastNumber}`
    const session = new Session(this.#core, port, name, wallClock, this.#clock.now())
    this.#sessions.add(session)
    if (isMonitor(session)) this.#markAll()
    else this.#inspector.mark(session, this.#sessions.monitors.length > 0)
    this.sessionEvents?.attached(name, port.identity, session.counters)
    return session
  }

  /** Oldest first. */
  sessions(): SessionRow[] {
    return this.sessionPage(WHOLE_TABLE).rows
  }

  sessionPage(range: PageRange): Page<SessionRow> {
    const epoch = this.#epoch()
    return pageOf(this.#sessions.all, range, (session) => session.row(epoch))
  }

  /** Sessions of one user, whose name is compared without case. */
  sessionsOfUser(userName: string): number {
    return this.#sessions.ofUser(userName)
  }

  activity(): HubActivity {
    return {
      ...this.#sessions.summary(),
      lastCommunicationAt: this.#epoch() + this.#now,
      lastLoginAt: this.#lastLoginAt,
      logins: this.#logins,
      macTableSize: this.#macs.size,
      ipTableSize: this.#ips.size,
    }
  }

  /** Oldest first; so the next one. */
  macTable(): MacTableRow[] {
    return this.macPage(WHOLE_TABLE).rows
  }

  macPage(range: PageRange): Page<MacTableRow> {
    const now = this.#clock.now()
    const epoch = this.#epoch()
    return pageOf(this.#macs.entries(now), range, ([macAddress, entry]) => macRow(macAddress, entry, epoch))
  }

  ipTable(): IpTableRow[] {
    return this.ipPage(WHOLE_TABLE).rows
  }

  ipPage(range: PageRange): Page<IpTableRow> {
    const epoch = this.#epoch()
    return pageOf(this.#ips.entries(this.#clock.now()), range, (entry) => ipRow(entry, epoch))
  }

  /** What is behind the same port is told by the same object, whatever it is. */
  portOf(mac: MacAddress): object | undefined {
    return this.#macs.lookup(mac, this.#clock.now())
  }

  /** @returns whether there was such a row; so for the next one */
  deleteMac(key: number): boolean {
    return this.#macs.delete(key)
  }

  deleteIp(key: number): boolean {
    return this.#ips.delete(key)
  }

  /** Asks the port to close; it detaches itself. @returns whether there is such a session that can be closed */
  disconnect(sessionName: string): boolean {
    const session = this.#sessions.find(sessionName)
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
    const { rxFrames: number } = stats
    if (from.isInspected) {
      if (!this.#inspector.admit(from, frame, number, this.#now)) return
      for (const monitor of this.#sessions.monitors) {
        if (!monitor.detached) this.#output(from, monitor, frame, offload, number)
      }
    } else if (frame[IP_PROTOCOL_AT] !== PROTOCOL_TCP) this.#inspector.overhear(from, frame, number, this.#now)
    if (this.#macs.learn(source, from, this.#now)) this.#inspector.newcomer(from, frame, number, this.#now)
    const destination = getDestinationMac(frame)
    if (isMulticastMac(destination)) {
      from.counters.rxBroadcastFrames++
      from.counters.rxBroadcastBytes += frame.length
      this.#flood(from, frame, offload, number, true)
      return
    }
    const to = this.#macs.lookup(destination, this.#now)
    if (to === undefined) {
      this.#flood(from, frame, offload, number, false)
    } else if (to === from) {
      stats.droppedSamePort++
    } else {
      stats.forwarded++
      this.#output(from, to, frame, offload, number)
    }
  }

  #flood(from: Session, frame: Uint8Array, offload: Offload, number: number, isGroup: boolean): void {
    this.stats.flooded++
    for (const session of this.#sessions.all) {
      if (session === from || session.detached || isMonitor(session)) continue
      if (!this.#output(from, session, frame, offload, number) || !isGroup) continue
      session.counters.txBroadcastFrames++
      session.counters.txBroadcastBytes += frame.length
    }
  }

  /** @param number of the frame @returns whether the session was given it */
  #output(from: Session, session: Session, frame: Uint8Array, offload: Offload, number: number): boolean {
    if (session.isGuarded) {
      if (!this.#inspector.mayReceive(from, session, frame, number, this.#now)) return false
    }
    session.counters.txFrames++
    session.counters.txBytes += frame.length
    if (!session.pending) {
      session.pending = true
      session.lastActiveAt = this.#now
      this.#pending.push(session)
    }
    try {
      session.port.output(frame, offload)
    } catch (error) {
      this.#fault(session, error)
    }
    return true
  }

  #flush(): void {
    this.#nowIsFresh = false
    if (this.#flushing) return
    this.#flushing = true
    try {
      let session: Session | undefined
      while ((session = this.#pending.shift()) !== undefined) {
        session.pending = false
        try {
          session.port.flush()
        } catch (error) {
          this.#fault(session, error)
        }
      }
    } finally {
      this.#flushing = false
    }
  }

  #fault(session: Session, error: unknown): void {
    if (session.detached) return
    this.stats.portFaults++
    this.sessionEvents?.faulted?.(session.sessionName, session.port.identity, error)
    try {
      if (session.port.faulted === undefined) session.port.close?.()
      else session.port.faulted()
    } catch {
      // Whatever state it is in: it leaves, and its owner has been told of the first fault.
    }
    this.#detach(session)
  }

  #detach(session: Session): void {
    if (session.detached) return
    session.detached = true
    this.#sessions.remove(session)
    this.#pending = this.#pending.filter((other) => other !== session)
    session.pending = false
    this.#macs.forgetPort(session)
    this.sessionEvents?.detached(session.sessionName, session.port.identity, session.counters)
    this.#ips.forgetSession(session)
    if (isMonitor(session)) this.#markAll()
  }

  #markAll(): void {
    const isWatched = this.#sessions.monitors.length > 0
    for (const session of this.#sessions.all) this.#inspector.mark(session, isWatched)
  }

  /** The Unix epoch's milliseconds at the monotonic clock's zero. */
  #epoch(): number {
    return this.#clock.wallClock() - this.#clock.now()
  }
}
