// The commands Cascade…. Every Cascade…Set gets the whole cascade, changes one thing, and sends it back, as vpncmd does.

import { readFileSync } from 'node:fs'
import type { ResultOf } from '../admin/operations.ts'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import { derOf } from './certificate-file.ts'
import type { OptionSpec, Text } from './command.ts'
import { UsageError } from './command.ts'
import {
  bytes,
  command,
  compact,
  DISABLE,
  ENABLE,
  given,
  INFINITE,
  operand,
  option,
  orEmpty,
  required,
  trafficRows,
} from './declare.ts'
import { dateOrNone } from './format.ts'
import { POLICY_OPTIONS, policyGrid, policySetting } from './policy-table.ts'
import type { Row } from './table.ts'

type Link = ResultOf<'GetLink'>

const NAME = [operand('NAME', 'name of the cascade', 'カスケード接続の名前', 'cascade')]
const SERVER = {
  ...option('to', 'HOST:PORT', 'the server to connect to (/SERVER:)', '接続先 VPN Server (/SERVER:)'),
  slash: 'server',
}
const REMOTE_HUB = {
  ...option('tohub', 'HUB', 'the hub to log in to (/HUB:)', '接続先仮想 HUB 名 (/HUB:)'),
  slash: 'hub',
}
const USER = option('username', 'USER', 'user to log in as', '接続に使用するユーザー名')
const FIELDS = {
  Hostname_str: '--to',
  Port_u32: '--to',
  HubName_str: '--tohub',
  AccountName_utf: 'NAME',
  MaxConnection_u32: '--maxtcp',
  AdditionalConnectionInterval_u32: '--interval',
  ConnectionDisconnectSpan_u32: '--ttl',
} as const
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
const PROXY_OPTIONS: readonly OptionSpec[] = [
  { ...option('proxy', 'HOST:PORT', 'the proxy (/SERVER:)', 'プロキシサーバー (/SERVER:)'), slash: 'server' },
  option('username', 'USER', 'user of the proxy', 'プロキシのユーザー名'),
  option('password', 'PASSWORD', 'password for the proxy', 'プロキシのパスワード'),
]

