// The configuration: from the text of securenat.json to values, and back.
//
// Parsing is a function of the text: it answers the whole configuration, or every fault at once, each with its path, what
// would be right and what is there now. What a file leaves out has its default; a hub without a MAC address gets one, and the
// server writes the file again so that it keeps it. docs/configuration.md lists every key.

import type { SecureNatOptions } from '../securenat/options.ts'
import { defaultOptions, randomMac } from '../securenat/options.ts'
import { formatPushRoute } from '../securenat/push-routes.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { formatMac } from '../wire/mac.ts'
import type { Endpoint, ScryptHash } from './config-schema.ts'
import {
  dhcpShape,
  fileShape,
  formatEndpoint,
  hostShape,
  hubShape,
  natShape,
  optionalAddressText,
  secureNatShape,
} from './config-schema.ts'
import type { SettingIssue } from './settings-check.ts'
import { checkSettings, describeIssue } from './settings-check.ts'

export type Language = 'en' | 'ja'

export interface HubConfig {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly online: boolean
  readonly secureNatEnabled: boolean
  readonly secureNat: SecureNatOptions
}

export interface Config {
  readonly language: Language
  /** Reserved: the TLS listener comes with the SoftEther protocol. */
  readonly listen: readonly Endpoint[]
  /** Reserved: plain HTTP for the local browser; `undefined` switches it off. */
  readonly http: Endpoint | undefined
  readonly administratorPassword: ScryptHash | undefined
  readonly hubs: readonly HubConfig[]
}

/** What fills the gaps of a file. */
export interface ConfigDefaults {
  readonly wallClock: () => number
  /** An unsigned 32-bit random number. */
  readonly random: () => number
  /** The domain of this computer (R42), or empty. */
  readonly domainName: string
}

export const DEFAULT_HUB = 'DEFAULT'
export const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 5555 }
export const DEFAULT_HTTP: Endpoint = { host: '127.0.0.1', port: 5580 }

/** Hubs a server holds. */
export const HUBS_MAX = 256
export const HUB_NAME_MAX = 64
/** A hub's name is part of file names. */
const HUB_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
export const HUB_NAME_ALLOWED = `1 to ${HUB_NAME_MAX} letters, digits, ".", "_" and "-", beginning with a letter or digit`

export function isHubName(name: string): boolean {
  return name.length <= HUB_NAME_MAX && HUB_NAME.test(name)
}

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
  if (hubs.length > HUBS_MAX) {
    issues.push({ path: 'hubs', allowed: `at most ${HUBS_MAX} hubs`, actual: `${hubs.length} hubs` })
  }
  if (issues.length > 0 || file === undefined) return { config: undefined, issues: issues.map(describeIssue) }
  return {
    config: {
      language: file.language ?? 'en',
      listen: file.listen ?? [DEFAULT_LISTEN],
      http: file.http === undefined ? DEFAULT_HTTP : (file.http ?? undefined),
      administratorPassword: file.administrator?.password?.scrypt,
      hubs,
    },
    issues: undefined,
  }
}

function parseHub(
  name: string,
  json: unknown,
  path: string,
  defaults: ConfigDefaults,
  issues: SettingIssue[],
): HubConfig | undefined {
  const hub = shaped(hubShape, json, path, issues)
  const natPath = `${path}.securenat`
  // The parts are read from the text itself, so that a fault beside them does not hide theirs.
  const text = part(json, 'securenat')
  const outer = shaped(secureNatShape, text, natPath, issues)
  const host = shaped(hostShape, part(text, 'host'), `${natPath}.host`, issues)
  const nat = shaped(natShape, part(text, 'nat'), `${natPath}.nat`, issues)
  const dhcp = shaped(dhcpShape, part(text, 'dhcp'), `${natPath}.dhcp`, issues)
  const initial = defaultOptions(randomMac(defaults.random()), defaults.domainName)
  const secureNat: SecureNatOptions = {
    host: merged(initial.host, host),
    nat: merged(initial.nat, nat),
    dhcp: merged(initial.dhcp, dhcp),
    saveLog: outer?.saveLog ?? initial.saveLog,
  }
  const judged = { host: host && secureNat.host, dhcp: dhcp && secureNat.dhcp }
  for (const issue of checkSettings(judged)) issues.push({ ...issue, path: `${natPath}.${issue.path}` })
  if (hub === undefined || outer === undefined) return undefined
  return {
    name,
    createdAt: hub.createdAt ?? defaults.wallClock(),
    online: hub.online ?? true,
    secureNatEnabled: outer.enabled ?? false,
    secureNat,
  }
}

