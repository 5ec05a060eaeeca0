// Any frame as one line in the manner of tcpdump, for test failures, logs and a person watching. Total: any bytes get a
// line and none throws, which makes it the first target of the fuzz tests, since it calls every parser there is.

import { ARP_REQUEST, type ArpMessage, parseArp } from './arp.ts'
import { getU8, getU16 } from './bytes.ts'
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  type DhcpMessage,
  getIpv4Option,
  getTextOption,
  getU8Option,
  getU32Option,
  OPTION_HOST_NAME,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  OPTION_SERVER_ID,
  parseDhcp,
} from './dhcp.ts'
import { DNS_PORT, FLAG_RESPONSE, parseDnsHeader, parseDnsQuestion } from './dns.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_VLAN,
  getDestinationMac,
  getSourceMac,
} from './ethernet.ts'
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  parseIcmp,
  UNREACHABLE_FRAGMENTATION_NEEDED,
} from './icmpv4.ts'
import { type Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4Header } from './ipv4.ts'
import { ANY_IPV4, formatIpv4 } from './ipv4-address.ts'
import { formatMac } from './mac.ts'
import { COMPLETE, gsoSize, isChecksumUnfinished, isChecksumWaived, type Offload } from './offload.ts'
import { ACK, CWR, ECE, FIN, isTcpChecksumRight, PSH, parseTcp, RST, SYN, type TcpSegment, URG } from './tcp.ts'
import { isUdpChecksumRight, parseUdp } from './udp.ts'

/** IEEE 802.3: values up to here are a length, not a type. */
const LENGTH_FIELD_MAX = 1500
const VLAN_TAG_LEN = 4

export function describe(frame: Uint8Array, offload: Offload = COMPLETE): string {
  if (frame.length < ETHERNET_HEADER_LEN) return `truncated Ethernet header, length ${frame.length}`
  const addresses = `${formatMac(getSourceMac(frame))} > ${formatMac(getDestinationMac(frame))}`
  return `${addresses}, ${describePayload(frame, 12, offload)}${describeOffload(offload)}`
}

function describeOffload(offload: Offload): string {
  if (gsoSize(offload) !== 0) return ` (gso ${gsoSize(offload)})`
  return isChecksumUnfinished(offload) ? ' (checksum unfinished)' : ''
}

/** @param typeAt where the EtherType stands */
function describePayload(frame: Uint8Array, typeAt: number, offload: Offload): string {
  const etherType = getU16(frame, typeAt)
  const start = typeAt + 2
  const length = frame.length - start
  switch (etherType) {
    case ETHERTYPE_IPV4:
      return describeIpv4(frame, start, offload)
    case ETHERTYPE_ARP: {
      const message = parseArp(frame, start, frame.length)
      return message === undefined ? `ARP, malformed, length ${length}` : describeArp(message)
    }
    case ETHERTYPE_VLAN:
      // A second tag is not opened: the depth stays bounded.
      if (length < VLAN_TAG_LEN || typeAt > 12) return `vlan, malformed, length ${length}`
      return `vlan ${getU16(frame, start) & 0xfff}, ${describePayload(frame, typeAt + VLAN_TAG_LEN, offload)}`
    case ETHERTYPE_IPV6:
      return `IP6, length ${length}`
    default:
      return etherType <= LENGTH_FIELD_MAX
        ? `802.3, length ${length}`
        : `ethertype 0x${hexOf(etherType, 4)}, length ${length}`
  }
}

function describeArp(message: ArpMessage): string {
  const sender = formatIpv4(message.senderAddress)
  const target = formatIpv4(message.targetAddress)
  if (message.operation !== ARP_REQUEST) return `ARP, Reply ${sender} is-at ${formatMac(message.senderMac)}`
  if (message.senderAddress === ANY_IPV4) return `ARP, Probe ${target}`
  if (message.senderAddress === message.targetAddress) return `ARP, Announcement ${target}`
  return `ARP, Request who-has ${target} tell ${sender}`
}

