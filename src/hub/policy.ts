// What a user may do on a hub: SoftEther's security policy, with its names and defaults (protocol reference 8.2).
// A policy belongs to a user or group and acts on the hub port of that user's session; SecureNAT, TAP devices and QEMU
// machines have none.

export interface Policy {
  /** May log in at all. */
  readonly access: boolean
  readonly dhcpFilter: boolean
  readonly dhcpNoServer: boolean
  readonly dhcpForce: boolean
  readonly noBridge: boolean
  readonly noRouting: boolean
  readonly privacyFilter: boolean
  readonly noServer: boolean
  readonly checkMac: boolean
  readonly checkIp: boolean
  readonly arpDhcpOnly: boolean
  readonly monitorPort: boolean
  readonly noBroadcastLimiter: boolean
  readonly fixPassword: boolean
  readonly noQos: boolean
  readonly rsAndRaFilter: boolean
  readonly raFilter: boolean
  readonly dhcpV6Filter: boolean
  readonly dhcpV6NoServer: boolean
  readonly noRoutingV6: boolean
  readonly checkIpV6: boolean
  readonly noServerV6: boolean
  readonly noSavePassword: boolean
  readonly filterIpV4: boolean
  readonly filterIpV6: boolean
  readonly filterNonIp: boolean
  readonly noIpV6DefaultRouterInRa: boolean
  readonly noIpV6DefaultRouterInRaWhenIpV6: boolean
  /** TCP connections of one session, 1–32. */
  readonly maxConnection: number
  /** Seconds, 5–60. */
  readonly timeOut: number
  /** 0: no limit; so for the next ones. */
  readonly maxMac: number
  readonly maxIp: number
  readonly maxIpV6: number
  /** Bit/s. */
  readonly maxUpload: number
  readonly maxDownload: number
  /** Sessions of one user at a time. */
  readonly multiLogins: number
  /** Seconds after which a session ends; 0: never. */
  readonly autoDisconnect: number
  /** 802.1Q identifier, 0: none. */
  readonly vlanId: number
}

export const DEFAULT_POLICY: Policy = {
  access: true,
  dhcpFilter: false,
  dhcpNoServer: false,
  dhcpForce: false,
  noBridge: false,
  noRouting: false,
  privacyFilter: false,
  noServer: false,
  checkMac: false,
  checkIp: false,
  arpDhcpOnly: false,
  monitorPort: false,
  noBroadcastLimiter: false,
  fixPassword: false,
  noQos: false,
  rsAndRaFilter: false,
  raFilter: false,
  dhcpV6Filter: false,
  dhcpV6NoServer: false,
  noRoutingV6: false,
  checkIpV6: false,
  noServerV6: false,
  noSavePassword: false,
  filterIpV4: false,
  filterIpV6: false,
  filterNonIp: false,
  noIpV6DefaultRouterInRa: false,
  noIpV6DefaultRouterInRaWhenIpV6: false,
  maxConnection: 32,
  timeOut: 20,
  maxMac: 0,
  maxIp: 0,
  maxIpV6: 0,
  maxUpload: 0,
  maxDownload: 0,
  multiLogins: 0,
  autoDisconnect: 0,
  vlanId: 0,
}
