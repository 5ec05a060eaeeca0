// SecureNAT as a guest meets it, in virtual time: the whole way from a lease to a page; settings that change while running;
// several guests, several SecureNATs.

import { describe, expect, test } from 'vitest'
import { defaultOptions } from '../../src/securenat/options.ts'
import { ANY_IPV4, ipv4 } from '../../src/wire/ipv4-address.ts'
import type { MacAddress } from '../../src/wire/mac.ts'
import { tcpFrame, udpFrame } from '../support/frames.ts'
import { dnsMessage } from '../support/guest-host.ts'
import { patternBytes } from '../support/random.ts'
import { Transfer } from '../support/transfer.ts'
import { NOTHING_HELD, SERVER, World } from '../support/world.ts'

const GATEWAY = ipv4('192.168.30.1')

/** An outside whose resolvers know one name. */
function withResolver(world: World): void {
  world.outside.onUdp = (socket, bytes, address, port) => {
    if (port !== 53) return
    socket.deliver(dnsMessage((bytes[0]! << 8) | bytes[1]!, 'www.example.com', SERVER), address, port)
  }
}

describe.each([
  ['a good link', {}],
  ['a bad link', { delayMs: 10, loss: 0.05, reorder: 0.05, reorderMs: 10, duplicate: 0.02, padding: 10 }],
])('%s', (_name, link) => {
  test('a lease, a name, a page', () => {
    const world = new World({ link, guest: { address: ANY_IPV4 } })
    withResolver(world)
    const { guest } = world
    guest.dhcp()
    world.until('a lease', () => guest.address !== ANY_IPV4, 30_000)
    expect(guest.address).toBe(ipv4('192.168.30.10'))
    expect(guest.gateway).toBe(GATEWAY)
    const ask = (): void => {
      if (guest.datagrams.length > 0) return
      guest.udp(5353, GATEWAY, 53, dnsMessage(77, 'www.example.com'))
      world.clock.setTimer(1000, ask)
    }
    ask()
    world.until('an answer', () => guest.datagrams.length > 0, 30_000)
    expect(guest.datagrams[0]).toMatchObject({ source: GATEWAY, sourcePort: 53, destinationPort: 5353 })
    expect(guest.datagrams[0]!.bytes).toEqual(dnsMessage(77, 'www.example.com', SERVER))
    new Transfer(world, { down: 300_000, up: 1000 }).run(60_000)
    world.advance(700_000)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.events.filter((event) => event.startsWith('dhcp'))).toEqual(['dhcp 1'])
  })
})

describe('while running', () => {
  test('NAT switched off: new flows are refused, those that exist live on', () => {
    const world = new World()
    const before = world.guest.connect(SERVER, 80)
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(100)
    world.configure({ enabled: false })
    const after = world.guest.connect(SERVER, 80)
    world.guest.udp(5001, SERVER, 9, Uint8Array.of(1))
    before.write(patternBytes(10))
    world.advance(100)
    expect(after.closedBy).toBe('refused')
    expect(before.state).toBe('ESTABLISHED')
    expect(world.outside.connection.receivedBytes).toBe(10)
    expect(world.outside.udp).toHaveLength(1)
    world.configure({ enabled: true })
    expect(world.guest.connect(SERVER, 80).state).toBe('SYN-SENT')
    world.advance(100)
    expect(world.securenat.status()).toMatchObject({ tcpSessions: 2, udpSessions: 1 })
  })

  test('one NAT session is ended: its guest sees a reset, the others go on', () => {
    const world = new World()
    const [ended, other] = [world.guest.connect(SERVER, 80), world.guest.connect(SERVER, 81)]
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(100)
    const rows = world.securenat.natTable()
    const idOf = (port: number): number => rows.find((row) => row.destinationPort === port)!.id
    expect(world.securenat.deleteNatSession(idOf(80))).toBe(true)
    expect(world.securenat.deleteNatSession(idOf(9))).toBe(true)
    expect(world.securenat.deleteNatSession(idOf(80))).toBe(false)
    world.advance(100)
    expect(ended.state).toBe('CLOSED')
    expect(ended.closedBy).toBe('reset')
    expect(other.state).toBe('ESTABLISHED')
    expect(world.securenat.natTable().map((row) => row.destinationPort)).toEqual([81])
    // The next datagram is a new session.
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(100)
    expect(world.securenat.status()).toMatchObject({ tcpSessions: 1, udpSessions: 1 })
  })

  test('SecureNAT is closed: guests see resets, outside sockets too, and the hub is left', () => {
    const world = new World()
    const tcp = world.guest.connect(SERVER, 80)
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.guest.udp(6000, GATEWAY, 53, dnsMessage(9, 'a'))
    world.advance(100)
    world.securenat.close()
    world.advance(100)
    expect(tcp.closedBy).toBe('reset')
    expect(world.outside.connection.wasReset).toBe(true)
    expect(world.outside.udp.every(({ closed }) => closed)).toBe(true)
    expect(world.hub.sessions().map(({ name }) => name)).toEqual(['SID-TEST-2'])
    expect(world.held()).toEqual(NOTHING_HELD)
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(1000)
    world.securenat.close()
    expect(world.outside.udp).toHaveLength(2)
  })

  test('closed in the middle of transfers, nothing is left', () => {
    const world = new World({ link: { delayMs: 10, loss: 0.01 }, outside: { takes: 200 } })
    new Transfer(world, { down: 5_000_000, up: 5_000_000 })
    world.advance(2000)
    expect(world.held().sendBytes).toBeGreaterThan(0)
    expect(world.held().heldBack).toBeGreaterThan(0)
    world.securenat.close()
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a smaller MTU counts for new connections and for datagrams at once', () => {
    const world = new World()
    const before = world.guest.connect(SERVER, 80)
    world.advance(100)
    world.configure({ mtu: 576 })
    const after = world.guest.connect(SERVER, 80)
    world.advance(100)
    expect([before.peerMss, after.peerMss]).toEqual([1460, 536])
    world.outside.connection.send(patternBytes(2000))
    world.advance(100)
    expect(after.received).toBe(2000)
    expect(world.securenat.stack.options.mtu).toBe(576)
  })

  test.each([62, 576, 1500, 9000, 65_520])('MTU %i: no frame to the guest is longer', (mtu) => {
    let longest = 0
    const world = new World({
      nat: { mtu },
      link: {
        delayMs: 1,
        drops: (frame, toGuest) => {
          if (toGuest) longest = Math.max(longest, frame.length)
          return false
        },
      },
    })
    const tcp = world.guest.connect(SERVER, 80, { mss: 65_495 })
    world.advance(10)
    world.outside.connection.send(patternBytes(200_000))
    world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
    world.advance(10)
    world.outside.udp[0]!.deliver(patternBytes(20_000), SERVER, 9)
    world.guest.udp(5000, GATEWAY, 4000, patternBytes(1000))
    world.until('all of it', () => tcp.received === 200_000, 300_000)
    world.advance(10)
    expect(world.guest.icmp).toMatchObject([{ type: 3, code: 3 }])
    expect(world.guest.datagrams[0]?.bytes).toHaveLength(20_000)
    expect(longest).toBeLessThanOrEqual(mtu + 14)
    expect(longest).toBeGreaterThan(Math.min(mtu, 20_000) - 30)
  })
})

