// Operations on users and groups: the original's semantics and error codes.

import { describe, expect, test } from 'vitest'
import { AT } from '../../test/support/made-up-management.ts'
import { ALICE, HUB, madeUpOperations, NEVER } from '../../test/support/made-up-operations.ts'
import { ntHash, userHash } from '../accounts/password-hash.ts'
import { binText } from './fields.ts'

describe('users', () => {
  test('a password user, made with the password itself', async () => {
    const { hub, call } = madeUpOperations()
    const made = await call('CreateUser', {
      ...ALICE,
      Realname_utf: 'Alice A',
      AuthType_u32: 1,
      Auth_Password_str: 'secret',
      ExpireTime_dt: '2030-01-02T03:04:05.000Z',
      UsePolicy_bool: true,
      'policy:MaxUpload_u32': 1_000_000,
    })
    expect(made).toMatchObject({
      Name_str: 'alice',
      HashedKey_bin: binText(userHash('alice', 'secret')),
      NtLmSecureHash_bin: binText(ntHash('secret')),
      CreatedTime_dt: new Date(AT).toISOString(),
      ExpireTime_dt: '2030-01-02T03:04:05.000Z',
      NumLogin_u32: 3,
      UsePolicy_bool: true,
      'policy:MaxUpload_u32': 1_000_000,
      'policy:Access_bool': true,
      'policy:MaxConnection_u32': 32,
      'policy:Ver3_bool': true,
    })
    expect(await call('GetUser', { ...HUB, Name_str: 'ALICE' })).toEqual(made)
    expect(hub.settings().users[0]!.policy!.maxUpload).toBe(1_000_000)
  })

  test('SetUser replaces the whole user, and keeps the password of a password user', async () => {
    const { hub, call } = madeUpOperations()
    await call('CreateUser', { ...ALICE, Note_utf: 'n', AuthType_u32: 1, Auth_Password_str: 'secret' })
    const before = hub.settings().users[0]!.authentication
    const set = await call('SetUser', { ...ALICE, Realname_utf: 'A', AuthType_u32: 1 })
    expect(set).toMatchObject({ Realname_utf: 'A', Note_utf: '', ExpireTime_dt: NEVER })
    expect(set).not.toHaveProperty('UsePolicy_bool')
    expect(hub.settings().users[0]!.authentication).toEqual(before)
    await call('SetUser', { ...ALICE, AuthType_u32: 0 })
    expect(hub.settings().users[0]!.authentication).toEqual({ kind: 'anonymous' })
  })

  test('certificates', async () => {
    const { call, refusal } = madeUpOperations()
    expect(await call('CreateUser', { ...ALICE, AuthType_u32: 2, UserX_bin: 'MAA=' })).toMatchObject({
      AuthType_u32: 2,
      UserX_bin: 'MAA=',
    })
    expect(await call('SetUser', { ...ALICE, AuthType_u32: 3, CommonName_utf: 'c', Serial_bin: 'AQ==' })).toMatchObject(
      {
        AuthType_u32: 3,
        CommonName_utf: 'c',
        Serial_bin: 'AQ==',
      },
    )
    expect(await refusal('SetUser', { ...ALICE, AuthType_u32: 2 })).toBe(
      '38 UserX_bin must be a certificate (DER) with AuthType_u32 2, is empty',
    )
  })

  test('a time of the original is a number that counts from nine o’clock', async () => {
    const { call } = madeUpOperations()
    expect(await call('CreateUser', { ...ALICE, ExpireTime_dt: AT - 32_400_000 })).toMatchObject({
      ExpireTime_dt: new Date(AT).toISOString(),
    })
    expect(await call('SetUser', { ...ALICE, ExpireTime_dt: NEVER })).toMatchObject({ ExpireTime_dt: NEVER })
    expect(await call('SetUser', { ...ALICE, ExpireTime_dt: 0 })).toMatchObject({ ExpireTime_dt: NEVER })
  })

  test('are listed; the policy of their group denies access too', async () => {
    const { call } = madeUpOperations()
    await call('CreateGroup', { ...HUB, Name_str: 'Staff', UsePolicy_bool: true, 'policy:Access_bool': false })
    await call('CreateUser', { ...ALICE, GroupName_str: 'staff' })
    await call('CreateUser', { ...HUB, Name_str: 'bob', UsePolicy_bool: true })
    const { UserList } = (await call('EnumUser', HUB)) as { UserList: object[] }
    expect(UserList).toMatchObject([
      { Name_str: 'alice', GroupName_str: 'staff', DenyAccess_bool: true, NumLogin_u32: 3, Expires_dt: NEVER },
      { Name_str: 'bob', DenyAccess_bool: false, 'Ex.Recv.BroadcastBytes_u64': 60 },
    ])
    expect(await call('EnumGroup', HUB)).toMatchObject({
      GroupList: [{ Name_str: 'Staff', NumUsers_u32: 1, DenyAccess_bool: true }],
    })
    expect(await call('GetGroup', { ...HUB, Name_str: 'STAFF' })).toMatchObject({
      'Recv.BroadcastBytes_u64': 60,
      'policy:Access_bool': false,
    })
    await call('SetGroup', { ...HUB, Name_str: 'staff', Note_utf: 'n' })
    expect(await call('GetGroup', { ...HUB, Name_str: 'staff' })).not.toHaveProperty('UsePolicy_bool')
    await call('DeleteGroup', { ...HUB, Name_str: 'staff' })
    expect(await call('GetUser', ALICE)).toMatchObject({ GroupName_str: '' })
    await call('DeleteUser', ALICE)
    expect(await call('EnumUser', HUB)).toMatchObject({ UserList: [{ Name_str: 'bob' }] })
  })

  test.each([
    ['CreateUser', { ...HUB, Name_str: 'Carol' }, '66 There is a user "Carol" already.'],
    ['CreateUser', { ...HUB, Name_str: '*' }, /^38 Name_str must be 1 to 255 letters/],
    ['CreateUser', { ...ALICE, GroupName_str: 'g' }, '65 GroupName_str: there is no group "g" on this hub.'],
    ['CreateUser', { ...ALICE, AuthType_u32: 1 }, /^38 Auth_Password_str must be given/],
    ['CreateUser', { ...ALICE, AuthType_u32: 4 }, /^33 AuthType_u32 4: /],
    ['CreateUser', { ...ALICE, AuthType_u32: 6 }, '38 AuthType_u32 must be a whole number from 0 to 5, is 6'],
    ['CreateUser', { ...ALICE, HashedKey_bin: 'AA==' }, '38 HashedKey_bin must be 20 bytes in base64, is "AA=="'],
    ['CreateUser', { ...ALICE, ExpireTime_dt: 'soon' }, /^38 ExpireTime_dt must be a time such as /],
    [
      'CreateUser',
      { ...ALICE, UsePolicy_bool: true, 'policy:TimeOut_u32': 4 },
      '38 policy:TimeOut_u32 must be 0 or a whole number from 5 to 60, is 4',
    ],
    ['SetUser', ALICE, '29 There is no user "alice" on this hub.'],
    ['GetUser', ALICE, '29 There is no user "alice" on this hub.'],
    ['DeleteUser', ALICE, '29 There is no user "alice" on this hub.'],
    ['CreateGroup', { ...HUB, Name_str: 'g ' }, /^38 Name_str must be 1 to 255 letters/],
    ['CreateGroup', { ...HUB, Name_str: 'GUESTS' }, '67 There is a group "GUESTS" already.'],
    ['GetGroup', { ...HUB, Name_str: 'g' }, '29 There is no group "g" on this hub.'],
    ['SetGroup', { ...HUB, Name_str: 'g' }, '29 There is no group "g" on this hub.'],
    ['DeleteGroup', { ...HUB, Name_str: 'g' }, '29 There is no group "g" on this hub.'],
    ['GetUser', { HubName_str: 'NONE', Name_str: 'x' }, '8 The Virtual Hub "NONE" does not exist on this server.'],
  ])('%s %j is refused', async (method, params, expected) => {
    const { call, refusal } = madeUpOperations()
    await call('CreateUser', { ...HUB, Name_str: 'carol' })
    await call('CreateGroup', { ...HUB, Name_str: 'guests' })
    if (typeof expected === 'string') expect(await refusal(method, params)).toBe(expected)
    else expect(await refusal(method, params)).toMatch(expected)
  })

  test('as many as the administrator allows', async () => {
    const { call, refusal } = madeUpOperations(undefined, { adminOptions: { max_users: 1, max_groups: 1 } })
    await call('CreateUser', ALICE)
    await call('CreateGroup', ALICE)
    expect(await refusal('CreateUser', { ...HUB, Name_str: 'b' })).toMatch(/^63 /)
    expect(await refusal('CreateGroup', { ...HUB, Name_str: 'b' })).toMatch(/^64 /)
  })
})
