// The command line as a person meets it: what is printed for which answer, and what is said about which mistake.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nearest, parseArguments } from './arguments.ts'
import { administer } from './main.ts'
import { PROGRAMS, RUN, SERVE } from './programs.ts'
import { CallError, RpcClient } from './rpc-client.ts'

/** Local times, so that the tables read the same in every time zone. */
const rpcTime = (hours: number, minutes: number, seconds: number): string =>
  new Date(2026, 10, 23, hours, minutes, seconds).toISOString()

const OPTION = {
  RpcHubName_str: 'DEFAULT',
  MacAddress_bin: 'XkPuEOLb',
  Ip_ip: '192.168.30.1',
  Mask_ip: '255.255.255.0',
  UseNat_bool: true,
  Mtu_u32: 1500,
  NatTcpTimeout_u32: 1800,
  NatUdpTimeout_u32: 60,
  NatUdpFiltering_str: 'endpointIndependent',
  NatIcmpMode_str: 'auto',
  UseDhcp_bool: true,
  DhcpLeaseIPStart_ip: '192.168.30.10',
  DhcpLeaseIPEnd_ip: '192.168.30.200',
  DhcpSubnetMask_ip: '255.255.255.0',
  DhcpExpireTimeSpan_u32: 7200,
  DhcpGatewayAddress_ip: '192.168.30.1',
  DhcpDnsServerAddress_ip: '192.168.30.1',
  DhcpDnsServerAddress2_ip: '0.0.0.0',
  DhcpDomainName_str: '',
  SaveLog_bool: true,
  ApplyDhcpPushRoutes_bool: true,
  DhcpPushRoutes_str: '',
}

const session = (name: string, isSecureNat: boolean) => ({
  Name_str: name,
  Username_str: isSecureNat ? 'SecureNAT' : '',
  Hostname_str: 'tap0',
  SecureNATMode_bool: isSecureNat,
  MaxNumTcp_u32: 0,
  CurrentNumTcp_u32: 0,
  VLanId_u32: 0,
  PacketSize_u64: 343434,
  PacketNum_u64: 4438,
})

const natRow = (id: number, protocol: number, status: number) => ({
  Id_u32: id,
  Protocol_u32: protocol,
  SrcHost_str: '192.168.30.10',
  SrcPort_u32: 57242,
  DestHost_str: '203.0.113.1',
  DestPort_u32: 7000,
  CreatedTime_dt: rpcTime(12, 9, 46),
  LastCommTime_dt: rpcTime(12, 9, 46),
  SendSize_u64: 161013,
  RecvSize_u64: 389001,
  TcpStatus_u32: status,
})

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

const ANSWERS: Readonly<Record<string, unknown>> = {
  EnumEgressRule: EGRESS,
  AddEgressRule: EGRESS,
  DeleteEgressRule: EGRESS,
  GetNatLimit: NAT_LIMITS,
  SetNatLimit: NAT_LIMITS,
  GetSecureNATOption: OPTION,
  SetSecureNATOption: OPTION,
  EnableSecureNAT: { HubName_str: 'DEFAULT' },
  GetSecureNATStatus: {
    HubName_str: 'DEFAULT',
    NumTcpSessions_u32: 1,
    NumUdpSessions_u32: 2,
    NumIcmpSessions_u32: 0,
    NumDnsSessions_u32: 0,
    NumDhcpClients_u32: 1,
    IsKernelMode_bool: false,
    IsRawIpMode_bool: false,
  },
  EnumNAT: { NatTable: [natRow(7, 0, 3), natRow(38, 1, 0)] },
  EnumDHCP: {
    DhcpTable: [
      {
        Id_u32: 1,
        LeasedTime_dt: rpcTime(11, 28, 40),
        ExpireTime_dt: rpcTime(13, 28, 40),
        MacAddress_bin: 'XvEu7zCO',
        IpAddress_ip: '192.168.30.10',
        Hostname_str: 'NT4',
      },
    ],
  },
  EnumSession: { SessionList: [session('SID-SECURENAT-1', true), session('SID-TAP-2', false)] },
}

let calls: unknown[]
let printed: string
let answers: Record<string, unknown>

beforeEach(() => {
  calls = []
  printed = ''
  answers = { ...ANSWERS }
  vi.spyOn(RpcClient.prototype, 'call').mockImplementation(function (this: RpcClient, method: string, params: object) {
    calls.push([method, params])
    this.language = 'en'
    return Promise.resolve(answers[method] as never)
  })
})
afterEach(() => vi.restoreAllMocks())

async function run(...argv: string[]): Promise<string> {
  await administer(argv, {
    version: '0.1.0',
    language: 'en',
    defaultStateDir: '/state',
    controlSocket: (stateDir) => `${stateDir}/control.sock`,
    password: () => Promise.resolve('secret'),
    print: (text) => {
      printed += `${text}\n`
    },
  })
  return printed
}

