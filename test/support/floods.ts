// Floods, frame by frame: what one misbehaving guest sends.

import { ARP_LEN, ARP_REQUEST, emitArp } from '../../src/wire/arp.ts'
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPDISCOVER,
  dhcpLength,
  emitDhcp,
  OPTION_MESSAGE_TYPE,
  setU8Option,
} from '../../src/wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_ARP, emitEthernet } from '../../src/wire/ethernet.ts'
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../../src/wire/mac.ts'
import { SYN } from '../../src/wire/tcp.ts'
import { tcpFrame, udpFrame } from './frames.ts'

const GATEWAY = ipv4('192.168.30.1')
const FLOODER = ipv4('192.168.30.66')
const FLOODER_MAC = 0x5254_0000_0066 as MacAddress

export interface FloodTargets {
  gatewayMac: MacAddress
  /** A host outside that answers, and one that does not. */
  server: Ipv4Address
  silent: Ipv4Address
}

export type Flood = (index: number) => Uint8Array

/** Port numbers that come round again after 60,000 frames. */
const port = (index: number): number => 1024 + (index % 60_000)

export function floods({ gatewayMac, server, silent }: FloodTargets): Readonly<Record<string, Flood>> {
  const from = { source: FLOODER, sourceMac: FLOODER_MAC, destinationMac: gatewayMac }
  return {
    'SYNs to hosts that never answer': (index) =>
      tcpFrame([], { ...from, destination: silent, sourcePort: port(index), seq: index, flags: SYN }),
    'SYNs to a host that answers, never completed': (index) =>
      tcpFrame([], { ...from, destination: server, sourcePort: port(index), seq: index, flags: SYN }),
    'datagrams from as many ports': (index) =>
      udpFrame([1], { ...from, destination: server, sourcePort: port(index), destinationPort: 9 }),
    // Its neighbours' addresses lie where the flood does not pretend to be.
    'ARP requests in the name of every address': (index) => arpRequest((0xc0a8_1e42 + (index % 180)) as Ipv4Address),
    'DHCP discovers of as many clients': (index) => discover((0x0200_0000_0000 + index) as MacAddress),
    'packets that have no time left': () => udpFrame([1], { ...from, destination: server, ttl: 1 }),
  }
}

function arpRequest(senderAddress: Ipv4Address): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_LEN + ARP_LEN)
  emitEthernet(frame, 0, BROADCAST_MAC, FLOODER_MAC, ETHERTYPE_ARP)
  const target = { targetMac: ZERO_MAC, targetAddress: GATEWAY }
  emitArp(frame, ETHERNET_HEADER_LEN, { operation: ARP_REQUEST, senderMac: FLOODER_MAC, senderAddress, ...target })
  return frame
}

function discover(mac: MacAddress): Uint8Array {
  const message = {
    ...{ op: 1, hops: 0, xid: mac & 0xffff, secs: 0, flags: 0, sname: '', file: '', chaddr: mac },
    ...{ ciaddr: ANY_IPV4, yiaddr: ANY_IPV4, siaddr: ANY_IPV4, giaddr: ANY_IPV4, options: new Map() },
  }
  setU8Option(message.options, OPTION_MESSAGE_TYPE, DHCPDISCOVER)
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  const ports = { sourcePort: DHCP_CLIENT_PORT, destinationPort: DHCP_SERVER_PORT }
  const addresses = { source: ANY_IPV4, destination: BROADCAST_IPV4, sourceMac: mac, destinationMac: BROADCAST_MAC }
  return udpFrame([...bytes], { ...ports, ...addresses })
}
