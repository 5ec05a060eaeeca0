// Inbound rules in virtual time: callers from outside and the guests who answer them.

import { describe, expect, test } from 'vitest'
import { GATEWAY, GUEST, RULE } from '../../test/support/inbound-rule.ts'
import { EPOCH } from '../../test/support/manual-clock.ts'
import { patternBytes } from '../../test/support/random.ts'
import { NOTHING_HELD, SERVER, World, type WorldOptions } from '../../test/support/world.ts'
import { MAX_SEND_BUDGET } from '../stack/tcp/user-calls.ts'
import { ANY_IPV4, type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { INBOUND_RETRY_MS } from './inbound.ts'
import { INBOUND_SESSIONS_LIMIT, type InboundRule } from './inbound-rule.ts'

const CALLER = ipv4('198.51.100.7')
const UDP: InboundRule = { ...RULE, protocol: 'udp', hostPorts: { from: 5353, to: 5353 }, guestPort: 53 }

/** A guest that echoes what it is told, and says who called. */
function setUp(rules: readonly InboundRule[] = [RULE], options: WorldOptions = {}) {
  const world = new World({ ...options, inbound: rules })
  const callers: { address: Ipv4Address; port: number }[] = []
  world.guest.listen(80, (connection, from) => {
    callers.push(from)
    connection.onData = (bytes) => connection.write(bytes)
    connection.onEnd = () => connection.close()
  })
  world.advance(1)
  return {
    world,
    callers,
    call: (port = 40_000, address = CALLER) => world.outside.listeners[0]!.connect(address, port),
  }
}

describe('TCP', () => {
  test('a caller reaches the guest, which sees who calls', () => {
    const { world, callers, call } = setUp()
    expect(world.outside.listeners).toMatchObject([{ address: ANY_IPV4, port: 8080 }])
    const caller = call()!
    caller.send('hello')
    world.advance(50)
    expect(callers).toEqual([{ address: CALLER, port: 40_000 }])
    expect(caller.text).toBe('hello')
    caller.sendEnd()
    world.advance(500)
    expect(caller.receivedEnd).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 connected', 'tcp 1 deleted'])
  })

  test('the session table shows the caller as the source', () => {
    const { world, call } = setUp()
    call()!.send('hello')
    world.advance(50)
    expect(world.securenat.natTable()).toMatchObject([
      {
        id: 1,
        protocol: 'TCP',
        internalAddress: CALLER,
        internalPort: 40_000,
        destinationAddress: GUEST,
        destinationPort: 80,
        tcpStatus: 'established',
        createdAt: EPOCH + 1,
        receivedBytes: 5,
        sentBytes: 5,
      },
    ])
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ state: 'listening', sessions: 1, accepted: 1 }])
  })

  test('nothing is read from the caller before the guest has answered', () => {
    const { world, call } = setUp([RULE], { link: { delayMs: 100 } })
    const caller = call()!
    caller.send('early')
    world.advance(150)
    expect(caller.paused).toBe(true)
    expect(world.held().sendBytes).toBe(0)
    world.advance(600)
    expect(caller.text).toBe('early')
  })

  test('a guest that refuses: the caller sees a reset', () => {
    const { world, call } = setUp([{ ...RULE, guestPort: 81 }])
    const caller = call()!
    world.advance(50)
    expect(caller.wasReset).toBe(true)
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 failed', 'tcp 1 deleted'])
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a guest that is not there: the caller sees a reset after 3 s', () => {
    const { world, call } = setUp([{ ...RULE, guestAddress: ipv4('192.168.30.77') }])
    const caller = call()!
    world.advance(2900)
    expect(caller.wasReset).toBe(false)
    world.advance(200)
    expect(caller.wasReset).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a reset travels in either direction', () => {
    const { world, call } = setUp()
    const first = call()!
    world.advance(50)
    const [connection] = world.guest.connections.values()
    connection!.abort()
    world.advance(50)
    expect(first.wasReset).toBe(true)
    const second = call(40_001)!
    world.advance(50)
    second.sendReset()
    world.advance(50)
    expect([...world.guest.connections.values()].at(-1)?.closedBy).toBe('reset')
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a slow guest pauses the caller, and everything arrives', () => {
    const world = new World({ inbound: [RULE] })
    let received = 0
    world.guest.listen(
      80,
      (connection) => {
        connection.onData = (bytes) => {
          received += bytes.length
        }
      },
      { readRate: 1000, receiveBuffer: 65_536 },
    )
    world.advance(1)
    const caller = world.outside.listeners[0]!.connect(CALLER, 40_000)!
    let left = 7 * 1024 * 1024
    caller.stream(() => {
      if (left === 0) return undefined
      left -= 65_536
      return patternBytes(65_536)
    })
    world.advance(1000)
    expect(caller.paused).toBe(true)
    expect(world.held().sendBytes).toBeLessThan(2 * MAX_SEND_BUDGET)
    world.until('everything has arrived', () => received === 7 * 1024 * 1024, 60_000)
  })

  test('a slow caller closes the window of the guest', () => {
    const { world, call } = setUp([RULE], { outside: { takes: 1000 } })
    const caller = call()!
    world.advance(50)
    const [connection] = world.guest.connections.values()
    connection!.write(patternBytes(6 * 1024 * 1024))
    world.until('all of it', () => caller.receivedBytes === 6 * 1024 * 1024, 60_000)
    expect(caller.heldMost).toBeLessThan(5 * 1024 * 1024)
  })

  test.each([
    ['v1', 'PROXY TCP4 198.51.100.7 192.168.30.10 40000 8080\r\n'],
    ['v2', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\xa8\x1e\x0a\x9c\x40\x1f\x90'],
  ] as const)('PROXY protocol %s goes before everything else', (proxyProtocol, header) => {
    const { world, call } = setUp([{ ...RULE, proxyProtocol }])
    const caller = call()!
    caller.send('hello')
    world.advance(50)
    expect(caller.text).toBe(`${header}hello`)
  })

  test.each([
    ['of this computer itself', ipv4('127.0.0.1')],
    ["that looks like a guest's", ipv4('192.168.30.55')],
  ])('a caller %s appears as the virtual host, whom the guest can answer', (_name, address) => {
    const { world, callers, call } = setUp()
    const caller = call(40_000, address)!
    caller.send('hello')
    world.advance(50)
    expect(callers).toEqual([{ address: GATEWAY, port: 40_000 }])
    expect(caller.text).toBe('hello')
    expect(world.securenat.natTable()).toMatchObject([{ internalAddress: address }])
  })

  test('two callers whom the guest could not tell apart get different ports', () => {
    const { world, callers, call } = setUp()
    world.guest.ping(GATEWAY)
    world.advance(10)
    const both = [call(40_000, ipv4('127.0.0.1'))!, call(40_000, ipv4('127.0.0.2'))!]
    for (const [index, caller] of both.entries()) caller.send(`caller ${index}`)
    world.advance(50)
    expect(both.map((caller) => caller.text)).toEqual(['caller 0', 'caller 1'])
    expect(callers[0]).toEqual({ address: GATEWAY, port: 40_000 })
    expect(callers[1]!.port).not.toBe(40_000)
  })

  test('an idle session ends after the time of TCP', () => {
    const { world, call } = setUp([RULE], { nat: { tcpTimeoutSeconds: 60 } })
    const caller = call()!
    world.advance(59_000)
    expect(caller.wasReset).toBe(false)
    world.advance(2_000)
    expect(caller.wasReset).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
  })
})

