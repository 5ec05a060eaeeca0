// What holds for many operations: the security log, pages of long tables.

import { describe, expect, test } from 'vitest'
import { ALICE, HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'
import type { NatSessionRow } from '../nat/rows.ts'

test('the security log hears of what was changed, and of nothing that was refused', async () => {
  const { hub, call, refusal } = madeUpOperations()
  await call('CreateUser', ALICE)
  await refusal('CreateUser', ALICE)
  await call('SetUser', ALICE)
  await call('GetUser', ALICE)
  await call('DeleteUser', ALICE)
  await call('SetAccessList', { ...HUB, AccessList: [{}, {}] })
  await call('SetHubOnline', { HubName_str: 'lab', Online_bool: false })
  await call('DeleteSession', { ...HUB, Name_str: 'SID-TAP-2' })
  expect(hub.administration).toEqual([
    'RPC-1 userCreated alice',
    'RPC-1 userSet alice',
    'RPC-1 userDeleted alice',
    'RPC-1 accessListSet 2',
    'RPC-1 hubOffline',
    'RPC-1 sessionDisconnected SID-TAP-2',
  ])
})

describe('pages of long tables', () => {
  const row = (id: number, port: number) => ({ id, internalPort: port, protocol: 'UDP' }) as NatSessionRow
  const listed = (answer: unknown) =>
    (answer as { NatTable: { Id_u32: number }[] }).NatTable.map(({ Id_u32 }) => Id_u32)

  test('the NAT table is in the order of addresses and ports, a page of it in that of the ids', async () => {
    const { hub, call } = madeUpOperations()
    hub.rows = [row(1, 9), row(2, 5), row(3, 7), row(4, 1)]
    expect(listed(await call('EnumNAT', HUB))).toEqual([4, 2, 3, 1])
    const page = await call('EnumNAT', { ...HUB, Offset_u32: '1', Limit_u32: 2 })
    expect(page).toMatchObject({ NumItem_u32: 4 })
    expect(listed(page)).toEqual([2, 3])
    expect(listed(await call('EnumNAT', { ...HUB, Offset_u32: 3 }))).toEqual([4])
  })

  test('every table tells how many rows there are, whatever the page', async () => {
    const { call } = madeUpOperations()
    await call('CreateUser', ALICE)
    for (const [method, table] of [
      ['EnumSession', 'SessionList'],
      ['EnumMacTable', 'MacTable'],
      ['EnumIpTable', 'IpTable'],
      ['EnumUser', 'UserList'],
      ['EnumDHCP', 'DhcpTable'],
      ['EnumLogFile', 'LogFiles'],
    ] as const) {
      const whole = (await call(method, HUB)) as Record<string, unknown[]>
      const total = whole[table]!.length
      expect(total, method).toBeGreaterThan(0)
      const none = { NumItem_u32: total, [table]: [] }
      expect(await call(method, { ...HUB, Limit_u32: 0 }), method).toMatchObject(none)
      expect(await call(method, { ...HUB, Offset_u32: total }), method).toMatchObject(none)
      expect(await call(method, { ...HUB, Offset_u32: 0, Limit_u32: 1 }), method).toMatchObject({
        NumItem_u32: total,
        [table]: whole[table]!.slice(0, 1),
      })
    }
  })
})
