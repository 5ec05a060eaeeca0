// A VPN session: one port of a hub, with 1 to 32 TCP connections below it (protocol reference 9 to 11). The same for both sides:
// a server is given connections by its peers' logins, a client opens them.
//
// Theory of operation. Whatever connection a frame comes from, it goes into the hub; the hub is told at the end of the event
// loop's turn, so that all that was read in it is one batch. Frames from the hub go to one connection, the current one, which
// writes once a turn. Only when that one does not keep up does another take over, the one with the least to do and of equal
// ones the newest: frames of one connection stay in order, those of different ones do not. Each connection, each session and all
// of them together have a bound, past which frames are dropped and counted.
// T is the session's timeout. A connection that may send says something every T/4. One that has been silent for T is closed, and
// so is one that has not taken what was written for T. The session outlives its connections by T; frames for it are dropped
// meanwhile. One timer serves all of that.

import type { Attachable, Attachment, Port, PortDetails, PortIdentity } from '../hub/port.ts'
import { QueueBudget } from '../link/queue-budget.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE, TRUSTED } from '../wire/offload.ts'
import type { Direction } from './login-messages.ts'
import type { Wire } from './tunnel-connection.ts'
import { TunnelConnection } from './tunnel-connection.ts'

/**
 * Bytes that wait on all connections of a session before frames are dropped: what a guest's TCP has under way over a long path
 * comes in bursts, and every frame dropped here costs it a third of its window …
 */
export const SESSION_QUEUE_BYTES_MAX = 8_388_608
/** … on one of several, so that one that is stuck leaves room for the others … */
export const CONNECTION_QUEUE_BYTES_MAX = 4_194_304
/** … and on all connections of all sessions, past which each session has only so much. */
export const ALL_SESSIONS_QUEUE_BYTES_MAX = 268_435_456
export const SESSION_QUEUE_BYTES_SURE = 2_097_152
/** A connection with so much to write does not wait for the end of the turn. */
const WRITE_EARLY_BYTES = 131_072
/** A connection gives way to a new one when it has been silent for longer than any peer is: this part of T. */
const SILENT_PART = 0.6

const allSessions = new QueueBudget(ALL_SESSIONS_QUEUE_BYTES_MAX)

export interface SessionEnvironment {
  /** Monotonic milliseconds. */
  now(): number
  /** An unsigned 32-bit number. */
  random(): number
  /** @returns what cancels it */
  setTimer(delayMs: number, callback: () => void): () => void
  /** At the end of the event loop's turn. */
  nextTurn(callback: () => void): void
}

export interface SessionSettings {
  readonly side: 'server' | 'client'
  readonly timeoutMs: number
  readonly maxConnection: number
  readonly useCompress: boolean
  readonly halfConnection: boolean
  /** 0: never. */
  readonly autoDisconnectMs: number
}

export type EndReason = 'administrator' | 'timeout' | 'autoDisconnect' | 'stopped' | 'fault'

export interface VpnSessionEvents {
  /** Once. */
  ended(reason: EndReason): void
  /** A connection of the session is gone; a client replaces it. */
  connectionLost?(connection: TunnelConnection): void
}

/** What is known of the peer and does not change. */
export type FixedDetails = Omit<PortDetails, 'tcpConnections' | 'wireBytesSent' | 'wireBytesReceived'>

export interface VpnSessionStats {
  /** There was no connection to send on. */
  droppedNoConnection: number
  connections: number
  timedOutConnections: number
  brokenConnections: number
}

export class VpnSession implements Port {
  readonly identity: PortIdentity
  readonly settings: SessionSettings
  readonly stats: VpnSessionStats = {
    droppedNoConnection: 0,
    connections: 0,
    timedOutConnections: 0,
    brokenConnections: 0,
  }
  readonly #environment: SessionEnvironment
  readonly #events: VpnSessionEvents
  readonly #details: FixedDetails
  readonly #attachment: Attachment
  readonly #startedAt: number
  /**
   * TLS carries what one machine's own stack has made: there is nothing that could have changed it, and summing it again costs a tenth
   * of an upload. What a bridge hands on may be wrong before it comes here.
   */
  readonly #offload: Offload
  readonly #budget = new QueueBudget(SESSION_QUEUE_BYTES_MAX, allSessions, SESSION_QUEUE_BYTES_SURE)
  #connections: TunnelConnection[] = []
  /** Takes what the hub gives. */
  #current: TunnelConnection | undefined
  /** When the last connection went. */
  #aloneSince: number
  #heardAt: number
  /** Of connections that are gone. */
  #bytesSent = 0
  #bytesReceived = 0
  #cancelTimer: () => void = () => {}
  #isTurnComing = false
  #hasInput = false
  #isEnded = false
  readonly #frame = (frame: Uint8Array): void => this.#input(frame)
  readonly #turn = (): void => this.#endTurn()