describe('who may come in', () => {
  test('only the sources of the list', () => {
    const sources = [{ network: ipv4('198.51.100.0'), mask: ipv4('255.255.255.0') }]
    const { world, call } = setUp([{ ...RULE, sources }])
    expect(call()).toBeDefined()
    expect(call(1, SERVER)).toBeUndefined()
    expect(world.outside.listeners[0]!.refused).toBe(1)
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ accepted: 1, refusedSource: 1 }])
    expect(world.events).toContain('TCP refused')
  })

  test('as many as the rule allows, and again when one has gone', () => {
    const { world, call } = setUp([{ ...RULE, maxSessions: 2 }])
    const first = call(1)!
    call(2)
    expect(call(3)).toBeUndefined()
    world.advance(50)
    first.sendReset()
    world.advance(50)
    expect(call(4)).toBeDefined()
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ sessions: 2, accepted: 3, refusedRuleLimit: 1 }])
  })

  test('half-open connections count against the guest', () => {
    const limits = { ...new World().options.nat.limits, halfOpenPerGuest: 3 }
    const { world, call } = setUp([{ ...RULE, guestAddress: ipv4('192.168.30.77') }], { nat: { limits } })
    expect([1, 2, 3, 4].map((port) => call(port) !== undefined)).toEqual([true, true, true, false])
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ refusedLimit: 1 }])
  })
})

