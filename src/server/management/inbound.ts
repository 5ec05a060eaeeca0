// The inbound rules of a hub.

import type { InboundControl } from '../../admin/management/inbound.ts'
import type { SettingFault } from '../../admin/management/setting-fault.ts'
import { checkInboundRules } from '../../securenat/inbound-settings.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

/** Turns of the event loop in which a port is had or not. */
const TURNS_MAX = 20

/** Whoever adds a rule wants to hear that its port is taken. */
async function settled(unit: HubUnit): Promise<void> {
  const isOpening = (): boolean =>
    unit.secureNat?.nat.inbound.status().some(({ state }) => state === 'opening') ?? false
  for (let turn = 0; turn < TURNS_MAX && isOpening(); turn++) await new Promise((resolve) => setImmediate(resolve))
}

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
      await settled(unit)
      return faults
    },
  }
}
