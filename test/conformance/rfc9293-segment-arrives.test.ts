// SEGMENT ARRIVES, state by state (RFC 9293 section 3.10.7.4): what each kind of segment does in each state. LISTEN is a
// connection request that the outside has not answered; TIME-WAIT is a record that outlives its TCB.

import { describe, expect, test } from 'vitest'
import type { TcpState } from '../../src/stack/tcp/tcb.ts'
import {
  closeWait,
  closing,
  established,
  finWait1,
  finWait2,
  lastAck,
  type PeerOptions,
  requested,
  type SegmentTemplate,
  StackHarness,
  synReceived,
  TcpPeer,
  timeWait,
} from '../support/tcp-peer.ts'

const STATES: Readonly<Record<string, (options?: PeerOptions) => TcpPeer>> = {
  LISTEN: requested,
  'SYN-RECEIVED': synReceived,
  ESTABLISHED: established,
  'FIN-WAIT-1': finWait1,
  'FIN-WAIT-2': finWait2,
  'CLOSE-WAIT': closeWait,
  CLOSING: closing,
  'LAST-ACK': lastAck,
  'TIME-WAIT': timeWait,
}
const SYNCHRONIZED = Object.keys(STATES).filter((state) => state !== 'LISTEN' && state !== 'TIME-WAIT')

function stateOf(peer: TcpPeer): TcpState | 'TIME-WAIT' | undefined {
  if (peer.tcb.state === 'CLOSED' && peer.context.timeWait.size > 0) return 'TIME-WAIT'
  return peer.tcb.state
}

/** Sent in the state, what it answers (`''`: nothing) and the state after it; `undefined`: unchanged. */
interface Row {
  state: string
  sends: string
  template: SegmentTemplate
  answers: SegmentTemplate[]
  next?: string
  events?: string[]
}

