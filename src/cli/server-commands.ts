// The commands on the server as a whole, and Connection….

import { readFileSync, writeFileSync } from 'node:fs'
import type { AdminCommand } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { Text } from './command.ts'
import { calls, command, operand, trafficRows } from './declare.ts'
import { dateOrNone, dateWithDay, thousands, yesNo } from './format.ts'
import type { Row } from './table.ts'

const CONNECTION = [operand('NAME', 'name of the connection', 'コネクション名', 'connection')]
const CONNECTION_TYPES: readonly Text[] = [
  text('Client', 'クライアント'),
  text('Initializing...', '初期化中'),
  text('Login', 'ログイン'),
  text('Additional Connection', '追加接続'),
  text('Clustering RPC', 'クラスタリング RPC'),
  text('Management RPC', '管理用 RPC'),
  text('Hub Enumeration RPC', 'HUB 列挙 RPC'),
  text('Changing Password', 'パスワード変更'),
]
const STANDALONE_SERVER = text('Standalone Server', 'スタンドアロンサーバー')

export const SERVER_COMMANDS: readonly AdminCommand[] = [
  command('ServerInfoGet', text('show what program this is', 'サーバーの情報を表示する'), {}, async ({ call }) => {
    const info = await call('GetServerInfo', {})
    const rows: Row[] = [
      [text('Product Name', '製品名'), info.ServerProductName_str],
      [text('Version', 'バージョン情報'), info.ServerVersionString_str],
      [text('Build', 'ビルド情報'), info.ServerBuildInfoString_str],
      [text('Host Name', 'ホスト名'), info.ServerHostName_str],
      [text('Server Type', 'サーバーの種類'), STANDALONE_SERVER],
      [text('Type of Operating System', 'オペレーティングシステムの種類'), info.OsSystemName_str],
      [text('Product Name of Operating System', 'オペレーティングシステムの製品名'), info.OsProductName_str],
      [text('Operating System Vendor', 'オペレーティングシステムのベンダ'), info.OsVendorName_str],
      [text('Operating System Version', 'オペレーティングシステムのバージョン'), info.OsVersion_str],
      [text('Type of OS Kernel', 'カーネルの種類'), info.KernelName_str],
      [text('Version of OS Kernel', 'カーネルのバージョン'), info.KernelVersion_str],
    ]
    return { json: info, records: [rows] }
  }),
  command(
    'ServerStatusGet',
    text('show how the server is doing', 'サーバーの現在の状態を表示する'),
    {},
    async ({ call }) => {
      const status = await call('GetServerStatus', {})
      const rows: Row[] = [
        [text('Server Type', 'サーバーの種類'), STANDALONE_SERVER],
        [text('Number of Active Sockets', '開いているソケット数'), thousands(status.NumTcpConnections_u32)],
        [text('Number of Virtual Hubs', '仮想 HUB 数'), thousands(status.NumHubTotal_u32)],
        [text('Number of Sessions', 'セッション数'), thousands(status.NumSessionsTotal_u32)],
        [text('Number of MAC Address Tables', 'MAC アドレステーブル数'), thousands(status.NumMacTables_u32)],
        [text('Number of IP Address Tables', 'IP アドレステーブル数'), thousands(status.NumIpTables_u32)],
        [text('Number of Users', 'ユーザー数'), thousands(status.NumUsers_u32)],
        [text('Number of Groups', 'グループ数'), thousands(status.NumGroups_u32)],
        [
          text('Using Client Connection Licenses (This Server)', '消費クライアント接続ライセンス数 (このサーバー)'),
          thousands(status.AssignedClientLicenses_u32),
        ],
        [
          text('Using Bridge Connection Licenses (This Server)', '消費ブリッジ接続ライセンス数 (このサーバー)'),
          thousands(status.AssignedBridgeLicenses_u32),
        ],
        ...trafficRows(status),
        [text('Server Started at', 'サーバー起動時刻'), dateWithDay(status.StartTime_dt)],
        [text('Current Time', '現在時刻'), dateWithDay(status.CurrentTime_dt)],
        [
          text('64 bit High-Precision Logical System Clock', '64 bit 高精度論理システム時刻'),
          String(status.CurrentTick_u64),
        ],
      ]
      return { json: status, records: [rows] }
    },
  ),
  command(
    'ClusterSettingGet',
    text('show that this server stands alone', 'クラスタリング構成を表示する (常にスタンドアロン)'),
    {},
    async ({ call }) => ({
      json: await call('GetFarmSetting', {}),
      records: [[[text('Current Configuration', '現在の構成'), STANDALONE_SERVER]]],
    }),
  ),
  command('Caps', text('list what the server can do', 'サーバーの機能・能力の一覧を表示する'), {}, async ({ call }) => {
    const caps = await call('GetCaps', {})
    const rows = caps.CapsList.map(
      (row): Row => [
        text(row.CapsName_str, row.CapsName_str),
        row.CapsName_str.startsWith('b_') ? yesNo(row.CapsValue_u32 !== 0) : String(row.CapsValue_u32),
      ],
    )
    return { json: caps, records: [rows] }
  }),
  command('Flush', text('write the configuration now', '設定ファイルを保存する'), {}, async ({ call }) => {
    const flushed = await call('Flush', {})
    const size = thousands(flushed.IntValue_u32)
    return {
      json: flushed,
      records: [[[text('File Size', 'ファイルサイズ'), text(`${size} bytes`, `${size} バイト`)]]],
    }
  }),
  command(
    'Reboot',
    text('refused: whoever started the server starts it again', '未対応: サーバーの再起動は起動元で行う'),
    {},
    async ({ call }) => ({ json: await call('RebootServer', {}) }),
  ),
  command(
    'ConfigGet',
    text('print the configuration, or save it', '設定ファイルの内容を表示または保存する'),
    { operands: [{ ...operand('FILE', 'where to save it', '保存先'), required: false }] },
    async (context) => {
      const json = await context.call('GetConfig', {})
      const file = Buffer.from(json.FileData_bin, 'base64')
      const path = context.arguments.operands[0]
      if (path === undefined) return { json, plain: file.toString('utf8').trimEnd() }
      writeFileSync(path, file, { mode: 0o600 })
      return { json }
    },
  ),
  command(
    'ConfigSet',
    text('replace the whole configuration', '設定ファイルを置き換える'),
    { operands: [operand('FILE', 'the new configuration', '新しい設定ファイル')], fields: { FileData_bin: 'FILE' } },
    calls('SetConfig', ({ arguments: { operands } }) => ({
      FileData_bin: readFileSync(operands[0]!).toString('base64'),
    })),
  ),
  command(
    'ConnectionList',
    text('list the connections to the server', 'サーバーに接続中の TCP コネクションの一覧を表示する'),
    {},
    async ({ call }) => {
      const list = await call('EnumConnection', {})
      return {
        json: list,
        grids: [
          {
            headings: [
              text('Connection Name', 'コネクション名'),
              text('Connection Source', '接続元'),
              text('Connection Start', '接続時刻'),
              text('Type', '種類'),
            ],
            rows: list.ConnectionList.map((row) => [
              row.Name_str,
              `${row.Hostname_str}: ${row.Port_u32}`,
              dateWithDay(row.ConnectedTime_dt),
              CONNECTION_TYPES[row.Type_u32] ?? '',
            ]),
          },
        ],
      }
    },
  ),
  command(
    'ConnectionGet',
    text('show what is known of a connection', 'TCP コネクションの情報を表示する'),
    { operands: CONNECTION },
    async ({ call, arguments: { operands } }) => {
      const row = await call('GetConnectionInfo', { Name_str: operands[0]! })
      const rows: Row[] = [
        [text('Connection Name', 'コネクション名'), row.Name_str],
        [text('Connection Type', 'コネクションの種類'), CONNECTION_TYPES[row.Type_u32] ?? ''],
        [text('Source Host Name', '接続元ホスト名'), row.Hostname_str],
        [text('Source IP Address', '接続元 IP アドレス'), row.Ip_ip],
        [text('Source Port Number (TCP)', '接続元 TCP ポート番号'), String(row.Port_u32)],
        [text('Connection Start', '接続時刻'), dateOrNone(row.ConnectedTime_dt)],
        [text('Server Product Name', 'サーバー製品名'), row.ServerStr_str],
        [text('Client Product Name', 'クライアント製品名'), row.ClientStr_str],
      ]
      return { json: row, records: [rows] }
    },
  ),
  command(
    'ConnectionDisconnect',
    text('end a connection', 'TCP コネクションを切断する'),
    { operands: CONNECTION },
    calls('DisconnectConnection', ({ arguments: { operands } }) => ({ Name_str: operands[0]! })),
  ),
]
