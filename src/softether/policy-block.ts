// A policy as the `policy:*` elements of Welcome (protocol reference 8.2).

import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import { POLICY_TABLE } from '../hub/policy-table.ts'
import type { Pack } from './pack.ts'

export function addPolicy(pack: Pack, policy: Policy): Pack {
  for (const { key, name } of POLICY_TABLE) pack.addInt(`policy:${name}`, Number(policy[key]))
  return pack.addBool('policy:Ver3', true)
}

/** `undefined` where the PACK has no such block. */
export function readPolicy(pack: Pack): Policy | undefined {
  if (pack.count('policy:Access') === 0) return undefined
  const policy: { -readonly [Name in keyof Policy]: Policy[Name] } = { ...DEFAULT_POLICY }
  for (const entry of POLICY_TABLE) {
    if (entry.kind === 'switch') policy[entry.key] = pack.bool(`policy:${entry.name}`)
    else policy[entry.key] = pack.int(`policy:${entry.name}`)
  }
  return policy
}
