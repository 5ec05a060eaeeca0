// RFC 9293 section 3.10.1 and 3.10.7.3: the virtual host opens a connection towards a guest, and what may answer its SYN.

import { describe, expect, test } from 'vitest'
import { MODERN, synOptions, synSent, TcpPeer, timeWait } from '../support/tcp-peer.ts'

const SYN_ACK = { flags: 'SA', seq: -1, ack: 0, options: synOptions({ mss: 1460 }) }

/** The SYN,ACK of a guest with all options. */
function modern(peer: TcpPeer): void {
  peer.ts = { value: 1000, echo: 0 }
  peer.send({ ...SYN_ACK, options: synOptions(MODERN) })
}

test('the SYN offers MSS, window scale, SACK and timestamps, and acknowledges nothing', () => {
  const peer = new TcpPeer()
  peer.open()
  const { segment, ack, wnd } = peer.expect({ flags: 'S', seq: -1 })
  expect(segment).toMatchObject({ mss: 1460, windowShift: 7, sackPermitted: true, hasTimestamps: true, tsEcr: 0 })
  expect([ack, wnd, segment.ack]).toEqual([0, 65_535, 0])
})

test('with an MTU too small for all options neither timestamps nor SACK is offered', () => {
  const peer = new TcpPeer({ stack: { mtu: 70 } })
  peer.open()
  expect(peer.expect({ flags: 'S' }).segment).toMatchObject({ mss: 30, sackPermitted: false, hasTimestamps: false })
})

test("the guest's SYN,ACK completes it; what the guest offers is agreed", () => {
  const peer = synSent()
  modern(peer)
  expect(peer.tcb.state).toBe('ESTABLISHED')
  expect(peer.user.events).toEqual(['established'])
  peer.expect({ flags: 'A', seq: 0, ack: 0 })
  expect(peer.tcb.agreed).toEqual({ mss: 1448, timestamps: true, sack: true, windowScale: true })
  peer.send({ text: 'hello' })
  peer.expect({ flags: 'A', ack: 5 })
  peer.userSend('world')
  peer.expect({ flags: 'PA', text: 'world', ack: 5 })
})

test('what the guest does not offer is not agreed', () => {
  const peer = synSent()
  peer.send(SYN_ACK)
  expect(peer.tcb.agreed).toEqual({ mss: 1460, timestamps: false, sack: false, windowScale: false })
  expect(peer.expect({ flags: 'A' }).segment.hasTimestamps).toBe(false)
})

test('the handshake measures the round trip, and what the user writes then follows it', () => {
  const peer = synSent()
  expect(peer.tcb.rtt.srtt).toBe(-1)
  peer.advance(30)
  peer.send(SYN_ACK)
  expect(peer.tcb.rtt.srtt).toBe(30)
  peer.drain()
  peer.userSend(3000)
  expect(peer.drain().map(({ len }) => len)).toEqual([1460, 1460, 80])
})

test('data and FIN may come with the SYN,ACK', () => {
  const peer = synSent()
  peer.send({ ...SYN_ACK, flags: 'SAF', text: 'bye' })
  expect(peer.user.events).toEqual(['established', 'end'])
  expect(peer.user.text).toBe('bye')
  expect(peer.tcb.state).toBe('CLOSE-WAIT')
  peer.expect({ flags: 'A', ack: 4 })
})

describe('first: the ACK', () => {
  test.each([
    ['too old', -1],
    ['of something never sent', 1],
  ])('one that is %s is answered by a reset with its own number, and changes nothing', (_name, ack) => {
    const peer = synSent()
    peer.send({ ...SYN_ACK, ack })
    peer.expect({ flags: 'R', seq: ack })
    expect(peer.tcb.state).toBe('SYN-SENT')
    expect(peer.stats.droppedUnacceptable).toBe(1)
  })

  test('a reset with a wrong one is dropped in silence', () => {
    const peer = synSent()
    peer.send({ flags: 'RA', seq: 0, ack: 1 })
    peer.expectNothing()
    expect(peer.tcb.state).toBe('SYN-SENT')
  })
})

