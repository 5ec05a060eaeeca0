// A user's policy on the port of its session: what the port may send into the hub and what it is given (behaviour reference
// 2.12, protocol reference 8.2). Judges single frames; what needs the hub's tables is inspector.ts's.
// Not done here: VLAN tags, and taking the default router out of IPv6 router advertisements.

import { TokenBucket } from '../base/token-bucket.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { PacketView } from './packet-view.ts'
import type { Policy } from './policy.ts'
import type { PortMode } from './port.ts'

/** Flooded frames of one sender to one destination, a second; more are dropped unless the policy says otherwise. */
export const BROADCASTS_PER_SECOND = 32
/** Such pairs of one port that are counted; past it all counts begin anew. */
export const BROADCASTERS_LIMIT = 1024
/** Drops of one session that its hub tells of, a second. */
export const POLICY_EVENTS_PER_SECOND = 10

/** The original counts neither fewer addresses than these, whatever the policy says. */
const MAC_LIMIT_FLOOR = 3
const IP_LIMIT_FLOOR = 4
const IPV6_LIMIT_FLOOR = 5
const IPV6_LIMIT_NO_ROUTING = 15
/** A limited rate may be exceeded for so long, and by so many bytes at least. */
const BURST_SECONDS = 0.25
const BURST_BYTES_MIN = 16 * 1024

/** Why a frame did not pass; each has its counter. */
export const POLICY_REASONS = [
  'dhcpFilter',
  'dhcpNoServer',
  'dhcpForce',
  'noBridge',
  'noRouting',
  'privacyFilter',
  'noServer',
  'checkMac',
  'checkIp',
  'arpDhcpOnly',
  'monitorPort',
  'broadcastLimiter',
  'routerFilter',
  'dhcpV6Filter',
  'dhcpV6NoServer',
  'noRoutingV6',
  'checkIpV6',
  'noServerV6',
  'filterIpV4',
  'filterIpV6',
  'filterNonIp',
  'maxMac',
  'maxIp',
  'maxIpV6',
  'maxUpload',
  'maxDownload',
] as const
export type PolicyReason = (typeof POLICY_REASONS)[number]

export class PortGuard {
  readonly policy: Policy
  readonly isMonitor: boolean
  /** Addresses behind the port; Infinity: any number. */
  readonly macLimit: number
  readonly ipLimit: number
  readonly ipV6Limit: number
  /** The policy says something about IPv6 addresses. */
  readonly watchesIpV6: boolean
  readonly #upload: TokenBucket | undefined
  readonly #download: TokenBucket | undefined
  readonly #broadcasters = new Map<number, TokenBucket>()
  #eventSecond = -1
  #events = 0

  constructor(policy: Policy, mode: PortMode | undefined) {
    // Whoever did not ask to bridge is one machine.
    const effective = mode === 'client' ? { ...policy, noBridge: true, noRouting: true } : policy
    this.policy = effective
    this.isMonitor = mode === 'monitor'
    this.macLimit = limit(effective.noBridge ? MAC_LIMIT_FLOOR : 0, effective.maxMac, MAC_LIMIT_FLOOR)
    this.ipLimit = limit(effective.noRouting ? IP_LIMIT_FLOOR : 0, effective.maxIp, IP_LIMIT_FLOOR)
    const withoutRouting = effective.noRoutingV6 ? IPV6_LIMIT_NO_ROUTING : 0
    this.ipV6Limit = limit(withoutRouting, effective.maxIpV6, IPV6_LIMIT_FLOOR)
    this.watchesIpV6 = effective.checkIpV6 || this.ipV6Limit !== Number.POSITIVE_INFINITY
    this.#upload = rateLimit(effective.maxUpload)
    this.#download = rateLimit(effective.maxDownload)
  }

