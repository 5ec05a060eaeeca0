// The commands Inbound…: ports of this computer behind which guests answer (port forwarding).

import type { ResultOf } from '../admin/operations.ts'
import type { AdminCommand, SettingOption } from './admin-command.ts'
import { fieldNames, settings, text, unlessNone, yesOrNo } from './admin-command.ts'
import type { Text } from './command.ts'
import { optionValue, UsageError } from './command.ts'
import { thousands } from './format.ts'
import type { Row } from './table.ts'

const STATES: Readonly<Record<string, Text>> = {
  off: text('Off', '停止'),
  opening: text('Opening', '準備中'),
  listening: text('Listening', '待ち受け中'),
  inUse: text('Port in use by another program; tried again', 'ポートは別のプログラムが使用中 (再試行します)'),
  forbidden: text(
    'Not allowed to this user: ports below 1024 need the right to use them; tried again',
    'このユーザーには許可されていません。1024 未満のポートには権限が必要です (再試行します)',
  ),
  noAddress: text(
    'Not an address of this computer; tried again',
    'このコンピューターのアドレスではありません (再試行します)',
  ),
  exhausted: text('No more sockets; tried again', 'ソケットが不足しています (再試行します)'),
}

/** What the options of a new rule mean for one that is there. */
const LEFT_OUT: Readonly<Record<string, Text>> = {
  protocol: text('TCP or UDP', 'TCP または UDP'),
  address: text('of this computer; 0.0.0.0 for all', 'このコンピューターのアドレス。0.0.0.0 ですべて'),
  sources: text('who may come in; empty for everybody', '接続を許可する送信元。空ですべて'),
  max: text('callers at a time', '同時接続数'),
}

const RULE_OPTIONS: readonly SettingOption[] = [
  {
    name: 'protocol',
    value: 'tcp|udp',
    field: 'Protocol_str',
    convert: (given) => given.toLowerCase(),
    help: text('tcp if left out', '省略すると tcp'),
  },
  {
    name: 'address',
    value: 'IP',
    field: 'HostAddress_ip',
    convert: unlessNone,
    help: text('of this computer; all if left out', 'このコンピューターのアドレス。省略するとすべて'),
  },
  {
    name: 'sources',
    value: 'NETWORK[,NETWORK]',
    field: 'Sources_str',
    convert: (given) => given,
    help: text('who may come in; everybody if left out', '接続を許可する送信元。省略するとすべて'),
  },
  {
    name: 'proxy',
    value: 'none|v1|v2',
    field: 'ProxyProtocol_str',
    convert: (given) => given.toLowerCase(),
    help: text('header of the PROXY protocol towards the guest', 'ゲストへ送る PROXY プロトコルヘッダー'),
  },
  {
    name: 'max',
    value: 'N',
    field: 'MaxSessions_u32',
    convert: unlessNone,
    help: text('callers at a time; 1024 if left out', '同時接続数。省略すると 1024'),
  },
  {
    name: 'note',
    value: 'TEXT',
    field: 'Note_str',
    convert: (given) => given,
    help: text('a remark', 'メモ'),
  },
]

const CHANGE_OPTIONS: readonly SettingOption[] = [
  ...RULE_OPTIONS.map((option) => ({ ...option, help: LEFT_OUT[option.name] ?? option.help })),
  {
    name: 'ports',
    value: 'PORT[-PORT]',
    field: 'HostPorts_str',
    convert: unlessNone,
    help: text('of this computer', 'このコンピューターのポート'),
  },
  {
    name: 'guest',
    value: 'IP',
    field: 'GuestAddress_ip',
    convert: unlessNone,
    help: text('address of the guest', 'ゲストのアドレス'),
  },
  {
    name: 'guestport',
    value: 'PORT',
    field: 'GuestPort_u32',
    convert: unlessNone,
    help: text('port of the guest', 'ゲストのポート'),
  },
  {
    name: 'active',
    value: 'yes|no',
    field: 'Active_bool',
    convert: yesOrNo,
    help: text('no: nothing listens, and the rule is kept', 'no: 待ち受けを停止し、規則は残す'),
  },
]

