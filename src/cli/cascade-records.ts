// What the commands Cascade… print of one cascade: its settings, and how it is doing.

import type { ResultOf } from '../admin/operations.ts'
import { text } from './admin-command.ts'
import type { Text } from './command.ts'
import { bytes, DISABLE, ENABLE, INFINITE, trafficRows } from './declare.ts'
import { dateOrNone } from './format.ts'
import type { Row } from './table.ts'

const AUTH_TYPES: readonly Text[] = [
  text('Anonymous Authentication', '匿名認証'),
  text('Standard Password Authentication', '標準パスワード認証'),
  text('RADIUS or NT Domain Authentication', 'RADIUS または NT ドメイン認証'),
  text('Client Certificate Authentication', 'クライアント証明書認証'),
]
const PROXY_TYPES: readonly Text[] = [
  text('Direct TCP/IP Connection', '直接 TCP/IP 接続'),
  text('Connection via HTTP Proxy', 'HTTP プロキシ経由接続'),
  text('Connection via SOCKS4 Proxy', 'SOCKS4 プロキシ経由接続'),
  text('Connection via SOCKS5 Proxy', 'SOCKS5 プロキシ経由接続'),
]
const STATES: readonly Text[] = [
  text('Connection to VPN Server Started', 'VPN サーバーに接続開始中'),
  text('Negotiating', 'ネゴシエーション中'),
  text('Authenticating User', 'ユーザー認証中'),
  text('Connection Completed (Session Established)', '接続完了 (セッション確立済み)'),
  text('Retrying', '再試行中'),
  text('Idle', 'アイドル状態'),
]

export function stateOf(row: ResultOf<'EnumLink'>['LinkList'][number]): Text {
  if (!row.Online_bool) return text('Offline (Stopped)', 'オフライン (停止中)')
  if (row.Connected_bool) return text('Online (Established)', 'オンライン (接続済み)')
  return row.LastError_u32 === 0
    ? text('Connecting', '接続処理中')
    : text(`Error ${row.LastError_u32}`, `エラー${row.LastError_u32}`)
}

function onOrOff(value: boolean): Text {
  return value ? ENABLE : DISABLE
}

export function aboutLink(link: ResultOf<'GetLink'>): Row[] {
  return [
    [text('VPN Connection Setting Name', '接続設定名'), link.AccountName_utf],
    [text('Destination VPN Server Host Name', '接続先 VPN Server のホスト名'), link.Hostname_str],
    [text('Destination VPN Server Port Number', '接続先 VPN Server のポート番号'), String(link.Port_u32)],
    [text('Destination VPN Server Virtual Hub Name', '接続先 VPN Server の仮想 HUB 名'), link.HubName_str],
    [text('Proxy Server Type', '経由するプロキシサーバーの種類'), PROXY_TYPES[link.ProxyType_u32] ?? ''],
    ...(link.ProxyType_u32 === 0
      ? []
      : ([
          [text('Proxy Server Host Name', 'プロキシサーバーのホスト名'), link.ProxyName_str],
          [text('Proxy Server Port Number', 'プロキシサーバーのポート番号'), String(link.ProxyPort_u32)],
          [text('Proxy Server User Name', 'プロキシサーバーのユーザー名'), link.ProxyUsername_str],
        ] as const)),
    [text('Verify Server Certificate', 'サーバー証明書の検証'), onOrOff(link.CheckServerCert_bool)],
    [text('Device Name Used for Connection', '接続に使用するデバイス名'), link.DeviceName_str],
    [text('Authentication Type', '認証の種類'), AUTH_TYPES[link.AuthType_u32] ?? ''],
    [text('User Name', 'ユーザー名'), link.Username_str],
    [
      text('Number of TCP Connections to Use in VPN Communication', 'VPN 通信に使用する TCP コネクション数'),
      String(link.MaxConnection_u32),
    ],
    [
      text('Interval between Establishing Each TCP Connection', '各 TCP コネクションの確立間隔'),
      String(link.AdditionalConnectionInterval_u32),
    ],
    [
      text('Connection Life of Each TCP Connection', '各 TCP コネクションの寿命'),
      link.ConnectionDisconnectSpan_u32 === 0 ? INFINITE : String(link.ConnectionDisconnectSpan_u32),
    ],
    [text('Use Half Duplex Mode', '半二重モードの使用'), onOrOff(link.HalfConnection_bool)],
    [text('Encryption by SSL', 'SSL による暗号化'), onOrOff(link.UseEncrypt_bool)],
    [text('Data Compression', 'データ圧縮'), onOrOff(link.UseCompress_bool)],
    [
      text('Connect by Bridge / Router Mode', 'ブリッジ / ルータモードで接続'),
      onOrOff(link.RequireBridgeRoutingMode_bool),
    ],
    [text('Connect by Monitoring Mode', 'モニタリングモードで接続'), onOrOff(link.RequireMonitorMode_bool)],
    [text('No Adjustment for Routing Table', 'ルーティングテーブルを調整しない'), onOrOff(link.NoRoutingTracking_bool)],
    [text('Do not Use QoS Control Function', 'QoS 制御機能を使用しない'), onOrOff(link.DisableQoS_bool)],
  ]
}

export function aboutStatus(status: ResultOf<'GetLinkStatus'>): Row[] {
  const established: Row[] = [
    [text('Server Name', 'サーバー名'), status.ServerName_str],
    [
      text('Port Number', 'ポート番号'),
      text(`TCP Port ${status.ServerPort_u32}`, `TCP ポート ${status.ServerPort_u32}`),
    ],
    [text('Server Product Name', 'サーバー製品名'), status.ServerProductName_str],
    [text('Session Name', 'セッション名'), status.SessionName_str],
    [text('Connection Name', 'コネクション名'), status.ConnectionName_str],
    [text('Number of TCP Connections', 'TCP コネクション数'), String(status.NumTcpConnections_u32)],
    [text('Outgoing Data Size', '送信データサイズ'), bytes(status.TotalSendSize_u64)],
    [text('Incoming Data Size', '受信データサイズ'), bytes(status.TotalRecvSize_u64)],
    ...trafficRows(status),
  ]
  const times = status.NumConnectionsEstablished_u32
  return [
    [text('VPN Connection Setting Name', '接続設定名'), status.AccountName_utf],
    [text('Session Status', 'セッション接続状態'), STATES[status.SessionStatus_u32] ?? ''],
    [text('Connection Started at', '接続開始時刻'), dateOrNone(status.StartTime_dt)],
    [
      text('First Session has been Established since', '初回セッションの確立時刻'),
      dateOrNone(status.FirstConnectionEstablisiedTime_dt),
    ],
    [text('Number of Established Sessions', 'セッション確立回数'), text(`${times} Times`, `${times} 回`)],
    ...(status.Connected_bool ? established : []),
  ]
}
