// The inbound rules of a hub.

import type { InboundControl } from '../../admin/management/inbound.ts'
import type { SettingFault } from '../../admin/management/setting-fault.ts'
import { checkInboundRules } from '../../securenat/inbound-settings.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

export function inboundControl(server: Server, unit: HubUnit): InboundControl {
  return {
    inboundRules: () => unit.options.inbound,
    inboundStatus: () => unit.secureNat?.nat.inbound.status() ?? [],
    changeInboundRules: async (edit) => {
      let faults: readonly SettingFault[] = []
      await server.change((config) => {
        const inbound = edit(unit.config.secureNat.inbound)
        if (inbound === undefined) return undefined
        const found = checkInboundRules(inbound, unit.options.host)
        faults = found.map(({ index, field, allowed, actual }) => ({ path: `${index}.${field}`, allowed, actual }))
        if (faults.length > 0) return undefined
        return withHub(config, unit.config.name, (hub) => ({ ...hub, secureNat: { ...hub.secureNat, inbound } }))
      })
      return faults
    },
  }
}
