// The DNS service of a hub's virtual host.

import type { DnsOptions } from '../../securenat/dns/options.ts'
import type { DnsServiceStatus } from '../../securenat/dns/status.ts'
import type { SettingFault } from './setting-fault.ts'

export interface DnsControl {
  /** The settings, whether SecureNAT runs or not. */
  dnsOptions(): DnsOptions
  /**
   * Saves what `edit` makes of the present settings, and changes the running service. Nothing is changed when it answers
   * `undefined`, or when a fault is answered.
   */
  changeDns(edit: (present: DnsOptions) => DnsOptions | undefined): Promise<readonly SettingFault[]>
  /** `undefined` while SecureNAT is off. */
  dnsStatus(): DnsServiceStatus | undefined
  /** @returns how many answers were forgotten */
  flushDnsCache(): number
}
