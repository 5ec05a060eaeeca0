// One hub as a whole.

import type { HubControl } from '../../admin/management/hub.ts'
import { hubCounters } from '../hub-counters.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

export function hubControl(server: Server, unit: HubUnit): HubControl {
  const { name, createdAt, online } = unit.config
  return {
    name,
    createdAt,
    isOnline: online,
    settings: () => unit.config,
    changeSettings: (edit) =>
      server.change((config) => {
        const hub = config.hubs.find((candidate) => candidate.name === name)
        const changes = hub && edit(hub)
        return changes && withHub(config, name, () => ({ ...hub, ...changes }))
      }),
    activity: () => unit.hub.activity(),
    counters: () => hubCounters(unit),
    userActivity: (userName) => unit.userActivities.of(userName),
    macTable: (range) => unit.hub.macPage(range),
    ipTable: (range) => unit.hub.ipPage(range),
    deleteMac: (key) => unit.hub.deleteMac(key),
    deleteIp: (key) => unit.hub.deleteIp(key),
    logAdministration: (change, connection, subjects = []) => unit.logAdministration(change, connection, subjects),
  }
}
