// The hubs, users and groups of this server as VPN logins see them.

import { isSourceDenied } from '../accounts/source-list.ts'
import type { PasswordAuthentication, User } from '../accounts/user.ts'
import type { LoginDirectory, LoginHub } from '../softether/login.ts'
import type { HubUnit } from './hub-unit.ts'
import { isSameName, withHub } from './management/edit.ts'
import type { Server } from './server.ts'

export class VpnDirectory implements LoginDirectory {
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  hub(name: string): LoginHub | undefined {
    const unit = this.#server.hubUnit(name)
    return unit === undefined ? undefined : loginHub(unit, this.#server)
  }

  visibleHubs(): readonly string[] {
    const visible = this.#server.config.hubs.filter(({ options }) => !options.noEnumeration)
    return visible.map(({ name }) => name)
  }
}

function loginHub({ hub, config }: HubUnit, server: Server): LoginHub {
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
    setPassword: (userName, before, next) => setPassword(server, config.name, userName, before, next),
    attach: (port) => hub.attach(port),
  }
}

async function setPassword(
  server: Server,
  hubName: string,
  userName: string,
  before: PasswordAuthentication,
  next: PasswordAuthentication,
): Promise<boolean> {
  let isChanged = false
  const changed = (user: User): User => {
    const { name, authentication } = user
    if (!isSameName(name, userName) || authentication.kind !== 'password') return user
    if (Buffer.compare(authentication.hashedKey, before.hashedKey) !== 0) return user
    isChanged = true
    return { ...user, authentication: next, updatedAt: Date.now() }
  }
  try {
    await server.change((config) => {
      const edited = withHub(config, hubName, (hub) => ({ ...hub, users: hub.users.map(changed) }))
      return isChanged ? edited : undefined
    })
    return isChanged
  } catch (error) {
    server.log.error("a user's new password could not be saved", { hub: hubName, reason: (error as Error).message })
    return false
  }
}
