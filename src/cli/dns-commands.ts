// The commands Dns…: the operations of admin/dns-operations.ts.

import type { AdminCommand, SettingOption } from './admin-command.ts'
import { emptyIfNone, fieldNames, settings, text, unlessNone } from './admin-command.ts'
import type { OptionSpec } from './command.ts'
import { optionValue } from './command.ts'
import { addressOrNone, thousands } from './format.ts'
import type { Row } from './table.ts'

const SETTINGS: readonly SettingOption[] = [
  {
    name: 'upstreams',
    value: 'IP,...|none',
    field: 'Upstreams_str',
    convert: emptyIfNone,
    help: text(
      'resolvers to ask, in order; none: those that this computer uses',
      '問い合わせ先の DNS サーバー (none: このコンピュータのものを使用)',
    ),
  },
  {
    name: 'cache',
    value: 'ANSWERS',
    field: 'CacheEntries_u32',
    convert: unlessNone,
    help: text('answers kept, 0-100000; 0: no cache', 'キャッシュする応答の数、0-100000 (0: 使用しない)'),
  },
  {
    name: 'hostinternal',
    value: 'IP|none',
    field: 'HostInternal_ip',
    convert: emptyIfNone,
    help: text('the address of host.internal', 'host.internal のアドレス'),
  },
  {
    name: 'unknown',
    value: 'auto|nxdomain|upstream',
    field: 'UnknownNames_str',
    convert: unlessNone,
    help: text("what an unknown name of the guests' domain is", 'ゲストのドメインの未知の名前の扱い'),
  },
]

const NAME_OPERAND = {
  name: 'NAME',
  required: true,
  help: text('a name, or *.DOMAIN for all names below one', '名前、または *.ドメイン (その下のすべての名前)'),
} as const
const TYPES = 'A|AAAA|CNAME|MX|PTR|SRV|TXT'
const RECORD_OPTIONS: readonly OptionSpec[] = [
  { name: 'type', value: TYPES, help: text('type of the record', 'レコードの種類') },
  {
    name: 'value',
    value: 'TEXT',
    help: text(
      'an address, a name or a text; MX: "10 mail.example.org"; SRV: "0 5 5060 sip.example.org"',
      'アドレス、名前、またはテキスト。MX: "10 mail.example.org"、SRV: "0 5 5060 sip.example.org"',
    ),
  },
]
const TTL_OPTION: OptionSpec = {
  name: 'ttl',
  value: 'SECONDS',
  help: text('how long the answer may be kept, 300 without it', '応答の有効期間 (省略時 300)'),
}
const FIELDS = { Name_str: 'NAME', Type_str: '--type', Value_str: '--value', Ttl_u32: '--ttl' } as const

