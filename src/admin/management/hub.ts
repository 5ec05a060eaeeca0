// One hub as a whole.

import type { HubActivity } from '../../hub/hub.ts'
import type { Page, PageRange } from '../../hub/page.ts'
import type { SessionCounters } from '../../hub/session.ts'
import type { IpTableRow, MacTableRow } from '../../hub/table-rows.ts'
import type { AdministrationChange } from '../administration-change.ts'
import type { HubSettings } from '../hub-settings.ts'

/** What a user has done since the server was started. */
export interface UserActivity {
  readonly logins: number
  /** Milliseconds of the Unix epoch; `undefined`: never. */
  readonly lastLoginAt: number | undefined
  readonly traffic: Readonly<SessionCounters>
}

export interface HubControl {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly isOnline: boolean
  settings(): HubSettings
  /**
   * Changes, saves and applies. `edit` is given the settings in force and answers those that change; nothing happens when it answers
   * `undefined` or throws.
   */
  changeSettings(edit: (settings: HubSettings) => Partial<HubSettings> | undefined): Promise<void>
  activity(): HubActivity
  /** What was counted, by name; `nat.…`, `tcp.…` and their like while SecureNAT runs. */
  counters(): ReadonlyMap<string, number>
  /** Costs what the user has of sessions, not what the hub has. */
  userActivity(userName: string): UserActivity
  /** Oldest first. */
  macTable(range: PageRange): Page<MacTableRow>
  ipTable(range: PageRange): Page<IpTableRow>
  /** True when there was such a row; so for the next one. */
  deleteMac(key: number): boolean
  deleteIp(key: number): boolean
  /** Writes to the security log what an administrator did. @param subjects what the line names */
  logAdministration(change: AdministrationChange, connection: string, subjects?: readonly (string | number)[]): void
}
