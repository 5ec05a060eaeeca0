// Operations on the DNS service of a hub's virtual host: resolvers, cache, fixed records. The original has no counterpart.

import * as z from 'zod/mini'
import {
  CACHE_ENTRIES_RANGE,
  DEFAULT_RECORD_TTL_SECONDS,
  type DnsOptions,
  type DnsRecord,
  formatUpstream,
  parseUpstream,
  RECORD_TTL_RANGE,
  recordFault,
  UNKNOWN_NAMES,
} from '../securenat/dns/options.ts'
import type { Upstream } from '../securenat/dns/upstreams.ts'
import { RECORD_TYPES, type RecordType } from '../wire/dns-rdata.ts'
import { ip, ipText, number, oneOf, spelled, str, u32In } from './fields.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, RpcError } from './rpc-error.ts'

const hubParams = z.object({ HubName_str: str })

const TYPES = Object.keys(RECORD_TYPES) as [RecordType, ...RecordType[]]
const typeField = spelled({ allowed: TYPES.join(', '), words: TYPES }, (value) => {
  const wanted = typeof value === 'string' ? value.toUpperCase() : ''
  return TYPES.find((type) => type === wanted)
})
const upstreamsField = spelled(
  { allowed: 'resolvers such as 192.0.2.53 or 192.0.2.53:5353, separated by commas' },
  (value) => {
    if (typeof value !== 'string') return undefined
    const parts = value.split(/[\s,]+/).filter((part) => part !== '')
    const parsed = parts.map(parseUpstream).filter((upstream) => upstream !== undefined)
    return parsed.length === parts.length ? (parsed as readonly Upstream[]) : undefined
  },
)

const optionResult = z.object({
  HubName_str: str,
  Upstreams_str: str,
  CacheEntries_u32: number,
  HostInternal_ip: str,
  UnknownNames_str: str,
  UpstreamsInUse_str: str,
  NumQueries_u64: number,
  NumWaiting_u32: number,
  NumLocalAnswers_u64: number,
  NumCacheHits_u64: number,
  NumForwarded_u64: number,
  NumFailed_u64: number,
  NumRefused_u64: number,
  NumCachedAnswers_u32: number,
  CachedBytes_u64: number,
})

const recordResult = z.object({ Name_str: str, Type_str: str, Value_str: str, Ttl_u32: number })

/** Which parameter a setting came from, to name it in a refusal. */
const FIELD_OF_SETTING: Readonly<Record<string, string>> = { 'dns.upstreams': 'Upstreams_str' }