describe('second: RST', () => {
  test('one that acknowledges our SYN: connection refused', () => {
    const peer = synSent()
    peer.send({ flags: 'RA', seq: -1, ack: 0 })
    expect(peer.user.events).toEqual(['reset'])
    peer.expectNothing()
    peer.advance(200_000)
    peer.expectNothing()
    expect(peer.context.size).toBe(0)
  })

  test('one without an acknowledgment is a guess', () => {
    const peer = synSent()
    peer.send({ flags: 'R', seq: 0 })
    expect(peer.tcb.state).toBe('SYN-SENT')
    expect(peer.stats.droppedNoAck).toBe(1)
  })
})

test('fifth: a segment with neither SYN nor RST is dropped', () => {
  const peer = synSent()
  peer.send({ flags: 'A', seq: 0, ack: 0, text: 'early' })
  peer.expectNothing()
  expect(peer.tcb.state).toBe('SYN-SENT')
  expect(peer.user.text).toBe('')
})

describe('simultaneous open (figure 8, MUST-10)', () => {
  test('SYNs that cross become one connection', () => {
    const peer = synSent()
    peer.sendSyn()
    expect(peer.tcb.state).toBe('SYN-RECEIVED')
    peer.expect({ flags: 'SA', seq: -1, ack: 0 })
    peer.send({ flags: 'SA', seq: -1, ack: 0 })
    expect(peer.tcb.state).toBe('ESTABLISHED')
    expect(peer.user.events).toEqual(['established'])
    peer.expect({ flags: 'A', seq: 0, ack: 0 })
    peer.send({ text: 'hi' })
    peer.expect({ flags: 'A', ack: 2 })
    expect(peer.harness.requests).toHaveLength(1)
  })

  test('an acknowledgment alone ends it too', () => {
    const peer = synSent()
    peer.sendSyn()
    peer.expect({ flags: 'SA' })
    peer.send({ flags: 'A', seq: 0, ack: 0 })
    expect(peer.user.events).toEqual(['established'])
  })

  test("the guest's repeated SYN is answered again, one with another number is not", () => {
    const peer = synSent()
    peer.sendSyn()
    peer.expect({ flags: 'SA' })
    peer.sendSyn()
    peer.expect({ flags: 'SA' })
    peer.send({ flags: 'S', seq: -500_000 })
    peer.expectNothing()
    expect(peer.tcb.state).toBe('SYN-RECEIVED')
  })
})

describe('time', () => {
  test('the SYN is repeated after 1, 3, 7 and 15 s, and given up after 31 s', () => {
    const peer = synSent()
    peer.advance(30_999)
    expect(peer.drain().map(({ at, flags }) => `${flags} ${Math.round(at / 1000)}`)).toEqual([
      'S 1',
      'S 3',
      'S 7',
      'S 15',
    ])
    peer.advance(2)
    expect(peer.user.events).toEqual(['timeout'])
    peer.expectNothing('there is nobody to reset')
    expect(peer.stats.synGaveUp).toBe(1)
    expect(peer.context.size).toBe(0)
  })

  test('a guest whose hardware address nobody knows is given up after 3 s', () => {
    const peer = new TcpPeer()
    peer.harness.answersArp = false
    peer.harness.stack.arp.clear()
    peer.open()
    peer.advance(2_999)
    expect(peer.user.events).toEqual([])
    peer.advance(2)
    expect(peer.user.events).toEqual(['timeout'])
    peer.expectNothing()
  })

  test('a guest that is found by ARP gets the SYN at once', () => {
    const peer = new TcpPeer()
    peer.harness.stack.arp.clear()
    peer.open()
    peer.advance(1)
    peer.expect({ flags: 'S', seq: -1 })
  })
})

describe('user calls in SYN-SENT', () => {
  test('CLOSE and ABORT delete the connection without a word', () => {
    for (const call of ['userClose', 'userAbort'] as const) {
      const peer = synSent()
      peer[call]()
      peer.expectNothing()
      expect(peer.context.size).toBe(0)
      peer.send(SYN_ACK)
      peer.expect({ flags: 'R', seq: 0 })
    }
  })
})

describe('OPEN', () => {
  test('there is one connection with the same endpoints', () => {
    const peer = synSent()
    expect(() => peer.open()).toThrow('there is such a connection already')
  })

  test('a connection in TIME-WAIT is opened anew, above its last number', () => {
    const peer = timeWait()
    const before = peer.irs
    peer.open()
    const { segment } = peer.expect({ flags: 'S' })
    expect((segment.seq - before) | 0).toBeGreaterThan(0)
    expect(peer.context.timeWait.size).toBe(0)
  })
})
