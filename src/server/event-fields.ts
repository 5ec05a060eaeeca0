// An event of the bus as plain fields, for everything that shows events as JSON: names and units stay as they are, addresses
// become text. A new event is one more row here; the compiler asks for it.

import type { FlowEndpoints } from '../nat/rows.ts'
import type { DhcpLeaseRow, SecureNatEvents } from '../securenat/events.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { formatMac } from '../wire/mac.ts'
import type { HubEvent, SecureNatEvent, ServerEvent } from './event-bus.ts'
import type { Fields, Level } from './log.ts'

type Rows = {
  readonly [Name in keyof SecureNatEvents]: (...args: Parameters<SecureNatEvents[Name]>) => Fields
}

const SECURENAT_FIELDS: Rows = {
  tcpSessionCreated: session,
  tcpConnectSucceeded: session,
  tcpConnectFailed: session,
  tcpSessionDeleted: (id) => ({ session: id }),
  udpSessionCreated: session,
  udpSessionDeleted: (id) => ({ session: id }),
  flowRefused: (protocol, flow) => ({ protocol, ...endpoints(flow) }),
  limitReached: (limit, guest) => ({ limit, ip: formatIpv4(guest) }),
  addressConflict: host,
  loopDetected: (protocol, flow, networkInterface) => ({ protocol, ...endpoints(flow), interface: networkInterface }),
  dhcpEntryCreated: (entry, leaseSeconds) => ({ ...lease(entry), leaseSeconds }),
  dhcpEntryEnded: (entry, reason) => ({ ...lease(entry), reason }),
  dhcpAddressInUse: host,
  dhcpAddressDeclined: (ip, mac, quarantineSeconds) => ({ ...host(ip, mac), quarantineSeconds }),
  dhcpPoolExhausted: (refused) => ({ refused }),
  dhcpOtherServerHeard: host,
  dnsLimitReached: (guest) => ({ ip: formatIpv4(guest) }),
}

/** Those that are not `info`. */
const LEVELS: Readonly<Partial<Record<HubEvent['type'], Level>>> = {
  policyDropped: 'warn',
  flowRefused: 'warn',
  limitReached: 'warn',
  addressConflict: 'warn',
  loopDetected: 'error',
  dhcpAddressInUse: 'warn',
  dhcpAddressDeclined: 'warn',
  dhcpPoolExhausted: 'warn',
  dhcpOtherServerHeard: 'warn',
  dnsLimitReached: 'warn',
}

export function eventLevel(event: HubEvent | ServerEvent): Level {
  if (event.type === 'serverLine') return event.level
  return LEVELS[event.type as HubEvent['type']] ?? 'info'
}

/** What SecureNAT does for guests, as against what administrators and links do. */
export function isSecureNatEvent(event: HubEvent | ServerEvent): event is SecureNatEvent {
  return 'args' in event
}

/** Without the name of the hub and the type. */
export function eventFields(event: HubEvent | ServerEvent): Fields {
  if (isSecureNatEvent(event)) return (SECURENAT_FIELDS[event.type] as (...args: unknown[]) => Fields)(...event.args)
  switch (event.type) {
    case 'secureNatStarted':
      return { sessionName: event.session }
    case 'sessionAttached':
    case 'sessionDetached':
      return { sessionName: event.session, user: event.identity.userName, peer: event.identity.hostName }
    case 'dhcpAllocated': {
      const { serverSession, serverMac, serverAddress, clientSession, clientMac, address } = event.allocation
      const server = { serverSession, serverMac: formatMac(serverMac), serverIp: formatIpv4(serverAddress) }
      return { ...server, clientSession, ...host(address, clientMac) }
    }
    case 'policyDropped': {
      const { policy, sessionName, macAddress, address } = event.drop
      return { policy, sessionName, ...host(address, macAddress) }
    }
    case 'administration':
      return {
        change: event.change,
        connection: event.connection,
        ...(event.subjects.length > 0 && { subject: event.subjects.join(' → ') }),
      }
    case 'securityLine':
    case 'serverLine':
      return { text: event.line }
    case 'hubAdded':
    case 'hubRemoved':
      return { hub: event.name }
    default:
      return {}
  }
}

function session(id: number, flow: FlowEndpoints): Fields {
  return { session: id, ...endpoints(flow) }
}

function endpoints(flow: FlowEndpoints): Fields {
  return {
    source: `${formatIpv4(flow.internalAddress)}:${flow.internalPort}`,
    destination: `${formatIpv4(flow.destinationAddress)}:${flow.destinationPort}`,
  }
}

function lease({ id, macAddress, ipAddress, hostName }: DhcpLeaseRow): Fields {
  return { entry: id, ...host(ipAddress, macAddress), hostName }
}

function host(ipAddress: Ipv4Address, macAddress: MacAddress | undefined): Fields {
  const ip = formatIpv4(ipAddress)
  return macAddress === undefined ? { ip } : { ip, mac: formatMac(macAddress) }
}
