// What is allowed in the inbound rules of a hub (nat/inbound-rule.ts).

import type { InboundNetwork, InboundRule } from '../nat/inbound-rule.ts'
import { formatIpv4, inSubnet } from '../wire/ipv4-address.ts'

/** Rules of one hub, and the ports that all of them listen on. */
export const INBOUND_RULES_MAX = 4096
export const INBOUND_PORTS_MAX = 8192
/** Sessions of one rule at a time; a rule's own setting. */
export const INBOUND_SESSIONS_RANGE = { min: 1, max: 65_535 } as const
export const DEFAULT_INBOUND_SESSIONS = 1024
export const INBOUND_SOURCES_MAX = 256

/** What is wrong with a list of rules, beyond each value: "rules[2].guestPort must be …". */
export interface InboundFault {
  readonly index: number
  readonly field: keyof InboundRule
  readonly allowed: string
  readonly actual: string
}

export function checkInboundRules(rules: readonly InboundRule[], host: InboundNetwork): InboundFault[] {
  const faults: InboundFault[] = []
  let ports = 0
  for (const [index, rule] of rules.entries()) {
    const refuse = (field: keyof InboundRule, allowed: string, actual: unknown = rule[field]): void => {
      faults.push({ index, field, allowed, actual: String(actual) })
    }
    const count = rule.hostPorts.to - rule.hostPorts.from + 1
    ports += count
    if (rule.guestPort + count - 1 > 65_535) {
      refuse('guestPort', `low enough for a range of ${count} ports: at most ${65_536 - count}`)
    }
    if (rule.proxyProtocol !== 'none' && rule.protocol === 'udp') refuse('proxyProtocol', '"none" for UDP')
    const isGuest = inSubnet(rule.guestAddress, host.ipAddress, host.subnetMask)
    // A rule that is off may wait for the network to be moved.
    if (rule.active && (!isGuest || rule.guestAddress === host.ipAddress)) {
      refuse(
        'guestAddress',
        "an address in the virtual host's network, and not the virtual host's own",
        formatIpv4(rule.guestAddress),
      )
    }
    if (ports > INBOUND_PORTS_MAX) refuse('hostPorts', `within ${INBOUND_PORTS_MAX} ports of all rules together`, ports)
    const other = rules.findIndex((earlier, at) => at < index && isSamePlace(earlier, rule))
    if (other >= 0) refuse('hostPorts', `free: rule ${rules[other]?.id} has one of these ports already`, portsOf(rule))
  }
  return faults
}

function portsOf({ hostPorts: { from, to } }: InboundRule): string {
  return from === to ? String(from) : `${from}-${to}`
}

function isSamePlace(a: InboundRule, b: InboundRule): boolean {
  if (!a.active || !b.active || a.protocol !== b.protocol) return false
  if (a.hostAddress !== b.hostAddress && a.hostAddress !== 0 && b.hostAddress !== 0) return false
  return a.hostPorts.from <= b.hostPorts.to && b.hostPorts.from <= a.hostPorts.to
}
