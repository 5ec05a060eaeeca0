// `method = admin`: a connection that administers instead of carrying frames (protocol reference 16.1). Who may, and what a call
// does, is the server's; here are the messages, and the sessions until they end.
//
// Places are limited, those of one hub's administrators apart, so that one of them cannot keep the others out. For the server's administrator
// there is always a place: that of the connection that has been silent longest, of a hub's administrators first.

import { AdminSession, type AdminSessionStats, type RpcCall, type RpcMemory } from './admin-session.ts'
import type { Answer, Peer } from './login-connection.ts'
import { ERROR, errorPack } from './login-messages.ts'
import { Pack } from './pack.ts'
import type { Wire } from './tunnel-connection.ts'

/** Connections of administrators at a time. */
export const ADMIN_SESSIONS_MAX = 256
/** Of them, of the administrators of one hub. */
export const ADMIN_SESSIONS_PER_HUB_MAX = 32
/** SHA0(SHA0(password) ‖ random) */
const RESPONSE_LEN = 20

export interface AdminLogin {
  /** Empty: the server's administrator. */
  readonly hubName: string
  readonly random: Uint8Array
  readonly response: Uint8Array
}

export interface Administrator {
  readonly call: RpcCall
  /** Empty: the server's administrator. */
  readonly hub: string
}

/** @returns who it is, or the error that the tool shows */
export type Administer = (login: AdminLogin, peer: Peer) => Promise<Administrator | number>

export interface AdministrationStats extends AdminSessionStats {
  logins: number
  refused: number
  /** Connections whose place the server's administrator has taken. */
  evicted: number
}

export class Administration {
  readonly stats: AdministrationStats = {
    ...{ logins: 0, refused: 0, evicted: 0 },
    ...{ calls: 0, malformed: 0, refusedMemory: 0, revoked: 0 },
  }
  readonly #administer: Administer
  readonly #fault: (error: unknown) => void
  readonly #memory: RpcMemory = { bytes: 0 }
  /** By what each administers; the one silent longest is the first. */
  readonly #sessions = new Map<AdminSession, string>()

  /** @param fault of the program, in a connection that ends by it */
  constructor(administer: Administer, fault: (error: unknown) => void) {
    this.#administer = administer
    this.#fault = fault
  }

  /** @param random of the Hello on this connection */
  async answer(request: Pack, random: Uint8Array, peer: Peer): Promise<Answer> {
    const response = request.data('secure_password')
    if (response?.length !== RESPONSE_LEN) return this.#refuse(ERROR.protocol)
    const outcome = await this.#administer({ hubName: request.text('hubname'), random, response }, peer)
    if (typeof outcome === 'number') return this.#refuse(outcome)
    if (!this.#hasPlace(outcome.hub)) return this.#refuse(ERROR.tooManyConnections)
    this.stats.logins += 1
    return { pack: new Pack(), enter: (wire) => this.#enter(wire, outcome) }
  }

  stop(): void {
    for (const session of [...this.#sessions.keys()]) session.end()
  }

  #hasPlace(hub: string): boolean {
    if (hub === '') return true
    const ofHub = Array.from(this.#sessions.values()).filter((other) => other === hub).length
    return ofHub < ADMIN_SESSIONS_PER_HUB_MAX && this.#sessions.size < ADMIN_SESSIONS_MAX
  }

  #enter(wire: Wire, { call, hub }: Administrator): AdminSession {
    if (this.#sessions.size >= ADMIN_SESSIONS_MAX) this.#evict()
    const session: AdminSession = new AdminSession(wire, {
      call,
      stats: this.stats,
      memory: hub === '' ? undefined : this.#memory,
      asked: () => {
        this.#sessions.delete(session)
        this.#sessions.set(session, hub)
      },
      left: () => this.#sessions.delete(session),
      fault: this.#fault,
    })
    this.#sessions.set(session, hub)
    return session
  }

  #evict(): void {
    const sessions = [...this.#sessions]
    const [silent] = sessions.find(([, hub]) => hub !== '') ?? sessions[0] ?? []
    if (silent === undefined) return
    this.stats.evicted += 1
    silent.end()
  }

  #refuse(code: number): Answer {
    this.stats.refused += 1
    return { pack: errorPack(code) }
  }
}
