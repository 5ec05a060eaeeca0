// Operations on the SecureNAT of a hub: on and off, settings, status and tables.

import * as z from 'zod/mini'
import type { NatProtocol, NatSessionRow, TcpStatus } from '../nat/rows.ts'
import type { DhcpOptions, SecureNatOptions } from '../securenat/options.ts'
import { LEASE_SECONDS_RANGE, MTU_RANGE, TCP_TIMEOUT_RANGE, UDP_TIMEOUT_RANGE } from '../securenat/options.ts'
import { formatPushRoute, parsePushRoutes } from '../securenat/push-routes.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { formatIpv4, inSubnet } from '../wire/ipv4-address.ts'
import {
  bool,
  boolean,
  ip,
  ipText,
  littleEndian,
  mac,
  macText,
  number,
  oneOf,
  str,
  timeText,
  u32,
  u32In,
} from './fields.ts'
import { requireOption } from './hub-operations.ts'
import type { SecureNatPatch } from './management/securenat.ts'
import type { CallContext } from './operation.ts'
import { operation, requireHub, text } from './operation.ts'
import { isWhole, pageParams, pageResult, partOf, rangeOf } from './paging.ts'
import type { ParameterFault } from './rpc-error.ts'
import { invalidParameters, objectNotFound } from './rpc-error.ts'

const PROTOCOL_NUMBERS: Readonly<Record<NatProtocol, number>> = { TCP: 0, UDP: 1, DNS: 2, ICMP: 3 }
/** 1 is "sending reset", which is over at once here. */
const TCP_STATUS_NUMBERS: Readonly<Record<TcpStatus, number>> = {
  connecting: 0,
  connected: 2,
  established: 3,
  disconnecting: 4,
}

const hubParams = z.object({ HubName_str: str })
const pagedParams = z.object({ HubName_str: str, ...pageParams })
const hubResult = z.object({ HubName_str: str })

