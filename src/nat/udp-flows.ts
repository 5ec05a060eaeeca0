// UDP of all guests: a datagram finds its endpoint's session, or passes the gate and opens one.
//
// The datagrams of an established flow, to where the last one went, pay two lookups and no judgement.

import type { Stack, UdpDatagram } from '../stack/interface.ts'
import { ICMP_UNREACHABLE, UNREACHABLE_PORT, UNREACHABLE_PROHIBITED } from '../wire/icmpv4.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { NatContext } from './context.ts'
import { discoveryDestination } from './discovery.ts'
import type { FlowGate } from './flow-gate.ts'
import type { NatStats } from './stats.ts'
import { flowOf, NatUdpSession } from './udp-session.ts'

export class UdpFlows {
  readonly #stack: Stack
  readonly #context: NatContext
  readonly #gate: FlowGate
  readonly #stats: NatStats
  readonly #dnsInput: (datagram: UdpDatagram) => void
  /** guest's address → port → session */
  readonly #sessions = new Map<Ipv4Address, Map<number, NatUdpSession>>()

  constructor(
    stack: Stack,
    context: NatContext,
    gate: FlowGate,
    stats: NatStats,
    dnsInput: (datagram: UdpDatagram) => void,
  ) {
    this.#stack = stack
    this.#context = context
    this.#gate = gate
    this.#stats = stats
    this.#dnsInput = dnsInput
  }

  /** @param isEnabled the NAT is on; sessions outlive its switch (behaviour reference 2.13) */
  input(datagram: UdpDatagram, isEnabled: boolean): void {
    const session = this.#sessions.get(datagram.source)?.get(datagram.sourcePort)
    if (session?.isJudged(datagram.destination, datagram.destinationPort) === true) {
      session.send(datagram)
      return
    }
    if (!isEnabled && session === undefined) {
      this.#stats.refusedDisabled++
      return
    }
    const { bytes, packetStart, header } = datagram
    switch (this.#gate.judge('UDP', flowOf(datagram))) {
      case 'outside':
        this.#send(session, datagram)
        break
      case 'dns':
        if (isEnabled) this.#dnsInput(datagram)
        else this.#stats.refusedDisabled++
        break
      case 'none':
        this.#stats.udpPortUnreachable++
        this.#stack.icmp.sendError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PORT)
        break
      case 'forbidden':
        this.#stack.icmp.sendError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PROHIBITED)
        break
      case 'group':
        if (!this.#discover(session, datagram)) this.#stats.udpMulticastDropped++
        break
      case 'ignored':
        // The broadcast address of the guests' own subnet is among these.
        if (!this.#discover(session, datagram)) this.#stats.udpIgnored++
    }
  }

  /** @returns whether it was a question for all of the host's network, and may go there */
  #discover(known: NatUdpSession | undefined, datagram: UdpDatagram): boolean {
    if (this.#context.discovery() === 'off') return false
    const { destination, destinationPort } = datagram
    const outside = discoveryDestination(destination, destinationPort, this.#stack.options)
    if (outside === undefined) return false
    // Not from the guest's own port: there a service of the host may listen to the same group.
    const session = known ?? this.#open(datagram, 0)
    if (session === undefined) return true
    this.#stats.discoveryRelayed++
    session.discover(datagram, outside)
    return true
  }

  /** After the egress rules have changed: what they close now ends, and the rest is judged with its next datagram. */
  judgeAgain(): void {
    for (const ofGuest of this.#sessions.values()) {
      for (const session of ofGuest.values()) {
        if (this.#gate.stillOpen('UDP', session.lastFlow())) session.forgetJudgement()
        else {
          this.#stats.endedByEgress++
          session.abort()
        }
      }
    }
  }

  hasSent(port: number, address: Ipv4Address, destinationPort: number): boolean {
    for (const ofGuest of this.#sessions.values()) {
      for (const session of ofGuest.values()) if (session.hasSent(port, address, destinationPort)) return true
    }
    return false
  }

  #send(known: NatUdpSession | undefined, datagram: UdpDatagram): void {
    const session = known ?? this.#open(datagram)
    session?.send(datagram)
  }

  #open(datagram: UdpDatagram, preferredPort = datagram.sourcePort): NatUdpSession | undefined {
    const { source, sourceMac, bytes, packetStart, header } = datagram
    const { table } = this.#context
    if (this.#gate.hasComeBack('UDP', flowOf(datagram), sourceMac)) {
      this.#stack.icmp.sendError(bytes, packetStart, header, ICMP_UNREACHABLE, UNREACHABLE_PROHIBITED)
      return undefined
    }
    if (table.makeRoom('UDP', source, 'udpSessionsPerGuest')) this.#stats.udpEvicted++
    if (!table.hasRoomFor(source)) return undefined
    const session = new NatUdpSession(this.#context, datagram, preferredPort, (ended) => this.#forget(ended))
    const ofGuest = this.#sessions.get(source)
    if (ofGuest === undefined) this.#sessions.set(source, new Map([[datagram.sourcePort, session]]))
    else ofGuest.set(datagram.sourcePort, session)
    return session
  }

  #forget({ flow }: NatUdpSession): void {
    const ofGuest = this.#sessions.get(flow.internalAddress)
    ofGuest?.delete(flow.internalPort)
    if (ofGuest?.size === 0) this.#sessions.delete(flow.internalAddress)
  }
}
