import { describe, expect, test } from 'vitest'
import { tcpFrame, udpFrame } from '../../test/support/frames.ts'
import { TestHub } from '../../test/support/test-hub.ts'
import { blocks, KEEP_ALIVE, type TestEnvironment, TestWire, testEnvironment } from '../../test/support/vpn-peers.ts'
import type { PortIdentity } from '../hub/port.ts'
import { COMPLETE, superFrame, TRUSTED } from '../wire/offload.ts'
import { deflateBlock, inflateBlock } from './block-compression.ts'
import type { Direction } from './login-messages.ts'
import type { TunnelConnection } from './tunnel-connection.ts'
import { CONNECTION_QUEUE_BYTES_MAX, type FixedDetails, type SessionSettings, VpnSession } from './vpn-session.ts'

const T = 20_000
const IDENTITY: PortIdentity = { kind: 'VPN', userName: 'u1', hostName: '192.0.2.1' }
const FRAME = udpFrame([1, 2, 3])

interface Member {
  wire: TestWire
  connection: TunnelConnection
}

class Setup {
  readonly hub = new TestHub()
  readonly environment: TestEnvironment = testEnvironment()
  readonly ended: string[] = []
  readonly lost: TunnelConnection[] = []
  readonly session: VpnSession

  constructor(settings: Partial<SessionSettings> = {}, identity = IDENTITY) {
    this.session = new VpnSession(
      this.hub,
      identity,
      { connectionName: 'CID-1' } as FixedDetails,
      {
        side: 'server',
        timeoutMs: T,
        maxConnection: 4,
        useCompress: false,
        halfConnection: false,
        autoDisconnectMs: 0,
        ...settings,
      },
      this.environment,
      { ended: (reason) => this.ended.push(reason), connectionLost: (connection) => this.lost.push(connection) },
    )
  }

  connect(direction: Direction = this.session.nextDirection()!): Member {
    const wire = new TestWire()
    return { wire, connection: this.session.addConnection(wire, direction) }
  }

  /** The hub gives the frames, and the turn ends. */
  send(...frames: Uint8Array[]): void {
    this.hub.send(...frames)
    this.environment.turn()
  }

  /** `ms` go by, and every 3 s the peers on these connections say something. */
  idle(ms: number, ...members: Member[]): void {
    for (let at = 0; at < ms; at += 3_000) {
      this.environment.clock.advance(Math.min(3_000, ms - at))
      for (const { connection } of members) this.session.receive(connection, KEEP_ALIVE)
    }
  }
}

test('keep-alives that nobody takes do not pile up, and end the connection in time', () => {
  const setup = new Setup()
  const { wire, connection } = setup.connect()
  wire.takesAtOnce = false
  setup.idle(4 * T - 3_000, { wire, connection })
  // What the peer says keeps the session alive, but not a connection that it reads nothing from.
  expect([wire.isEnded, setup.session.stats.timedOutConnections]).toEqual([true, 1])
  expect(wire.writes.length, 'the first was taken').toBe(2)
})