describe('doors', () => {
  test('ListenerList', async () => {
    answers.EnumListener = {
      ListenerList: [
        { Ports_u32: 443, Hosts_str: '*', Enables_bool: true, Errors_bool: true },
        { Ports_u32: 5555, Hosts_str: '127.0.0.1', Enables_bool: true, Errors_bool: false },
        { Ports_u32: 992, Hosts_str: '*', Enables_bool: false, Errors_bool: false },
      ],
    }
    expect(await run('ListenerList')).toBe(`Item       |Value
-----------+---------
Port Number|TCP 443
Address    |All
Status     |Error
-----------+---------
Port Number|TCP 5555
Address    |127.0.0.1
Status     |Listening
-----------+---------
Port Number|TCP 992
Address    |All
Status     |Offline
`)
  })

  test('ServerCertGet', async () => {
    answers.GetServerCert = { Cert_bin: 'AAEC', Key_bin: '', Flag1_u32: 0 }
    expect(await run('ServerCertGet', '-')).toBe('-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n')
    await expect(run('ServerKeyGet', '-')).rejects.toThrow("only the server's administrator gets the key")
  })

  test('what is changed', async () => {
    await run('ListenerCreate', '443')
    await run('ListenerDisable', '443', '/ADDRESS:127.0.0.1')
    await run('ServerPasswordSet', 'new')
    await run('ViewerCreate', 'monitor', 'look')
    expect(calls).toEqual([
      ['CreateListener', { Port_u32: '443', Enable_bool: true }],
      ['EnableListener', { Port_u32: '443', Host_str: '127.0.0.1', Enable_bool: false }],
      ['SetServerPassword', { PlainTextPassword_str: 'new' }],
      ['CreateViewer', { Name_str: 'monitor', Password_str: 'look' }],
    ])
  })
})

describe('tables', () => {
  test('SecureNatStatusGet', async () => {
    expect(await run('SecureNatStatusGet')).toBe(`Item                     |Value
-------------------------+---------
Virtual Hub Name         |DEFAULT
NAT TCP/IP Sessions      |1 Session
NAT UDP/IP Sessions      |2 Session
NAT ICMP Sessions        |0 Session
NAT DNS Sessions         |0 Session
Allocated DHCP Clients   |1 Client
Kernel-mode NAT is Active|No
Raw IP mode NAT is Active|No
`)
  })

  test('SecureNatHostGet', async () => {
    expect(await run('SecureNatHostGet')).toBe(`Item       |Value
-----------+-----------------
MAC Address|5E-43-EE-10-E2-DB
IP Address |192.168.30.1
Subnet Mask|255.255.255.0
`)
  })

  test('NatGet', async () => {
    expect(await run('natget')).toBe(`Item                           |Value
-------------------------------+-----
Use Virtual NAT Function       |Yes
MTU Value                      |1500
TCP Session Timeout (Seconds)  |1800
UDP Session Timeout (Seconds)  |60
Save NAT and DHCP Operation Log|Yes
`)
  })

  test('DhcpGet', async () => {
    expect(await run('DHCPGET')).toBe(`Item                           |Value
-------------------------------+--------------
Use Virtual DHCP Function      |Yes
Start Distribution Address Band|192.168.30.10
End Distribution Address Band  |192.168.30.200
Subnet Mask                    |255.255.255.0
Lease Limit (Seconds)          |7200
Default Gateway Address        |192.168.30.1
DNS Server Address 1           |192.168.30.1
DNS Server Address 2           |None
Domain Name                    |
Save NAT and DHCP Operation Log|Yes
Static Routing Table to Push   |
`)
  })

  test('NatTable', async () => {
    expect(await run('NatTable')).toBe(`Item                   |Value
-----------------------+-------------------------
ID                     |7
Protocol               |TCP/IP
Source Host            |192.168.30.10
Source Port            |57242
Destination Host       |203.0.113.1
Destination Port       |7000
Session Created On     |2026-11-23 (Mon) 12:09:46
Last Communication Time|2026-11-23 (Mon) 12:09:46
Receive / Send Size    |389,001 / 161,013
TCP Connection Status  |Running
-----------------------+-------------------------
ID                     |38
Protocol               |UDP/IP
Source Host            |192.168.30.10
Source Port            |57242
Destination Host       |203.0.113.1
Destination Port       |7000
Session Created On     |2026-11-23 (Mon) 12:09:46
Last Communication Time|2026-11-23 (Mon) 12:09:46
Receive / Send Size    |389,001 / 161,013
TCP Connection Status  |
`)
  })

  test('DhcpTable', async () => {
    expect(await run('DhcpTable')).toBe(`Item            |Value
----------------+-------------------------
ID              |1
Leased at       |2026-11-23 (Mon) 11:28:40
Expires at      |2026-11-23 (Mon) 13:28:40
MAC Address     |5E-F1-2E-EF-30-8E
Allocated IP    |192.168.30.10
Client Host Name|NT4
`)
  })

  test('SessionList', async () => {
    expect(await run('SessionList')).toBe(`Item            |Value
----------------+-----------------
Session Name    |SID-SECURENAT-1
VLAN ID         |-
Location        |SecureNAT Session
User Name       |SecureNAT
Source Host Name|Virtual Host
TCP Connections |None
Transfer Bytes  |343,434
Transfer Packets|4,438
----------------+-----------------
Session Name    |SID-TAP-2
VLAN ID         |-
Location        |Local Session
User Name       |
Source Host Name|tap0
TCP Connections |None
Transfer Bytes  |343,434
Transfer Packets|4,438
`)
  })

  test('an empty table is its headings', async () => {
    answers.EnumNAT = { NatTable: [] }
    expect(await run('NatTable')).toBe('Item|Value\n----+-----\n')
  })

  test('Japanese, with columns as wide as they are on a terminal', async () => {
    expect(await run('NatGet', '--language', 'ja')).toBe(`項目                             |値
---------------------------------+----
仮想 NAT 機能を使用する          |はい
MTU 値                           |1500
TCP セッションのタイムアウト (秒)|1800
UDP セッションのタイムアウト (秒)|60
NAT および DHCP の動作のログ保存 |はい
`)
    printed = ''
    expect(await run('DhcpTable', '/LANGUAGE:ja')).toBe(`項目                |値
--------------------+-------------------------------
ID                  |1
リース開始日時      |2026年11月23日(月) 11時28分40秒
リース期限          |2026年11月23日(月) 13時28分40秒
MAC アドレス        |5E-F1-2E-EF-30-8E
割り当て IP         |192.168.30.10
クライアントホスト名|NT4
`)
  })

  test("--json is the operation's own result", async () => {
    expect(JSON.parse(await run('NatGet', '--json'))).toEqual(OPTION)
  })

  test('a command without a table says that it is done', async () => {
    expect(await run('SecureNatEnable')).toBe('The command completed successfully.\n')
    expect(calls).toEqual([['EnableSecureNAT', { HubName_str: 'DEFAULT' }]])
  })
})

