// Operations on SecureNAT through JSON-RPC.

import { describe, expect, test } from 'vitest'
import { failed, madeUpJsonRpc } from '../../test/support/made-up-operations.ts'
import { ipv4 } from '../wire/ipv4-address.ts'

describe('SecureNAT', () => {
  test('the settings are answered under the original names', async () => {
    expect(await madeUpJsonRpc().call('GetSecureNATOption', { RpcHubName_str: 'default' })).toMatchObject({
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
    const { hub, call } = madeUpJsonRpc()
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
    const { hub, call } = madeUpJsonRpc()
    await call('SetSecureNATOption', {
      RpcHubName_str: 'DEFAULT',
      DhcpPushRoutes_str: 'x',
      ApplyDhcpPushRoutes_bool: false,
    })
    expect(hub.patches).toEqual([{ host: {}, nat: {}, dhcp: {} }])
  })

  test('a wrong value is refused with its field, the range and what it was, all of them at once', async () => {
    const { hub, call } = madeUpJsonRpc()
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
    const { hub, call } = madeUpJsonRpc()
    expect(await call('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Ip_ip: '127.0.0.1' })).toMatchObject(
      failed(38, 'Ip_ip must be a host address, is 127.0.0.1'),
    )
    expect(hub.administration).toEqual([])
  })

  test('the DHCP server moves along with the virtual host, unless it is told not to', async () => {
    const { hub, call } = madeUpJsonRpc()
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
    const { hub, call } = madeUpJsonRpc()
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

  test('the status is zeros while SecureNAT is off', async () => {
    const { call } = madeUpJsonRpc()
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
    expect(await madeUpJsonRpc().call(method, params)).toMatchObject(failed(code, sentence))
  })
})