describe('frames', () => {
  test('from a connection go into the hub, which is told at the end of the turn', () => {
    const setup = new Setup()
    const { connection } = setup.connect()
    setup.session.receive(connection, blocks(FRAME, FRAME))
    setup.session.receive(connection, blocks(FRAME))
    expect([setup.hub.received.length, setup.hub.flushedAfter.length]).toEqual([3, 0])
    setup.environment.turn()
    expect(setup.hub.flushedAfter).toEqual([3])
  })

  test('from the hub go out as one batch, one write a turn', () => {
    const setup = new Setup()
    const { wire } = setup.connect()
    expect(wire.readTunnel()).toEqual({ frames: [], keepAlives: 1 })
    setup.hub.send(FRAME)
    setup.hub.send(FRAME)
    expect(wire.writes.length).toBe(0)
    setup.environment.turn()
    expect(wire.writes.length).toBe(1)
    expect(wire.readTunnel().frames).toEqual([FRAME, FRAME])
  })

  test('a super-frame is split straight into the batch', () => {
    const setup = new Setup()
    const { wire } = setup.connect()
    wire.readTunnel()
    setup.hub.sendWith(superFrame(1460), tcpFrame(new Array(10_000).fill(5)))
    setup.hub.flush()
    setup.environment.turn()
    expect(wire.readTunnel().frames.map(({ length }) => length)).toEqual([...new Array(6).fill(1514), 1294])
  })

  test('compressed, each way', () => {
    const setup = new Setup({ useCompress: true })
    const { wire, connection } = setup.connect()
    wire.writes.length = 0
    setup.hub.sendWith(superFrame(1460), tcpFrame(new Array(3_000).fill(5)))
    setup.send(FRAME)
    expect(wire.bytes().length).toBeLessThan(1_000)
    expect(wire.readTunnel(inflateBlock).frames.map(({ length }) => length)).toEqual([1514, 1514, 134, FRAME.length])
    setup.session.receive(connection, blocks(deflateBlock(FRAME)))
    expect(setup.hub.received.map(({ frame }) => frame)).toEqual([FRAME])
  })

  test('without a connection they are dropped and counted', () => {
    const setup = new Setup()
    const { connection } = setup.connect()
    setup.session.lose(connection)
    setup.send(FRAME)
    expect(setup.session.stats.droppedNoConnection).toBe(1)
    setup.send(FRAME)
    expect(setup.session.stats.droppedNoConnection).toBe(2)
    const { wire } = setup.connect()
    setup.send(FRAME)
    expect(wire.readTunnel().frames).toEqual([FRAME])
  })

  test('past the bound of a connection they are dropped and counted, and the connection lives', () => {
    const setup = new Setup({ maxConnection: 32 })
    const { wire, connection } = setup.connect()
    wire.takesAtOnce = false
    const big = tcpFrame(new Array(1_400).fill(1))
    const count = 3_000
    for (let sent = 0; sent < count; sent += 1) setup.send(big)
    expect(connection.queuedBytes).toBeLessThanOrEqual(CONNECTION_QUEUE_BYTES_MAX)
    expect(connection.queuedBytes).toBeGreaterThan(CONNECTION_QUEUE_BYTES_MAX - 2_000)
    const { txFrames, droppedQueueFull } = connection.txStats
    expect(txFrames + droppedQueueFull).toBe(count)
    expect(droppedQueueFull).toBeGreaterThan(10)
    expect(setup.session.isEnded).toBe(false)
  })
})

