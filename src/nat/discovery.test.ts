// Discovery of the host's network: only where it is wanted, only what asks for devices, and answers from whoever is there.

import { describe, expect, test } from 'vitest'
import { udpFrame } from '../../test/support/frames.ts'
import { SERVER, World } from '../../test/support/world.ts'
import { BROADCAST_IPV4, type Ipv4Address, ipv4, isMulticastIpv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'

const SSDP_GROUP = ipv4('239.255.255.250')
const DEVICE = ipv4('198.51.100.30')

function asked(
  to: string,
  port: number,
  nat: ConstructorParameters<typeof World>[0] = { nat: { discovery: 'relay' } },
) {
  const world = new World(nat)
  ask(world, ipv4(to), port, [1, 2])
  world.advance(100)
  return world
}

/** To everybody on the link, as programs send it. */
function ask(world: World, destination: Ipv4Address, destinationPort: number, payload: readonly number[]): void {
  const { mac, address } = world.guest
  // RFC 1112 section 6.4
  const group = (0x0100_5e00_0000 + (destination & 0x7f_ffff)) as MacAddress
  const destinationMac = isMulticastIpv4(destination) ? group : BROADCAST_MAC
  const addresses = { sourceMac: mac, destinationMac, source: address, destination }
  world.link.send(udpFrame(payload, { ...addresses, sourcePort: 5000, destinationPort }))
}

describe('with `discovery: relay`', () => {
  test.each([
    ['239.255.255.250', 1900, SSDP_GROUP],
    ['239.255.255.250', 3702, SSDP_GROUP],
    ['224.0.0.251', 5353, ipv4('224.0.0.251')],
    ['255.255.255.255', 137, BROADCAST_IPV4],
    ['192.168.30.255', 137, BROADCAST_IPV4],
  ])('a question to %s, port %i, goes out from a port of its own', (to, port, outside) => {
    const world = asked(to, port)
    const [socket] = world.outside.udp
    expect(socket).toMatchObject({ preferredPort: 0, mayBroadcast: outside === BROADCAST_IPV4 })
    expect(socket!.sent).toEqual([{ bytes: Uint8Array.of(1, 2), address: outside, port }])
    expect(world.securenat.nat.stats).toMatchObject({ discoveryRelayed: 1, udpMulticastDropped: 0, udpIgnored: 0 })
    expect(world.securenat.natTable()).toMatchObject([{ protocol: 'UDP', destinationPort: port, sentBytes: 2 }])
  })

  test.each(['endpointIndependent', 'addressDependent'] as const)(
    'whoever answers is heard, by the address that is his (%s)',
    (udpFiltering) => {
      const world = asked('239.255.255.250', 1900, { nat: { discovery: 'relay', udpFiltering } })
      world.outside.udp[0]!.deliver(Uint8Array.of(7), DEVICE, 1900)
      world.advance(10)
      expect(world.guest.datagrams).toEqual([
        { source: DEVICE, sourcePort: 1900, destinationPort: 5000, bytes: Uint8Array.of(7) },
      ])
    },
  )

  test.each([
    ['224.0.0.252', 5355],
    ['255.255.255.255', 9],
    ['192.168.30.255', 138],
  ])('what is sent to %s, port %i, still stays in the hub', (to, port) => {
    const world = asked(to, port)
    expect(world.outside.udp).toEqual([])
    const { udpMulticastDropped, udpIgnored, discoveryRelayed } = world.securenat.nat.stats
    expect([udpMulticastDropped + udpIgnored, discoveryRelayed]).toEqual([1, 0])
  })

  test('the same port of the guest still reaches single hosts, by the same socket', () => {
    const world = asked('239.255.255.250', 1900)
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(3))
    world.advance(100)
    ask(world, SSDP_GROUP, 1900, [4])
    world.advance(100)
    expect(world.outside.udp).toHaveLength(1)
    expect(world.outside.udp[0]!.sent.map(({ address }) => address)).toEqual([SSDP_GROUP, SERVER, SSDP_GROUP])
  })

  test.each([
    ['192.168.30.255', 137, BROADCAST_IPV4],
    ['239.255.255.250', 1900, SSDP_GROUP],
  ])('a question to %s is known again when it comes back by a loop', (to, port, outside) => {
    const world = new World({ nat: { discovery: 'relay' } })
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(3))
    world.advance(100)
    ask(world, ipv4(to), port, [1, 2])
    world.advance(100)
    const { nat } = world.securenat
    expect(nat.hasSent('UDP', world.outside.udp[0]!.localPort(), outside, port)).toBe(true)
    expect(nat.hasSent('UDP', world.outside.udp[0]!.localPort(), SERVER, 9)).toBe(true)
  })

  test('switched off, the next question stays in the hub', () => {
    const world = asked('239.255.255.250', 1900)
    world.configure({ discovery: 'off' })
    ask(world, SSDP_GROUP, 1900, [4])
    world.advance(100)
    expect(world.outside.udp[0]!.sent).toHaveLength(1)
    expect(world.securenat.nat.stats.discoveryRelayed).toBe(1)
    expect(world.securenat.stack.stats.droppedNotForUs).toBe(1)
  })
})
