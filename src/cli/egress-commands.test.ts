// The commands Egress… and NatLimit…: what is printed and what is sent.

import { describe, expect, test } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'

const EGRESS = {
  HubName_str: 'DEFAULT',
  RuleList: [
    {
      Id_u32: 1,
      Action_str: 'deny',
      Destination_str: '10.0.0.0/8',
      Protocol_str: 'tcp',
      Ports_str: '',
      Hits_u64: 1234,
    },
  ],
  ClosedList: [{ Name_str: 'loopback', Destination_str: '127.0.0.0/8', Hits_u64: 0 }],
}

const NAT_LIMITS = {
  HubName_str: 'DEFAULT',
  Sessions_u32: 65_536,
  SessionsPerGuest_u32: 16_384,
  TcpSessionsPerGuest_u32: 16_384,
  HalfOpen_u32: 8192,
  HalfOpenPerGuest_u32: 1024,
  UdpSessionsPerGuest_u32: 1024,
  IcmpSessionsPerGuest_u32: 256,
}

const answered = answeredCalls({
  EnumEgressRule: EGRESS,
  AddEgressRule: EGRESS,
  DeleteEgressRule: EGRESS,
  GetNatLimit: NAT_LIMITS,
  SetNatLimit: NAT_LIMITS,
})

describe('egress rules and limits', () => {
  test('EgressList', async () => {
    expect(await run(['EgressList'])).toBe(
      `Item             |Value
-----------------+-------------------------
ID               |1
Action           |Deny
Destination      |10.0.0.0/8
Protocol         |tcp
Ports            |All
Flows            |1,234
-----------------+-------------------------
ID               |-
Action           |Deny
Destination      |127.0.0.0/8
Closed By Default|loopback of this computer
Flows            |0
`,
    )
  })

  test('EgressAdd says what is left out, EgressDelete and NatLimitSet what is given', async () => {
    await run(['EgressAdd', '10.0.0.0/8'])
    await run(['EgressAdd', 'any', '--action', 'Allow', '--protocol', 'TCP', '--ports', '80', '--id', '1'])
    await run(['EgressDelete', '2'])
    await run(['NatLimitSet', '/UDPPERGUEST:50'])
    expect(answered.calls).toEqual([
      ['AddEgressRule', { HubName_str: 'DEFAULT', Action_str: 'deny', Destination_str: '10.0.0.0/8' }],
      [
        'AddEgressRule',
        {
          HubName_str: 'DEFAULT',
          Action_str: 'allow',
          Destination_str: 'any',
          Protocol_str: 'tcp',
          Ports_str: '80',
          Id_u32: '1',
        },
      ],
      ['DeleteEgressRule', { HubName_str: 'DEFAULT', Id_u32: '2' }],
      ['SetNatLimit', { HubName_str: 'DEFAULT', UdpSessionsPerGuest_u32: '50' }],
    ])
  })

  test('NatLimitGet', async () => {
    expect(await run(['NatLimitGet', '--language', 'ja'])).toContain('1 ゲストの応答待ち接続数    |1,024')
  })
})
