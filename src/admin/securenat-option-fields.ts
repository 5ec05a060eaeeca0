// The settings of SecureNAT as GetSecureNATOption and SetSecureNATOption name them: from parameters to settings, and back.

import * as z from 'zod/mini'
import type { SecureNatOptions } from '../securenat/options.ts'
import { LEASE_SECONDS_RANGE, MTU_RANGE, TCP_TIMEOUT_RANGE, UDP_TIMEOUT_RANGE } from '../securenat/options.ts'
import { formatPushRoute, parsePushRoutes } from '../securenat/push-routes.ts'
import { bool, boolean, ip, ipText, mac, macText, number, oneOf, str, u32In } from './fields.ts'
import type { SecureNatPatch } from './management/securenat.ts'
import { invalidParameters } from './rpc-error.ts'

/** What is left out stays as it is; the original's tools send everything. */
export const optionParams = z.object({
  RpcHubName_str: str,
  MacAddress_bin: z.optional(mac),
  Ip_ip: z.optional(ip),
  Mask_ip: z.optional(ip),
  UseNat_bool: z.optional(bool),
  Mtu_u32: z.optional(u32In(MTU_RANGE)),
  NatTcpTimeout_u32: z.optional(u32In(TCP_TIMEOUT_RANGE)),
  NatUdpTimeout_u32: z.optional(u32In(UDP_TIMEOUT_RANGE)),
  NatUdpFiltering_str: z.optional(oneOf(['endpointIndependent', 'addressDependent'])),
  NatDiscovery_str: z.optional(oneOf(['off', 'relay'])),
  NatIcmpMode_str: z.optional(oneOf(['auto', 'real', 'dummy', 'off'])),
  UseDhcp_bool: z.optional(bool),
  DhcpLeaseIPStart_ip: z.optional(ip),
  DhcpLeaseIPEnd_ip: z.optional(ip),
  DhcpSubnetMask_ip: z.optional(ip),
  DhcpExpireTimeSpan_u32: z.optional(u32In(LEASE_SECONDS_RANGE)),
  DhcpGatewayAddress_ip: z.optional(ip),
  DhcpDnsServerAddress_ip: z.optional(ip),
  DhcpDnsServerAddress2_ip: z.optional(ip),
  DhcpDomainName_str: z.optional(str),
  SaveLog_bool: z.optional(bool),
  ApplyDhcpPushRoutes_bool: z.optional(bool),
  DhcpPushRoutes_str: z.optional(str),
  /** When the virtual host moves to another network, what DHCP clients are told moves along, unless this is false. */
  MoveDhcp_bool: z.optional(bool),
})

type OptionParams = z.output<typeof optionParams>

export const optionResult = z.object({
  RpcHubName_str: str,
  MacAddress_bin: str,
  Ip_ip: str,
  Mask_ip: str,
  UseNat_bool: boolean,
  Mtu_u32: number,
  NatTcpTimeout_u32: number,
  NatUdpTimeout_u32: number,
  NatUdpFiltering_str: str,
  NatDiscovery_str: str,
  NatIcmpMode_str: str,
  UseDhcp_bool: boolean,
  DhcpLeaseIPStart_ip: str,
  DhcpLeaseIPEnd_ip: str,
  DhcpSubnetMask_ip: str,
  DhcpExpireTimeSpan_u32: number,
  DhcpGatewayAddress_ip: str,
  DhcpDnsServerAddress_ip: str,
  DhcpDnsServerAddress2_ip: str,
  DhcpDomainName_str: str,
  SaveLog_bool: boolean,
  ApplyDhcpPushRoutes_bool: boolean,
  DhcpPushRoutes_str: str,
})