export const DNS_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'DnsGet',
    summary: text(
      'show the settings of the DNS service and what it has done',
      'DNS サービスの設定と動作状況を表示する',
    ),
    options: [],
    run: async ({ call, hub }) => {
      const service = await call('GetDnsOption', { HubName_str: hub })
      const rows: Row[] = [
        [text('Configured Resolvers', '設定された DNS サーバー'), addressOrNone(service.Upstreams_str)],
        [text('Resolvers in Use', '使用中の DNS サーバー'), addressOrNone(service.UpstreamsInUse_str)],
        [text('Cache Size (Answers)', 'キャッシュする応答の数'), String(service.CacheEntries_u32)],
        [text('Address of host.internal', 'host.internal のアドレス'), addressOrNone(service.HostInternal_ip)],
        [text("Unknown Names of the Guests' Domain", 'ゲストのドメインの未知の名前'), service.UnknownNames_str],
        [text('Queries', 'クエリ数'), thousands(service.NumQueries_u64)],
        [text('Answered from Local Names', 'ローカル名による応答数'), thousands(service.NumLocalAnswers_u64)],
        [text('Answered from the Cache', 'キャッシュによる応答数'), thousands(service.NumCacheHits_u64)],
        [text('Sent to Resolvers', 'DNS サーバーへの問い合わせ数'), thousands(service.NumForwarded_u64)],
        [text('Without an Answer', '応答のなかったクエリ数'), thousands(service.NumFailed_u64)],
        [text('Refused by a Limit', '制限により拒否したクエリ数'), thousands(service.NumRefused_u64)],
        [text('Queries under Way', '処理中のクエリ数'), thousands(service.NumWaiting_u32)],
        [text('Answers in the Cache', 'キャッシュ内の応答数'), thousands(service.NumCachedAnswers_u32)],
        [text('Bytes in the Cache', 'キャッシュのバイト数'), thousands(service.CachedBytes_u64)],
      ]
      return { json: service, records: [rows] }
    },
  },
  {
    name: 'DnsSet',
    summary: text('change the settings of the DNS service', 'DNS サービスの設定を変更する'),
    description: text('Settings that are not given stay as they are.', '指定しない設定は変わりません。'),
    options: SETTINGS,
    oneOf: SETTINGS,
    fields: fieldNames(SETTINGS),
    async run({ call, hub, arguments: parsed }) {
      return { json: await call('SetDnsOption', { HubName_str: hub, ...settings(SETTINGS, parsed) }) }
    },
  },
  {
    name: 'DnsRecordList',
    summary: text('show the fixed records of the DNS service', 'DNS サービスの固定レコードの一覧を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const table = await call('EnumDnsRecord', { HubName_str: hub })
      const records = table.RecordList.map((record): Row[] => [
        [text('Name', '名前'), record.Name_str],
        [text('Type', '種類'), record.Type_str],
        [text('Value', '値'), record.Value_str],
        [text('TTL (Seconds)', 'TTL (秒)'), String(record.Ttl_u32)],
      ])
      return { json: table, records }
    },
  },
  {
    name: 'DnsRecordAdd',
    summary: text('add a fixed record to the DNS service', 'DNS サービスに固定レコードを追加する'),
    description: text(
      'A name with a fixed record belongs to this service as a whole: other types of it have no records.',
      '固定レコードのある名前はこのサービスが全体を管理します。他の種類のレコードは存在しないものとして応答します。',
    ),
    operands: [NAME_OPERAND],
    options: [...RECORD_OPTIONS.map((option) => ({ ...option, required: true as const })), TTL_OPTION],
    fields: FIELDS,
    async run({ call, hub, arguments: parsed }) {
      const ttl = optionValue(parsed, 'ttl')
      const params = {
        HubName_str: hub,
        Name_str: parsed.operands[0] ?? '',
        Type_str: optionValue(parsed, 'type')!,
        Value_str: optionValue(parsed, 'value')!,
        ...(ttl === undefined ? {} : { Ttl_u32: ttl }),
      }
      return { json: await call('AddDnsRecord', params) }
    },
  },
  {
    name: 'DnsRecordDelete',
    summary: text('delete fixed records of a name', '名前の固定レコードを削除する'),
    description: text(
      'Without a type and a value, all records of the name.',
      '種類と値を省略すると、その名前のすべてのレコードを削除します。',
    ),
    operands: [NAME_OPERAND],
    options: RECORD_OPTIONS,
    fields: FIELDS,
    run: async ({ call, hub, arguments: parsed }) => {
      const [type, value] = [optionValue(parsed, 'type'), optionValue(parsed, 'value')]
      const params = {
        HubName_str: hub,
        Name_str: parsed.operands[0] ?? '',
        ...(type === undefined ? {} : { Type_str: type }),
        ...(value === undefined ? {} : { Value_str: value }),
      }
      return { json: await call('DeleteDnsRecord', params) }
    },
  },
  {
    name: 'DnsCacheFlush',
    summary: text('forget the answers that the DNS service keeps', 'DNS サービスのキャッシュを消去する'),
    options: [],
    run: async ({ call, hub }) => ({ json: await call('FlushDnsCache', { HubName_str: hub }) }),
  },
]
