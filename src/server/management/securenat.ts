// The SecureNAT of a hub.

import type { SecureNatControl, SecureNatPatch } from '../../admin/management/securenat.ts'
import type { SettingFault } from '../../admin/management/setting-fault.ts'
import type { SecureNatOptions } from '../../securenat/options.ts'
import { checkSettings } from '../config/settings-check.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { withHub } from './edit.ts'

export function secureNatControl(server: Server, unit: HubUnit): SecureNatControl {
  const { name, secureNatEnabled } = unit.config
  return {
    secureNatEnabled,
    secureNatSession: unit.secureNat?.sessionName,
    secureNatOptions: () => unit.options,
    changeSecureNat: async (patch) => {
      let faults: readonly SettingFault[] = []
      await server.change((config) => {
        const previous = unit.options
        const secureNat = patched(previous, typeof patch === 'function' ? patch(previous) : patch)
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
        config.hubs.find((hub) => hub.name === name)?.secureNatEnabled === enabled
          ? undefined
          : withHub(config, name, (hub) => ({ ...hub, secureNatEnabled: enabled })),
      ),
    secureNatStatus: () => unit.secureNat?.status(),
    natTable: ({ offset, limit }) => ({
      total: unit.secureNat?.natSessions ?? 0,
      rows: unit.secureNat?.natTable(offset, limit) ?? [],
    }),
    deleteNatSession: (id) => unit.secureNat?.deleteNatSession(id) ?? false,
    leaseTable: () => unit.secureNat?.leaseTable() ?? [],
    deleteLease: (address) => unit.secureNat?.deleteLease(address) ?? false,
  }
}

function patched(options: SecureNatOptions, patch: SecureNatPatch): SecureNatOptions {
  return {
    host: { ...options.host, ...patch.host },
    nat: { ...options.nat, ...patch.nat, limits: { ...options.nat.limits, ...patch.natLimits } },
    dhcp: { ...options.dhcp, ...patch.dhcp },
    dns: { ...options.dns, ...patch.dns },
    egress: options.egress,
    inbound: options.inbound,
    saveLog: patch.saveLog ?? options.saveLog,
  }
}
