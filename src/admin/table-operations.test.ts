// Operations on the MAC and the IP table.

import { expect, test } from 'vitest'
import { HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'

test('rows of the MAC and the IP table', async () => {
  const { call, refusal } = madeUpOperations()
  expect(await call('EnumMacTable', HUB)).toMatchObject({ MacTable: [{ Key_u32: 5, MacAddress_bin: 'XvEu7zCO' }] })
  expect(await call('EnumIpTable', HUB)).toMatchObject({
    IpTable: [{ Key_u32: 6, Ip_ip: '192.168.30.10', IpV6_ip: '192.168.30.10', DhcpAllocated_bool: true }],
  })
  await call('DeleteMacTable', { ...HUB, Key_u32: 5 })
  await call('DeleteIpTable', { ...HUB, Key_u32: '6' })
  expect(await refusal('DeleteMacTable', { ...HUB, Key_u32: 5 })).toMatch(/^29 .*Key_u32 5/)
  expect(await refusal('DeleteIpTable', { ...HUB, Key_u32: 6 })).toMatch(/^29 /)
})
