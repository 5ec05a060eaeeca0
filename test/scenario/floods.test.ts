// What one guest cannot do to the others. Virtual time knows no processor, so work is counted: what each packet of a flood
// leads to (frames, sockets, memory) must not grow with the flood, and a neighbour's requests must take as long as ever.

import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { floods } from '../support/floods.ts'
import { HOST_MAC } from '../support/frames.ts'
import { LossyLink } from '../support/lossy-link.ts'
import { SERVER, World } from '../support/world.ts'

const FRAMES = 2500
const FLOODS = floods({ gatewayMac: HOST_MAC, server: SERVER, silent: ipv4('198.51.100.99') })

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
