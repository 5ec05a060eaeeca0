// Editing the configuration of one hub.

import type { Config } from '../config/config.ts'
import type { HubConfig } from '../config/hub.ts'

export function withHub(config: Config, name: string, edit: (hub: HubConfig) => HubConfig): Config {
  return { ...config, hubs: config.hubs.map((hub) => (hub.name === name ? edit(hub) : hub)) }
}

/** Names of hubs, users and groups are compared so. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
