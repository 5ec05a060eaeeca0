// Operations on hubs as a whole: the original's semantics and error codes.

import { describe, expect, test } from 'vitest'
import { HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'
import { binText } from './fields.ts'

describe('hubs', () => {
  test('are made with their options and a password, and changed in part', async () => {
    const { hubs, call, refusal } = madeUpOperations()
    await call('CreateHub', { HubName_str: 'NEW', AdminPasswordPlainText_str: 'p', MaxSession_u32: 5 })
    const password = hubs[2]!.settings().adminPassword
    expect(await call('SetHub', { HubName_str: 'NEW', NoEnum_bool: true })).toEqual({
      HubName_str: 'NEW',
      HashedPassword_bin: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      SecurePassword_bin: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      AdminPasswordPlainText_str: '',
      Online_bool: true,
      MaxSession_u32: 5,
      NoEnum_bool: true,
      HubType_u32: 0,
    })
    expect(hubs[2]!.settings().adminPassword).toBe(password)
    expect(await refusal('CreateHub', { HubName_str: 'NEW' })).toBe('57 There is a Virtual Hub "NEW" already.')
    expect(await refusal('CreateHub', { HubName_str: 'FULL' })).toMatch(/^58 /)
    expect(await refusal('CreateHub', { HubName_str: '../x' })).toBe('38 HubName_str must be letters, is "../x"')
    expect(await refusal('CreateHub', { HubName_str: 'C', HubType_u32: 2 })).toMatch(/^33 HubType_u32 /)
  })

  test('a hash is kept as it is, zeros change nothing', async () => {
    const { hub, call } = madeUpOperations()
    const hash = binText(new Uint8Array(20).fill(1))
    await call('SetHub', { ...HUB, HashedPassword_bin: hash, SecurePassword_bin: hash })
    expect(hub.settings().adminPassword!.hashedPassword).toEqual(new Uint8Array(20).fill(1))
    const zeros = binText(new Uint8Array(20))
    await call('SetHub', { ...HUB, HashedPassword_bin: zeros, SecurePassword_bin: zeros, MaxSession_u32: 0 })
    expect(hub.settings().adminPassword!.hashedPassword).toEqual(new Uint8Array(20).fill(1))
  })

  test('go off line and tell their status', async () => {
    const { call } = madeUpOperations()
    await call('SetHubOnline', { ...HUB, Online_bool: false })
    expect(await call('GetHubStatus', HUB)).toMatchObject({
      Online_bool: false,
      NumMacTables_u32: 1,
      NumIpTables_u32: 1,
      NumSessions_u32: 2,
      SecureNATEnabled_bool: false,
      'Recv.BroadcastCount_u64': 1,
      'Send.UnicastBytes_u64': 120,
      CreatedTime_dt: '2026-11-23T12:09:46.000Z',
    })
  })
})
