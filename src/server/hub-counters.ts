// Everything a hub and its SecureNAT have counted, by name: what docs/limits.md calls counters, for administrators to read.

import type { HubUnit } from './hub-unit.ts'

/** `tcp.fastRetransmits`, `hub.droppedBadSource`, … → how often, since the hub or its SecureNAT was started. */
export function hubCounters({ hub, secureNat }: HubUnit): ReadonlyMap<string, number> {
  const counters = new Map<string, number>()
  const take = (group: string, stats: object): void => {
    for (const [name, value] of Object.entries(stats)) {
      if (typeof value === 'number') counters.set(`${group}.${name}`, value)
    }
  }
  take('hub', hub.stats)
  take('mac', hub.macStats)
  take('accessList', hub.inspectorStats)
  take('policy', hub.policyStats)
  if (secureNat === undefined) return counters
  const { stack, nat, dhcp, dns } = secureNat
  take('ip', stack.stats)
  take('ip', stack.outputStats)
  take('arp', stack.arp.stats)
  take('icmp', stack.icmp.stats)
  take('reassembly', stack.reassembly.stats)
  take('tcp', stack.tcp.stats)
  take('timeWait', stack.tcp.timeWait.stats)
  take('memory', stack.tcp.pool.stats)
  take('nat', nat.stats)
  take('sessions', nat.table.stats)
  take('dhcp', dhcp.stats)
  take('dhcp', dhcp.server.stats)
  take('probe', dhcp.probe.stats)
  take('dns', dns.stats)
  take('dnsCache', dns.cache.stats)
  take('dnsForward', dns.forwarder.stats)
  take('dnsWaiting', dns.waiters.stats)
  return counters
}
