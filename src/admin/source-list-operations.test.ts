// Operations on the list of sources users may come from.

import { expect, test } from 'vitest'
import { HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'
import { SOURCE_RULES_MAX } from '../accounts/source-list.ts'

test('the rules about sources are put in their order and numbered in it', async () => {
  const { call, refusal } = madeUpOperations()
  const deny = { Deny_bool: true, IpAddress_ip: '10.0.0.0', Masked_bool: true, SubnetMask_ip: '255.0.0.0' }
  const allow = { Deny_bool: false, IpAddress_ip: '10.1.1.1', SubnetMask_ip: '255.0.0.0' }
  const list = {
    ...{ NumItem_u32: 2, HubName_str: 'LAB' },
    ACList: [
      { ...allow, Id_u32: 1, Priority_u32: 5, Masked_bool: false, SubnetMask_ip: '0.0.0.0' },
      { ...deny, Id_u32: 2, Priority_u32: 5 },
    ],
  }
  const given = [deny, allow].map((rule) => ({ ...rule, Priority_u32: '5', Id_u32: 9 }))
  expect(await call('SetAcList', { ...HUB, ACList: given })).toEqual(list)
  expect(await call('GetAcList', HUB)).toEqual(list)
  const refused = { ...allow, Priority_u32: 1, IpAddress_ip: '2001:db8::1' }
  expect(await refusal('SetAcList', { ...HUB, ACList: [refused] })).toMatch(/^38 ACList.0.IpAddress_ip must be an IPv4/)
  const tooMany = new Array(SOURCE_RULES_MAX + 1).fill({ ...allow, Priority_u32: 1 })
  expect(await refusal('SetAcList', { ...HUB, ACList: tooMany })).toMatch(/^110 /)
})
