// The SecureNAT of a hub.

import type { Page, PageRange } from '../../hub/page.ts'
import type { NatLimits } from '../../nat/limits.ts'
import type { NatSessionRow } from '../../nat/rows.ts'
import type { DnsOptions } from '../../securenat/dns/options.ts'
import type { DhcpLeaseRow, SecureNatStatus } from '../../securenat/events.ts'
import type { DhcpOptions, NatOptions, SecureNatOptions, VirtualHostOptions } from '../../securenat/options.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { SettingFault } from './setting-fault.ts'

/** Settings to change; what is left out stays. */
export interface SecureNatPatch {
  readonly host?: Partial<VirtualHostOptions>
  readonly nat?: Partial<NatOptions>
  readonly dhcp?: Partial<DhcpOptions>
  readonly dns?: Partial<DnsOptions>
  readonly natLimits?: Partial<NatLimits>
  readonly saveLog?: boolean
}

export interface SecureNatControl {
  readonly secureNatEnabled: boolean
  /** The name of SecureNAT's session while it runs. */
  readonly secureNatSession: string | undefined
  /** The settings in force, whether SecureNAT runs or not. */
  secureNatOptions(): SecureNatOptions
  /** Saves, and changes the running virtual host. Nothing is changed when a fault is answered. */
  changeSecureNat(
    patch: SecureNatPatch | ((present: SecureNatOptions) => SecureNatPatch),
  ): Promise<readonly SettingFault[]>
  enableSecureNat(enabled: boolean): Promise<void>
  /** `undefined` while SecureNAT is off. */
  secureNatStatus(): SecureNatStatus | undefined
  /** In the order of their ids, oldest first; none while SecureNAT is off. */
  natTable(range: PageRange): Page<NatSessionRow>
  /** True when there was such a session. */
  deleteNatSession(id: number): boolean
  leaseTable(): readonly DhcpLeaseRow[]
  /** True when there was such a lease. */
  deleteLease(address: Ipv4Address): boolean
}
