// The commands Session…, Mac… and Ip….

import type { AdminCommand } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { Text } from './command.ts'
import { bytes, calls, command, DISABLED, operand, operandAs, trafficRows } from './declare.ts'
import { dateOrNone, macFromBase64, NONE, plainDate, thousands, yesNo } from './format.ts'
import { PAGED, pageOf } from './paging.ts'
import type { Row } from './table.ts'

const NAME = [operand('NAME', 'name of the session', 'セッション名', 'session')]
const ID = [operand('ID', 'number of the row', 'エントリの ID')]
const NO_VLAN = text('-', '－')
const ON_THIS_SERVER = text('On This Server', 'このサーバー上')

export const SESSION_COMMANDS: readonly AdminCommand[] = [
  command(
    'SessionList',
    text('list the sessions of a hub', 'HUB のセッション一覧を表示する'),
    PAGED,
    async ({ call, hub, arguments: parsed }) => {
      const list = await call('EnumSession', { HubName_str: hub, ...pageOf(parsed) })
      const records = list.SessionList.map((session): Row[] => [
        [text('Session Name', 'セッション名'), session.Name_str],
        [text('VLAN ID', 'VLAN ID'), session.VLanId_u32 === 0 ? NO_VLAN : String(session.VLanId_u32)],
        [text('Location', '場所'), location(session)],
        [text('User Name', 'ユーザー名'), session.Username_str],
        [
          text('Source Host Name', '接続元ホスト名'),
          session.SecureNATMode_bool ? text('Virtual Host', '仮想ホスト') : session.Hostname_str,
        ],
        [
          text('TCP Connections', 'TCP コネクション'),
          session.MaxNumTcp_u32 === 0 ? NONE : `${session.CurrentNumTcp_u32} / ${session.MaxNumTcp_u32}`,
        ],
        [text('Transfer Bytes', '転送バイト数'), thousands(session.PacketSize_u64)],
        [text('Transfer Packets', '転送パケット数'), thousands(session.PacketNum_u64)],
      ])
      return { json: list, records }
    },
  ),
  command(
    'SessionGet',
    text('show what is known of a session', 'セッションの情報を表示する'),
    { operands: NAME },
    async ({ call, hub, arguments: { operands } }) => {
      const status = await call('GetSessionStatus', { HubName_str: hub, Name_str: operands[0]! })
      const rows: Row[] = [
        [text('User Name (Authentication)', 'ユーザー名 (認証)'), status.Username_str],
        ...(status.GroupName_str === '' ? [] : [[text('Group Name', 'グループ名'), status.GroupName_str] as const]),
        [text('VLAN ID', 'VLAN ID'), status.VLanId_u32 === 0 ? NO_VLAN : String(status.VLanId_u32)],
        ...(status.ClientProductName_str === ''
          ? []
          : ([
              [text('Client Product Name', 'クライアント製品名'), status.ClientProductName_str],
              [text('Client Host Name', 'クライアントホスト名'), status.SessionStatus_ClientHostName_str],
              [text('Client IP Address', 'クライアント IP アドレス'), status.Client_Ip_Address_ip],
            ] as const)),
        [text('Server Product Name', 'サーバー製品名'), status.ServerProductName_str],
        [text('Server Version', 'サーバーバージョン'), (status.ServerProductVer_u32 / 100).toFixed(2)],
        [text('Server Build', 'サーバービルド番号'), `Build ${status.ServerProductBuild_u32}`],
        [text('Connection Started at', '接続開始時刻'), dateOrNone(status.StartTime_dt)],
        [
          text('First Session has been Established since', '初回セッションの確立時刻'),
          dateOrNone(status.FirstConnectionEstablisiedTime_dt),
        ],
        [
          text('Current Session has been Established since', '現在のセッションの確立時刻'),
          dateOrNone(status.CurrentConnectionEstablishTime_dt),
        ],
        [
          text('Half Duplex TCP Connection Mode', '半二重 TCP コネクションモード'),
          status.HalfConnection_bool
            ? text('Yes (Half Duplex Mode)', 'はい (半二重モード)')
            : text('No (Full Duplex Mode)', 'いいえ (全二重モード)'),
        ],
        [text('VoIP / QoS Function', 'VoIP / QoS 対応機能'), DISABLED],
        [text('Number of TCP Connections', 'TCP コネクション数'), String(status.NumTcpConnections_u32)],
        [text('Maximum Number of TCP Connections', 'TCP コネクション数最大値'), String(status.MaxTcpConnections_u32)],
        [text('Encryption', '暗号化の使用'), encryption(status)],
        [
          text('Use of Compression', '圧縮の使用'),
          status.UseCompress_bool ? yesNo(true) : text('No (No Compression)', 'いいえ (圧縮無し)'),
        ],
        [text('Session Name', 'セッション名'), status.SessionName_str],
        ...(status.ConnectionName_str === ''
          ? []
          : [[text('Connection Name', 'コネクション名'), status.ConnectionName_str] as const]),
        [text('Bridge / Router Mode', 'ブリッジ / ルータモード'), yesNo(status.IsBridgeMode_bool)],
        [text('Monitoring Mode', 'モニタリングモード'), yesNo(status.IsMonitorMode_bool)],
        [text('Outgoing Data Size', '送信データサイズ'), bytes(status.TotalSendSize_u64)],
        [text('Incoming Data Size', '受信データサイズ'), bytes(status.TotalRecvSize_u64)],
        ...trafficRows(status),
      ]
      return { json: status, records: [rows] }
    },
  ),
  command(
    'SessionDisconnect',
    text('disconnect a session', 'セッションを切断する'),
    { operands: NAME },
    calls('DeleteSession', operandAs('Name_str')),
  ),
  command(
    'MacTable',
    text('show the MAC address table of a hub', 'MAC アドレステーブルを表示する'),
    { operands: [{ ...NAME[0]!, required: false }], ...PAGED },
    async ({ call, hub, arguments: parsed }) => {
      const table = await call('EnumMacTable', { HubName_str: hub, ...pageOf(parsed) })
      const records = table.MacTable.filter((row) => isOf(row.SessionName_str, parsed.operands[0])).map(
        (row): Row[] => [
          [text('ID', 'ID'), String(row.Key_u32)],
          [text('Session Name', 'セッション名'), row.SessionName_str],
          [text('VLAN ID', 'VLAN ID'), row.VlanId_u32 === 0 ? NO_VLAN : String(row.VlanId_u32)],
          [text('MAC Address', 'MAC アドレス'), macFromBase64(row.MacAddress_bin)],
          [text('Created at', '作成時刻'), plainDate(row.CreatedTime_dt)],
          [text('Updated at', '更新時刻'), plainDate(row.UpdatedTime_dt)],
          [text('Location', '場所'), ON_THIS_SERVER],
        ],
      )
      return { json: table, records }
    },
  ),
  command(
    'MacDelete',
    text('forget a MAC address', 'MAC アドレステーブルのエントリを削除する'),
    { operands: ID, fields: { Key_u32: 'ID' } },
    calls('DeleteMacTable', operandAs('Key_u32')),
  ),
  command(
    'IpTable',
    text('show the IP address table of a hub', 'IP アドレステーブルを表示する'),
    { operands: [{ ...NAME[0]!, required: false }], ...PAGED },
    async ({ call, hub, arguments: parsed }) => {
      const table = await call('EnumIpTable', { HubName_str: hub, ...pageOf(parsed) })
      const records = table.IpTable.filter((row) => isOf(row.SessionName_str, parsed.operands[0])).map((row): Row[] => [
        [text('ID', 'ID'), String(row.Key_u32)],
        [text('Session Name', 'セッション名'), row.SessionName_str],
        [text('IP Address', 'IP アドレス'), row.DhcpAllocated_bool ? `${row.IpV6_ip} (DHCP)` : row.IpV6_ip],
        [text('Created at', '作成時刻'), plainDate(row.CreatedTime_dt)],
        [text('Updated at', '更新時刻'), plainDate(row.UpdatedTime_dt)],
        [text('Location', '場所'), ON_THIS_SERVER],
      ])
      return { json: table, records }
    },
  ),
  command(
    'CounterList',
    text('what the hub and its SecureNAT have counted', 'HUB と SecureNAT のカウンター一覧を表示する'),
    { options: [{ name: 'all', help: text('also what is zero', '0 のものも表示する') }] },
    async ({ call, hub, arguments: parsed }) => {
      const list = await call('EnumCounter', { HubName_str: hub })
      const shown = list.CounterList.filter(({ Value_u64 }) => Value_u64 !== 0 || parsed.options.has('all'))
      const rows = shown.map(({ Name_str, Value_u64 }): Row => [text(Name_str, Name_str), thousands(Value_u64)])
      return { json: list, records: [rows] }
    },
  ),
  command(
    'IpDelete',
    text('forget an IP address', 'IP アドレステーブルのエントリを削除する'),
    { operands: ID, fields: { Key_u32: 'ID' } },
    calls('DeleteIpTable', operandAs('Key_u32')),
  ),
]

function isOf(session: string, wanted: string | undefined): boolean {
  return wanted === undefined || session.toLowerCase() === wanted.toLowerCase()
}

function location(session: { readonly SecureNATMode_bool: boolean; readonly LinkMode_bool: boolean }): Text {
  if (session.SecureNATMode_bool) return text('SecureNAT Session', 'SecureNAT セッション')
  if (session.LinkMode_bool) return text('Cascade Connection', 'カスケード接続')
  return text('Local Session', 'ローカルセッション')
}

function encryption(status: { readonly UseEncrypt_bool: boolean; readonly CipherName_str: string }): Text {
  if (!status.UseEncrypt_bool) return text('Disabled (No Encryption)', 'いいえ (暗号化なし)')
  const cipher = status.CipherName_str
  return cipher === ''
    ? text('Enabled', 'はい')
    : text(`Enabled (Algorithm: ${cipher})`, `はい (暗号化アルゴリズム: ${cipher})`)
}