/** What is left out stays as it is; the original's tools send everything. */
const optionParams = z.object({
  RpcHubName_str: str,
  MacAddress_bin: z.optional(mac),
  Ip_ip: z.optional(ip),
  Mask_ip: z.optional(ip),
  UseNat_bool: z.optional(bool),
  Mtu_u32: z.optional(u32In(MTU_RANGE)),
  NatTcpTimeout_u32: z.optional(u32In(TCP_TIMEOUT_RANGE)),
  NatUdpTimeout_u32: z.optional(u32In(UDP_TIMEOUT_RANGE)),
  NatUdpFiltering_str: z.optional(oneOf(['endpointIndependent', 'addressDependent'])),
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

const optionResult = z.object({
  RpcHubName_str: str,
  MacAddress_bin: str,
  Ip_ip: str,
  Mask_ip: str,
  UseNat_bool: boolean,
  Mtu_u32: number,
  NatTcpTimeout_u32: number,
  NatUdpTimeout_u32: number,
  NatUdpFiltering_str: str,
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
const FIELD_OF_SETTING: Readonly<Record<string, string>> = {
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

const natRow = z.object({
  Id_u32: number,
  Protocol_u32: number,
  SrcIp_ip: str,
  SrcHost_str: str,
  SrcPort_u32: number,
  DestIp_ip: str,
  DestHost_str: str,
  DestPort_u32: number,
  CreatedTime_dt: str,
  LastCommTime_dt: str,
  SendSize_u64: number,
  RecvSize_u64: number,
  TcpStatus_u32: number,
})

const leaseRow = z.object({
  Id_u32: number,
  LeasedTime_dt: str,
  ExpireTime_dt: str,
  MacAddress_bin: str,
  IpAddress_ip: str,
  Mask_u32: number,
  Hostname_str: str,
})

export const secureNatOperations = {
  EnableSecureNAT: operation({
    summary: text(
      'Switches SecureNAT on; repeating is no error',
      'SecureNAT を有効にする (繰り返してもエラーにならない)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_securenat',
    params: hubParams,
    result: hubResult,
    handle: (context, { HubName_str }) => switchSecureNat(context, HubName_str, true),
  }),

  DisableSecureNAT: operation({
    summary: text(
      'Switches SecureNAT off and resets the connections of its guests; repeating is no error',
      'SecureNAT を無効にし、通信中のセッションを切断する (繰り返してもエラーにならない)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_securenat',
    params: hubParams,
    result: hubResult,
    handle: (context, { HubName_str }) => switchSecureNat(context, HubName_str, false),
  }),

  GetSecureNATOption: operation({
    summary: text('The settings of SecureNAT, whether it is on or not', 'SecureNAT の設定 (有効か無効かを問わない)'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'RpcHubName_str',
    params: z.object({ RpcHubName_str: str }),
    result: optionResult,
    handle: (context, { RpcHubName_str }) => {
      const hub = requireHub(context, RpcHubName_str)
      return describeOptions(hub.name, hub.secureNatOptions())
    },
  }),

  SetSecureNATOption: operation({
    summary: text(
      'Changes settings of SecureNAT, at once and in the configuration; parameters left out stay as they are',
      'SecureNAT の設定を変更する (すぐに反映して保存する。省略した項目は変わらない)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'RpcHubName_str',
    params: optionParams,
    result: optionResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.RpcHubName_str)
      const { nat, dhcp } = hub.secureNatOptions()
      const { UseNat_bool: useNat = nat.enabled, UseDhcp_bool: useDhcp = dhcp.enabled } = params
      if (useNat !== nat.enabled) requireOption(context, hub, 'no_securenat_enablenat')
      if (useDhcp !== dhcp.enabled) requireOption(context, hub, 'no_securenat_enabledhcp')
      const patch = patchOf(params)
      const faults = await hub.changeSecureNat(
        params.MoveDhcp_bool === false ? patch : { ...patch, dhcp: movedAlong(hub.secureNatOptions(), patch) },
      )
      if (faults.length > 0) {
        throw invalidParameters(
          faults.map((fault) => ({ ...fault, field: FIELD_OF_SETTING[fault.path] ?? fault.path })),
        )
      }
      hub.logAdministration('optionSet', context.connection)
      return describeOptions(hub.name, hub.secureNatOptions())
    },
  }),

  GetSecureNATStatus: operation({
    summary: text(
      'How many sessions and leases there are; zeros while SecureNAT is off',
      'SecureNAT のセッション数とリース数 (無効の間は 0)',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: hubParams,
    result: z.object({
      HubName_str: str,
      NumTcpSessions_u32: number,
      NumUdpSessions_u32: number,
      NumIcmpSessions_u32: number,
      NumDnsSessions_u32: number,
      NumDhcpClients_u32: number,
      IsKernelMode_bool: boolean,
      IsRawIpMode_bool: boolean,
    }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const status = hub.secureNatStatus()
      return {
        HubName_str: hub.name,
        NumTcpSessions_u32: status?.tcpSessions ?? 0,
        NumUdpSessions_u32: status?.udpSessions ?? 0,
        NumIcmpSessions_u32: status?.icmpSessions ?? 0,
        NumDnsSessions_u32: status?.dnsSessions ?? 0,
        NumDhcpClients_u32: status?.dhcpClients ?? 0,
        // There is one way here, and it is in user mode.
        IsKernelMode_bool: false,
        IsRawIpMode_bool: false,
      }
    },
  }),

  EnumNAT: operation({
    summary: text(
      'The NAT session table, by addresses and ports, a page of it by Id_u32; empty while SecureNAT is off',
      '仮想 NAT のセッション一覧 (アドレスとポートの順、ページ指定時は Id_u32 の順。SecureNAT が無効の間は空)',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, NatTable: z.array(natRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const { total, rows } = hub.natTable(rangeOf(params))
      // A page needs an order in which new sessions come last, and which costs nothing: that of the ids.
      if (isWhole(params)) rows.sort(byFlow)
      return { HubName_str: hub.name, NumItem_u32: total, NatTable: rows.map(describeSession) }
    },
  }),

  DeleteNAT: operation({
    summary: text(
      'Ends one session of the NAT session table; the guest sees a reset',
      '仮想 NAT のセッションを 1 つ切断する (ゲストには RST が届く)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str, Id_u32: u32 }),
    result: z.object({ HubName_str: str, Id_u32: number }),
    handle: (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.deleteNatSession(Id_u32)) throw objectNotFound(`NAT session with the Id_u32 ${Id_u32}`)
      return { HubName_str: hub.name, Id_u32 }
    },
  }),

  EnumDHCP: operation({
    summary: text(
      'The DHCP lease table; empty while SecureNAT is off',
      '仮想 DHCP サーバーのリース一覧 (SecureNAT が無効の間は空)',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, DhcpTable: z.array(leaseRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const mask = littleEndian(hub.secureNatOptions().dhcp.subnetMask)
      const leases = hub.leaseTable()
      const DhcpTable = partOf(leases, params).map((lease) => ({
        Id_u32: lease.id,
        LeasedTime_dt: timeText(lease.leasedAt),
        ExpireTime_dt: timeText(lease.expiresAt),
        MacAddress_bin: macText(lease.macAddress),
        IpAddress_ip: ipText(lease.ipAddress),
        Mask_u32: mask,
        Hostname_str: lease.hostName,
      }))
      return { HubName_str: hub.name, NumItem_u32: leases.length, DhcpTable }
    },
  }),
}

async function switchSecureNat(context: CallContext, name: string, enabled: boolean) {
  const hub = requireHub(context, name)
  hub.logAdministration(enabled ? 'enabled' : 'disabled', context.connection)
  await hub.enableSecureNat(enabled)
  return { HubName_str: hub.name }
}

function patchOf(params: z.output<typeof optionParams>): SecureNatPatch {
  const faults: ParameterFault[] = []
  let pushRoutes: SecureNatOptions['dhcp']['pushRoutes'] | undefined
  if (params.DhcpPushRoutes_str !== undefined && params.ApplyDhcpPushRoutes_bool !== false) {
    pushRoutes = parsePushRoutes(params.DhcpPushRoutes_str)
    if (pushRoutes === undefined) {
      faults.push({
        field: 'DhcpPushRoutes_str',
        allowed: 'routes such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway), separated by commas',
        actual: JSON.stringify(params.DhcpPushRoutes_str),
      })
    }
  }
  if (faults.length > 0) throw invalidParameters(faults)
  return {
    host: present({ macAddress: params.MacAddress_bin, ipAddress: params.Ip_ip, subnetMask: params.Mask_ip }),
    nat: present({
      enabled: params.UseNat_bool,
      mtu: params.Mtu_u32,
      tcpTimeoutSeconds: params.NatTcpTimeout_u32,
      udpTimeoutSeconds: params.NatUdpTimeout_u32,
      udpFiltering: params.NatUdpFiltering_str,
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
      pushRoutes,
    }),
    ...present({ saveLog: params.SaveLog_bool }),
  }
}

/** Pool, mask, gateway and DNS servers that belong to the virtual host's old network, as they are in its new one. */
/**
 * What DHCP clients are told moves along with the virtual host, but for what the caller changes himself. What he sends back as it
 * was he does not mean to keep: the original's tools read all settings, change some, and send all.
 */
function movedAlong(options: SecureNatOptions, patch: SecureNatPatch): Partial<DhcpOptions> {
  const moved = movedDhcp(options, patch)
  const given = Object.entries(patch.dhcp ?? {}).filter(
    ([key, value]) => !(key in moved) || value !== options.dhcp[key as keyof DhcpOptions],
  )
  return { ...moved, ...Object.fromEntries(given) }
}

function movedDhcp({ host, dhcp }: SecureNatOptions, patch: SecureNatPatch): Partial<DhcpOptions> {
  const next = { ...host, ...patch.host }
  if (next.ipAddress === host.ipAddress && next.subnetMask === host.subnetMask) return {}
  const own = (address: Ipv4Address): Ipv4Address => (address === host.ipAddress ? next.ipAddress : address)
  const isSameNetwork = inSubnet(next.ipAddress, host.ipAddress, host.subnetMask) && next.subnetMask === host.subnetMask
  const moved = (address: Ipv4Address): Ipv4Address =>
    isSameNetwork || !inSubnet(address, host.ipAddress, host.subnetMask)
      ? address
      : ((((next.ipAddress & next.subnetMask) | (address & ~host.subnetMask & ~next.subnetMask)) >>> 0) as Ipv4Address)
  return {
    leaseStart: moved(dhcp.leaseStart),
    leaseEnd: moved(dhcp.leaseEnd),
    subnetMask: dhcp.subnetMask === host.subnetMask ? next.subnetMask : dhcp.subnetMask,
    gateway: own(dhcp.gateway),
    dnsServer1: own(dhcp.dnsServer1),
    dnsServer2: own(dhcp.dnsServer2),
    reservations: dhcp.reservations.map((reservation) => ({ ...reservation, ipAddress: moved(reservation.ipAddress) })),
  }
}

/** Without the keys that were not given. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function describeOptions(hub: string, { host, nat, dhcp, saveLog }: SecureNatOptions): z.input<typeof optionResult> {
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

function describeSession(row: NatSessionRow): z.input<typeof natRow> {
  const internal = formatIpv4(row.internalAddress)
  const destination = formatIpv4(row.destinationAddress)
  return {
    Id_u32: row.id,
    Protocol_u32: PROTOCOL_NUMBERS[row.protocol],
    SrcIp_ip: internal,
    SrcHost_str: internal,
    SrcPort_u32: row.internalPort,
    DestIp_ip: destination,
    DestHost_str: destination,
    DestPort_u32: row.destinationPort,
    CreatedTime_dt: timeText(row.createdAt),
    LastCommTime_dt: timeText(row.lastCommunicationAt),
    SendSize_u64: row.sentBytes,
    RecvSize_u64: row.receivedBytes,
    TcpStatus_u32: row.tcpStatus === undefined ? 0 : TCP_STATUS_NUMBERS[row.tcpStatus],
  }
}

/** The original's order: by source address, destination address, source port, destination port. */
function byFlow(a: NatSessionRow, b: NatSessionRow): number {
  return (
    a.internalAddress - b.internalAddress ||
    a.destinationAddress - b.destinationAddress ||
    a.internalPort - b.internalPort ||
    a.destinationPort - b.destinationPort
  )
}
