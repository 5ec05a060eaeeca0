// The server as the management operations see it (admin/management.ts).

import type { ManagedHub, Management, SecureNatPatch, SettingFault } from '../admin/management.ts'
import type { SecureNatOptions } from '../securenat/options.ts'
import type { Config, HubConfig } from './config.ts'
import { HUB_NAME_ALLOWED, HUBS_MAX, isHubName, newHubConfig } from './config.ts'
import type { HubUnit } from './hub-unit.ts'
import type { Server } from './server.ts'
import { checkSettings } from './settings-check.ts'

export function serverManagement(server: Server): Management {
  return {
    facts: () => ({
      productName: server.productName,
      version: server.version,
      hostName: server.hostName,
      startedAt: server.startedAt,
    }),
    hubs: () => Array.from(server.hubUnits(), (unit) => managedHub(server, unit)),
    hub: (name) => {
      const unit = server.hubUnit(name)
      return unit === undefined ? undefined : managedHub(server, unit)
    },
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

function managedHub(server: Server, unit: HubUnit): ManagedHub {
  const { name, createdAt, online, secureNatEnabled } = unit.config
  return {
    name,
    createdAt,
    isOnline: online,
    secureNatEnabled,
    secureNatSession: unit.secureNat?.sessionName,
    secureNatOptions: () => unit.options,
    changeSecureNat: async (patch) => {
      let faults: readonly SettingFault[] = []
      await server.change((config) => {
        const previous = unit.options
        const secureNat = patched(previous, patch)
        faults = checkSettings(secureNat)
        if (faults.length > 0) return undefined
        // An MTU given on the command line is not saved for having been read and sent back with the rest.
        if (secureNat.nat.mtu === previous.nat.mtu) secureNat.nat.mtu = unit.config.secureNat.nat.mtu
        else unit.dropMtuOverride()
        return withHub(config, name, (hub) => ({ ...hub, secureNat }))
      })
      return faults
    },
    enableSecureNat: (enabled) =>
      server.change((config) =>
        secureNatEnabledIn(config, name) === enabled
          ? undefined
          : withHub(config, name, (hub) => ({ ...hub, secureNatEnabled: enabled })),
      ),
    secureNatStatus: () => unit.secureNat?.status(),
    natTable: () => unit.secureNat?.natTable() ?? [],
    leaseTable: () => unit.secureNat?.leaseTable() ?? [],
    sessions: () => unit.hub.sessions(),
    macTable: () => unit.hub.macTable(),
    traffic: () => unit.hub.stats,
    disconnect: (sessionName) => unit.hub.disconnect(sessionName),
    logAdministration: (kind, connection) => unit.securityLog.administration(kind, connection, name),
  }
}

function patched(options: SecureNatOptions, patch: SecureNatPatch): SecureNatOptions {
  return {
    host: { ...options.host, ...patch.host },
    nat: { ...options.nat, ...patch.nat },
    dhcp: { ...options.dhcp, ...patch.dhcp },
    saveLog: patch.saveLog ?? options.saveLog,
  }
}

function withHub(config: Config, name: string, edit: (hub: HubConfig) => HubConfig): Config {
  return { ...config, hubs: config.hubs.map((hub) => (hub.name === name ? edit(hub) : hub)) }
}

function secureNatEnabledIn(config: Config, name: string): boolean | undefined {
  return config.hubs.find((hub) => hub.name === name)?.secureNatEnabled
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
