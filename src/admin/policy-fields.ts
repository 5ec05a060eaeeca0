// The block `policy:*` of users, groups and cascades (protocol reference 8.2), made of the table of policies.

import * as z from 'zod/mini'
import type { Policy } from '../hub/policy.ts'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import { POLICY_TABLE, policyNumber, policyNumberAllowed } from '../hub/policy-table.ts'
import { bool, boolean, number, spelled } from './fields.ts'

type PolicyFields = Readonly<Record<`policy:${string}`, boolean | number>>

/** What is left out has its default. */
export const policyParams = Object.fromEntries(
  POLICY_TABLE.map((entry) => {
    if (entry.kind === 'switch') return [`policy:${entry.name}_bool`, z.optional(bool)]
    const { min, max } = entry
    const field = spelled({ allowed: policyNumberAllowed(entry), min: 0, max }, (value) => {
      const given = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      return typeof given === 'number' ? policyNumber({ ...entry, min }, given) : undefined
    })
    return [`policy:${entry.name}_u32`, z.optional(field)]
  }),
) as Record<`policy:${string}`, z.ZodMiniOptional<z.ZodMiniType<boolean | number, unknown>>>

/** Sent only by users and groups that have a policy. */
export const policyResult = {
  UsePolicy_bool: z.optional(boolean),
  ...(Object.fromEntries([
    ...POLICY_TABLE.map(({ kind, name }) =>
      kind === 'switch' ? [`policy:${name}_bool`, z.optional(boolean)] : [`policy:${name}_u32`, z.optional(number)],
    ),
    ['policy:Ver3_bool', z.optional(boolean)],
  ]) as Record<`policy:${string}`, z.ZodMiniOptional<z.ZodMiniType<boolean | number>>>),
}

export function readPolicy(given: Readonly<Record<string, unknown>>): Policy {
  const policy: Record<string, unknown> = { ...DEFAULT_POLICY }
  for (const { kind, key, name } of POLICY_TABLE) {
    const value = given[`policy:${name}_${kind === 'switch' ? 'bool' : 'u32'}`]
    if (value !== undefined) policy[key] = value
  }
  return policy as unknown as Policy
}

export function describePolicy(policy: Policy): PolicyFields {
  const fields = POLICY_TABLE.map(({ kind, key, name }) => [
    `policy:${name}_${kind === 'switch' ? 'bool' : 'u32'}`,
    policy[key],
  ])
  return Object.fromEntries([...fields, ['policy:Ver3_bool', true]]) as PolicyFields
}