// Numbers: a guest in CLOSE-WAIT, CLOSING, LAST-ACK or TIME-WAIT has sent its FIN as number 0, so its next is 1.
const ROWS: Row[] = [
  // RST at RCV.NXT.
  { state: 'LISTEN', sends: 'RST', template: { flags: 'R', seq: 0 }, answers: [], next: 'CLOSED', events: ['reset'] },
  ...SYNCHRONIZED.map((state) => ({
    state,
    sends: 'RST',
    template: { flags: 'R' },
    answers: [],
    next: 'CLOSED',
    events: ['reset'],
  })),
  { state: 'TIME-WAIT', sends: 'RST (RFC 1337)', template: { flags: 'R' }, answers: [] },
  // ACK of everything.
  { state: 'SYN-RECEIVED', sends: 'ACK', template: {}, answers: [], next: 'ESTABLISHED', events: ['established'] },
  { state: 'ESTABLISHED', sends: 'ACK', template: {}, answers: [] },
  { state: 'FIN-WAIT-1', sends: 'ACK of our FIN', template: { ack: 1 }, answers: [], next: 'FIN-WAIT-2' },
  { state: 'FIN-WAIT-1', sends: 'ACK of less', template: { ack: 0 }, answers: [] },
  { state: 'FIN-WAIT-2', sends: 'ACK', template: { ack: 1 }, answers: [] },
  { state: 'CLOSE-WAIT', sends: 'ACK', template: {}, answers: [] },
  {
    state: 'CLOSING',
    sends: 'ACK of our FIN',
    template: { ack: 1 },
    answers: [],
    next: 'TIME-WAIT',
    events: ['finished'],
  },
  { state: 'CLOSING', sends: 'ACK of less', template: { ack: 0 }, answers: [] },
  {
    state: 'LAST-ACK',
    sends: 'ACK of our FIN',
    template: { ack: 1 },
    answers: [],
    next: 'CLOSED',
    events: ['finished'],
  },
  { state: 'LAST-ACK', sends: 'ACK of less', template: { ack: 0 }, answers: [] },
  { state: 'TIME-WAIT', sends: 'ACK', template: { ack: 1 }, answers: [] },
  // Text.
  {
    state: 'SYN-RECEIVED',
    sends: 'text',
    template: { text: 'abc' },
    answers: [{ flags: 'A', ack: 3 }],
    next: 'ESTABLISHED',
    events: ['established'],
  },
  { state: 'ESTABLISHED', sends: 'text', template: { text: 'abc' }, answers: [{ flags: 'A', ack: 3 }] },
  { state: 'FIN-WAIT-1', sends: 'text', template: { text: 'abc', ack: 0 }, answers: [{ flags: 'A', ack: 3 }] },
  { state: 'FIN-WAIT-2', sends: 'text', template: { text: 'abc' }, answers: [{ flags: 'A', ack: 3 }] },
  { state: 'CLOSE-WAIT', sends: 'text beyond its FIN', template: { text: 'abc' }, answers: [{ flags: 'A', ack: 1 }] },
  {
    state: 'CLOSING',
    sends: 'text beyond its FIN',
    template: { text: 'abc', ack: 0 },
    answers: [{ flags: 'A', ack: 1 }],
  },
  {
    state: 'LAST-ACK',
    sends: 'text beyond its FIN',
    template: { text: 'abc', ack: 0 },
    answers: [{ flags: 'A', ack: 1 }],
  },
  {
    state: 'TIME-WAIT',
    sends: 'text beyond its FIN',
    template: { text: 'abc' },
    answers: [{ flags: 'A', seq: 1, ack: 1 }],
  },
  // FIN.
  {
    state: 'SYN-RECEIVED',
    sends: 'FIN',
    template: { flags: 'FA' },
    answers: [{ flags: 'A', ack: 1 }],
    next: 'CLOSE-WAIT',
    events: ['established', 'end'],
  },
  {
    state: 'ESTABLISHED',
    sends: 'FIN',
    template: { flags: 'FA' },
    answers: [{ flags: 'A', ack: 1 }],
    next: 'CLOSE-WAIT',
    events: ['end'],
  },
  {
    state: 'ESTABLISHED',
    sends: 'text with FIN',
    template: { flags: 'FA', text: 'abc' },
    answers: [{ flags: 'A', ack: 4 }],
    next: 'CLOSE-WAIT',
    events: ['end'],
  },
  {
    state: 'FIN-WAIT-1',
    sends: 'FIN, ours not acknowledged',
    template: { flags: 'FA', ack: 0 },
    answers: [{ flags: 'A', ack: 1 }],
    next: 'CLOSING',
    events: ['end'],
  },
  {
    state: 'FIN-WAIT-1',
    sends: 'FIN with ACK of ours',
    template: { flags: 'FA', ack: 1 },
    answers: [{ flags: 'A', ack: 1 }],
    next: 'TIME-WAIT',
    events: ['end', 'finished'],
  },
  {
    state: 'FIN-WAIT-2',
    sends: 'FIN',
    template: { flags: 'FA' },
    answers: [{ flags: 'A', ack: 1 }],
    next: 'TIME-WAIT',
    events: ['end', 'finished'],
  },
  { state: 'CLOSE-WAIT', sends: 'FIN again', template: { flags: 'FA', seq: 0 }, answers: [{ flags: 'A', ack: 1 }] },
  {
    state: 'CLOSING',
    sends: 'FIN again',
    template: { flags: 'FA', seq: 0, ack: 0 },
    answers: [{ flags: 'A', ack: 1 }],
  },
  {
    state: 'LAST-ACK',
    sends: 'FIN again',
    template: { flags: 'FA', seq: 0, ack: 0 },
    answers: [{ flags: 'A', ack: 1 }],
  },
  {
    state: 'TIME-WAIT',
    sends: 'FIN again',
    template: { flags: 'FA', seq: 0 },
    answers: [{ flags: 'A', seq: 1, ack: 1 }],
  },
  // SYN.
  { state: 'LISTEN', sends: 'its SYN again', template: { flags: 'S', seq: -1 }, answers: [] },
  {
    state: 'SYN-RECEIVED',
    sends: 'its SYN again',
    template: { flags: 'S', seq: -1 },
    answers: [{ flags: 'SA', seq: -1, ack: 0 }],
  },
  ...SYNCHRONIZED.filter((state) => state !== 'SYN-RECEIVED').map((state) => ({
    state,
    sends: 'a SYN in the window (RFC 5961)',
    template: { flags: 'S' },
    answers: [{ flags: 'A' }],
  })),
  // Without ACK.
  ...SYNCHRONIZED.map((state) => ({ state, sends: 'no flags', template: { flags: '', text: 'x' }, answers: [] })),
  // Beyond the window.
  ...SYNCHRONIZED.filter((state) => state !== 'SYN-RECEIVED').map((state) => ({
    state,
    sends: 'text beyond the window',
    template: { seq: 2_000_000, text: 'x', ack: 0 },
    answers: [{ flags: 'A' }],
  })),
  ...SYNCHRONIZED.map((state) => ({
    state,
    sends: 'RST beyond the window',
    template: { flags: 'R', seq: 2_000_000 },
    answers: [],
  })),
  // Acknowledges what was never sent.
  ...SYNCHRONIZED.filter((state) => state !== 'SYN-RECEIVED').map((state) => ({
    state,
    sends: 'ACK of what was never sent',
    template: { ack: 70_000, text: 'x' },
    answers: [{ flags: 'A' }],
  })),
  {
    state: 'SYN-RECEIVED',
    sends: 'ACK of what was never sent',
    template: { ack: 70_000 },
    answers: [{ flags: 'R', seq: 70_000 }],
  },
]