  /** @throws what the hub throws when it is full */
  constructor(
    hub: Attachable,
    identity: PortIdentity,
    details: FixedDetails,
    settings: SessionSettings,
    environment: SessionEnvironment,
    events: VpnSessionEvents,
  ) {
    this.identity = identity
    this.settings = settings
    this.#details = details
    this.#environment = environment
    this.#events = events
    this.#startedAt = environment.now()
    this.#offload = identity.mode === 'client' ? TRUSTED : COMPLETE
    this.#aloneSince = this.#startedAt
    this.#heardAt = this.#startedAt
    this.#attachment = hub.attach(this)
    this.#armTimer(this.#startedAt)
  }

  get sessionName(): string {
    return this.#attachment.sessionName
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get connectionCount(): number {
    return this.#connections.length
  }

  details(): PortDetails {
    const live = (bytes: 'bytesSent' | 'bytesReceived'): number =>
      this.#connections.reduce((sum, connection) => sum + connection[bytes], 0)
    return {
      ...this.#details,
      tcpConnections: this.#connections.length,
      wireBytesSent: this.#bytesSent + live('bytesSent'),
      wireBytesReceived: this.#bytesReceived + live('bytesReceived'),
    }
  }

  /** The direction that a further connection gets; `undefined` when there are enough. */
  nextDirection(): Direction | undefined {
    if (this.#connections.length >= this.settings.maxConnection && !this.#dropSilent()) return undefined
    if (!this.settings.halfConnection) return 'both'
    if (this.#connections.length === 0) return 'toServer'
    const sending = this.#connections.filter(({ sends }) => sends).length
    const toClient = this.settings.side === 'server' ? sending : this.#connections.length - sending
    return toClient > this.#connections.length - toClient ? 'toServer' : 'toClient'
  }

  /** The connection is the session's from now on. */
  addConnection(wire: Wire, direction: Direction): TunnelConnection {
    const { settings } = this
    const now = this.#environment.now()
    const outward: Direction = settings.side === 'server' ? 'toClient' : 'toServer'
    const connection = new TunnelConnection(
      wire,
      {
        sends: direction === 'both' || direction === outward,
        receives: direction !== outward,
        useCompress: settings.useCompress,
        queueBytesMax: settings.maxConnection === 1 ? SESSION_QUEUE_BYTES_MAX : CONNECTION_QUEUE_BYTES_MAX,
        budget: this.#budget,
        frame: this.#frame,
      },
      now,
    )
    if (this.#isEnded) {
      // While the login that made the session was being answered.
      connection.close()
      return connection
    }
    this.#connections.push(connection)
    this.stats.connections += 1
    this.#heardAt = now
    if (connection.sends) connection.keepAlive(now, this.#environment.random)
    this.#choose()
    this.#armTimer(now)
    return connection
  }

  /** Takes what was read; borrowed until return. */
  receive(connection: TunnelConnection, chunk: Uint8Array): void {
    if (this.#isEnded) return
    const now = this.#environment.now()
    const fault = connection.push(chunk, now)
    this.#heardAt = Math.max(this.#heardAt, connection.heardAt)
    this.#hasInput = true
    this.#comeTurn()
    if (fault === undefined) return
    this.stats.brokenConnections += 1
    this.#remove(connection)
  }

  /** The peer, or the network, has closed it. */
  lose(connection: TunnelConnection): void {
    if (!this.#isEnded) this.#remove(connection)
  }

  output(frame: Uint8Array, offload: Offload): void {
    if (this.#current === undefined) this.stats.droppedNoConnection += 1
    else this.#current.add(frame, offload)
  }

  flush(): void {
    const current = this.#current
    if (current !== undefined && current.queuedBytes >= WRITE_EARLY_BYTES) current.flush(this.#environment.now())
    else this.#comeTurn()
  }

  close(): void {
    this.end('administrator')
  }

  end(reason: EndReason): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#cancelTimer()
    this.#attachment.detach()
    this.#current = undefined
    const connections = this.#connections
    this.#connections = []
    for (const connection of connections) this.#bury(connection)
    this.#events.ended(reason)
  }

  #input(frame: Uint8Array): void {
    // The session may be ended from inside the hub, by an administrator's rule on a frame before this one.
    if (!this.#isEnded) this.#attachment.input(frame, this.#offload)
  }

  #comeTurn(): void {
    if (this.#isTurnComing) return
    this.#isTurnComing = true
    this.#environment.nextTurn(this.#turn)
  }

  #endTurn(): void {
    this.#isTurnComing = false
    if (this.#hasInput) {
      this.#hasInput = false
      // What this makes the hub send back is written below, in the same turn.
      this.#isTurnComing = true
      this.#attachment.flush()
      this.#isTurnComing = false
    }
    if (this.#isEnded) return
    this.#current?.flush(this.#environment.now())
    if (this.#current?.isSlow === true) this.#choose()
  }

  /** Of those that keep up, else of all, the one with the least to do; of equal ones the newest. */
  #choose(): void {
    let best: TunnelConnection | undefined
    for (const connection of this.#connections) {
      if (!connection.sends) continue
      if (best === undefined || load(connection) <= load(best)) best = connection
    }
    // What was added in this turn goes out where it was added.
    if (best !== this.#current) this.#current?.flush(this.#environment.now())
    this.#current = best
  }

  /** Makes room for a new connection where one has probably died unseen. */
  #dropSilent(): boolean {
    const limit = this.#environment.now() - SILENT_PART * this.settings.timeoutMs
    const silent = this.#connections.find(({ receives, heardAt }) => receives && heardAt < limit)
    if (silent === undefined) return false
    this.stats.timedOutConnections += 1
    this.#remove(silent)
    return true
  }

  #remove(connection: TunnelConnection): void {
    const left = this.#connections.filter((other) => other !== connection)
    if (left.length === this.#connections.length) return
    this.#connections = left
    if (left.length === 0) this.#aloneSince = this.#environment.now()
    this.#bury(connection)
    if (this.#current === connection) {
      this.#current = undefined
      this.#choose()
    }
    this.#events.connectionLost?.(connection)
  }

  #bury(connection: TunnelConnection): void {
    this.#bytesSent += connection.bytesSent
    this.#bytesReceived += connection.bytesReceived
    connection.close()
  }

  #tick(): void {
    const now = this.#environment.now()
    const { timeoutMs, autoDisconnectMs } = this.settings
    if (autoDisconnectMs > 0 && now - this.#startedAt >= autoDisconnectMs) {
      this.end('autoDisconnect')
      return
    }
    for (const connection of this.#connections) {
      const isSilent = connection.receives && now - connection.heardAt >= timeoutMs
      if (isSilent || connection.writingFor(now) >= timeoutMs) {
        this.stats.timedOutConnections += 1
        this.#remove(connection)
      } else if (connection.sends && now - connection.sentAt >= timeoutMs / 4) {
        connection.keepAlive(now, this.#environment.random)
      }
    }
    const isAlone = this.#connections.length === 0 && now - this.#aloneSince >= timeoutMs
    // With half-duplex connections only one way may be left, on which nothing is ever heard.
    if (isAlone || now - this.#heardAt >= 2 * timeoutMs) this.end('timeout')
    else this.#armTimer(now)
  }

  #armTimer(now: number): void {
    if (this.#isEnded) return
    const { timeoutMs, autoDisconnectMs } = this.settings
    let at = Math.min(this.#heardAt + 2 * timeoutMs, now + timeoutMs)
    if (autoDisconnectMs > 0) at = Math.min(at, this.#startedAt + autoDisconnectMs)
    if (this.#connections.length === 0) at = Math.min(at, this.#aloneSince + timeoutMs)
    for (const connection of this.#connections) {
      if (connection.sends) at = Math.min(at, connection.sentAt + timeoutMs / 4)
      if (connection.receives) at = Math.min(at, connection.heardAt + timeoutMs)
    }
    this.#cancelTimer()
    this.#cancelTimer = this.#environment.setTimer(Math.max(1, at - now), () => this.#tick())
  }
}

function load(connection: TunnelConnection): number {
  return connection.isSlow ? CONNECTION_QUEUE_BYTES_MAX + connection.queuedBytes : connection.queuedBytes
}
