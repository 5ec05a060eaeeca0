// The envelope and the operations through it, over a made-up server.

import { describe, expect, test } from 'vitest'
import { AT, MadeUpHub, madeUpManagement } from '../../test/support/made-up-management.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { withoutSecrets } from './call.ts'
import { littleEndian } from './fields.ts'
import { answerJsonRpc, BATCH_MAX } from './json-rpc.ts'
import type { Role } from './operation.ts'
import { operations } from './operations.ts'

function setUp(role: Role = { kind: 'server' }) {
  const hubs = [new MadeUpHub('DEFAULT'), new MadeUpHub('LAB')]
  const unexpected: unknown[] = []
  const management = madeUpManagement(hubs)
  const send = async (text: string): Promise<unknown> => {
    const answer = await answerJsonRpc(text, {
      management,
      role,
      connection: 'RPC-3',
      unexpected: (error) => unexpected.push(error),
    })
    return answer === '' ? '' : JSON.parse(answer)
  }
  const call = (method: string, params: object): Promise<unknown> =>
    send(JSON.stringify({ jsonrpc: '2.0', id: 'x', method, params }))
  return { hub: hubs[0]!, send, call, unexpected }
}

const TEST_RESULT = { IntValue_u32: 7, Int64Value_u64: 0, StrValue_str: '7', UniStrValue_utf: '' }

function failed(code: number, sentence: string, extra: object = {}, id: string | number = 'x') {
  return { jsonrpc: '2.0', id, error: { code, message: `Error code ${code}: ${sentence}`, ...extra } }
}

describe('envelope', () => {
  test.each([
    ['a text id comes back', '"x"', 'x'],
    ['so does a number', '5', 5],
    ['without an id the caller still waits for an answer', 'null', '0'],
  ])('%s', async (_name, id, expected) => {
    const { send } = setUp()
    expect(await send(`{"jsonrpc":"2.0","id":${id},"method":"test","params":{"IntValue_u32":"7"}}`)).toEqual({
      jsonrpc: '2.0',
      id: expected,
      result: TEST_RESULT,
    })
  })

  test.each([
    ['{', /^Error code 38: JSON-RPC Parse Error: /],
    ['3', /^Error code 38: a JSON-RPC request is an object$/],
    ['{"jsonrpc":"1.0","method":"Test","params":{}}', /^Error code 38: JSON-RPC version is invalid$/],
    ['{"jsonrpc":"2.0","method":"Test"}', /^Error code 38: JSON-RPC parameter is empty$/],
    ['{"jsonrpc":"2.0","method":"NoSuch","params":{}}', /^Error code 33: Unsupported/],
    ['{"jsonrpc":"2.0","method":"constructor","params":{}}', /^Error code 33: Unsupported/],
    ['{"jsonrpc":"2.0","method":{"toString":1,"valueOf":1},"params":{}}', /^Error code 33: Unsupported/],
    ['[]', /^Error code 38: a batch must have 1 to 100 calls, has 0$/],
    [JSON.stringify(Array(BATCH_MAX + 1).fill(1)), /^Error code 38: a batch must have 1 to 100 calls, has 101$/],
  ])('%s', async (text, expected) => {
    const answer = (await setUp().send(text)) as ReturnType<typeof failed>
    expect(answer).toMatchObject({ jsonrpc: '2.0', id: '0' })
    expect(answer.error.message).toMatch(expected)
  })

  test('a batch is answered in its order; calls without an id are made and not answered', async () => {
    const { hub, send } = setUp()
    const enable = { jsonrpc: '2.0', method: 'EnableSecureNAT', params: { HubName_str: 'DEFAULT' } }
    const answers = await send(
      JSON.stringify([
        { ...enable, id: 1 },
        { ...enable, method: 'DisableSecureNAT' },
        3,
        { ...enable, method: 'X', id: 2 },
      ]),
    )
    expect(answers).toEqual([
      { jsonrpc: '2.0', id: 1, result: { HubName_str: 'DEFAULT' } },
      failed(38, 'a JSON-RPC request is an object', {}, '0'),
      failed(33, 'Unsupported: there is no method "X".', {}, 2),
    ])
    expect(hub.administration).toEqual(['RPC-3 enabled', 'RPC-3 disabled'])
    expect(await send(JSON.stringify([enable]))).toBe('')
  })

  test('a fault of our own is told to the operator, not to the caller', async () => {
    const { call, unexpected } = setUp()
    expect(await call('DeleteHub', { HubName_str: 'BOOM' })).toEqual(
      failed(23, 'Internal error; the server log says more.'),
    )
    expect(unexpected).toEqual([new Error('secret')])
  })
})

