// Security policies for people: names, labels and values as vpncmd prints them, and reading one of them from an option.

import type { CommandContext } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { Text } from './command.ts'
import { UsageError } from './command.ts'
import { required, requiredOption } from './declare.ts'
import { yesNo } from './format.ts'
import type { Grid } from './table.ts'

interface PolicyLabel {
  readonly name: string
  readonly label: Text
  /** Of a number; a switch has none. */
  readonly unit?: (value: number) => Text | string
}

const count = (value: number): Text => text(String(value), `${value} 個`)
const seconds = (value: number): Text => text(`${value} seconds`, `${value} 秒`)
const bps = (value: number): string => `${value} bps`
const entry = (name: string, en: string, ja: string, unit?: PolicyLabel['unit']): PolicyLabel => ({
  name,
  label: text(en, ja),
  ...(unit === undefined ? {} : { unit }),
})

const POLICY_LABELS: readonly PolicyLabel[] = [
  entry('Access', 'Allow Access', 'アクセスを許可'),
  entry('DHCPFilter', 'Filter DHCP Packets (IPv4)', 'DHCP パケットをフィルタリング (IPv4)'),
  entry('DHCPNoServer', 'Disallow DHCP Server Operation (IPv4)', 'DHCP サーバーの動作を禁止 (IPv4)'),
  entry('DHCPForce', 'Enforce DHCP Allocated IP Addresses (IPv4)', 'DHCP が割り当てた IP アドレスを強制 (IPv4)'),
  entry('NoBridge', 'Deny Bridge Operation', 'ブリッジを禁止'),
  entry('NoRouting', 'Deny Routing Operation (IPv4)', 'ルータ動作を禁止 (IPv4)'),
  entry('CheckMac', 'Deny MAC Addresses Duplication', 'MAC アドレスの重複を禁止'),
  entry('CheckIP', 'Deny IP Address Duplication (IPv4)', 'IP アドレスの重複を禁止 (IPv4)'),
  entry(
    'ArpDhcpOnly',
    'Deny Non-ARP / Non-DHCP / Non-ICMPv6 broadcasts',
    'ARP・DHCP・ICMPv6 以外のブロードキャストを禁止',
  ),
  entry('PrivacyFilter', 'Privacy Filter Mode', 'プライバシーフィルタモード'),
  entry('NoServer', 'Deny Operation as TCP/IP Server (IPv4)', 'TCP/IP サーバーとしての動作を禁止 (IPv4)'),
  entry('NoBroadcastLimiter', 'Unlimited Number of Broadcasts', 'ブロードキャスト数を制限しない'),
  entry('MonitorPort', 'Allow Monitoring Mode', 'モニタリングモードを許可'),
  entry('MaxConnection', 'Maximum Number of TCP Connections', 'TCP コネクション数の最大値', count),
  entry('TimeOut', 'Time-out Period', '通信タイムアウト時間', seconds),
  entry('MaxMac', 'Maximum Number of MAC Addresses', 'MAC アドレスの上限数', count),
  entry('MaxIP', 'Maximum Number of IP Addresses (IPv4)', 'IP アドレスの上限数 (IPv4)', count),
  entry('MaxUpload', 'Upload Bandwidth', 'アップロード帯域幅', bps),
  entry('MaxDownload', 'Download Bandwidth', 'ダウンロード帯域幅', bps),
  entry('FixPassword', 'Deny Changing Password', 'ユーザーはパスワードを変更できない'),
  entry('MultiLogins', 'Maximum Number of Multiple Logins', '多重ログイン制限数', count),
  entry('NoQoS', 'Deny VoIP / QoS Function', 'VoIP / QoS 対応機能の使用を禁止'),
  entry('RSandRAFilter', 'Filter RS / RA Packets (IPv6)', 'ルータ要請/広告パケットをフィルタリング (IPv6)'),
  entry('RAFilter', 'Filter RA Packets (IPv6)', 'ルータ広告パケットをフィルタリング (IPv6)'),
  entry('DHCPv6Filter', 'Filter DHCP Packets (IPv6)', 'DHCP パケットをフィルタリング (IPv6)'),
  entry('DHCPv6NoServer', 'Disallow DHCP Server Operation (IPv6)', 'DHCP サーバーの動作を禁止 (IPv6)'),
  entry('NoRoutingV6', 'Deny Routing Operation (IPv6)', 'ルータ動作を禁止 (IPv6)'),
  entry('CheckIPv6', 'Deny IP Address Duplication (IPv6)', 'IP アドレスの重複を禁止 (IPv6)'),
  entry('NoServerV6', 'Deny Operation as TCP/IP Server (IPv6)', 'TCP/IP サーバーとしての動作を禁止 (IPv6)'),
  entry('MaxIPv6', 'Maximum Number of IP Addresses (IPv6)', 'IP アドレスの上限数 (IPv6)', count),
  entry('NoSavePassword', 'Disallow Password Save in VPN Client', 'VPN Client でパスワードの保存を禁止'),
  entry('AutoDisconnect', 'VPN Client Automatic Disconnect', 'VPN Client を一定時間で自動切断', seconds),
  entry('FilterIPv4', 'Filter All IPv4 Packets', 'IPv4 パケットをすべてフィルタリング'),
  entry('FilterIPv6', 'Filter All IPv6 Packets', 'IPv6 パケットをすべてフィルタリング'),
  entry('FilterNonIP', 'Filter All Non-IP Packets', '非 IP パケットをすべてフィルタリング'),
  entry('NoIPv6DefaultRouterInRA', 'No Default-Router on IPv6 RA', 'IPv6 ルータ広告からデフォルトルータ指定を削除'),
  entry(
    'NoIPv6DefaultRouterInRAWhenIPv6',
    'No Default-Router on IPv6 RA (physical IPv6)',
    'IPv6 ルータ広告からデフォルトルータ指定を削除 (IPv6 接続時自動有効化)',
  ),
  entry('VLanId', 'VLAN ID (IEEE802.1Q)', 'VLAN ID (IEEE802.1Q)', String),
]
/** A cascade's port has no logins and no client. */
const NOT_OF_CASCADES = new Set([
  'Access',
  'NoBridge',
  'NoRouting',
  'MonitorPort',
  'MaxConnection',
  'TimeOut',
  'FixPassword',
  'MultiLogins',
  'NoQoS',
  'NoRoutingV6',
  'NoSavePassword',
  'AutoDisconnect',
  'NoIPv6DefaultRouterInRAWhenIPv6',
])

