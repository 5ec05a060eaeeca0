// Echo requests of all guests to other hosts, by the mode that is set (R29).

import type { EchoRequest, Stack } from '../stack/interface.ts'
import { ICMP_UNREACHABLE, UNREACHABLE_PROHIBITED } from '../wire/icmpv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import type { FlowGate } from './flow-gate.ts'
import { flowOf, NatIcmpSession } from './icmp-session.ts'
import type { IcmpMode } from './settings.ts'
import type { Sockets } from './sockets.ts'
import type { NatStats } from './stats.ts'

export class IcmpFlows {
  readonly #stack: Stack
  readonly #context: NatContext
  readonly #gate: FlowGate
  readonly #stats: NatStats
  /** guest's address → identifier → session */
  readonly #sessions = new Map<Ipv4Address, Map<number, NatIcmpSession>>()

  constructor(stack: Stack, context: NatContext, gate: FlowGate, stats: NatStats) {
    this.#stack = stack
    this.#context = context
    this.#gate = gate
    this.#stats = stats
  }

  /** @returns whether the stack answers the request in the destination's name */
  input(request: EchoRequest, mode: IcmpMode): boolean {
    const kind = this.#gate.judge('ICMP', flowOf(request))
    if (kind === 'outside') return this.#outside(request, mode)
    if (kind === 'forbidden') this.#prohibit(request)
    else this.#stats.icmpIgnored++
    return false
  }

  /** After the egress rules have changed: what they close now ends. */
  judgeAgain(): void {
    for (const ofGuest of this.#sessions.values()) {
      for (const session of ofGuest.values()) {
        if (this.#gate.stillOpen('ICMP', session.flow)) continue
        this.#stats.endedByEgress++
        session.abort()
      }
    }
  }

  hasSent(identifier: number, address: Ipv4Address): boolean {
    for (const ofGuest of this.#sessions.values()) {
      for (const session of ofGuest.values()) if (session.hasSent(identifier, address)) return true
    }
    return false
  }

  #outside(request: EchoRequest, mode: IcmpMode): boolean {
    const { header, bytes, packetStart } = request
    const { openPing } = this.#context.sockets
    // The manual's mode answers every request, as the original does even one that has no time left.
    if (mode === 'dummy') return true
    if (header.ttl <= 1) {
      this.#stack.reportExpired(bytes, packetStart, header)
      return false
    }
    if (mode === 'auto' && openPing === undefined) return true
    if (mode === 'off' || openPing === undefined) {
      this.#stats.echoNotAnswered++
      // Who wants the truth and cannot have it is told so.
      if (mode === 'real') this.#prohibit(request)
      return false
    }
    const session = this.#sessions.get(header.source)?.get(request.identifier) ?? this.#open(request, openPing)
    session?.request(request)
    return false
  }

  #prohibit({ bytes, packetStart, header }: EchoRequest): void {
    this.#stack.icmp.sendError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PROHIBITED)
  }

  #open(request: EchoRequest, openPing: NonNullable<Sockets['openPing']>): NatIcmpSession | undefined {
    const guest = request.header.source
    const { table } = this.#context
    if (this.#gate.hasComeBack('ICMP', flowOf(request), this.#stack.arp.known(guest))) {
      this.#prohibit(request)
      return undefined
    }
    if (table.makeRoom('ICMP', guest, 'icmpSessionsPerGuest')) this.#stats.icmpEvicted++
    if (!table.hasRoomFor(guest)) return undefined
    const session = new NatIcmpSession(this.#context, openPing, request, (ended) => this.#forget(ended))
    const ofGuest = this.#sessions.get(guest)
    if (ofGuest === undefined) this.#sessions.set(guest, new Map([[request.identifier, session]]))
    else ofGuest.set(request.identifier, session)
    return session
  }

  #forget({ flow }: NatIcmpSession): void {
    const ofGuest = this.#sessions.get(flow.internalAddress)
    ofGuest?.delete(flow.internalPort)
    if (ofGuest?.size === 0) this.#sessions.delete(flow.internalAddress)
  }
}
