// What an operation of the table is: its parameters and result as schemas, who may call it, and what it does.

import type * as z from 'zod/mini'
import type { ManagedHub, Management } from './management.ts'
import { hubNotFound } from './rpc-error.ts'

/** `hub`: the administrators of that hub and of the server; `any`: every administrator; `server`: only the server's. */
export type Permission = 'any' | 'hub' | 'server'

export type Role = { readonly kind: 'server' } | { readonly kind: 'hub'; readonly hub: string }

export interface CallContext {
  readonly management: Management
  readonly role: Role
  /** The administration connection, as the security log names it: `RPC-3`. */
  readonly connection: string
}

export interface Operation<Params extends z.ZodMiniType = z.ZodMiniType, Result extends z.ZodMiniType = z.ZodMiniType> {
  readonly summary: string
  readonly permission: Permission
  /** The parameter that names the hub, of operations on one. */
  readonly hubField?: string
  readonly params: Params
  readonly result: Result
  handle(context: CallContext, params: z.output<Params>): Promise<z.input<Result>> | z.input<Result>
}

/** Ties the types of one row together. */
export function operation<Params extends z.ZodMiniType, Result extends z.ZodMiniType>(
  row: Operation<Params, Result>,
): Operation<Params, Result> {
  return row
}

/** @throws RpcError 8 */
export function requireHub(context: CallContext, name: string): ManagedHub {
  const hub = context.management.hub(name)
  if (hub === undefined) throw hubNotFound(name)
  return hub
}
