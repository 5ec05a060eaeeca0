// What the operations do, over a made-up server: the original's semantics and error codes.

import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { AT, MadeUpHub, madeUpManagement } from '../../test/support/made-up-management.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { ntHash, userHash } from '../accounts/password-hash.ts'
import { SOURCE_RULES_MAX } from '../accounts/source-list.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import { certificateFacts } from '../server/certificate-facts.ts'
import { callOperation } from './call.ts'
import { binText } from './fields.ts'
import { AUTHORITIES_MAX } from './hub-settings.ts'
import type { CascadeStatus } from './management/cascade.ts'
import type { Role } from './operation.ts'
import type { RpcError } from './rpc-error.ts'

const NEVER = '1970-01-01T09:00:00.000Z'
const HUB = { HubName_str: 'LAB' }
const ALICE = { ...HUB, Name_str: 'alice' }
const HUB_ADMINISTRATOR: Role = { kind: 'hub', hub: 'LAB' }

function setUp(role: Role = { kind: 'server' }, settings = {}) {
  const hub = new MadeUpHub('LAB', settings)
  const hubs = [hub, new MadeUpHub('OTHER')]
  const management = madeUpManagement(hubs)
  const call = (method: string, params: object): Promise<unknown> =>
    callOperation(method, params as Record<string, unknown>, { management, role, connection: 'RPC-1' })
  /** `38 Name_str must be …` */
  const refusal = (method: string, params: object): Promise<string> =>
    call(method, params).then(
      () => 'no refusal',
      (error: RpcError) => `${error.code} ${error.message}`,
    )
  return { hub, hubs, call, refusal }
}

