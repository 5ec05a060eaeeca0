// The commands Egress… (where guests may go) and NatLimit… (how many sessions they may have).

import type { ResultOf } from '../admin/operations.ts'
import type { AdminCommand, SettingOption } from './admin-command.ts'
import { fieldNames, settings, text, unlessNone } from './admin-command.ts'
import type { Text } from './command.ts'
import { optionValue } from './command.ts'
import { thousands } from './format.ts'
import type { Row } from './table.ts'

const CLOSED_TEXTS: Readonly<Record<string, Text>> = {
  thisNetwork: text('this computer', 'このコンピューター'),
  loopback: text('loopback of this computer', 'このコンピューターのループバック'),
  linkLocal: text('link-local, cloud metadata', 'リンクローカル、クラウドのメタデータ'),
  multicast: text('multicast', 'マルチキャスト'),
  reserved: text('reserved and broadcast', '予約済み、ブロードキャスト'),
  ownListeners: text("the server's own listeners", 'サーバー自身のリスナー'),
}

const ACTIONS: Readonly<Record<string, Text>> = { allow: text('Allow', '許可'), deny: text('Deny', '拒否') }
const EVERY_PORT = text('All', 'すべて')

const RULE_OPTIONS: readonly SettingOption[] = [
  {
    name: 'id',
    value: 'N',
    field: 'Id_u32',
    convert: unlessNone,
    help: text('place in the list, from 1; the end if left out', '一覧での位置 (1 から)。省略すると末尾'),
  },
  {
    name: 'action',
    value: 'allow|deny',
    field: 'Action_str',
    convert: (given) => given.toLowerCase(),
    help: text('what happens to flows that fit; deny if left out', '一致したフローの扱い。省略すると拒否'),
  },
  {
    name: 'protocol',
    value: 'any|tcp|udp|icmp',
    field: 'Protocol_str',
    convert: (given) => given.toLowerCase(),
    help: text('any if left out', '省略するとすべて'),
  },
  {
    name: 'ports',
    value: 'PORT[-PORT]',
    field: 'Ports_str',
    convert: (given) => given,
    help: text('destination port or range; all if left out', '宛先ポートまたは範囲。省略するとすべて'),
  },
]

const LIMIT_OPTIONS: readonly SettingOption[] = (
  [
    ['sessions', 'Sessions_u32', text('sessions of all guests', '全ゲストのセッション数')],
    ['sessionsperguest', 'SessionsPerGuest_u32', text('sessions of one guest', '1 ゲストのセッション数')],
    ['tcpperguest', 'TcpSessionsPerGuest_u32', text('TCP sessions of one guest', '1 ゲストの TCP セッション数')],
    ['halfopen', 'HalfOpen_u32', text('unanswered connections of all guests', '全ゲストの応答待ち接続数')],
    ['halfopenperguest', 'HalfOpenPerGuest_u32', text('those of one guest', '1 ゲストの応答待ち接続数')],
    ['udpperguest', 'UdpSessionsPerGuest_u32', text('UDP endpoints of one guest', '1 ゲストの UDP セッション数')],
    ['icmpperguest', 'IcmpSessionsPerGuest_u32', text('ping identifiers of one guest', '1 ゲストの ICMP セッション数')],
  ] as const
).map(([name, field, help]) => ({
  name,
  value: 'N',
  field,
  convert: unlessNone,
  help: text(`${help.en}, 1-65536`, `${help.ja}、1-65536`),
}))

