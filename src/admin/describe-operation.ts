// The table as data: for every operation its fields with type, range and whether they may be left out. Documents, OpenRPC,
// command completion and the PACK encoding are made of it.

import type * as z from 'zod/mini'
import type { FieldFacts } from './fields.ts'
import { fieldFacts } from './fields.ts'
import type { Operation, Permission, Text } from './operation.ts'

/** SoftEther's suffixes. `table`: rows of fields; `list`: plain values, as `Ports_u32`. */
export type FieldType = 'str' | 'utf' | 'u32' | 'u64' | 'bool' | 'ip' | 'dt' | 'bin' | 'table'

export interface FieldDescription {
  /** With its suffix; a table has none. */
  readonly name: string
  /** As PACK calls it: without the suffix. */
  readonly element: string
  readonly type: FieldType
  readonly isList: boolean
  readonly isOptional: boolean
  readonly facts: FieldFacts | undefined
  /** Of a table. */
  readonly rows: readonly FieldDescription[]
}

export interface OperationDescription {
  readonly name: string
  readonly summary: Text
  readonly permission: Permission
  readonly effect: 'reads' | 'changes'
  readonly hubField: string | undefined
  readonly params: readonly FieldDescription[]
  readonly result: readonly FieldDescription[]
}

export function describeOperation(name: string, row: Operation): OperationDescription {
  const { summary, permission, effect, hubField } = row
  return { name, summary, permission, effect, hubField, params: fieldsOf(row.params), result: fieldsOf(row.result) }
}

/** The insides of a zod schema that are read here. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>
  readonly innerType?: z.ZodMiniType
  readonly element?: z.ZodMiniType
}

function definitionOf(schema: z.ZodMiniType): Definition {
  return schema._zod.def as unknown as Definition
}

function fieldsOf(schema: z.ZodMiniType): FieldDescription[] {
  return Object.entries(definitionOf(schema).shape ?? {}).map(([name, field]) => describeField(name, field))
}

function describeField(name: string, field: z.ZodMiniType): FieldDescription {
  const outer = definitionOf(field)
  const isOptional = outer.type === 'optional'
  const schema = isOptional ? outer.innerType! : field
  const { type, element } = definitionOf(schema)
  const isList = type === 'array'
  const rows = isList ? fieldsOf(element!) : []
  const suffix = /_(str|utf|u32|u64|bool|ip|dt|bin)$/.exec(name)
  if (suffix === null && rows.length === 0) throw new Error(`the field ${name} has no type: neither a suffix nor rows`)
  return {
    name,
    element: suffix === null ? name : name.slice(0, suffix.index),
    type: rows.length > 0 ? 'table' : (suffix![1] as FieldType),
    isList,
    isOptional,
    facts: fieldFacts(isList ? element! : schema),
    rows,
  }
}
