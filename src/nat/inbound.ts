// The inbound rules of a NAT: ports of this computer behind which guests answer. Rules come and go while everything runs; one
// that stays as it is keeps its sockets and sessions, one that goes ends both at once. A port that cannot be had is tried
// again every few seconds, and its rule says why.
//
// Packets pay nothing for rules: sockets are the operating system's to tell apart, and a TCP connection, once opened towards
// the guest, is one like any other. A guest's datagram pays one lookup while there are inbound sessions of UDP, else a
// comparison.

import type { Deadline } from '../stack/deadline-heap.ts'
import { FlowTable } from '../stack/flow-table.ts'
import type { UdpDatagram } from '../stack/interface.ts'
import { type InboundCounters, InboundPort, type InboundShared, type InboundState } from './inbound-port.ts'
import { type InboundRule, isSameRule } from './inbound-rule.ts'

/** Between two tries to get a port. */
export const INBOUND_RETRY_MS = 5000

/** How a rule is doing. */
export interface InboundStatus extends Readonly<InboundCounters> {
  readonly rule: InboundRule
  /** Of the first port that is not as it should be; `listening` when all are. */
  readonly state: InboundState
  readonly statePort: number
}

interface Running {
  rule: InboundRule
  readonly ports: readonly InboundPort[]
  readonly counters: InboundCounters
}

export class InboundRules implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  readonly #shared: InboundShared
  #running: readonly Running[] = []
  #enabled = false
  #retryAt = Number.POSITIVE_INFINITY

  constructor(shared: Omit<InboundShared, 'udp' | 'total'>) {
    this.#shared = { ...shared, udp: new FlowTable(shared.random()), total: { sessions: 0 } }
  }

  /** @param enabled off: nobody new comes in, as with the NAT's other flows */
  configure(rules: readonly InboundRule[], enabled: boolean): void {
    const before = new Map(this.#running.map((running) => [running.rule.id, running]))
    this.#enabled = enabled
    const kept = rules.map((rule) => {
      const known = before.get(rule.id)
      if (known === undefined || !isSameRule(known.rule, rule)) return rule
      before.delete(rule.id)
      known.rule = rule
      return known
    })
    // First what goes: its ports may be wanted. And all sockets before any session, which is more likely to fail.
    const gone = Array.from(before.values(), ({ ports }) => ports).flat()
    for (const port of gone) port.close()
    for (const port of gone) port.abortSessions()
    this.#running = kept.map((entry) => ('ports' in entry ? entry : this.#start(entry)))
    for (const { rule, ports } of this.#running) {
      for (const port of ports) {
        if (enabled && rule.active) port.open()
        else port.close()
      }
    }
  }

  status(): InboundStatus[] {
    return this.#running.map(({ rule, ports, counters }) => {
      const odd = ports.find(({ state }) => state !== 'listening') ?? ports[0]
      return { rule, state: odd?.state ?? 'off', statePort: odd?.port ?? 0, ...counters }
    })
  }

  /** A guest's datagram. @returns whether it was the answer to a caller */
  udpInput(datagram: UdpDatagram): boolean {
    const { udp } = this.#shared
    if (udp.size === 0) return false
    const session = udp.get(datagram.destination, datagram.destinationPort, datagram.source, datagram.sourcePort)
    session?.fromGuest(datagram)
    return session !== undefined
  }

  close(): void {
    this.configure([], false)
    this.#retryAt = Number.POSITIVE_INFINITY
    this.#shared.context.deadlines.remove(this)
  }

  nextDeadline(): number {
    return this.#retryAt
  }

  expire(): void {
    this.#retryAt = Number.POSITIVE_INFINITY
    if (!this.#enabled) return
    for (const { rule, ports } of this.#running) if (rule.active) for (const port of ports) port.open()
  }

  #start(rule: InboundRule): Running {
    const counters = { sessions: 0, accepted: 0, refusedSource: 0, refusedRuleLimit: 0, refusedLimit: 0 }
    const ports: InboundPort[] = []
    const running: Running = { rule, ports, counters }
    for (let port = rule.hostPorts.from; port <= rule.hostPorts.to; port++) {
      ports.push(
        new InboundPort(
          this.#shared,
          () => running.rule,
          port,
          counters,
          () => this.#retryLater(),
        ),
      )
    }
    return running
  }

  #retryLater(): void {
    if (this.#retryAt !== Number.POSITIVE_INFINITY) return
    this.#retryAt = this.#shared.context.tcp.now + INBOUND_RETRY_MS
    this.#shared.context.deadlines.update(this)
  }
}
