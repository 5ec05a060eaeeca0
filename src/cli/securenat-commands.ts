// The commands SecureNat…, Nat… and Dhcp…: the operations on SecureNAT and its tables as vpncmd knows them.

import type { AdminCommand, CommandContext } from './admin-command.ts'
import { fieldNames, settings, text } from './admin-command.ts'
import type { Text } from './command.ts'
import { calls, operandAs } from './declare.ts'
import { addressOrNone, dateWithDay, macFromBase64, thousands, yesNo } from './format.ts'
import { PAGED, pageOf } from './paging.ts'
import { DHCP_OPTIONS, dhcpNames, HOST_OPTIONS, NAT_OPTIONS } from './securenat-options.ts'
import type { Row } from './table.ts'

/** R12: whoever switches it on should have read this. */
const WARNING = text(
  'Warning: SecureNAT is for administrators and for people who know networks. Used rightly it gives safe remote access; used wrongly it can endanger a whole network. Do not enable it without the permission of the administrator of the network.',
  '警告: SecureNAT はシステム管理者やネットワークの知識がある方のための機能です。正しく使えば安全なリモートアクセスができますが、誤って使うとネットワーク全体を危険にさらすことがあります。ネットワーク管理者の許可なしに有効にしないでください。',
)

const PROTOCOLS = ['TCP/IP', 'UDP/IP', 'DNS', 'ICMP'] as const
const TCP_STATUSES: Readonly<Record<number, Text>> = {
  0: text('Connecting', '接続中'),
  1: text('Disconnecting', '切断中'),
  2: text('Connected', '接続完了'),
  3: text('Running', '通信中'),
  4: text('Disconnecting', '切断中'),
}

