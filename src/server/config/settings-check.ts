// Judges the settings of one SecureNAT: whether its addresses make sense, by themselves and beside each other. Plain
// ranges of numbers are in the schemas (securenat.ts, admin/securenat-operations.ts).
//
// The same judgement serves the configuration file and the management operations; all faults are reported at once. A pool
// is compared with the virtual host's network only while the DHCP server is on, so that a network can be moved in two
// steps with the DHCP server off between them.

import type { InboundRule } from '../../nat/inbound-rule.ts'
import type { DnsOptions } from '../../securenat/dns/options.ts'
import { checkInboundRules } from '../../securenat/inbound-settings.ts'
import type { DhcpOptions, VirtualHostOptions } from '../../securenat/options.ts'
import { PUSH_ROUTES_MAX } from '../../securenat/options.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import {
  broadcastOf,
  formatIpv4,
  inSubnet,
  isLoopbackIpv4,
  isMulticastIpv4,
  isReservedIpv4,
  isThisNetworkIpv4,
  networkOf,
  prefixLength,
} from '../../wire/ipv4-address.ts'
import { formatMac, isMulticastMac } from '../../wire/mac.ts'
import { checkDns } from './dns.ts'
import { checkReservations, checkReservedAddresses } from './reservation-check.ts'

/** One fault: `path must be allowed, is actual`. */
export interface SettingIssue {
  /** `dhcp.leaseStart`, relative to whatever was judged. */
  readonly path: string
  /** What would be right: `from 62 to 65520`. */
  readonly allowed: string
  /** What is there now, as the user wrote it. */
  readonly actual: string
}

/** Longest and shortest network a virtual LAN can be: with fewer than two host bits there is no room for a guest. */
const PREFIX_RANGE = { min: 1, max: 30 } as const
const DOMAIN_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/
const DOMAIN_NAME_MAX = 253

export function describeIssue(issue: SettingIssue): string {
  return `${issue.path}: must be ${issue.allowed}, is ${issue.actual}`
}

type Report = (path: string, allowed: string, actual: string) => void

/** A part that could not be read is left out: the others are judged all the same. */
export interface JudgedSettings {
  readonly host?: VirtualHostOptions | undefined
  readonly dhcp?: DhcpOptions | undefined
  readonly dns?: DnsOptions | undefined
  readonly inbound?: readonly InboundRule[] | undefined
}

export function checkSettings({ host, dhcp, dns, inbound }: JudgedSettings): SettingIssue[] {
  const issues: SettingIssue[] = []
  const report: Report = (path, allowed, actual) => issues.push({ path, allowed, actual })
  if (host !== undefined) checkHost(host, report)
  if (dhcp !== undefined) checkDhcp(dhcp, report)
  if (dns !== undefined) checkDns(dns, report)
  // Faulty addresses make every comparison fail with them: the pool is compared only with a sound network.
  if (issues.length === 0 && host !== undefined && dhcp?.enabled === true) {
    checkPool(host, dhcp, report)
    checkReservedAddresses(host, dhcp, report)
  }
  if (issues.length === 0 && host !== undefined && inbound !== undefined) {
    for (const { index, field, allowed, actual } of checkInboundRules(inbound, host)) {
      report(`inbound.${index}.${field}`, allowed, actual)
    }
  }
  return issues
}

function checkHost(host: VirtualHostOptions, report: Report): void {
  const { macAddress, ipAddress, subnetMask } = host
  if (macAddress === 0 || isMulticastMac(macAddress)) {
    report('host.macAddress', 'a unicast address, and not zero', formatMac(macAddress))
  }
  const maskIsSound = checkMask('host.subnetMask', subnetMask, report)
  if (!isHostAddress(ipAddress)) {
    report(
      'host.ipAddress',
      'a host address, outside 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/4 and 240.0.0.0/4',
      formatIpv4(ipAddress),
    )
  } else if (maskIsSound && isNetworkOrBroadcast(ipAddress, ipAddress, subnetMask)) {
    report(
      'host.ipAddress',
      `neither the network nor the broadcast address of ${formatSubnet(ipAddress, subnetMask)}`,
      formatIpv4(ipAddress),
    )
  }
}

