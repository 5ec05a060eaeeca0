// What a DHCP reply says and where it goes: options in the original's order (RFC 2131 table 3, RFC 2132), the size the
// client can take, and the addressing rules of RFC 2131 section 4.1. Pure; which address to give is dhcp-server.ts's.

import {
  BOOTREPLY,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPNAK,
  type DhcpMessage,
  type DhcpOptionMap,
  dhcpLength,
  FLAG_BROADCAST,
  getU16Option,
  OPTION_BROADCAST_ADDRESS,
  OPTION_CLASSLESS_ROUTES,
  OPTION_CLASSLESS_ROUTES_MICROSOFT,
  OPTION_CLIENT_ID,
  OPTION_DNS_SERVER,
  OPTION_DOMAIN_NAME,
  OPTION_INTERFACE_MTU,
  OPTION_LEASE_TIME,
  OPTION_MAX_MESSAGE_SIZE,
  OPTION_MESSAGE_TYPE,
  OPTION_PARAMETER_LIST,
  OPTION_REBINDING_TIME,
  OPTION_RELAY_AGENT,
  OPTION_RENEWAL_TIME,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  OPTION_SUBNET_MASK,
  setIpv4sOption,
  setRoutesOption,
  setTextOption,
  setU8Option,
  setU16Option,
  setU32Option,
} from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, broadcastOf, type Ipv4Address } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import type { DhcpOptions, VirtualHostOptions } from './options.ts'

export interface DhcpReply {
  message: DhcpMessage
  destinationMac: MacAddress
  destinationAddress: Ipv4Address
  destinationPort: number
}

/** Where a request came from: addresses of its frame and packet, not of the message. */
export interface DhcpSource {
  mac: MacAddress
  address: Ipv4Address
  destination: Ipv4Address
}

export interface DhcpSettings {
  host: VirtualHostOptions
  /** Of the virtual side, bytes. */
  mtu: number
  options: DhcpOptions
}

/** What clients assume without option 26, and the least the option can say (RFC 2132 section 5.1). */
const USUAL_MTU = 1500
const MTU_OPTION_MIN = 68
/** RFC 2132 section 9.10: no client may ask for less. Counted with the IP and UDP headers. */
const MESSAGE_SIZE_MIN = 576
const IP_AND_UDP_LEN = 28

/** The answer to an accepted request. `yiaddr` 0 makes it the answer to an INFORM: without any lease times. */
export function acceptingReply(
  settings: DhcpSettings,
  request: DhcpMessage,
  type: number,
  yiaddr: Ipv4Address,
): DhcpMessage {
  const { host, mtu, options } = settings
  const reply = replyTo(request, host, type)
  reply.yiaddr = yiaddr
  reply.siaddr = host.ipAddress
  // Table 3: only an ACK repeats ciaddr.
  if (type === DHCPACK) reply.ciaddr = request.ciaddr
  const out = reply.options
  if (yiaddr !== ANY_IPV4) {
    setU32Option(out, OPTION_LEASE_TIME, options.leaseSeconds)
    setU32Option(out, OPTION_RENEWAL_TIME, Math.floor(options.leaseSeconds / 2))
    setU32Option(out, OPTION_REBINDING_TIME, Math.floor((options.leaseSeconds * 7) / 8))
  }
  const dnsServers = [options.dnsServer1, options.dnsServer2].filter((address) => address !== ANY_IPV4)
  // R48: a client that is given no DNS server keeps its own, and then a suffix of ours would not belong to it.
  if (options.domainName !== '' && dnsServers.length > 0) setTextOption(out, OPTION_DOMAIN_NAME, options.domainName)
  setIpv4sOption(out, OPTION_SUBNET_MASK, options.subnetMask)
  setIpv4sOption(out, OPTION_BROADCAST_ADDRESS, broadcastOf(options.leaseStart, options.subnetMask))
  if (options.gateway !== ANY_IPV4) setIpv4sOption(out, OPTION_ROUTER, options.gateway)
  if (dnsServers.length > 0) setIpv4sOption(out, OPTION_DNS_SERVER, ...dnsServers)
  if (mtu !== USUAL_MTU && mtu >= MTU_OPTION_MIN) setU16Option(out, OPTION_INTERFACE_MTU, mtu)
  if (options.pushRoutes.length > 0) {
    setRoutesOption(out, OPTION_CLASSLESS_ROUTES, options.pushRoutes)
    setRoutesOption(out, OPTION_CLASSLESS_ROUTES_MICROSOFT, options.pushRoutes)
  }
  echoOptions(request, out)
  return reply
}

