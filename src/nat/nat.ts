// The virtual NAT: a guest's new flow → gate → session (R23, R24).
//
// TCP arrives as connection requests of the stack, UDP as datagrams, ICMP as echo requests. New flows pass one gate
// (flow-gate.ts): where they go, and whether they may; then they become a session with an outside socket, in one table with
// one count of numbers and limits per guest. Switching the NAT off stops new flows only: TCP is refused by reset, the
// others are dropped; sessions that exist live on (as in the original).

import type { DeadlineHeap } from '../stack/deadline-heap.ts'
import type { EchoRequest, Stack, UdpDatagram } from '../stack/interface.ts'
import type { Tcb, TcpUser } from '../stack/tcp/tcb.ts'
import { ICMP_UNREACHABLE, UNREACHABLE_HOST } from '../wire/icmpv4.ts'
import { PROTOCOL_TCP, parseIpv4Header } from '../wire/ipv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { emitTcpHeader, SYN, TCP_HEADER_LEN } from '../wire/tcp.ts'
import type { NatContext } from './context.ts'
import { type EgressOptions, EgressPolicy, type EgressProtocol } from './egress.ts'
import { type FindLoop, FlowGate } from './flow-gate.ts'
import { IcmpFlows } from './icmp-flows.ts'
import { quotedPacket, relayEchoError, relayUdpError } from './icmp-relay.ts'
import { InboundRules } from './inbound.ts'
import type { InboundRule } from './inbound-rule.ts'
import type { OutsideFlows } from './loop-detector.ts'
import type { FlowProtocol, NatEvents, NatSessionRow } from './rows.ts'
import { SessionTable } from './session-table.ts'
import type { NatSettings } from './settings.ts'
import type { Sockets } from './sockets.ts'
import { newNatStats } from './stats.ts'
import { dialled, flowOf, NatTcpSession } from './tcp-session.ts'
import { UdpFlows } from './udp-flows.ts'

export interface NatDeps {
  sockets: Sockets
  events: NatEvents
  deadlines: DeadlineHeap
  wallClock(): number
  /** Unsigned 32 bits. */
  random(): number
  flushSoon(): void
  /** A query for the virtual host's resolver port over UDP. */
  dnsInput(datagram: UdpDatagram): void
  /** The same over TCP; `undefined` refuses it. */
  dnsConnection(tcb: Tcb): TcpUser | undefined
  /** Whether this server itself listens there. */
  isOwnListener(protocol: EgressProtocol, address: Ipv4Address, port: number): boolean
  findLoop: FindLoop
  /** What a guest is behind, so that guests count together; `undefined`: each for itself. */
  portOf(guest: Ipv4Address): object | undefined
}

export class Nat implements OutsideFlows {
  readonly stats = newNatStats()
  readonly table: SessionTable
  readonly context: NatContext
  readonly inbound: InboundRules
  #settings: NatSettings
  #egress: EgressOptions
  readonly #stack: Stack
  readonly #deps: NatDeps
  readonly #gate: FlowGate
  readonly #udp: UdpFlows
  readonly #icmp: IcmpFlows

  constructor(stack: Stack, settings: NatSettings, egress: EgressOptions, deps: NatDeps) {
    this.#stack = stack
    this.#settings = settings
    this.#egress = egress
    this.#deps = deps
    this.table = new SessionTable(
      (limit, guest) => deps.events.limitReached(limit, guest as Ipv4Address),
      (guest) => deps.portOf(guest as Ipv4Address),
    )
    this.table.limits = settings.limits
    this.context = {
      tcp: stack.tcp,
      deadlines: deps.deadlines,
      table: this.table,
      sockets: deps.sockets,
      events: deps.events,
      stats: this.stats,
      counts: { tcp: 0, udp: 0, icmp: 0 },
      udpFiltering: () => this.#settings.udpFiltering,
      discovery: () => this.#settings.discovery,
      tcpTimeoutMs: () => this.#settings.tcpTimeoutSeconds * 1000,
      udpTimeoutMs: () => this.#settings.udpTimeoutSeconds * 1000,
      epochOf: (monotonic) => deps.wallClock() - stack.tcp.now + monotonic,
      tick: () => stack.tick(),
      flushSoon: deps.flushSoon,
      udpOutput: (source, sourcePort, destination, destinationPort, payload) =>
        stack.udpOutput(source, sourcePort, destination, destinationPort, payload),
      echoOutput: (source, destination, identifier, sequence, body, ttl) =>
        stack.icmp.sendEchoReply(source, destination, identifier, sequence, body, ttl),
      udpErrorOutput: (error, { internalAddress, internalPort }, destinationPort) =>
        relayUdpError(stack, error, { address: internalAddress, port: internalPort }, destinationPort),
      echoErrorOutput: (error, { internalAddress, internalPort }, sequence) =>
        relayEchoError(stack, error, { address: internalAddress, identifier: internalPort }, sequence),
      reportUnreachable: (tcb) => this.#reportUnreachable(tcb),
    }
    this.#gate = new FlowGate(this.#newPolicy(), () => stack.options, deps.findLoop, deps.events, this.stats)
    this.inbound = new InboundRules({
      context: this.context,
      host: () => stack.options,
      random: deps.random,
      openTcp: (endpoints) => stack.tcp.open(endpoints),
    })
    this.#udp = new UdpFlows(stack, this.context, this.#gate, this.stats, deps.dnsInput)
    this.#icmp = new IcmpFlows(stack, this.context, this.#gate, this.stats)
  }

