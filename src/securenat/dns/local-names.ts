// Names that this service answers itself: fixed records of the configuration, guests by the names they gave the DHCP server,
// the virtual host, `host.internal`; forward and reverse.
//
// Guests are found by their name alone and under the domain of the lease. That domain may be this network's own, or the one
// of the site that the host stands in (R42), whose other names only the site's resolvers know. `unknownNames` says what a
// name there is that no guest has: 'nxdomain', not there; 'upstream', asked outside; 'auto', asked outside when the host
// itself is in that domain or it may be somebody's on the Internet. Reverse names of the guests' network are always ours.

import { getU8, getU16 } from '../../wire/bytes.ts'
import {
  CLASS_IN,
  DNS_HEADER_LEN,
  FLAG_AUTHORITATIVE,
  FLAG_CHECKING_DISABLED,
  FLAG_RECURSION_AVAILABLE,
  FLAG_RECURSION_DESIRED,
  FLAG_RESPONSE,
  parseDnsName,
  parseReverseName,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_PTR,
} from '../../wire/dns.ts'
import {
  makeAnswer,
  parseRecordData,
  RECORD_TYPES,
  type ResourceRecord,
  soaRecord,
  TYPE_ANY,
  TYPE_CNAME,
  wireName,
} from '../../wire/dns-rdata.ts'
import { equalFolded, hashDnsName, type QueryScan } from '../../wire/dns-scan.ts'
import { ANY_IPV4, formatIpv4, type Ipv4Address, inSubnet } from '../../wire/ipv4-address.ts'
import { type Answer, wholeAnswer } from './answer.ts'
import { GATEWAY_NAME, type GuestNames } from './guest-names.ts'
import type { DnsOptions, DnsRecord } from './options.ts'

/** Guests come and go. */
const GUEST_TTL_SECONDS = 60
const NEGATIVE_TTL_SECONDS = 10
export const HOST_INTERNAL_NAME = 'host.internal'
/** Links of a chain of CNAME records. */
const CHAIN_MAX = 8
const REVERSE_LABELS = 6
const REVERSE_SUFFIX = wireName('in-addr.arpa') as Uint8Array
/** Domains that nobody has on the Internet (RFC 6761, 6762, 8375, ICANN's resolution on .internal, and custom). */
const PRIVATE_DOMAIN =
  /(^|\.)(home\.arpa|internal|lan|local|localdomain|home|corp|private|intranet|test|invalid|example)$/

export interface LocalSettings {
  readonly ipAddress: Ipv4Address
  readonly subnetMask: Ipv4Address
  /** Of the leases; empty without. */
  readonly domain: string
  /** The one that the host itself is in; empty without. */
  hostDomain(): string
  readonly options: DnsOptions
}

interface FixedName {
  readonly name: Uint8Array
  readonly records: ResourceRecord[]
}

/** `target`: the chain of CNAME records in `answers` leads to a name that only the resolvers know. */
export interface LocalAnswer {
  readonly rcode: number
  readonly answers: readonly ResourceRecord[]
  readonly target: Uint8Array | undefined
}

export class LocalNames {
  readonly #names: GuestNames
  readonly #seed: number
  #settings: LocalSettings
  readonly #fixed = new Map<number, FixedName>()
  #wildcards: FixedName[] = []
  /** On the wire; the root without a domain. */
  #domain: Uint8Array = Uint8Array.of(0)
  #domainLabels = 0
  #server: Uint8Array = Uint8Array.of(0)

  constructor(names: GuestNames, seed: number, settings: LocalSettings) {
    this.#names = names
    this.#seed = seed
    this.#settings = settings
    this.configure(settings)
  }

