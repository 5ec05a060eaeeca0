// `method = password`: a user gives himself another password (protocol reference 14). He shows that he knows the present one as at a login,
// and sends the hash of the new one: the server never learns it.
//
// Beyond the original: the list of addresses holds here too, and an empty password, with which nobody may log in from another computer,
// cannot be changed from there either.

import { hasPassword, isHashOfNothing, isPasswordEmpty } from '../accounts/authenticate.ts'
import type { PasswordAuthentication, User } from '../accounts/user.ts'
import type { LoginContext, LoginDirectory, LoginHub } from './login.ts'
import { ERROR } from './login-messages.ts'
import type { Pack } from './pack.ts'

const HASH_LEN = 20
const NT_HASH_LEN = 16

export interface PasswordChange {
  readonly hubName: string
  readonly userName: string
  readonly secureOldPassword: Uint8Array
  readonly authentication: PasswordAuthentication
}

/** `undefined`: error 4. */
export function readPasswordChange(pack: Pack): PasswordChange | undefined {
  const secureOldPassword = pack.data('secure_old_password')
  const hashedKey = pack.data('new_password')
  const ntHash = pack.data('new_password_ntlm')
  const [hubName, userName] = [pack.text('hubname'), pack.text('username')]
  if (hubName === '' || userName === '') return undefined
  if (secureOldPassword?.length !== HASH_LEN || hashedKey?.length !== HASH_LEN) return undefined
  const ntLmSecureHash = ntHash?.length === NT_HASH_LEN ? ntHash : new Uint8Array(0)
  return { hubName, userName, secureOldPassword, authentication: { kind: 'password', hashedKey, ntLmSecureHash } }
}

/** @returns an error's number; 0: it is changed */
export async function changePassword(
  change: PasswordChange,
  directory: LoginDirectory,
  context: LoginContext,
  guarded: (check: () => number) => Promise<number>,
): Promise<number> {
  const hub = directory.hub(change.hubName)
  if (hub === undefined) return ERROR.hubNotFound
  if (hub.refusesSource(context.address)) return ERROR.sourceRefused
  const user = hub.user(change.userName)
  const refusal = await guarded(() => judge(change, hub, user, context))
  if (refusal !== 0) return refusal
  // Whoever has set another one meanwhile, an administrator say, has the last word.
  const isSaved = await hub.setPassword?.(change.userName, passwordOf(user)!, change.authentication)
  return isSaved === true ? 0 : ERROR.internal
}

function passwordOf(user: User | undefined): PasswordAuthentication | undefined {
  return user?.authentication.kind === 'password' ? user.authentication : undefined
}

function judge(
  change: PasswordChange,
  hub: LoginHub,
  user: User | undefined,
  { random, isLocal }: LoginContext,
): number {
  const { deny_change_user_password = 0, deny_empty_password = 0 } = hub.adminOptions ?? {}
  if (deny_change_user_password !== 0 || hub.setPassword === undefined) return ERROR.notEnoughRights
  if (user === undefined) return ERROR.oldPasswordWrong
  const present = passwordOf(user)
  if (present === undefined) return ERROR.notPasswordUser
  const shown = { kind: 'password', securePassword: change.secureOldPassword } as const
  if (!hasPassword(present.hashedKey, user.name, shown, random)) return ERROR.oldPasswordWrong
  if (isFixed(user, hub)) return ERROR.notEnoughRights
  if (isPasswordEmpty(user) && !isLocal) return ERROR.emptyPasswordRemote
  const isEmpty = isHashOfNothing(change.authentication.hashedKey, user.name)
  return isEmpty && deny_empty_password !== 0 ? ERROR.notEnoughRights : 0
}

function isFixed(user: User, hub: LoginHub): boolean {
  return (user.policy ?? hub.group(user.group)?.policy)?.fixPassword === true
}