describe('permissions', () => {
  test('every operation on a hub names the parameter that says which', () => {
    for (const [name, row] of Object.entries(operations)) {
      const hubField = 'hubField' in row ? row.hubField : undefined
      expect([name, row.permission === 'hub']).toEqual([name, hubField !== undefined])
    }
  })

  test('the administrator of a hub manages that hub and sees no other', async () => {
    const { call } = setUp({ kind: 'hub', hub: 'lab' })
    const denied = failed(52, 'Not enough privileges.')
    expect(await call('EnableSecureNAT', { HubName_str: 'LAB' })).toHaveProperty('result')
    expect(await call('EnableSecureNAT', { HubName_str: 'DEFAULT' })).toEqual(denied)
    expect(await call('GetSecureNATOption', { HubName_str: 'LAB', RpcHubName_str: 'DEFAULT' })).toEqual(denied)
    expect(await call('EnableSecureNAT', {})).toEqual(denied)
    expect(await call('CreateHub', { HubName_str: 'NEW' })).toEqual(denied)
    expect(await call('EnumHub', {})).toMatchObject({ result: { HubList: [{ HubName_str: 'LAB' }] } })
  })
})

describe('viewers', () => {
  test('see every hub and change nothing', async () => {
    const { call } = setUp({ kind: 'viewer', name: 'monitor' })
    expect(await call('EnumHub', {})).toMatchObject({ result: { HubList: [{}, {}] } })
    expect(await call('GetSecureNATOption', { RpcHubName_str: 'LAB' })).toHaveProperty('result')
    for (const method of ['EnableSecureNAT', 'CreateHub', 'DeleteSession']) {
      expect(await call(method, { HubName_str: 'LAB', Name_str: 'x' })).toEqual(
        failed(52, 'Not enough privileges: this account may only look.'),
      )
    }
  })

  test('get no hash, key or file that could be logged in with', () => {
    const shown = withoutSecrets({
      HubName_str: 'LAB',
      Cert_bin: 'Y2VydA==',
      Key_bin: 'a2V5',
      FileData_bin: 'ZmlsZQ==',
      UserList: [{ Name_str: 'u1', HashedKey_bin: 'aA==', NtLmSecureHash_bin: 'bg==', NumLogin_u32: 4 }],
      HashedPassword_bin: 'aA==',
      SecurePassword_bin: 'aA==',
      ClientK_bin: 'a2V5',
      PlainPassword_str: 'pw',
      CustomHttpHeader_str: 'Proxy-Authorization: Basic eDp5',
      MacTable: [{ Key_u32: 7 }],
    })
    expect(shown).toEqual({
      HubName_str: 'LAB',
      Cert_bin: 'Y2VydA==',
      Key_bin: '',
      FileData_bin: '',
      UserList: [{ Name_str: 'u1', HashedKey_bin: '', NtLmSecureHash_bin: '', NumLogin_u32: 4 }],
      HashedPassword_bin: '',
      SecurePassword_bin: '',
      ClientK_bin: '',
      PlainPassword_str: '',
      CustomHttpHeader_str: '',
      MacTable: [{ Key_u32: 7 }],
    })
  })
})

