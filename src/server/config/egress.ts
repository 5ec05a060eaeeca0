// The key `securenat.egress` of a hub: where guests may go (nat/egress.ts). And the limits of the NAT, `securenat.nat.limits`.

import * as z from 'zod/mini'
import type { EgressOptions, EgressRule } from '../../nat/egress.ts'
import { formatNetwork, formatPorts, parseNetwork, parsePorts } from '../../securenat/egress-text.ts'
import { EGRESS_RULES_MAX, NAT_LIMIT_RANGE } from '../../securenat/options.ts'
import { integerIn, oneOf, textual } from './values.ts'

const egressRuleShape = z.strictObject(
  {
    action: oneOf(['allow', 'deny']),
    destination: textual('a network such as 10.0.0.0/8, an address, or "any"', parseNetwork),
    protocol: z.optional(oneOf(['any', 'tcp', 'udp', 'icmp'])),
    ports: z.optional(textual('a port or a range such as 8000-8999', parsePorts)),
  },
  'an object',
)

const rulesAllowed = `a list of at most ${EGRESS_RULES_MAX} rules`

export const egressShape = z.strictObject(
  { rules: z.optional(z.array(egressRuleShape, rulesAllowed).check(z.maxLength(EGRESS_RULES_MAX, rulesAllowed))) },
  'an object',
)

export function egressOf(given: z.infer<typeof egressShape>): EgressOptions {
  return {
    rules: (given.rules ?? []).map(
      ({ action, destination, protocol, ports }): EgressRule => ({
        action,
        destination,
        protocol: protocol ?? 'any',
        ports,
      }),
    ),
  }
}

export function formatEgress({ rules }: EgressOptions) {
  return {
    rules: rules.map(({ action, destination, protocol, ports }) => ({
      action,
      destination: formatNetwork(destination),
      protocol,
      ...(ports === undefined ? {} : { ports: formatPorts(ports) }),
    })),
  }
}

const limit = z.optional(integerIn(NAT_LIMIT_RANGE))

export const natLimitsShape = z.strictObject(
  {
    sessions: limit,
    sessionsPerGuest: limit,
    tcpSessionsPerGuest: limit,
    halfOpen: limit,
    halfOpenPerGuest: limit,
    udpSessionsPerGuest: limit,
    icmpSessionsPerGuest: limit,
  },
  'an object',
)
