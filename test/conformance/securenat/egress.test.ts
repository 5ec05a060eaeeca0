// What guests may reach, and who they may say they are.

import { expect, test } from 'vitest'
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, emitArp } from '../../../src/wire/arp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_ARP, emitEthernet } from '../../../src/wire/ethernet.ts'
import { type Ipv4Address, ipv4 } from '../../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../../../src/wire/mac.ts'
import { HOST_MAC, ipv4Frame, tcpFrame, udpFrame } from '../../support/frames.ts'
import { LossyLink } from '../../support/lossy-link.ts'
import { SERVER, World } from '../../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')
const ROGUE = 0x0200_0000_0066 as MacAddress

test.each(['127.0.0.1', '127.0.0.53', '127.255.255.254', '0.0.0.0', '0.1.2.3'])(
  "D10: %s leads to no service of the host's loopback, by TCP, UDP or ping",
  (address) => {
    const world = new World({ nat: { icmp: 'real' }, outside: { pings: true } })
    const tcp = world.guest.connect(ipv4(address), 22)
    world.guest.udp(5000, ipv4(address), 53, Uint8Array.of(1))
    world.guest.ping(ipv4(address))
    world.advance(100)
    expect(tcp.closedBy).toBe('refused')
    expect(world.guest.icmp.map(({ type, code }) => [type, code])).toEqual([
      [3, 13],
      [3, 13],
    ])
    expect([world.outside.connections, world.outside.udp, world.outside.pings]).toEqual([[], [], []])
    expect(world.securenat.nat.stats).toMatchObject({ tcpForbidden: 1, udpForbidden: 1, icmpForbidden: 1 })
    expect(world.events.sort()).toEqual(['ICMP refused', 'TCP refused', 'UDP refused'])
  },
)

test('D10: cloud metadata is closed, the network of the host is open', () => {
  const world = new World()
  const [metadata, lan] = [
    world.guest.connect(ipv4('169.254.169.254'), 80),
    world.guest.connect(ipv4('192.168.1.1'), 80),
  ]
  world.advance(100)
  expect([metadata.closedBy, lan.state]).toEqual(['refused', 'ESTABLISHED'])
})

test.each<[string, string]>([
  ['outside of the subnet', '203.0.113.66'],
  ['of the virtual host', '192.168.30.1'],
  ['of nobody', '0.0.0.0'],
  ['of all', '192.168.30.255'],
])('D11: packets that say they come from the address %s are dropped and counted', (_what, source) => {
  const world = new World({ nat: { icmp: 'dummy' } })
  const link = new LossyLink(world.hub, world.clock)
  const answers: Uint8Array[] = []
  link.receive = (frame) => answers.push(frame.slice())
  const fields = { source: ipv4(source), sourceMac: ROGUE, destinationMac: HOST_MAC }
  link.send(udpFrame([1], fields))
  link.send(tcpFrame([], { ...fields, flags: 2 }))
  link.send(ipv4Frame(1, [8, 0, 0xf7, 0xff, 0, 0, 0, 0], fields))
  world.advance(100)
  expect(world.securenat.stack.stats.droppedSource).toBe(3)
  expect(world.securenat.natTable()).toEqual([])
  expect(answers).toEqual([])
})

/** An ARP message of the rogue. */
function arp(operation: number, senderAddress: Ipv4Address, targetAddress: Ipv4Address, senderMac = ROGUE): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_LEN + ARP_LEN)
  emitEthernet(frame, 0, BROADCAST_MAC, ROGUE, ETHERTYPE_ARP)
  emitArp(frame, ETHERNET_HEADER_LEN, { operation, senderMac, senderAddress, targetMac: ZERO_MAC, targetAddress })
  return frame
}

test('D11: nobody is taken for a neighbour because of the packets it sends', () => {
  const world = new World()
  const link = new LossyLink(world.hub, world.clock)
  const source = ipv4('192.168.30.77')
  link.send(udpFrame([1], { source, sourceMac: ROGUE, destinationMac: HOST_MAC, destination: SERVER }))
  world.advance(10)
  expect(world.securenat.stack.arp.known(source)).toBeUndefined()
})

test("D11: a claim on the virtual host's address is not believed, but counted, told, and answered with the truth", () => {
  const world = new World()
  world.guest.ping(GATEWAY)
  const link = new LossyLink(world.hub, world.clock)
  world.advance(100)
  link.send(arp(ARP_REPLY, GATEWAY, GATEWAY))
  world.advance(100)
  // The guest believed it until the virtual host said again who it is.
  world.guest.ping(GATEWAY, [2])
  world.advance(100)
  expect(world.guest.icmp.map(({ body }) => [...body])).toEqual([[1, 2, 3], [2]])
  link.send(arp(ARP_REQUEST, GATEWAY, GATEWAY))
  world.advance(100)
  expect(world.securenat.stack.stats.droppedArpSpoofed).toBe(2)
  expect(world.securenat.stack.arp.known(GATEWAY)).toBeUndefined()
  expect(world.events).toEqual(Array(2).fill(`conflict ${ROGUE.toString(16)}`))
})

test("D11: a claim in another's name, on a third's hardware address, is not believed", () => {
  const world = new World()
  const link = new LossyLink(world.hub, world.clock)
  link.send(arp(ARP_REQUEST, ipv4('192.168.30.10'), GATEWAY, 0x0200_0000_0077 as MacAddress))
  world.advance(100)
  expect(world.securenat.stack.stats.droppedArpSpoofed).toBe(1)
})
