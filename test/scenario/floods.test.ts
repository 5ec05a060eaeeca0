// What one guest cannot do to the others. Virtual time knows no processor, so work is counted: what each packet of a flood
// leads to (frames, sockets, memory) must not grow with the flood, and a neighbour's requests must take as long as ever.

import { describe, expect, test } from 'vitest'
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
import { HOST_MAC, tcpFrame, udpFrame } from '../support/frames.ts'
import { LossyLink } from '../support/lossy-link.ts'
import { SERVER, World } from '../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const SILENT = ipv4('198.51.100.99')
const FLOODER = ipv4('192.168.30.66')
const FLOODER_MAC = 0x5254_0000_0066 as MacAddress
const FRAMES = 2500

const from = { source: FLOODER, sourceMac: FLOODER_MAC, destinationMac: HOST_MAC }

const FLOODS: Readonly<Record<string, (index: number) => Uint8Array>> = {
  'SYNs to hosts that never answer': (index) =>
    tcpFrame([], { ...from, destination: SILENT, sourcePort: 1024 + index, seq: index, flags: SYN }),
  'SYNs to a host that answers, never completed': (index) =>
    tcpFrame([], { ...from, destination: SERVER, sourcePort: 1024 + index, seq: index, flags: SYN }),
  'datagrams from as many ports': (index) =>
    udpFrame([1], { ...from, destination: SERVER, sourcePort: 1024 + index, destinationPort: 9 }),
  'ARP requests in the name of every address': (index) => arpRequest((0xc0a8_1e02 + (index % 250)) as Ipv4Address),
  'DHCP discovers of as many clients': (index) => discover((0x0200_0000_0000 + index) as MacAddress),
  'packets that have no time left': () => udpFrame([1], { ...from, destination: SERVER, ttl: 1 }),
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

/** How long a neighbour's request through the NAT takes, in virtual ms: connect, ask, answer. */
function request(world: World, neighbour: World['guest']): number {
  const startedAt = world.clock.now()
  const connection = neighbour.connect(SERVER, 80)
  world.until('the neighbour to be connected', () => connection.state === 'ESTABLISHED', 5000)
  connection.write(Uint8Array.of(1))
  world.until('its answer', () => connection.received >= 100, 5000)
  connection.abort()
  return world.clock.now() - startedAt
}

function newWorld(): { world: World; neighbour: World['guest']; link: LossyLink } {
  const world = new World({ outside: { delayMs: 5 }, nat: { icmp: 'dummy' } })
  world.outside.host('198.51.100.99', 'silent')
  world.outside.onConnection = (connection) => {
    connection.onReceived = () => connection.send(new Uint8Array(100))
  }
  // Its address lies where the flood of ARP does not pretend to be.
  const neighbour = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.254') })
  return { world, neighbour, link: new LossyLink(world.hub, world.clock) }
}

describe.each(Object.keys(FLOODS))('a flood of %s', (name) => {
  const frame = FLOODS[name]!

  test('leaves a neighbour its latency, and the server its memory', () => {
    const { world, neighbour, link } = newWorld()
    request(world, neighbour) // asks for addresses and the like
    const before = request(world, neighbour)
    const framesBefore = world.securenat.stack.outputStats.txFrames
    const latencies: number[] = []
    for (let index = 0; index < FRAMES; index++) {
      link.send(frame(index))
      if (index % 500 === 499) latencies.push(request(world, neighbour))
    }
    expect(Math.max(...latencies)).toBeLessThanOrEqual(2 * before)
    const { stack, nat } = world.securenat
    // One answer at most for each frame; what the virtual host sends by itself does not pile up.
    expect(stack.outputStats.txFrames - framesBefore).toBeLessThan(2.2 * FRAMES)
    expect(nat.table.size).toBeLessThanOrEqual(1100)
    expect(stack.tcp.size).toBeLessThanOrEqual(1100)
    expect(world.outside.udp.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(1024)
    expect(stack.arp.stats.evicted).toBe(0)
  })
})

test('the search for the session that gives way looks at each session once for every time it was used', () => {
  const { world, link } = newWorld()
  for (let index = 0; index < FRAMES; index++) {
    link.send(FLOODS['datagrams from as many ports']!(index))
    // Old ones stay in use: they must not be looked at again and again.
    link.send(FLOODS['datagrams from as many ports']!(index & 511))
  }
  world.advance(10)
  const { nat } = world.securenat
  expect(nat.table.size).toBe(1024)
  expect(nat.stats.udpEvicted).toBeGreaterThan(FRAMES - 1024 - 512)
})
