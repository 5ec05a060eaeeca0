// The key `accessList` of a hub: the rules in their order. A rule is written without what has its default.

import * as z from 'zod/mini'
import type { AccessRule } from '../../hub/access-rule.ts'
import { ACCESS_RULES_MAX, checkAccessRule, DEFAULT_ACCESS_RULE } from '../../hub/access-rule.ts'
import { formatIpv4 } from '../../wire/ipv4-address.ts'
import { formatIpv6, parseIpv6 } from '../../wire/ipv6-address.ts'
import { formatMac } from '../../wire/mac.ts'
import type { Section } from './section.ts'
import { joined, merged, preview, shaped } from './section.ts'
import { address, bool, integer, mac, text, textual } from './values.ts'

const address6 = textual('an IPv6 address such as 2001:db8::1', parseIpv6)

const ruleShape = z.strictObject(
  {
    uniqueId: z.optional(integer),
    note: z.optional(text),
    active: z.optional(bool),
    priority: z.optional(integer),
    discard: z.optional(bool),
    isIpV6: z.optional(bool),
    srcIpAddress: z.optional(address),
    srcSubnetMask: z.optional(address),
    destIpAddress: z.optional(address),
    destSubnetMask: z.optional(address),
    srcIpAddress6: z.optional(address6),
    srcSubnetMask6: z.optional(address6),
    destIpAddress6: z.optional(address6),
    destSubnetMask6: z.optional(address6),
    protocol: z.optional(integer),
    srcPortStart: z.optional(integer),
    srcPortEnd: z.optional(integer),
    destPortStart: z.optional(integer),
    destPortEnd: z.optional(integer),
    srcUsername: z.optional(text),
    destUsername: z.optional(text),
    checkSrcMac: z.optional(bool),
    srcMacAddress: z.optional(mac),
    srcMacMask: z.optional(mac),
    checkDstMac: z.optional(bool),
    dstMacAddress: z.optional(mac),
    dstMacMask: z.optional(mac),
    checkTcpState: z.optional(bool),
    established: z.optional(bool),
    delay: z.optional(integer),
    jitter: z.optional(integer),
    loss: z.optional(integer),
    redirectUrl: z.optional(text),
  },
  'an object',
)

const IPV4_KEYS: readonly string[] = ['srcIpAddress', 'srcSubnetMask', 'destIpAddress', 'destSubnetMask']
const MAC_KEYS: readonly string[] = ['srcMacAddress', 'srcMacMask', 'dstMacAddress', 'dstMacMask']

export const accessListSection: Section<readonly AccessRule[]> = {
  initial: () => [],
  parse: (json, path, defaults, issues) => {
    if (json === undefined) return []
    if (!Array.isArray(json) || json.length > ACCESS_RULES_MAX) {
      issues.push({ path, allowed: `a list of at most ${ACCESS_RULES_MAX} rules`, actual: preview(json, []) })
      return undefined
    }
    const before = issues.length
    const rules = json.map((item: unknown, i): AccessRule => {
      const at = joined(path, String(i))
      const given = shaped(ruleShape, item, at, issues)
      const rule = merged({ ...DEFAULT_ACCESS_RULE, uniqueId: defaults.random() }, given)
      if (given !== undefined)
        for (const { field, ...fault } of checkAccessRule(rule)) issues.push({ ...fault, path: joined(at, field) })
      return { ...rule, id: i + 1 }
    })
    return issues.length === before ? rules : undefined
  },
  format: (rules) => rules.map(formatRule),
}

/** The row number is its place in the list. */
function formatRule({ id: _id, ...rule }: AccessRule): object {
  return Object.fromEntries(
    Object.entries(rule)
      .filter(([key, value]) => !isSame(value, DEFAULT_ACCESS_RULE[key as keyof AccessRule]))
      .map(([key, value]) => [key, formatValue(key, value)]),
  )
}

function formatValue(key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return formatIpv6(value)
  if (IPV4_KEYS.includes(key)) return formatIpv4(value as AccessRule['srcIpAddress'])
  return MAC_KEYS.includes(key) ? formatMac(value as AccessRule['srcMacMask']) : value
}

function isSame(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? a.every((byte, i) => byte === b[i]) : a === b
}
