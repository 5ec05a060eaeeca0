// What a DHCP reply says and where it goes: options in the order the client asks for, else in the original's (RFC 2131
// table 3, RFC 2132), the size the client can take, and the addressing rules of RFC 2131 section 4.1. Pure; which address to give is dhcp-server.ts's.

import {
  BOOTREPLY,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPNAK,
  type DhcpMessage,
  type DhcpOptionMap,
  type DhcpRoute,
  dhcpLength,
  FLAG_BROADCAST,
  getTextOption,
  getU16Option,
  OPTION_BOOT_FILE,
  OPTION_BROADCAST_ADDRESS,
  OPTION_CLASSLESS_ROUTES,
  OPTION_CLASSLESS_ROUTES_MICROSOFT,
  OPTION_CLIENT_ID,
  OPTION_DNS_SERVER,
  OPTION_DOMAIN_NAME,
  OPTION_HOST_NAME,
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
  OPTION_TFTP_SERVER,
  setIpv4sOption,
  setRoutesOption,
  setTextOption,
  setU8Option,
  setU16Option,
  setU32Option,
} from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, broadcastOf, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'
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
/** Fields of the message, RFC 2131 section 2. */
const SNAME_LEN = 64
const FILE_LEN = 128
/** RFC 2132 section 9.10: no client may ask for less. Counted with the IP and UDP headers. */
const MESSAGE_SIZE_MIN = 576
const IP_AND_UDP_LEN = 28

/**
 * The answer to an accepted request. `yiaddr` 0 makes it the answer to an INFORM: without any lease times.
 * @param hostName the name reserved for this client, or empty
 */
export function acceptingReply(
  settings: DhcpSettings,
  request: DhcpMessage,
  type: number,
  yiaddr: Ipv4Address,
  hostName = '',
): DhcpMessage {
  const { host, options } = settings
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
  const configured = configuredOptions(settings, hostName)
  // RFC 2132 section 9.8: in the order in which the client asks; what it does not ask for comes after.
  for (const code of request.options.get(OPTION_PARAMETER_LIST) ?? []) {
    const data = configured.get(code)
    if (data !== undefined) out.set(code, data)
  }
  for (const [code, data] of configured) if (!out.has(code)) out.set(code, data)
  nameBootServer(reply, configured)
  echoOptions(request, out)
  return reply
}

/** What the settings say, in the original's order. */
function configuredOptions({ mtu, options }: DhcpSettings, hostName: string): DhcpOptionMap {
  const out: DhcpOptionMap = new Map()
  const dnsServers = [options.dnsServer1, options.dnsServer2].filter((address) => address !== ANY_IPV4)
  // R48: a client that is given no DNS server keeps its own, and then a suffix of ours would not belong to it.
  if (options.domainName !== '' && dnsServers.length > 0) setTextOption(out, OPTION_DOMAIN_NAME, options.domainName)
  setIpv4sOption(out, OPTION_SUBNET_MASK, options.subnetMask)
  setIpv4sOption(out, OPTION_BROADCAST_ADDRESS, broadcastOf(options.leaseStart, options.subnetMask))
  if (options.gateway !== ANY_IPV4) setIpv4sOption(out, OPTION_ROUTER, options.gateway)
  if (dnsServers.length > 0) setIpv4sOption(out, OPTION_DNS_SERVER, ...dnsServers)
  if (hostName !== '') setTextOption(out, OPTION_HOST_NAME, hostName)
  if (mtu !== USUAL_MTU && mtu >= MTU_OPTION_MIN) setU16Option(out, OPTION_INTERFACE_MTU, mtu)
  for (const { code, data } of options.extraOptions) out.set(code, data)
  if (options.pushRoutes.length > 0) {
    const routes = withDefaultRoute(options)
    setRoutesOption(out, OPTION_CLASSLESS_ROUTES, routes)
    setRoutesOption(out, OPTION_CLASSLESS_ROUTES_MICROSOFT, routes)
  }
  return out
}

/** RFC 3442: a client that takes option 121 ignores option 3, so the gateway has to be among the routes. */
function withDefaultRoute({ gateway, pushRoutes }: DhcpOptions): readonly DhcpRoute[] {
  if (gateway === ANY_IPV4 || pushRoutes.some(({ mask }) => mask === ANY_IPV4)) return pushRoutes
  return [...pushRoutes, { network: ANY_IPV4, mask: ANY_IPV4, gateway }]
}

/** Boot firmware older than options 66 and 67 reads the fields of BOOTP. */
function nameBootServer(reply: DhcpMessage, configured: DhcpOptionMap): void {
  const server = getTextOption(configured, OPTION_TFTP_SERVER)
  const file = getTextOption(configured, OPTION_BOOT_FILE)
  const isField = (text: string, fieldLen: number): boolean => text.length < fieldLen && /^[\x20-\x7e]+$/.test(text)
  if (server !== undefined) {
    reply.siaddr = parseIpv4(server) ?? reply.siaddr
    if (isField(server, SNAME_LEN)) reply.sname = server
  }
  if (file !== undefined && isField(file, FILE_LEN)) reply.file = file
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

/** Never left out: without them there is no lease, or no network. */
const INDISPENSABLE: ReadonlySet<number> = new Set([
  ...[OPTION_MESSAGE_TYPE, OPTION_SERVER_ID, OPTION_LEASE_TIME, OPTION_RENEWAL_TIME, OPTION_REBINDING_TIME],
  ...[OPTION_SUBNET_MASK, OPTION_BROADCAST_ADDRESS, OPTION_ROUTER, OPTION_DNS_SERVER, OPTION_DOMAIN_NAME],
  ...[OPTION_HOST_NAME, OPTION_INTERFACE_MTU, OPTION_CLIENT_ID, OPTION_RELAY_AGENT],
  ...[OPTION_CLASSLESS_ROUTES, OPTION_CLASSLESS_ROUTES_MICROSOFT],
])

/**
 * Makes a reply fit what the client can take, by leaving out options: the routes in the form it did not ask for, then
 * what it did not ask for, then what it asked for last, then the routes. A client that names no size is spared only the
 * first two, and gets the rest in fragments if it must be.
 * @returns the number of options left out
 */
export function fitReply(reply: DhcpMessage, request: DhcpMessage, mtu: number): number {
  const named = getU16Option(request.options, OPTION_MAX_MESSAGE_SIZE)
  const lengthMax = (named === undefined ? mtu : Math.max(named, MESSAGE_SIZE_MIN)) - IP_AND_UDP_LEN
  if (dhcpLength(reply) <= lengthMax) return 0
  const asked = new Set(request.options.get(OPTION_PARAMETER_LIST))
  const prefersMicrosoft = asked.has(OPTION_CLASSLESS_ROUTES_MICROSOFT) && !asked.has(OPTION_CLASSLESS_ROUTES)
  const routes = [OPTION_CLASSLESS_ROUTES, OPTION_CLASSLESS_ROUTES_MICROSOFT]
  if (!prefersMicrosoft) routes.reverse()
  const extras = [...reply.options.keys()].filter((code) => !INDISPENSABLE.has(code)).reverse()
  const unasked = extras.filter((code) => !asked.has(code))
  const others = named === undefined ? [] : [...extras.filter((code) => asked.has(code)), routes[1]!]
  let left = 0
  for (const code of [routes[0]!, ...unasked, ...others]) {
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
