// One hub of the configuration. A key behind which there is more than a value has a section file of its own; HUB_SECTIONS
// joins them: reading, writing and the defaults of a new hub follow from it.

import * as z from 'zod/mini'
import type { Group, User } from '../../accounts/user.ts'
import type { HubSettings } from '../../admin/hub-settings.ts'
import type { SecureNatOptions } from '../../securenat/options.ts'
import { accessListSection } from './access-list.ts'
import { cascadesSection } from './cascades.ts'
import {
  adminOptionsSection,
  adminPasswordSection,
  extendedOptionsSection,
  hubLogSection,
  hubOptionsSection,
  messageSection,
} from './options.ts'
import type { ConfigDefaults, Section } from './section.ts'
import { isRecord, joined, part, shaped } from './section.ts'
import { formatSecureNat, initialSecureNat, parseSecureNat } from './securenat.ts'
import type { SettingIssue } from './settings-check.ts'
import { authoritiesSection, sourceListSection } from './trust.ts'
import { groupsSection, usersSection } from './users.ts'
import { bool, instant, instantText } from './values.ts'

/** Property of HubConfig, which is the key in the file too → its section. */
const HUB_SECTIONS = {
  options: hubOptionsSection,
  adminPassword: adminPasswordSection,
  users: usersSection,
  groups: groupsSection,
  accessList: accessListSection,
  authorities: authoritiesSection,
  sourceList: sourceListSection,
  cascades: cascadesSection,
  extendedOptions: extendedOptionsSection,
  adminOptions: adminOptionsSection,
  log: hubLogSection,
  message: messageSection,
} as const

type HubSections = {
  readonly [Key in keyof typeof HUB_SECTIONS]: (typeof HUB_SECTIONS)[Key] extends Section<infer T> ? T : never
}

export interface HubConfig extends HubSections, HubSettings {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly secureNatEnabled: boolean
  readonly secureNat: SecureNatOptions
}

export const HUB_NAME_MAX = 64
/** A hub's name is part of file names. */
const HUB_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
export const HUB_NAME_ALLOWED = `1 to ${HUB_NAME_MAX} letters, digits, ".", "_" and "-", beginning with a letter or digit`

export function isHubName(name: string): boolean {
  return name.length <= HUB_NAME_MAX && HUB_NAME.test(name)
}

const sectionKeys = Object.keys(HUB_SECTIONS) as (keyof typeof HUB_SECTIONS)[]

/** Every key a section is behind is judged by that section. */
const hubShape = z.strictObject(
  {
    createdAt: z.optional(instant),
    online: z.optional(bool),
    securenat: z.optional(z.unknown()),
    ...(Object.fromEntries(sectionKeys.map((key) => [key, z.optional(z.unknown())])) as Record<
      keyof typeof HUB_SECTIONS,
      z.ZodMiniOptional<z.ZodMiniUnknown>
    >),
  },
  'an object',
)

export function parseHub(
  name: string,
  json: unknown,
  path: string,
  defaults: ConfigDefaults,
  issues: SettingIssue[],
): HubConfig | undefined {
  const hub = shaped(hubShape, json, path, issues)
  const secureNat = parseSecureNat(part(json, 'securenat'), joined(path, 'securenat'), defaults, issues)
  const sections = eachSection((section, key) =>
    section.parse(isRecord(json) ? json[key] : undefined, joined(path, key), defaults, issues),
  )
  const { users, groups } = sections as Partial<HubSections>
  if (users !== undefined && groups !== undefined) checkGroups(users, groups, path, issues)
  if (hub === undefined || secureNat === undefined || issues.length > 0) return undefined
  return {
    name,
    createdAt: hub.createdAt ?? defaults.wallClock(),
    online: hub.online ?? true,
    secureNatEnabled: secureNat.enabled,
    secureNat: secureNat.options,
    ...(sections as HubSections),
  }
}

function checkGroups(users: readonly User[], groups: readonly Group[], path: string, issues: SettingIssue[]): void {
  const names = new Set(groups.map(({ name }) => name.toLowerCase()))
  for (const { name, group } of users) {
    if (group === '' || names.has(group.toLowerCase())) continue
    const at = joined(path, 'users', name, 'group')
    issues.push({ path: at, allowed: 'the name of a group of this hub, or empty', actual: JSON.stringify(group) })
  }
}

/** Every later hub starts with SecureNAT off (R3). */
export function newHubConfig(name: string, defaults: ConfigDefaults): HubConfig {
  return {
    name,
    createdAt: defaults.wallClock(),
    online: true,
    secureNatEnabled: false,
    secureNat: initialSecureNat(defaults),
    ...(eachSection((section) => section.initial(defaults)) as HubSections),
  }
}

export function formatHub(hub: HubConfig) {
  return {
    createdAt: instantText(hub.createdAt),
    online: hub.online,
    securenat: formatSecureNat({ enabled: hub.secureNatEnabled, options: hub.secureNat }),
    ...eachSection((section, key) => section.format(hub[key])),
  }
}

function eachSection(
  make: (section: Section<unknown>, key: keyof typeof HUB_SECTIONS) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(sectionKeys.map((key) => [key, make(HUB_SECTIONS[key] as Section<unknown>, key)]))
}
