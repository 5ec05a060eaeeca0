// The key `dhcp` of a hub's SecureNAT. Options with a known meaning have a name, all others a number; in memory they are one list.
// Whether addresses make sense beside each other is settings-check.ts's and reservation-check.ts's question.

import * as z from 'zod/mini'
import {
  type DhcpExtraOption,
  EXTRA_CODE_ALLOWED,
  EXTRA_OPTION_ALLOWED,
  isExtraCode,
  parseExtraOption,
} from '../../securenat/dhcp-extra-options.ts'
import { type DhcpOptions, type DhcpReservation, LEASE_SECONDS_RANGE } from '../../securenat/options.ts'
import { formatPushRoute, parsePushRoute } from '../../securenat/push-routes.ts'
import { OPTION_BOOT_FILE, OPTION_DOMAIN_SEARCH, OPTION_NTP_SERVERS, OPTION_TFTP_SERVER } from '../../wire/dhcp.ts'
import { formatIpv4 } from '../../wire/ipv4-address.ts'
import { formatMac } from '../../wire/mac.ts'
import { isRecord, merged, part, preview, shaped } from './section.ts'
import type { SettingIssue } from './settings-check.ts'
import { address, bool, integerIn, mac, optionalAddress, optionalAddressText, text, textual } from './values.ts'

const pushRoute = textual('a route such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway)', parsePushRoute)

const clientId = textual('two to 255 bytes in hexadecimal digits such as ff0001', (given) =>
  /^([0-9a-f]{2}){2,255}$/i.test(given) ? given.toLowerCase() : undefined,
)

const reservation = z.strictObject(
  {
    ipAddress: address,
    macAddress: z.optional(mac),
    clientId: z.optional(clientId),
    hostName: z.optional(text),
  },
  'an object with ipAddress and one of macAddress, clientId and hostName',
)

const dhcpShape = z.strictObject(
  {
    enabled: z.optional(bool),
    leaseStart: z.optional(address),
    leaseEnd: z.optional(address),
    subnetMask: z.optional(address),
    leaseSeconds: z.optional(integerIn(LEASE_SECONDS_RANGE)),
    gateway: z.optional(optionalAddress),
    dnsServer1: z.optional(optionalAddress),
    dnsServer2: z.optional(optionalAddress),
    domainName: z.optional(text),
    pushRoutes: z.optional(z.array(pushRoute, 'a list of routes')),
    reservations: z.optional(z.array(reservation, 'a list of reservations')),
    ntpServers: z.optional(z.array(address, 'a list of addresses')),
    tftpServer: z.optional(text),
    bootFile: z.optional(text),
    domainSearch: z.optional(z.array(text, 'a list of domain names')),
    options: z.optional(z.unknown()),
  },
  'an object',
)

/** Options with a key of their own, and the type of value behind it. */
const NAMED = [
  { key: 'ntpServers', code: OPTION_NTP_SERVERS, type: 'ip', isList: true },
  { key: 'tftpServer', code: OPTION_TFTP_SERVER, type: 'text', isList: false },
  { key: 'bootFile', code: OPTION_BOOT_FILE, type: 'text', isList: false },
  { key: 'domainSearch', code: OPTION_DOMAIN_SEARCH, type: 'names', isList: true },
] as const

export function parseDhcpSection(
  json: unknown,
  path: string,
  initial: DhcpOptions,
  issues: SettingIssue[],
): DhcpOptions | undefined {
  const extraOptions = [...namedOptions(json, path, issues), ...numberedOptions(part(json, 'options'), path, issues)]
  const given = shaped(dhcpShape, json, path, issues)
  if (given === undefined) return undefined
  const reservations = given.reservations?.map(withoutUndefined)
  extraOptions.sort((a, b) => a.code - b.code)
  return merged(initial, { ...given, reservations, extraOptions })
}

export function formatDhcpSection(dhcp: DhcpOptions) {
  const numbered = dhcp.extraOptions.filter(({ code }) => !NAMED.some((named) => named.code === code))
  return {
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
    reservations: dhcp.reservations.map(({ ipAddress, macAddress, ...rest }) => ({
      ipAddress: formatIpv4(ipAddress),
      ...(macAddress === undefined ? {} : { macAddress: formatMac(macAddress) }),
      ...rest,
    })),
    ...Object.fromEntries(NAMED.map((named) => [named.key, namedValue(dhcp, named)])),
    options: Object.fromEntries(numbered.map((option) => [option.code, option.text])),
  }
}

function namedValue({ extraOptions }: DhcpOptions, { code, type, isList }: (typeof NAMED)[number]): string | string[] {
  const value = extraOptions.find((option) => option.code === code)?.text.slice(type.length + 1) ?? ''
  if (!isList) return value
  return value === '' ? [] : value.split(',')
}

/** Faults of shape are told by the shape; here are those of the values. */
function namedOptions(json: unknown, path: string, issues: SettingIssue[]): DhcpExtraOption[] {
  const found: DhcpExtraOption[] = []
  for (const { key, code, type, isList } of NAMED) {
    const given = isRecord(json) ? json[key] : undefined
    const value = isList && Array.isArray(given) ? given.join(',') : given
    if (typeof value !== 'string' || value === '') continue
    const option = parseExtraOption(code, `${type}:${value}`)
    if (option !== undefined) found.push(option)
    else if (type !== 'ip') {
      const allowed = isList ? 'a list of domain names such as example.org' : 'text of at most 1024 bytes'
      issues.push({ path: `${path}.${key}`, allowed, actual: preview(json, [key]) })
    }
  }
  return found
}

function numberedOptions(json: unknown, path: string, issues: SettingIssue[]): DhcpExtraOption[] {
  const found: DhcpExtraOption[] = []
  const report = (at: string, allowed: string, actual: string): void => {
    issues.push({ path: `${path}.options${at}`, allowed, actual })
  }
  if (!isRecord(json)) report('', 'an object with a key for each option', preview({ json }, ['json']))
  for (const [key, value] of Object.entries(isRecord(json) ? json : {})) {
    const code = /^\d{1,3}$/.test(key) ? Number(key) : Number.NaN
    const named = NAMED.find((one) => one.code === code)
    if (named !== undefined) report(`.${key}`, `left out (its key is ${named.key})`, preview(json, [key]))
    else if (!isExtraCode(code)) report(`.${key}`, EXTRA_CODE_ALLOWED, key)
    else {
      const option = typeof value === 'string' ? parseExtraOption(code, value) : undefined
      if (option !== undefined) found.push(option)
      else report(`.${key}`, EXTRA_OPTION_ALLOWED, preview(json, [key]))
    }
  }
  return found
}

function withoutUndefined(given: { [K in keyof DhcpReservation]: DhcpReservation[K] | undefined }): DhcpReservation {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as unknown as DhcpReservation
}
