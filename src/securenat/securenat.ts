// SecureNAT: the virtual host of a hub, as one of its ports (R5, R6): TCP/IP stack, virtual NAT, virtual DHCP server and
// DNS service, with one timer for all of them.
//
// A batch of frames ends, an outside socket speaks, or the timer fires: each ends in one `#flush`, which writes to the
// outside what was gathered, sends to the hub what is due, and arms the timer for the next deadline. Between such
// events nothing runs.

import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import type { EgressProtocol } from '../nat/egress.ts'
import type { LoopDetector } from '../nat/loop-detector.ts'
import { Nat } from '../nat/nat.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import type { Sockets } from '../nat/sockets.ts'
import { DeadlineHeap } from '../stack/deadline-heap.ts'
import { Stack, type UdpDatagram } from '../stack/interface.ts'
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from '../wire/dhcp.ts'
import { DNS_PORT } from '../wire/dns.ts'
import { BROADCAST_IPV4, broadcastOf, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { Offload } from '../wire/offload.ts'
import { Beacon } from './beacon.ts'
import type { LeaseStore, StoredLease } from './dhcp-bindings.ts'
import { DhcpService } from './dhcp-service.ts'
import { LeaseNames } from './dns/guest-names.ts'
import type { LocalSettings } from './dns/local-names.ts'
import { DnsService } from './dns/service.ts'
import type { Upstream } from './dns/upstreams.ts'
import type { DhcpLeaseRow, SecureNatEvents, SecureNatStatus } from './events.ts'
import type { SecureNatOptions } from './options.ts'

const NO_PORT = {}

export interface SecureNatDeps {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
  /** @returns a function that cancels */
  setTimer(delayMs: number, callback: () => void): () => void
  /** Unsigned 32 bits, unpredictable: initial sequence numbers and query ids depend on it. */
  random(): number
  sockets: Sockets
  /** IPv4 resolvers that the host uses now, in order; the same array for as long as they are the same. */
  resolvers(): readonly Ipv4Address[]
  /** The domain that the host itself is in; empty, or left out, without one. */
  hostDomain?(): string
  /** Whether this server itself listens there; left out: nowhere. */
  isOwnListener?(protocol: EgressProtocol, address: Ipv4Address, port: number): boolean
  /** The port of the hub that a host is behind, whatever stands for it; left out: not known. */
  portOf?(mac: MacAddress): object | undefined
  /** Of all NATs of the process; left out: none can come back. */
  loops?: LoopDetector
  leases: readonly StoredLease[]
  leaseStore: LeaseStore
  events: SecureNatEvents
}

export class SecureNat {
  readonly stack: Stack
  readonly nat: Nat
  readonly dhcp: DhcpService
  readonly dns: DnsService
  readonly names: LeaseNames
  readonly #deps: SecureNatDeps
  readonly #deadlines = new DeadlineHeap()
  readonly #attachment: Attachment
  readonly #beacon: Beacon
  readonly #leaveLoops: (() => void) | undefined
  #options: SecureNatOptions
  #flushing = false
  #flushAgain = false
  #closed = false
  #armedAt = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(hub: Attachable, options: SecureNatOptions, deps: SecureNatDeps) {
    this.#options = options
    this.#deps = deps
    this.stack = new Stack(stackOptions(options), {
      now: deps.now,
      random: deps.random,
      deadlines: this.#deadlines,
      output: (frame, offload) => this.#attachment.input(frame, offload),
      connectionRequest: (tcb) => this.nat.connectionRequest(tcb),
      udpInput: (datagram) => this.#udpInput(datagram),
      addressConflict: (mac) => deps.events.addressConflict(this.#options.host.ipAddress, mac),
      echoThroughRouter: (request) => this.nat.echoInput(request),
      neighbourHeard: (address, mac) => this.dhcp.neighbourHeard(address, mac),
    })
    this.nat = new Nat(this.stack, options.nat, options.egress, {
      sockets: deps.sockets,
      events: deps.events,
      deadlines: this.#deadlines,
      wallClock: deps.wallClock,
      random: deps.random,
      flushSoon: () => deps.sockets.afterBatch(this.#flushAll),
      dnsInput: (datagram) => this.dns.input(datagram),
      dnsConnection: (tcb) => this.dns.connection(tcb),
      isOwnListener: deps.isOwnListener ?? (() => false),
      portOf: (guest) => this.#portOf(guest),
      findLoop: (protocol, flow, mac) => deps.loops?.interfaceOfLoop(protocol, flow, mac),
    })
    this.names = new LeaseNames(deps.leases, deps.leaseStore, deps.wallClock)
    this.names.reserve(options.dhcp.reservations)
    this.dhcp = new DhcpService(options, {
      stack: this.stack,
      deadlines: this.#deadlines,
      wallClock: deps.wallClock,
      events: deps.events,
      leases: deps.leases,
      leaseStore: this.names,
    })
    const hostUpstreams = upstreamsOf(deps.resolvers)
    this.dns = new DnsService(this.#localSettings(), {
      context: this.nat.context,
      random: deps.random,
      hostUpstreams,
      names: this.names,
      limitReached: (guest) => deps.events.dnsLimitReached(guest),
    })
    this.#leaveLoops = deps.loops?.join(this.nat)
    this.#attachment = hub.attach(new SecureNatPort(this.stack, () => this.#flush()))
    this.stack.tick()
    this.stack.announce()
    this.#beacon = new Beacon(this.stack, this.#deadlines, options.host)
    this.#beacon.configure(options.host)
    this.nat.inbound.configure(options.inbound, options.nat.enabled)
    this.dhcp.start()
    this.#flush()
  }

  get sessionName(): string {
    return this.#attachment.sessionName
  }

  /** Changes settings while running; sessions and leases stay (behaviour reference 2.13). */
  configure(options: SecureNatOptions): void {
    this.#options = options
    this.stack.tick()
    this.stack.configure(stackOptions(options))
    this.#beacon.configure(options.host)
    this.nat.configure(options.nat, options.egress, options.inbound)
    this.dhcp.configure(options)
    this.names.reserve(options.dhcp.reservations)
    this.dns.configure(this.#localSettings())
    this.#flush()
  }

  status(): SecureNatStatus {
    const { counts } = this.nat.context
    return {
      tcpSessions: counts.tcp,
      udpSessions: counts.udp,
      icmpSessions: counts.icmp,
      // The original's are its LLMNR answers; queries to the virtual host are UDP sessions, there as here (R51).
      dnsSessions: 0,
      dhcpClients: this.dhcp.server.table().length,
    }
  }

  /** How many rows the NAT session table has. */
  get natSessions(): number {
    return this.nat.table.size
  }

  /** In the order of their ids. @param offset rows left out at the beginning */
  natTable(offset = 0, limit = Number.POSITIVE_INFINITY): NatSessionRow[] {
    return this.nat.rows(offset, limit)
  }

  /** @param id of the NAT session table. @returns whether there was such a session */
  deleteNatSession(id: number): boolean {
    if (this.#closed) return false
    this.stack.tick()
    const found = this.nat.deleteSession(id)
    this.#flush()
    return found
  }

  leaseTable(): DhcpLeaseRow[] {
    return this.dhcp.server.table()
  }

  /** A running lease ends; the client may ask for the address again. @returns whether there was one */
  deleteLease(address: Ipv4Address): boolean {
    return this.dhcp.server.deleteLease(address)
  }

  /** A port joined the hub. */
  segmentChanged(): void {
    if (this.#closed) return
    this.stack.tick()
    this.dhcp.segmentChanged()
    this.#armTimer()
  }

  /** Leaves the hub; guests see their connections reset (D21), leases are kept. */
  close(): void {
    if (this.#closed) return
    try {
      this.stack.tick()
      this.nat.abortAll()
      this.#leaveLoops?.()
      this.dns.close()
      this.#flush()
    } finally {
      // Even of one that is broken nothing stays behind.
      this.#closed = true
      this.#cancelTimer?.()
      this.#attachment.detach()
      this.#deps.sockets.close()
    }
  }

  /** Whose hardware address is not known counts together with all others like him: addresses cost nothing. */
  #portOf(guest: Ipv4Address): object | undefined {
    const { portOf } = this.#deps
    if (portOf === undefined) return undefined
    const mac = this.stack.arp.known(guest)
    return (mac === undefined ? undefined : portOf(mac)) ?? NO_PORT
  }

  #udpInput(datagram: UdpDatagram): void {
    const { ipAddress, subnetMask } = this.#options.host
    const isToHost = datagram.destination === ipAddress
    const isBroadcast =
      datagram.destination === BROADCAST_IPV4 || datagram.destination === broadcastOf(ipAddress, subnetMask)
    if (datagram.destinationPort === DHCP_SERVER_PORT && (isToHost || isBroadcast)) this.dhcp.input(datagram)
    else if (datagram.destinationPort === DHCP_CLIENT_PORT && isBroadcast) this.dhcp.overheard(datagram)
    else this.nat.udpInput(datagram)
  }

  #localSettings(): LocalSettings {
    const { host, dhcp, dns } = this.#options
    const { ipAddress, subnetMask } = host
    const hostDomain = (): string => this.#deps.hostDomain?.() ?? ''
    return { ipAddress, subnetMask, domain: dhcp.domainName, hostDomain, options: dns }
  }

  readonly #flushAll = (): void => this.#flush()

  #flush(): void {
    if (this.#closed) return
    if (this.#flushing) {
      this.#flushAgain = true
      return
    }
    this.#flushing = true
    do {
      this.#flushAgain = false
      this.#deps.sockets.flush()
      this.stack.flush()
      this.#attachment.flush()
    } while (this.#flushAgain)
    this.#flushing = false
    this.#armTimer()
  }

  #armTimer(): void {
    const at = this.#deadlines.nextAt()
    if (at >= this.#armedAt) return
    this.#cancelTimer?.()
    this.#armedAt = at
    // A millisecond late rather than a little early, which would only arm it again.
    const delayMs = Math.max(1, Math.ceil(at - this.#deps.now()))
    this.#cancelTimer = this.#deps.setTimer(delayMs, () => this.#onTimer())
  }

  #onTimer(): void {
    this.#cancelTimer = undefined
    this.#armedAt = Number.POSITIVE_INFINITY
    if (this.#closed) return
    this.stack.tick()
    this.#deadlines.expire(this.stack.tcp.now)
    this.#flush()
  }
}

class SecureNatPort implements Port {
  readonly identity: PortIdentity = { kind: 'SECURENAT', userName: 'SecureNAT', hostName: 'Virtual Host' }
  readonly #stack: Stack
  readonly #flush: () => void

  constructor(stack: Stack, flush: () => void) {
    this.#stack = stack
    this.#flush = flush
  }

  output(frame: Uint8Array, offload: Offload): void {
    this.#stack.input(frame, offload)
  }

  flush(): void {
    this.#flush()
  }
}

/** Port 53 of the host's resolvers, the same array while they are the same. */
function upstreamsOf(resolvers: () => readonly Ipv4Address[]): () => readonly Upstream[] {
  let addresses: readonly Ipv4Address[] | undefined
  let upstreams: readonly Upstream[] = []
  return () => {
    const now = resolvers()
    if (now !== addresses) {
      addresses = now
      upstreams = now.map((address) => ({ address, port: DNS_PORT }))
    }
    return upstreams
  }
}

function stackOptions({ host, nat }: SecureNatOptions): ConstructorParameters<typeof Stack>[0] {
  const { macAddress, ipAddress, subnetMask } = host
  return { macAddress, ipAddress, subnetMask, mtu: nat.mtu, hearsGroups: nat.discovery !== 'off' }
}
