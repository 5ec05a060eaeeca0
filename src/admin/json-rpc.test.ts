// The envelope, and who may call what through it, over a made-up server.

import { describe, expect, test } from 'vitest'
import { failed, madeUpJsonRpc } from '../../test/support/made-up-operations.ts'
import { withoutSecrets } from './call.ts'
import { BATCH_MAX } from './json-rpc.ts'
import { operations } from './operations.ts'

const TEST_RESULT = { IntValue_u32: 7, Int64Value_u64: 0, StrValue_str: '7', UniStrValue_utf: '' }

describe('envelope', () => {
  test.each([
    ['a text id comes back', '"x"', 'x'],
    ['so does a number', '5', 5],
    ['without an id the caller still waits for an answer', 'null', '0'],
  ])('%s', async (_name, id, expected) => {
    const { send } = madeUpJsonRpc()
    expect(await send(`{"jsonrpc":"2.0","id":${id},"method":"test","params":{"IntValue_u32":"7"}}`)).toEqual({
      jsonrpc: '2.0',
      id: expected,
      result: TEST_RESULT,
    })
  })

  test.each([
    ['{', /^Error code 38: JSON-RPC Parse Error: /],
    ['3', /^Error code 38: a JSON-RPC request is an object$/],
    ['{"jsonrpc":"1.0","method":"Test","params":{}}', /^Error code 38: JSON-RPC version is invalid$/],
    ['{"jsonrpc":"2.0","method":"Test"}', /^Error code 38: JSON-RPC parameter is empty$/],
    ['{"jsonrpc":"2.0","method":"NoSuch","params":{}}', /^Error code 33: Unsupported/],
    ['{"jsonrpc":"2.0","method":"constructor","params":{}}', /^Error code 33: Unsupported/],
    ['{"jsonrpc":"2.0","method":{"toString":1,"valueOf":1},"params":{}}', /^Error code 33: Unsupported/],
    ['[]', /^Error code 38: a batch must have 1 to 100 calls, has 0$/],
    [JSON.stringify(Array(BATCH_MAX + 1).fill(1)), /^Error code 38: a batch must have 1 to 100 calls, has 101$/],
  ])('%s', async (text, expected) => {
    const answer = (await madeUpJsonRpc().send(text)) as ReturnType<typeof failed>
    expect(answer).toMatchObject({ jsonrpc: '2.0', id: '0' })
    expect(answer.error.message).toMatch(expected)
  })

  test('a batch is answered in its order; calls without an id are made and not answered', async () => {
    const { hub, send } = madeUpJsonRpc()
    const enable = { jsonrpc: '2.0', method: 'EnableSecureNAT', params: { HubName_str: 'DEFAULT' } }
    const answers = await send(
      JSON.stringify([
        { ...enable, id: 1 },
        { ...enable, method: 'DisableSecureNAT' },
        3,
        { ...enable, method: 'X', id: 2 },
      ]),
    )
    expect(answers).toEqual([
      { jsonrpc: '2.0', id: 1, result: { HubName_str: 'DEFAULT' } },
      failed(38, 'a JSON-RPC request is an object', {}, '0'),
      failed(33, 'Unsupported: there is no method "X".', {}, 2),
    ])
    expect(hub.administration).toEqual(['RPC-3 enabled', 'RPC-3 disabled'])
    expect(await send(JSON.stringify([enable]))).toBe('')
  })

  test('a fault of our own is told to the operator, not to the caller', async () => {
    const { call, unexpected } = madeUpJsonRpc()
    expect(await call('DeleteHub', { HubName_str: 'BOOM' })).toEqual(
      failed(23, 'Internal error; the server log says more.'),
    )
    expect(unexpected).toEqual([new Error('secret')])
  })
})

describe('permissions', () => {
  test('every operation on a hub names the parameter that says which', () => {
    for (const [name, row] of Object.entries(operations)) {
      const hubField = 'hubField' in row ? row.hubField : undefined
      expect([name, row.permission === 'hub']).toEqual([name, hubField !== undefined])
    }
  })

  test('the administrator of a hub manages that hub and sees no other', async () => {
    const { call } = madeUpJsonRpc({ kind: 'hub', hub: 'lab' })
    const denied = failed(52, 'Not enough privileges.')
    expect(await call('EnableSecureNAT', { HubName_str: 'LAB' })).toHaveProperty('result')
    expect(await call('EnableSecureNAT', { HubName_str: 'DEFAULT' })).toEqual(denied)
    expect(await call('GetSecureNATOption', { HubName_str: 'LAB', RpcHubName_str: 'DEFAULT' })).toEqual(denied)
    expect(await call('EnableSecureNAT', {})).toEqual(denied)
    expect(await call('CreateHub', { HubName_str: 'NEW' })).toEqual(denied)
    expect(await call('EnumHub', {})).toMatchObject({ result: { HubList: [{ HubName_str: 'LAB' }] } })
  })
})

describe('viewers', () => {
  test('see every hub and change nothing', async () => {
    const { call } = madeUpJsonRpc({ kind: 'viewer', name: 'monitor' })
    expect(await call('EnumHub', {})).toMatchObject({ result: { HubList: [{}, {}] } })
    expect(await call('GetSecureNATOption', { RpcHubName_str: 'LAB' })).toHaveProperty('result')
    for (const method of ['EnableSecureNAT', 'CreateHub', 'DeleteSession']) {
      expect(await call(method, { HubName_str: 'LAB', Name_str: 'x' })).toEqual(
        failed(52, 'Not enough privileges: this account may only look.'),
      )
    }
  })

  test('get no hash, key or file that could be logged in with', () => {
    const shown = withoutSecrets({
      HubName_str: 'LAB',
      Cert_bin: 'Y2VydA==',
      Key_bin: 'a2V5',
      FileData_bin: 'ZmlsZQ==',
      UserList: [{ Name_str: 'u1', HashedKey_bin: 'aA==', NtLmSecureHash_bin: 'bg==', NumLogin_u32: 4 }],
      HashedPassword_bin: 'aA==',
      SecurePassword_bin: 'aA==',
      ClientK_bin: 'a2V5',
      PlainPassword_str: 'pw',
      CustomHttpHeader_str: 'Proxy-Authorization: Basic eDp5',
      MacTable: [{ Key_u32: 7 }],
    })
    expect(shown).toEqual({
      HubName_str: 'LAB',
      Cert_bin: 'Y2VydA==',
      Key_bin: '',
      FileData_bin: '',
      UserList: [{ Name_str: 'u1', HashedKey_bin: '', NtLmSecureHash_bin: '', NumLogin_u32: 4 }],
      HashedPassword_bin: '',
      SecurePassword_bin: '',
      ClientK_bin: '',
      PlainPassword_str: '',
      CustomHttpHeader_str: '',
      MacTable: [{ Key_u32: 7 }],
    })
  })
})