describe('ICMP', () => {
  test('the virtual host answers, and in dummy mode everybody does', () => {
    const world = new World()
    world.guest.ping(GATEWAY, [1, 2, 3, 4])
    world.guest.ping(SERVER, [5, 6])
    world.advance(10)
    expect(world.guest.icmp).toEqual([
      { source: GATEWAY, type: 0, code: 0, rest: [7, 1], ttl: 128, body: Uint8Array.of(1, 2, 3, 4) },
      { source: SERVER, type: 0, code: 0, rest: [7, 1], ttl: 128, body: Uint8Array.of(5, 6) },
    ])
    expect(world.guest.malformed).toEqual([])
  })

  test.each([{ icmp: 'off' }, { enabled: false }] as const)('%o: only the virtual host answers', (nat) => {
    const world = new World({ nat })
    world.guest.ping(GATEWAY)
    world.guest.ping(SERVER)
    world.advance(10)
    expect(world.guest.icmp).toMatchObject([{ source: GATEWAY }])
    expect(world.securenat.nat.stats.refusedDisabled + world.securenat.nat.stats.echoNotAnswered).toBe(1)
  })

  test('a packet whose TTL ends here: time exceeded', () => {
    const world = new World()
    world.guest.ping(SERVER, [1], 1)
    world.advance(10)
    expect(world.guest.icmp).toMatchObject([{ source: GATEWAY, type: 11, code: 0 }])
    // For the virtual host itself one hop is enough.
    world.guest.ping(GATEWAY, [1], 1)
    world.advance(10)
    expect(world.guest.icmp[1]).toMatchObject({ source: GATEWAY, type: 0 })
  })
})

describe('several', () => {
  test('two guests transfer at once, and each gets what is its own', () => {
    const world = new World({ link: { delayMs: 3, loss: 0.01 } })
    const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') }, { delayMs: 7, loss: 0.02 })
    world.outside.onConnection = (connection) => {
      connection.onReceived = (bytes) => connection.send(bytes)
      connection.onReceivedEnd = () => connection.sendEnd()
    }
    const flows = [world.guest, other].flatMap((guest) => [1, 2, 3].map((port) => guest.connect(SERVER, port)))
    const got = flows.map(() => [] as Uint8Array[])
    for (const [index, tcp] of flows.entries()) {
      tcp.onData = (bytes) => got[index]!.push(bytes.slice())
      tcp.write(patternBytes(50_000, index * 1000))
      tcp.close()
    }
    world.until('all echoes', () => flows.every(({ state }) => state === 'CLOSED'), 120_000)
    for (const [index, pieces] of got.entries()) {
      expect(Buffer.concat(pieces).equals(patternBytes(50_000, index * 1000))).toBe(true)
    }
    world.advance(1000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('two SecureNATs on one hub do not excite each other', () => {
    const world = new World()
    const options = defaultOptions(0x00ac_0000_0002 as MacAddress)
    const second = world.newSecureNat({ ...options, host: { ...options.host, ipAddress: ipv4('192.168.30.2') } })
    world.advance(1000)
    const before = world.hub.stats.rxFrames
    // A datagram for the other's address that came to the first one's MAC, a ping and a SYN between them.
    const fields = { sourceMac: 0x00ac_0000_0002 as MacAddress, source: ipv4('192.168.30.2') }
    world.link.send(udpFrame([1], { ...fields, destination: GATEWAY, destinationPort: 9 }))
    world.link.send(tcpFrame([], { ...fields, destination: GATEWAY, flags: 2 }))
    world.advance(10_000)
    expect(world.hub.stats.rxFrames - before).toBeLessThan(20)
    expect(second.status().tcpSessions + world.securenat.status().tcpSessions).toBe(0)
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(1000)
    expect(tcp.state).toBe('ESTABLISHED')
    second.close()
  })

  test('a guest without traffic costs no time at all', () => {
    const world = new World()
    world.advance(1000)
    expect(world.clock.pending).toBe(0)
  })
})
