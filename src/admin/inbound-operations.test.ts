// Inbound rules through the table of operations.

import { describe, expect, test } from 'vitest'
import type { InboundRule } from '../nat/inbound-rule.ts'
import { checkInboundRules } from '../securenat/inbound-settings.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { answerJsonRpc } from './json-rpc.ts'
import type { ManagedHub, Management } from './management.ts'

const HOST = { ipAddress: ipv4('192.168.30.1'), subnetMask: ipv4('255.255.255.0') }

/** A hub of which only the inbound rules are asked for. */
function setUp() {
  let rules: readonly InboundRule[] = []
  const administration: string[] = []
  const counters = { sessions: 2, accepted: 5, refusedSource: 1, refusedRuleLimit: 2, refusedLimit: 4 }
  const hub: Partial<ManagedHub> = {
    name: 'DEFAULT',
    inboundRules: () => rules,
    inboundStatus: () => rules.slice(0, 1).map((rule) => ({ rule, state: 'inUse', statePort: 8080, ...counters })),
    changeInboundRules: (edit) => {
      const edited = edit(rules)
      const faults = edited === undefined ? [] : checkInboundRules(edited, HOST)
      if (edited !== undefined && faults.length === 0) rules = edited
      return Promise.resolve(faults.map(({ index, field, ...fault }) => ({ path: `${index}.${field}`, ...fault })))
    },
    logAdministration: (kind, connection) => administration.push(`${connection} ${kind}`),
  }
  const management = { hub: () => hub } as unknown as Management
  const context = { management, role: { kind: 'server' }, connection: 'RPC-1', unexpected: () => {} } as const
  const call = async (method: string, params: object): Promise<unknown> => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { HubName_str: 'DEFAULT', ...params } })
    return JSON.parse((await answerJsonRpc(text, context)) ?? 'null')
  }
  return { call, administration, rules: () => rules }
}

const RULE = { Protocol_str: 'tcp', HostPorts_str: '8080', GuestAddress_ip: '192.168.30.10' }

test('a rule is added with its defaults, listed with how it does, and deleted by its number', async () => {
  const { call, administration } = setUp()
  await call('AddInboundRule', { ...RULE, GuestPort_u32: 80, Note_str: 'web' })
  const more = {
    Protocol_str: 'udp',
    HostPorts_str: '5000-5009',
    Sources_str: '10.0.0.0/8, 192.0.2.7',
    MaxSessions_u32: 3,
  }
  await call('AddInboundRule', { ...RULE, ...more, HostAddress_ip: '10.0.0.5', Active_bool: false })
  expect(await call('EnumInboundRule', {})).toMatchObject({
    result: {
      RuleList: [
        {
          Id_u32: 1,
          Note_str: 'web',
          Active_bool: true,
          Protocol_str: 'tcp',
          HostAddress_ip: '0.0.0.0',
          HostPorts_str: '8080',
          GuestAddress_ip: '192.168.30.10',
          GuestPort_u32: 80,
          Sources_str: '',
          ProxyProtocol_str: 'none',
          MaxSessions_u32: 1024,
          State_str: 'inUse',
          StatePort_u32: 8080,
          NumSessions_u32: 2,
          NumAccepted_u64: 5,
          NumRefused_u64: 7,
        },
        {
          Id_u32: 2,
          Active_bool: false,
          HostAddress_ip: '10.0.0.5',
          HostPorts_str: '5000-5009',
          GuestPort_u32: 5000,
          Sources_str: '10.0.0.0/8, 192.0.2.7/32',
          State_str: 'off',
        },
      ],
    },
  })
  expect(await call('DeleteInboundRule', { Id_u32: 1 })).toMatchObject({ result: { RuleList: [{ Id_u32: 2 }] } })
  expect(await call('AddInboundRule', RULE)).toMatchObject({ result: { RuleList: [{ Id_u32: 2 }, { Id_u32: 3 }] } })
  expect(await call('DeleteInboundRule', { Id_u32: 1 })).toMatchObject({ error: { code: 29 } })
  expect(administration).toEqual(Array.from({ length: 4 }, () => 'RPC-1 optionSet'))
})

test('a rule is changed; what is left out stays', async () => {
  const { call, rules } = setUp()
  await call('AddInboundRule', { ...RULE, GuestPort_u32: 80, Note_str: 'web' })
  await call('SetInboundRule', { Id_u32: 1, Active_bool: false, Sources_str: '10.0.0.0/8' })
  expect(rules()).toMatchObject([{ id: 1, note: 'web', active: false, guestPort: 80, hostPorts: { from: 8080 } }])
  expect(rules()[0]!.sources).toHaveLength(1)
  await call('SetInboundRule', { Id_u32: 1, HostPorts_str: 9090, Sources_str: '' })
  expect(rules()).toMatchObject([{ hostPorts: { from: 9090, to: 9090 }, guestPort: 80, sources: [] }])
  expect(await call('SetInboundRule', { Id_u32: 2 })).toMatchObject({ error: { code: 29 } })
  const answer = JSON.stringify(
    await call('SetInboundRule', { Id_u32: 1, Active_bool: true, GuestAddress_ip: '10.0.0.1' }),
  )
  expect(answer).toContain('GuestAddress_ip must be an address in the virtual host')
})

describe('refused', () => {
  test.each<[object, string]>([
    [{ Protocol_str: 'icmp' }, 'Protocol_str must be "tcp" or "udp"'],
    [{ HostPorts_str: '0' }, 'HostPorts_str must be a port or a range such as 8000-8009'],
    [{ HostPorts_str: '9-8' }, 'HostPorts_str must be a port or a range such as 8000-8009'],
    [{ GuestAddress_ip: '10.0.0.1' }, "GuestAddress_ip must be an address in the virtual host's network"],
    [{ GuestPort_u32: 65_530, HostPorts_str: '1000-1009' }, 'GuestPort_u32 must be low enough for a range of 10 ports'],
    [{ Sources_str: '10.0.0.1/8' }, 'Sources_str must be at most 256 networks'],
    [{ Protocol_str: 'udp', ProxyProtocol_str: 'v1' }, 'ProxyProtocol_str must be "none" for UDP'],
    [{ MaxSessions_u32: 0 }, 'MaxSessions_u32 must be a whole number from 1 to 65535'],
  ])('%j', async (fault, sentence) => {
    const { call, rules } = setUp()
    expect(JSON.stringify(await call('AddInboundRule', { ...RULE, ...fault }))).toContain(
      JSON.stringify(sentence).slice(1, -1),
    )
    expect(rules()).toEqual([])
  })

  test('a port that another rule has', async () => {
    const { call } = setUp()
    await call('AddInboundRule', RULE)
    const answer = JSON.stringify(await call('AddInboundRule', { ...RULE, HostPorts_str: '8000-8100' }))
    expect(answer).toContain('HostPorts_str must be free: rule 1 has one of these ports already')
  })
})