function checkDhcp(dhcp: DhcpOptions, report: Report): void {
  checkMask('dhcp.subnetMask', dhcp.subnetMask, report)
  if (dhcp.domainName !== '' && !isDomainName(dhcp.domainName)) {
    report('dhcp.domainName', 'a domain name such as example.org, or empty', JSON.stringify(dhcp.domainName))
  }
  if (dhcp.pushRoutes.length > PUSH_ROUTES_MAX) {
    report('dhcp.pushRoutes', `at most ${PUSH_ROUTES_MAX} routes`, `${dhcp.pushRoutes.length} routes`)
  }
  checkReservations(dhcp, report)
}

function checkPool(host: VirtualHostOptions, dhcp: DhcpOptions, report: Report): void {
  const subnet = formatSubnet(host.ipAddress, host.subnetMask)
  let isInside = true
  for (const [path, address] of [
    ['dhcp.leaseStart', dhcp.leaseStart],
    ['dhcp.leaseEnd', dhcp.leaseEnd],
  ] as const) {
    if (!inSubnet(address, host.ipAddress, host.subnetMask)) {
      report(path, `inside the virtual host's network ${subnet}`, formatIpv4(address))
      isInside = false
    } else if (isNetworkOrBroadcast(address, host.ipAddress, host.subnetMask)) {
      report(path, `neither the network nor the broadcast address of ${subnet}`, formatIpv4(address))
      isInside = false
    }
  }
  if (!isInside) return
  if (dhcp.leaseStart > dhcp.leaseEnd) {
    report('dhcp.leaseStart', `at most dhcp.leaseEnd, ${formatIpv4(dhcp.leaseEnd)}`, formatIpv4(dhcp.leaseStart))
  } else if (dhcp.leaseStart <= host.ipAddress && host.ipAddress <= dhcp.leaseEnd) {
    report(
      'dhcp.leaseStart',
      `so that the pool leaves out the virtual host's own address ${formatIpv4(host.ipAddress)}`,
      `${formatIpv4(dhcp.leaseStart)} (to ${formatIpv4(dhcp.leaseEnd)})`,
    )
  } else if (
    !inSubnet(dhcp.leaseEnd, dhcp.leaseStart, dhcp.subnetMask) ||
    isNetworkOrBroadcast(dhcp.leaseStart, dhcp.leaseStart, dhcp.subnetMask) ||
    isNetworkOrBroadcast(dhcp.leaseEnd, dhcp.leaseStart, dhcp.subnetMask)
  ) {
    report(
      'dhcp.subnetMask',
      `a mask that makes ${formatIpv4(dhcp.leaseStart)} to ${formatIpv4(dhcp.leaseEnd)} host addresses of one network`,
      formatIpv4(dhcp.subnetMask),
    )
  }
}

function checkMask(path: string, mask: Ipv4Address, report: Report): boolean {
  const prefix = prefixLength(mask)
  const isSound = prefix !== undefined && prefix >= PREFIX_RANGE.min && prefix <= PREFIX_RANGE.max
  if (!isSound) report(path, 'a contiguous mask from 128.0.0.0 to 255.255.255.252', formatIpv4(mask))
  return isSound
}

export function isDomainName(name: string): boolean {
  return name.length <= DOMAIN_NAME_MAX && DOMAIN_NAME.test(name)
}

function isHostAddress(address: Ipv4Address): boolean {
  return !(isThisNetworkIpv4(address) || isLoopbackIpv4(address) || isMulticastIpv4(address) || isReservedIpv4(address))
}

function isNetworkOrBroadcast(address: Ipv4Address, inNetworkOf: Ipv4Address, mask: Ipv4Address): boolean {
  return address === networkOf(inNetworkOf, mask) || address === broadcastOf(inNetworkOf, mask)
}

function formatSubnet(address: Ipv4Address, mask: Ipv4Address): string {
  return `${formatIpv4(networkOf(address, mask))}/${prefixLength(mask)}`
}