describe('several connections', () => {
  test('the newest of idle ones takes everything', () => {
    const setup = new Setup()
    const [first, second] = [setup.connect(), setup.connect()]
    setup.send(FRAME)
    expect([first.wire.readTunnel().frames.length, second.wire.readTunnel().frames.length]).toEqual([0, 1])
  })

  test('one that does not keep up gives way; nothing added to it is lost', () => {
    const setup = new Setup()
    const [first, second] = [setup.connect(), setup.connect()]
    first.wire.readTunnel()
    second.wire.readTunnel()
    second.wire.takesAtOnce = false
    for (let count = 0; count < 10; count += 1) setup.send(FRAME)
    const before = first.wire.readTunnel().frames.length
    expect(before).toBeGreaterThan(5)
    second.wire.takesAtOnce = true
    second.wire.take()
    expect(before + second.wire.readTunnel().frames.length).toBe(10)
  })

  test('one that is lost is replaced by another', () => {
    const setup = new Setup()
    const [first, second] = [setup.connect(), setup.connect()]
    first.wire.readTunnel()
    setup.session.lose(second.connection)
    expect(second.wire.isEnded).toBe(true)
    expect(setup.lost).toEqual([second.connection])
    setup.send(FRAME)
    expect(first.wire.readTunnel().frames).toEqual([FRAME])
  })

  test('no more than granted', () => {
    const setup = new Setup({ maxConnection: 2 })
    setup.connect()
    setup.connect()
    expect(setup.session.nextDirection()).toBeUndefined()
  })

  test('one that has probably died unseen makes room', () => {
    const setup = new Setup({ maxConnection: 2 })
    const [dead, alive] = [setup.connect(), setup.connect()]
    setup.idle(15_000, alive)
    expect(setup.session.nextDirection()).toBe('both')
    expect([dead.wire.isEnded, alive.wire.isEnded]).toEqual([true, false])
    expect(setup.session.stats.timedOutConnections).toBe(1)
  })

  test('half duplex: the directions of the original', () => {
    const setup = new Setup({ halfConnection: true })
    const directions: Direction[] = []
    for (let count = 0; count < 4; count += 1) {
      const direction = setup.session.nextDirection()!
      directions.push(direction)
      setup.connect(direction)
    }
    expect(directions).toEqual(['toServer', 'toClient', 'toClient', 'toServer'])
  })

  test('half duplex: frames and keep-alives only on connections that send', () => {
    const setup = new Setup({ halfConnection: true })
    const [up, down] = [setup.connect(), setup.connect()]
    setup.send(FRAME)
    expect(up.wire.writes.length).toBe(0)
    expect(down.wire.readTunnel()).toMatchObject({ frames: [FRAME], keepAlives: 1 })
    setup.idle(3 * T, up)
    expect(up.wire.writes.length).toBe(0)
    expect(down.wire.readTunnel().keepAlives).toBeGreaterThan(9)
    expect(setup.session.connectionCount, 'nothing is to be heard on one that only sends').toBe(2)
  })
})

describe('time', () => {
  test('a keep-alive at once, then every T/4 of silence; a batch is as good', () => {
    const setup = new Setup()
    const member = setup.connect()
    expect(member.wire.readTunnel().keepAlives).toBe(1)
    setup.idle(4_000, member)
    setup.send(FRAME)
    setup.idle(4_000, member)
    expect(member.wire.readTunnel().keepAlives).toBe(0)
    setup.idle(1_500, member)
    expect(member.wire.readTunnel().keepAlives).toBe(1)
  })

  test('eight hours of silence but for keep-alives', () => {
    const setup = new Setup()
    const members = [setup.connect(), setup.connect()]
    const hours = 8
    setup.idle(hours * 3_600_000, ...members)
    expect(setup.session.connectionCount).toBe(2)
    for (const { wire } of members) {
      const { keepAlives } = wire.readTunnel()
      expect(keepAlives).toBeGreaterThanOrEqual((hours * 3_600_000) / (T / 4) - 2)
      expect(keepAlives).toBeLessThan((hours * 3_600_000) / (T / 5))
    }
    setup.send(FRAME)
    expect(members[1]!.wire.readTunnel().frames).toEqual([FRAME])
  })

  test('a connection that is silent for T is closed; half a block is silence', () => {
    const setup = new Setup()
    const [silent, alive] = [setup.connect(), setup.connect()]
    const half = blocks(FRAME)
    setup.session.receive(silent.connection, half.subarray(0, 8))
    for (let at = 0; at < 5; at += 1) {
      setup.idle(3_900, alive)
      setup.session.receive(silent.connection, half.subarray(8 + at, 9 + at))
    }
    expect(silent.wire.isEnded).toBe(false)
    setup.idle(1_000, alive)
    expect([silent.wire.isEnded, alive.wire.isEnded]).toEqual([true, false])
  })

  test('a connection that has not taken what was written for T is closed', () => {
    const setup = new Setup()
    const [stuck, alive] = [setup.connect(), setup.connect()]
    stuck.wire.takesAtOnce = false
    setup.session.lose(alive.connection)
    setup.send(FRAME)
    setup.idle(T + 3_000, stuck)
    expect(stuck.wire.isEnded).toBe(true)
  })

  test('the session outlives its connections by T, and goes on where it is met again', () => {
    const setup = new Setup()
    const { connection } = setup.connect()
    setup.session.lose(connection)
    setup.environment.clock.advance(T - 1)
    expect(setup.session.isEnded).toBe(false)
    const again = setup.connect()
    setup.idle(3 * T, again)
    expect(setup.session.isEnded).toBe(false)
    setup.session.lose(again.connection)
    setup.environment.clock.advance(T + 1)
    expect(setup.ended).toEqual(['timeout'])
    expect(setup.hub.detachCount).toBe(1)
    expect(setup.environment.clock.pending, 'no timer is left').toBe(0)
  })

  test('AutoDisconnect ends it in time', () => {
    const setup = new Setup({ autoDisconnectMs: 60_000 })
    const member = setup.connect()
    setup.idle(59_999, member)
    expect(setup.ended).toEqual([])
    setup.idle(10, member)
    expect(setup.ended).toEqual(['autoDisconnect'])
    expect(member.wire.isEnded).toBe(true)
  })
})

