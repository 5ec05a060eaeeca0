// The egress rules of a hub.

import type { ClosedName, EgressRule, Ipv4Network } from '../../nat/egress.ts'

/** What is closed by itself, and how many flows that has stopped. */
export interface ClosedRow {
  readonly name: ClosedName
  /** `undefined` where it is no network. */
  readonly network: Ipv4Network | undefined
  readonly hits: number
}

export interface EgressControl {
  /** The rules in force, whether SecureNAT runs or not. */
  egressRules(): readonly EgressRule[]
  /** How many flows each rule and each closed network decided since the rules were set; zeros while SecureNAT is off. */
  egressHits(): { readonly rules: readonly number[]; readonly closed: readonly ClosedRow[] }
  /** Edits the present rules, saves them, and applies them at once. Nothing happens when `edit` answers `undefined`. */
  changeEgressRules(edit: (rules: readonly EgressRule[]) => readonly EgressRule[] | undefined): Promise<void>
}
