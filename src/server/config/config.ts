// The configuration: from the text of securenat.json to values, and back. The parts are in the files beside it, a section each.
//
// Parsing is a function of the text: it answers the whole configuration, or every fault at once, each with its path, what
// would be right and what is there now. What a file leaves out has its default; a hub without a MAC address gets one, and the
// server writes the file again so that it keeps it. docs/configuration.md lists every key.

import * as z from 'zod/mini'
import type { LogOptions } from '../../admin/log-settings.ts'
import type { AdministratorConfig } from './administrator.ts'
import { administratorSection } from './administrator.ts'
import type { HubConfig } from './hub.ts'
import { formatHub, HUB_NAME_ALLOWED, isHubName, newHubConfig, parseHub } from './hub.ts'
import { logsSection } from './logs.ts'
import type { ConfigDefaults } from './section.ts'
import { isRecord, shaped } from './section.ts'
import type { SettingIssue } from './settings-check.ts'
import { describeIssue } from './settings-check.ts'
import type { Endpoint } from './values.ts'
import { endpoint, formatEndpoint, oneOf } from './values.ts'

export type Language = 'en' | 'ja'

export interface Config {
  readonly language: Language
  /** TLS listeners; the host `*` is every address. */
  readonly listen: readonly Endpoint[]
  /** TLS listeners that are kept in the list and not opened. */
  readonly listenDisabled: readonly Endpoint[]
  /** Plain HTTP for the local browser; `undefined` switches it off. */
  readonly http: Endpoint | undefined
  readonly administrator: AdministratorConfig
  readonly logs: LogOptions
  readonly hubs: readonly HubConfig[]
}

export const DEFAULT_HUB = 'DEFAULT'
export const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 5555 }
export const DEFAULT_HTTP: Endpoint = { host: '127.0.0.1', port: 5580 }

/** TLS listeners, open and disabled. */
export const LISTENERS_MAX = 64
/** Hubs a server holds. */
export const HUBS_MAX = 256

const fileShape = z.strictObject(
  {
    language: z.optional(oneOf(['en', 'ja'])),
    listen: z.optional(z.array(endpoint, 'a list of addresses with ports')),
    listenDisabled: z.optional(z.array(endpoint, 'a list of addresses with ports')),
    http: z.optional(z.nullable(endpoint)),
    administrator: z.optional(z.unknown()),
    logs: z.optional(z.unknown()),
    hubs: z.optional(z.record(z.string(), z.unknown(), 'an object with a key for each hub')),
  },
  'an object',
)

export type ConfigResult =
  | { readonly config: Config; readonly issues: undefined }
  | { readonly config: undefined; readonly issues: readonly string[] }

/** Every fault of a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly issues: readonly string[]
  /** What the operator sees. */
  readonly lines: readonly string[]

  constructor(file: string, issues: readonly string[]) {
    super(`${file}: ${issues.join('; ')}`)
    this.issues = issues
    this.lines = issues.map((issue) => `${file}: ${issue}`)
  }
}

export function parseConfig(text: string, defaults: ConfigDefaults): ConfigResult {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { config: undefined, issues: [`not JSON: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const issues: SettingIssue[] = []
  const file = shaped(fileShape, json, '', issues)
  const administrator = administratorSection.parse(
    isRecord(json) ? json.administrator : undefined,
    'administrator',
    defaults,
    issues,
  )
  const logs = logsSection.parse(isRecord(json) ? json.logs : undefined, 'logs', defaults, issues)
  const hubs: HubConfig[] = []
  const names = new Set<string>()
  const hubsJson = isRecord(json) && isRecord(json.hubs) ? json.hubs : {}
  for (const [name, value] of Object.entries(hubsJson)) {
    const path = `hubs.${name}`
    if (!isHubName(name)) {
      issues.push({ path, allowed: `a name of ${HUB_NAME_ALLOWED}`, actual: JSON.stringify(name) })
    } else if (names.has(name.toLowerCase())) {
      issues.push({ path, allowed: 'a name that no other hub has, in any letter case', actual: JSON.stringify(name) })
    }
    names.add(name.toLowerCase())
    const hub = parseHub(name, value, path, defaults, issues)
    if (hub !== undefined) hubs.push(hub)
  }
  const listeners = (file?.listen?.length ?? 0) + (file?.listenDisabled?.length ?? 0)
  if (listeners > LISTENERS_MAX) {
    issues.push({ path: 'listen', allowed: `at most ${LISTENERS_MAX} listeners`, actual: `${listeners} listeners` })
  }
  if (hubs.length > HUBS_MAX) {
    issues.push({ path: 'hubs', allowed: `at most ${HUBS_MAX} hubs`, actual: `${hubs.length} hubs` })
  }
  if (issues.length > 0 || file === undefined || logs === undefined || administrator === undefined)
    return { config: undefined, issues: issues.map(describeIssue) }
  return {
    config: {
      language: file.language ?? 'en',
      listen: file.listen ?? [DEFAULT_LISTEN],
      listenDisabled: file.listenDisabled ?? [],
      http: file.http === undefined ? DEFAULT_HTTP : (file.http ?? undefined),
      administrator,
      logs,
      hubs,
    },
    issues: undefined,
  }
}

/** The very first configuration: one hub, and SecureNAT on, since that is what people start this program for. */
export function initialConfig(language: Language, defaults: ConfigDefaults): Config {
  return {
    language,
    listen: [DEFAULT_LISTEN],
    listenDisabled: [],
    http: DEFAULT_HTTP,
    administrator: administratorSection.initial(defaults),
    logs: logsSection.initial(defaults),
    hubs: [{ ...newHubConfig(DEFAULT_HUB, defaults), secureNatEnabled: true }],
  }
}

/** The text of the file: complete, so that it shows every key there is. */
export function formatConfig(config: Config): string {
  const json = {
    language: config.language,
    listen: config.listen.map(formatEndpoint),
    listenDisabled: config.listenDisabled.map(formatEndpoint),
    http: config.http === undefined ? null : formatEndpoint(config.http),
    administrator: administratorSection.format(config.administrator),
    logs: logsSection.format(config.logs),
    hubs: Object.fromEntries(config.hubs.map((hub) => [hub.name, formatHub(hub)])),
  }
  return `${JSON.stringify(json, undefined, 2)}\n`
}
