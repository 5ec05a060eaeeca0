// Which sessions of users may go on when the settings of their hub change, and until when. A login is judged once (softether/login.ts);
// a user who would be let in no more, because it was deleted, disabled or has expired, is not to stay in either. Another password,
// or another policy that still lets it in, changes only the next login.

import type { User } from '../accounts/user.ts'
import type { PortIdentity } from '../hub/port.ts'
import { isUser } from '../hub/session.ts'
import type { HubConfig } from './config/hub.ts'

/** The hub's administrator may log in as a user of this name. */
const ADMINISTRATOR = 'administrator'

type Accounts = Pick<HubConfig, 'users' | 'groups' | 'adminPassword'>

/** @returns whether a session with this identity may go on. Cascades and whoever is trusted are no users */
export function sessionJudge(accounts: Accounts, wallClock: number): (identity: PortIdentity) => boolean {
  const users = new Map(accounts.users.map((user) => [user.name.toLowerCase(), user]))
  const deniedGroups = new Set(
    accounts.groups.filter(({ policy }) => policy?.access === false).map(({ name }) => name.toLowerCase()),
  )
  return (identity) => {
    if (!isUser(identity)) return true
    const name = identity.userName.toLowerCase()
    const user = users.get(name)
    if (user === undefined) return name === ADMINISTRATOR && accounts.adminPassword !== undefined
    if (hasExpired(user, wallClock)) return false
    return user.policy === undefined ? !deniedGroups.has(user.group.toLowerCase()) : user.policy.access
  }
}

/** When the next user expires, in milliseconds of the Unix epoch. */
export function nextExpiry(users: readonly User[], wallClock: number): number | undefined {
  let next: number | undefined
  for (const { expiresAt } of users) {
    if (expiresAt !== undefined && expiresAt > wallClock && expiresAt < (next ?? Number.POSITIVE_INFINITY)) {
      next = expiresAt
    }
  }
  return next
}

function hasExpired({ expiresAt }: User, wallClock: number): boolean {
  return expiresAt !== undefined && expiresAt <= wallClock
}
