// Keeps a session to another server's hub up: tries again for ever, with the original's pauses (protocol reference 13), and
// knows how it is doing.

import type { Attachable, PortIdentity } from '../hub/port.ts'
import type { ClientFailure, Dial } from './client-connection.ts'
import { ERROR } from './login-messages.ts'
import { type ClientSettings, type Established, VpnClient } from './vpn-client.ts'
import type { SessionEnvironment } from './vpn-session.ts'

/** Between two attempts, give or take a fifth. */
export const UPLINK_RETRY_MS = 10_000
/** After an answer that will hardly be another one soon. */
export const UPLINK_BUSY_RETRY_MS = 60_000
const BUSY: readonly number[] = [ERROR.hubOffline, ERROR.hubBusy, ERROR.tooManyUserSessions, ERROR.licence]
const SPREAD = 0.2

export type UplinkState = 'connecting' | 'negotiating' | 'authenticating' | 'established' | 'retrying'

export interface UplinkEnvironment extends SessionEnvironment {
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
}

export interface UplinkEvents {
  established(established: Established): void
  /** An attempt has failed, or a session has ended; another attempt follows unless the uplink is stopped now. */
  failed(failure: ClientFailure, wasEstablished: boolean): void
}

export class VpnUplink {
  readonly startedAt: number
  state: UplinkState = 'connecting'
  /** SoftEther's number; 0: nothing has failed since the session came up. */
  lastError = 0
  firstEstablishedAt: number | undefined
  /** Of the session there is. */
  establishedAt: number | undefined
  timesEstablished = 0
  established: Established | undefined
  readonly #hub: Attachable
  readonly #identity: PortIdentity
  readonly #settings: ClientSettings
  readonly #dial: Dial
  readonly #environment: UplinkEnvironment
  readonly #events: UplinkEvents
  #client: VpnClient | undefined
  #cancelRetry: () => void = () => {}
  #isStopped = false

  constructor(
    hub: Attachable,
    identity: PortIdentity,
    settings: ClientSettings,
    dial: Dial,
    environment: UplinkEnvironment,
    events: UplinkEvents,
  ) {
    this.#hub = hub
    this.#identity = identity
    this.#settings = settings
    this.#dial = dial
    this.#environment = environment
    this.#events = events
    this.startedAt = environment.wallClock()
    this.#connect()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelRetry()
    this.#client?.close()
    this.#client = undefined
    this.#down()
  }

  /** Ends the session there is, as if the server had been busy: the next attempt follows much later. */
  drop(failure: ClientFailure): void {
    if (this.#isStopped || this.established === undefined) return
    this.#client?.close()
    this.#failed(failure, UPLINK_BUSY_RETRY_MS)
  }

  #connect(): void {
    this.state = 'connecting'
    this.#client = new VpnClient(this.#hub, this.#identity, this.#settings, this.#dial, this.#environment, {
      negotiating: () => {
        this.state = 'negotiating'
      },
      authenticating: () => {
        this.state = 'authenticating'
      },
      established: (established) => this.#up(established),
      ended: (failure) => this.#failed(failure),
    })
  }

  #up(established: Established): void {
    const now = this.#environment.wallClock()
    this.state = 'established'
    this.lastError = 0
    this.established = established
    this.establishedAt = now
    this.firstEstablishedAt ??= now
    this.timesEstablished += 1
    this.#events.established(established)
  }

  #failed(failure: ClientFailure, delayMs = retryMs(failure)): void {
    const wasEstablished = this.established !== undefined
    this.#client = undefined
    this.lastError = failure.code
    this.#down()
    const { setTimer, random } = this.#environment
    const spread = 1 + SPREAD * ((2 * random()) / 0xffff_ffff - 1)
    this.#cancelRetry = setTimer(delayMs * spread, () => this.#connect())
    this.#events.failed(failure, wasEstablished)
  }

  #down(): void {
    this.state = 'retrying'
    this.established = undefined
    this.establishedAt = undefined
  }
}

function retryMs({ code }: ClientFailure): number {
  return BUSY.includes(code) ? UPLINK_BUSY_RETRY_MS : UPLINK_RETRY_MS
}
