// What administrators set on a hub, beside SecureNAT. The configuration keeps it (server/config/hub.ts); operations read and edit it.

import type { AdminOptions } from '../accounts/admin-options.ts'
import type { HubPassword } from '../accounts/password-hash.ts'
import type { SourceRule } from '../accounts/source-list.ts'
import type { Group, User } from '../accounts/user.ts'
import type { AccessRule } from '../hub/access-rule.ts'
import type { ExtendedOptions } from '../hub/extended-options.ts'
import type { HubOptions } from '../hub/hub-options.ts'
import type { CascadeSettings } from './cascade-settings.ts'

export const LOG_SWITCHES = ['none', 'second', 'minute', 'hour', 'day', 'month'] as const
export type LogSwitch = (typeof LOG_SWITCHES)[number]

export interface HubLogSettings {
  readonly saveSecurityLog: boolean
  /** When another file is begun. */
  readonly securityLogSwitch: LogSwitch
}

export const DEFAULT_HUB_LOG: HubLogSettings = { saveSecurityLog: true, securityLogSwitch: 'day' }

/** Users of a hub, and the same for groups: the original's numbers. */
export const USERS_MAX = 10_000
export const GROUPS_MAX = 10_000
export const CASCADES_MAX = 128
/** Authorities whose certificates a hub trusts; every login by such a certificate asks them one by one. */
export const AUTHORITIES_MAX = 256
/** Letters of the text users are shown when they log in. */
export const HUB_MESSAGE_MAX = 20_000

export interface HubSettings {
  readonly online: boolean
  readonly options: HubOptions
  /** `undefined`: nobody may log in as the hub's administrator. */
  readonly adminPassword: HubPassword | undefined
  readonly users: readonly User[]
  readonly groups: readonly Group[]
  readonly accessList: readonly AccessRule[]
  /** Certificates that users of the kind "signed certificate" are trusted by, DER. */
  readonly authorities: readonly Uint8Array[]
  /** In the order in which they are asked. */
  readonly sourceList: readonly SourceRule[]
  readonly cascades: readonly CascadeSettings[]
  readonly extendedOptions: ExtendedOptions
  readonly adminOptions: AdminOptions
  readonly log: HubLogSettings
  /** Shown to users when they log in; empty: none. */
  readonly message: string
}