  /** The rules in force, and what they decided so far. */
  get egress(): EgressPolicy {
    return this.#gate.policy
  }

  configure(settings: NatSettings, egress: EgressOptions, inbound: readonly InboundRule[]): void {
    this.inbound.configure(inbound, settings.enabled)
    const timesChanged =
      settings.tcpTimeoutSeconds !== this.#settings.tcpTimeoutSeconds ||
      settings.udpTimeoutSeconds !== this.#settings.udpTimeoutSeconds
    this.#settings = settings
    this.table.limits = settings.limits
    // A shorter time brings deadlines forward, of which the heap must hear.
    if (timesChanged) for (const session of this.table.values()) this.#deps.deadlines.update(session)
    if (egress !== this.#egress) {
      this.#egress = egress
      this.#gate.policy = this.#newPolicy()
      this.#judgeAgain()
    }
  }

  /** Those from `offset` on, by id. */
  rows(offset: number, limit: number): NatSessionRow[] {
    this.#stack.tick()
    const rows: NatSessionRow[] = []
    let index = 0
    for (const session of this.table.values()) {
      if (rows.length >= limit) break
      if (index++ >= offset) rows.push(session.row())
    }
    return rows
  }

  /** Ends one session, which the guest sees as a reset. @returns whether there was one */
  deleteSession(id: number): boolean {
    const session = this.table.get(id)
    session?.abort()
    return session !== undefined
  }

  /** A SYN has come: dial, or refuse by returning nothing. */
  connectionRequest(tcb: Tcb): TcpUser | undefined {
    if (!this.#settings.enabled) {
      this.stats.refusedDisabled++
      return undefined
    }
    const flow = flowOf(tcb)
    switch (this.#gate.judge('TCP', flow)) {
      case 'outside':
        if (this.#gate.hasComeBack('TCP', flow, this.#stack.arp.known(tcb.remoteAddress))) return undefined
        return this.#dial(tcb)
      case 'dns':
        return this.#deps.dnsConnection(tcb)
      case 'forbidden':
        return undefined
      default:
        this.stats.tcpIgnored++
        return undefined
    }
  }

  udpInput(datagram: UdpDatagram): void {
    if (!this.inbound.udpInput(datagram)) this.#udp.input(datagram, this.#settings.enabled)
  }

  /** An echo request for another host. @returns whether the stack answers it in that host's name (R29) */
  echoInput(request: EchoRequest): boolean {
    if (this.#settings.enabled) return this.#icmp.input(request, this.#settings.icmp)
    this.stats.refusedDisabled++
    return false
  }

  hasSent(protocol: FlowProtocol, port: number, address: Ipv4Address, destinationPort: number): boolean {
    if (protocol === 'UDP') return this.#udp.hasSent(port, address, destinationPort)
    if (protocol === 'ICMP') return this.#icmp.hasSent(port, address)
    for (const session of this.table.values()) {
      if (session instanceof NatTcpSession && session.isDialling(port, address, destinationPort)) return true
    }
    return false
  }

  /** Ends every session, and what listens; guests of TCP see a reset (D21). */
  abortAll(): void {
    this.inbound.close()
    for (const session of this.table.values()) session.abort()
  }

  #newPolicy(): EgressPolicy {
    return new EgressPolicy(this.#egress, (protocol, address, port) =>
      this.#deps.isOwnListener(protocol, address, port),
    )
  }

  #judgeAgain(): void {
    for (const session of this.table.values()) {
      if (!(session instanceof NatTcpSession) || this.#gate.stillOpen('TCP', session.flow)) continue
      this.stats.endedByEgress++
      session.abort()
    }
    this.#udp.judgeAgain()
    this.#icmp.judgeAgain()
  }

  #dial(tcb: Tcb): TcpUser | undefined {
    const guest = tcb.remoteAddress
    if (!this.table.mayDial(guest)) return undefined
    if (this.table.makeRoom('TCP', guest, 'tcpSessionsPerGuest')) this.stats.tcpEvicted++
    if (!this.table.hasRoomFor(guest)) return undefined
    return new NatTcpSession(this.context, tcb, dialled(this.context, tcb))
  }

  /** The SYN itself is long gone; what an ICMP error must quote of it is known. */
  #reportUnreachable(tcb: Tcb): void {
    const syn = new Uint8Array(TCP_HEADER_LEN)
    emitTcpHeader(syn, 0, tcb.remotePort, tcb.localPort, tcb.irs, 0, SYN, 0, TCP_HEADER_LEN)
    const packet = quotedPacket(PROTOCOL_TCP, tcb.remoteAddress, tcb.localAddress, syn)
    const header = parseIpv4Header(packet, 0, packet.length)
    if (header !== undefined) this.#stack.icmp.sendError(packet, 0, header, ICMP_UNREACHABLE, UNREACHABLE_HOST)
  }
}
