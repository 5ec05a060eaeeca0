// The DNS operations over a hub that only has DNS settings.

import { describe, expect, test } from 'vitest'
import { type DnsOptions, defaultDnsOptions, recordFault } from '../securenat/dns/options.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { answerJsonRpc } from './json-rpc.ts'
import type { ManagedHub, Management } from './management.ts'
import type { Role } from './operation.ts'

function setUp(role: Role = { kind: 'server' }) {
  const state = { options: defaultDnsOptions() as DnsOptions, log: [] as string[], saves: 0 }
  const hub = {
    name: 'LAB',
    dnsOptions: () => state.options,
    changeDns: async (edit: (present: DnsOptions) => DnsOptions | undefined) => {
      const next = edit(state.options)
      if (next === undefined) return []
      if (next.upstreams.length > 8) {
        return [{ path: 'dns.upstreams', allowed: 'at most 8 resolvers', actual: `${next.upstreams.length} resolvers` }]
      }
      state.options = next
      state.saves++
      return []
    },
    dnsStatus: () => undefined,
    flushDnsCache: () => 3,
    logAdministration: (kind: string) => state.log.push(kind),
  } as unknown as ManagedHub
  const management = {
    hubs: () => [hub],
    hub: (name: string) => (name === 'LAB' ? hub : undefined),
  } as unknown as Management
  const call = async (method: string, params: object): Promise<Record<string, unknown>> => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { HubName_str: 'LAB', ...params } })
    const answer = await answerJsonRpc(text, { management, role, connection: 'RPC-1', unexpected: () => {} })
    const { result, error } = JSON.parse(answer ?? '{}') as Record<string, Record<string, unknown>>
    return result ?? error ?? {}
  }
  return { state, call }
}

describe('settings', () => {
  test('what is given is changed, the rest stays; the log says that something was set', async () => {
    const { state, call } = setUp()
    const shown = await call('SetDnsOption', {
      Upstreams_str: '192.0.2.1, 192.0.2.2:5353',
      HostInternal_ip: '10.9.0.2',
    })
    expect(shown).toMatchObject({
      Upstreams_str: '192.0.2.1, 192.0.2.2:5353',
      CacheEntries_u32: 10_000,
      HostInternal_ip: '10.9.0.2',
      UnknownNames_str: 'auto',
      UpstreamsInUse_str: '',
      NumQueries_u64: 0,
    })
    expect(state.options.upstreams).toEqual([
      { address: ipv4('192.0.2.1'), port: 53 },
      { address: ipv4('192.0.2.2'), port: 5353 },
    ])
    await call('SetDnsOption', { Upstreams_str: '', CacheEntries_u32: '0', UnknownNames_str: 'upstream' })
    expect(await call('GetDnsOption', {})).toMatchObject({
      Upstreams_str: '',
      CacheEntries_u32: 0,
      HostInternal_ip: '10.9.0.2',
      UnknownNames_str: 'upstream',
    })
    expect(state.log).toEqual(['optionSet', 'optionSet'])
  })

  test.each([
    [{ Upstreams_str: 'resolver.example' }, 'Upstreams_str must be resolvers such as'],
    [{ Upstreams_str: '192.0.2.1:0' }, 'Upstreams_str must be resolvers such as'],
    [{ Upstreams_str: Array(9).fill('192.0.2.1').join() }, 'Upstreams_str must be at most 8 resolvers, is 9 resolvers'],
    [{ CacheEntries_u32: 100_001 }, 'CacheEntries_u32 must be a whole number from 0 to 100000'],
    [{ HostInternal_ip: 'me' }, 'HostInternal_ip must be an IPv4 address'],
    [{ UnknownNames_str: 'maybe' }, 'UnknownNames_str must be "auto", "nxdomain" or "upstream"'],
  ])('refused: %j', async (params, sentence) => {
    const { state, call } = setUp()
    const { code, message } = await call('SetDnsOption', params)
    expect(code).toBe(38)
    expect(message).toContain(sentence)
    expect(state.saves).toBe(0)
  })
})

