// The commands Cascade…Set and their like: each changes one thing of a cascade.

import { readFileSync } from 'node:fs'
import type { AdminCommand } from './admin-command.ts'
import { text } from './admin-command.ts'
import { destination, FIELDS, NAME, setLink, USER } from './cascade-link.ts'
import { derOf } from './certificate-file.ts'
import type { OptionSpec } from './command.ts'
import { UsageError } from './command.ts'
import { command, given, option, orEmpty, required, requiredOption } from './declare.ts'
import { POLICY_OPTIONS, policySetting } from './policy-table.ts'

const PROXY_OPTIONS: readonly OptionSpec[] = [
  { ...requiredOption('proxy', 'HOST:PORT', 'the proxy (/SERVER:)', 'プロキシサーバー (/SERVER:)'), slash: 'server' },
  option('username', 'USER', 'user of the proxy', 'プロキシのユーザー名'),
  option('password', 'PASSWORD', 'password for the proxy', 'プロキシのパスワード'),
]
const DETAIL_OPTIONS: readonly OptionSpec[] = [
  option('maxtcp', 'NUMBER', 'TCP connections, 1-32', 'TCP コネクション数、1-32'),
  option('interval', 'SECONDS', 'between two of them', '各 TCP コネクションの確立間隔'),
  option('ttl', 'SECONDS', 'how long one lives, 0 for no limit', '各 TCP コネクションの寿命 (0 は無制限)'),
  option('half', 'yes|no', 'half duplex', '半二重モード'),
  option('noqos', 'yes|no', 'ask for no QoS', 'QoS 制御機能を使用しない'),
  option('disableudp', 'yes|no', 'no UDP acceleration', 'UDP 高速化機能を使用しない'),
]

export const CASCADE_SETTING_COMMANDS: readonly AdminCommand[] = [
  command(
    'CascadeUsernameSet',
    text('set the user a cascade logs in as', 'カスケード接続のユーザー名を設定する'),
    { operands: NAME, options: [USER] },
    (context) => setLink(context, { Username_str: required(context, 'username') }),
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
        requiredOption('password', 'PASSWORD', 'the password', 'パスワード'),
        option('type', 'standard|radius', 'how it is checked there', 'パスワードの種類'),
      ],
    },
    (context) => {
      const password = required(context, 'password')
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
        requiredOption('loadcert', 'FILE', 'certificate (PEM or DER)', '証明書ファイル'),
        requiredOption('loadkey', 'FILE', 'its key (PEM or DER)', '秘密鍵ファイル'),
      ],
    },
    (context) =>
      setLink(context, {
        AuthType_u32: 3,
        ClientX_bin: fileIn(required(context, 'loadcert')),
        ClientK_bin: fileIn(required(context, 'loadkey')),
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
    { operands: NAME, options: [requiredOption('loadcert', 'FILE', 'certificate (PEM or DER)', '証明書ファイル')] },
    (context) => setLink(context, { ServerCert_bin: fileIn(required(context, 'loadcert')) }),
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
      options: DETAIL_OPTIONS,
      oneOf: DETAIL_OPTIONS,
      fields: FIELDS,
    },
    (context) => {
      const yes = (name: string): string | undefined => {
        const value = given(context, name)?.toLowerCase()
        return value === 'yes' ? 'true' : value === 'no' ? 'false' : value
      }
      return setLink(context, {
        MaxConnection_u32: given(context, 'maxtcp'),
        AdditionalConnectionInterval_u32: given(context, 'interval'),
        ConnectionDisconnectSpan_u32: given(context, 'ttl'),
        HalfConnection_bool: yes('half'),
        DisableQoS_bool: yes('noqos'),
        NoUdpAcceleration_bool: yes('disableudp'),
      })
    },
  ),
  command(
    'CascadePolicySet',
    text("set one policy of a cascade's port on this hub", 'カスケードセッションのセキュリティポリシーを設定する'),
    { operands: NAME, options: POLICY_OPTIONS },
    (context) => setLink(context, policySetting('CascadePolicySet', context)),
  ),
]

function fileIn(path: string): string {
  return Buffer.from(derOf(readFileSync(path))).toString('base64')
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
      const { Hostname_str, Port_u32 } = destination(name, 'proxy', required(context, 'proxy'))
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
