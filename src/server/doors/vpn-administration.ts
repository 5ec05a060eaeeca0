// SoftEther's own administration tools at the VPN server's port: who they are, and the table of operations for them.

import { administratorHash, securePassword } from '../../accounts/password-hash.ts'
import type { Role } from '../../admin/operation.ts'
import { rpcCall } from '../../softether/admin-rpc.ts'
import type { RpcCall } from '../../softether/admin-session.ts'
import { type Administer, Administration, type AdminLogin } from '../../softether/administration.ts'
import { ERROR } from '../../softether/login-messages.ts'
import type { Administrators, Recognised } from '../administrators.ts'
import { serverManagement } from '../management/management.ts'
import type { Server } from '../server.ts'

const NO_HASH = new Uint8Array(0)

export function vpnAdministration(server: Server, administrators: Administrators): Administration {
  const administer: Administer = async ({ hubName, random, response }, { address }) => {
    const recognised = await administrators.withResponse(hubName, random, response, address)
    if (recognised === 'busy') return ERROR.hubBusy
    if (recognised === undefined) return refusal(server, { hubName, random, response })
    const { role } = recognised
    return { call: whileValid(recognised, rpcCall(context(server, role))), hub: role.kind === 'hub' ? role.hub : '' }
  }
  return new Administration(administer, (error) =>
    server.faults.fault('an administration connection ends by an internal fault', error, {}),
  )
}

/** What a call may set the caller's own password with: the hash itself, or what it is made of. */
const HASH_ELEMENT = 'HashedPassword'
const PASSWORD_ELEMENTS = ['PlainTextPassword', 'AdminPasswordPlainText'] as const

/** A connection outlives a change of the password only when the change came by it. */
export function whileValid(recognised: Recognised, call: RpcCall): RpcCall {
  return async (functionName, request) => {
    if (!recognised.isValid()) return undefined
    const answer = await call(functionName, request)
    if (!recognised.isValid()) {
      for (const element of PASSWORD_ELEMENTS) recognised.hasSet(administratorHash(request.text(element)))
      recognised.hasSet(request.data(HASH_ELEMENT) ?? NO_HASH)
    }
    return answer
  }
}

/** The original tells these apart, and so does a VPN login. */
function refusal(server: Server, { hubName, random, response }: AdminLogin): number {
  if (hubName === '') return ERROR.accessDenied
  const hub = server.hubUnit(hubName)
  if (hub === undefined) return ERROR.hubNotFound
  // Told only to who shows that very password: nobody's guessing is made quicker by it.
  const nothing = administratorHash('')
  const isEmpty = Buffer.compare(hub.config.adminPassword?.hashedPassword ?? NO_HASH, nothing) === 0
  const isShown = Buffer.compare(response, securePassword(nothing, random)) === 0
  return isEmpty && isShown ? ERROR.emptyPasswordRemote : ERROR.accessDenied
}

function context(server: Server, role: Role) {
  return {
    management: serverManagement(server),
    connection: server.nextAdministration(),
    role,
    unexpected: (error: unknown, method: string) =>
      server.log.error('an operation failed', {
        method,
        reason: error instanceof Error ? error.message : String(error),
      }),
  }
}
