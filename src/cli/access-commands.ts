// The commands Access….

import type { ResultOf } from '../admin/operations.ts'
import { formatIpv6, parseIpv6 } from '../wire/ipv6-address.ts'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { OptionSpec } from './command.ts'
import { UsageError } from './command.ts'
import { calls, command, DISABLE, ENABLE, given, operand, operandAs, option, orEmpty } from './declare.ts'
import { macFromBase64, macToBase64 } from './format.ts'
import type { Row } from './table.ts'

type Rule = ResultOf<'EnumAccess'>['AccessList'][number]

const ACTION = [operand('pass|discard', 'what happens to packets that match', '一致したパケットの動作')]
const ID = [operand('ID', 'number of the rule in AccessList, or its unique number', 'ルールの ID またはユニーク ID')]
const RULE_OPTIONS: readonly OptionSpec[] = [
  option('memo', 'TEXT|none', 'description', '説明'),
  option('priority', 'NUMBER', 'smaller ones are looked at first, from 1', '優先順位、1 以上 (小さいほど優先)'),
  {
    ...option('srcusername', 'NAME|none', 'user or group it comes from', '送信元ユーザー名またはグループ名'),
    names: 'user',
  },
  {
    ...option('destusername', 'NAME|none', 'user or group it goes to', '宛先ユーザー名またはグループ名'),
    names: 'user',
  },
  option('srcmac', 'MAC[/MASK]|none', 'source MAC address', '送信元 MAC アドレス'),
  option('destmac', 'MAC[/MASK]|none', 'destination MAC address', '宛先 MAC アドレス'),
  option('srcip', 'IP/MASK|none', 'source addresses: 10.0.0.0/8', '送信元 IP アドレス'),
  option('destip', 'IP/MASK|none', 'destination addresses', '宛先 IP アドレス'),
  option('protocol', 'tcp|udp|icmpv4|icmpv6|ip|NUMBER', 'protocol', 'プロトコル'),
  option('srcport', 'PORT[-PORT]|none', 'source ports', '送信元ポート番号'),
  option('destport', 'PORT[-PORT]|none', 'destination ports', '宛先ポート番号'),
  option('tcpstate', 'established|unestablished|none', 'state of the TCP connection', 'TCP コネクションの状態'),
]
const LOSS = option('loss', 'PERCENT', 'how much of it is lost, 0-100', 'パケットロス率、0-100')
const FIELDS: Readonly<Record<string, string>> = {
  'AccessListSingle.0.Priority_u32': '--priority',
  'AccessListSingle.0.Protocol_u32': '--protocol',
  'AccessListSingle.0.SrcIpAddress_ip': '--srcip',
  'AccessListSingle.0.DestIpAddress_ip': '--destip',
  'AccessListSingle.0.SrcPortStart_u32': '--srcport',
  'AccessListSingle.0.DestPortStart_u32': '--destport',
  'AccessListSingle.0.SrcPortEnd_u32': '--srcport',
  'AccessListSingle.0.DestPortEnd_u32': '--destport',
  'AccessListSingle.0.Loss_u32': '--loss',
}
const PROTOCOLS: Readonly<Record<string, number>> = { ip: 0, icmpv4: 1, tcp: 6, udp: 17, icmpv6: 58 }
const FULL_MAC_MASK = 'FF-FF-FF-FF-FF-FF'
const PRIORITY = '100'

