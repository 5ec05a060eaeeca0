// What happens in a server, told to whoever wants to know: the event log and the administrators who watch (doors/event-feed.ts).
//
// Emitting is synchronous and on the path of packets: a subscriber takes note and returns, and never throws. Values are the core's own
// (addresses as numbers); who shows them makes text of them. While nobody listens nothing is made at all.

import type { AdministrationChange } from '../admin/administration-change.ts'
import type { DhcpAllocation, PolicyDrop } from '../hub/events.ts'
import type { PortIdentity } from '../hub/port.ts'
import type { SecureNatEvents } from '../securenat/events.ts'
import type { Level } from './log.ts'

/** One event of a SecureNAT: the callback's name and what it was called with. */
export type SecureNatEvent = {
  readonly [Name in keyof SecureNatEvents]: { readonly type: Name; readonly args: Parameters<SecureNatEvents[Name]> }
}[keyof SecureNatEvents]

export type HubEvent =
  | SecureNatEvent
  | { readonly type: 'secureNatStarted'; readonly session: string }
  | { readonly type: 'secureNatStopped' }
  | { readonly type: 'sessionAttached' | 'sessionDetached'; readonly session: string; readonly identity: PortIdentity }
  | { readonly type: 'dhcpAllocated'; readonly allocation: DhcpAllocation }
  | { readonly type: 'policyDropped'; readonly drop: PolicyDrop }
  /** `connection` is the administration connection, `RPC-3`; the subjects are what was changed. */
  | {
      readonly type: 'administration'
      readonly change: AdministrationChange
      readonly connection: string
      readonly subjects: readonly (string | number)[]
    }
  /** A line of the hub's security log, as it was written but for the time. */
  | { readonly type: 'securityLine'; readonly line: string }

export type ServerEvent =
  | { readonly type: 'hubAdded' | 'hubRemoved'; readonly name: string }
  /** A line of the server's own log. */
  | { readonly type: 'serverLine'; readonly level: Level; readonly line: string }

/** @param hub its name; `undefined` with the events of the server as a whole */
export type Subscriber = (event: HubEvent | ServerEvent, hub: string | undefined) => void

export class EventBus {
  /** Replaced, never changed: a subscriber may leave while it is told something. */
  #subscribers: readonly Subscriber[] = []

  /** Ask before making an event. */
  get isWatched(): boolean {
    return this.#subscribers.length > 0
  }

  /** @returns what ends it */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers = [...this.#subscribers, subscriber]
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
    }
  }

  emitHub(hub: string, event: HubEvent): void {
    for (const subscriber of this.#subscribers) subscriber(event, hub)
  }

  emit(event: ServerEvent): void {
    for (const subscriber of this.#subscribers) subscriber(event, undefined)
  }
}

/** A new event of a SecureNAT is one more name here. */
const SECURENAT_EVENTS: Readonly<Record<keyof SecureNatEvents, true>> = {
  tcpSessionCreated: true,
  tcpConnectSucceeded: true,
  tcpConnectFailed: true,
  tcpSessionDeleted: true,
  udpSessionCreated: true,
  udpSessionDeleted: true,
  flowRefused: true,
  limitReached: true,
  addressConflict: true,
  loopDetected: true,
  dhcpEntryCreated: true,
  dhcpEntryEnded: true,
  dhcpAddressInUse: true,
  dhcpAddressDeclined: true,
  dhcpPoolExhausted: true,
  dhcpOtherServerHeard: true,
  dnsLimitReached: true,
}

/** The callbacks of one hub's SecureNAT, told first to its security log and then to the bus. */
export function secureNatEventsOf(hub: string, log: SecureNatEvents, bus: EventBus): SecureNatEvents {
  const names = Object.keys(SECURENAT_EVENTS) as (keyof SecureNatEvents)[]
  return Object.fromEntries(
    names.map((type) => [
      type,
      (...args: never[]) => {
        ;(log[type] as (...args: never[]) => void).apply(log, args)
        if (bus.isWatched) bus.emitHub(hub, { type, args } as unknown as SecureNatEvent)
      },
    ]),
  ) as unknown as SecureNatEvents
}
