// From where users may log in to a hub: the rules of its source IP address limit list, which are asked in their order. The first that
// matches decides; where none does, the source may come in.

import { type Ipv4Address, inSubnet, parseIpv4 } from '../wire/ipv4-address.ts'

/** Rules of one hub; the original's number. */
export const SOURCE_RULES_MAX = 4_096

export interface SourceRule {
  /** Smaller ones are asked first. */
  readonly priority: number
  readonly deny: boolean
  readonly address: Ipv4Address
  /** All ones: that address alone. */
  readonly mask: Ipv4Address
}

/** Of rules with the same priority those that let in come first, as in the original. */
export function inOrderOfPriority(rules: readonly SourceRule[]): readonly SourceRule[] {
  return [...rules].sort((a, b) => a.priority - b.priority || Number(a.deny) - Number(b.deny))
}

/** @param rules in their order. @param source as a socket tells it; the rules are about IPv4 */
export function isSourceDenied(rules: readonly SourceRule[], source: string): boolean {
  const address = parseIpv4(source.replace(/^::ffff:/i, ''))
  if (address === undefined) return false
  return rules.find((rule) => inSubnet(address, rule.address, rule.mask))?.deny ?? false
}
