// One port of this computer that an inbound rule listens on, and what comes in by it.
//
// A caller is presented to the guest with its own address and port: the guest's answers come to us, who are its router. Two
// kinds of caller cannot be: one whose address the guest would not answer through us (this computer's loopback, an address
// that looks like another guest's) appears as the virtual host; one whose port is in use with this guest already gets
// another.

import type { FlowTable } from '../stack/flow-table.ts'
import type { Tcb } from '../stack/tcp/tcb.ts'
import { type Ipv4Address, inSubnet, isLoopbackIpv4, isMulticastIpv4, isThisNetworkIpv4 } from '../wire/ipv4-address.ts'
import { proxyHeader } from '../wire/proxy-protocol.ts'
import type { NatContext } from './context.ts'
import { INBOUND_SESSIONS_LIMIT, type InboundNetwork, type InboundRule } from './inbound-rule.ts'
import { InboundUdpSession } from './inbound-udp-session.ts'
import type { FlowEndpoints } from './rows.ts'
import type { BindFailure, IncomingTcp, TcpListener, UdpSocket } from './sockets.ts'
import { NatTcpSession } from './tcp-session.ts'

/** Ports tried for a caller whose own is in use. */
const PORT_TRIES = 16
const FIRST_EPHEMERAL_PORT = 49_152

export type InboundState = 'off' | 'opening' | 'listening' | BindFailure

export interface InboundCounters {
  /** Sessions there are, and were. */
  sessions: number
  accepted: number
  refusedSource: number
  refusedRuleLimit: number
  /** By the limits of the NAT, of all inbound sessions or of the guest. */
  refusedLimit: number
}

/** What the ports of a NAT share. */
export interface InboundShared {
  readonly context: NatContext
  /** The virtual host's. */
  readonly host: () => InboundNetwork
  readonly random: () => number
  readonly openTcp: (
    endpoints: Pick<Tcb, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>,
  ) => Tcb | undefined
  /** Of UDP, by what the guest answers to. */
  readonly udp: FlowTable<InboundUdpSession>
  readonly total: { sessions: number }
}

export class InboundPort {
  state: InboundState = 'off'
  readonly port: number
  readonly #guestPort: number
  readonly #shared: InboundShared
  readonly #rule: () => InboundRule
  readonly #counters: InboundCounters
  readonly #failed: () => void
  #socket: TcpListener | UdpSocket | undefined
  readonly #sessions = new Set<NatTcpSession | InboundUdpSession>()
  /** Of UDP: caller's address and port → session. */
  readonly #callers = new Map<number, InboundUdpSession>()

  constructor(
    shared: InboundShared,
    rule: () => InboundRule,
    port: number,
    counters: InboundCounters,
    failed: () => void,
  ) {
    this.#shared = shared
    this.#rule = rule
    this.port = port
    this.#guestPort = rule().guestPort + port - rule().hostPorts.from
    this.#counters = counters
    this.#failed = failed
  }

