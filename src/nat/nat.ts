// The virtual NAT: a guest's new flow → rule → session (R23, R24).
//
// TCP arrives as connection requests of the stack, UDP as datagrams; both ask forward-rules.ts where the flow really
// goes, and become a session with an outside socket, in one table with one count of numbers. Switching the NAT off
// stops new flows only: TCP is refused by reset, UDP is dropped; sessions that exist live on (as in the original).

import type { DeadlineHeap } from '../stack/deadline-heap.ts'
import type { EchoRequest, Stack, UdpDatagram } from '../stack/interface.ts'
import type { Tcb, TcpUser } from '../stack/tcp/tcb.ts'
import { ICMP_UNREACHABLE, UNREACHABLE_HOST, UNREACHABLE_PORT, UNREACHABLE_PROHIBITED } from '../wire/icmpv4.ts'
import { PROTOCOL_TCP, parseIpv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { emitTcpHeader, SYN, TCP_HEADER_LEN } from '../wire/tcp.ts'
import type { NatContext } from './context.ts'
import { type Forward, forward } from './forward-rules.ts'
import { quotedPacket, relayEchoError, relayUdpError } from './icmp-relay.ts'
import { NatIcmpSession } from './icmp-session.ts'
import type { NatEvents, NatSessionRow } from './rows.ts'
import { SessionTable } from './session-table.ts'
import type { Sockets } from './sockets.ts'
import { NatTcpSession } from './tcp-session.ts'
import { flowOf, NatUdpSession } from './udp-session.ts'

/** UDP endpoints of one guest; past it its own least recently used one gives way. */
export const UDP_SESSIONS_PER_GUEST_LIMIT = 1024
/** Identifiers under which one guest sends echo requests; past it the least recently used one gives way. */
export const ICMP_SESSIONS_PER_GUEST_LIMIT = 256

/**
 * How echo requests through the router are answered: truthfully; always, by the NAT itself (the manual's rule R29); not at
 * all; or truthfully where the operating system permits it, else always.
 */
export type IcmpMode = 'auto' | 'real' | 'dummy' | 'off'

export interface NatSettings {
  enabled: boolean
  tcpTimeoutSeconds: number
  udpTimeoutSeconds: number
  icmp: IcmpMode
}

export interface NatDeps {
  sockets: Sockets
  events: NatEvents
  deadlines: DeadlineHeap
  resolvers(): readonly Ipv4Address[]
  wallClock(): number
  flushSoon(): void
  /** A query for the virtual host's resolver port over UDP. */
  dnsInput(datagram: UdpDatagram): void
}

export interface NatStats {
  tcpForbidden: number
  udpForbidden: number
  tcpIgnored: number
  udpIgnored: number
  /** New flows while the NAT was switched off. */
  refusedDisabled: number
  /** Endpoints that gave way to a newer one of the same guest. */
  udpEvicted: number
  udpPortUnreachable: number
  icmpForbidden: number
  icmpIgnored: number
  icmpEvicted: number
  /** Echo requests to other hosts that were not answered, by the ICMP mode or because there are no echo sockets. */
  echoNotAnswered: number
}

export class Nat {
  readonly stats: NatStats = {
    tcpForbidden: 0,
    udpForbidden: 0,
    tcpIgnored: 0,
    udpIgnored: 0,
    refusedDisabled: 0,
    udpEvicted: 0,
    udpPortUnreachable: 0,
    icmpForbidden: 0,
    icmpIgnored: 0,
    icmpEvicted: 0,
    echoNotAnswered: 0,
  }
  readonly table = new SessionTable()
  readonly context: NatContext
  #settings: NatSettings
  readonly #stack: Stack
  readonly #deps: NatDeps
  /** guest's address → port → session; inner maps in order of last use, roughly: of creation. */
  readonly #udp = new Map<Ipv4Address, Map<number, NatUdpSession>>()
  /** guest's address → identifier → session */
  readonly #icmp = new Map<Ipv4Address, Map<number, NatIcmpSession>>()

  constructor(stack: Stack, settings: NatSettings, deps: NatDeps) {
    this.#stack = stack
    this.#settings = settings
    this.#deps = deps
    this.context = {
      tcp: stack.tcp,
      deadlines: deps.deadlines,
      table: this.table,
      sockets: deps.sockets,
      events: deps.events,
      counts: { tcp: 0, udp: 0, icmp: 0 },
      tcpTimeoutMs: () => this.#settings.tcpTimeoutSeconds * 1000,
      udpTimeoutMs: () => this.#settings.udpTimeoutSeconds * 1000,
      epochOf: (monotonic) => deps.wallClock() - stack.tcp.now + monotonic,
      tick: () => stack.tick(),
      flushSoon: deps.flushSoon,
      udpOutput: (source, sourcePort, destination, destinationPort, payload) =>
        stack.udpOutput(source, sourcePort, destination, destinationPort, payload),
      echoOutput: (source, destination, identifier, sequence, body, ttl) =>
        stack.echoOutput(source, destination, identifier, sequence, body, ttl),
      udpErrorOutput: (error, { internalAddress, internalPort }, destinationPort) =>
        relayUdpError(stack, error, { address: internalAddress, port: internalPort }, destinationPort),
      echoErrorOutput: (error, { internalAddress, internalPort }, sequence) =>
        relayEchoError(stack, error, { address: internalAddress, identifier: internalPort }, sequence),
      reportUnreachable: (tcb) => this.#reportUnreachable(tcb),
    }
  }

  configure(settings: NatSettings): void {
    const timesChanged =
      settings.tcpTimeoutSeconds !== this.#settings.tcpTimeoutSeconds ||
      settings.udpTimeoutSeconds !== this.#settings.udpTimeoutSeconds
    this.#settings = settings
    // A shorter time brings deadlines forward, of which the heap must hear.
    if (timesChanged) for (const session of this.table.values()) this.#deps.deadlines.update(session)
  }

  rows(): NatSessionRow[] {
    this.#stack.tick()
    return Array.from(this.table.values(), (session) => session.row())
  }

  /** A SYN has come: dial, or refuse by returning nothing. */
  connectionRequest(tcb: Tcb): TcpUser | undefined {
    if (!this.#settings.enabled) {
      this.stats.refusedDisabled++
      return undefined
    }
    const target = this.#tcpTarget(tcb)
    if (target === undefined || !this.table.hasRoomFor(tcb.remoteAddress)) return undefined
    return new NatTcpSession(this.context, tcb, target.address, target.port)
  }

  udpInput(datagram: UdpDatagram): void {
    // Sessions outlive the switch (behaviour reference 2.13).
    if (!this.#settings.enabled && this.#udp.get(datagram.source)?.has(datagram.sourcePort) !== true) {
      this.stats.refusedDisabled++
      return
    }
    const rule = this.#rule(datagram.destination, datagram.destinationPort)
    if (rule.kind === 'dns') this.#deps.dnsInput(datagram)
    else if (rule.kind === 'outside') this.#udpSession(datagram)?.send(datagram)
    else if (rule.kind === 'forbidden') {
      this.stats.udpForbidden++
      this.#deps.events.flowRefused('UDP', flowOf(datagram))
      this.#prohibit(datagram)
    } else if (rule.kind === 'none') {
      this.stats.udpPortUnreachable++
      const { bytes, packetStart, header } = datagram
      this.#stack.sendIcmpError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PORT)
    } else this.stats.udpIgnored++
  }

  /** An echo request for another host. @returns whether the stack answers it in that host's name (R29) */
  echoInput(request: EchoRequest): boolean {
    const { header } = request
    if (!this.#settings.enabled) {
      this.stats.refusedDisabled++
      return false
    }
    // Echo requests have no port; any number above zero does.
    const rule = this.#rule(header.destination, 1)
    if (rule.kind === 'forbidden') {
      this.stats.icmpForbidden++
      const { source, destination } = header
      const flow = { internalAddress: source, internalPort: request.identifier }
      this.#deps.events.flowRefused('ICMP', { ...flow, destinationAddress: destination, destinationPort: 0 })
      this.#prohibit(request)
      return false
    }
    if (rule.kind !== 'outside') {
      this.stats.icmpIgnored++
      return false
    }
    return this.#echoOutside(request)
  }

  #echoOutside(request: EchoRequest): boolean {
    const { header, bytes, packetStart } = request
    const { icmp } = this.#settings
    const { openPing } = this.#deps.sockets
    // The manual's mode answers every request, as the original does even one that has no time left.
    if (icmp === 'dummy') return true
    if (header.ttl <= 1) {
      this.#stack.reportExpired(bytes, packetStart, header)
      return false
    }
    if (icmp === 'auto' && openPing === undefined) return true
    if (icmp === 'off' || openPing === undefined) {
      this.stats.echoNotAnswered++
      // Who wants the truth and cannot have it is told so.
      if (icmp === 'real') this.#prohibit(request)
      return false
    }
    this.#icmpSession(request, openPing)?.request(request)
    return false
  }

  #prohibit({ bytes, packetStart, header }: { bytes: Uint8Array; packetStart: number; header: EchoRequest['header'] }) {
    this.#stack.sendIcmpError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PROHIBITED)
  }

  #icmpSession(request: EchoRequest, openPing: NonNullable<Sockets['openPing']>): NatIcmpSession | undefined {
    const guest = request.header.source
    const known = this.#icmp.get(guest)
    const session = known?.get(request.identifier)
    if (session !== undefined) return session
    if (known !== undefined && known.size >= ICMP_SESSIONS_PER_GUEST_LIMIT) {
      this.stats.icmpEvicted++
      leastRecentlyUsed(known.values()).abort()
    }
    if (!this.table.hasRoomFor(guest)) return undefined
    const opened = new NatIcmpSession(this.context, openPing, request, ({ flow }) => {
      const ofGuest = this.#icmp.get(guest)
      ofGuest?.delete(flow.internalPort)
      if (ofGuest?.size === 0) this.#icmp.delete(guest)
    })
    const ofGuest = this.#icmp.get(guest) ?? new Map<number, NatIcmpSession>()
    this.#icmp.set(guest, ofGuest.set(request.identifier, opened))
    return opened
  }

  /** Ends every session; guests of TCP see a reset (D21). */
  abortAll(): void {
    for (const session of this.table.values()) session.abort()
  }

  #rule(destination: Ipv4Address, port: number): Forward {
    const { ipAddress, subnetMask } = this.#stack.options
    return forward(destination, port, { ipAddress, subnetMask })
  }

  #tcpTarget(tcb: Tcb): { address: Ipv4Address; port: number } | undefined {
    const rule = this.#rule(tcb.localAddress, tcb.localPort)
    switch (rule.kind) {
      case 'outside':
        return rule
      case 'dns': {
        const resolver = this.#deps.resolvers()[0]
        return resolver === undefined ? undefined : { address: resolver, port: tcb.localPort }
      }
      case 'forbidden':
        this.stats.tcpForbidden++
        this.#deps.events.flowRefused('TCP', {
          internalAddress: tcb.remoteAddress,
          internalPort: tcb.remotePort,
          destinationAddress: tcb.localAddress,
          destinationPort: tcb.localPort,
        })
        return undefined
      default:
        this.stats.tcpIgnored++
        return undefined
    }
  }

  #udpSession(datagram: UdpDatagram): NatUdpSession | undefined {
    let ofGuest = this.#udp.get(datagram.source)
    const known = ofGuest?.get(datagram.sourcePort)
    if (known !== undefined) return known
    if (ofGuest === undefined) {
      ofGuest = new Map()
      this.#udp.set(datagram.source, ofGuest)
    }
    if (ofGuest.size >= UDP_SESSIONS_PER_GUEST_LIMIT) {
      this.stats.udpEvicted++
      leastRecentlyUsed(ofGuest.values()).abort()
    }
    if (!this.table.hasRoomFor(datagram.source)) return undefined
    const session = new NatUdpSession(this.context, datagram, (ended) => this.#forgetUdp(ended))
    // The last of the guest's may have been the one evicted, and its map gone with it.
    this.#udp.set(datagram.source, ofGuest)
    ofGuest.set(datagram.sourcePort, session)
    return session
  }

  #forgetUdp({ flow }: NatUdpSession): void {
    const ofGuest = this.#udp.get(flow.internalAddress)
    ofGuest?.delete(flow.internalPort)
    if (ofGuest?.size === 0) this.#udp.delete(flow.internalAddress)
  }

  /** The SYN itself is long gone; what an ICMP error must quote of it is known. */
  #reportUnreachable(tcb: Tcb): void {
    const syn = new Uint8Array(TCP_HEADER_LEN)
    emitTcpHeader(syn, 0, tcb.remotePort, tcb.localPort, tcb.irs, 0, SYN, 0, TCP_HEADER_LEN)
    const packet = quotedPacket(PROTOCOL_TCP, tcb.remoteAddress, tcb.localAddress, syn)
    const header = parseIpv4Header(packet, 0, packet.length)
    if (header !== undefined) this.#stack.sendIcmpError(packet, 0, header, ICMP_UNREACHABLE, UNREACHABLE_HOST)
  }
}

function leastRecentlyUsed<T extends { readonly lastActivityAt: number }>(sessions: Iterable<T>): T {
  let oldest: T | undefined
  for (const session of sessions) {
    if (oldest === undefined || session.lastActivityAt < oldest.lastActivityAt) oldest = session
  }
  return oldest as T
}