export const dnsOperations = {
  GetDnsOption: operation({
    summary: text('The settings of the DNS service and what it has done', 'DNS サービスの設定と動作状況を取得する'),
    ...READS_HUB,
    params: hubParams,
    result: optionResult,
    handle: (context, { HubName_str }) => describeService(requireHub(context, HubName_str)),
  }),

  SetDnsOption: operation({
    summary: text(
      'Changes settings of the DNS service, at once and in the configuration; parameters left out stay as they are',
      'DNS サービスの設定を変更する (省略した項目は変わらない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({
      HubName_str: str,
      Upstreams_str: z.optional(upstreamsField),
      CacheEntries_u32: z.optional(u32In(CACHE_ENTRIES_RANGE)),
      HostInternal_ip: z.optional(ip),
      UnknownNames_str: z.optional(oneOf(UNKNOWN_NAMES)),
    }),
    result: optionResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      await change(hub, (dns) => ({
        ...dns,
        upstreams: params.Upstreams_str ?? dns.upstreams,
        cacheEntries: params.CacheEntries_u32 ?? dns.cacheEntries,
        hostInternal: params.HostInternal_ip ?? dns.hostInternal,
        unknownNames: params.UnknownNames_str ?? dns.unknownNames,
      }))
      hub.logAdministration('optionSet', context.connection)
      return describeService(hub)
    },
  }),

  EnumDnsRecord: operation({
    summary: text('Lists the fixed records of the DNS service', 'DNS サービスの固定レコードの一覧を取得する'),
    ...READS_HUB,
    params: hubParams,
    result: z.object({ HubName_str: str, RecordList: z.array(recordResult) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, RecordList: hub.dnsOptions().records.map(describeRecord) }
    },
  }),

  AddDnsRecord: operation({
    summary: text(
      'Adds a fixed record to the DNS service; one that is there already gets the new TTL',
      'DNS サービスに固定レコードを追加する (既存のものは TTL を変更)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({
      HubName_str: str,
      Name_str: str,
      Type_str: typeField,
      Value_str: str,
      Ttl_u32: z.optional(u32In(RECORD_TTL_RANGE)),
    }),
    result: z.extend(recordResult, { HubName_str: str }),
    handle: async (context, { HubName_str, Name_str, Type_str, Value_str, Ttl_u32 }) => {
      const hub = requireHub(context, HubName_str)
      const name = Name_str.replace(/\.$/, '')
      const record = { name, type: Type_str, value: Value_str, ttlSeconds: Ttl_u32 ?? DEFAULT_RECORD_TTL_SECONDS }
      const fault = recordFault(record)
      if (fault !== undefined) {
        const field = fault.field === 'name' ? 'Name_str' : 'Value_str'
        throw invalidParameters([{ field, allowed: fault.allowed, actual: JSON.stringify(record[fault.field]) }])
      }
      await change(hub, (dns) => {
        const isSame = (other: DnsRecord): boolean => matches(other, name, Type_str, Value_str)
        const isThere = dns.records.some(isSame)
        const records = isThere
          ? dns.records.map((other) => (isSame(other) ? record : other))
          : [...dns.records, record]
        return { ...dns, records }
      })
      hub.logAdministration('optionSet', context.connection)
      return { HubName_str: hub.name, ...describeRecord(record) }
    },
  }),

  DeleteDnsRecord: operation({
    summary: text(
      'Deletes the fixed records of a name, all of them or those of a type or value',
      'DNS サービスの固定レコードを削除する (種類や値で限定可能)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({
      HubName_str: str,
      Name_str: str,
      Type_str: z.optional(typeField),
      Value_str: z.optional(str),
    }),
    result: z.object({ HubName_str: str, Name_str: str, NumDeleted_u32: number }),
    handle: async (context, { HubName_str, Name_str, Type_str, Value_str }) => {
      const hub = requireHub(context, HubName_str)
      let deleted = 0
      await change(hub, (dns) => {
        const records = dns.records.filter((record) => !matches(record, Name_str, Type_str, Value_str))
        deleted = dns.records.length - records.length
        return deleted === 0 ? undefined : { ...dns, records }
      })
      if (deleted === 0) throw new RpcError(ERROR_CODES.objectNotFound, `There is no such record of "${Name_str}".`)
      hub.logAdministration('optionSet', context.connection)
      return { HubName_str: hub.name, Name_str, NumDeleted_u32: deleted }
    },
  }),

  FlushDnsCache: operation({
    summary: text('Forgets the answers that the DNS service keeps', 'DNS サービスのキャッシュを消去する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: hubParams,
    result: z.object({ HubName_str: str, NumFlushed_u32: number }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, NumFlushed_u32: hub.flushDnsCache() }
    },
  }),
}

async function change(hub: ManagedHub, edit: (present: DnsOptions) => DnsOptions | undefined): Promise<void> {
  const faults = await hub.changeDns(edit)
  if (faults.length === 0) return
  throw invalidParameters(faults.map((fault) => ({ ...fault, field: FIELD_OF_SETTING[fault.path] ?? fault.path })))
}

/** Names compare without case, and with or without their last dot. */
function matches(record: DnsRecord, name: string, type: RecordType | undefined, value: string | undefined): boolean {
  const plain = (text: string): string => text.replace(/\.$/, '').toLowerCase()
  if (plain(record.name) !== plain(name)) return false
  return (type === undefined || record.type === type) && (value === undefined || record.value === value)
}

function describeRecord({ name, type, value, ttlSeconds }: DnsRecord): z.input<typeof recordResult> {
  return { Name_str: name, Type_str: type, Value_str: value, Ttl_u32: ttlSeconds }
}

function describeService(hub: ManagedHub): z.input<typeof optionResult> {
  const { upstreams, cacheEntries, hostInternal, unknownNames } = hub.dnsOptions()
  const status = hub.dnsStatus()
  return {
    HubName_str: hub.name,
    Upstreams_str: upstreams.map(formatUpstream).join(', '),
    CacheEntries_u32: cacheEntries,
    HostInternal_ip: ipText(hostInternal),
    UnknownNames_str: unknownNames,
    UpstreamsInUse_str: (status?.upstreams ?? []).map(formatUpstream).join(', '),
    NumQueries_u64: status?.queries ?? 0,
    NumWaiting_u32: status?.waiting ?? 0,
    NumLocalAnswers_u64: status?.localAnswers ?? 0,
    NumCacheHits_u64: status?.cacheHits ?? 0,
    NumForwarded_u64: status?.forwarded ?? 0,
    NumFailed_u64: status?.failed ?? 0,
    NumRefused_u64: status?.refused ?? 0,
    NumCachedAnswers_u32: status?.cachedAnswers ?? 0,
    CachedBytes_u64: status?.cachedBytes ?? 0,
  }
}