  /** From the port. */
  whyNotIn(view: PacketView, now: number): PolicyReason | undefined {
    const { policy } = this
    if (this.isMonitor) return 'monitorPort'
    if (policy.noServer && view.kind === 'ipv4' && view.isSynAck) return 'noServer'
    if (policy.noServerV6 && view.kind === 'ipv6' && view.isSynAck) return 'noServerV6'
    if (policy.dhcpNoServer && view.isDhcpAnswer) return 'dhcpNoServer'
    if (policy.dhcpV6NoServer && view.isDhcpV6Answer) return 'dhcpV6NoServer'
    if (policy.raFilter && view.isRouterAdvertisement) return 'routerFilter'
    const reason = this.#filtered(view)
    if (reason !== undefined) return reason
    if (this.#upload !== undefined && !view.isUrgent && !this.#upload.take(view.frame.length, now)) return 'maxUpload'
    return undefined
  }

  /** To the port. @param sender undefined for ports without a policy */
  whyNotOut(view: PacketView, sender: PortGuard | undefined, now: number): PolicyReason | undefined {
    const reason = this.#filtered(view)
    if (reason !== undefined) return reason
    if (this.policy.privacyFilter && sender?.policy.privacyFilter === true && !view.isGroup && view.kind !== 'arp') {
      return 'privacyFilter'
    }
    if (this.#download !== undefined && !view.isUrgent && !this.#download.take(view.frame.length, now)) {
      return 'maxDownload'
    }
    return undefined
  }

  /** Of a frame that would be flooded: whether there were too many like it. */
  isStorm(view: PacketView, now: number): boolean {
    if (this.policy.noBroadcastLimiter) return false
    const key = endpointHash(view.sourceMac, view.source, view.destination)
    let bucket = this.#broadcasters.get(key)
    if (bucket === undefined) {
      if (this.#broadcasters.size >= BROADCASTERS_LIMIT) this.#broadcasters.clear()
      bucket = new TokenBucket(BROADCASTS_PER_SECOND, BROADCASTS_PER_SECOND)
      this.#broadcasters.set(key, bucket)
    }
    return !bucket.take(1, now)
  }

  /** Whether one more drop may be told of in this second. */
  mayTell(now: number): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#eventSecond) {
      this.#eventSecond = second
      this.#events = 0
    }
    return ++this.#events <= POLICY_EVENTS_PER_SECOND
  }

  /** What passes in neither direction. */
  #filtered(view: PacketView): PolicyReason | undefined {
    const { policy } = this
    if (policy.filterIpV4 && (view.kind === 'ipv4' || view.kind === 'arp')) return 'filterIpV4'
    if (policy.filterIpV6 && view.kind === 'ipv6') return 'filterIpV6'
    if (policy.filterNonIp && view.kind === 'other') return 'filterNonIp'
    if (policy.dhcpFilter && view.isDhcp) return 'dhcpFilter'
    if (policy.dhcpV6Filter && view.isDhcpV6) return 'dhcpV6Filter'
    if (policy.rsAndRaFilter && view.isRouterMessage) return 'routerFilter'
    if (policy.arpDhcpOnly && view.isGroup && !isForAddresses(view)) return 'arpDhcpOnly'
    return undefined
  }
}

/** What a machine needs to get an address and to find its neighbours. */
function isForAddresses(view: PacketView): boolean {
  return view.kind === 'arp' || view.isDhcp || view.isIcmpV6 || view.isDhcpV6
}

function limit(implied: number, configured: number, floor: number): number {
  const least = Math.min(implied || Number.POSITIVE_INFINITY, configured || Number.POSITIVE_INFINITY)
  return Math.max(least, floor)
}

function rateLimit(bitsPerSecond: number): TokenBucket | undefined {
  if (bitsPerSecond === 0) return undefined
  const perSecond = bitsPerSecond / 8
  return new TokenBucket(perSecond, Math.max(BURST_BYTES_MIN, perSecond * BURST_SECONDS))
}

/** Two that collide share a count. */
function endpointHash(mac: MacAddress, source: number, destination: number): number {
  let hash = Math.imul((mac % 0x1_0000_0000) ^ Math.floor(mac / 0x1_0000_0000), 0x9e3779b1)
  hash = Math.imul((hash ^ (hash >>> 15)) + source, 0x85ebca77)
  return Math.imul((hash ^ (hash >>> 13)) + destination, 0xc2b2ae3d)
}