describe('records', () => {
  test('added, shown, changed, deleted', async () => {
    const { state, call } = setUp()
    const www = { Name_str: 'www.Example.org.', Type_str: 'a', Value_str: '10.0.0.1' }
    expect(await call('AddDnsRecord', www)).toEqual({
      HubName_str: 'LAB',
      Name_str: 'www.Example.org',
      Type_str: 'A',
      Value_str: '10.0.0.1',
      Ttl_u32: 300,
    })
    await call('AddDnsRecord', { ...www, Value_str: '10.0.0.2' })
    await call('AddDnsRecord', { ...www, Name_str: 'WWW.example.org', Ttl_u32: 60 })
    await call('AddDnsRecord', { ...www, Type_str: 'TXT', Value_str: 'hello' })
    const { RecordList } = await call('EnumDnsRecord', {})
    expect((RecordList as { Value_str: string; Ttl_u32: number }[]).map((row) => [row.Value_str, row.Ttl_u32])).toEqual(
      [
        ['10.0.0.1', 60],
        ['10.0.0.2', 300],
        ['hello', 300],
      ],
    )
    const deleted = (params: object) => call('DeleteDnsRecord', { Name_str: 'www.example.ORG', ...params })
    expect(await deleted({ Type_str: 'A', Value_str: '10.0.0.2' })).toMatchObject({ NumDeleted_u32: 1 })
    expect(await deleted({ Type_str: 'MX' })).toMatchObject({ code: 29 })
    expect(await deleted({})).toMatchObject({ NumDeleted_u32: 2 })
    expect(state.options.records).toEqual([])
    expect(await deleted({})).toMatchObject({
      code: 29,
      message: expect.stringContaining('There is no such record of "www.example.ORG"'),
    })
  })

  test.each([
    [{ Name_str: 'a..b' }, 'Name_str must be a domain name'],
    [{ Name_str: 'a.*.b' }, 'Name_str must be a domain name'],
    [{ Type_str: 'NS' }, 'Type_str must be A, AAAA, CNAME, MX, PTR, SRV, TXT'],
    [{ Value_str: '10.0.0' }, 'Value_str must be an IPv4 address such as 192.168.30.5, is "10.0.0"'],
    [{ Type_str: 'MX', Value_str: 'mail' }, 'Value_str must be a preference and a domain name'],
    [{ Ttl_u32: -1 }, 'Ttl_u32 must be a whole number from 0 to 2147483647'],
  ])('refused: %j', async (params, sentence) => {
    const { state, call } = setUp()
    const answer = await call('AddDnsRecord', { Name_str: 'a.b', Type_str: 'A', Value_str: '10.0.0.1', ...params })
    expect(answer.code).toBe(38)
    expect(answer.message).toContain(sentence)
    expect(state.saves).toBe(0)
  })

  test('a wildcard is sound, its star nowhere else', () => {
    const record = { type: 'A', value: '10.0.0.1', ttlSeconds: 1 } as const
    expect(recordFault({ ...record, name: '*.a.b' })).toBeUndefined()
    for (const name of ['*', '*.', '*.*.a', 'a.*', '']) expect(recordFault({ ...record, name })?.field).toBe('name')
  })
})

test('the cache is emptied; another hub, or another administrator, is refused', async () => {
  expect(await setUp().call('FlushDnsCache', {})).toEqual({ HubName_str: 'LAB', NumFlushed_u32: 3 })
  expect(await setUp().call('FlushDnsCache', { HubName_str: 'OTHER' })).toMatchObject({ code: 8 })
  expect(await setUp({ kind: 'hub', hub: 'OTHER' }).call('GetDnsOption', {})).toMatchObject({ code: 52 })
  const viewer = setUp({ kind: 'viewer', name: 'v' })
  expect(await viewer.call('GetDnsOption', {})).toMatchObject({ UnknownNames_str: 'auto' })
  expect(await viewer.call('FlushDnsCache', {})).toMatchObject({ code: 52 })
})
