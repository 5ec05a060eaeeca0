// SoftEther's own administration tools at the VPN server's port: who they are, and the table of operations for them.

import type { Role } from '../../admin/operation.ts'
import { rpcCall } from '../../softether/admin-rpc.ts'
import { Administration } from '../../softether/administration.ts'
import { ERROR } from '../../softether/login-messages.ts'
import type { Administrators } from '../administrators.ts'
import { serverManagement } from '../management/management.ts'
import type { Server } from '../server.ts'

export function vpnAdministration(server: Server, administrators: Administrators): Administration {
  return new Administration(async ({ hubName, random, response }, { address }) => {
    const role = await administrators.withResponse(hubName, random, response, address)
    if (role !== undefined) return rpcCall(context(server, role))
    // The original tells these apart, and so does a VPN login.
    return hubName !== '' && server.hubUnit(hubName) === undefined ? ERROR.hubNotFound : ERROR.accessDenied
  })
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