export const INBOUND_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'InboundList',
    summary: text('list the ports behind which guests answer', 'ポート転送規則の一覧を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const list = await call('EnumInboundRule', { HubName_str: hub })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'InboundAdd',
    summary: text('let callers reach a port of a guest', 'ゲストのポートへの転送規則を追加する'),
    description: text(
      'Connections to a port of this computer become connections to the guest, who sees the caller’s own address. The rule holds at once and is kept; a port that cannot be had is tried again, and InboundList says why.',
      'このコンピューターのポートへの接続をゲストへ転送します。ゲストには接続元の実際のアドレスが見えます。規則は直ちに有効になり、保存されます。ポートを使用できない場合は再試行され、理由は InboundList で確認できます。',
    ),
    operands: [
      { name: 'PORT[-PORT]', required: true, help: text('of this computer', 'このコンピューターのポート') },
      {
        name: 'GUEST[:PORT]',
        required: true,
        help: text('address of the guest, and its port if it is another', 'ゲストのアドレスと、異なる場合はそのポート'),
      },
    ],
    options: RULE_OPTIONS,
    fields: {
      ...fieldNames(RULE_OPTIONS),
      HostPorts_str: 'PORT[-PORT]',
      GuestAddress_ip: 'GUEST',
      GuestPort_u32: 'the port of GUEST',
    },
    run: async ({ call, hub, arguments: given }) => {
      const [HostPorts_str = '', guest = ''] = given.operands
      const match = /^([^:]+)(?::(\d+))?$/.exec(guest)
      if (match === null) {
        throw new UsageError(
          `InboundAdd: GUEST must be an address such as 192.168.30.10:80, is ${JSON.stringify(guest)}`,
        )
      }
      const options: Record<string, string> = {}
      for (const { name, field, convert } of RULE_OPTIONS) {
        const value = optionValue(given, name)
        const converted = value === undefined ? undefined : convert(value)
        if (converted !== undefined) options[field] = String(converted)
      }
      const list = await call('AddInboundRule', {
        HubName_str: hub,
        Protocol_str: 'tcp',
        HostPorts_str,
        GuestAddress_ip: match[1]!,
        ...(match[2] === undefined ? {} : { GuestPort_u32: match[2] }),
        ...options,
      })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'InboundSet',
    summary: text('change a rule, or switch it off and on', 'ポート転送規則を変更、停止、再開する'),
    description: text(
      'Connections that came by the rule end, unless only who may come in, how many or the remark is changed.',
      '許可する送信元、接続数、メモ以外を変更すると、その規則による接続は切断されます。',
    ),
    operands: [{ name: 'ID', required: true, help: text('number of the rule', '規則の番号') }],
    options: CHANGE_OPTIONS,
    oneOf: CHANGE_OPTIONS,
    fields: { ...fieldNames(CHANGE_OPTIONS), Id_u32: 'ID' },
    async run({ call, hub, arguments: given }) {
      const changes = settings(CHANGE_OPTIONS, given)
      const list = await call('SetInboundRule', { HubName_str: hub, Id_u32: given.operands[0]!, ...changes })
      return { json: list, records: ruleRecords(list) }
    },
  },
  {
    name: 'InboundDelete',
    summary: text('delete a rule, and end the connections that came by it', 'ポート転送規則を削除し、接続を切断する'),
    operands: [{ name: 'ID', required: true, help: text('number of the rule', '規則の番号') }],
    options: [],
    fields: { Id_u32: 'ID' },
    run: async ({ call, hub, arguments: { operands } }) => {
      const list = await call('DeleteInboundRule', { HubName_str: hub, Id_u32: operands[0]! })
      return { json: list, records: ruleRecords(list) }
    },
  },
]

function ruleRecords({ RuleList }: ResultOf<'EnumInboundRule'>): readonly Row[][] {
  return RuleList.map((rule): Row[] => {
    const isBroken = !['listening', 'off', 'opening'].includes(rule.State_str)
    return [
      [text('ID', 'ID'), String(rule.Id_u32)],
      [text('Protocol', 'プロトコル'), rule.Protocol_str.toUpperCase()],
      [text('Host Address', '待ち受けアドレス'), rule.HostAddress_ip],
      [text('Host Port', '待ち受けポート'), rule.HostPorts_str],
      [text('Guest', 'ゲスト'), `${rule.GuestAddress_ip}:${rule.GuestPort_u32}`],
      [text('Sources', '許可する送信元'), rule.Sources_str === '' ? text('All', 'すべて') : rule.Sources_str],
      [text('PROXY Protocol', 'PROXY プロトコル'), rule.ProxyProtocol_str],
      [text('Status', '状態'), STATES[rule.State_str] ?? rule.State_str],
      ...(isBroken ? [[text('Port Concerned', '対象ポート'), String(rule.StatePort_u32)] as Row] : []),
      [text('Sessions', 'セッション数'), thousands(rule.NumSessions_u32)],
      [text('Accepted', '接続数'), thousands(rule.NumAccepted_u64)],
      [text('Refused', '拒否数'), thousands(rule.NumRefused_u64)],
      [text('Note', 'メモ'), rule.Note_str],
    ]
  })
}
