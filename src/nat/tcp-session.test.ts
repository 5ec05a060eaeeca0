// One TCP session between a guest and the outside, in virtual time (RFC 5382): the order of opening, each direction by itself,
// resets, back-pressure, idle time.

import { describe, expect, test } from 'vitest'
import { tcpFrame } from '../../test/support/frames.ts'
import { EPOCH } from '../../test/support/manual-clock.ts'
import { patternBytes } from '../../test/support/random.ts'
import { Transfer } from '../../test/support/transfer.ts'
import { NOTHING_HELD, SERVER, World } from '../../test/support/world.ts'
import { MAX_RECEIVE_BUDGET } from '../stack/tcp/tcb.ts'
import { MAX_SEND_BUDGET } from '../stack/tcp/user-calls.ts'
import { ipv4 } from '../wire/ipv4-address.ts'

describe('opening', () => {
  test('the guest is connected when the outside is, not before', () => {
    const world = new World({ outside: { delayMs: 150 } })
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(149)
    expect(tcp.state).toBe('SYN-SENT')
    expect(world.securenat.natTable()).toMatchObject([{ id: 1, protocol: 'TCP', tcpStatus: 'connecting' }])
    world.advance(2)
    expect(tcp.state).toBe('ESTABLISHED')
    expect(world.securenat.natTable()).toMatchObject([{ tcpStatus: 'established', destinationPort: 80 }])
    expect(world.outside.connection).toMatchObject({ address: SERVER, port: 80 })
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 connected'])
  })

  test('refused outside: refused to the guest', () => {
    const world = new World()
    world.outside.host('203.0.113.1:81', 'refused')
    const tcp = world.guest.connect(SERVER, 81)
    world.advance(100)
    expect(tcp.closedBy).toBe('refused')
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 failed', 'tcp 1 deleted'])
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('unreachable outside: ICMP host unreachable, quoting the guest and the SYN', () => {
    const world = new World()
    world.outside.host('203.0.113.1', 'unreachable')
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(100)
    expect(tcp.state).toBe('SYN-SENT')
    const [error] = world.guest.icmp
    expect(error).toMatchObject({ type: 3, code: 1, source: ipv4('192.168.30.1') })
    const quoted = error!.body
    expect([...quoted.subarray(12, 20)]).toEqual([192, 168, 30, 10, 203, 0, 113, 1])
    expect([quoted[22], quoted[23]]).toEqual([0, 80])
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test.each(['timeout', 'exhausted'] as const)('%s outside', (reason) => {
    const world = new World()
    world.outside.host('203.0.113.1', reason)
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(100)
    expect(tcp.closedBy).toBe(reason === 'exhausted' ? 'refused' : '')
    expect(world.guest.icmp).toEqual([])
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('no answer outside: the guest repeats its SYN, one socket dials', () => {
    const world = new World()
    world.outside.host('203.0.113.1', 'silent')
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(20_000)
    expect(tcp.state).toBe('SYN-SENT')
    expect(world.outside.connections).toHaveLength(1)
    expect(world.held()).toMatchObject({ sessions: 1, connections: 1 })
    world.outside.connection.answer('accepts')
    world.advance(100)
    expect(tcp.state).toBe('ESTABLISHED')
  })

  test('the guest gives up while the outside is dialled: the dial is given up too', () => {
    const world = new World()
    world.outside.host('203.0.113.1', 'silent')
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(100)
    world.link.send(resetOfDialling(world))
    world.advance(100)
    tcp.vanish()
    expect(world.outside.connection.wasReset).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a guest that vanishes before the handshake: the outside is let go after the last SYN,ACK', () => {
    const world = new World({ outside: { delayMs: 50 } })
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(10)
    tcp.vanish()
    world.advance(40_000)
    expect(world.outside.connection.wasReset).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
  })
})

/** The guest's RST for the request that is pending: its SYN's number, which only the connection knows. */
function resetOfDialling(world: World): Uint8Array {
  const [tcb] = [...world.securenat.stack.tcp.connections()]
  const frame = tcpFrame([], {
    sourceMac: world.guest.mac,
    source: world.guest.address,
    sourcePort: tcb!.remotePort,
    seq: tcb!.rcv.nxt >>> 0,
    flags: 4,
  })
  return frame
}

describe('closing', () => {
  function open(): { world: World; tcp: ReturnType<World['guest']['connect']> } {
    const world = new World({ link: { delayMs: 5 }, outside: { takes: 'later' } })
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(100)
    return { world, tcp }
  }

  test('FIN from the guest is a shutdown outside; the other direction stays open', () => {
    const { world, tcp } = open()
    tcp.write(patternBytes(10))
    tcp.close()
    world.advance(100)
    expect(world.outside.connection).toMatchObject({ receivedEnd: true, receivedBytes: 10, isGone: false })
    world.outside.connection.send('and now the answer')
    world.advance(100)
    expect(tcp.received).toBe(18)
    world.outside.connection.sendEnd()
    world.advance(100)
    expect(tcp.closedBy).toBe('both ends')
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.events).toContain('tcp 1 deleted')
  })

  test('FIN from outside is a FIN to the guest; the other direction stays open', () => {
    const { world, tcp } = open()
    world.outside.connection.send('all there is')
    world.outside.connection.sendEnd()
    world.advance(100)
    expect(tcp).toMatchObject({ received: 12, receivedEnd: true, state: 'ESTABLISHED' })
    expect(world.outside.connection.receivedEnd).toBe(false)
    tcp.write(patternBytes(5))
    world.advance(100)
    expect(world.outside.connection.receivedBytes).toBe(5)
    tcp.close()
    world.advance(100)
    expect(tcp.closedBy).toBe('both ends')
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('RST from the guest is RST outside', () => {
    const { world, tcp } = open()
    tcp.abort()
    world.advance(100)
    expect(world.outside.connection.wasReset).toBe(true)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('RST from outside is RST to the guest, what was not sent yet is not', () => {
    const { world, tcp } = open()
    world.outside.connection.send('never')
    world.outside.connection.sendReset()
    world.advance(100)
    expect(tcp.closedBy).toBe('reset')
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('RST from outside after its FIN', () => {
    const { world, tcp } = open()
    world.outside.connection.sendEnd()
    world.advance(100)
    world.outside.connection.sendReset()
    world.advance(100)
    expect(tcp.closedBy).toBe('reset')
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('FIN from both at once', () => {
    const { world, tcp } = open()
    world.outside.connection.sendEnd()
    tcp.close()
    world.advance(1000)
    expect(tcp.closedBy).toBe('both ends')
    expect(world.held()).toEqual(NOTHING_HELD)
  })
})

describe('flow', () => {
  test('a slow guest pauses the outside; what is held for it stays within the budget', () => {
    const world = new World({ link: { delayMs: 5 } })
    const transfer = new Transfer(world, { down: 20_000_000, tcp: { readRate: 0, receiveBuffer: 200_000 } })
    world.advance(60_000)
    expect(world.outside.connection.paused).toBe(true)
    const { pool } = world.securenat.stack.tcp
    expect(transfer.received.down).toBe(0)
    expect(pool.stats.bytesInUse).toBeLessThanOrEqual(MAX_SEND_BUDGET + 2 * 65_536)
    expect(pool.stats.bytesInUse).toBeGreaterThan(200_000)
    transfer.guest.setReadRate(2000)
    world.advance(1000)
    expect(transfer.received.down).toBeGreaterThan(1_000_000)
    transfer.guest.setReadRate(Number.POSITIVE_INFINITY)
    transfer.run(60_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('a slow outside closes the window of the guest; what is held for it stays within the budget', () => {
    const world = new World({ link: { delayMs: 5 }, outside: { takes: 100 } })
    const transfer = new Transfer(world, { up: 6_000_000 })
    let most = 0
    for (let second = 0; second < 30; second++) {
      world.advance(1000)
      most = Math.max(most, world.securenat.stack.tcp.receiveBuffered)
    }
    expect(transfer.guest.unacknowledged).toBeGreaterThan(0)
    expect(most).toBeGreaterThan(100_000)
    expect(most).toBeLessThanOrEqual(MAX_RECEIVE_BUDGET)
    expect(world.outside.connection.heldMost).toBe(most)
    transfer.run(60_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('both slow at once, both directions, over a bad link', () => {
    const world = new World({ link: { delayMs: 10, loss: 0.02 }, outside: { takes: 300 } })
    new Transfer(world, { up: 500_000, down: 500_000, tcp: { readRate: 300, receiveBuffer: 100_000 } }).run(60_000)
    expect(world.held()).toEqual(NOTHING_HELD)
  })

  test('an echo of 200,000 bytes over 40 ms sends less than 205,000 payload bytes', () => {
    const world = new World({ link: { delayMs: 20 }, outside: { delayMs: 1 } })
    world.outside.onConnection = (connection) => {
      connection.onReceived = (bytes) => connection.send(bytes)
      connection.onReceivedEnd = () => connection.sendEnd()
    }
    const tcp = world.guest.connect(SERVER, 7)
    tcp.write(patternBytes(200_000))
    tcp.close()
    world.until('the echo', () => tcp.state === 'CLOSED', 60_000)
    expect(tcp.received).toBe(200_000)
    expect(world.securenat.stack.tcp.stats.txBytes).toBeLessThan(205_000)
  })

  test('the rows count payload bytes and the last communication', () => {
    const world = new World()
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(1000)
    tcp.write(patternBytes(100))
    world.advance(1000)
    world.outside.connection.send('12345')
    world.advance(10)
    const [row] = world.securenat.natTable()
    expect(row).toMatchObject({ sentBytes: 100, receivedBytes: 5, lastCommunicationAt: EPOCH + 2000 })
    expect(row!.createdAt).toBeLessThan(EPOCH + 100)
  })
})

describe('idle', () => {
  test('an idle session is ended once: both sides see a reset, and no timer is left behind', () => {
    const world = new World({ nat: { tcpTimeoutSeconds: 60 } })
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(1000)
    expect(tcp.state).toBe('ESTABLISHED')
    expect(world.securenat.natTable()).toHaveLength(1)
    world.advance(60_000)
    expect(tcp.closedBy).toBe('reset')
    expect(world.outside.connection.wasReset).toBe(true)
    expect(world.events).toEqual(['tcp 1 created', 'tcp 1 connected', 'tcp 1 deleted'])
    expect(world.held()).toEqual(NOTHING_HELD)
    world.advance(200_000)
    expect(world.securenat.stack.tcp.stats.resetsSent).toBe(1)
    expect(world.clock.pending).toBe(0)
  })

  test('traffic in either direction keeps a session', () => {
    const world = new World({ nat: { tcpTimeoutSeconds: 60 } })
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(50_000)
    tcp.write(patternBytes(1))
    world.advance(50_000)
    world.outside.connection.send('x')
    world.advance(50_000)
    expect(tcp.state).toBe('ESTABLISHED')
    world.advance(11_000)
    expect(tcp.closedBy).toBe('reset')
  })

  test('a shorter time set while running counts for sessions that exist', () => {
    const world = new World()
    const tcp = world.guest.connect(SERVER, 80)
    world.advance(100_000)
    world.configure({ tcpTimeoutSeconds: 120 })
    world.advance(21_000)
    expect(tcp.closedBy).toBe('reset')
  })
})
