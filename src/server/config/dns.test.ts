import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../wire/ipv4-address.ts'
import { formatConfig, parseConfig } from './config.ts'

const DEFAULTS = { wallClock: () => 0, random: () => 1, domainName: '' }

function parse(dns: object) {
  return parseConfig(JSON.stringify({ hubs: { LAB: { securenat: { dns } } } }), DEFAULTS)
}

test('what is written is read, and written the same', () => {
  const dns = {
    upstreams: ['192.0.2.53', '127.0.0.1:5353'],
    cacheEntries: 0,
    hostInternal: '10.9.0.2',
    unknownNames: 'nxdomain',
    records: [{ name: '*.apps.lan', type: 'CNAME', value: 'www.example.org' }],
  }
  const { config } = parse(dns)
  const options = config!.hubs[0]!.secureNat.dns
  expect(options).toMatchObject({
    upstreams: [
      { address: ipv4('192.0.2.53'), port: 53 },
      { address: ipv4('127.0.0.1'), port: 5353 },
    ],
    cacheEntries: 0,
    records: [{ ttlSeconds: 300 }],
  })
  const text = JSON.parse(formatConfig(config!)) as { hubs: { LAB: { securenat: { dns: object } } } }
  expect(text.hubs.LAB.securenat.dns).toEqual({ ...dns, records: [{ ...dns.records[0], ttlSeconds: 300 }] })
})

describe('refused', () => {
  test.each([
    [
      { upstreams: ['resolver'] },
      'upstreams.0: must be a resolver such as 192.0.2.53 or 192.0.2.53:5353, is "resolver"',
    ],
    [{ upstreams: Array(9).fill('192.0.2.1') }, 'upstreams: must be at most 8 resolvers, is 9 resolvers'],
    [{ cacheEntries: 100_001 }, 'cacheEntries: must be a whole number from 0 to 100000, is 100001'],
    [{ hostInternal: 'me' }, 'hostInternal: must be an IPv4 address such as 192.168.30.1, or empty, is "me"'],
    [{ unknownNames: 'no' }, 'unknownNames: must be "auto", "nxdomain" or "upstream", is "no"'],
    [{ record: [] }, 'record: must be left out (there is no such key), is []'],
    [
      { records: [{ name: 'a', type: 'NS', value: 'b' }] },
      'records.0.type: must be "A", "AAAA", "CNAME", "MX", "PTR", "SRV" or "TXT", is "NS"',
    ],
    [
      { records: [{ name: 'a..b', type: 'A', value: '10.0.0.1' }] },
      'records.0.name: must be a domain name such as www.example.org or *.example.org, is "a..b"',
    ],
    [
      { records: [{ name: 'a.b', type: 'MX', value: 'mail' }] },
      'records.0.value: must be a preference and a domain name such as 10 mail.example.org, is "mail"',
    ],
    [
      { records: Array(1001).fill({ name: 'a.b', type: 'A', value: '10.0.0.1' }) },
      'records: must be at most 1000 records, is 1001 records',
    ],
  ])('%#', (dns, issue) => {
    expect(parse(dns).issues).toEqual([`hubs.LAB.securenat.dns.${issue}`])
  })
})
