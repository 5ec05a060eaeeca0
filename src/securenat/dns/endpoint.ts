// A guest's UDP port that asks the virtual host: a row of the NAT session table, as the manual shows it (R51), that gives its
// number back soon, since a resolver uses a port once. Where the table or the guest's share of it is full, the question is
// answered all the same, without a row.

import type { NatContext } from '../../nat/context.ts'
import { FlowSession } from '../../nat/flow-session.ts'
import type { FlowEndpoints } from '../../nat/rows.ts'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import type { Asker } from './flight.ts'

/** A guest's port is forgotten so long after its last query or answer. */
export const DNS_SESSION_IDLE_MS = 10_000

export class DnsEndpoint extends FlowSession implements Asker {
  readonly flow: FlowEndpoints
  readonly #onEnd: (() => void) | undefined

  /** @param onEnd `undefined`: it gets no row */
  constructor(context: NatContext, flow: FlowEndpoints, onEnd: (() => void) | undefined) {
    super(context, onEnd === undefined ? 0 : context.table.nextId())
    this.flow = flow
    this.#onEnd = onEnd
    if (onEnd !== undefined) this.begin()
  }

  override get protocol(): 'UDP' {
    return 'UDP'
  }

  override get givesWay(): boolean {
    return false
  }

  get isStream(): boolean {
    return false
  }

  get guest(): Ipv4Address {
    return this.flow.internalAddress
  }

  /** A query came. */
  asked(bytes: number): void {
    this.touch()
    this.sentBytes += bytes
  }

  answer(bytes: Uint8Array): void {
    const message = bytes.subarray(2)
    this.touch()
    this.receivedBytes += message.length
    const { internalAddress, internalPort, destinationAddress, destinationPort } = this.flow
    this.context.udpOutput(destinationAddress, destinationPort, internalAddress, internalPort, message)
  }

  settled(): void {}

  protected override idleMs(): number {
    return DNS_SESSION_IDLE_MS
  }

  override abort(): void {
    this.end()
  }

  protected override forgotten(): void {
    this.#onEnd?.()
  }
}