test('inbound sessions of all rules together have a limit', () => {
  const guests = [ipv4('192.168.30.10'), ipv4('192.168.30.11')]
  const rules = guests.map((guestAddress, index): InboundRule => {
    const port = 5000 + index
    return { ...UDP, id: index + 1, guestAddress, hostPorts: { from: port, to: port }, maxSessions: 65_535 }
  })
  const world = new World({ inbound: rules })
  world.advance(1)
  for (let index = 0; index <= INBOUND_SESSIONS_LIMIT; index++) {
    world.outside.udp[index % 2]!.deliver(Uint8Array.of(1), CALLER, 1024 + index)
  }
  const [one, two] = world.securenat.nat.inbound.status()
  expect(one!.sessions + two!.sessions).toBe(INBOUND_SESSIONS_LIMIT)
  expect(one!.refusedLimit + two!.refusedLimit).toBe(1)
})

test('a change of the egress rules ends no inbound session', () => {
  const { world, call } = setUp()
  const caller = call()!
  world.advance(50)
  const rules = [
    { action: 'deny', destination: { network: ANY_IPV4, mask: ANY_IPV4 }, protocol: 'any', ports: undefined },
  ] as const
  world.options = { ...world.options, egress: { rules } }
  world.securenat.configure(world.options)
  caller.send('still here')
  world.advance(50)
  expect(caller.text).toBe('still here')
})

describe('UDP', () => {
  test('a caller reaches the guest, and the answer leaves by the port that was called', () => {
    const world = new World({ inbound: [UDP] })
    world.advance(1)
    const socket = world.outside.udp[0]!
    expect(socket.port).toBe(5353)
    socket.deliver(Uint8Array.of(1, 2), CALLER, 1234)
    world.advance(10)
    expect(world.guest.datagrams).toEqual([
      { source: CALLER, sourcePort: 1234, destinationPort: 53, bytes: Uint8Array.of(1, 2) },
    ])
    world.guest.udp(53, CALLER, 1234, Uint8Array.of(3))
    world.advance(10)
    expect(socket.sent).toMatchObject([{ address: CALLER, port: 1234, bytes: Uint8Array.of(3) }])
    expect(world.outside.udp).toHaveLength(1)
    expect(world.securenat.natTable()).toMatchObject([
      {
        protocol: 'UDP',
        internalAddress: CALLER,
        internalPort: 1234,
        destinationPort: 53,
        receivedBytes: 2,
        sentBytes: 1,
      },
    ])
    world.advance(600_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a caller on this computer is answered too, though the guest sees the virtual host', () => {
    const world = new World({ inbound: [{ ...UDP, guestPort: 9 }] })
    world.guest.ping(GATEWAY)
    world.advance(10)
    const [one, two] = [ipv4('127.0.0.1'), ipv4('127.0.0.2')]
    for (const from of [one, two]) world.outside.udp[0]!.deliver(Uint8Array.of(7), from, 500)
    world.advance(10)
    for (const { source, sourcePort } of world.guest.datagrams) world.guest.udp(9, source, sourcePort, Uint8Array.of(8))
    world.advance(10)
    expect(world.guest.datagrams.map(({ source }) => source)).toEqual([GATEWAY, GATEWAY])
    expect(world.outside.udp[0]!.sent.map(({ address, port }) => [address, port])).toEqual([
      [one, 500],
      [two, 500],
    ])
  })

  test('what the guest sends to others takes its own way', () => {
    const world = new World({ inbound: [UDP] })
    world.advance(1)
    world.outside.udp[0]!.deliver(Uint8Array.of(1), CALLER, 1234)
    world.guest.udp(53, SERVER, 9, Uint8Array.of(3))
    world.advance(10)
    expect(world.outside.udp[1]!.sent).toMatchObject([{ address: SERVER, port: 9 }])
    expect(world.outside.udp[0]!.sent).toEqual([])
  })

  test('as many callers as the rule allows', () => {
    const world = new World({ inbound: [{ ...UDP, maxSessions: 3 }] })
    world.guest.ping(GATEWAY)
    world.advance(10)
    for (let port = 1; port <= 5; port++) world.outside.udp[0]!.deliver(Uint8Array.of(port), CALLER, port)
    world.advance(10)
    expect(world.guest.datagrams).toHaveLength(3)
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ sessions: 3, refusedRuleLimit: 2 }])
  })
})

