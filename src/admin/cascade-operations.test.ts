// Operations on cascades.

import { describe, expect, test } from 'vitest'
import { AT } from '../../test/support/made-up-management.ts'
import { HUB, madeUpOperations, NEVER } from '../../test/support/made-up-operations.ts'
import type { CascadeStatus } from './management/cascade.ts'

describe('cascades', () => {
  const LINK = {
    HubName_Ex_str: 'LAB',
    AccountName_utf: 'up',
    Hostname_str: 'vpn.example.org',
    Port_u32: 443,
    HubName_str: 'R',
    AuthType_u32: 2,
    Username_str: 'u',
    PlainPassword_str: 'p',
  }
  const NAME = { ...HUB, AccountName_utf: 'up' }

  test('are made off line, changed, renamed, started and deleted', async () => {
    const { hub, call } = madeUpOperations()
    expect(await call('CreateLink', LINK)).toMatchObject({
      Online_bool: false,
      MaxConnection_u32: 8,
      NumRetry_u32: 0xffff_ffff,
      RequireBridgeRoutingMode_bool: true,
      PlainPassword_str: 'p',
      DeviceName_str: '_SEHUBLINKCLI_',
    })
    await call('SetLinkOnline', NAME)
    // What was got can be sent back.
    const got = (await call('GetLink', { HubName_Ex_str: 'LAB', AccountName_utf: 'UP' })) as object
    expect(await call('SetLink', { ...got, MaxConnection_u32: 2, AuthType_u32: 0 })).toMatchObject({
      Online_bool: true,
      MaxConnection_u32: 2,
      AuthType_u32: 0,
    })
    await call('RenameLink', { ...HUB, OldAccountName_utf: 'up', NewAccountName_utf: 'Up' })
    expect(await call('EnumLink', HUB)).toMatchObject({
      LinkList: [{ AccountName_utf: 'Up', Online_bool: true, TargetHubName_str: 'R', LinkHubName_str: 'R' }],
    })
    await call('SetLinkOffline', NAME)
    await call('DeleteLink', NAME)
    expect(hub.settings().cascades).toEqual([])
  })

  test('status is refused while off line', async () => {
    const { hub, call, refusal } = madeUpOperations()
    await call('CreateLink', LINK)
    const status = { HubName_Ex_str: 'LAB', AccountName_utf: 'up' }
    expect(await refusal('GetLinkStatus', status)).toBe('61 The specified Cascade Connection is offline.')
    await call('SetLinkOnline', NAME)
    const traffic = hub.activity().traffic
    hub.cascadeStates.set('up', { state: 'retrying', lastError: 1, startedAt: AT, traffic } as CascadeStatus)
    expect(await call('GetLinkStatus', status)).toMatchObject({ SessionStatus_u32: 4, Connected_bool: false })
    expect(await call('EnumLink', HUB)).toMatchObject({ LinkList: [{ LastError_u32: 1, ConnectedTime_dt: NEVER }] })
  })

  test.each([
    ['CreateLink', { ...LINK, AccountName_utf: 'OLD' }, '59 There is a cascade "OLD" already.'],
    ['CreateLink', { ...LINK, AccountName_utf: '' }, '38 AccountName_utf must be 1 to 255 letters, is ""'],
    ['CreateLink', { ...LINK, Port_u32: 0 }, '38 Port_u32 must be a whole number from 1 to 65535, is 0'],
    ['CreateLink', { ...LINK, AuthType_u32: 4 }, /^33 AuthType_u32 4/],
    ['GetLink', { HubName_Ex_str: 'LAB', AccountName_utf: 'x' }, '29 There is no cascade "x" on this hub.'],
    ['RenameLink', { ...HUB, OldAccountName_utf: 'two', NewAccountName_utf: 'old' }, /^59 /],
    ['SetLinkOnline', { ...HUB, AccountName_utf: 'x' }, /^29 /],
  ])('%s %j is refused', async (method, params, expected) => {
    const { call, refusal } = madeUpOperations()
    await call('CreateLink', { ...LINK, AccountName_utf: 'old' })
    await call('CreateLink', { ...LINK, AccountName_utf: 'two' })
    if (typeof expected === 'string') expect(await refusal(method, params)).toBe(expected)
    else expect(await refusal(method, params)).toMatch(expected)
  })
})
