// One hub as a whole.

import type { HubControl } from '../../admin/management/hub.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'

export function hubControl(_server: Server, unit: HubUnit): HubControl {
  const { name, createdAt, online } = unit.config
  return {
    name,
    createdAt,
    isOnline: online,
    macTable: () => unit.hub.macTable(),
    traffic: () => unit.hub.stats,
  }
}