describe.each(Object.entries(STATES))('%s', (state, make) => {
  test.each(ROWS.filter((row) => row.state === state).map((row) => [row.sends, row] as const))('%s', (_sends, row) => {
    const peer = make()
    expect(stateOf(peer)).toBe(state)
    const before = peer.user.events.length
    peer.send(row.template)
    // What is not answered at once may be answered by a delayed acknowledgment: for text in order only.
    for (const answer of row.answers) peer.expect(answer)
    peer.expectNothing()
    expect(stateOf(peer)).toBe(row.next ?? state)
    expect(peer.user.events.slice(before)).toEqual(row.events ?? [])
  })
})

describe('no connection (RFC 9293 section 3.10.7.1)', () => {
  const stranger = (): TcpPeer => new TcpPeer()
  test.each<[string, SegmentTemplate, SegmentTemplate | undefined]>([
    ['ACK', { flags: 'A', seq: 5, ack: 7 }, { flags: 'R', seq: 7 }],
    ['ACK with text', { flags: 'A', seq: 5, ack: 7, text: 'abc' }, { flags: 'R', seq: 7 }],
    ['FIN without ACK', { flags: 'F', seq: 5 }, { flags: 'RA', ack: 6 }],
    ['text without ACK', { flags: '', seq: 5, text: 'abc' }, { flags: 'RA', ack: 8 }],
    ['SYN,ACK', { flags: 'SA', seq: 5, ack: 7 }, { flags: 'R', seq: 7 }],
    ['RST', { flags: 'R', seq: 5 }, undefined],
    ['RST with ACK', { flags: 'RA', seq: 5, ack: 7 }, undefined],
  ])('%s', (_name, template, answer) => {
    const peer = stranger()
    peer.send(template)
    if (answer !== undefined) peer.expect(answer)
    peer.expectNothing()
    expect(peer.context.size).toBe(0)
  })

  test('a SYN that the owner refuses is answered by RST with ACK of the SYN', () => {
    const harness = new StackHarness()
    harness.user = undefined
    const peer = new TcpPeer({ harness })
    peer.sendSyn()
    peer.expect({ flags: 'RA', ack: 0 })
    expect(peer.stats).toMatchObject({ requests: 1, requestsRefused: 1 })
    expect(peer.context.size).toBe(0)
  })
})

