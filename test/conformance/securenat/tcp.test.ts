// The TCP defects of the original, and what the manual says of TCP: as a guest meets them, in virtual time. The rules behind them,
// one by one, are in the files rfc*.test.ts beside this folder.

import { expect, test } from 'vitest'
import { patternBytes } from '../../support/random.ts'
import { established, requested } from '../../support/tcp-peer.ts'
import { Transfer } from '../../support/transfer.ts'
import { NOTHING_HELD, SERVER, World } from '../../support/world.ts'

test('D1: a refused connection is refused at once, by one attempt', () => {
  const world = new World()
  world.outside.host('203.0.113.1', 'refused')
  const tcp = world.guest.connect(SERVER, 81)
  world.advance(10)
  expect(tcp.closedBy).toBe('refused')
  world.advance(30_000)
  expect(world.outside.connections).toHaveLength(1)
  expect(world.events.filter((event) => event.endsWith('failed'))).toHaveLength(1)
})

test('D1: an unreachable one is told by ICMP', () => {
  const world = new World()
  world.outside.host('203.0.113.1', 'unreachable')
  world.guest.connect(SERVER, 81)
  world.advance(10)
  expect(world.guest.icmp).toMatchObject([{ type: 3 }])
})

test('D1: one that does not answer is not answered for', () => {
  const world = new World()
  world.outside.host('203.0.113.1', 'silent')
  const tcp = world.guest.connect(SERVER, 81)
  world.advance(5000)
  expect([tcp.state, tcp.closedBy, world.guest.icmp.length]).toEqual(['SYN-SENT', '', 0])
  expect(world.outside.connections).toHaveLength(1)
})

test('D2: the guest ends its direction, and the answer that comes after it arrives whole', () => {
  const world = new World()
  world.outside.onConnection = (connection) => {
    connection.onReceivedEnd = () => {
      connection.send(`got ${connection.receivedBytes} bytes`)
      connection.sendEnd()
    }
  }
  const tcp = world.guest.connect(SERVER, 80)
  let answer = ''
  tcp.onData = (bytes) => (answer += String.fromCharCode(...bytes))
  tcp.write(patternBytes(1000))
  tcp.close()
  world.until('the end', () => tcp.state === 'CLOSED', 10_000)
  expect([answer, tcp.closedBy]).toEqual(['got 1000 bytes', 'both ends'])
})

test('D2: the outside ends its direction, and what the guest sends after it arrives whole', () => {
  const world = new World()
  world.outside.onConnection = (connection) => connection.sendEnd()
  const tcp = world.guest.connect(SERVER, 80)
  world.until('the end of the outside', () => tcp.receivedEnd, 1000)
  tcp.write(patternBytes(100_000))
  tcp.close()
  world.until('the end', () => tcp.state === 'CLOSED', 10_000)
  expect([world.outside.connection.receivedBytes, world.outside.connection.receivedEnd]).toEqual([100_000, true])
  expect(tcp.closedBy).toBe('both ends')
})

test('D3: a reset by the outside is a reset at the guest', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(10)
  world.outside.connection.send(patternBytes(1000))
  world.outside.connection.sendReset()
  world.advance(100)
  expect([tcp.received, tcp.closedBy, tcp.receivedEnd]).toEqual([1000, 'reset', false])
})

test('D3: a reset by the guest is a reset at the outside', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  world.advance(10)
  tcp.abort()
  world.advance(100)
  expect([world.outside.connection.wasReset, world.outside.connection.receivedEnd]).toEqual([true, false])
})

test('D3: an ordinary end is FIN and its acknowledgment in each direction, and TIME-WAIT; no RST', () => {
  const peer = established()
  peer.send({ flags: 'FA', seq: 0 })
  peer.expect({ flags: 'A', ack: 1 })
  peer.userClose()
  peer.expect({ flags: 'FA', seq: 0, ack: 1 })
  peer.send({ flags: 'A', seq: 1, ack: 1 })
  peer.expectNothing()
  expect(peer.context.size).toBe(0)
})

