// The commands SecureNat…, Nat… and Dhcp…: what is printed for which answer, and what is sent.

import { describe, expect, test } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'

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

const ANSWERS: Readonly<Record<string, unknown>> = {
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
}

const answered = answeredCalls(ANSWERS)

describe('tables', () => {
  test('SecureNatStatusGet', async () => {
    expect(await run(['SecureNatStatusGet'])).toBe(`Item                     |Value
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
    expect(await run(['SecureNatHostGet'])).toBe(`Item       |Value
-----------+-----------------
MAC Address|5E-43-EE-10-E2-DB
IP Address |192.168.30.1
Subnet Mask|255.255.255.0
`)
  })

  test('NatGet', async () => {
    expect(await run(['natget'])).toBe(`Item                           |Value
-------------------------------+-----
Use Virtual NAT Function       |Yes
MTU Value                      |1500
TCP Session Timeout (Seconds)  |1800
UDP Session Timeout (Seconds)  |60
Save NAT and DHCP Operation Log|Yes
`)
  })

  test('DhcpGet', async () => {
    expect(await run(['DHCPGET'])).toBe(`Item                           |Value
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
    expect(await run(['NatTable'])).toBe(`Item                   |Value
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
    expect(await run(['DhcpTable'])).toBe(`Item            |Value
----------------+-------------------------
ID              |1
Leased at       |2026-11-23 (Mon) 11:28:40
Expires at      |2026-11-23 (Mon) 13:28:40
MAC Address     |5E-F1-2E-EF-30-8E
Allocated IP    |192.168.30.10
Client Host Name|NT4
`)
  })

  test('an empty table is its headings', async () => {
    answered.answers.EnumNAT = { NatTable: [] }
    expect(await run(['NatTable'])).toBe('Item|Value\n----+-----\n')
  })

  test('Japanese, with columns as wide as they are on a terminal', async () => {
    expect(await run(['NatGet', '--language', 'ja'])).toBe(`項目                             |値
---------------------------------+----
仮想 NAT 機能を使用する          |はい
MTU 値                           |1500
TCP セッションのタイムアウト (秒)|1800
UDP セッションのタイムアウト (秒)|60
NAT および DHCP の動作のログ保存 |はい
`)
    expect(await run(['DhcpTable', '/LANGUAGE:ja'])).toBe(`項目                |値
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
    expect(JSON.parse(await run(['NatGet', '--json']))).toEqual(OPTION)
  })

  test('a command without a table says that it is done', async () => {
    expect(await run(['SecureNatEnable'])).toBe('The command completed successfully.\n')
    expect(answered.calls).toEqual([['EnableSecureNAT', { HubName_str: 'DEFAULT' }]])
  })
})

describe('settings', () => {
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
    await run([...argv, '--hub', 'LAB'])
    expect(answered.calls).toEqual([['SetSecureNATOption', { RpcHubName_str: 'LAB', ...expected }]])
  })
})
