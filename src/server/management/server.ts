// The server as a whole, its set of hubs, its log files and its connections.

import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import type { ConnectionControl } from '../../admin/management/connection.ts'
import type { OperatingSystem, ServerControl } from '../../admin/management/server.ts'
import { certificateFacts } from '../certificate-facts.ts'
import { formatConfig, HUBS_MAX } from '../config/config.ts'
import type { HubConfig } from '../config/hub.ts'
import { HUB_NAME_ALLOWED, isHubName, newHubConfig } from '../config/hub.ts'
import type { Server } from '../server.ts'
import { isSameName } from './edit.ts'
import { listLogFiles, readLogRange } from './log-files.ts'
import { operatingSystem } from './operating-system.ts'

export function serverControl(server: Server): ServerControl & ConnectionControl {
  const logDirectory = join(server.stateDir, 'logs')
  let system: OperatingSystem | undefined
  return {
    facts: () => {
      system ??= operatingSystem()
      return {
        productName: server.productName,
        version: server.version,
        hostName: server.hostName,
        startedAt: server.startedAt,
        operatingSystem: system,
      }
    },
    status: () => ({
      now: Date.now(),
      tick: Math.floor(performance.now()),
      tcpConnections: server.connections.count,
      totalMemory: totalmem(),
      freeMemory: freemem(),
    }),
    createHub: async (name, settings) => {
      if (!isHubName(name)) return { path: 'name', allowed: HUB_NAME_ALLOWED, actual: JSON.stringify(name) }
      let outcome: 'created' | 'exists' | 'tooMany' = 'created'
      await server.change((config) => {
        if (config.hubs.some((hub) => isSameName(hub.name, name))) outcome = 'exists'
        else if (config.hubs.length >= HUBS_MAX) outcome = 'tooMany'
        else
          return { ...config, hubs: [...config.hubs, { ...newHubConfig(name, server.defaultsForHubs()), ...settings }] }
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
    flush: async () => {
      await server.change((config) => config)
      return Buffer.byteLength(formatConfig(server.config))
    },
    configText: () => formatConfig(server.config),
    replaceConfig: (text) => server.replace(text),
    certificateFacts,
    logSettings: () => server.config.logs,
    changeLogSettings: (patch) => server.change((config) => ({ ...config, logs: { ...config.logs, ...patch } })),
    logFiles: () => listLogFiles(logDirectory),
    readLogFile: (path, offset, length) => readLogRange(logDirectory, path, offset, length),
    connections: () => server.connections.list(),
    disconnectConnection: (name) => server.connections.disconnect(name),
  }
}
