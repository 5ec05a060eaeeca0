// The egress rules of a hub.

import type { EgressControl } from '../../admin/management/egress.ts'
import { CLOSED_NETWORKS } from '../../nat/egress.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

export function egressControl(server: Server, unit: HubUnit): EgressControl {
  return {
    egressRules: () => unit.options.egress.rules,
    egressHits: () => {
      const policy = unit.secureNat?.nat.egress
      const closed = CLOSED_NETWORKS.map(({ name, network, mask }) => ({
        name,
        network: { network, mask },
        hits: policy?.closedHits[name] ?? 0,
      }))
      const listeners = {
        name: 'ownListeners',
        network: undefined,
        hits: policy?.closedHits.ownListeners ?? 0,
      } as const
      return { rules: policy?.hits ?? [], closed: [...closed, listeners] }
    },
    changeEgressRules: (edit) =>
      server.change((config) => {
        const rules = edit(unit.config.secureNat.egress.rules)
        if (rules === undefined) return undefined
        return withHub(config, unit.config.name, (hub) => ({
          ...hub,
          secureNat: { ...hub.secureNat, egress: { rules } },
        }))
      }),
  }
}
