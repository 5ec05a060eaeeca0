import { expect, test } from 'vitest'
import { madeUpManagement } from '../../test/support/made-up-management.ts'
import { callOperation } from './call.ts'
import type { Role } from './operation.ts'

function setUp(role: Role = { kind: 'server' }) {
  const management = madeUpManagement([])
  return (method: string, params: Record<string, unknown>): Promise<unknown> =>
    callOperation(method, params, { management, role, connection: 'RPC-1' })
}

test('what is given is changed, the rest stays', async () => {
  const call = setUp()
  const before = await call('GetLogSettings', {})
  const shown = await call('SetLogSettings', { Json_bool: false, RetentionDays_u32: 7, SwitchCycle_str: 'hour' })
  const changes = { Json_bool: false, RetentionDays_u32: 7, SwitchCycle_str: 'hour' }
  expect(shown).toEqual({ ...(before as object), ...changes })
  expect(await call('GetLogSettings', {})).toEqual(shown)
})

test.each([
  [{ Level_str: 'loud' }, 'Level_str must be "info", "warn" or "error", is "loud"'],
  [{ FileBytes_u64: 1 }, 'FileBytes_u64 must be a whole number from 65536 to 1099511627776, is 1'],
  [{ RetentionDays_u32: -1 }, 'RetentionDays_u32 must be a whole number from 0 to 36500, is -1'],
])('%j is refused', async (params, sentence) => {
  await expect(setUp()('SetLogSettings', params)).rejects.toMatchObject({ code: 38, message: sentence })
})

test("they are the server's, not a hub's", async () => {
  const call = setUp({ kind: 'hub', hub: 'LAB' })
  await expect(call('SetLogSettings', { Json_bool: false })).rejects.toMatchObject({ code: 52 })
  await expect(call('GetLogSettings', {})).rejects.toMatchObject({ code: 52 })
})
