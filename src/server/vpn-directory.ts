// The hubs, users and groups of this server as VPN logins see them.

import { isSourceDenied } from '../accounts/source-list.ts'
import type { LoginDirectory, LoginHub } from '../softether/login.ts'
import type { HubUnit } from './hub-unit.ts'
import type { Server } from './server.ts'

export class VpnDirectory implements LoginDirectory {
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  hub(name: string): LoginHub | undefined {
    const unit = this.#server.hubUnit(name)
    return unit === undefined ? undefined : loginHub(unit)
  }

  visibleHubs(): readonly string[] {
    const visible = this.#server.config.hubs.filter(({ options }) => !options.noEnumeration)
    return visible.map(({ name }) => name)
  }
}

function loginHub({ hub, config }: HubUnit): LoginHub {
  return {
    name: config.name,
    isOnline: config.online,
    message: config.message,
    administratorHash: config.adminPassword?.securePassword,
    authorities: config.authorities,
    adminOptions: config.adminOptions,
    extendedOptions: config.extendedOptions,
    user: (name) => config.users.find((user) => isSameName(user.name, name)),
    group: (name) => config.groups.find((group) => isSameName(group.name, name)),
    refusesSource: (address) => isSourceDenied(config.sourceList, address),
    sessionsOfUser: (name) => hub.sessionsOfUser(name),
    sessionCounts: () => hub.activity(),
    attach: (port) => hub.attach(port),
  }
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
