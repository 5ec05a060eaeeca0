// One port on a hub, as the hub sees it, and the row of the session list that is made of it.

import type { Offload } from '../wire/offload.ts'
import type { CompiledRule, Names } from './access-list.ts'
import type { Attachment, Port, PortDetails, PortIdentity } from './port.ts'
import { PortGuard } from './port-guard.ts'

/** Frames and bytes each way, groups' among them; rx is what came from the port into the hub. */
export interface SessionCounters {
  rxFrames: number
  rxBytes: number
  rxBroadcastFrames: number
  rxBroadcastBytes: number
  txFrames: number
  txBytes: number
  txBroadcastFrames: number
  txBroadcastBytes: number
}

export function newSessionCounters(): SessionCounters {
  return {
    rxFrames: 0,
    rxBytes: 0,
    rxBroadcastFrames: 0,
    rxBroadcastBytes: 0,
    txFrames: 0,
    txBytes: 0,
    txBroadcastFrames: 0,
    txBroadcastBytes: 0,
  }
}

export function addCounters(to: SessionCounters, from: Readonly<SessionCounters>): void {
  for (const name of Object.keys(to) as (keyof SessionCounters)[]) to[name] += from[name]
}

/** A row of the session list. Instants are milliseconds of the Unix epoch. */
export interface SessionRow extends SessionCounters {
  name: string
  identity: PortIdentity
  connectedAt: number
  lastCommunicationAt: number
  details: PortDetails | undefined
}

/** What a session may ask of its hub. */
export interface HubCore {
  input(from: Session, frame: Uint8Array, offload: Offload): void
  /** A session's batch has ended. */
  flush(from: Session): void
  detach(session: Session): void
  /** What the session handed in could not be dealt with. */
  fault(session: Session, error: unknown): void
}

export class Session implements Attachment {
  readonly sessionName: string
  readonly port: Port
  readonly connectedAt: number
  readonly counters = newSessionCounters()
  /** Of a port with a policy. */
  readonly guard: PortGuard | undefined
  readonly names: Names
  /** Those of the access list that what it sends may match. */
  rules: readonly CompiledRule[] = []
  /** Its frames are looked at more closely than for their addresses; and so are frames for it. */
  isInspected = false
  isGuarded = false
  /** Received something since its last flush. */
  pending = false
  /** It may leave while a frame is on its way to it, and a link may still hand in what it had read. */
  detached = false
  /** Monotonic; the time of the last batch either way. */
  lastActiveAt: number
  readonly #core: HubCore

  constructor(core: HubCore, port: Port, sessionName: string, connectedAt: number, now: number) {
    this.#core = core
    this.port = port
    this.sessionName = sessionName
    this.connectedAt = connectedAt
    this.lastActiveAt = now
    const { policy, mode, userName, group = '' } = port.identity
    this.guard = policy === undefined ? undefined : new PortGuard(policy, mode)
    this.names = { user: userName.toLowerCase(), group: group.toLowerCase() }
  }

  input(frame: Uint8Array, offload: Offload): void {
    try {
      this.#core.input(this, frame, offload)
    } catch (error) {
      this.#core.fault(this, error)
    }
  }

  flush(): void {
    try {
      this.#core.flush(this)
    } catch (error) {
      this.#core.fault(this, error)
    }
  }

  detach(): void {
    this.#core.detach(this)
  }

  /** @param epoch the Unix epoch's milliseconds at the monotonic clock's zero */
  row(epoch: number): SessionRow {
    return {
      name: this.sessionName,
      identity: this.port.identity,
      connectedAt: this.connectedAt,
      lastCommunicationAt: epoch + this.lastActiveAt,
      details: this.port.details?.(),
      ...this.counters,
    }
  }
}

/** Characters that must not stand in a session's name, since it becomes part of log lines and file names. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const NOT_IN_NAMES = /[\u0000-\u001f\u007f"*/:<>?\\|]/g

/** `ALICE` of a user's port, else the port's kind. */
export function sessionKind(identity: PortIdentity): string {
  return isUser(identity) ? identity.userName.toUpperCase().replace(NOT_IN_NAMES, '_') : identity.kind
}

/** Somebody has logged in. */
export function isUser({ policy, isLink }: PortIdentity): boolean {
  return policy !== undefined && isLink !== true
}