export const CASCADE_COMMANDS: readonly AdminCommand[] = [
  command(
    'CascadeList',
    text('list the cascades of a hub', 'カスケード接続の一覧を表示する'),
    {},
    async ({ call, hub }) => {
      const list = await call('EnumLink', { HubName_str: hub })
      const records = list.LinkList.map((row): Row[] => [
        [text('Setting Name', '接続設定名'), row.AccountName_utf],
        [text('Status', '状態'), stateOf(row)],
        [text('Established at', '接続完了時刻'), dateOrNone(row.ConnectedTime_dt)],
        [text('Destination VPN Server', '接続先 VPN Server'), row.Hostname_str],
        [text('Virtual Hub', '接続先仮想 HUB'), row.LinkHubName_str],
      ])
      return { json: list, records }
    },
  ),
  command(
    'CascadeCreate',
    text('make a cascade to a hub of another server, off line', 'カスケード接続を作成する (オフライン)'),
    { operands: NAME, options: [SERVER, REMOTE_HUB, USER], fields: FIELDS },
    async (context) => ({
      json: await context.call('CreateLink', {
        HubName_Ex_str: context.hub,
        AccountName_utf: context.arguments.operands[0]!,
        ...destination('CascadeCreate', 'to', required('CascadeCreate', context, 'to')),
        HubName_str: required('CascadeCreate', context, 'tohub'),
        AuthType_u32: 0,
        Username_str: required('CascadeCreate', context, 'username'),
      }),
    }),
  ),
  command(
    'CascadeSet',
    text('change where a cascade goes', 'カスケード接続の接続先を設定する'),
    { operands: NAME, options: [SERVER, REMOTE_HUB], fields: FIELDS },
    (context) => {
      const server = given(context, 'to')
      const changes = compact({
        ...(server === undefined ? {} : destination('CascadeSet', 'to', server)),
        HubName_str: given(context, 'tohub'),
      })
      if (Object.keys(changes).length === 0) throw new UsageError('CascadeSet: give --to, --tohub or both')
      return setLink(context, changes)
    },
  ),
  command(
    'CascadeGet',
    text('show a cascade', 'カスケード接続の設定を表示する'),
    { operands: NAME },
    async (context) => {
      const link = await getLink(context)
      const title = text(
        '[Cascade Session Security Policy Setting Value]',
        '[カスケードセッションのセキュリティポリシー設定値]',
      )
      return { json: link, records: [aboutLink(link)], grids: [policyGrid(link, title, 'cascade')] }
    },
  ),
  command(
    'CascadeDelete',
    text('delete a cascade', 'カスケード接続を削除する'),
    { operands: NAME },
    async (context) => ({
      json: await context.call('DeleteLink', nameOf(context)),
    }),
  ),
  command(
    'CascadeOnline',
    text('start a cascade', 'カスケード接続をオンラインにする'),
    { operands: NAME },
    async (context) => ({
      json: await context.call('SetLinkOnline', nameOf(context)),
    }),
  ),
  command(
    'CascadeOffline',
    text('end a cascade', 'カスケード接続をオフラインにする'),
    { operands: NAME },
    async (context) => ({
      json: await context.call('SetLinkOffline', nameOf(context)),
    }),
  ),
  command(
    'CascadeRename',
    text('rename a cascade', 'カスケード接続の名前を変更する'),
    {
      operands: NAME,
      options: [option('new', 'NAME', 'its new name', '新しい名前')],
      fields: { NewAccountName_utf: '--new' },
    },
    async (context) => ({
      json: await context.call('RenameLink', {
        HubName_str: context.hub,
        OldAccountName_utf: context.arguments.operands[0]!,
        NewAccountName_utf: required('CascadeRename', context, 'new'),
      }),
    }),
  ),
  command(
    'CascadeStatusGet',
    text('show how a cascade is doing', 'カスケード接続の現在の状態を表示する'),
    { operands: NAME },
    async (context) => {
      const status = await context.call('GetLinkStatus', {
        HubName_Ex_str: context.hub,
        AccountName_utf: context.arguments.operands[0]!,
      })
      return { json: status, records: [aboutStatus(status)] }
    },
  ),
  command(
    'CascadeUsernameSet',
    text('set the user a cascade logs in as', 'カスケード接続のユーザー名を設定する'),
    { operands: NAME, options: [USER] },
    (context) => setLink(context, { Username_str: required('CascadeUsernameSet', context, 'username') }),
  ),
  command(
    'CascadeAnonymousSet',
    text('let a cascade log in without a password', 'カスケード接続を匿名認証にする'),
    { operands: NAME },
    (context) => setLink(context, { AuthType_u32: 0 }),
  ),
  command(
    'CascadePasswordSet',
    text('let a cascade log in with a password', 'カスケード接続をパスワード認証にする'),
    {
      operands: NAME,
      options: [
        option('password', 'PASSWORD', 'the password', 'パスワード'),
        option('type', 'standard|radius', 'how it is checked there', 'パスワードの種類'),
      ],
    },
    (context) => {
      const password = required('CascadePasswordSet', context, 'password')
      const type = (given(context, 'type') ?? 'standard').toLowerCase()
      if (type !== 'standard' && type !== 'radius') {
        throw new UsageError(`CascadePasswordSet: --type must be standard or radius, is "${type}"`)
      }
      return setLink(
        context,
        type === 'standard'
          ? { AuthType_u32: 1, Auth_Password_str: password, HashedPassword_bin: '' }
          : { AuthType_u32: 2, PlainPassword_str: password },
      )
    },
  ),
  command(
    'CascadeCertSet',
    text('let a cascade log in with a certificate', 'カスケード接続を証明書認証にする'),
    {
      operands: NAME,
      options: [
        option('loadcert', 'FILE', 'certificate (PEM or DER)', '証明書ファイル'),
        option('loadkey', 'FILE', 'its key (PEM or DER)', '秘密鍵ファイル'),
      ],
    },
    (context) =>
      setLink(context, {
        AuthType_u32: 3,
        ClientX_bin: fileIn(required('CascadeCertSet', context, 'loadcert')),
        ClientK_bin: fileIn(required('CascadeCertSet', context, 'loadkey')),
      }),
  ),
  ...onOff('CascadeEncrypt', 'UseEncrypt_bool', 'encryption', '暗号化'),
  ...onOff('CascadeCompress', 'UseCompress_bool', 'compression', 'データ圧縮'),
  ...onOff(
    'CascadeServerCert',
    'CheckServerCert_bool',
    "verification of the server's certificate",
    'サーバー証明書の検証',
  ),
  command(
    'CascadeServerCertSet',
    text('pin the only certificate the server may show', '接続先サーバーの固有証明書を設定する'),
    { operands: NAME, options: [option('loadcert', 'FILE', 'certificate (PEM or DER)', '証明書ファイル')] },
    (context) => setLink(context, { ServerCert_bin: fileIn(required('CascadeServerCertSet', context, 'loadcert')) }),
  ),
  command(
    'CascadeServerCertDelete',
    text('pin no certificate of the server', '接続先サーバーの固有証明書を削除する'),
    { operands: NAME },
    (context) => setLink(context, { ServerCert_bin: '' }),
  ),
  command('CascadeProxyNone', text('connect directly', 'プロキシを使用しない'), { operands: NAME }, (context) =>
    setLink(context, { ProxyType_u32: 0 }),
  ),
  proxy('CascadeProxyHttp', 1, 'an HTTP proxy', 'HTTP プロキシ'),
  proxy('CascadeProxySocks', 2, 'a SOCKS4 proxy', 'SOCKS4 プロキシ'),
  proxy('CascadeProxySocks5', 3, 'a SOCKS5 proxy', 'SOCKS5 プロキシ'),
  command(
    'CascadeDetailSet',
    text('set the connections of a cascade', 'カスケード接続の詳細を設定する'),
    {
      operands: NAME,
      options: [
        option('maxtcp', 'NUMBER', 'TCP connections, 1-32', 'TCP コネクション数、1-32'),
        option('interval', 'SECONDS', 'between two of them', '各 TCP コネクションの確立間隔'),
        option('ttl', 'SECONDS', 'how long one lives, 0 for no limit', '各 TCP コネクションの寿命 (0 は無制限)'),
        option('half', 'yes|no', 'half duplex', '半二重モード'),
        option('noqos', 'yes|no', 'ask for no QoS', 'QoS 制御機能を使用しない'),
        option('disableudp', 'yes|no', 'no UDP acceleration', 'UDP 高速化機能を使用しない'),
      ],
      fields: FIELDS,
    },
    (context) => {
      const yes = (name: string): string | undefined => {
        const value = given(context, name)?.toLowerCase()
        return value === 'yes' ? 'true' : value === 'no' ? 'false' : value
      }
      const changes = compact({
        MaxConnection_u32: given(context, 'maxtcp'),
        AdditionalConnectionInterval_u32: given(context, 'interval'),
        ConnectionDisconnectSpan_u32: given(context, 'ttl'),
        HalfConnection_bool: yes('half'),
        DisableQoS_bool: yes('noqos'),
        NoUdpAcceleration_bool: yes('disableudp'),
      })
      if (Object.keys(changes).length === 0) throw new UsageError('CascadeDetailSet: nothing to set')
      return setLink(context, changes)
    },
  ),
  command(
    'CascadePolicySet',
    text("set one policy of a cascade's port on this hub", 'カスケードセッションのセキュリティポリシーを設定する'),
    { operands: NAME, options: POLICY_OPTIONS },
    (context) => setLink(context, policySetting('CascadePolicySet', context)),
  ),
]