function describeIpv4(frame: Uint8Array, start: number, offload: Offload): string {
  const header = parseIpv4Header(frame, start, frame.length)
  if (header === undefined) return `IP, malformed, length ${frame.length - start}`
  const { payloadStart, payloadEnd, protocol } = header
  const length = payloadEnd - payloadStart
  if (header.fragmentOffset !== 0 || header.moreFragments) {
    const range = `${header.fragmentOffset}-${header.fragmentOffset + length}${header.moreFragments ? '+' : ''}`
    return `IP ${route(header)} ${protocolName(protocol)}, fragment id ${header.identification}, bytes ${range}`
  }
  switch (protocol) {
    case PROTOCOL_TCP: {
      const segment = parseTcp(frame, payloadStart, payloadEnd)
      if (segment === undefined) break
      const isRight =
        isChecksumWaived(offload) ||
        isTcpChecksumRight(frame, payloadStart, payloadEnd, header.source, header.destination)
      const ports = route(header, segment.sourcePort, segment.destinationPort)
      return `IP ${ports} ${describeTcp(segment)}${isRight ? '' : ' [bad tcp cksum]'}`
    }
    case PROTOCOL_UDP: {
      const datagram = parseUdp(frame, payloadStart, payloadEnd)
      if (datagram === undefined) break
      const isRight =
        isChecksumWaived(offload) ||
        isUdpChecksumRight(frame, payloadStart, datagram, header.source, header.destination)
      const ports = [datagram.sourcePort, datagram.destinationPort] as const
      const what = describeDatagram(frame, datagram.payloadStart, datagram.payloadEnd, ports)
      return `IP ${route(header, ...ports)} ${what}${isRight ? '' : ' [bad udp cksum]'}`
    }
    case PROTOCOL_ICMP:
      return `IP ${route(header)} ${describeIcmp(frame, payloadStart, payloadEnd)}`
    default:
      return `IP ${route(header)} ${protocolName(protocol)}, length ${length}`
  }
  return `IP ${route(header)} ${protocolName(protocol)}, malformed, length ${length}`
}

function route(header: Ipv4Header, sourcePort?: number, destinationPort?: number): string {
  const port = (value: number | undefined): string => (value === undefined ? '' : `.${value}`)
  return `${formatIpv4(header.source)}${port(sourcePort)} > ${formatIpv4(header.destination)}${port(destinationPort)}:`
}

function protocolName(protocol: number): string {
  if (protocol === PROTOCOL_TCP) return 'TCP'
  if (protocol === PROTOCOL_UDP) return 'UDP'
  if (protocol === PROTOCOL_ICMP) return 'ICMP'
  return `protocol ${protocol}`
}

const TCP_FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [SYN, 'S'],
  [FIN, 'F'],
  [RST, 'R'],
  [PSH, 'P'],
  [URG, 'U'],
  [ECE, 'E'],
  [CWR, 'W'],
  [ACK, '.'],
]

function describeTcp(segment: TcpSegment): string {
  const letters = TCP_FLAG_LETTERS.map(([flag, letter]) => ((segment.flags & flag) === 0 ? '' : letter)).join('')
  const length = segment.payloadEnd - segment.payloadStart
  const seq = segment.seq >>> 0
  const parts = [`Flags [${letters === '' ? 'none' : letters}]`]
  parts.push(length === 0 ? `seq ${seq}` : `seq ${seq}:${(seq + length) >>> 0}`)
  if ((segment.flags & ACK) !== 0) parts.push(`ack ${segment.ack >>> 0}`)
  parts.push(`win ${segment.wnd}`)
  const options: string[] = []
  if (segment.mss !== 0) options.push(`mss ${segment.mss}`)
  if (segment.sackPermitted) options.push('sackOK')
  if (segment.hasTimestamps) options.push(`TS val ${segment.tsVal >>> 0} ecr ${segment.tsEcr >>> 0}`)
  if (segment.windowShift >= 0) options.push(`wscale ${segment.windowShift}`)
  const edges = segment.sackBlocks ?? []
  for (let index = 0; index + 1 < edges.length; index += 2) {
    options.push(`sack ${edges[index]! >>> 0}:${edges[index + 1]! >>> 0}`)
  }
  if (options.length > 0) parts.push(`options [${options.join(',')}]`)
  parts.push(`length ${length}`)
  return parts.join(', ')
}

function describeDatagram(bytes: Uint8Array, start: number, end: number, ports: readonly [number, number]): string {
  if (ports.includes(DNS_PORT)) return describeDns(bytes, start, end)
  if (ports.includes(DHCP_SERVER_PORT) || ports.includes(DHCP_CLIENT_PORT)) {
    const message = parseDhcp(bytes, start, end)
    return message === undefined ? `DHCP, malformed, length ${end - start}` : describeDhcp(message)
  }
  return `UDP, length ${end - start}`
}

const DHCP_TYPES = ['BOOTP', 'Discover', 'Offer', 'Request', 'Decline', 'ACK', 'NAK', 'Release', 'Inform']

