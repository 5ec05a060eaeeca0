// What the options of a hub keep from everybody who logs in (protocol reference 16.3; names and meaning are the original's).

import { type AdminOptions, lowerLimit } from '../accounts/admin-options.ts'
import { type ExtendedOptions, extendedOption } from '../hub/extended-options.ts'
import type { Policy } from '../hub/policy.ts'
import { ERROR, type LoginRequest } from './login-messages.ts'

/** Sessions of users there are. */
export interface SessionCounts {
  readonly clientSessions: number
  readonly bridgeSessions: number
}

/** The options of the server's administrator win over every policy. */
export function restricted(policy: Policy, options: AdminOptions): Policy {
  const { deny_bridge = 0, deny_qos = 0, deny_routing = 0, max_multilogins_per_user = 0 } = options
  return {
    ...policy,
    noBridge: policy.noBridge || deny_bridge !== 0,
    noRouting: policy.noRouting || deny_routing !== 0,
    noQos: policy.noQos || deny_qos !== 0,
    multiLogins: lowerLimit(policy.multiLogins, max_multilogins_per_user),
    maxDownload: lowerLimit(policy.maxDownload, options.max_bitrates_download ?? 0),
    maxUpload: lowerLimit(policy.maxUpload, options.max_bitrates_upload ?? 0),
  }
}

/** Clients and bridges have places of their own once `max_sessions_client_bridge_apply` is set; 0 is none then. */
export function isFull({ bridge }: LoginRequest, options: AdminOptions, counts: () => SessionCounts): boolean {
  const { max_sessions_client_bridge_apply = 0, max_sessions_client = 0, max_sessions_bridge = 0 } = options
  if (max_sessions_client_bridge_apply === 0) return false
  const { clientSessions, bridgeSessions } = counts()
  return bridge ? bridgeSessions >= max_sessions_bridge : clientSessions >= max_sessions_client
}

/** The error for a client program the hub does not want; cascades and bridges are not asked. */
export function refusalOfProgram({ product, clientId }: LoginRequest, options: ExtendedOptions): number | undefined {
  if (!/client/i.test(product.name)) return undefined
  if (product.build < extendedOption(options, 'ClientMinimumRequiredBuild')) return ERROR.versionInvalid
  const requiredId = extendedOption(options, 'RequiredClientId')
  return requiredId !== 0 && requiredId !== (clientId ?? 0) ? ERROR.clientIdRequired : undefined
}
