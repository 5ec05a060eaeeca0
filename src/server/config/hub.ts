// One hub of the configuration. A key behind which there is more than a value has a section file of its own; HUB_SECTIONS
// joins them: reading, writing and the defaults of a new hub follow from it.

import * as z from 'zod/mini'
import { DEFAULT_HUB_OPTIONS } from '../../hub/hub-options.ts'
import type { SecureNatOptions } from '../../securenat/options.ts'
import type { ConfigDefaults, Section } from './section.ts'
import { isRecord, joined, part, plainSection, shaped } from './section.ts'
import { formatSecureNat, initialSecureNat, parseSecureNat } from './securenat.ts'
import type { SettingIssue } from './settings-check.ts'
import { bool, instant, instantText, integerIn } from './values.ts'

/** Property of HubConfig, which is the key in the file too → its section. */
const HUB_SECTIONS = {
  options: plainSection(
    z.strictObject(
      { maxSessions: z.optional(integerIn({ min: 0, max: 4096 })), noEnumeration: z.optional(bool) },
      'an object',
    ),
    DEFAULT_HUB_OPTIONS,
  ),
} as const

type HubSections = {
  readonly [Key in keyof typeof HUB_SECTIONS]: (typeof HUB_SECTIONS)[Key] extends Section<infer T> ? T : never
}

export interface HubConfig extends HubSections {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly online: boolean
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
  if (hub === undefined || secureNat === undefined || Object.values(sections).includes(undefined)) return undefined
  return {
    name,
    createdAt: hub.createdAt ?? defaults.wallClock(),
    online: hub.online ?? true,
    secureNatEnabled: secureNat.enabled,
    secureNat: secureNat.options,
    ...(sections as HubSections),
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