export const SECURENAT_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'SecureNatEnable',
    summary: text(
      'enable SecureNAT (Virtual NAT and Virtual DHCP Server)',
      'SecureNAT (仮想 NAT と仮想 DHCP サーバー) を有効にする',
    ),
    description: WARNING,
    options: [],
    run: calls('EnableSecureNAT', ({ hub }) => ({ HubName_str: hub })),
  },
  {
    name: 'SecureNatDisable',
    summary: text('disable SecureNAT; its sessions are reset', 'SecureNAT を無効にする (セッションは切断されます)'),
    options: [],
    run: calls('DisableSecureNAT', ({ hub }) => ({ HubName_str: hub })),
  },
  {
    name: 'SecureNatStatusGet',
    summary: text('show how many sessions and leases there are', 'SecureNAT の動作状況を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const status = await call('GetSecureNATStatus', { HubName_str: hub })
      const sessions = (count: number): Text => text(`${count} Session`, `${count} セッション`)
      const rows: Row[] = [
        [text('Virtual Hub Name', '仮想 HUB 名'), status.HubName_str],
        [text('NAT TCP/IP Sessions', 'NAT TCP/IP セッション数'), sessions(status.NumTcpSessions_u32)],
        [text('NAT UDP/IP Sessions', 'NAT UDP/IP セッション数'), sessions(status.NumUdpSessions_u32)],
        [text('NAT ICMP Sessions', 'NAT ICMP セッション数'), sessions(status.NumIcmpSessions_u32)],
        [text('NAT DNS Sessions', 'NAT DNS セッション数'), sessions(status.NumDnsSessions_u32)],
        [
          text('Allocated DHCP Clients', '割り当て済み DHCP クライアント数'),
          text(`${status.NumDhcpClients_u32} Client`, `${status.NumDhcpClients_u32} クライアント`),
        ],
        [text('Kernel-mode NAT is Active', 'カーネルモード NAT で動作中'), yesNo(status.IsKernelMode_bool)],
        [text('Raw IP mode NAT is Active', 'Raw IP モード NAT で動作中'), yesNo(status.IsRawIpMode_bool)],
      ]
      return { json: status, records: [rows] }
    },
  },
  {
    name: 'SecureNatHostGet',
    summary: text(
      'show the network interface of the virtual host',
      '仮想ホストのネットワークインターフェイスの設定を表示する',
    ),
    options: [],
    run: async ({ call, hub }) => {
      const option = await call('GetSecureNATOption', { RpcHubName_str: hub })
      const rows: Row[] = [
        [text('MAC Address', 'MAC アドレス'), macFromBase64(option.MacAddress_bin)],
        [text('IP Address', 'IP アドレス'), option.Ip_ip],
        [text('Subnet Mask', 'サブネットマスク'), option.Mask_ip],
      ]
      return { json: option, records: [rows] }
    },
  },
  {
    name: 'SecureNatHostSet',
    summary: text(
      'set the network interface of the virtual host',
      '仮想ホストのネットワークインターフェイスを設定する',
    ),
    options: HOST_OPTIONS,
    oneOf: HOST_OPTIONS,
    fields: { ...fieldNames(HOST_OPTIONS), ...dhcpNames() },
    run(context) {
      return setOptions(context, { ...settings(HOST_OPTIONS, context.arguments), MoveDhcp_bool: true })
    },
  },
  {
    name: 'NatEnable',
    summary: text('enable the Virtual NAT', '仮想 NAT を有効にする'),
    options: [],
    run: (context) => setOptions(context, { UseNat_bool: true }),
  },
  {
    name: 'NatDisable',
    summary: text(
      'disable the Virtual NAT; new connections are refused',
      '仮想 NAT を無効にする (新しい接続は拒否されます)',
    ),
    options: [],
    run: (context) => setOptions(context, { UseNat_bool: false }),
  },
  {
    name: 'NatGet',
    summary: text('show the settings of the Virtual NAT', '仮想 NAT の設定を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const option = await call('GetSecureNATOption', { RpcHubName_str: hub })
      const rows: Row[] = [
        [text('Use Virtual NAT Function', '仮想 NAT 機能を使用する'), yesNo(option.UseNat_bool)],
        [text('MTU Value', 'MTU 値'), String(option.Mtu_u32)],
        [text('TCP Session Timeout (Seconds)', 'TCP セッションのタイムアウト (秒)'), String(option.NatTcpTimeout_u32)],
        [text('UDP Session Timeout (Seconds)', 'UDP セッションのタイムアウト (秒)'), String(option.NatUdpTimeout_u32)],
        [text('Save NAT and DHCP Operation Log', 'NAT および DHCP の動作のログ保存'), yesNo(option.SaveLog_bool)],
      ]
      return { json: option, records: [rows] }
    },
  },
  {
    name: 'NatSet',
    summary: text('change the settings of the Virtual NAT', '仮想 NAT の設定を変更する'),
    options: NAT_OPTIONS,
    oneOf: NAT_OPTIONS,
    fields: fieldNames(NAT_OPTIONS),
    run(context) {
      return setOptions(context, settings(NAT_OPTIONS, context.arguments))
    },
  },
  {
    name: 'NatTable',
    summary: text('show the session table of the Virtual NAT', '仮想 NAT のセッションテーブルを表示する'),
    ...PAGED,
    run: async ({ call, hub, arguments: parsed }) => {
      const table = await call('EnumNAT', { HubName_str: hub, ...pageOf(parsed) })
      const records = table.NatTable.map((row): Row[] => [
        [text('ID', 'ID'), String(row.Id_u32)],
        [text('Protocol', 'プロトコル'), PROTOCOLS[row.Protocol_u32] ?? String(row.Protocol_u32)],
        [text('Source Host', '接続元ホスト'), row.SrcHost_str],
        [text('Source Port', '接続元ポート'), String(row.SrcPort_u32)],
        [text('Destination Host', '接続先ホスト'), row.DestHost_str],
        [text('Destination Port', '接続先ポート'), String(row.DestPort_u32)],
        [text('Session Created On', 'セッション作成日時'), dateWithDay(row.CreatedTime_dt)],
        [text('Last Communication Time', '最終通信時刻'), dateWithDay(row.LastCommTime_dt)],
        [
          text('Receive / Send Size', '受信 / 送信サイズ'),
          `${thousands(row.RecvSize_u64)} / ${thousands(row.SendSize_u64)}`,
        ],
        [
          text('TCP Connection Status', 'TCP 接続状態'),
          row.Protocol_u32 === 0 ? (TCP_STATUSES[row.TcpStatus_u32] ?? '') : '',
        ],
      ])
      return { json: table, records }
    },
  },
  {
    name: 'NatDelete',
    summary: text('end one session of the NAT table; the guest sees a reset', '仮想 NAT のセッションを切断する'),
    operands: [{ name: 'ID', required: true, help: text('its ID in NatTable', 'NatTable に表示される ID') }],
    options: [],
    fields: { Id_u32: 'ID' },
    run: calls('DeleteNAT', operandAs('Id_u32')),
  },
  {
    name: 'DhcpEnable',
    summary: text('enable the Virtual DHCP Server', '仮想 DHCP サーバーを有効にする'),
    options: [],
    fields: dhcpNames(),
    run: (context) => setOptions(context, { UseDhcp_bool: true }),
  },
  {
    name: 'DhcpDisable',
    summary: text('disable the Virtual DHCP Server', '仮想 DHCP サーバーを無効にする'),
    options: [],
    run: (context) => setOptions(context, { UseDhcp_bool: false }),
  },
  {
    name: 'DhcpGet',
    summary: text('show the settings of the Virtual DHCP Server', '仮想 DHCP サーバーの設定を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const option = await call('GetSecureNATOption', { RpcHubName_str: hub })
      const rows: Row[] = [
        [text('Use Virtual DHCP Function', '仮想 DHCP 機能を使用する'), yesNo(option.UseDhcp_bool)],
        [text('Start Distribution Address Band', '配布アドレス帯の開始'), option.DhcpLeaseIPStart_ip],
        [text('End Distribution Address Band', '配布アドレス帯の終了'), option.DhcpLeaseIPEnd_ip],
        [text('Subnet Mask', 'サブネットマスク'), option.DhcpSubnetMask_ip],
        [text('Lease Limit (Seconds)', 'リース期限 (秒)'), String(option.DhcpExpireTimeSpan_u32)],
        [
          text('Default Gateway Address', 'デフォルトゲートウェイアドレス'),
          addressOrNone(option.DhcpGatewayAddress_ip),
        ],
        [text('DNS Server Address 1', 'DNS サーバー アドレス 1'), addressOrNone(option.DhcpDnsServerAddress_ip)],
        [text('DNS Server Address 2', 'DNS サーバー アドレス 2'), addressOrNone(option.DhcpDnsServerAddress2_ip)],
        [text('Domain Name', 'ドメイン名'), option.DhcpDomainName_str],
        [text('Save NAT and DHCP Operation Log', 'NAT および DHCP の動作のログ保存'), yesNo(option.SaveLog_bool)],
        [text('Static Routing Table to Push', 'プッシュする静的ルーティングテーブル'), option.DhcpPushRoutes_str],
      ]
      return { json: option, records: [rows] }
    },
  },
  {
    name: 'DhcpSet',
    summary: text('change the settings of the Virtual DHCP Server', '仮想 DHCP サーバーの設定を変更する'),
    description: text(
      'Settings that are not given stay as they are. The new ones hold for new leases and renewals.',
      '指定しない設定は変わりません。新しい設定は新しいリースと更新から有効になります。',
    ),
    options: DHCP_OPTIONS,
    oneOf: DHCP_OPTIONS,
    fields: fieldNames(DHCP_OPTIONS),
    run(context) {
      return setOptions(context, settings(DHCP_OPTIONS, context.arguments))
    },
  },
  {
    name: 'DhcpTable',
    summary: text('show the lease table of the Virtual DHCP Server', '仮想 DHCP サーバーのリーステーブルを表示する'),
    ...PAGED,
    run: async ({ call, hub, arguments: parsed }) => {
      const table = await call('EnumDHCP', { HubName_str: hub, ...pageOf(parsed) })
      const records = table.DhcpTable.map((row): Row[] => [
        [text('ID', 'ID'), String(row.Id_u32)],
        [text('Leased at', 'リース開始日時'), dateWithDay(row.LeasedTime_dt)],
        [text('Expires at', 'リース期限'), dateWithDay(row.ExpireTime_dt)],
        [text('MAC Address', 'MAC アドレス'), macFromBase64(row.MacAddress_bin)],
        [text('Allocated IP', '割り当て IP'), row.IpAddress_ip],
        [text('Client Host Name', 'クライアントホスト名'), row.Hostname_str],
      ])
      return { json: table, records }
    },
  },
]

async function setOptions({ call, hub }: CommandContext, params: object) {
  return { json: await call('SetSecureNATOption', { RpcHubName_str: hub, ...params }) }
}
