// What a DHCP message in a frame says, for tests to compare.

import {
  getIpv4Option,
  getU8Option,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  parseDhcp,
} from '../../../src/wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, getDestinationMac, getEtherType } from '../../../src/wire/ethernet.ts'
import { PROTOCOL_UDP, parseIpv4Header } from '../../../src/wire/ipv4.ts'
import { formatIpv4 } from '../../../src/wire/ipv4-address.ts'
import { formatMac, isMulticastMac } from '../../../src/wire/mac.ts'
import { parseUdp } from '../../../src/wire/udp.ts'

export interface DhcpLook {
  type: string
  /** The frame's destination, which tells a renewal from a rebinding. */
  broadcast: boolean
  client: string
  ciaddr: string
  yiaddr: string
  requested: string | undefined
}

const TYPES = ['?', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM']

export function readDhcp(frame: Uint8Array): DhcpLook | undefined {
  if (frame.length < 282 || getEtherType(frame) !== ETHERTYPE_IPV4) return undefined
  const header = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
  if (header?.protocol !== PROTOCOL_UDP || header.fragmentOffset > 0) return undefined
  const udp = parseUdp(frame, header.payloadStart, header.payloadEnd)
  if (udp === undefined || (udp.destinationPort !== 67 && udp.destinationPort !== 68)) return undefined
  const message = parseDhcp(frame, udp.payloadStart, udp.payloadEnd)
  if (message === undefined) return undefined
  const requested = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
  return {
    type: TYPES[getU8Option(message.options, OPTION_MESSAGE_TYPE) ?? 0] ?? '?',
    broadcast: isMulticastMac(getDestinationMac(frame)),
    client: formatMac(message.chaddr),
    ciaddr: formatIpv4(message.ciaddr),
    yiaddr: formatIpv4(message.yiaddr),
    requested: requested === undefined ? undefined : formatIpv4(requested),
  }
}
