// What an operation of the table is: everything a face needs of it. A face (JSON-RPC, PACK-RPC, the command line, the reference
// in docs/) adds presentation and nothing else, so what an operation is, who may call it and what it takes are said here once.

import type * as z from 'zod/mini'
import type { AdminOptionName } from '../accounts/admin-options.ts'
import type { ToldChange } from './administration-change.ts'
import type { ManagedHub, Management } from './management.ts'
import { hubNotFound } from './rpc-error.ts'

/** `hub`: the administrators of that hub and of the server; `any`: every administrator; `server`: only the server's. */
export type Permission = 'any' | 'hub' | 'server'

/** `viewer`: sees what the server's administrator sees, but for secrets, and changes nothing. */
export type Role =
  | { readonly kind: 'server' }
  | { readonly kind: 'hub'; readonly hub: string }
  | { readonly kind: 'viewer'; readonly name: string }

export type Language = 'en' | 'ja'
export type Text = Readonly<Record<Language, string>>

export interface CallContext {
  readonly management: Management
  readonly role: Role
  /** The administration connection, as the security log names it: `RPC-3`. */
  readonly connection: string
}

export interface Operation<Params extends z.ZodMiniType = z.ZodMiniType, Result extends z.ZodMiniType = z.ZodMiniType> {
  /** One sentence without its full stop, in both languages. */
  readonly summary: Text
  readonly permission: Permission
  /** Whether anything is different afterwards. Who may only look may call what reads. */
  readonly effect: 'reads' | 'changes'
  /** The parameter that names the hub, of operations on one. */
  readonly hubField?: string
  /** The hub administration option by which the server's administrator keeps it from the hub's. */
  readonly forbiddenBy?: AdminOptionName
  readonly params: Params
  /** What the hub's security log says of it when it is done. */
  tells?(params: z.output<Params>): ToldChange
  readonly result: Result
  /** A table that many watch: over the network it may be told as it was a moment ago (shared-answers.ts). */
  readonly isShared?: true
  handle(context: CallContext, params: z.output<Params>): Promise<z.input<Result>> | z.input<Result>
}

/** Of operations on one hub that `HubName_str` names: its administrators may call them too. */
export const READS_HUB = { permission: 'hub', effect: 'reads', hubField: 'HubName_str' } as const
export const CHANGES_HUB = { permission: 'hub', effect: 'changes', hubField: 'HubName_str' } as const

/** Ties the types of one row together. */
export function operation<Params extends z.ZodMiniType, Result extends z.ZodMiniType>(
  row: Operation<Params, Result>,
): Operation<Params, Result> {
  return row
}

/** Reads better than an object for every sentence. */
export function text(en: string, ja: string): Text {
  return { en, ja }
}

/** @throws RpcError 8 */
export function requireHub(context: CallContext, name: string): ManagedHub {
  const hub = context.management.hub(name)
  if (hub === undefined) throw hubNotFound(name)
  return hub
}
