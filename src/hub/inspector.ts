// What the hub looks at beyond addresses: policies of ports, the access list, the IP table and what DHCP servers say.
//
// Frames of ports without a policy come here only while there is an access list or a monitor; otherwise only what teaches the
// IP table (ARP, DHCP, the first packet of a new address) does. `admit` is asked once for a frame, `mayReceive` once for
// each receiver, and only of those marked for it.

import { getU32 } from '../wire/bytes.ts'
import { DHCPACK, getU8Option, getU32Option, OPTION_LEASE_TIME, OPTION_MESSAGE_TYPE, parseDhcp } from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4 } from '../wire/ipv4-address.ts'
import { UDP_HEADER_LEN } from '../wire/udp.ts'
import { AccessList, DISCARD, judge, PASS } from './access-list.ts'
import type { AccessRule } from './access-rule.ts'
import type { HubEvents, LoggedPolicy } from './events.ts'
import type { IpKey, IpTable } from './ip-table.ts'
import type { MacTable } from './mac-table.ts'
import { IPV6_SOURCE_AT, PacketView } from './packet-view.ts'
import { POLICY_REASONS, type PolicyReason } from './port-guard.ts'
import type { Session } from './session.ts'

/** So long after its last frame an address is its session's, for policies that guard addresses (the original's 13 s). */
const EXCLUSIVE_MS = 13_000

/** Those of POLICY_REASONS that have a line in the log. */
const LOGGED: ReadonlySet<string> = new Set<LoggedPolicy>([
  'dhcpForce',
  'noServer',
  'dhcpNoServer',
  'noBridge',
  'maxMac',
  'noRouting',
  'maxIp',
  'checkIp',
  'broadcastLimiter',
])

export interface InspectorStats {
  droppedAccessList: number
  /** By the loss of a rule that passes. */
  droppedAccessLoss: number
  dhcpAllocations: number
}

export class Inspector {
  readonly stats: InspectorStats = { droppedAccessList: 0, droppedAccessLoss: 0, dhcpAllocations: 0 }
  /** Frames that policies kept back. */
  readonly policyStats = Object.fromEntries(POLICY_REASONS.map((reason) => [reason, 0])) as Record<PolicyReason, number>
  readonly view = new PacketView()
  events: HubEvents | undefined
  readonly #macs: MacTable<Session>
  readonly #ips: IpTable<Session>
  #list = new AccessList([])
  /** Which input `view` shows: the number of the frame. */
  #viewed = -1
  /** Of the numbers that decide on loss. */
  #seed = 1

  constructor(macs: MacTable<Session>, ips: IpTable<Session>) {
    this.#macs = macs
    this.#ips = ips
  }

  setRules(rules: readonly AccessRule[]): void {
    this.#list = new AccessList(rules)
  }

  /** Marks what is to be asked about a session, after it came or the rules changed. */
  mark(session: Session, hasMonitors: boolean): void {
    session.rules = this.#list.rulesFor(session.names)
    session.isInspected = session.guard !== undefined || session.rules.length > 0 || hasMonitors
    session.isGuarded = session.guard !== undefined || this.#list.namesReceivers
  }

