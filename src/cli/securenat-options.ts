// The settings of SecureNAT as options of SecureNatHostSet, NatSet and DhcpSet.

import type { SettingOption } from './admin-command.ts'
import { emptyIfNone, text, unlessNone, yesOrNo } from './admin-command.ts'
import { UsageError } from './command.ts'
import { macToBase64 } from './format.ts'

const LOG_OPTION: SettingOption = {
  name: 'log',
  value: 'yes|no',
  field: 'SaveLog_bool',
  convert: yesOrNo,
  help: text('write NAT and DHCP operations to the security log', 'NAT と DHCP の動作をセキュリティログに保存する'),
}

export const HOST_OPTIONS: readonly SettingOption[] = [
  {
    name: 'mac',
    value: 'MAC',
    field: 'MacAddress_bin',
    convert: (given) => {
      if (unlessNone(given) === undefined) return undefined
      const mac = macToBase64(given)
      if (mac === undefined) {
        throw new UsageError(
          `SecureNatHostSet: --mac must be a MAC address such as 00-AC-01-23-45-67, is ${JSON.stringify(given)}`,
        )
      }
      return mac
    },
    help: text('MAC address of the virtual host', '仮想ホストの MAC アドレス'),
  },
  {
    name: 'ip',
    value: 'IP',
    field: 'Ip_ip',
    convert: unlessNone,
    help: text(
      'IP address; the DHCP server follows into another network',
      'IP アドレス (ネットワークが変わると DHCP サーバーも移動します)',
    ),
  },
  {
    name: 'mask',
    value: 'MASK',
    field: 'Mask_ip',
    convert: unlessNone,
    help: text('subnet mask', 'サブネットマスク'),
  },
]

export const NAT_OPTIONS: readonly SettingOption[] = [
  {
    name: 'mtu',
    value: 'BYTES',
    field: 'Mtu_u32',
    convert: unlessNone,
    help: text('MTU, 62-65520', 'MTU 値、62-65520'),
  },
  {
    name: 'tcptimeout',
    value: 'SECONDS',
    field: 'NatTcpTimeout_u32',
    convert: unlessNone,
    help: text('idle time of TCP sessions, 60-2000000', 'TCP セッションのタイムアウト、60-2000000'),
  },
  {
    name: 'udptimeout',
    value: 'SECONDS',
    field: 'NatUdpTimeout_u32',
    convert: unlessNone,
    help: text('idle time of UDP sessions, 10-2000000', 'UDP セッションのタイムアウト、10-2000000'),
  },
  {
    name: 'udpfiltering',
    value: 'endpointIndependent|addressDependent',
    field: 'NatUdpFiltering_str',
    convert: unlessNone,
    help: text('who may send to a UDP port of a guest', 'ゲストの UDP ポートに送信できる相手'),
  },
  {
    name: 'discovery',
    value: 'off|relay',
    field: 'NatDiscovery_str',
    convert: unlessNone,
    help: text(
      "whether guests may look for devices on this computer's network",
      'ゲストがこのコンピュータのネットワーク上の機器を探せるかどうか',
    ),
  },
  {
    name: 'icmp',
    value: 'auto|real|dummy|off',
    field: 'NatIcmpMode_str',
    convert: unlessNone,
    help: text('how ping through the router is answered', 'ルーター越しの ping への応答方法'),
  },
  LOG_OPTION,
]

export const DHCP_OPTIONS: readonly SettingOption[] = [
  {
    name: 'start',
    value: 'IP',
    field: 'DhcpLeaseIPStart_ip',
    convert: unlessNone,
    help: text('first address given out', '配布アドレス帯の開始'),
  },
  {
    name: 'end',
    value: 'IP',
    field: 'DhcpLeaseIPEnd_ip',
    convert: unlessNone,
    help: text('last address given out', '配布アドレス帯の終了'),
  },
  {
    name: 'mask',
    value: 'MASK',
    field: 'DhcpSubnetMask_ip',
    convert: unlessNone,
    help: text('subnet mask given to clients', 'クライアントに配布するサブネットマスク'),
  },
  {
    name: 'expire',
    value: 'SECONDS',
    field: 'DhcpExpireTimeSpan_u32',
    convert: unlessNone,
    help: text('lease time, 15-2000000', 'リース期限、15-2000000'),
  },
  {
    name: 'gw',
    value: 'IP|none',
    field: 'DhcpGatewayAddress_ip',
    convert: emptyIfNone,
    help: text('default gateway', 'デフォルトゲートウェイ'),
  },
  {
    name: 'dns',
    value: 'IP|none',
    field: 'DhcpDnsServerAddress_ip',
    convert: emptyIfNone,
    help: text('first DNS server', 'DNS サーバー 1'),
  },
  {
    name: 'dns2',
    value: 'IP|none',
    field: 'DhcpDnsServerAddress2_ip',
    convert: emptyIfNone,
    help: text('second DNS server', 'DNS サーバー 2'),
  },
  {
    name: 'domain',
    value: 'NAME|none',
    field: 'DhcpDomainName_str',
    convert: emptyIfNone,
    help: text('domain name', 'ドメイン名'),
  },
  {
    name: 'pushroute',
    value: 'ROUTES|none',
    field: 'DhcpPushRoutes_str',
    convert: emptyIfNone,
    help: text(
      'routes to push, network/mask/gateway, separated by commas',
      'プッシュするルート、ネットワーク/マスク/ゲートウェイ (カンマ区切り)',
    ),
  },
  LOG_OPTION,
]

/** The settings of the DHCP server may be what stands in the way of another command; it is DhcpSet that changes them. */
export function dhcpNames(): Readonly<Record<string, string>> {
  return Object.fromEntries(DHCP_OPTIONS.map((option) => [option.field, `DhcpSet --${option.name}`]))
}
