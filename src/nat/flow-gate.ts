// The gate every new flow of a guest passes: where it goes (forward-rules.ts) and whether it may (egress.ts). What is refused
// here is counted and told; how the guest hears of it is its protocol's affair.

import type { StackOptions } from '../stack/frame-output.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { EgressPolicy } from './egress.ts'
import { type Forward, forward } from './forward-rules.ts'
import type { FlowEndpoints, FlowProtocol, NatEvents } from './rows.ts'
import type { NatStats } from './stats.ts'

/** The interface by which a flow of ours has come back. */
export type FindLoop = (protocol: FlowProtocol, flow: FlowEndpoints, mac: MacAddress | undefined) => string | undefined

const LOWER = { TCP: 'tcp', UDP: 'udp', ICMP: 'icmp' } as const

export class FlowGate {
  policy: EgressPolicy
  readonly #findLoop: FindLoop
  readonly #host: () => Readonly<StackOptions>
  readonly #events: NatEvents
  readonly #stats: NatStats

  constructor(
    policy: EgressPolicy,
    host: () => Readonly<StackOptions>,
    findLoop: FindLoop,
    events: NatEvents,
    stats: NatStats,
  ) {
    this.policy = policy
    this.#findLoop = findLoop
    this.#host = host
    this.#events = events
    this.#stats = stats
  }

  /** `forbidden`: it would go outside, and may not. */
  judge(protocol: FlowProtocol, flow: FlowEndpoints): Exclude<Forward, 'impossible'> | 'forbidden' {
    const { destinationAddress, destinationPort } = flow
    const kind = forward(destinationAddress, protocol === 'ICMP' ? 1 : destinationPort, this.#host())
    const isOpen = kind === 'outside' && this.policy.admits(LOWER[protocol], destinationAddress, destinationPort)
    if (kind !== 'impossible' && (kind !== 'outside' || isOpen)) return kind
    this.#stats[`${LOWER[protocol]}Forbidden`]++
    this.#events.flowRefused(protocol, flow)
    return 'forbidden'
  }

  /** Whether a new flow outside is one that a NAT of this process sent there (R27). Counted and told. */
  hasComeBack(protocol: FlowProtocol, flow: FlowEndpoints, mac: MacAddress | undefined): boolean {
    const networkInterface = this.#findLoop(protocol, flow, mac)
    if (networkInterface === undefined) return false
    this.#stats.loopsRefused++
    this.#events.loopDetected(protocol, flow, networkInterface)
    return true
  }

  /** Whether a flow that stands may go on, after the rules have changed. Counts for the rules, tells nobody. */
  stillOpen(protocol: FlowProtocol, { destinationAddress, destinationPort }: FlowEndpoints): boolean {
    const kind = forward(destinationAddress, protocol === 'ICMP' ? 1 : destinationPort, this.#host())
    return kind !== 'outside' || this.policy.admits(LOWER[protocol], destinationAddress, destinationPort)
  }
}
