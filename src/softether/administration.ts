// `method = admin`: a connection that administers instead of carrying frames (protocol reference 16.1). Who may, and what a call
// does, is the server's; here are the messages, and the sessions until they end.

import { AdminSession, type AdminSessionStats, type RpcCall } from './admin-session.ts'
import type { Answer, Peer } from './login-connection.ts'
import { ERROR, errorPack } from './login-messages.ts'
import { Pack } from './pack.ts'

/** Connections of administrators at a time. */
export const ADMIN_SESSIONS_MAX = 256
/** SHA0(SHA0(password) ‖ random) */
const RESPONSE_LEN = 20

export interface AdminLogin {
  /** Empty: the server's administrator. */
  readonly hubName: string
  readonly random: Uint8Array
  readonly response: Uint8Array
}

/** @returns what answers the calls, or the error that the tool shows */
export type Administer = (login: AdminLogin, peer: Peer) => Promise<RpcCall | number>

export interface AdministrationStats extends AdminSessionStats {
  logins: number
  refused: number
}

export class Administration {
  readonly stats: AdministrationStats = { logins: 0, refused: 0, calls: 0, malformed: 0 }
  readonly #administer: Administer
  readonly #sessions = new Set<AdminSession>()

  constructor(administer: Administer) {
    this.#administer = administer
  }

  /** @param random of the Hello on this connection */
  async answer(request: Pack, random: Uint8Array, peer: Peer): Promise<Answer> {
    const response = request.data('secure_password')
    if (response?.length !== RESPONSE_LEN) return this.#refuse(ERROR.protocol)
    if (this.#sessions.size >= ADMIN_SESSIONS_MAX) return this.#refuse(ERROR.tooManyConnections)
    const outcome = await this.#administer({ hubName: request.text('hubname'), random, response }, peer)
    if (typeof outcome === 'number') return this.#refuse(outcome)
    this.stats.logins += 1
    return {
      pack: new Pack(),
      enter: (wire) => {
        const session = new AdminSession(wire, outcome, this.stats, () => this.#sessions.delete(session))
        this.#sessions.add(session)
        return session
      },
    }
  }

  stop(): void {
    for (const session of [...this.#sessions]) session.end()
  }

  #refuse(code: number): Answer {
    this.stats.refused += 1
    return { pack: errorPack(code) }
  }
}