describe('connection requests', () => {
  test('refused by the outside: RST with ACK of the SYN', () => {
    const peer = requested()
    peer.refuse('reset')
    peer.expect({ flags: 'RA', ack: 0 })
    expect(peer.context.size).toBe(0)
  })

  test('no answer from the outside: nothing; the next SYN is a new request', () => {
    const peer = requested()
    peer.refuse('silent')
    peer.expectNothing()
    peer.sendSyn()
    expect(peer.harness.requests).toHaveLength(2)
  })

  test('a repeated SYN is absorbed', () => {
    const peer = requested()
    peer.sendSyn()
    peer.sendSyn()
    peer.expectNothing()
    expect(peer.harness.requests).toHaveLength(1)
    peer.accept()
    peer.expect({ flags: 'SA', ack: 0 })
    peer.expectNothing()
  })

  test('a SYN with another number begins anew: that one is answered', () => {
    const peer = requested()
    peer.sendSyn({ seq: 4999 })
    peer.accept()
    peer.expect({ flags: 'SA', ack: 5000 })
    expect(peer.harness.requests).toHaveLength(1)
  })

  test.each([
    ['-1', -1, true],
    ['0', 0, true],
    ['1', 1, false],
    ['far away', 900_000, false],
  ])('RST at %s while the outside is dialled', (_name, seq, ends) => {
    const peer = requested()
    peer.send({ flags: 'R', seq })
    expect(peer.user.events).toEqual(ends ? ['reset'] : [])
    expect(peer.context.size).toBe(ends ? 0 : 1)
  })

  test('an ACK for a request changes nothing', () => {
    const peer = requested()
    peer.send({ ack: 5 })
    peer.expectNothing()
    peer.accept()
    peer.expect({ flags: 'SA', ack: 0 })
  })

  test('the outside speaks first: its data follows the handshake, its FIN too', () => {
    const peer = synReceived()
    peer.userSend('220 hello')
    peer.userClose()
    peer.expectNothing()
    peer.send({})
    peer.expect({ flags: 'FPA', seq: 0, text: '220 hello' })
    expect(peer.tcb.state).toBe('FIN-WAIT-1')
    peer.send({})
    expect(peer.tcb.state).toBe('FIN-WAIT-2')
  })

  test('aborted before the handshake ends: RST that the guest believes', () => {
    const peer = synReceived()
    peer.userAbort()
    peer.expect({ flags: 'RA', seq: 0, ack: 0 })
    expect(peer.harness.deadlines.nextAt()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('closing', () => {
  test('half-closed by the guest: the outside sends on, then closes', () => {
    const peer = closeWait()
    peer.userSend('answer')
    peer.expect({ text: 'answer', ack: 1 })
    peer.send({})
    peer.userClose()
    peer.expect({ flags: 'FA', seq: 6 })
    peer.send({})
    expect(peer.user.events).toEqual(['established', 'end', 'finished'])
    expect(peer.context.size + peer.context.timeWait.size).toBe(0)
  })

  test('half-closed by the outside: the guest sends on, then closes', () => {
    const peer = finWait2()
    peer.send({ text: 'question' })
    peer.expect({ ack: 8 })
    peer.send({ flags: 'FA' })
    peer.expect({ flags: 'A', ack: 9 })
    expect(peer.user.text).toBe('question')
    expect(peer.context.timeWait.size).toBe(1)
  })

  test('simultaneous close: each acknowledges the other, then TIME-WAIT', () => {
    const peer = established()
    peer.userClose()
    peer.expect({ flags: 'FA', seq: 0 })
    peer.send({ flags: 'FA', ack: 0 })
    peer.expect({ flags: 'A', seq: 1, ack: 1 })
    peer.send({ ack: 1 })
    peer.expectNothing()
    expect(peer.context.timeWait.size).toBe(1)
    expect(peer.user.events).toEqual(['established', 'end', 'finished'])
  })

  test('the FIN rides on the last data', () => {
    const peer = established({ wnd: 10 })
    peer.userSend('0123456789abcde')
    peer.userClose()
    peer.expect({ text: '0123456789', flags: 'A' })
    peer.send({ wnd: 10 })
    peer.expect({ text: 'abcde', flags: 'FPA' })
  })

  test('a FIN ahead of missing data waits for it', () => {
    const peer = established()
    peer.send({ flags: 'FA', seq: 3, text: 'def' })
    peer.expect({ flags: 'A', ack: 0 })
    expect(peer.user.events).toEqual(['established'])
    peer.send({ seq: 0, text: 'abc' })
    peer.expect({ flags: 'A', ack: 7 })
    expect(peer.user.text).toBe('abcdef')
    expect(peer.user.events).toEqual(['established', 'end'])
  })

  test('data after close() is not accepted from the user', () => {
    const peer = finWait2()
    peer.userSend('more')
    peer.expectNothing()
    peer.userClose()
    peer.expectNothing()
    expect(peer.context.pool.stats.bytesInUse).toBe(0)
  })

  test('abort: RST at SND.NXT, nothing held, no event', () => {
    const peer = established()
    peer.userSend('unfinished')
    peer.expect({ text: 'unfinished' })
    peer.userAbort()
    peer.expect({ flags: 'RA', seq: 10, ack: 0 })
    peer.userAbort()
    peer.expectNothing()
    expect(peer.user.events).toEqual(['established'])
    expect(peer.context.pool.stats.bytesInUse).toBe(0)
  })
})

describe('TIME-WAIT', () => {
  test('a new SYN with a higher number opens the connection anew', () => {
    const peer = timeWait()
    peer.sendSyn({ seq: 100 })
    expect(peer.harness.requests).toHaveLength(2)
    peer.accept()
    peer.expect({ flags: 'SA', ack: 101 })
    expect(peer.context.timeWait).toMatchObject({ size: 0, stats: { reopened: 1 } })
  })

  test('a SYN with an old number is answered with where we are', () => {
    const peer = timeWait()
    peer.sendSyn({ seq: -1 })
    peer.expect({ flags: 'A', seq: 1, ack: 1 })
    expect(peer.harness.requests).toHaveLength(1)
  })

  test('by timestamps: a newer one opens it whatever the number, an older one does not (RFC 6191)', () => {
    const options: PeerOptions = { syn: { mss: 1460, ts: [1000, 0] } }
    const newer = timeWait(options)
    newer.send({ flags: 'S', seq: -500, ts: [2000, 0] })
    expect(newer.harness.requests).toHaveLength(2)
    const older = timeWait(options)
    older.send({ flags: 'S', seq: 500, ts: [900, 0] })
    expect(older.harness.requests).toHaveLength(1)
  })

  test('our new sequence numbers lie above those of the connection before (RFC 9293 section 3.6.1)', () => {
    // More than the 250 numbers per ms that the clock of RFC 6528 is ahead.
    const peer = established({ wnd: 65_535, syn: { mss: 1460, ws: 7 } })
    peer.tcb.congestion.cwnd = 5_000_000
    peer.userSend(1_000_000)
    peer.drain()
    peer.send({})
    peer.userClose()
    peer.drain()
    peer.send({})
    peer.send({ flags: 'FA' })
    const last = peer.drain().at(-1)!.segment.seq
    peer.sendSyn({ seq: 100 })
    peer.accept()
    const syn = peer.next()!.segment
    expect((syn.seq - last) | 0).toBeGreaterThan(0)
  })

  test('two ends in TIME-WAIT do not answer each other for ever', () => {
    const peer = timeWait()
    peer.send({ flags: 'A', seq: 1, ack: 1 })
    peer.expectNothing()
  })
})
