// The DNS service of a hub's virtual host.

import type { DnsControl } from '../../admin/management/dns.ts'
import type { SettingFault } from '../../admin/management/setting-fault.ts'
import { checkSettings } from '../config/settings-check.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

export function dnsControl(server: Server, unit: HubUnit): DnsControl {
  return {
    dnsOptions: () => unit.options.dns,
    changeDns: async (edit) => {
      let faults: readonly SettingFault[] = []
      await server.change((config) => {
        const dns = edit(unit.config.secureNat.dns)
        if (dns === undefined) return undefined
        faults = checkSettings({ dns })
        if (faults.length > 0) return undefined
        return withHub(config, unit.config.name, (hub) => ({ ...hub, secureNat: { ...hub.secureNat, dns } }))
      })
      return faults
    },
    dnsStatus: () => unit.secureNat?.dns.status(),
    flushDnsCache: () => unit.secureNat?.dns.cache.clear() ?? 0,
  }
}