describe('hubs', () => {
  test('are made with their options and a password, and changed in part', async () => {
    const { hubs, call, refusal } = setUp()
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
    const { hub, call } = setUp()
    const hash = binText(new Uint8Array(20).fill(1))
    await call('SetHub', { ...HUB, HashedPassword_bin: hash, SecurePassword_bin: hash })
    expect(hub.settings().adminPassword!.hashedPassword).toEqual(new Uint8Array(20).fill(1))
    const zeros = binText(new Uint8Array(20))
    await call('SetHub', { ...HUB, HashedPassword_bin: zeros, SecurePassword_bin: zeros, MaxSession_u32: 0 })
    expect(hub.settings().adminPassword!.hashedPassword).toEqual(new Uint8Array(20).fill(1))
  })

  test('go off line and tell their status', async () => {
    const { call } = setUp()
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

describe('users', () => {
  test('a password user, made with the password itself', async () => {
    const { hub, call } = setUp()
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
    const { hub, call } = setUp()
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
    const { call, refusal } = setUp()
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
    const { call } = setUp()
    expect(await call('CreateUser', { ...ALICE, ExpireTime_dt: AT - 32_400_000 })).toMatchObject({
      ExpireTime_dt: new Date(AT).toISOString(),
    })
    expect(await call('SetUser', { ...ALICE, ExpireTime_dt: NEVER })).toMatchObject({ ExpireTime_dt: NEVER })
    expect(await call('SetUser', { ...ALICE, ExpireTime_dt: 0 })).toMatchObject({ ExpireTime_dt: NEVER })
  })

  test('are listed; the policy of their group denies access too', async () => {
    const { call } = setUp()
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
    const { call, refusal } = setUp()
    await call('CreateUser', { ...HUB, Name_str: 'carol' })
    await call('CreateGroup', { ...HUB, Name_str: 'guests' })
    if (typeof expected === 'string') expect(await refusal(method, params)).toBe(expected)
    else expect(await refusal(method, params)).toMatch(expected)
  })

  test('as many as the administrator allows', async () => {
    const { call, refusal } = setUp(undefined, { adminOptions: { max_users: 1, max_groups: 1 } })
    await call('CreateUser', ALICE)
    await call('CreateGroup', ALICE)
    expect(await refusal('CreateUser', { ...HUB, Name_str: 'b' })).toMatch(/^63 /)
    expect(await refusal('CreateGroup', { ...HUB, Name_str: 'b' })).toMatch(/^64 /)
  })
})

describe('sessions and tables', () => {
  test('one session, in all its fields', async () => {
    const { call, refusal } = setUp()
    expect(await call('GetSessionStatus', { ...HUB, Name_str: 'sid-tap-2' })).toMatchObject({
      Name_str: 'SID-TAP-2',
      SessionStatus_u32: 3,
      NumTcpConnections_u32: 0,
      IsBridgeMode_bool: true,
      TotalRecvSize_u64: 60,
      'Recv.BroadcastBytes_u64': 60,
      'policy:Access_bool': true,
    })
    expect(await refusal('GetSessionStatus', { ...HUB, Name_str: 'SID-X' })).toMatch(/^29 /)
    expect(await refusal('DeleteSession', { ...HUB, Name_str: 'SID-SECURENAT-1' })).toMatch(/^78 /)
  })

  test('the session of a cascade of this hub is no session to disconnect', async () => {
    const { hub, refusal } = setUp()
    const [, tap] = hub.sessionRows
    hub.sessionRows = [{ ...tap!, name: 'SID-LINK-3', identity: { ...tap!.identity, isLink: true } }]
    expect(await refusal('DeleteSession', { ...HUB, Name_str: 'SID-LINK-3' })).toMatch(/^73 /)
  })

  test('rows of the MAC and the IP table', async () => {
    const { call, refusal } = setUp()
    expect(await call('EnumMacTable', HUB)).toMatchObject({ MacTable: [{ Key_u32: 5, MacAddress_bin: 'XvEu7zCO' }] })
    expect(await call('EnumIpTable', HUB)).toMatchObject({
      IpTable: [{ Key_u32: 6, Ip_ip: '192.168.30.10', IpV6_ip: '192.168.30.10', DhcpAllocated_bool: true }],
    })
    await call('DeleteMacTable', { ...HUB, Key_u32: 5 })
    await call('DeleteIpTable', { ...HUB, Key_u32: '6' })
    expect(await refusal('DeleteMacTable', { ...HUB, Key_u32: 5 })).toMatch(/^29 .*Key_u32 5/)
    expect(await refusal('DeleteIpTable', { ...HUB, Key_u32: 6 })).toMatch(/^29 /)
  })
})

describe('from where and by whose certificates users come', () => {
  const { authority, user } = readVectors('certificates') as { authority: string; user: string }
  const base64 = (digits: string): string => binText(hex(digits))

  test('an authority is added once, shown, and deleted', async () => {
    const { hub, call, refusal } = setUp()
    await call('AddCa', { ...HUB, Cert_bin: base64(authority) })
    await call('AddCa', { ...HUB, Cert_bin: base64(authority) })
    await call('AddCa', { ...HUB, Cert_bin: base64(user) })
    expect(hub.settings().authorities).toEqual([hex(authority), hex(user)])
    const { CAList } = (await call('EnumCa', HUB)) as { CAList: { Key_u32: number; Expires_dt: string }[] }
    const { subject, issuer, expiresAt } = certificateFacts(hex(user))!
    expect(CAList[1]).toMatchObject({ SubjectName_utf: subject, IssuerName_utf: issuer })
    expect(Date.parse(CAList[1]!.Expires_dt)).toBe(expiresAt)
    const [first, second] = CAList.map(({ Key_u32 }) => Key_u32)
    expect(await call('GetCa', { ...HUB, Key_u32: second })).toMatchObject({ Cert_bin: base64(user) })
    await call('DeleteCa', { ...HUB, Key_u32: first })
    expect(hub.settings().authorities).toEqual([hex(user)])
    expect(await refusal('DeleteCa', { ...HUB, Key_u32: first })).toMatch(/^29 /)
    expect(await refusal('AddCa', { ...HUB, Cert_bin: 'AAAA' })).toMatch(/^38 Cert_bin must be a certificate/)
  })

  test('so many authorities and no more', async () => {
    const { hub, refusal } = setUp()
    const authorities = Array.from({ length: AUTHORITIES_MAX }, (_, index) => Uint8Array.of(index, index >> 8))
    await hub.changeSettings(() => ({ authorities }))
    expect(await refusal('AddCa', { ...HUB, Cert_bin: base64(authority) })).toMatch(/^110 /)
  })

  test('the rules about sources are put in their order and numbered in it', async () => {
    const { call, refusal } = setUp()
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
    expect(await refusal('SetAcList', { ...HUB, ACList: [refused] })).toMatch(
      /^38 ACList.0.IpAddress_ip must be an IPv4/,
    )
    const tooMany = new Array(SOURCE_RULES_MAX + 1).fill({ ...allow, Priority_u32: 1 })
    expect(await refusal('SetAcList', { ...HUB, ACList: tooMany })).toMatch(/^110 /)
  })
})

test('this server stands alone', async () => {
  const { call } = setUp()
  expect(await call('GetFarmSetting', {})).toMatchObject({ ServerType_u32: 0, Weight_u32: 100 })
})

test('the security log hears of what was changed, and of nothing that was refused', async () => {
  const { hub, call, refusal } = setUp()
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
    const { hub, call } = setUp()
    hub.rows = [row(1, 9), row(2, 5), row(3, 7), row(4, 1)]
    expect(listed(await call('EnumNAT', HUB))).toEqual([4, 2, 3, 1])
    const page = await call('EnumNAT', { ...HUB, Offset_u32: '1', Limit_u32: 2 })
    expect(page).toMatchObject({ NumItem_u32: 4 })
    expect(listed(page)).toEqual([2, 3])
    expect(listed(await call('EnumNAT', { ...HUB, Offset_u32: 3 }))).toEqual([4])
  })

  test('every table tells how many rows there are, whatever the page', async () => {
    const { call } = setUp()
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

test('one NAT session is ended', async () => {
  const { hub, call, refusal } = setUp()
  hub.rows = [{ id: 7 } as NatSessionRow]
  expect(await call('DeleteNAT', { ...HUB, Id_u32: '7' })).toEqual({ HubName_str: 'LAB', Id_u32: 7 })
  expect(await refusal('DeleteNAT', { ...HUB, Id_u32: 7 })).toBe('29 There is no NAT session with the Id_u32 7.')
})

describe('access lists', () => {
  const rule = (fields: object) => ({ ...HUB, AccessListSingle: [fields] })
  const list = async (call: (method: string, params: object) => Promise<unknown>) =>
    ((await call('EnumAccess', HUB)) as { AccessList: { Id_u32: number; Note_utf: string; UniqueId_u32: number }[] })
      .AccessList

  test('are numbered in the order of priorities; a rule keeps its unique number', async () => {
    const { hub, call, refusal } = setUp()
    await call('AddAccess', rule({ Note_utf: 'b', Priority_u32: 20, Discard_bool: true, SrcIpAddress_ip: '10.0.0.1' }))
    await call('AddAccess', rule({ Note_utf: 'a', Priority_u32: 10, SrcMacAddress_bin: 'XvEu7zCO' }))
    const [first, second] = await list(call)
    expect([first!.Note_utf, first!.Id_u32, second!.Note_utf, second!.Id_u32]).toEqual(['a', 1, 'b', 2])
    expect(second).toMatchObject({ SrcIpAddress_ip: '10.0.0.1', SrcIpAddress6_bin: 'AAAAAAAAAAAAAAAAAAAAAA==' })
    expect(first).toMatchObject({ SrcMacAddress_bin: 'XvEu7zCO' })
    await call('DeleteAccess', { ...HUB, Id_u32: 1 })
    expect(await list(call)).toMatchObject([{ Note_utf: 'b', Id_u32: 1, UniqueId_u32: second!.UniqueId_u32 }])
    expect(await refusal('DeleteAccess', { ...HUB, Id_u32: 9 })).toMatch(/^29 /)
    // What was listed can be sent back.
    await call('SetAccessList', { ...HUB, AccessList: await list(call) })
    expect(hub.settings().accessList).toHaveLength(1)
  })

  test.each([
    [rule({ Protocol_u32: 256 }), '38 AccessListSingle.0.Protocol_u32 must be a whole number from 0 to 255, is 256'],
    [rule({ SrcIpAddress_ip: 'x' }), /^38 AccessListSingle.0.SrcIpAddress_ip must be an IPv4 address .*, is "x"$/],
    [rule({ Delay_u32: 5 }), /^38 AccessListSingle.0.Delay_u32 must be 0: /],
    [{ ...HUB, AccessListSingle: [] }, '38 AccessListSingle must be a list of one rule, is 0 rules'],
    [HUB, '38 AccessListSingle must be a list of one rule, is missing'],
  ])('%j is refused', async (params, expected) => {
    const { refusal } = setUp()
    if (typeof expected === 'string') expect(await refusal('AddAccess', params)).toBe(expected)
    else expect(await refusal('AddAccess', params)).toMatch(expected)
  })

  test('as many rules as the administrator allows', async () => {
    const { call, refusal } = setUp(undefined, { adminOptions: { max_accesslists: 1 } })
    await call('AddAccess', rule({}))
    expect(await refusal('AddAccess', rule({}))).toMatch(/^62 /)
    expect(await refusal('SetAccessList', { ...HUB, AccessList: [{}, {}] })).toMatch(/^62 /)
  })
})

describe('options, logs and message of a hub', () => {
  test('extended options have their defaults until they are set', async () => {
    const { hub, call, refusal } = setUp()
    const set = (Name_str: string, Value_u32: number) =>
      call('SetHubExtOptions', { ...HUB, AdminOptionList: [{ Name_str, Value_u32 }] })
    await set('securenat_maxtcpsessionsperip', 30)
    await set('NoMacAddressLog', 1)
    expect(hub.settings().extendedOptions).toEqual({ SecureNAT_MaxTcpSessionsPerIp: 30 })
    const { AdminOptionList } = (await call('GetHubExtOptions', HUB)) as { AdminOptionList: object[] }
    expect(AdminOptionList).toContainEqual({
      Name_str: 'SecureNAT_MaxTcpSessionsPerIp',
      Value_u32: 30,
      Descrption_utf: '',
    })
    expect(AdminOptionList).toContainEqual({ Name_str: 'VlanTypeId', Value_u32: 33024, Descrption_utf: '' })
    expect(await refusal('SetHubExtOptions', { ...HUB, AdminOptionList: [{ Name_str: 'NoSuch', Value_u32: 1 }] })).toBe(
      '38 AdminOptionList.0.Name_str must be the name of one of the options listed, is "NoSuch"',
    )
  })

  test('log settings; there is no packet log', async () => {
    const { call, refusal } = setUp()
    expect(await call('SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 3, SavePacketLog_bool: false })).toEqual({
      HubName_str: 'LAB',
      SaveSecurityLog_bool: true,
      SecurityLogSwitchType_u32: 3,
      SavePacketLog_bool: false,
      PacketLogSwitchType_u32: 4,
      PacketLogConfig_u32: new Array(16).fill(0),
    })
    expect(await refusal('SetHubLog', { ...HUB, SavePacketLog_bool: true })).toMatch(/^33 SavePacketLog_bool /)
    expect(await refusal('SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 6 })).toMatch(/^38 .* from 0 to 5, is 6$/)
  })

  test('the message is UTF-8', async () => {
    const { call, refusal } = setUp()
    await call('SetHubMsg', { ...HUB, Msg_bin: Buffer.from('こんにちは').toString('base64') })
    const { Msg_bin } = (await call('GetHubMsg', HUB)) as { Msg_bin: string }
    expect(Buffer.from(Msg_bin, 'base64').toString()).toBe('こんにちは')
    expect(await refusal('SetHubMsg', { ...HUB, Msg_bin: '/w==' })).toMatch(/^38 Msg_bin must be UTF-8 text/)
  })
})

describe('log files and connections', () => {
  test('a file is read by ranges; what is not listed is not there', async () => {
    const { call, refusal } = setUp()
    const FilePath_str = 'LAB/security/sec_20261123.log'
    expect(await call('ReadLogFile', { FilePath_str, Offset_u32: 4 })).toMatchObject({ Buffer_bin: btoa('456789') })
    expect(await call('ReadLogFile', { FilePath_str, Offset_u32: 10 })).toMatchObject({ Buffer_bin: '' })
    expect(await refusal('ReadLogFile', { FilePath_str: '../securenat.json' })).toMatch(/^29 /)
  })

  test("the administrator of a hub sees that hub's", async () => {
    const { hub, call, refusal } = setUp(HUB_ADMINISTRATOR)
    expect(await call('EnumLogFile', {})).toMatchObject({
      LogFiles: [{ FilePath_str: 'LAB/security/sec_20261123.log' }],
    })
    expect(await refusal('ReadLogFile', { FilePath_str: 'server/server_20261123.log' })).toMatch(/^29 /)
    await hub.changeSettings(() => ({ adminOptions: { no_read_log_file: 1 } }))
    expect(await call('EnumLogFile', {})).toEqual({ NumItem_u32: 0, LogFiles: [] })
    expect(await refusal('EnumConnection', {})).toMatch(/^52 /)
  })

  test('connections', async () => {
    const { call, refusal } = setUp()
    expect(await call('EnumConnection', {})).toMatchObject({ ConnectionList: [{ Name_str: 'CID-1', Type_u32: 5 }] })
    expect(await call('GetConnectionInfo', { Name_str: 'cid-1' })).toMatchObject({ ClientStr_str: 'tool' })
    await call('DisconnectConnection', { Name_str: 'CID-1' })
    expect(await refusal('GetConnectionInfo', { Name_str: 'CID-1' })).toMatch(/^29 /)
  })
})

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
    const { hub, call } = setUp()
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
    const { hub, call, refusal } = setUp()
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
    const { call, refusal } = setUp()
    await call('CreateLink', { ...LINK, AccountName_utf: 'old' })
    await call('CreateLink', { ...LINK, AccountName_utf: 'two' })
    if (typeof expected === 'string') expect(await refusal(method, params)).toBe(expected)
    else expect(await refusal(method, params)).toMatch(expected)
  })
})

describe('the server', () => {
  test('its status adds up its hubs', async () => {
    expect(await setUp().call('GetServerStatus', {})).toMatchObject({
      NumHubTotal_u32: 2,
      NumSessionsTotal_u32: 4,
      NumMacTables_u32: 2,
      'Recv.BroadcastCount_u64': 2,
      TotalMemory_u64: 1000,
      UsedMemory_u64: 600,
    })
  })

  test('capabilities by name', async () => {
    const { CapsList } = (await setUp().call('GetCaps', {})) as { CapsList: object[] }
    expect(CapsList).toContainEqual({
      CapsName_str: 'b_support_securenat',
      CapsValue_u32: 1,
      CapsDescrption_utf: 'b_support_securenat',
    })
  })

  test('the configuration as a whole', async () => {
    const { call, refusal } = setUp()
    const { FileData_bin } = (await call('GetConfig', {})) as { FileData_bin: string }
    expect(atob(FileData_bin)).toBe('{"language":"en"}')
    await call('SetConfig', { FileData_bin: btoa('{}') })
    expect(await refusal('SetConfig', { FileData_bin: btoa('x') })).toBe(
      '38 FileData_bin: hubs.X: must be right, is wrong',
    )
    expect(await call('Flush', {})).toMatchObject({ IntValue_u32: 27_150 })
    expect(await refusal('RebootServer', {})).toMatch(/^33 .*SIGHUP/)
    expect(await setUp({ kind: 'viewer', name: 'v' }).call('GetConfig', {})).toMatchObject({ FileData_bin: '' })
  })
})

describe("what the server's administrator keeps from the hub's", () => {
  test.each([
    ['no_securenat', 'EnableSecureNAT', HUB],
    ['no_securenat_enablenat', 'SetSecureNATOption', { RpcHubName_str: 'LAB', UseNat_bool: false }],
    ['no_securenat_enabledhcp', 'SetSecureNATOption', { RpcHubName_str: 'LAB', UseDhcp_bool: false }],
    ['no_change_users', 'CreateUser', ALICE],
    ['no_change_groups', 'CreateGroup', ALICE],
    ['no_change_access_list', 'SetAccessList', { ...HUB, AccessList: [] }],
    ['no_cascade', 'SetLinkOnline', { ...HUB, AccountName_utf: 'x' }],
    ['no_enum_session', 'EnumSession', HUB],
    ['no_query_session', 'GetSessionStatus', { ...HUB, Name_str: 'SID-TAP-2' }],
    ['no_disconnect_session', 'DeleteSession', { ...HUB, Name_str: 'SID-TAP-2' }],
    ['no_delete_mactable', 'DeleteMacTable', { ...HUB, Key_u32: 5 }],
    ['no_delete_iptable', 'DeleteIpTable', { ...HUB, Key_u32: 6 }],
    ['no_change_log_config', 'SetHubLog', HUB],
    ['no_change_log_switch_type', 'SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 1 }],
    ['no_change_msg', 'SetHubMsg', { ...HUB, Msg_bin: '' }],
    ['no_change_admin_password', 'SetHub', { ...HUB, AdminPasswordPlainText_str: 'p' }],
    ['no_offline', 'SetHubOnline', { ...HUB, Online_bool: false }],
    ['no_offline', 'SetHub', { ...HUB, Online_bool: false }],
    ['no_online', 'SetHubOnline', { ...HUB, Online_bool: true }],
    ['deny_hub_admin_change_ext_option', 'SetHubExtOptions', { ...HUB, AdminOptionList: [] }],
  ])('%s: %s', async (option, method, params) => {
    const settings = { adminOptions: { [option]: 1 } }
    expect(await setUp(HUB_ADMINISTRATOR, settings).refusal(method, params)).toBe(
      `52 Not enough privileges: the administration option ${option} of this hub is set.`,
    )
    expect(await setUp(undefined, settings).refusal(method, params)).not.toMatch(/^52/)
    expect(await setUp(HUB_ADMINISTRATOR).refusal(method, params)).not.toMatch(/^52/)
  })

  test('its own options only when that is allowed', async () => {
    const params = { ...HUB, AdminOptionList: [{ Name_str: 'no_securenat', Value_u32: 1 }] }
    expect(await setUp(HUB_ADMINISTRATOR).refusal('SetHubAdminOptions', params)).toMatch(/^52 .*allow_hub_admin/)
    const { hub, call } = setUp(HUB_ADMINISTRATOR, { adminOptions: { allow_hub_admin_change_option: 1 } })
    await call('SetHubAdminOptions', params)
    expect(hub.settings().adminOptions).toEqual({ allow_hub_admin_change_option: 1, no_securenat: 1 })
  })
})
