// Operations on the NAT session table and the DHCP lease table.

import { expect, test } from 'vitest'
import { AT } from '../../test/support/made-up-management.ts'
import { HUB, madeUpJsonRpc, madeUpOperations } from '../../test/support/made-up-operations.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { littleEndian } from './fields.ts'

test('the NAT table has the original order, numbers and names', async () => {
  const { hub, call } = madeUpJsonRpc()
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
  expect(await madeUpJsonRpc().call('EnumDHCP', { HubName_str: 'DEFAULT' })).toMatchObject({
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

test('one NAT session is ended', async () => {
  const { hub, call, refusal } = madeUpOperations()
  hub.rows = [{ id: 7 } as NatSessionRow]
  expect(await call('DeleteNAT', { ...HUB, Id_u32: '7' })).toEqual({ HubName_str: 'LAB', Id_u32: 7 })
  expect(await refusal('DeleteNAT', { ...HUB, Id_u32: 7 })).toBe('29 There is no NAT session with the Id_u32 7.')
})
