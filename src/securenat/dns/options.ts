// The settings of the DNS service, and their defaults.

import { DNS_PORT } from '../../wire/dns.ts'
import type { RecordType } from '../../wire/dns-rdata.ts'
import { parseRecordData, wireName } from '../../wire/dns-rdata.ts'
import { ANY_IPV4, formatIpv4, type Ipv4Address, parseIpv4 } from '../../wire/ipv4-address.ts'
import type { Upstream } from './upstreams.ts'

/** What a name under the guests' domain is that nobody has: see local-names.ts. */
export type UnknownNames = 'auto' | 'nxdomain' | 'upstream'
export const UNKNOWN_NAMES = ['auto', 'nxdomain', 'upstream'] as const

/** A fixed record. `*.example.org` stands for every name below example.org that has none of its own. */
export interface DnsRecord {
  name: string
  type: RecordType
  /** As people write it: `10 mail.example.org` for MX. */
  value: string
  ttlSeconds: number
}

export interface DnsOptions {
  /** Empty: the resolvers that the host uses now. */
  upstreams: readonly Upstream[]
  /** 0: no cache. */
  cacheEntries: number
  /** What `host.internal` is; 0.0.0.0: the name is not answered. */
  hostInternal: Ipv4Address
  unknownNames: UnknownNames
  records: readonly DnsRecord[]
}

export const UPSTREAMS_MAX = 8
export const CACHE_ENTRIES_RANGE = { min: 0, max: 100_000 } as const
export const DNS_RECORDS_MAX = 1_000
export const RECORD_TTL_RANGE = { min: 0, max: 2_147_483_647 } as const
export const DEFAULT_RECORD_TTL_SECONDS = 300

export function defaultDnsOptions(): DnsOptions {
  return { upstreams: [], cacheEntries: 10_000, hostInternal: ANY_IPV4, unknownNames: 'auto', records: [] }
}

/** `192.0.2.53` or `192.0.2.53:5353` */
export function parseUpstream(text: string): Upstream | undefined {
  const [host = '', portText, ...more] = text.trim().split(':')
  const address = parseIpv4(host)
  const port = portText === undefined ? DNS_PORT : /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (address === undefined || address === ANY_IPV4 || more.length > 0 || port < 1 || port > 65_535) return undefined
  return { address, port }
}

export function formatUpstream({ address, port }: Upstream): string {
  return port === DNS_PORT ? formatIpv4(address) : `${formatIpv4(address)}:${port}`
}

/** What of a record is wrong; `undefined` for a sound one. */
export function recordFault(record: DnsRecord): { field: 'name' | 'value'; allowed: string } | undefined {
  const name = record.name.replace(/^\*\./, '')
  if (name === '' || name === '.' || name.includes('*') || wireName(name) === undefined) {
    return { field: 'name', allowed: 'a domain name such as www.example.org or *.example.org' }
  }
  if (parseRecordData(record.type, record.value) === undefined) {
    return { field: 'value', allowed: VALUES[record.type] }
  }
  return undefined
}

const VALUES: Readonly<Record<RecordType, string>> = {
  A: 'an IPv4 address such as 192.168.30.5',
  AAAA: 'an IPv6 address such as 2001:db8::5',
  CNAME: 'a domain name',
  MX: 'a preference and a domain name such as 10 mail.example.org',
  PTR: 'a domain name',
  SRV: 'priority, weight, port and a domain name such as 0 5 5060 sip.example.org',
  TXT: 'a text of at most 4096 bytes',
}