  configure(settings: LocalSettings): void {
    this.#settings = settings
    const { domain, options, ipAddress } = settings
    this.#domain = wireName(domain) ?? Uint8Array.of(0)
    this.#domainLabels = domain === '' ? 0 : domain.split('.').length
    this.#server = wireName(this.#full(GATEWAY_NAME)) ?? Uint8Array.of(0)
    this.#fixed.clear()
    this.#wildcards = []
    const own = (name: string, address: Ipv4Address): DnsRecord => {
      return { name, type: 'A', value: formatIpv4(address), ttlSeconds: GUEST_TTL_SECONDS }
    }
    for (const record of options.records) this.#fix(record)
    if (options.hostInternal !== ANY_IPV4) this.#fix(own(HOST_INTERNAL_NAME, options.hostInternal))
    for (const name of new Set([GATEWAY_NAME, this.#full(GATEWAY_NAME)])) {
      if (this.#fixedName(wireName(name)) === undefined) this.#fix(own(name, ipAddress))
    }
  }

  /** Costs a look at a table and two comparisons of ends for a name that is not ours. */
  find(query: QueryScan): LocalAnswer | undefined {
    if (!query.isPlain || query.class !== CLASS_IN) return undefined
    const isOurs =
      query.labels === 1 ||
      this.#fixed.has(query.nameHash) ||
      this.#wildcards.length > 0 ||
      (this.#domainLabels > 0 && endsWith(query, this.#domain)) ||
      (query.labels === REVERSE_LABELS && endsWith(query, REVERSE_SUFFIX))
    if (!isOurs) return undefined
    const name = query.bytes.slice(query.start + DNS_HEADER_LEN, query.nameEnd)
    return this.#chain(name, query.type)
  }

  /** The message for an answer that is complete. */
  message(query: QueryScan, local: LocalAnswer, upstreamFlags = 0): Answer {
    const { bytes, start, end, questionEnd } = query
    const recursion = getU16(bytes, start + 2) & (FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED)
    const isOurs = upstreamFlags === 0
    const flags = FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | recursion | (isOurs ? FLAG_AUTHORITATIVE : 0) | local.rcode
    const isNegative = local.answers.length === 0 || local.rcode !== RCODE_NOERROR
    const authority = isNegative && isOurs ? [this.#soa(query)] : []
    const message = makeAnswer(bytes.subarray(start, end), questionEnd - start, flags, local.answers, authority)
    return wholeAnswer(message)
  }

  #chain(name: Uint8Array, type: number): LocalAnswer | undefined {
    const answers: ResourceRecord[] = []
    let owner = name
    for (let links = 0; links < CHAIN_MAX; links += 1) {
      const found = this.#records(owner)
      if (found === undefined) {
        return links === 0 ? undefined : { rcode: RCODE_NOERROR, answers, target: owner }
      }
      if (found === 'absent') return { rcode: RCODE_NXDOMAIN, answers, target: undefined }
      const matching = found.filter((record) => record.type === type || type === TYPE_ANY)
      const alias = matching.length > 0 ? undefined : found.find((record) => record.type === TYPE_CNAME)
      for (const record of alias === undefined ? matching : [alias]) {
        answers.push({ ...record, owner: links === 0 ? undefined : owner })
      }
      if (alias === undefined) break
      owner = alias.data
    }
    return { rcode: RCODE_NOERROR, answers, target: undefined }
  }

  /** `absent`: the name is ours to know, and nobody has it; `undefined`: it is not ours. */
  #records(name: Uint8Array): readonly ResourceRecord[] | 'absent' | undefined {
    const fixed = this.#fixedName(name)
    if (fixed !== undefined) return fixed.records
    const isUnderDomain = this.#domainLabels > 0 && endsWithName(name, this.#domain)
    const labels = labelsOf(name)
    if (labels === 1 || (isUnderDomain && labels === this.#domainLabels + 1)) {
      const address = this.#names.addressOf(firstLabel(name))
      if (address !== undefined) return [addressRecord(address)]
    }
    const reverse = this.#reverse(name)
    if (reverse !== undefined) return reverse
    const wildcard = this.#wildcards.find((candidate) => {
      return name.length > candidate.name.length && endsWithName(name, candidate.name)
    })
    if (wildcard !== undefined) return wildcard.records
    if (!isUnderDomain || !isOwnDomain(this.#settings)) return undefined
    return labels === this.#domainLabels ? [] : 'absent'
  }

  #reverse(name: Uint8Array): readonly ResourceRecord[] | 'absent' | undefined {
    if (labelsOf(name) !== REVERSE_LABELS || !endsWithName(name, REVERSE_SUFFIX)) return undefined
    const address = parseReverseName(parseDnsName(name, -DNS_HEADER_LEN, 0, name.length) ?? '')
    const { ipAddress, subnetMask } = this.#settings
    if (address === undefined || !inSubnet(address, ipAddress, subnetMask)) return undefined
    const guest = address === ipAddress ? GATEWAY_NAME : this.#names.nameOf(address)
    const data = guest === undefined ? undefined : wireName(this.#full(guest))
    return data === undefined ? 'absent' : [{ owner: undefined, type: TYPE_PTR, ttlSeconds: GUEST_TTL_SECONDS, data }]
  }

  #fix({ name, type, value, ttlSeconds }: DnsRecord): void {
    const isWildcard = name.startsWith('*.')
    const wire = wireName(isWildcard ? name.slice(2) : name)
    const data = parseRecordData(type, value)
    if (wire === undefined || data === undefined) return
    const record = { owner: undefined, type: RECORD_TYPES[type], ttlSeconds, data }
    const known = isWildcard
      ? this.#wildcards.find((candidate) => isSameName(candidate.name, wire))
      : this.#fixedName(wire)
    if (known !== undefined) {
      known.records.push(record)
    } else if (isWildcard) {
      this.#wildcards.push({ name: wire, records: [record] })
      // The closest one counts.
      this.#wildcards.sort((a, b) => b.name.length - a.name.length)
    } else this.#fixed.set(hashDnsName(wire, this.#seed), { name: wire, records: [record] })
  }

  #fixedName(name: Uint8Array | undefined): FixedName | undefined {
    const fixed = name === undefined ? undefined : this.#fixed.get(hashDnsName(name, this.#seed))
    return fixed !== undefined && name !== undefined && isSameName(fixed.name, name) ? fixed : undefined
  }

  #soa(query: QueryScan): ResourceRecord {
    const owner = this.#domainLabels > 0 && endsWith(query, this.#domain) ? this.#domain : undefined
    return soaRecord(owner, this.#server, NEGATIVE_TTL_SECONDS)
  }

  #full(label: string): string {
    return this.#settings.domain === '' ? label : `${label}.${this.#settings.domain}`
  }
}

function isOwnDomain({ domain, hostDomain, options }: LocalSettings): boolean {
  if (options.unknownNames !== 'auto') return options.unknownNames === 'nxdomain'
  const own = domain.toLowerCase()
  const hosts = hostDomain().toLowerCase()
  const isTheHosts = hosts !== '' && `.${own}`.endsWith(`.${hosts}`)
  return !isTheHosts && (!own.includes('.') || PRIVATE_DOMAIN.test(own))
}

function addressRecord(address: Ipv4Address): ResourceRecord {
  const data = parseRecordData('A', formatIpv4(address)) as Uint8Array
  return { owner: undefined, type: TYPE_A, ttlSeconds: GUEST_TTL_SECONDS, data }
}

function isSameName(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalFolded(a, 0, b, 0, a.length)
}

/** Whether the query's name is `suffix` or below it. */
function endsWith({ bytes, start, nameEnd }: QueryScan, suffix: Uint8Array): boolean {
  const first = start + DNS_HEADER_LEN
  const at = nameEnd - suffix.length
  return at >= first && equalFolded(bytes, at, suffix, 0, suffix.length) && isLabelStart(bytes, first, at)
}

function endsWithName(name: Uint8Array, suffix: Uint8Array): boolean {
  const at = name.length - suffix.length
  return at >= 0 && equalFolded(name, at, suffix, 0, suffix.length) && isLabelStart(name, 0, at)
}

/** A label may end with what looks like another one's length. */
function isLabelStart(bytes: Uint8Array, from: number, at: number): boolean {
  let position = from
  while (position < at) position += 1 + getU8(bytes, position)
  return position === at
}

function labelsOf(name: Uint8Array): number {
  let labels = 0
  for (let at = 0; getU8(name, at) !== 0; at += 1 + getU8(name, at)) labels += 1
  return labels
}

function firstLabel(name: Uint8Array): string {
  return String.fromCharCode(...name.subarray(1, 1 + getU8(name, 0))).toLowerCase()
}