export const EGRESS_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'EgressList',
    summary: text('list the rules for where guests may go', '外向き通信規則の一覧を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const list = await call('EnumEgressRule', { HubName_str: hub })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'EgressAdd',
    summary: text('add a rule for where guests may go', '外向き通信規則を追加する'),
    description: text(
      'The first rule that fits a new flow decides. Without a rule everything is open but the loopback of this computer, link-local addresses, groups and the server’s own listeners; an allow rule opens these only if it names them.',
      '新しいフローには最初に一致した規則が適用されます。規則がない場合、このコンピューターのループバック、リンクローカルアドレス、マルチキャスト、サーバー自身のリスナー以外はすべて許可されます。これらは、それ自体を指定した許可規則でのみ開かれます。',
    ),
    operands: [
      {
        name: 'DESTINATION',
        required: true,
        help: text('network (10.0.0.0/8), address, or any', 'ネットワーク (10.0.0.0/8)、アドレス、または any'),
      },
    ],
    options: RULE_OPTIONS,
    fields: { ...fieldNames(RULE_OPTIONS), Destination_str: 'DESTINATION', RuleList: 'the list' },
    run: async ({ call, hub, arguments: given }) => {
      const [Destination_str = ''] = given.operands
      const value = (name: string): string | undefined => optionValue(given, name)
      const list = await call('AddEgressRule', {
        HubName_str: hub,
        Action_str: (value('action') ?? 'deny').toLowerCase() as 'allow' | 'deny',
        Destination_str,
        ...(value('protocol') === undefined ? {} : { Protocol_str: value('protocol')!.toLowerCase() as 'any' }),
        ...(value('ports') === undefined ? {} : { Ports_str: value('ports') }),
        ...(value('id') === undefined ? {} : { Id_u32: value('id') }),
      })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'EgressDelete',
    summary: text('delete a rule for where guests may go', '外向き通信規則を削除する'),
    operands: [{ name: 'ID', required: true, help: text('place in the list, from 1', '一覧での位置 (1 から)') }],
    options: [],
    fields: { Id_u32: 'ID' },
    run: async ({ call, hub, arguments: { operands } }) => {
      const list = await call('DeleteEgressRule', { HubName_str: hub, Id_u32: operands[0]! })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'NatLimitGet',
    summary: text('show the limits of the Virtual NAT', '仮想 NAT の制限値を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const limits = await call('GetNatLimit', { HubName_str: hub })
      return { json: limits, records: [limitRows(limits)] }
    },
  },
  {
    name: 'NatLimitSet',
    summary: text('set limits of the Virtual NAT', '仮想 NAT の制限値を設定する'),
    options: LIMIT_OPTIONS,
    oneOf: LIMIT_OPTIONS,
    fields: fieldNames(LIMIT_OPTIONS),
    async run({ call, hub, arguments: given }) {
      return { json: await call('SetNatLimit', { HubName_str: hub, ...settings(LIMIT_OPTIONS, given) }) }
    },
  },
]

function ruleRecords({ RuleList, ClosedList }: ResultOf<'EnumEgressRule'>): readonly Row[][] {
  const rules = RuleList.map((rule): Row[] => [
    [text('ID', 'ID'), String(rule.Id_u32)],
    [text('Action', '動作'), ACTIONS[rule.Action_str] ?? rule.Action_str],
    [text('Destination', '宛先'), rule.Destination_str],
    [text('Protocol', 'プロトコル'), rule.Protocol_str],
    [text('Ports', 'ポート'), rule.Ports_str === '' ? EVERY_PORT : rule.Ports_str],
    [text('Flows', 'フロー数'), thousands(rule.Hits_u64)],
  ])
  const closed = ClosedList.map((each): Row[] => [
    [text('ID', 'ID'), '-'],
    [text('Action', '動作'), ACTIONS.deny!],
    [text('Destination', '宛先'), each.Destination_str === '' ? '-' : each.Destination_str],
    [text('Closed By Default', '既定で閉鎖'), CLOSED_TEXTS[each.Name_str] ?? each.Name_str],
    [text('Flows', 'フロー数'), thousands(each.Hits_u64)],
  ])
  return [...rules, ...closed]
}

function limitRows(limits: ResultOf<'GetNatLimit'>): Row[] {
  return [
    [text('NAT Sessions', 'NAT セッション数'), thousands(limits.Sessions_u32)],
    [text('NAT Sessions per Guest', '1 ゲストの NAT セッション数'), thousands(limits.SessionsPerGuest_u32)],
    [text('TCP Sessions per Guest', '1 ゲストの TCP セッション数'), thousands(limits.TcpSessionsPerGuest_u32)],
    [text('Unanswered Connections', '応答待ち接続数'), thousands(limits.HalfOpen_u32)],
    [text('Unanswered Connections per Guest', '1 ゲストの応答待ち接続数'), thousands(limits.HalfOpenPerGuest_u32)],
    [text('UDP Sessions per Guest', '1 ゲストの UDP セッション数'), thousands(limits.UdpSessionsPerGuest_u32)],
    [text('ICMP Sessions per Guest', '1 ゲストの ICMP セッション数'), thousands(limits.IcmpSessionsPerGuest_u32)],
  ]
}
