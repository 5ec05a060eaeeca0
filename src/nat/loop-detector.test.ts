// A connection of the NAT that comes back (R27): made here by handing what left outside to the hub again, from a guest with
// an address of this computer.

import { expect, test } from 'vitest'
import { SERVER, World } from '../../test/support/world.ts'
import { ipv4 } from '../wire/ipv4-address.ts'

const TAP = ipv4('192.168.30.20')
const TAP_MAC = 0x5254_0000_0020

/** A world in which the second guest is this computer itself. */
function loopWorld(): { world: World; self: ReturnType<World['plug']> } {
  const world = new World({
    nat: { icmp: 'real' },
    outside: { pings: true },
    host: {
      isThisComputer: (address, mac) => (mac === undefined ? address === TAP : mac === TAP_MAC),
      interfaceOf: () => 'tap0',
    },
  })
  return { world, self: world.plug({ mac: TAP_MAC, address: TAP }) }
}

test('TCP: the SYN that comes back is refused, once, and the first guest hears of it', () => {
  const { world, self } = loopWorld()
  world.outside.host('203.0.113.1', 'silent')
  world.guest.connect(SERVER, 80)
  world.advance(10)
  const came = self.connect(SERVER, 80, {}, world.outside.connection.localPort())
  world.advance(10)
  expect(came.closedBy).toBe('refused')
  expect(world.outside.connections).toHaveLength(1)
  expect(world.events.filter((event) => event.includes('loop'))).toEqual(['TCP loop tap0'])
  expect(world.securenat.nat.stats.loopsRefused).toBe(1)
})

test('TCP: this computer may use its hub for connections of its own', () => {
  const { world, self } = loopWorld()
  world.outside.host('203.0.113.1', 'silent')
  world.guest.connect(SERVER, 80)
  world.advance(10)
  // Another port, another destination, and a guest that is not this computer.
  self.connect(SERVER, 80, {}, 50_001)
  self.connect(ipv4('203.0.113.2'), 80, {}, world.outside.connection.localPort())
  world.guest.connect(SERVER, 80, {}, world.outside.connection.localPort())
  world.advance(10)
  expect(world.outside.connections).toHaveLength(4)
  expect(world.securenat.nat.stats.loopsRefused).toBe(0)
})

test('UDP: the datagram that comes back goes no further', () => {
  const { world, self } = loopWorld()
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  self.udp(world.outside.udp[0]!.port, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  expect(world.outside.udp).toHaveLength(1)
  expect(self.icmp).toMatchObject([{ type: 3, code: 13 }])
  expect(world.events).toContain('UDP loop tap0')
  // From a port of its own it is a guest like others.
  self.udp(6000, SERVER, 9, Uint8Array.of(1))
  world.advance(10)
  expect(world.outside.udp).toHaveLength(2)
})

test('ICMP: the echo request that comes back goes no further', () => {
  const { world, self } = loopWorld()
  world.guest.ping(SERVER, [1], 64, 9)
  world.advance(10)
  self.ping(SERVER, [1], 63, 9)
  world.advance(10)
  expect(world.outside.pings).toHaveLength(1)
  expect(world.events).toContain('ICMP loop tap0')
})