function nameOf({ hub, arguments: { operands } }: CommandContext) {
  return { HubName_str: hub, AccountName_utf: operands[0]! }
}

function getLink({ call, hub, arguments: { operands } }: CommandContext): Promise<Link> {
  return call('GetLink', { HubName_Ex_str: hub, AccountName_utf: operands[0]! })
}

async function setLink(context: CommandContext, changes: object): Promise<Outcome> {
  const link = await getLink(context)
  return { json: await context.call('SetLink', { ...link, ...changes } as never) }
}

function fileIn(path: string): string {
  return Buffer.from(derOf(readFileSync(path))).toString('base64')
}

/** `vpn.example.org:443` */
function destination(spec: string, name: string, server: string) {
  const match = /^(.+):(\d+)$/.exec(server)
  if (match === null) throw new UsageError(`${spec}: --${name} must be HOST:PORT, is "${server}"`)
  return { Hostname_str: match[1]!, Port_u32: match[2]! }
}

function onOff(stem: string, field: string, en: string, ja: string): AdminCommand[] {
  return [true, false].map((on) =>
    command(
      `${stem}${on ? 'Enable' : 'Disable'}`,
      text(`switch ${en} of a cascade ${on ? 'on' : 'off'}`, `カスケード接続の${ja}を${on ? '有効' : '無効'}にする`),
      { operands: NAME },
      (context) => setLink(context, { [field]: on }),
    ),
  )
}

function proxy(name: string, ProxyType_u32: number, en: string, ja: string): AdminCommand {
  return command(
    name,
    text(`connect through ${en}`, `${ja}経由で接続する`),
    { operands: NAME, options: PROXY_OPTIONS },
    (context) => {
      const { Hostname_str, Port_u32 } = destination(name, 'proxy', required(name, context, 'proxy'))
      return setLink(context, {
        ProxyType_u32,
        ProxyName_str: Hostname_str,
        ProxyPort_u32: Port_u32,
        ProxyUsername_str: orEmpty(given(context, 'username')),
        ProxyPassword_str: orEmpty(given(context, 'password')),
      })
    },
  )
}

function stateOf(row: ResultOf<'EnumLink'>['LinkList'][number]): Text {
  if (!row.Online_bool) return text('Offline (Stopped)', 'オフライン (停止中)')
  if (row.Connected_bool) return text('Online (Established)', 'オンライン (接続済み)')
  return row.LastError_u32 === 0
    ? text('Connecting', '接続処理中')
    : text(`Error ${row.LastError_u32}`, `エラー${row.LastError_u32}`)
}

function onOrOff(value: boolean): Text {
  return value ? ENABLE : DISABLE
}

function aboutLink(link: Link): Row[] {
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

function aboutStatus(status: ResultOf<'GetLinkStatus'>): Row[] {
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