describe('options', () => {
  test.each([
    [['NatSet', '--mtu', '1400', '--log', 'no'], { Mtu_u32: '1400', SaveLog_bool: false }],
    [
      ['natset', '/MTU:1400', '/tcptimeout:60', '--udp-timeout=10'],
      { Mtu_u32: '1400', NatTcpTimeout_u32: '60', NatUdpTimeout_u32: '10' },
    ],
    [
      ['DhcpSet', '/GW:none', '/DNS:', '/DOMAIN:none', '/START:none', '/END:10.0.0.9', '/LOG:yes'],
      {
        DhcpGatewayAddress_ip: '',
        DhcpDnsServerAddress_ip: '',
        DhcpDomainName_str: '',
        DhcpLeaseIPEnd_ip: '10.0.0.9',
        SaveLog_bool: true,
      },
    ],
    [
      ['SecureNatHostSet', '/MAC:00-ac-01-02-03-04', '/IP:none', '/MASK:255.0.0.0'],
      { MacAddress_bin: 'AKwBAgME', Mask_ip: '255.0.0.0', MoveDhcp_bool: true },
    ],
    [['DhcpDisable'], { UseDhcp_bool: false }],
  ])('%j', async (argv, expected) => {
    await run(...argv, '--hub', 'LAB')
    expect(calls).toEqual([['SetSecureNATOption', { RpcHubName_str: 'LAB', ...expected }]])
  })

  test('common options may stand before the command', async () => {
    await run('--hub', 'LAB', '--json', 'NatGet')
    expect(calls).toEqual([['GetSecureNATOption', { RpcHubName_str: 'LAB' }]])
  })

  test('what follows -- belongs to the command that is run', () => {
    const parsed = parseArguments(RUN, ['-v', '--mtu=9000', '--', 'curl', '-v', '--mtu'])
    expect([...parsed.options.keys()]).toEqual(['verbose', 'mtu'])
    expect(parsed.rest).toEqual(['curl', '-v', '--mtu'])
  })

  test('options that may repeat keep every value', () => {
    expect(parseArguments(SERVE, ['--tap', 'A:t0', '/TAP:B:t1@ns']).options.get('tap')).toEqual(['A:t0', 'B:t1@ns'])
  })
})