describe('the end', () => {
  test('by an administrator: every connection is ended, once', () => {
    const setup = new Setup()
    const [first, second] = [setup.connect(), setup.connect()]
    setup.hub.port.close?.()
    setup.session.close()
    expect(setup.ended).toEqual(['administrator'])
    expect([first.wire.isEnded, second.wire.isEnded]).toEqual([true, true])
    expect(setup.hub.detachCount).toBe(1)
    setup.session.receive(first.connection, blocks(FRAME))
    setup.environment.turn()
    expect(setup.hub.received.length).toBe(0)
  })

  test('a connection that comes too late is closed, for nobody else would do it', () => {
    const setup = new Setup()
    setup.session.close()
    const { wire, connection } = setup.connect('both')
    setup.session.receive(connection, blocks(FRAME))
    setup.session.lose(connection)
    expect([wire.isEnded, wire.bytes().length, setup.session.connectionCount]).toEqual([true, 0, 0])
  })

  test('from inside the hub, between two frames of a chunk', () => {
    const setup = new Setup()
    const { connection } = setup.connect()
    const attachment = setup.hub
    const original = attachment.received.push.bind(attachment.received)
    attachment.received.push = (...items) => {
      const count = original(...items)
      setup.session.close()
      return count
    }
    setup.session.receive(connection, blocks(FRAME, FRAME))
    expect(setup.hub.received.length).toBe(1)
  })

  test('a broken stream costs the connection, not the session', () => {
    const setup = new Setup()
    const [bad, good] = [setup.connect(), setup.connect()]
    setup.session.receive(bad.connection, Buffer.from('0000000100ffffff', 'hex'))
    expect([bad.wire.isEnded, good.wire.isEnded, setup.session.isEnded]).toEqual([true, false, false])
    expect(setup.session.stats.brokenConnections).toBe(1)
  })
})

test('what it tells of itself counts connections that are gone', () => {
  const setup = new Setup()
  const [first, second] = [setup.connect(), setup.connect()]
  setup.session.receive(first.connection, blocks(FRAME))
  setup.session.lose(first.connection)
  setup.session.receive(second.connection, KEEP_ALIVE)
  const { tcpConnections, wireBytesReceived, wireBytesSent, connectionName } = setup.session.details()
  expect({ tcpConnections, wireBytesReceived, connectionName }).toEqual({
    tcpConnections: 1,
    wireBytesReceived: blocks(FRAME).length + KEEP_ALIVE.length,
    connectionName: 'CID-1',
  })
  expect(wireBytesSent).toBe(first.wire.bytes().length + second.wire.bytes().length)
})

test.each([
  ['client', TRUSTED],
  ['bridge', COMPLETE],
] as const)('frames of a %s: only what one machine made is vouched for', (mode, offload) => {
  const setup = new Setup({}, { ...IDENTITY, mode })
  setup.session.receive(setup.connect().connection, blocks(FRAME))
  expect(setup.hub.received.map((received) => received.offload)).toEqual([offload])
})