test('D4: a segment out of order is acknowledged at once, with what is missing', () => {
  const peer = established({ syn: { mss: 1460, sack: true } })
  peer.send({ seq: 100, len: 100 })
  peer.expect({ flags: 'A', ack: 0, sack: [100, 200] })
  peer.send({ seq: 0, len: 100 })
  peer.expect({ flags: 'A', ack: 200 })
})

test('D4: data that was seen before is acknowledged again', () => {
  const peer = established()
  peer.send({ seq: 0, text: 'hello' })
  peer.advance(1000)
  peer.expect({ flags: 'A', ack: 5 })
  peer.send({ seq: 0, text: 'hello' })
  peer.expect({ flags: 'A', ack: 5 })
  expect(peer.user.text).toBe('hello')
})

test('D4: a keep-alive probe is answered', () => {
  const peer = established()
  peer.send({ seq: -1 })
  peer.expect({ flags: 'A', ack: 0 })
})

test('D5: an echo over 40 ms sends back what it was sent, and nothing twice', () => {
  const world = new World({ link: { delayMs: 20 } })
  world.outside.onConnection = (connection) => {
    connection.onReceived = (bytes) => connection.send(bytes)
    connection.onReceivedEnd = () => connection.sendEnd()
  }
  const before = world.link.toGuest.bytes
  const tcp = world.guest.connect(SERVER, 7)
  tcp.write(patternBytes(200_000))
  tcp.close()
  world.until('the echo', () => tcp.state === 'CLOSED', 30_000)
  expect(tcp.received).toBe(200_000)
  // Headers included: 66 bytes on each of 138 segments.
  expect(world.link.toGuest.bytes - before).toBeLessThan(220_000)
})

test('D6: windows are scaled, timestamps echoed, SACK permitted', () => {
  const peer = requested({ syn: { mss: 1460, ws: 7, sack: true, ts: [77, 0] } })
  peer.accept()
  const { segment } = peer.expect({ flags: 'SA' })
  expect(segment).toMatchObject({ hasTimestamps: true, tsEcr: 77, sackPermitted: true })
  expect(segment.windowShift).toBeGreaterThan(0)
})

test('D6: a lost segment is sent again by the third duplicate acknowledgment, not by a timer', () => {
  const world = new World({ link: { delayMs: 20, drops: dropOnce(30_000) } })
  const transfer = new Transfer(world, { down: 300_000 })
  transfer.run(10_000)
  expect(transfer.finishedAt - transfer.startedAt).toBeLessThan(700)
})

test('D6: the timer backs off: a guest that is gone is asked ever more rarely', () => {
  const peer = established()
  peer.userSend(100)
  peer.advance(60_000)
  const times = peer.drain().map(({ at }) => at)
  expect(times.length).toBeGreaterThan(4)
  const gaps = times.slice(1).map((at, index) => at - times[index]!)
  for (let index = 3; index < gaps.length; index += 1) expect(gaps[index]! / gaps[index - 1]!).toBeCloseTo(2, 1)
})

test('D6: a closed window is probed, and what waits follows as soon as it opens', () => {
  const peer = established({ wnd: 0 })
  peer.userSend(100)
  peer.advance(2000)
  const probes = peer.drain()
  expect(probes.length).toBeGreaterThan(0)
  expect(Math.max(...probes.map(({ len }) => len))).toBeLessThanOrEqual(1)
  peer.send({ flags: 'A', ack: 0, wnd: 1000 })
  expect(peer.drain().reduce((sum, { len }) => sum + len, 0)).toBeGreaterThanOrEqual(99)
})

test('D6: acknowledgments are delayed: fewer of them than segments', () => {
  const peer = established()
  for (let seq = 0; seq < 40 * 1460; seq += 4 * 1460) {
    peer.sendBatch(...[0, 1, 2, 3].map((nth) => ({ seq: seq + nth * 1460, len: 1460 })))
  }
  peer.advance(1000)
  const acks = peer.drain()
  expect(acks.at(-1)?.ack).toBe(40 * 1460)
  expect(acks.length).toBeLessThanOrEqual(20)
})