/** Which parameter a setting came from, to name it in a refusal. */
export const FIELD_OF_SETTING: Readonly<Record<string, string>> = {
  'host.macAddress': 'MacAddress_bin',
  'host.ipAddress': 'Ip_ip',
  'host.subnetMask': 'Mask_ip',
  'nat.mtu': 'Mtu_u32',
  'nat.tcpTimeoutSeconds': 'NatTcpTimeout_u32',
  'nat.udpTimeoutSeconds': 'NatUdpTimeout_u32',
  'dhcp.leaseStart': 'DhcpLeaseIPStart_ip',
  'dhcp.leaseEnd': 'DhcpLeaseIPEnd_ip',
  'dhcp.subnetMask': 'DhcpSubnetMask_ip',
  'dhcp.leaseSeconds': 'DhcpExpireTimeSpan_u32',
  'dhcp.domainName': 'DhcpDomainName_str',
  'dhcp.pushRoutes': 'DhcpPushRoutes_str',
}

export function patchOf(params: OptionParams): SecureNatPatch {
  return {
    host: present({ macAddress: params.MacAddress_bin, ipAddress: params.Ip_ip, subnetMask: params.Mask_ip }),
    nat: present({
      enabled: params.UseNat_bool,
      mtu: params.Mtu_u32,
      tcpTimeoutSeconds: params.NatTcpTimeout_u32,
      udpTimeoutSeconds: params.NatUdpTimeout_u32,
      udpFiltering: params.NatUdpFiltering_str,
      discovery: params.NatDiscovery_str,
      icmp: params.NatIcmpMode_str,
    }),
    dhcp: present({
      enabled: params.UseDhcp_bool,
      leaseStart: params.DhcpLeaseIPStart_ip,
      leaseEnd: params.DhcpLeaseIPEnd_ip,
      subnetMask: params.DhcpSubnetMask_ip,
      leaseSeconds: params.DhcpExpireTimeSpan_u32,
      gateway: params.DhcpGatewayAddress_ip,
      dnsServer1: params.DhcpDnsServerAddress_ip,
      dnsServer2: params.DhcpDnsServerAddress2_ip,
      domainName: params.DhcpDomainName_str,
      pushRoutes: pushRoutesOf(params),
    }),
    ...present({ saveLog: params.SaveLog_bool }),
  }
}

function pushRoutesOf({ DhcpPushRoutes_str: given, ApplyDhcpPushRoutes_bool: isMeant }: OptionParams) {
  if (given === undefined || isMeant === false) return undefined
  const routes = parsePushRoutes(given)
  if (routes !== undefined) return routes
  const allowed = 'routes such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway), separated by commas'
  throw invalidParameters([{ field: 'DhcpPushRoutes_str', allowed, actual: JSON.stringify(given) }])
}

/** Without the keys that were not given. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

export function describeOptions(
  hub: string,
  { host, nat, dhcp, saveLog }: SecureNatOptions,
): z.input<typeof optionResult> {
  return {
    RpcHubName_str: hub,
    MacAddress_bin: macText(host.macAddress),
    Ip_ip: ipText(host.ipAddress),
    Mask_ip: ipText(host.subnetMask),
    UseNat_bool: nat.enabled,
    Mtu_u32: nat.mtu,
    NatTcpTimeout_u32: nat.tcpTimeoutSeconds,
    NatUdpTimeout_u32: nat.udpTimeoutSeconds,
    NatUdpFiltering_str: nat.udpFiltering,
    NatDiscovery_str: nat.discovery,
    NatIcmpMode_str: nat.icmp,
    UseDhcp_bool: dhcp.enabled,
    DhcpLeaseIPStart_ip: ipText(dhcp.leaseStart),
    DhcpLeaseIPEnd_ip: ipText(dhcp.leaseEnd),
    DhcpSubnetMask_ip: ipText(dhcp.subnetMask),
    DhcpExpireTimeSpan_u32: dhcp.leaseSeconds,
    DhcpGatewayAddress_ip: ipText(dhcp.gateway),
    DhcpDnsServerAddress_ip: ipText(dhcp.dnsServer1),
    DhcpDnsServerAddress2_ip: ipText(dhcp.dnsServer2),
    DhcpDomainName_str: dhcp.domainName,
    SaveLog_bool: saveLog,
    ApplyDhcpPushRoutes_bool: true,
    DhcpPushRoutes_str: dhcp.pushRoutes.map(formatPushRoute).join(', '),
  }
}
