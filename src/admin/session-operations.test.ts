// Operations on sessions.

import { expect, test } from 'vitest'
import { HUB, madeUpJsonRpc, madeUpOperations } from '../../test/support/made-up-operations.ts'

test('one session, in all its fields', async () => {
  const { call, refusal } = madeUpOperations()
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
  const { hub, refusal } = madeUpOperations()
  const [, tap] = hub.sessionRows
  hub.sessionRows = [{ ...tap!, name: 'SID-LINK-3', identity: { ...tap!.identity, isLink: true } }]
  expect(await refusal('DeleteSession', { ...HUB, Name_str: 'SID-LINK-3' })).toMatch(/^73 /)
})

test('sessions are listed with SecureNAT marked, and disconnected by name in any case', async () => {
  const { hub, call } = madeUpJsonRpc()
  expect(await call('EnumSession', { HubName_str: 'DEFAULT' })).toMatchObject({
    result: {
      SessionList: [
        {
          Name_str: 'SID-SECURENAT-1',
          SecureNATMode_bool: true,
          Hostname_str: '',
          PacketSize_u64: 180,
          PacketNum_u64: 3,
        },
        { Name_str: 'SID-TAP-2', SecureNATMode_bool: false, Hostname_str: 'tap0', BridgeMode_bool: true },
      ],
    },
  })
  await call('DeleteSession', { HubName_str: 'DEFAULT', Name_str: 'sid-tap-2' })
  expect(hub.disconnected).toEqual(['SID-TAP-2'])
})