export const ACCESS_COMMANDS: readonly AdminCommand[] = [
  command(
    'AccessList',
    text('show the access list of a hub', 'アクセスリストを表示する'),
    {},
    async ({ call, hub }) => {
      const list = await call('EnumAccess', { HubName_str: hub })
      const records = list.AccessList.map((rule): Row[] => [
        [text('ID', 'ID'), String(rule.Id_u32)],
        [text('Action', '動作'), rule.Discard_bool ? text('Discard', '破棄') : text('Pass', '通過')],
        [text('Status', '状態'), rule.Active_bool ? ENABLE : DISABLE],
        [text('Priority', '優先順位'), String(rule.Priority_u32)],
        [text('Unique ID', 'ユニーク ID'), String(rule.UniqueId_u32)],
        [text('Contents', '内容'), contents(rule)],
        [text('Memo', '説明'), rule.Note_utf],
      ])
      return { json: list, records }
    },
  ),
  command(
    'AccessAdd',
    text('add a rule to the access list (IPv4)', 'アクセスリストにルールを追加する (IPv4)'),
    { operands: ACTION, options: RULE_OPTIONS, fields: FIELDS },
    (context) => add('AccessAdd', context, false),
  ),
  command(
    'AccessAddEx',
    text('add a rule that loses packets (IPv4)', 'パケットロスを発生させるルールを追加する (IPv4)'),
    { operands: ACTION, options: [...RULE_OPTIONS, LOSS], fields: FIELDS },
    (context) => add('AccessAddEx', context, false),
  ),
  command(
    'AccessAdd6',
    text('add a rule to the access list (IPv6)', 'アクセスリストにルールを追加する (IPv6)'),
    { operands: ACTION, options: RULE_OPTIONS, fields: FIELDS },
    (context) => add('AccessAdd6', context, true),
  ),
  command(
    'AccessAddEx6',
    text('add a rule that loses packets (IPv6)', 'パケットロスを発生させるルールを追加する (IPv6)'),
    { operands: ACTION, options: [...RULE_OPTIONS, LOSS], fields: FIELDS },
    (context) => add('AccessAddEx6', context, true),
  ),
  command(
    'AccessDelete',
    text('delete a rule', 'アクセスリストのルールを削除する'),
    { operands: ID, fields: { Id_u32: 'ID' } },
    calls('DeleteAccess', operandAs('Id_u32')),
  ),
  command(
    'AccessEnable',
    text('look at a rule again', 'アクセスリストのルールを有効にする'),
    { operands: ID },
    (context) => setActive('AccessEnable', context, true),
  ),
  command(
    'AccessDisable',
    text('leave a rule unused for now', 'アクセスリストのルールを無効にする'),
    { operands: ID },
    (context) => setActive('AccessDisable', context, false),
  ),
]

async function setActive(spec: string, { call, hub, arguments: { operands } }: CommandContext, Active_bool: boolean) {
  const { AccessList } = await call('EnumAccess', { HubName_str: hub })
  const id = Number(operands[0])
  const rule =
    AccessList.find(({ Id_u32 }) => Id_u32 === id) ?? AccessList.find(({ UniqueId_u32 }) => UniqueId_u32 === id)
  if (rule === undefined) throw new Error(`${spec}: there is no rule ${operands[0]} in the access list`)
  const rules = AccessList.map((each) => (each === rule ? { ...each, Active_bool } : each))
  return { json: await call('SetAccessList', { HubName_str: hub, AccessList: rules }) }
}

async function add(spec: string, context: CommandContext, isIPv6: boolean): Promise<Outcome> {
  const action = context.arguments.operands[0]!.toLowerCase()
  if (action !== 'pass' && action !== 'discard') {
    throw new UsageError(`${spec}: the action must be pass or discard, is "${action}"`)
  }
  const value = (name: string): string => orEmpty(given(context, name))
  const state = value('tcpstate').toLowerCase()
  const rule = {
    Discard_bool: action === 'discard',
    IsIPv6_bool: isIPv6,
    Note_utf: value('memo'),
    Priority_u32: given(context, 'priority') ?? PRIORITY,
    SrcUsername_str: value('srcusername'),
    DestUsername_str: value('destusername'),
    Protocol_u32: protocolOf(value('protocol')),
    Loss_u32: given(context, 'loss') ?? '0',
    CheckTcpState_bool: state !== '',
    Established_bool: state === 'established',
    ...ports('Src', value('srcport')),
    ...ports('Dest', value('destport')),
    ...macs(spec, 'Src', 'srcmac', value('srcmac')),
    ...macs(spec, 'Dst', 'destmac', value('destmac')),
    ...(isIPv6 ? network6(spec, 'Src', 'srcip', value('srcip')) : network4(spec, 'Src', 'srcip', value('srcip'))),
    ...(isIPv6 ? network6(spec, 'Dest', 'destip', value('destip')) : network4(spec, 'Dest', 'destip', value('destip'))),
  }
  const json = await context.call('AddAccess', { HubName_str: context.hub, AccessListSingle: [rule] })
  return { json }
}

function protocolOf(given: string): string {
  return String(PROTOCOLS[given.toLowerCase()] ?? (given === '' ? 0 : given))
}

function ports(side: 'Src' | 'Dest', given: string): object {
  if (given === '') return {}
  const [start, end = start] = given.split('-')
  return { [`${side}PortStart_u32`]: start, [`${side}PortEnd_u32`]: end }
}

function macs(spec: string, side: 'Src' | 'Dst', name: string, given: string): object {
  if (given === '') return {}
  const [address = '', mask = FULL_MAC_MASK] = given.split('/')
  const [addressBytes, maskBytes] = [macToBase64(address), macToBase64(mask)]
  if (addressBytes === undefined || maskBytes === undefined) {
    throw new UsageError(
      `${spec}: --${name} must be a MAC address, or one and a mask (00-AC-01-23-45-67/${FULL_MAC_MASK}), is "${given}"`,
    )
  }
  return { [`Check${side}Mac_bool`]: true, [`${side}MacAddress_bin`]: addressBytes, [`${side}MacMask_bin`]: maskBytes }
}

