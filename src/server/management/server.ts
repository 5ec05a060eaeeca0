// The server as a whole, and its set of hubs.

import type { ServerControl } from '../../admin/management/server.ts'
import { HUBS_MAX } from '../config/config.ts'
import type { HubConfig } from '../config/hub.ts'
import { HUB_NAME_ALLOWED, isHubName, newHubConfig } from '../config/hub.ts'
import type { Server } from '../server.ts'
import { isSameName } from './edit.ts'

export function serverControl(server: Server): ServerControl {
  return {
    facts: () => ({
      productName: server.productName,
      version: server.version,
      hostName: server.hostName,
      startedAt: server.startedAt,
    }),
    createHub: async (name, online) => {
      if (!isHubName(name)) return { path: 'name', allowed: HUB_NAME_ALLOWED, actual: JSON.stringify(name) }
      let outcome: 'created' | 'exists' | 'tooMany' = 'created'
      await server.change((config) => {
        if (config.hubs.some((hub) => isSameName(hub.name, name))) outcome = 'exists'
        else if (config.hubs.length >= HUBS_MAX) outcome = 'tooMany'
        else return { ...config, hubs: [...config.hubs, { ...newHubConfig(name, server.defaultsForHubs()), online }] }
        return undefined
      })
      return outcome
    },
    deleteHub: async (name) => {
      let deleted: HubConfig | undefined
      await server.change((config) => {
        deleted = config.hubs.find((hub) => isSameName(hub.name, name))
        return deleted && { ...config, hubs: config.hubs.filter((hub) => hub !== deleted) }
      })
      if (deleted !== undefined) await server.removeHubFiles(deleted.name)
      return deleted !== undefined
    },
  }
}