  /** @param number tells frames apart @returns whether the frame may enter the hub */
  admit(from: Session, frame: Uint8Array, number: number, now: number): boolean {
    this.#look(frame, number)
    const { view } = this
    const { guard } = from
    if (guard !== undefined) {
      const reason = guard.whyNotIn(view, now) ?? this.#whyNotAddresses(from, now)
      if (reason !== undefined) return this.#dropped(from, reason, now)
    }
    if (!this.#list.namesReceivers && !this.#passes(judge(from.rules, view))) return false
    if (guard !== undefined) {
      const reason = this.#whyNotIp(from, now)
      if (reason !== undefined) return this.#dropped(from, reason, now)
      const isFlooded = view.isGroup || this.#macs.lookup(view.destinationMac, now) === undefined
      if (isFlooded && guard.isStorm(view, now)) return this.#dropped(from, 'broadcastLimiter', now)
    } else if (view.kind === 'arp') this.#learnSource(from, now)
    if (view.isDhcpAnswer) this.#dhcpSeen(from, now)
    return true
  }

  /** @returns whether `to` may get the frame */
  mayReceive(from: Session, to: Session, frame: Uint8Array, number: number, now: number): boolean {
    this.#look(frame, number)
    if (this.#list.namesReceivers && !this.#passes(judge(from.rules, this.view, to.names))) return false
    const reason = to.guard?.whyNotOut(this.view, from.guard, now)
    return reason === undefined || this.#dropped(to, reason, now)
  }

  /** A frame of a port without a policy that is not TCP. */
  overhear(from: Session, frame: Uint8Array, number: number, now: number): void {
    this.#look(frame, number)
    if (this.view.kind === 'arp') this.#learnSource(from, now)
    else if (this.view.isDhcpAnswer) this.#dhcpSeen(from, now)
  }

  /** The first frame of a hardware address behind a port. */
  newcomer(from: Session, frame: Uint8Array, number: number, now: number): void {
    if (from.guard !== undefined) return
    this.#look(frame, number)
    if (this.view.kind === 'ipv4' && !this.view.isDhcp) this.#learnSource(from, now)
  }

  #look(frame: Uint8Array, number: number): void {
    if (this.#viewed === number) return
    this.#viewed = number
    this.view.parse(frame)
  }

  #passes(verdict: number): boolean {
    if (verdict === PASS) return true
    if (verdict === DISCARD) {
      this.stats.droppedAccessList++
      return false
    }
    if (this.#percent() >= verdict) return true
    this.stats.droppedAccessLoss++
    return false
  }

  /** 0 to 99; Park and Miller's generator: loss for tests needs nothing better, and nothing from outside. */
  #percent(): number {
    this.#seed = (this.#seed * 48_271) % 0x7fff_ffff
    return Math.floor((this.#seed / 0x7fff_ffff) * 100)
  }

  #dropped(session: Session, policy: PolicyReason, now: number): false {
    this.policyStats[policy]++
    if (this.events !== undefined && LOGGED.has(policy) && session.guard?.mayTell(now) === true) {
      this.events.policyDropped({
        policy: policy as LoggedPolicy,
        sessionName: session.sessionName,
        macAddress: this.view.sourceMac,
        address: this.view.source,
      })
    }
    return false
  }

  /** The hardware address: whose it is, and how many there are already. */
  #whyNotAddresses(from: Session, now: number): PolicyReason | undefined {
    const guard = from.guard
    if (guard === undefined) return undefined
    const known = this.#macs.find(this.view.sourceMac, now)
    if (known?.port === from) return undefined
    if (known !== undefined && guard.policy.checkMac && now - known.lastSeenAt <= EXCLUSIVE_MS) return 'checkMac'
    if (this.#macs.hasFewerThan(guard.macLimit, from, now)) return undefined
    return guard.policy.noBridge ? 'noBridge' : 'maxMac'
  }

  /** The IP address: whose it is, whether DHCP gave it, how many there are already. Learns it if it may be used. */
  #whyNotIp(from: Session, now: number): PolicyReason | undefined {
    const { view } = this
    const { guard } = from
    if (guard === undefined || view.isDhcp || view.kind === 'other') return undefined
    const { policy } = guard
    const isV6 = view.kind === 'ipv6'
    // IPv6 addresses are costly to read; without a policy about them their neighbour discovery tells enough.
    if (isV6 && !guard.watchesIpV6 && !view.isIcmpV6) return undefined
    const address = isV6 ? ipV6Source(view.frame) : view.source
    if (address === undefined || address === ANY_IPV4 || address === BROADCAST_IPV4) return undefined
    const known = this.#ips.lookup(address, now)
    if (known?.session !== from) {
      const mustBeGiven = policy.dhcpForce && !isV6
      const isGuarded = isV6 ? policy.checkIpV6 : policy.checkIp || mustBeGiven
      if (known !== undefined && isGuarded && now - known.updatedAt <= EXCLUSIVE_MS)
        return isV6 ? 'checkIpV6' : 'checkIp'
      if (mustBeGiven && known?.isDhcp !== true) return 'dhcpForce'
      const limit = isV6 ? guard.ipV6Limit : guard.ipLimit
      if (limit !== Number.POSITIVE_INFINITY && this.#ips.countOf(from, isV6 ? 'v6' : 'v4', now) >= limit) {
        if (isV6) return policy.noRoutingV6 ? 'noRoutingV6' : 'maxIpV6'
        return policy.noRouting ? 'noRouting' : 'maxIp'
      }
    }
    this.#ips.learn(address, from, view.sourceMac, now)
    return undefined
  }

  #learnSource(from: Session, now: number): void {
    const { source, sourceMac } = this.view
    if (source !== ANY_IPV4 && source !== BROADCAST_IPV4) this.#ips.learn(source, from, sourceMac, now)
  }

  /** A DHCP server's DHCPACK: the address is now its client's. */
  #dhcpSeen(from: Session, now: number): void {
    const { view } = this
    const message = parseDhcp(view.frame, view.transportStart + UDP_HEADER_LEN, view.end)
    if (message === undefined || getU8Option(message.options, OPTION_MESSAGE_TYPE) !== DHCPACK) return
    const { yiaddr, chaddr, options } = message
    if (yiaddr === ANY_IPV4 || yiaddr === BROADCAST_IPV4) return
    const client = this.#macs.lookup(chaddr, now)
    if (client === undefined) return
    const known = this.#ips.lookup(yiaddr, now)
    this.#ips.learn(yiaddr, client, chaddr, now, getU32Option(options, OPTION_LEASE_TIME) ?? 0)
    if ((known?.session === client && known.isDhcp) || client === from) return
    this.stats.dhcpAllocations++
    this.events?.dhcpAllocated({
      serverSession: from.sessionName,
      serverMac: view.sourceMac,
      serverAddress: view.source,
      clientSession: client.sessionName,
      clientMac: chaddr,
      address: yiaddr,
    })
  }
}

/** `undefined` for what is nobody's: unspecified, loopback and group addresses. */
function ipV6Source(frame: Uint8Array): IpKey | undefined {
  if (frame[IPV6_SOURCE_AT] === 0xff) return undefined
  const words = [0, 4, 8, 12].map((at) => getU32(frame, IPV6_SOURCE_AT + at))
  if (words[0] === 0 && words[1] === 0 && words[2] === 0 && (words[3] as number) <= 1) return undefined
  return words.map((word) => word.toString(16).padStart(8, '0')).join('')
}