/** The very first configuration: one hub, and SecureNAT on, since that is what people start this program for. */
export function initialConfig(language: Language, defaults: ConfigDefaults): Config {
  return {
    language,
    listen: [DEFAULT_LISTEN],
    http: DEFAULT_HTTP,
    administratorPassword: undefined,
    hubs: [{ ...newHubConfig(DEFAULT_HUB, defaults), secureNatEnabled: true }],
  }
}

/** Every later hub starts with SecureNAT off (R3). */
export function newHubConfig(name: string, defaults: ConfigDefaults): HubConfig {
  return {
    name,
    createdAt: defaults.wallClock(),
    online: true,
    secureNatEnabled: false,
    secureNat: defaultOptions(randomMac(defaults.random()), defaults.domainName),
  }
}

/** The text of the file: complete, so that it shows every key there is. */
export function formatConfig(config: Config): string {
  const json = {
    language: config.language,
    listen: config.listen.map(formatEndpoint),
    http: config.http === undefined ? null : formatEndpoint(config.http),
    ...(config.administratorPassword === undefined
      ? {}
      : { administrator: { password: { scrypt: config.administratorPassword } } }),
    hubs: Object.fromEntries(config.hubs.map((hub) => [hub.name, formatHub(hub)])),
  }
  return `${JSON.stringify(json, undefined, 2)}\n`
}

function formatHub(hub: HubConfig) {
  const { host, nat, dhcp, saveLog } = hub.secureNat
  return {
    createdAt: new Date(hub.createdAt).toISOString(),
    online: hub.online,
    securenat: {
      enabled: hub.secureNatEnabled,
      saveLog,
      host: {
        macAddress: formatMac(host.macAddress),
        ipAddress: formatIpv4(host.ipAddress),
        subnetMask: formatIpv4(host.subnetMask),
      },
      nat,
      dhcp: {
        enabled: dhcp.enabled,
        leaseStart: formatIpv4(dhcp.leaseStart),
        leaseEnd: formatIpv4(dhcp.leaseEnd),
        subnetMask: formatIpv4(dhcp.subnetMask),
        leaseSeconds: dhcp.leaseSeconds,
        gateway: optionalAddressText(dhcp.gateway),
        dnsServer1: optionalAddressText(dhcp.dnsServer1),
        dnsServer2: optionalAddressText(dhcp.dnsServer2),
        domainName: dhcp.domainName,
        pushRoutes: dhcp.pushRoutes.map(formatPushRoute),
      },
    },
  }
}

interface ShapeIssue {
  readonly code?: string
  readonly message: string
  readonly path: readonly PropertyKey[]
  readonly keys?: readonly string[]
}

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: readonly ShapeIssue[] } }
}

/** The value in its shape, or `undefined` and its faults in `issues`. */
function shaped<T>(shape: Shape<T>, json: unknown, path: string, issues: SettingIssue[]): T | undefined {
  const result = shape.safeParse(json)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const at = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys ?? []) {
        const keyPath = joined(path, ...at, key)
        issues.push({ path: keyPath, allowed: 'left out (there is no such key)', actual: preview(json, [...at, key]) })
      }
    } else {
      issues.push({ path: joined(path, ...at), allowed: issue.message, actual: preview(json, at) })
    }
  }
  return undefined
}

/** What a key holds; an object without it, or no object at all (which is told elsewhere), counts as empty. */
function part(json: unknown, key: string): unknown {
  return isRecord(json) && json[key] !== undefined ? json[key] : {}
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.') || 'the file'
}

/** What is there now, short enough for a line. */
function preview(json: unknown, path: readonly string[]): string {
  let value = json
  for (const key of path)
    value = isRecord(value) || Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function merged<T extends object>(initial: T, given: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  const result = { ...initial }
  for (const key of Object.keys(initial) as (keyof T)[]) {
    const value = given?.[key]
    if (value !== undefined) result[key] = value
  }
  return result
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
