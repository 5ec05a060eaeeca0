// Waits for an interface and asks for a lease as soon as there is one: DISCOVER every 20 ms, then REQUEST. Prints the
// lease and the moment of its ACK on the machine's monotonic clock, which all processes share.

import { randomBytes } from 'node:crypto'
import { addressOf } from '../../src/os/libc.ts'
import { bringUp, interfaceMac } from '../../src/os/network-interface.ts'
import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPDISCOVER,
  DHCPOFFER,
  DHCPREQUEST,
  type DhcpMessage,
  dhcpLength,
  emitDhcp,
  FLAG_BROADCAST,
  getIpv4Option,
  getU8Option,
  OPTION_DNS_SERVER,
  OPTION_INTERFACE_MTU,
  OPTION_MESSAGE_TYPE,
  OPTION_PARAMETER_LIST,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  OPTION_SUBNET_MASK,
  parseDhcp,
  setIpv4sOption,
  setU8Option,
} from '../../src/wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, emitEthernet } from '../../src/wire/ethernet.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_UDP, parseIpv4Header } from '../../src/wire/ipv4.ts'
import { ANY_IPV4, BROADCAST_IPV4, formatIpv4, prefixLength } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../../src/wire/mac.ts'
import { emitUdp, parseUdp, UDP_HEADER_LEN } from '../../src/wire/udp.ts'
import { EPOLLIN, Epoll, interfaceIndex, packetSocket, read, sleepMicroseconds, write } from './calls.ts'
import { monotonicMs } from './clock.ts'

const REPEAT_MS = 20
const PAYLOAD_AT = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN

export interface FirstLease {
  /** `process.hrtime` in milliseconds. */
  at: number
  address: string
  prefix: number
  gateway: string
  dns: string | undefined
}

export function firstLease(link: string, timeoutMs: number): FirstLease {
  const endAt = performance.now() + timeoutMs
  const index = waitForInterface(link, endAt)
  bringUp(link)
  const mac = interfaceMac(link)
  const fd = packetSocket(index, ETHERTYPE_IPV4)
  const epoll = new Epoll(16)
  epoll.add(fd, EPOLLIN, 0)
  const bytes = new Uint8Array(new ArrayBuffer(2048))
  let message = request(mac, randomBytes(4).readUInt32LE())
  let repeatAt = 0
  for (let now = performance.now(); now < endAt; now = performance.now()) {
    if (now >= repeatAt) {
      send(fd, message, mac)
      repeatAt = now + REPEAT_MS
    }
    if (epoll.wait(5) === 0) continue
    const reply = readReply(bytes, read(fd, addressOf(bytes), bytes.length), message.xid)
    const type = reply === undefined ? undefined : getU8Option(reply.options, OPTION_MESSAGE_TYPE)
    if (type === DHCPOFFER && message.options.get(OPTION_REQUESTED_ADDRESS) === undefined) {
      message = request(mac, message.xid, reply)
      repeatAt = 0
    } else if (type === DHCPACK && reply !== undefined) {
      return leaseOf(reply)
    }
  }
  throw new Error('no lease')
}

/** Looked for every half millisecond: it may appear at any moment, and nobody tells. */
function waitForInterface(link: string, endAt: number): number {
  while (performance.now() < endAt) {
    const index = interfaceIndex(link)
    if (index > 0) return index
    sleepMicroseconds(500)
  }
  throw new Error(`no interface ${link}`)
}

function request(mac: MacAddress, xid: number, offer?: DhcpMessage): DhcpMessage {
  const options = new Map<number, Uint8Array>()
  setU8Option(options, OPTION_MESSAGE_TYPE, offer === undefined ? DHCPDISCOVER : DHCPREQUEST)
  if (offer !== undefined) {
    setIpv4sOption(options, OPTION_REQUESTED_ADDRESS, offer.yiaddr)
    const server = getIpv4Option(offer.options, OPTION_SERVER_ID)
    if (server !== undefined) setIpv4sOption(options, OPTION_SERVER_ID, server)
  }
  const wanted = [OPTION_SUBNET_MASK, OPTION_ROUTER, OPTION_DNS_SERVER, OPTION_INTERFACE_MTU]
  options.set(OPTION_PARAMETER_LIST, Uint8Array.from(wanted))
  return {
    op: BOOTREQUEST,
    hops: 0,
    xid,
    secs: 0,
    flags: FLAG_BROADCAST,
    ciaddr: ANY_IPV4,
    yiaddr: ANY_IPV4,
    siaddr: ANY_IPV4,
    giaddr: ANY_IPV4,
    chaddr: mac,
    sname: '',
    file: '',
    options,
  }
}

function send(fd: number, message: DhcpMessage, mac: MacAddress): void {
  const length = dhcpLength(message)
  const frame = new Uint8Array(new ArrayBuffer(PAYLOAD_AT + length))
  const fields = {
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: PROTOCOL_UDP,
    source: ANY_IPV4,
    destination: BROADCAST_IPV4,
  }
  emitEthernet(frame, 0, BROADCAST_MAC, mac, ETHERTYPE_IPV4)
  emitIpv4Header(frame, ETHERNET_HEADER_LEN, fields, UDP_HEADER_LEN + length)
  emitDhcp(message, frame, PAYLOAD_AT)
  const udpAt = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN
  emitUdp(frame, udpAt, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, length, ANY_IPV4, BROADCAST_IPV4)
  write(fd, addressOf(frame), frame.length)
}

function readReply(bytes: Uint8Array, length: number, xid: number): DhcpMessage | undefined {
  const ip = parseIpv4Header(bytes, ETHERNET_HEADER_LEN, Math.max(0, length))
  if (ip === undefined || ip.protocol !== PROTOCOL_UDP) return undefined
  const udp = parseUdp(bytes, ip.payloadStart, ip.payloadEnd)
  if (udp === undefined || udp.destinationPort !== DHCP_CLIENT_PORT) return undefined
  const message = parseDhcp(bytes, udp.payloadStart, udp.payloadEnd)
  return message?.op === BOOTREPLY && message.xid === xid ? message : undefined
}

function leaseOf({ yiaddr, options }: DhcpMessage): FirstLease {
  const dns = getIpv4Option(options, OPTION_DNS_SERVER)
  const mask = getIpv4Option(options, OPTION_SUBNET_MASK)
  return {
    at: monotonicMs(),
    address: formatIpv4(yiaddr),
    prefix: (mask === undefined ? undefined : prefixLength(mask)) ?? 24,
    gateway: formatIpv4(getIpv4Option(options, OPTION_ROUTER) ?? ANY_IPV4),
    dns: dns === undefined ? undefined : formatIpv4(dns),
  }
}
