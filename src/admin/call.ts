// Calls an operation by its name: what every door does once it has a name, parameters and a role. Names are compared without
// case, as the original does.

import type { ToldChange } from './administration-change.ts'
import type { CallContext, Operation } from './operation.ts'
import { operations } from './operations.ts'
import type { ParameterFault } from './rpc-error.ts'
import { ERROR_CODES, invalidParameters, notEnoughPrivileges, RpcError } from './rpc-error.ts'

const rows: ReadonlyMap<string, Operation> = new Map(
  Object.entries(operations as unknown as Readonly<Record<string, Operation>>).map(([name, row]) => [
    name.toLowerCase(),
    row,
  ]),
)

type Given = Readonly<Record<string, unknown>>

/** @throws RpcError */
export async function callOperation(method: string, given: Given, context: CallContext): Promise<unknown> {
  const row = permitted(method, given, context)
  return perform(row, given, parameters(row, given), context)
}

/**
 * The same for a door to the network, as JSON: tables may be told as they were a moment ago.
 * @throws RpcError
 */
export async function answerOperation(method: string, given: Given, context: CallContext): Promise<string> {
  const row = permitted(method, given, context)
  const params = parameters(row, given)
  const make = async (): Promise<string> => JSON.stringify(await perform(row, given, params, context))
  const { answers } = context.management
  if (row.isShared === undefined || answers === undefined) return make()
  const key = JSON.stringify([method.toLowerCase(), context.role.kind === 'viewer', params])
  return answers.answer(key, make)
}

/** @throws RpcError */
function permitted(method: string, given: Given, context: CallContext): Operation {
  const row = rows.get(method.toLowerCase())
  if (row === undefined) throw new RpcError(ERROR_CODES.notSupported, `Unsupported: there is no method "${method}".`)
  checkPermission(row, given, context)
  return row
}

/** @throws RpcError */
function parameters(row: Operation, given: Given): unknown {
  const params = row.params.safeParse(given)
  if (!params.success) {
    throw invalidParameters(
      params.error.issues.map((issue): ParameterFault => {
        const field = issue.path.map(String).join('.')
        return { field, allowed: issue.message, actual: shown(given, issue.path) }
      }),
    )
  }
  return params.data
}

async function perform(row: Operation, given: Given, params: unknown, context: CallContext): Promise<unknown> {
  let result: unknown
  try {
    result = await row.handle(context, params)
  } finally {
    if (row.effect === 'changes') context.management.answers?.clear()
  }
  if (row.tells !== undefined) tell(row.tells(params), row, given, context)
  return context.role.kind === 'viewer' ? withoutSecrets(result) : result
}

function tell(
  [change, ...subjects]: ToldChange,
  { hubField = '' }: Operation,
  given: Given,
  { management, connection }: CallContext,
): void {
  management.hub(String(given[hubField]))?.logAdministration(change, connection, subjects)
}

function checkPermission(row: Operation, given: Given, { role, management }: CallContext): void {
  if (role.kind === 'server') return
  if (role.kind === 'viewer') {
    if (row.effect === 'reads') return
    throw notEnoughPrivileges(': this account may only look')
  }
  if (row.permission === 'any') return
  const hub = row.hubField === undefined ? undefined : given[row.hubField]
  const isOwn = typeof hub === 'string' && hub.toLowerCase() === role.hub.toLowerCase()
  if (row.permission === 'server' || !isOwn) throw notEnoughPrivileges()
  if (row.forbiddenBy === undefined) return
  const forbidden = management.hub(hub)?.settings().adminOptions[row.forbiddenBy] ?? 0
  if (forbidden !== 0) throw notEnoughPrivileges(`: the administration option ${row.forbiddenBy} of this hub is set`)
}

/** Hashes that can be logged in with, keys, headers that say who a cascade is, and files that have any of them in them. */
const SECRET_FIELD = /password|hashed|ntlm|secret|^key_bin$|^clientk_bin$|^customhttpheader|filedata/i

/** The same result with its secrets empty. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      typeof inner === 'string' && SECRET_FIELD.test(field) ? '' : withoutSecrets(inner),
    ]),
  )
}

/** What was given at a path, short enough for a sentence. */
function shown(given: unknown, path: readonly PropertyKey[]): string {
  let value = given
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
