// Security policies in the file: only what differs from the defaults is written.

import * as z from 'zod/mini'
import type { Policy } from '../../hub/policy.ts'
import { DEFAULT_POLICY } from '../../hub/policy.ts'
import { POLICY_TABLE, policyNumber, policyNumberAllowed } from '../../hub/policy-table.ts'
import { bool } from './values.ts'

const keys = Object.fromEntries(
  POLICY_TABLE.map((entry) => {
    if (entry.kind === 'switch') return [entry.key, z.optional(bool)]
    const allowed = policyNumberAllowed(entry)
    return [
      entry.key,
      z.optional(z.int(allowed).check(z.refine((value) => policyNumber(entry, value) !== undefined, allowed))),
    ]
  }),
)

/** Of a user or group without a policy: `null`. */
export const policyShape = z.strictObject(keys, 'an object or null')

export function policyOf(given: Readonly<Record<string, unknown>>): Policy {
  const policy: Record<string, unknown> = { ...DEFAULT_POLICY }
  for (const entry of POLICY_TABLE) {
    const value = given[entry.key]
    if (value === undefined) continue
    policy[entry.key] = entry.kind === 'switch' ? value : policyNumber(entry, value as number)
  }
  return policy as unknown as Policy
}

export function formatPolicy(policy: Policy): object {
  return Object.fromEntries(
    Object.entries(policy).filter(([key, value]) => value !== DEFAULT_POLICY[key as keyof Policy]),
  )
}
