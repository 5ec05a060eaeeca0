// What the operations need of a server. The server implements it (server/management.ts); tests use a made-up one.

import type { MacTableRow, SessionRow } from '../hub/hub.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import type { DhcpLeaseRow, SecureNatStatus } from '../securenat/events.ts'
import type { DhcpOptions, NatOptions, SecureNatOptions, VirtualHostOptions } from '../securenat/options.ts'

export interface ServerFacts {
  readonly productName: string
  readonly version: string
  readonly hostName: string
  readonly startedAt: number
}

/** Settings to change; what is left out stays. */
export interface SecureNatPatch {
  readonly host?: Partial<VirtualHostOptions>
  readonly nat?: Partial<NatOptions>
  readonly dhcp?: Partial<DhcpOptions>
  readonly saveLog?: boolean
}

/** A setting that was refused; `path` as in the configuration: `dhcp.leaseStart`. */
export interface SettingFault {
  readonly path: string
  readonly allowed: string
  readonly actual: string
}

export interface ManagedHub {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly isOnline: boolean
  readonly secureNatEnabled: boolean
  /** The name of SecureNAT's session while it runs. */
  readonly secureNatSession: string | undefined
  /** The settings in force, whether SecureNAT runs or not. */
  secureNatOptions(): SecureNatOptions
  /** Saves, and changes the running virtual host. Nothing is changed when a fault is answered. */
  changeSecureNat(patch: SecureNatPatch): Promise<readonly SettingFault[]>
  enableSecureNat(enabled: boolean): Promise<void>
  /** `undefined` while SecureNAT is off. */
  secureNatStatus(): SecureNatStatus | undefined
  natTable(): readonly NatSessionRow[]
  leaseTable(): readonly DhcpLeaseRow[]
  sessions(): readonly SessionRow[]
  macTable(): readonly MacTableRow[]
  /** What came into the hub since it was started. */
  traffic(): { readonly rxFrames: number; readonly rxBytes: number }
  /** True when there was such a session. */
  disconnect(sessionName: string): boolean
  /** Writes to the security log what an administrator did. */
  logAdministration(kind: 'optionSet' | 'enabled' | 'disabled', connection: string): void
}

export interface Management {
  facts(): ServerFacts
  hubs(): readonly ManagedHub[]
  /** Compared without case. */
  hub(name: string): ManagedHub | undefined
  /** A fault of the name, or that there are too many already. */
  createHub(name: string, online: boolean): Promise<'created' | 'exists' | 'tooMany' | SettingFault>
  deleteHub(name: string): Promise<boolean>
}