describe('mistakes', () => {
  test.each([
    [['NatSett'], 'unknown command "NatSett"; did you mean NatSet?'],
    [['sreve'], 'unknown command "sreve"; did you mean serve?'],
    [['bananas'], 'unknown command "bananas"; the commands are listed by: securenat help'],
    [
      ['NatSet'],
      'NatSet: nothing to set; give at least one of: --mtu BYTES, --tcptimeout SECONDS, --udptimeout SECONDS, --udpfiltering endpointIndependent|addressDependent, --icmp auto|real|dummy|off, --log yes|no',
    ],
    [['NatSet', '--mtuu', '5'], 'NatSet: unknown option --mtuu; did you mean --mtu?'],
    [['NatSet', '-q'], 'NatSet: unknown option -q; see: securenat NatSet --help'],
    [['NatSet', '--mtu'], 'NatSet: --mtu needs a value: --mtu BYTES'],
    [['NatSet', '--mtu', '1', '--mtu', '2'], 'NatSet: --mtu is given twice'],
    [['NatGet', '--json=x'], 'NatGet: --json takes no value'],
    [['NatGet', 'LAB'], 'NatGet: unexpected argument "LAB"'],
    [['NatGet', '--', 'x'], 'NatGet: nothing may follow --'],
    [['HubCreate'], 'HubCreate: NAME is missing: HubCreate NAME'],
    [['NatGet', '--language', 'fr'], '--language must be en or ja, is "fr"'],
    [
      ['NatGet', '--server', 'http://vpn.example'],
      '--server: http:// would send the password in the clear; use https://',
    ],
    [
      ['SecureNatHostSet', '--mac', '00-AC-1'],
      'SecureNatHostSet: --mac must be a MAC address such as 00-AC-01-23-45-67, is "00-AC-1"',
    ],
  ])('%j', async (argv, sentence) => {
    await expect(run(...argv)).rejects.toThrow(sentence)
    expect(calls).toEqual([])
  })

  test('what the server refuses is told under the name of the option, or as the server says it', async () => {
    const refuse = (error: CallError) => vi.spyOn(RpcClient.prototype, 'call').mockRejectedValue(error)
    const fault = { allowed: 'a whole number from 62 to 65520', actual: '"1"' }
    refuse(
      new CallError(38, 'Error code 38: …', [
        { ...fault, field: 'Mtu_u32' },
        { ...fault, field: 'Other_u32' },
      ]),
    )
    await expect(run('NatSet', '--mtu', '1')).rejects.toThrow(
      /^NatSet: --mtu must be a whole number from 62 to 65520, is "1"; Other_u32 must be/,
    )
    refuse(new CallError(8, 'Error code 8: there is no such hub', []))
    await expect(run('NatGet')).rejects.toThrow('NatGet: Error code 8: there is no such hub')
  })

  test('without a server the sentence says how to start one', async () => {
    vi.restoreAllMocks()
    const missing = '/nonexistent/state'
    await expect(run('NatGet', '--state', missing)).rejects.toThrow(
      `no server is running on the state directory ${missing}; start one (securenat serve --state ${missing}) or name another with --state`,
    )
  })

  test('a candidate too far away is no suggestion', () => {
    expect(nearest('x', ['NatGet'])).toBeUndefined()
    expect(nearest('dhcpgett', ['DhcpGet', 'DhcpSet'])).toBe('DhcpGet')
  })
})

describe('help', () => {
  test('lists every command', async () => {
    const help = await run('help')
    for (const spec of PROGRAMS) expect(help).toContain(`\n  ${spec.name} `)
    expect(help).toMatch(/\n {2}SecureNatEnable +enable SecureNAT/)
  })

  test('of one command, in both languages; the one that switches SecureNAT on warns (R12)', async () => {
    expect(await run('SecureNatEnable', '--help')).toContain(
      'Do not enable it without the\npermission of the administrator',
    )
    printed = ''
    expect(await run('help', 'securenatenable', '--language', 'ja')).toContain('--hub NAME')
    printed = ''
    expect(await run('SecureNatEnable', '--help', '--language', 'ja')).toContain(
      'ネットワーク管理者の許可なしに有効にしないでください',
    )
    expect(calls).toEqual([])
  })

  test('--version', async () => {
    expect(await run('--version')).toBe('securenat 0.1.0\n')
  })
})

describe('egress rules and limits', () => {
  test('EgressList', async () => {
    expect(await run('EgressList')).toBe(
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
    await run('EgressAdd', '10.0.0.0/8')
    await run('EgressAdd', 'any', '--action', 'Allow', '--protocol', 'TCP', '--ports', '80', '--id', '1')
    await run('EgressDelete', '2')
    await run('NatLimitSet', '/UDPPERGUEST:50')
    expect(calls).toEqual([
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
    expect(await run('NatLimitGet', '--language', 'ja')).toContain('1 ゲストの応答待ち接続数    |1,024')
  })
})
