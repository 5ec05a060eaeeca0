// The key `securenat.dns` of a hub: the DNS service of its virtual host.

import * as z from 'zod/mini'
import {
  CACHE_ENTRIES_RANGE,
  DEFAULT_RECORD_TTL_SECONDS,
  DNS_RECORDS_MAX,
  type DnsOptions,
  formatUpstream,
  parseUpstream,
  RECORD_TTL_RANGE,
  recordFault,
  UNKNOWN_NAMES,
  UPSTREAMS_MAX,
} from '../../securenat/dns/options.ts'
import { RECORD_TYPES, type RecordType } from '../../wire/dns-rdata.ts'
import { integerIn, oneOf, optionalAddress, optionalAddressText, text, textual } from './values.ts'

const upstream = textual('a resolver such as 192.0.2.53 or 192.0.2.53:5353', parseUpstream)

const recordShape = z.strictObject(
  {
    name: text,
    type: oneOf(Object.keys(RECORD_TYPES) as [RecordType, ...RecordType[]]),
    value: text,
    ttlSeconds: z._default(integerIn(RECORD_TTL_RANGE), DEFAULT_RECORD_TTL_SECONDS),
  },
  'an object with name, type and value',
)

export const dnsShape = z.strictObject(
  {
    upstreams: z.optional(z.array(upstream, 'a list of resolvers')),
    cacheEntries: z.optional(integerIn(CACHE_ENTRIES_RANGE)),
    hostInternal: z.optional(optionalAddress),
    unknownNames: z.optional(oneOf(UNKNOWN_NAMES)),
    records: z.optional(z.array(recordShape, 'a list of records')),
  },
  'an object',
)

/** What is wrong beyond single values; paths begin with `dns`. */
export function checkDns(
  { upstreams, records }: DnsOptions,
  report: (path: string, allowed: string, actual: string) => void,
): void {
  if (upstreams.length > UPSTREAMS_MAX) {
    report('dns.upstreams', `at most ${UPSTREAMS_MAX} resolvers`, `${upstreams.length} resolvers`)
  }
  if (records.length > DNS_RECORDS_MAX) {
    report('dns.records', `at most ${DNS_RECORDS_MAX} records`, `${records.length} records`)
  }
  for (const [index, record] of records.entries()) {
    const fault = recordFault(record)
    if (fault === undefined) continue
    report(`dns.records.${index}.${fault.field}`, fault.allowed, JSON.stringify(record[fault.field]))
  }
}

export function formatDns({ upstreams, cacheEntries, hostInternal, unknownNames, records }: DnsOptions) {
  return {
    upstreams: upstreams.map(formatUpstream),
    cacheEntries,
    hostInternal: optionalAddressText(hostInternal),
    unknownNames,
    records,
  }
}
