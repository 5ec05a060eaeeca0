// The settings of one hub's SecureNAT, and their defaults (the manual's, R15–R21 and R37–R42).
// Checking them is server/config's: by the time they arrive here they are sound.

import type { EgressOptions } from '../nat/egress.ts'
import type { InboundRule } from '../nat/inbound-rule.ts'
import { DEFAULT_NAT_LIMITS, type NatLimits } from '../nat/limits.ts'
import type { DiscoveryMode, IcmpMode, UdpFiltering } from '../nat/settings.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ANY_IPV4, ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { DhcpExtraOption } from './dhcp-extra-options.ts'
import { type DnsOptions, defaultDnsOptions } from './dns/options.ts'

/** A route pushed to DHCP clients (RFC 3442). */
export interface PushedRoute {
  network: Ipv4Address
  mask: Ipv4Address
  gateway: Ipv4Address
}

/** An address set aside for one client. Who that is, one of these says: client identifier, hardware address or host name. */
export interface DhcpReservation {
  readonly ipAddress: Ipv4Address
  readonly macAddress?: MacAddress
  /** Option 61 in lower-case hexadecimal digits. */
  readonly clientId?: string
  /** Alone it says who; beside one of the others it is the name that the client is given. */
  readonly hostName?: string
}

export interface VirtualHostOptions {
  macAddress: MacAddress
  ipAddress: Ipv4Address
  subnetMask: Ipv4Address
  /** Broadcasts that keep MAC tables and neighbours fresh, as the original sends every 5 seconds; 0: none. */
  beaconSeconds: number
}

export interface NatOptions {
  enabled: boolean
  /** Largest IP packet on the virtual side, bytes. */
  mtu: number
  tcpTimeoutSeconds: number
  udpTimeoutSeconds: number
  udpFiltering: UdpFiltering
  discovery: DiscoveryMode
  icmp: IcmpMode
  limits: Readonly<NatLimits>
}

export interface DhcpOptions {
  enabled: boolean
  leaseStart: Ipv4Address
  leaseEnd: Ipv4Address
  subnetMask: Ipv4Address
  leaseSeconds: number
  /** 0.0.0.0: the option is not sent (R48); so for the DNS servers. */
  gateway: Ipv4Address
  dnsServer1: Ipv4Address
  dnsServer2: Ipv4Address
  /** Empty: the option is not sent. */
  domainName: string
  pushRoutes: readonly PushedRoute[]
  reservations: readonly DhcpReservation[]
  /** Options by number, one of each. */
  extraOptions: readonly DhcpExtraOption[]
}

export interface SecureNatOptions {
  host: VirtualHostOptions
  nat: NatOptions
  dhcp: DhcpOptions
  egress: EgressOptions
  dns: DnsOptions
  inbound: readonly InboundRule[]
  /** Write NAT and DHCP operations to the hub's security log. */
  saveLog: boolean
}

/** The fixed part of an address that SecureNAT invents for itself (R15); four random bytes follow. */
export const MAC_PREFIX = 0x00ac

export const MTU_RANGE = { min: 62, max: 65520 } as const
export const TCP_TIMEOUT_RANGE = { min: 60, max: 2_000_000 } as const
export const UDP_TIMEOUT_RANGE = { min: 10, max: 2_000_000 } as const
export const LEASE_SECONDS_RANGE = { min: 15, max: 2_000_000 } as const
export const BEACON_SECONDS_RANGE = { min: 0, max: 3600 } as const
export const PUSH_ROUTES_MAX = 64
export const RESERVATIONS_MAX = 4096
export const EGRESS_RULES_MAX = 256
/** Of each of the NAT's limits. The stack holds no more connections (CONNECTION_LIMIT). */
export const NAT_LIMIT_RANGE = { min: 1, max: 65_536 } as const

/** @param randomUint32 an unsigned 32-bit random number */
export function randomMac(randomUint32: number): MacAddress {
  return (MAC_PREFIX * 0x1_0000_0000 + randomUint32) as MacAddress
}

export function defaultOptions(macAddress: MacAddress, domainName = ''): SecureNatOptions {
  return {
    host: { macAddress, ipAddress: ipv4('192.168.30.1'), subnetMask: ipv4('255.255.255.0'), beaconSeconds: 0 },
    nat: {
      enabled: true,
      mtu: 1500,
      tcpTimeoutSeconds: 7200,
      udpTimeoutSeconds: 600,
      udpFiltering: 'endpointIndependent',
      discovery: 'off',
      icmp: 'auto',
      limits: DEFAULT_NAT_LIMITS,
    },
    dhcp: {
      enabled: true,
      leaseStart: ipv4('192.168.30.10'),
      leaseEnd: ipv4('192.168.30.200'),
      subnetMask: ipv4('255.255.255.0'),
      leaseSeconds: 7200,
      gateway: ipv4('192.168.30.1'),
      dnsServer1: ipv4('192.168.30.1'),
      dnsServer2: ANY_IPV4,
      domainName,
      pushRoutes: [],
      reservations: [],
      extraOptions: [],
    },
    egress: { rules: [] },
    dns: defaultDnsOptions(),
    inbound: [],
    saveLog: true,
  }
}
