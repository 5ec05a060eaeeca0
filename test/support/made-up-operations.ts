// Operations over a made-up server: called directly, or as one request of JSON-RPC.

import { callOperation } from '../../src/admin/call.ts'
import { answerJsonRpc } from '../../src/admin/json-rpc.ts'
import type { Role } from '../../src/admin/operation.ts'
import type { RpcError } from '../../src/admin/rpc-error.ts'
import { MadeUpHub, madeUpManagement } from './made-up-management.ts'

/** The original's first moment: nothing has happened yet. */
export const NEVER = '1970-01-01T09:00:00.000Z'
export const HUB = { HubName_str: 'LAB' }
export const ALICE = { ...HUB, Name_str: 'alice' }
export const HUB_ADMINISTRATOR: Role = { kind: 'hub', hub: 'LAB' }

/** A server with the hubs LAB and OTHER. */
export function madeUpOperations(role: Role = { kind: 'server' }, settings = {}) {
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

/** A server with the hubs DEFAULT and LAB. */
export function madeUpJsonRpc(role: Role = { kind: 'server' }) {
  const hubs = [new MadeUpHub('DEFAULT'), new MadeUpHub('LAB')]
  const unexpected: unknown[] = []
  const management = madeUpManagement(hubs)
  const send = async (text: string): Promise<unknown> => {
    const answer = await answerJsonRpc(text, {
      management,
      role,
      connection: 'RPC-3',
      unexpected: (error) => unexpected.push(error),
    })
    return answer === '' ? '' : JSON.parse(answer)
  }
  const call = (method: string, params: object): Promise<unknown> =>
    send(JSON.stringify({ jsonrpc: '2.0', id: 'x', method, params }))
  return { hub: hubs[0]!, send, call, unexpected }
}

/** The answer of JSON-RPC to a call that is refused. */
export function failed(code: number, sentence: string, extra: object = {}, id: string | number = 'x') {
  return { jsonrpc: '2.0', id, error: { code, message: `Error code ${code}: ${sentence}`, ...extra } }
}
