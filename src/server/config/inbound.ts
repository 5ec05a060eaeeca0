// The key `securenat.inbound` of a hub: ports of this computer behind which guests answer (nat/inbound-rule.ts).

import * as z from 'zod/mini'
import type { InboundRule } from '../../nat/inbound-rule.ts'
import { formatNetwork, formatPorts, parseNetwork, parsePorts } from '../../securenat/egress-text.ts'
import {
  DEFAULT_INBOUND_SESSIONS,
  INBOUND_RULES_MAX,
  INBOUND_SESSIONS_RANGE,
  INBOUND_SOURCES_MAX,
} from '../../securenat/inbound-settings.ts'
import { ANY_IPV4, formatIpv4 } from '../../wire/ipv4-address.ts'
import type { SettingIssue } from './settings-check.ts'
import { address, bool, integerIn, oneOf, text, textual } from './values.ts'

const ID_RANGE = { min: 1, max: 4_294_967_295 } as const
const PORT_RANGE = { min: 1, max: 65_535 } as const
const sourcesAllowed = `a list of at most ${INBOUND_SOURCES_MAX} networks such as 10.0.0.0/8`
const rulesAllowed = `a list of at most ${INBOUND_RULES_MAX} rules`

const ruleShape = z.strictObject(
  {
    id: z.optional(integerIn(ID_RANGE)),
    note: z.optional(text),
    active: z.optional(bool),
    protocol: oneOf(['tcp', 'udp']),
    hostAddress: z.optional(address),
    hostPorts: textual('a port or a range such as 8000-8009', parsePorts),
    guestAddress: address,
    guestPort: z.optional(integerIn(PORT_RANGE)),
    sources: z.optional(
      z
        .array(textual('a network such as 10.0.0.0/8, or an address', parseNetwork), sourcesAllowed)
        .check(z.maxLength(INBOUND_SOURCES_MAX, sourcesAllowed)),
    ),
    proxyProtocol: z.optional(oneOf(['none', 'v1', 'v2'])),
    maxSessions: z.optional(integerIn(INBOUND_SESSIONS_RANGE)),
  },
  'an object',
)

export const inboundShape = z.array(ruleShape, rulesAllowed).check(z.maxLength(INBOUND_RULES_MAX, rulesAllowed))

/** Rules without a number get the next ones. */
export function inboundOf(
  given: z.infer<typeof inboundShape>,
  path: string,
  issues: SettingIssue[],
): readonly InboundRule[] {
  const taken = new Set<number>()
  for (const [index, { id }] of given.entries()) {
    if (id === undefined) continue
    if (taken.has(id)) issues.push({ path: `${path}.${index}.id`, allowed: 'of one rule only', actual: String(id) })
    taken.add(id)
  }
  let last = 0
  const nextId = (): number => {
    do last++
    while (taken.has(last))
    return last
  }
  return given.map((rule) => ({
    id: rule.id ?? nextId(),
    note: rule.note ?? '',
    active: rule.active ?? true,
    protocol: rule.protocol,
    hostAddress: rule.hostAddress ?? ANY_IPV4,
    hostPorts: rule.hostPorts,
    guestAddress: rule.guestAddress,
    guestPort: rule.guestPort ?? rule.hostPorts.from,
    sources: rule.sources ?? [],
    proxyProtocol: rule.proxyProtocol ?? 'none',
    maxSessions: rule.maxSessions ?? DEFAULT_INBOUND_SESSIONS,
  }))
}

export function formatInbound(rules: readonly InboundRule[]) {
  return rules.map((rule) => ({
    ...rule,
    hostAddress: formatIpv4(rule.hostAddress),
    hostPorts: formatPorts(rule.hostPorts),
    guestAddress: formatIpv4(rule.guestAddress),
    sources: rule.sources.map(formatNetwork),
  }))
}
