// Operations on the limits of the NAT through JSON-RPC.

import { describe, expect, test } from 'vitest'
import { madeUpJsonRpc } from '../../test/support/made-up-operations.ts'

describe('limits of the NAT', () => {
  test('are read, and set one by one', async () => {
    const { call } = madeUpJsonRpc()
    expect(await call('SetNatLimit', { HubName_str: 'DEFAULT', UdpSessionsPerGuest_u32: 50 })).toMatchObject({
      result: { Sessions_u32: 65_536, UdpSessionsPerGuest_u32: 50 },
    })
    expect(await call('GetNatLimit', { HubName_str: 'DEFAULT' })).toMatchObject({
      result: { UdpSessionsPerGuest_u32: 50 },
    })
  })

  test('out of range', async () => {
    const answer = await madeUpJsonRpc().call('SetNatLimit', { HubName_str: 'DEFAULT', Sessions_u32: 0 })
    expect(answer).toMatchObject({ error: { code: 38 } })
  })
})
