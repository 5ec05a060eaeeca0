// The key `securenat` of a hub: whether its SecureNAT runs, and with which settings. Whether the values make sense beside each
// other is settings-check.ts's question.

import * as z from 'zod/mini'
import type { SecureNatOptions } from '../../securenat/options.ts'
import {
  BEACON_SECONDS_RANGE,
  defaultOptions,
  MTU_RANGE,
  randomMac,
  TCP_TIMEOUT_RANGE,
  UDP_TIMEOUT_RANGE,
} from '../../securenat/options.ts'
import { formatIpv4 } from '../../wire/ipv4-address.ts'
import { formatMac } from '../../wire/mac.ts'
import { formatDhcpSection, parseDhcpSection } from './dhcp.ts'
import { dnsShape, formatDns } from './dns.ts'
import { egressOf, egressShape, formatEgress, natLimitsShape } from './egress.ts'
import { formatInbound, inboundOf, inboundShape } from './inbound.ts'
import type { ConfigDefaults } from './section.ts'
import { isRecord, merged, part, shaped } from './section.ts'
import type { SettingIssue } from './settings-check.ts'
import { checkSettings } from './settings-check.ts'
import { address, bool, integerIn, mac, oneOf } from './values.ts'

/** The parts are judged one by one, so that a fault in one hides none in another. */
const secureNatShape = z.strictObject(
  {
    enabled: z.optional(bool),
    saveLog: z.optional(bool),
    host: z.optional(z.unknown()),
    nat: z.optional(z.unknown()),
    dhcp: z.optional(z.unknown()),
    egress: z.optional(z.unknown()),
    dns: z.optional(z.unknown()),
    inbound: z.optional(z.unknown()),
  },
  'an object',
)

const hostShape = z.strictObject(
  {
    macAddress: z.optional(mac),
    ipAddress: z.optional(address),
    subnetMask: z.optional(address),
    beaconSeconds: z.optional(integerIn(BEACON_SECONDS_RANGE)),
  },
  'an object',
)

const natShape = z.strictObject(
  {
    enabled: z.optional(bool),
    mtu: z.optional(integerIn(MTU_RANGE)),
    tcpTimeoutSeconds: z.optional(integerIn(TCP_TIMEOUT_RANGE)),
    udpTimeoutSeconds: z.optional(integerIn(UDP_TIMEOUT_RANGE)),
    udpFiltering: z.optional(oneOf(['endpointIndependent', 'addressDependent'])),
    discovery: z.optional(oneOf(['off', 'relay'])),
    icmp: z.optional(oneOf(['auto', 'real', 'dummy', 'off'])),
    limits: z.optional(natLimitsShape),
  },
  'an object',
)

export interface SecureNatSection {
  readonly enabled: boolean
  readonly options: SecureNatOptions
}

export function initialSecureNat(defaults: ConfigDefaults): SecureNatOptions {
  return defaultOptions(randomMac(defaults.random()), defaults.domainName)
}

/** @param json what is behind the key, an empty object for nothing */
export function parseSecureNat(
  json: unknown,
  path: string,
  defaults: ConfigDefaults,
  issues: SettingIssue[],
): SecureNatSection | undefined {
  // The parts are read from the text itself, so that a fault beside them does not hide theirs.
  const outer = shaped(secureNatShape, json, path, issues)
  const host = shaped(hostShape, part(json, 'host'), `${path}.host`, issues)
  const nat = shaped(natShape, part(json, 'nat'), `${path}.nat`, issues)
  const egress = shaped(egressShape, part(json, 'egress'), `${path}.egress`, issues)
  const dns = shaped(dnsShape, part(json, 'dns'), `${path}.dns`, issues)
  const inbound = shaped(inboundShape, (isRecord(json) ? json.inbound : undefined) ?? [], `${path}.inbound`, issues)
  const initial = initialSecureNat(defaults)
  const dhcp = parseDhcpSection(part(json, 'dhcp'), `${path}.dhcp`, initial.dhcp, issues)
  const options: SecureNatOptions = {
    host: merged(initial.host, host),
    nat: merged(initial.nat, nat && { ...nat, limits: merged(initial.nat.limits, nat.limits) }),
    dhcp: dhcp ?? initial.dhcp,
    egress: egress === undefined ? initial.egress : egressOf(egress),
    dns: merged(initial.dns, dns),
    inbound: inboundOf(inbound ?? [], `${path}.inbound`, issues),
    saveLog: outer?.saveLog ?? initial.saveLog,
  }
  const judged = {
    host: host && options.host,
    dhcp: dhcp && options.dhcp,
    dns: dns && options.dns,
    inbound: inbound && options.inbound,
  }
  for (const issue of checkSettings(judged)) issues.push({ ...issue, path: `${path}.${issue.path}` })
  return outer && { enabled: outer.enabled ?? false, options }
}

export function formatSecureNat({ enabled, options }: SecureNatSection) {
  const { host, nat, dhcp, egress, dns, inbound, saveLog } = options
  return {
    enabled,
    saveLog,
    host: {
      macAddress: formatMac(host.macAddress),
      ipAddress: formatIpv4(host.ipAddress),
      subnetMask: formatIpv4(host.subnetMask),
      beaconSeconds: host.beaconSeconds,
    },
    nat,
    dhcp: formatDhcpSection(dhcp),
    egress: formatEgress(egress),
    dns: formatDns(dns),
    inbound: formatInbound(inbound),
  }
}
