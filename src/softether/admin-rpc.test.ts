import { expect, test, vi } from 'vitest'
import type { RpcContext } from '../admin/json-rpc.ts'
import type { Management } from '../admin/management.ts'
import type { Role } from '../admin/operation.ts'
import { rpcCall } from './admin-rpc.ts'
import { Pack } from './pack.ts'

function context(role: Role, management: Partial<Management> = {}) {
  const whole = { hub: () => undefined, hubs: () => [], ...management } as unknown as Management
  return { management: whole, role, connection: 'RPC-1', unexpected: vi.fn<RpcContext['unexpected']>() }
}

const ADMINISTRATOR: Role = { kind: 'server' }

test('names are compared without case, and an unknown one answers 33', async () => {
  const call = rpcCall(context(ADMINISTRATOR))
  expect((await call('enumhub', new Pack())).int('error')).toBe(0)
  expect((await call('MakeCoffee', new Pack())).int('error')).toBe(33)
})

test('a hub that does not exist: 8', async () => {
  const call = rpcCall(context(ADMINISTRATOR))
  expect((await call('EnumSession', new Pack().addText('HubName', 'NONE'))).int('error')).toBe(8)
})

test('the administrator of a hub is kept to it: 52', async () => {
  const call = rpcCall(context({ kind: 'hub', hub: 'OWN' }))
  expect((await call('EnumSession', new Pack().addText('HubName', 'OTHER'))).int('error')).toBe(52)
  expect((await call('DeleteHub', new Pack().addText('HubName', 'OWN'))).int('error')).toBe(52)
})

test('a fault of our own is 23 for the tool and a line for the operator', async () => {
  const fault = new Error('broken')
  const failing = context(ADMINISTRATOR, {
    hubs: () => {
      throw fault
    },
  })
  expect((await rpcCall(failing)('EnumHub', new Pack())).int('error')).toBe(23)
  expect(failing.unexpected).toHaveBeenCalledWith(fault, 'EnumHub')
})
