// A whole small world in virtual time: a hub with a SecureNAT, an outside made up, guests behind links that may be bad.

import { Hub } from '../../src/hub/hub.ts'
import { type HostSide, LoopDetector } from '../../src/nat/loop-detector.ts'
import type { NatEvents } from '../../src/nat/rows.ts'
import type { SecureNatEvents } from '../../src/securenat/events.ts'
import { defaultOptions, type SecureNatOptions } from '../../src/securenat/options.ts'
import { SecureNat } from '../../src/securenat/securenat.ts'
import { checkInvariants } from '../../src/stack/tcp/tcb.ts'
import { formatIpv4, type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { HOST_MAC } from './frames.ts'
import { GuestHost, type GuestOptions } from './guest-host.ts'
import { type LinkOptions, LossyLink } from './lossy-link.ts'
import { MadeUpOutside, type OutsideOptions } from './made-up-sockets.ts'
import { ManualClock } from './manual-clock.ts'
import { seededRandom } from './random.ts'

export const SERVER = ipv4('203.0.113.1')
export const RESOLVERS = [ipv4('198.51.100.53'), ipv4('198.51.100.54')]

export interface WorldOptions {
  link?: LinkOptions
  outside?: OutsideOptions
  nat?: Partial<SecureNatOptions['nat']>
  dhcp?: Partial<SecureNatOptions['dhcp']>
  dns?: Partial<SecureNatOptions['dns']>
  hostDomain?: string
  /** Which guests are this computer itself; left out: none. */
  host?: HostSide
  inbound?: SecureNatOptions['inbound']
  /** Left out: the first guest has a fixed address. */
  guest?: GuestOptions
}

export class World {
  readonly clock = new ManualClock()
  readonly hub: Hub
  readonly outside: MadeUpOutside
  readonly securenat: SecureNat
  readonly link: LossyLink
  readonly guest: GuestHost
  readonly events: string[] = []
  readonly loops: LoopDetector | undefined
  /** Exceptions out of a port or what it sent; `check` throws them. */
  readonly faults: unknown[] = []
  options: SecureNatOptions
  resolvers: Ipv4Address[] = RESOLVERS
  hostDomain: string

  constructor(options: WorldOptions = {}) {
    this.hub = new Hub('TEST', this.clock)
    // The hub keeps a port's fault from the others; a test is to see it.
    this.hub.sessionEvents = {
      attached: () => {},
      detached: () => {},
      faulted: (_name, _identity, error) => this.faults.push(error),
    }
    this.outside = new MadeUpOutside(this.clock, options.outside)
    this.hostDomain = options.hostDomain ?? ''
    if (options.host !== undefined) this.loops = new LoopDetector(options.host)
    const defaults = defaultOptions(HOST_MAC)
    this.options = {
      ...defaults,
      nat: { ...defaults.nat, ...options.nat },
      dhcp: { ...defaults.dhcp, ...options.dhcp },
      dns: { ...defaults.dns, ...options.dns },
      inbound: options.inbound ?? [],
    }
    this.securenat = this.newSecureNat(this.options)
    this.link = new LossyLink(this.hub, this.clock, options.link)
    this.guest = new GuestHost(this.link, this.clock, { address: ipv4('192.168.30.10'), ...options.guest })
  }

  newSecureNat(options: SecureNatOptions): SecureNat {
    return new SecureNat(this.hub, options, {
      now: this.clock.now,
      wallClock: this.clock.wallClock,
      setTimer: this.clock.setTimer,
      random: seededRandom(7),
      sockets: this.outside,
      ...(this.loops === undefined ? {} : { loops: this.loops }),
      resolvers: () => this.resolvers,
      hostDomain: () => this.hostDomain,
      leases: [],
      leaseStore: { put: () => {}, remove: () => {} },
      events: { ...recordedEvents(this.events), ...recordedDhcpEvents(this.events) },
    })
  }

  plug(options: GuestOptions, link: LinkOptions = {}): GuestHost {
    return new GuestHost(new LossyLink(this.hub, this.clock, link), this.clock, options)
  }

  configure(nat: Partial<SecureNatOptions['nat']>): void {
    this.options = { ...this.options, nat: { ...this.options.nat, ...nat } }
    this.securenat.configure(this.options)
  }

  /** Replaces the inbound rules. */
  forward(...inbound: SecureNatOptions['inbound']): void {
    this.options = { ...this.options, inbound }
    this.securenat.configure(this.options)
  }

  advance(ms: number): void {
    this.clock.advance(ms)
    this.check()
  }

  /** @throws when it has not come about within `limitMs` of virtual time */
  until(what: string, done: () => boolean, limitMs: number): void {
    if (!this.clock.runUntil(done, limitMs)) throw new Error(`${what}: not within ${limitMs} ms`)
    this.check()
  }

  check(): void {
    if (this.faults.length > 0) throw this.faults[0]
    for (const tcb of this.securenat.stack.tcp.connections()) checkInvariants(tcb)
    if (this.guest.malformed.length > 0) throw new Error(`the guest received malformed ${this.guest.malformed[0]}`)
  }

  /** What is still held for guests or the outside; all zero when everything has ended. */
  held(): Record<string, number> {
    const { stack, nat } = this.securenat
    return {
      sendBytes: stack.tcp.pool.stats.bytesInUse,
      connections: stack.tcp.size,
      heldBack: stack.tcp.receiveBuffered,
      sessions: nat.table.size,
      tcp: nat.context.counts.tcp,
      udp: nat.context.counts.udp,
      icmp: nat.context.counts.icmp,
      udpPorts: this.outside.udpPorts.size,
    }
  }
}

export const NOTHING_HELD = {
  sendBytes: 0,
  connections: 0,
  heldBack: 0,
  sessions: 0,
  tcp: 0,
  udp: 0,
  icmp: 0,
  udpPorts: 0,
}

function recordedEvents(events: string[]): NatEvents {
  return {
    tcpSessionCreated: (id) => events.push(`tcp ${id} created`),
    tcpConnectSucceeded: (id) => events.push(`tcp ${id} connected`),
    tcpConnectFailed: (id) => events.push(`tcp ${id} failed`),
    tcpSessionDeleted: (id) => events.push(`tcp ${id} deleted`),
    udpSessionCreated: (id) => events.push(`udp ${id} created`),
    udpSessionDeleted: (id) => events.push(`udp ${id} deleted`),
    flowRefused: (protocol) => events.push(`${protocol} refused`),
    limitReached: (limit) => events.push(`limit ${limit}`),
    loopDetected: (protocol, _flow, networkInterface) => events.push(`${protocol} loop ${networkInterface}`),
  }
}

function recordedDhcpEvents(events: string[]): Omit<SecureNatEvents, keyof NatEvents> {
  return {
    addressConflict: (_address, mac) => events.push(`conflict ${mac.toString(16)}`),
    dhcpEntryCreated: ({ id }) => events.push(`dhcp ${id}`),
    dhcpEntryEnded: ({ id }, reason) => events.push(`dhcp ${id} ${reason}`),
    dhcpAddressInUse: (address) => events.push(`${formatIpv4(address)} in use`),
    dhcpAddressDeclined: (address) => events.push(`${formatIpv4(address)} declined`),
    dhcpPoolExhausted: (refused) => events.push(`dhcp exhausted ${refused}`),
    dhcpOtherServerHeard: (address) => events.push(`dhcp server ${formatIpv4(address)}`),
    dnsLimitReached: (guest) => events.push(`dns limit ${formatIpv4(guest)}`),
  }
}