const NAME = text('Policy name', 'ポリシー名')
const LABEL = text('Simple description of policy', 'ポリシーの簡易説明')
const VALUE = text('Setting value', '設定値')
const NOT_SET = text('-', '－')

export const POLICY_OPTIONS = [
  {
    ...requiredOption('name', 'POLICY', 'name of the policy (see PolicyList)', 'ポリシー名 (PolicyList で確認)'),
    names: 'policy' as const,
  },
  requiredOption('value', 'yes|no|NUMBER', 'its value', '設定値'),
]

type Fields = Readonly<Record<string, unknown>>

export function policyGrid(fields: Fields, title: Text, kind: 'user' | 'cascade' = 'user'): Grid {
  const labels = POLICY_LABELS.filter(({ name }) => kind === 'user' || !NOT_OF_CASCADES.has(name))
  return {
    title,
    headings: [NAME, LABEL, VALUE],
    rows: labels.map((each) => [each.name, each.label, shown(each, fields[fieldOf(each)])]),
  }
}

/** All policies there are. */
export const POLICY_LIST: Grid = {
  headings: [NAME, LABEL],
  rows: POLICY_LABELS.map(({ name, label }) => [name, label]),
}

/** `--name` and `--value` as one parameter. @throws UsageError */
export function policySetting(spec: string, context: CommandContext): Readonly<Record<string, string | boolean>> {
  const name = required(context, 'name')
  const value = required(context, 'value')
  const label = POLICY_LABELS.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (label === undefined) {
    throw new UsageError(`${spec}: --name must be one of those of PolicyList, is "${name}"`)
  }
  const word = value.toLowerCase()
  if (label.unit === undefined) return { [fieldOf(label)]: word === 'yes' ? true : word === 'no' ? false : value }
  return { [fieldOf(label)]: value }
}

function fieldOf({ name, unit }: PolicyLabel): string {
  return `policy:${name}_${unit === undefined ? 'bool' : 'u32'}`
}

function shown({ unit }: PolicyLabel, value: unknown): string | Text {
  if (unit === undefined) return yesNo(value === true)
  return typeof value !== 'number' || value === 0 ? NOT_SET : unit(value)
}