test('D7: with MTU 1000 no segment to the guest needs a fragment, whatever MSS it announced', () => {
  let longest = 0
  const drops = (frame: Uint8Array, toGuest: boolean): boolean => {
    if (toGuest) longest = Math.max(longest, frame.length)
    return false
  }
  const world = new World({ nat: { mtu: 1000 }, link: { delayMs: 1, drops } })
  new Transfer(world, { down: 100_000, tcp: { mss: 1460 } }).run(10_000)
  expect(longest).toBeLessThanOrEqual(1014)
  expect(longest).toBeGreaterThan(950)
})

test('D8: a SYN,ACK that nobody answers is given up, and the outside connection with it', () => {
  const world = new World()
  const tcp = world.guest.connect(SERVER, 80)
  tcp.vanish()
  world.advance(300_000)
  expect(world.outside.connection.isGone || world.outside.connection.wasReset).toBe(true)
  expect(world.held()).toEqual(NOTHING_HELD)
})

test.each([1, 1000, 60_000, -1, 0x7fff_0000])('D9: RST at RCV.NXT + %i resets nothing', (seq) => {
  const peer = established()
  peer.send({ flags: 'R', seq })
  expect(peer.user.events).toEqual(['established'])
})

test('D9: a segment or datagram with a wrong checksum does nothing', () => {
  const world = new World({ link: { drops: (frame, toGuest) => !toGuest && corrupt(frame) } })
  world.guest.connect(SERVER, 80)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1, 2, 3))
  world.advance(2000)
  expect([world.outside.connections.length, world.outside.udp.length]).toEqual([0, 0])
})

test.each([
  ['up', { up: 2_000_000 }],
  ['down', { down: 2_000_000 }],
])('R25: a stream over a bad link arrives whole and in order (%s)', (_name, sizes) => {
  const world = new World({ link: { delayMs: 5, loss: 0.02, reorder: 0.05, reorderMs: 20, duplicate: 0.02 } })
  new Transfer(world, sizes).run(120_000)
  world.advance(120_000)
  expect(world.held()).toEqual(NOTHING_HELD)
})

test('R25: a guest that does not read holds the outside back', () => {
  const world = new World({ link: { delayMs: 1 } })
  const total = 64_000_000
  const tcp = world.guest.connect(SERVER, 80, { readRate: 0, receiveBuffer: 100_000 })
  world.advance(10)
  let given = 0
  world.outside.connection.stream(() => {
    if (given >= total) return undefined
    given += 64_000
    return patternBytes(64_000)
  })
  world.advance(2000)
  expect(given).toBeLessThan(8_000_000)
  expect(world.outside.connection.paused).toBe(true)
  const before = given
  tcp.setReadRate(1000)
  world.advance(500)
  expect(given).toBeGreaterThan(before)
})

test('R31: window scaling and SACK, which the manual says are missing, are used; one flow fills a long path', () => {
  const world = new World({ link: { delayMs: 50 } })
  const transfer = new Transfer(world, { down: 20_000_000 })
  // Without scaling it would be 64 KiB each 100 ms, which is 30 s.
  transfer.run(5000)
})

/** Loses the frame to the guest in which so many bytes have passed. */
function dropOnce(at: number): (frame: Uint8Array, toGuest: boolean) => boolean {
  let bytes = 0
  let isDone = false
  return (frame, toGuest) => {
    if (!toGuest || isDone) return false
    bytes += frame.length
    isDone = bytes > at
    return isDone
  }
}

/** Changes the last byte of a TCP segment or UDP datagram in place. @returns that it is not lost */
function corrupt(frame: Uint8Array): boolean {
  if (frame[12] === 8 && frame[13] === 0 && (frame[23] === 6 || frame[23] === 17)) {
    const end = 14 + ((frame[16]! << 8) | frame[17]!)
    frame[end - 1]! ^= 0x55
  }
  return false
}