export function refusingReply(settings: DhcpSettings, request: DhcpMessage): DhcpMessage {
  const reply = replyTo(request, settings.host, DHCPNAK)
  // A relay must broadcast a NAK: the client's address is in doubt (RFC 2131 section 4.3.2).
  if (request.giaddr !== ANY_IPV4) reply.flags |= FLAG_BROADCAST
  echoOptions(request, reply.options)
  return reply
}

function replyTo(request: DhcpMessage, host: VirtualHostOptions, type: number): DhcpMessage {
  const options: DhcpOptionMap = new Map()
  setU8Option(options, OPTION_MESSAGE_TYPE, type)
  setIpv4sOption(options, OPTION_SERVER_ID, host.ipAddress)
  return {
    op: BOOTREPLY,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags & FLAG_BROADCAST,
    ciaddr: ANY_IPV4,
    yiaddr: ANY_IPV4,
    siaddr: ANY_IPV4,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: '',
    file: '',
    options,
  }
}

/** RFC 6842: the client identifier comes back; RFC 3046 section 2.2: so does the relay's option, as the last one. */
function echoOptions(request: DhcpMessage, into: DhcpOptionMap): void {
  for (const code of [OPTION_CLIENT_ID, OPTION_RELAY_AGENT]) {
    const data = request.options.get(code)
    if (data !== undefined) into.set(code, data)
  }
}

/**
 * Makes a reply fit what the client can take, by leaving out routes: the form it did not ask for first.
 * A client that names no size gets one form at least, in fragments if it must be.
 * @returns the number of options left out
 */
export function fitReply(reply: DhcpMessage, request: DhcpMessage, mtu: number): number {
  const named = getU16Option(request.options, OPTION_MAX_MESSAGE_SIZE)
  const lengthMax = (named === undefined ? mtu : Math.max(named, MESSAGE_SIZE_MIN)) - IP_AND_UDP_LEN
  const asked = request.options.get(OPTION_PARAMETER_LIST)
  const prefersMicrosoft =
    asked?.includes(OPTION_CLASSLESS_ROUTES_MICROSOFT) === true && !asked.includes(OPTION_CLASSLESS_ROUTES)
  const first = prefersMicrosoft ? OPTION_CLASSLESS_ROUTES : OPTION_CLASSLESS_ROUTES_MICROSOFT
  const second = prefersMicrosoft ? OPTION_CLASSLESS_ROUTES_MICROSOFT : OPTION_CLASSLESS_ROUTES
  let left = 0
  for (const code of named === undefined ? [first] : [first, second]) {
    if (dhcpLength(reply) > lengthMax && reply.options.delete(code)) left += 1
  }
  return left
}

/** RFC 2131 section 4.1: to the relay; else to an address the client has; else as its broadcast flag says. */
export function addressReply(message: DhcpMessage, request: DhcpMessage, source: DhcpSource): DhcpReply {
  if (request.giaddr !== ANY_IPV4) {
    return {
      message,
      destinationMac: source.mac,
      destinationAddress: request.giaddr,
      destinationPort: DHCP_SERVER_PORT,
    }
  }
  const type = message.options.get(OPTION_MESSAGE_TYPE)?.[0]
  const toClient = (destinationMac: MacAddress, destinationAddress: Ipv4Address): DhcpReply => ({
    message,
    destinationMac,
    destinationAddress,
    destinationPort: DHCP_CLIENT_PORT,
  })
  if (type !== DHCPNAK) {
    if (request.ciaddr !== ANY_IPV4) return toClient(source.mac, request.ciaddr)
    // An INFORM without ciaddr breaks table 5, but its sender has an address all the same.
    if (message.yiaddr === ANY_IPV4 && source.address !== ANY_IPV4) return toClient(source.mac, source.address)
    // The client does not answer ARP for yiaddr yet: the frame is addressed by chaddr, without asking.
    if (message.yiaddr !== ANY_IPV4 && (request.flags & FLAG_BROADCAST) === 0) {
      return toClient(message.chaddr, message.yiaddr)
    }
  }
  return toClient(BROADCAST_MAC, BROADCAST_IPV4)
}
