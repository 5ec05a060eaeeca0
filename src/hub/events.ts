// What a hub tells its owner about: what its security log wants to know (behaviour reference 4.2).
// Called synchronously from within a frame's way through the hub; must not call back into it.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

/** A DHCPACK passed through the hub. */
export interface DhcpAllocation {
  readonly serverSession: string
  readonly serverMac: MacAddress
  readonly serverAddress: Ipv4Address
  readonly clientSession: string
  readonly clientMac: MacAddress
  readonly address: Ipv4Address
}

/** Policies whose drops the original writes to the log. */
export type LoggedPolicy =
  | 'dhcpForce'
  | 'noServer'
  | 'dhcpNoServer'
  | 'noBridge'
  | 'maxMac'
  | 'noRouting'
  | 'maxIp'
  | 'checkIp'
  | 'broadcastLimiter'

/** A frame that a policy kept out of the hub. Told at most so often per session as POLICY_EVENTS_PER_SECOND says. */
export interface PolicyDrop {
  readonly policy: LoggedPolicy
  readonly sessionName: string
  readonly macAddress: MacAddress
  /** The packet's source; 0 when it has none. */
  readonly address: Ipv4Address
}

export interface HubEvents {
  dhcpAllocated(allocation: DhcpAllocation): void
  policyDropped(drop: PolicyDrop): void
}