describe('rules come and go', () => {
  test('a new one listens at once, one that goes ends its sessions and no others', () => {
    const { world, call } = setUp()
    const caller = call()!
    caller.send('one')
    world.advance(50)
    const second = { ...RULE, id: 2, hostPorts: { from: 9090, to: 9090 } }
    world.forward(RULE, second)
    world.advance(1)
    expect(world.outside.listeners.map(({ port, closed }) => [port, closed])).toEqual([
      [8080, false],
      [9090, false],
    ])
    const other = world.outside.listeners[1]!.connect(CALLER, 41_000)!
    other.send('two')
    world.advance(50)
    expect([caller.text, other.text]).toEqual(['one', 'two'])
    world.forward(second)
    world.advance(1)
    expect([caller.wasReset, other.wasReset]).toEqual([true, false])
    expect(world.outside.listeners.map(({ closed }) => closed)).toEqual([true, false])
    expect(call()).toBeUndefined()
    other.send('!')
    world.advance(50)
    expect(other.text).toBe('two!')
  })

  test('a change of who may come in, or how many, keeps sockets and sessions', () => {
    const { world, call } = setUp()
    const caller = call()!
    world.advance(50)
    world.forward({ ...RULE, note: 'web', maxSessions: 1 })
    world.advance(1)
    expect([caller.wasReset, world.outside.listeners.length]).toEqual([false, 1])
    expect(call(40_001)).toBeUndefined()
    world.forward({ ...RULE, guestPort: 81 })
    world.advance(1)
    expect([caller.wasReset, world.outside.listeners.length]).toEqual([true, 2])
  })

  test('a range of ports', () => {
    const range = { ...RULE, hostPorts: { from: 8080, to: 8083 }, guestPort: 80 }
    const { world } = setUp([range])
    expect(world.outside.listeners.map(({ port }) => port)).toEqual([8080, 8081, 8082, 8083])
    world.guest.listen(83, (connection) => {
      connection.onData = (bytes) => connection.write(bytes)
    })
    const caller = world.outside.listeners[3]!.connect(CALLER, 1)!
    caller.send('hi')
    world.advance(50)
    expect(caller.text).toBe('hi')
  })

  test('a rule that is off, and a NAT that is off, listen to nobody', () => {
    const { world, call } = setUp([{ ...RULE, active: false }])
    expect(world.outside.listeners).toEqual([])
    expect(world.securenat.nat.inbound.status()).toMatchObject([{ state: 'off' }])
    world.forward(RULE)
    world.advance(1)
    const caller = call()!
    world.advance(50)
    world.configure({ enabled: false })
    world.advance(1)
    expect(world.outside.listeners[0]!.closed).toBe(true)
    expect(caller.wasReset).toBe(false)
    world.configure({ enabled: true })
    world.advance(1)
    expect(world.outside.listeners).toHaveLength(2)
  })

  test('a port that is taken is told, and tried again until it is free', () => {
    const world = new World()
    world.outside.bindFailures.set(8080, 'inUse')
    world.outside.bindFailures.set(80, 'forbidden')
    world.forward(RULE, { ...RULE, id: 2, hostPorts: { from: 80, to: 80 } })
    world.advance(1)
    const states = (): unknown => world.securenat.nat.inbound.status().map(({ state, statePort }) => [state, statePort])
    expect(states()).toEqual([
      ['inUse', 8080],
      ['forbidden', 80],
    ])
    world.outside.bindFailures.delete(8080)
    world.advance(INBOUND_RETRY_MS - 2)
    expect(states()).toMatchObject([
      ['inUse', 8080],
      ['forbidden', 80],
    ])
    world.advance(10)
    expect(states()).toEqual([
      ['listening', 8080],
      ['forbidden', 80],
    ])
    world.advance(20 * INBOUND_RETRY_MS)
    expect(world.outside.listeners.filter(({ port, closed }) => port === 8080 && !closed)).toHaveLength(1)
  })

  test('when SecureNAT stops, callers see a reset and the ports are free', () => {
    const { world, call } = setUp()
    const caller = call()!
    world.advance(50)
    world.securenat.close()
    expect(caller.wasReset).toBe(true)
    expect(world.outside.listeners[0]!.closed).toBe(true)
    world.advance(10)
    expect([...world.guest.connections.values()].at(-1)?.closedBy).toBe('reset')
    expect(world.clock.pending).toBe(0)
  })

  test("a thousand rules cost a guest's packets no lookup", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      ...(index % 2 === 0 ? RULE : UDP),
      id: index + 1,
      hostPorts: { from: 10_000 + index, to: 10_000 + index },
    }))
    const { world } = setUp(many)
    expect(world.outside.listeners).toHaveLength(500)
    const { inbound } = world.securenat.nat
    const untouchable = new Proxy({} as Parameters<typeof inbound.udpInput>[0], {
      get: () => {
        throw new Error('the datagram was looked at')
      },
    })
    expect(inbound.udpInput(untouchable)).toBe(false)
    const frames = world.securenat.stack.stats.rxFrames
    world.advance(60_000)
    expect(world.securenat.stack.stats.rxFrames).toBe(frames)
  })
})