  open(): void {
    if (this.#socket !== undefined) return
    this.state = 'opening'
    const { protocol, hostAddress } = this.#rule()
    const { sockets } = this.#shared.context
    const events = {
      bound: () => {
        this.state = 'listening'
      },
      failed: (reason: BindFailure) => {
        this.#socket = undefined
        this.state = reason
        this.#shared.context.tick()
        this.#failed()
        this.#shared.context.flushSoon()
      },
    }
    if (protocol === 'tcp') {
      const incoming = (connection: IncomingTcp): void => this.#incoming(connection)
      this.#socket = sockets.listenTcp(hostAddress, this.port, { ...events, incoming })
      return
    }
    const message = (bytes: Uint8Array, address: Ipv4Address, port: number): void => this.#message(bytes, address, port)
    this.#socket = sockets.bindUdp(hostAddress, this.port, { ...events, message })
  }

  /** Nobody new comes in. Sessions of TCP live on; those of UDP have lost their socket. */
  close(): void {
    this.state = 'off'
    this.#socket?.close()
    this.#socket = undefined
    for (const session of this.#sessions) if (session.protocol === 'UDP') session.abort()
  }

  abortSessions(): void {
    for (const session of this.#sessions) session.abort()
  }

  #incoming(connection: IncomingTcp): void {
    const { context } = this.#shared
    context.tick()
    const rule = this.#rule()
    const guest = rule.guestAddress
    if (!this.#mayEnter(connection.address, connection.port)) {
      connection.refuse()
      return
    }
    const tcb = context.table.mayDial(guest) ? this.#openTcp(connection) : undefined
    if (tcb === undefined) {
      this.#counters.refusedLimit++
      connection.refuse()
      return
    }
    const version = { none: undefined, v1: 1, v2: 2 } as const
    const proxy = version[rule.proxyProtocol]
    // Where the caller called is not known of a socket on all addresses; the guest's own port is what matters to it.
    const preface =
      proxy === undefined
        ? new Uint8Array(0)
        : proxyHeader(proxy, connection.address, connection.port, rule.hostAddress || guest, this.port)
    const session: NatTcpSession = new NatTcpSession(context, tcb, {
      socket: (events) => connection.accept(events),
      inbound: { flow: this.#flow(connection.address, connection.port), preface, ended: () => this.#forget(session) },
    })
    tcb.user = session
    this.#keep(session)
    context.flushSoon()
  }

  #openTcp({ address, port }: IncomingTcp): Tcb | undefined {
    const remote = { remoteAddress: this.#rule().guestAddress, remotePort: this.#guestPort }
    const localAddress = this.#presentable(address)
    for (let tries = 0; tries < PORT_TRIES; tries++) {
      const localPort = tries === 0 ? port : this.#anyPort()
      const tcb = this.#shared.openTcp({ localAddress, localPort, ...remote })
      if (tcb !== undefined) return tcb
    }
    return undefined
  }

  #message(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    const { context } = this.#shared
    context.tick()
    const session = this.#udpSession(address, port)
    if (session === undefined) return
    session.fromOutside(bytes)
    context.flushSoon()
  }

  #udpSession(address: Ipv4Address, port: number): InboundUdpSession | undefined {
    const caller = address * 0x1_0000 + port
    const known = this.#callers.get(caller)
    if (known !== undefined) return known
    if (!this.#mayEnter(address, port) || this.#socket === undefined) return undefined
    const guest = this.#rule().guestAddress
    const shown = this.#presentable(address)
    const shownPort = this.#freeUdpPort(shown, port, guest)
    if (shownPort === undefined) {
      this.#counters.refusedLimit++
      return undefined
    }
    const session = new InboundUdpSession(this.#shared.context, {
      socket: this.#socket as UdpSocket,
      flow: this.#flow(address, port),
      localAddress: shown,
      localPort: shownPort,
      remoteAddress: guest,
      remotePort: this.#guestPort,
      ended: (ended) => {
        this.#shared.udp.remove(ended)
        this.#callers.delete(caller)
        this.#forget(ended)
      },
    })
    this.#shared.udp.add(session)
    this.#callers.set(caller, session)
    this.#keep(session)
    return session
  }

  #freeUdpPort(shown: Ipv4Address, port: number, guest: Ipv4Address): number | undefined {
    for (let tries = 0; tries < PORT_TRIES; tries++) {
      const candidate = tries === 0 ? port : this.#anyPort()
      if (this.#shared.udp.get(shown, candidate, guest, this.#guestPort) === undefined) return candidate
    }
    return undefined
  }

  /** Counts why not; who may not at all is told. */
  #mayEnter(address: Ipv4Address, port: number): boolean {
    const { sources, maxSessions, guestAddress, protocol } = this.#rule()
    const counters = this.#counters
    if (sources.length > 0 && !sources.some(({ network, mask }) => inSubnet(address, network, mask))) {
      counters.refusedSource++
      this.#shared.context.events.flowRefused(protocol === 'tcp' ? 'TCP' : 'UDP', this.#flow(address, port))
      return false
    }
    if (counters.sessions >= maxSessions) {
      counters.refusedRuleLimit++
      return false
    }
    const { total, context } = this.#shared
    if (total.sessions >= INBOUND_SESSIONS_LIMIT || !context.table.hasRoomFor(guestAddress)) {
      counters.refusedLimit++
      return false
    }
    return true
  }

  #presentable(address: Ipv4Address): Ipv4Address {
    const { ipAddress, subnetMask } = this.#shared.host()
    const isUnanswerable =
      isLoopbackIpv4(address) ||
      isThisNetworkIpv4(address) ||
      isMulticastIpv4(address) ||
      inSubnet(address, ipAddress, subnetMask)
    return isUnanswerable ? ipAddress : address
  }

  #anyPort(): number {
    return FIRST_EPHEMERAL_PORT + (this.#shared.random() % (65_536 - FIRST_EPHEMERAL_PORT))
  }

  /** As the log and the tables show it: the caller is the source. */
  #flow(address: Ipv4Address, port: number): FlowEndpoints {
    return {
      internalAddress: address,
      internalPort: port,
      destinationAddress: this.#rule().guestAddress,
      destinationPort: this.#guestPort,
    }
  }

  #keep(session: NatTcpSession | InboundUdpSession): void {
    this.#sessions.add(session)
    this.#counters.sessions++
    this.#counters.accepted++
    this.#shared.total.sessions++
  }

  #forget(session: NatTcpSession | InboundUdpSession): void {
    if (!this.#sessions.delete(session)) return
    this.#counters.sessions--
    this.#shared.total.sessions--
  }
}
