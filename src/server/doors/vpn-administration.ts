// SoftEther's own administration tools at the VPN server's port: who they are, and the table of operations for them.

import { administratorHash, securePassword } from '../../accounts/password-hash.ts'
import type { Role } from '../../admin/operation.ts'
import { rpcCall } from '../../softether/admin-rpc.ts'
import { Administration, type AdminLogin } from '../../softether/administration.ts'
import { ERROR } from '../../softether/login-messages.ts'
import type { Administrators } from '../administrators.ts'
import { serverManagement } from '../management/management.ts'
import type { Server } from '../server.ts'

const NO_HASH = new Uint8Array(0)

export function vpnAdministration(server: Server, administrators: Administrators): Administration {
  return new Administration(async ({ hubName, random, response }, { address }) => {
    const role = await administrators.withResponse(hubName, random, response, address)
    if (role !== undefined) return rpcCall(context(server, role))
    return refusal(server, { hubName, random, response })
  })
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