describe('operations', () => {
  test('the settings are answered under the original names', async () => {
    expect(await setUp().call('GetSecureNATOption', { RpcHubName_str: 'default' })).toMatchObject({
      result: {
        RpcHubName_str: 'DEFAULT',
        MacAddress_bin: 'AKyFQLVQ',
        Ip_ip: '192.168.30.1',
        Mask_ip: '255.255.255.0',
        UseNat_bool: true,
        Mtu_u32: 1500,
        NatTcpTimeout_u32: 7200,
        NatUdpTimeout_u32: 600,
        UseDhcp_bool: true,
        DhcpLeaseIPStart_ip: '192.168.30.10',
        DhcpLeaseIPEnd_ip: '192.168.30.200',
        DhcpSubnetMask_ip: '255.255.255.0',
        DhcpExpireTimeSpan_u32: 7200,
        DhcpGatewayAddress_ip: '192.168.30.1',
        DhcpDnsServerAddress_ip: '192.168.30.1',
        DhcpDnsServerAddress2_ip: '0.0.0.0',
        DhcpDomainName_str: 'example.org',
        SaveLog_bool: true,
        ApplyDhcpPushRoutes_bool: true,
        DhcpPushRoutes_str: '',
      },
    })
  })

  test('only what was given is changed, in any spelling the original takes', async () => {
    const { hub, call } = setUp()
    const params = {
      RpcHubName_str: 'DEFAULT',
      Mtu_u32: '1400',
      UseNat_bool: 0,
      DhcpGatewayAddress_ip: '',
      MacAddress_bin: 'XvEu7zCO',
      DhcpPushRoutes_str: '10.0.0.0/8/192.168.30.254',
    }
    expect(await call('SetSecureNATOption', params)).toMatchObject({
      result: {
        Mtu_u32: 1400,
        UseNat_bool: false,
        MacAddress_bin: 'XvEu7zCO',
        DhcpPushRoutes_str: '10.0.0.0/255.0.0.0/192.168.30.254',
      },
    })
    expect(hub.patches).toEqual([
      {
        host: { macAddress: 0x5ef12eef308e },
        nat: { mtu: 1400, enabled: false },
        dhcp: {
          gateway: 0,
          pushRoutes: [{ network: ipv4('10.0.0.0'), mask: ipv4('255.0.0.0'), gateway: ipv4('192.168.30.254') }],
        },
      },
    ])
    expect(hub.administration).toEqual(['RPC-3 optionSet'])
  })

  test('routes that are not to be applied are not looked at', async () => {
    const { hub, call } = setUp()
    await call('SetSecureNATOption', {
      RpcHubName_str: 'DEFAULT',
      DhcpPushRoutes_str: 'x',
      ApplyDhcpPushRoutes_bool: false,
    })
    expect(hub.patches).toEqual([{ host: {}, nat: {}, dhcp: {} }])
  })

  test('a wrong value is refused with its field, the range and what it was, all of them at once', async () => {
    const { hub, call } = setUp()
    const answer = await call('SetSecureNATOption', {
      RpcHubName_str: 'DEFAULT',
      Mtu_u32: 65521,
      NatUdpTimeout_u32: 'x',
      Ip_ip: '1.2.3',
    })
    expect(answer).toEqual(
      failed(
        38,
        'Ip_ip must be an IPv4 address such as 192.168.30.1, is "1.2.3"; Mtu_u32 must be a whole number from 62 to 65520, is 65521; NatUdpTimeout_u32 must be a whole number from 10 to 2000000, is "x"',
        {
          data: {
            faults: [
              { field: 'Ip_ip', allowed: 'an IPv4 address such as 192.168.30.1', actual: '"1.2.3"' },
              { field: 'Mtu_u32', allowed: 'a whole number from 62 to 65520', actual: '65521' },
              { field: 'NatUdpTimeout_u32', allowed: 'a whole number from 10 to 2000000', actual: '"x"' },
            ],
          },
        },
      ),
    )
    expect(hub.patches).toEqual([])
  })

  test('what the server refuses is told under the name of the field', async () => {
    const { hub, call } = setUp()
    expect(await call('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Ip_ip: '127.0.0.1' })).toMatchObject(
      failed(38, 'Ip_ip must be a host address, is 127.0.0.1'),
    )
    expect(hub.administration).toEqual([])
  })

  test('the DHCP server moves along with the virtual host, unless it is told not to', async () => {
    const { hub, call } = setUp()
    hub.options = {
      ...hub.options,
      dhcp: { ...hub.options.dhcp, reservations: [{ ipAddress: ipv4('192.168.30.50'), hostName: 'x' }] },
    }
    const move = { RpcHubName_str: 'DEFAULT', Ip_ip: '10.5.0.1', Mask_ip: '255.255.0.0' }
    await call('SetSecureNATOption', move)
    expect(hub.patches[0]?.dhcp).toEqual({
      leaseStart: ipv4('10.5.0.10'),
      leaseEnd: ipv4('10.5.0.200'),
      subnetMask: ipv4('255.255.0.0'),
      gateway: ipv4('10.5.0.1'),
      dnsServer1: ipv4('10.5.0.1'),
      dnsServer2: 0,
      reservations: [{ ipAddress: ipv4('10.5.0.50'), hostName: 'x' }],
    })
    await call('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Ip_ip: '10.5.0.2', MoveDhcp_bool: true })
    expect(hub.patches[1]?.dhcp).toMatchObject({ leaseStart: ipv4('10.5.0.10'), gateway: ipv4('10.5.0.2') })
    await call('SetSecureNATOption', { ...move, Ip_ip: '10.6.0.1', MoveDhcp_bool: false })
    expect(hub.patches[2]?.dhcp).toEqual({})
  })

  test("the DHCP server moves along when a tool sends its settings back as they were, as the original's do", async () => {
    const { hub, call } = setUp()
    const unchanged = { DhcpLeaseIPStart_ip: '192.168.30.10', DhcpGatewayAddress_ip: '192.168.30.1' }
    const changed = { DhcpLeaseIPEnd_ip: '10.5.0.99', DhcpDomainName_str: 'example.org' }
    const move = { RpcHubName_str: 'DEFAULT', Ip_ip: '10.5.0.1', Mask_ip: '255.255.255.0' }
    await call('SetSecureNATOption', { ...move, ...unchanged, ...changed })
    expect(hub.patches[0]?.dhcp).toMatchObject({
      leaseStart: ipv4('10.5.0.10'),
      gateway: ipv4('10.5.0.1'),
      leaseEnd: ipv4('10.5.0.99'),
      domainName: 'example.org',
    })
  })

  test('the NAT table has the original order, numbers and names', async () => {
    const { hub, call } = setUp()
    const row = (
      id: number,
      protocol: NatSessionRow['protocol'],
      internal: string,
      port: number,
      rest: Partial<NatSessionRow> = {},
    ): NatSessionRow => ({
      id,
      protocol,
      internalAddress: ipv4(internal),
      internalPort: port,
      destinationAddress: ipv4('203.0.113.1'),
      destinationPort: 80,
      createdAt: AT,
      lastCommunicationAt: AT,
      receivedBytes: 10,
      sentBytes: 20,
      tcpStatus: undefined,
      ...rest,
    })
    hub.rows = [
      row(1, 'TCP', '192.168.30.11', 9, { tcpStatus: 'established' }),
      row(2, 'UDP', '192.168.30.10', 9),
      row(3, 'TCP', '192.168.30.10', 8, { tcpStatus: 'connecting' }),
      row(4, 'ICMP', '192.168.30.10', 9, { destinationAddress: ipv4('203.0.113.0') }),
    ]
    const { result } = (await call('EnumNAT', { HubName_str: 'DEFAULT' })) as { result: { NatTable: object[] } }
    expect(result.NatTable.map((entry) => Object.values(entry).slice(0, 2))).toEqual([
      [4, 3],
      [3, 0],
      [2, 1],
      [1, 0],
    ])
    expect(result.NatTable[3]).toEqual({
      Id_u32: 1,
      Protocol_u32: 0,
      SrcIp_ip: '192.168.30.11',
      SrcHost_str: '192.168.30.11',
      SrcPort_u32: 9,
      DestIp_ip: '203.0.113.1',
      DestHost_str: '203.0.113.1',
      DestPort_u32: 80,
      CreatedTime_dt: '2026-11-23T12:09:46.000Z',
      LastCommTime_dt: '2026-11-23T12:09:46.000Z',
      SendSize_u64: 20,
      RecvSize_u64: 10,
      TcpStatus_u32: 3,
    })
  })

  test('the lease table', async () => {
    expect(await setUp().call('EnumDHCP', { HubName_str: 'DEFAULT' })).toMatchObject({
      result: {
        DhcpTable: [
          {
            Id_u32: 1,
            LeasedTime_dt: '2026-11-23T12:09:46.000Z',
            ExpireTime_dt: '2026-11-23T14:09:46.000Z',
            MacAddress_bin: 'XvEu7zCO',
            IpAddress_ip: '192.168.30.10',
            Mask_u32: 16777215,
            Hostname_str: 'NT4',
          },
        ],
      },
    })
    expect(littleEndian(ipv4('1.2.3.4'))).toBe(0x04030201)
  })

  test('the status is zeros while SecureNAT is off', async () => {
    const { call } = setUp()
    const zeros = { NumTcpSessions_u32: 0, NumDhcpClients_u32: 0, IsKernelMode_bool: false, IsRawIpMode_bool: false }
    expect(await call('GetSecureNATStatus', { HubName_str: 'DEFAULT' })).toMatchObject({ result: zeros })
    await call('EnableSecureNAT', { HubName_str: 'DEFAULT' })
    expect(await call('GetSecureNATStatus', { HubName_str: 'DEFAULT' })).toMatchObject({
      result: {
        NumTcpSessions_u32: 1,
        NumUdpSessions_u32: 2,
        NumIcmpSessions_u32: 3,
        NumDnsSessions_u32: 4,
        NumDhcpClients_u32: 5,
      },
    })
  })

  test.each([
    ['EnumNAT', { HubName_str: 'NOPE' }, 8, 'The Virtual Hub "NOPE" does not exist on this server.'],
    ['EnumNAT', {}, 38, 'HubName_str must be text, is missing'],
    ['CreateHub', { HubName_str: 'LAB' }, 57, 'There is a Virtual Hub "LAB" already.'],
    ['CreateHub', { HubName_str: 'FULL' }, 58, 'There are as many Virtual Hubs as can be.'],
    ['CreateHub', { HubName_str: '../x' }, 38, 'HubName_str must be letters, is "../x"'],
    ['DeleteHub', { HubName_str: 'NOPE' }, 8, 'The Virtual Hub "NOPE" does not exist on this server.'],
    [
      'DeleteSession',
      { HubName_str: 'DEFAULT', Name_str: 'SID-X-9' },
      29,
      'There is no session "SID-X-9" on this hub.',
    ],
    [
      'DeleteSession',
      { HubName_str: 'DEFAULT', Name_str: 'sid-securenat-1' },
      78,
      'The session of SecureNAT cannot be disconnected; disable SecureNAT instead.',
    ],
    [
      'SetSecureNATOption',
      { RpcHubName_str: 'DEFAULT', MacAddress_bin: 'AAAA' },
      38,
      'MacAddress_bin must be the six bytes of a MAC address in base64, is "AAAA"',
    ],
    [
      'SetSecureNATOption',
      { RpcHubName_str: 'DEFAULT', DhcpPushRoutes_str: '10.0.0.0/8' },
      38,
      'DhcpPushRoutes_str must be routes such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway), separated by commas, is "10.0.0.0/8"',
    ],
  ])('%s %j is refused', async (method, params, code, sentence) => {
    expect(await setUp().call(method, params)).toMatchObject(failed(code, sentence))
  })

  test('sessions are listed with SecureNAT marked, and disconnected by name in any case', async () => {
    const { hub, call } = setUp()
    expect(await call('EnumSession', { HubName_str: 'DEFAULT' })).toMatchObject({
      result: {
        SessionList: [
          {
            Name_str: 'SID-SECURENAT-1',
            SecureNATMode_bool: true,
            Hostname_str: '',
            PacketSize_u64: 180,
            PacketNum_u64: 3,
          },
          { Name_str: 'SID-TAP-2', SecureNATMode_bool: false, Hostname_str: 'tap0', BridgeMode_bool: true },
        ],
      },
    })
    await call('DeleteSession', { HubName_str: 'DEFAULT', Name_str: 'sid-tap-2' })
    expect(hub.disconnected).toEqual(['SID-TAP-2'])
  })
})

describe('egress rules', () => {
  const add = (Destination_str: string, more: object = {}) => ({
    HubName_str: 'DEFAULT',
    Action_str: 'deny',
    Destination_str,
    ...more,
  })

  test('are added at the end or at a place, listed with what they decided, and deleted', async () => {
    const { call } = setUp()
    await call('AddEgressRule', add('10.0.0.0/8'))
    await call('AddEgressRule', add('192.0.2.7', { Protocol_str: 'tcp', Ports_str: '25' }))
    await call('AddEgressRule', add('any', { Action_str: 'allow', Id_u32: 1 }))
    const listed = await call('EnumEgressRule', { HubName_str: 'DEFAULT' })
    expect(listed).toMatchObject({
      result: {
        RuleList: [
          {
            Id_u32: 1,
            Action_str: 'allow',
            Destination_str: '0.0.0.0/0',
            Protocol_str: 'any',
            Ports_str: '',
            Hits_u64: 3,
          },
          { Id_u32: 2, Action_str: 'deny', Destination_str: '10.0.0.0/8', Hits_u64: 0 },
          { Id_u32: 3, Destination_str: '192.0.2.7/32', Protocol_str: 'tcp', Ports_str: '25' },
        ],
      },
    })
    expect(listed).toHaveProperty('result.ClosedList.0', {
      Name_str: 'loopback',
      Destination_str: '127.0.0.0/8',
      Hits_u64: 2,
    })
    expect(await call('DeleteEgressRule', { HubName_str: 'DEFAULT', Id_u32: 2 })).toMatchObject({
      result: { RuleList: [{ Destination_str: '0.0.0.0/0' }, { Id_u32: 2, Destination_str: '192.0.2.7/32' }] },
    })
    expect(await call('DeleteEgressRule', { HubName_str: 'DEFAULT', Id_u32: 3 })).toMatchObject({ error: { code: 29 } })
  })

  test('are replaced as a whole', async () => {
    const { call } = setUp()
    await call('AddEgressRule', add('10.0.0.0/8'))
    const RuleList = [{ Action_str: 'allow', Destination_str: '198.51.100.0/24', Ports_str: '80-90' }]
    expect(await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList })).toMatchObject({
      result: { RuleList: [{ Destination_str: '198.51.100.0/24', Ports_str: '80-90' }] },
    })
  })

  test.each<[object, string]>([
    [{ Destination_str: '10.0.0.1/8' }, 'Destination_str must be a network such as 10.0.0.0/8'],
    [{ Ports_str: '90-80' }, 'Ports_str must be a port, a range such as 8000-8999, or empty'],
    [{ Action_str: 'drop' }, 'Action_str must be "allow" or "deny"'],
    [{ Id_u32: 0 }, 'Id_u32 must be a whole number from 1 to 256'],
  ])('refused: %j', async (fault, sentence) => {
    const { call } = setUp()
    const answer = (await call('AddEgressRule', add('10.0.0.0/8', fault))) as {
      error: { code: number; message: string }
    }
    expect(answer.error.code).toBe(38)
    expect(answer.error.message).toContain(sentence)
  })

  test('no more than there may be', async () => {
    const { call } = setUp()
    const RuleList = Array.from({ length: 256 }, () => ({ Action_str: 'deny', Destination_str: '10.0.0.0/8' }))
    expect(await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList })).toHaveProperty('result')
    expect(await call('AddEgressRule', add('10.0.0.0/8'))).toMatchObject({ error: { code: 38 } })
    expect(
      await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList: [...RuleList, RuleList[0]] }),
    ).toMatchObject({
      error: { code: 38 },
    })
  })
})

describe('limits of the NAT', () => {
  test('are read, and set one by one', async () => {
    const { call } = setUp()
    expect(await call('SetNatLimit', { HubName_str: 'DEFAULT', UdpSessionsPerGuest_u32: 50 })).toMatchObject({
      result: { Sessions_u32: 65_536, UdpSessionsPerGuest_u32: 50 },
    })
    expect(await call('GetNatLimit', { HubName_str: 'DEFAULT' })).toMatchObject({
      result: { UdpSessionsPerGuest_u32: 50 },
    })
  })

  test('out of range', async () => {
    const answer = await setUp().call('SetNatLimit', { HubName_str: 'DEFAULT', Sessions_u32: 0 })
    expect(answer).toMatchObject({ error: { code: 38 } })
  })
})