function describeDhcp(message: DhcpMessage): string {
  const { options } = message
  const type = getU8Option(options, OPTION_MESSAGE_TYPE) ?? 0
  const parts = [
    `DHCP, ${DHCP_TYPES[type] ?? `type ${type}`}`,
    `xid 0x${hexOf(message.xid, 8)}`,
    `client ${formatMac(message.chaddr)}`,
  ]
  for (const field of ['ciaddr', 'yiaddr', 'giaddr'] as const) {
    if (message[field] !== ANY_IPV4) parts.push(`${field} ${formatIpv4(message[field])}`)
  }
  const requested = getIpv4Option(options, OPTION_REQUESTED_ADDRESS)
  if (requested !== undefined) parts.push(`requested ${formatIpv4(requested)}`)
  const server = getIpv4Option(options, OPTION_SERVER_ID)
  if (server !== undefined) parts.push(`server ${formatIpv4(server)}`)
  const lease = getU32Option(options, OPTION_LEASE_TIME)
  if (lease !== undefined) parts.push(`lease ${lease}`)
  const hostName = getTextOption(options, OPTION_HOST_NAME)
  // JSON leaves DEL, the C1 controls and invisible format characters as they are.
  if (hostName !== undefined) parts.push(`host ${JSON.stringify(hostName).replace(/[\p{Cc}\p{Cf}]/gu, '?')}`)
  return parts.join(', ')
}

const DNS_RCODES = ['NoError', 'FormErr', 'ServFail', 'NXDomain', 'NotImp', 'Refused']
const DNS_TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  65: 'HTTPS',
  255: 'ANY',
}

function describeDns(bytes: Uint8Array, start: number, end: number): string {
  const header = parseDnsHeader(bytes, start, end)
  if (header === undefined) return `DNS, malformed, length ${end - start}`
  const question = parseDnsQuestion(bytes, start, end)
  const asked =
    question === undefined ? '' : ` ${DNS_TYPES[question.type] ?? `TYPE${question.type}`}? ${question.name}.`
  if ((header.flags & FLAG_RESPONSE) === 0) return `DNS, ${header.id}${asked}, length ${end - start}`
  const rcode = header.flags & 15
  const counts = `${header.answerCount}/${header.authorityCount}/${header.additionalCount}`
  return `DNS, ${header.id} ${DNS_RCODES[rcode] ?? `rcode ${rcode}`}${asked} ${counts}, length ${end - start}`
}

const UNREACHABLE_CODES = ['net', 'host', 'protocol', 'port']

function describeIcmp(bytes: Uint8Array, start: number, end: number): string {
  const message = parseIcmp(bytes, start, end)
  if (message === undefined) return `ICMP, malformed, length ${end - start}`
  const { type, code, bodyStart, bodyEnd } = message
  const length = bodyEnd - bodyStart
  switch (type) {
    case ICMP_ECHO_REQUEST:
    case ICMP_ECHO_REPLY: {
      const kind = type === ICMP_ECHO_REQUEST ? 'request' : 'reply'
      return `ICMP, echo ${kind}, id ${message.identifier}, seq ${message.sequence}, length ${length}`
    }
    case ICMP_UNREACHABLE: {
      const reason =
        code === UNREACHABLE_FRAGMENTATION_NEEDED
          ? `fragmentation needed, mtu ${message.sequence}`
          : `${UNREACHABLE_CODES[code] ?? `code ${code}`} unreachable`
      return `ICMP, ${reason}${describeQuoted(bytes, bodyStart, bodyEnd)}, length ${length}`
    }
    case ICMP_TIME_EXCEEDED:
      return `ICMP, time exceeded${describeQuoted(bytes, bodyStart, bodyEnd)}, length ${length}`
    default:
      return `ICMP, type ${type}, code ${code}, length ${length}`
  }
}

/** An error quotes the packet it is about, cut short: only its addresses and ports are looked at. */
function describeQuoted(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < 20 || getU8(bytes, start) >>> 4 !== 4) return ''
  const octets = (at: number): string => bytes.subarray(at, at + 4).join('.')
  const protocol = getU8(bytes, start + 9)
  const transport = start + (getU8(bytes, start) & 15) * 4
  const hasPorts = (protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) && transport + 4 <= end
  const port = (at: number): string => (hasPorts ? `.${getU16(bytes, at)}` : '')
  const from = `${octets(start + 12)}${port(transport)}`
  const to = `${octets(start + 16)}${port(transport + 2)}`
  return ` (${protocolName(protocol)} ${from} > ${to})`
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
