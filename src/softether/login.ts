// Whether a login is granted, and on what terms: the checks and their error codes in the original's order
// (protocol reference 7.6, 8.2).

import type { AdminOptions } from '../accounts/admin-options.ts'
import { hasPassword, isAuthentic, isHashOfNothing, isPasswordEmpty } from '../accounts/authenticate.ts'
import type { Group, PasswordAuthentication, User } from '../accounts/user.ts'
import type { ExtendedOptions } from '../hub/extended-options.ts'
import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import type { Attachable, PortMode } from '../hub/port.ts'
import { ERROR, type LoginRequest, SESSION_CONNECTIONS_MAX } from './login-messages.ts'
import { isFull, refusalOfProgram, restricted, type SessionCounts } from './login-options.ts'

/** A hub as its logins see it. */
export interface LoginHub extends Attachable {
  readonly name: string
  readonly isOnline: boolean
  /** Shown to whoever logs in. */
  readonly message: string
  /** Compared without case; so for groups. */
  user(name: string): User | undefined
  group(name: string): Group | undefined
  /** userHash('ADMINISTRATOR', password) of the hub's administrator, who may log in under that name. */
  readonly administratorHash: Uint8Array | undefined
  /** Certificates of trusted authorities, DER. */
  readonly authorities: readonly Uint8Array[]
  /** Whether the hub's list of addresses keeps this source out. */
  refusesSource(address: string): boolean
  sessionsOfUser(name: string): number
  sessionCounts(): SessionCounts
  /** Of a user, if it is still the one before. Left out: nobody changes his own. @returns whether it is saved */
  setPassword?(userName: string, before: PasswordAuthentication, next: PasswordAuthentication): Promise<boolean>
  /** What the server's administrator keeps from all users of the hub; left out: nothing. */
  readonly adminOptions?: AdminOptions
  readonly extendedOptions?: ExtendedOptions
}

export interface LoginDirectory {
  /** Compared without case. */
  hub(name: string): LoginHub | undefined
  /** For whoever asks before his login. */
  visibleHubs(): readonly string[]
}

export interface LoginContext {
  /** Of Hello. */
  readonly random: Uint8Array
  readonly address: string
  readonly isLocal: boolean
  /** Milliseconds of the Unix epoch. */
  readonly wallClock: number
}

export interface Grant {
  readonly hub: LoginHub
  readonly userName: string
  readonly group: string
  readonly mode: PortMode
  readonly policy: Policy
  readonly maxConnection: number
  readonly useCompress: boolean
  readonly halfConnection: boolean
  readonly timeoutMs: number
}

const ADMINISTRATOR = 'administrator'
const TIMEOUT_SECONDS = { min: 5, max: 60, unset: 20 }
/** Frames need a connection each way. */
const HALF_CONNECTIONS_MIN = 2

/** What is granted, or the code of the error. */
export function judgeLogin(request: LoginRequest, directory: LoginDirectory, context: LoginContext): Grant | number {
  const hub = directory.hub(request.hubName)
  if (hub === undefined) return ERROR.hubNotFound
  if (hub.refusesSource(context.address)) return ERROR.sourceRefused
  if (!hub.isOnline) return ERROR.hubOffline
  const user = userOf(request, hub, context)
  if (typeof user === 'number') return user
  const { adminOptions = {}, extendedOptions = {} } = hub
  const refusal = refusalOfProgram(request, extendedOptions)
  if (refusal !== undefined) return refusal
  const policy = restricted(user.policy, adminOptions)
  const { access, monitorPort, noBridge, noRouting, multiLogins } = policy
  if (!access) return ERROR.accessDenied
  if (request.monitor && !monitorPort) return ERROR.monitorRefused
  if (request.bridge && noBridge && noRouting) return ERROR.bridgeRefused
  if (multiLogins > 0 && hub.sessionsOfUser(user.name) >= multiLogins) return ERROR.tooManyUserSessions
  if (isFull(request, adminOptions, () => hub.sessionCounts())) return ERROR.hubBusy
  return { hub, userName: user.name, group: user.group, ...terms(request, policy) }
}

interface Proven {
  readonly name: string
  readonly group: string
  readonly policy: Policy
}

function userOf(request: LoginRequest, hub: LoginHub, context: LoginContext): Proven | number {
  const { userName, credential } = request
  const { random, wallClock } = context
  const hash = hub.administratorHash
  if (userName.toLowerCase() === ADMINISTRATOR && hash !== undefined) {
    if (!hasPassword(hash, ADMINISTRATOR, credential, random)) return ERROR.authenticationFailed
    // A hub that nobody has given a password is open to this computer alone.
    if (isHashOfNothing(hash, ADMINISTRATOR) && !context.isLocal) return ERROR.emptyPasswordRemote
    return { name: userName, group: '', policy: { ...DEFAULT_POLICY, monitorPort: true } }
  }
  const user = hub.user(userName)
  const isOpen = user?.authentication.kind === 'anonymous'
  if (credential.kind === 'unsupported' && !isOpen) return ERROR.authenticationNotSupported
  if (user === undefined || !isAuthentic(user, credential, { random, wallClock, authorities: hub.authorities })) {
    return ERROR.authenticationFailed
  }
  if (isPasswordEmpty(user) && !context.isLocal) return ERROR.emptyPasswordRemote
  if (user.expiresAt !== undefined && user.expiresAt <= wallClock) return ERROR.accessDenied
  const policy = user.policy ?? hub.group(user.group)?.policy ?? DEFAULT_POLICY
  return { name: user.name, group: user.group, policy }
}

function terms(request: LoginRequest, policy: Policy): Omit<Grant, 'hub' | 'userName' | 'group'> {
  const { monitor, bridge, halfConnection } = request
  const mode: PortMode = monitor ? 'monitor' : bridge ? 'bridge' : 'client'
  const { min, max, unset } = TIMEOUT_SECONDS
  const timeOut = policy.timeOut === 0 ? unset : policy.timeOut
  const allowed = Math.min(request.maxConnection, policy.maxConnection || SESSION_CONNECTIONS_MAX)
  return {
    mode,
    // Who does not ask to bridge may not: the port learns few addresses then.
    policy: bridge
      ? { ...policy, monitorPort: monitor }
      : { ...policy, noBridge: true, noRouting: true, monitorPort: monitor },
    maxConnection: halfConnection ? Math.max(allowed, HALF_CONNECTIONS_MIN) : allowed,
    useCompress: request.useCompress,
    halfConnection,
    timeoutMs: Math.min(Math.max(timeOut, min), max) * 1_000,
  }
}