function network4(spec: string, side: 'Src' | 'Dest', name: string, given: string): object {
  if (given === '') return {}
  const [address, mask = '32'] = given.split('/')
  const bits = /^\d{1,2}$/.test(mask) ? Number(mask) : undefined
  if (bits !== undefined && bits > 32)
    throw new UsageError(`${spec}: --${name} must be IP/MASK such as 10.0.0.0/8, is "${given}"`)
  return { [`${side}IpAddress_ip`]: address, [`${side}SubnetMask_ip`]: bits === undefined ? mask : maskOfLength(bits) }
}

function maskOfLength(bits: number): string {
  return [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.max(0, Math.min(8, bits - from)))).join('.')
}

function network6(spec: string, side: 'Src' | 'Dest', name: string, given: string): object {
  if (given === '') return {}
  const [address = '', mask = '128'] = given.split('/')
  const bytes = parseIpv6(address)
  const maskBytes = /^\d{1,3}$/.test(mask) && Number(mask) <= 128 ? prefixMask6(Number(mask)) : parseIpv6(mask)
  if (bytes === undefined || maskBytes === undefined) {
    throw new UsageError(`${spec}: --${name} must be IP/MASK such as 2001:db8::/32, is "${given}"`)
  }
  return { [`${side}IpAddress6_bin`]: base64(bytes), [`${side}SubnetMask6_bin`]: base64(maskBytes) }
}

function prefixMask6(bits: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => 256 - 2 ** (8 - Math.max(0, Math.min(8, bits - i * 8))))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** `(ipv4) SrcIPv4=192.168.30.0/24, Protocol=TCP, DstPort=80-90` */
function contents(rule: Rule): string {
  const parts: string[] = []
  const add = (name: string, value: string): void => {
    if (value !== '') parts.push(value === name ? name : `${name}=${value}`)
  }
  if (rule.IsIPv6_bool) {
    add('SrcIPv6', cidr6(rule.SrcIpAddress6_bin, rule.SrcSubnetMask6_bin))
    add('DstIPv6', cidr6(rule.DestIpAddress6_bin, rule.DestSubnetMask6_bin))
  } else {
    add('SrcIPv4', cidr4(rule.SrcIpAddress_ip, rule.SrcSubnetMask_ip))
    add('DstIPv4', cidr4(rule.DestIpAddress_ip, rule.DestSubnetMask_ip))
  }
  add('Protocol', protocolName(rule.Protocol_u32))
  add('SrcPort', portRange(rule.SrcPortStart_u32, rule.SrcPortEnd_u32))
  add('DstPort', portRange(rule.DestPortStart_u32, rule.DestPortEnd_u32))
  add('SrcUser', rule.SrcUsername_str)
  add('DstUser', rule.DestUsername_str)
  if (rule.CheckSrcMac_bool) add('SrcMac', macAndMask(rule.SrcMacAddress_bin, rule.SrcMacMask_bin))
  if (rule.CheckDstMac_bool) add('DstMac', macAndMask(rule.DstMacAddress_bin, rule.DstMacMask_bin))
  if (rule.CheckTcpState_bool) parts.push(rule.Established_bool ? 'Established' : 'Unestablished')
  if (rule.Loss_u32 > 0) add('Loss', `${rule.Loss_u32}%`)
  return `(${rule.IsIPv6_bool ? 'ipv6' : 'ipv4'}) ${parts.length === 0 ? '*' : parts.join(', ')}`
}

function protocolName(protocol: number): string {
  if (protocol === 0) return ''
  const named = Object.entries(PROTOCOLS).find(([, value]) => value === protocol)
  return named === undefined ? String(protocol) : named[0].toUpperCase().replace('V', 'v')
}

function portRange(start: number, end: number): string {
  if (start === 0) return ''
  return end === 0 || end === start ? String(start) : `${start}-${end}`
}

function macAndMask(address: string, mask: string): string {
  return `${macFromBase64(address)}/${macFromBase64(mask)}`
}

function cidr4(address: string, mask: string): string {
  if (mask === '0.0.0.0') return ''
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return `${address}/${/^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : mask}`
}

function cidr6(address: string, mask: string): string {
  const maskBytes = Buffer.from(mask, 'base64')
  if (maskBytes.every((byte) => byte === 0)) return ''
  const bits = Array.from(maskBytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const length = /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : formatIpv6(maskBytes)
  return `${formatIpv6(Buffer.from(address, 'base64'))}/${length}`
}
