// The hub: learning, moving, ageing, limits, floods; and what ports may do while a frame is on its way.

import { describe, expect, test } from 'vitest'
import { ethernetFrame } from '../../test/support/frames.ts'
import { HubPort } from '../../test/support/hub-port.ts'
import { EPOCH, ManualClock } from '../../test/support/manual-clock.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { COMPLETE, type Offload, superFrame } from '../wire/offload.ts'
import { Hub } from './hub.ts'
import { MAC_AGE_SECONDS } from './mac-table.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { SESSION_LIMIT } from './session-list.ts'

const A = 0x0200_0000_000a as MacAddress
const B = 0x0200_0000_000b as MacAddress
const C = 0x0200_0000_000c as MacAddress
const MULTICAST = 0x0100_5e00_0001 as MacAddress

class TestPort extends HubPort {
  send(sourceMac: MacAddress, destinationMac: MacAddress, offload: Offload = COMPLETE): void {
    this.attachment.input(ethernetFrame(0x0800, [1, 2, 3], { sourceMac, destinationMac }), offload)
    this.attachment.flush()
  }
}

function setUp(macLimit?: number): { hub: Hub; clock: ManualClock; a: TestPort; b: TestPort; c: TestPort } {
  const clock = new ManualClock()
  const hub = new Hub('LAB', clock, macLimit)
  return { hub, clock, a: new TestPort(hub), b: new TestPort(hub), c: new TestPort(hub) }
}

describe('forwarding', () => {
  test('to an unknown address: every other port; to a known one: that port alone', () => {
    const { hub, a, b, c } = setUp()
    a.send(A, B)
    expect([a.got.length, b.got.length, c.got.length]).toEqual([0, 1, 1])
    b.send(B, A)
    expect([a.got.length, b.got.length, c.got.length]).toEqual([1, 1, 1])
    a.send(A, B)
    expect([a.got.length, b.got.length, c.got.length]).toEqual([1, 2, 1])
    expect(hub.stats).toMatchObject({ flooded: 1, forwarded: 2, rxFrames: 3, rxBytes: 51 })
  })

  test.each([
    ['broadcast', BROADCAST_MAC],
    ['multicast', MULTICAST],
  ])('%s goes to every other port', (_name, to) => {
    const { a, b, c } = setUp()
    a.send(A, to)
    expect([a.got.length, b.got.length, c.got.length]).toEqual([0, 1, 1])
  })

  test('the frame and its note are passed on as they are', () => {
    const { a, b } = setUp()
    a.send(A, B, superFrame(1000))
    expect(b.offloads).toEqual([superFrame(1000)])
    expect(b.got[0]).toEqual(ethernetFrame(0x0800, [1, 2, 3], { sourceMac: A, destinationMac: B }))
  })

  test('a destination behind the same port is not sent back', () => {
    const { hub, a, b } = setUp()
    a.send(A, BROADCAST_MAC)
    a.send(C, A)
    expect(a.got).toEqual([])
    expect(b.got).toHaveLength(1)
    expect(hub.stats.droppedSamePort).toBe(1)
  })

  test.each([
    ['shorter than an Ethernet header', new Uint8Array(13), 'droppedTooShort'],
    ['empty', new Uint8Array(0), 'droppedTooShort'],
    ['from a group', ethernetFrame(0x0800, [], { sourceMac: MULTICAST }), 'droppedBadSource'],
    ['from nobody', ethernetFrame(0x0800, [], { sourceMac: 0 as MacAddress }), 'droppedBadSource'],
  ] as const)('a frame %s is dropped and counted', (_name, frame, counter) => {
    const { hub, a, b } = setUp()
    a.attachment.input(frame, COMPLETE)
    a.attachment.flush()
    expect(b.got).toEqual([])
    expect(hub.stats[counter]).toBe(1)
    expect(hub.macTable()).toEqual([])
  })
})

describe('MAC table', () => {
  test('a host that moves is followed', () => {
    const { hub, a, b, c } = setUp()
    a.send(A, BROADCAST_MAC)
    b.send(A, BROADCAST_MAC)
    c.send(C, A)
    expect([a.got.length, b.got.length]).toEqual([1, 2])
    expect(hub.macStats).toMatchObject({ learned: 2, moved: 1 })
    expect(hub.macTable()).toMatchObject([
      { sessionName: 'SID-TEST-2', macAddress: A, createdAt: EPOCH, updatedAt: EPOCH },
      { sessionName: 'SID-TEST-3', macAddress: C },
    ])
  })

  test('an address that was silent for long is forgotten; one that speaks is not', () => {
    const { clock, hub, a, b, c } = setUp()
    a.send(A, BROADCAST_MAC)
    b.send(B, BROADCAST_MAC)
    clock.advance(MAC_AGE_SECONDS * 1000)
    b.send(B, BROADCAST_MAC)
    clock.advance(1000)
    expect(hub.macTable().map(({ macAddress }) => macAddress)).toEqual([B])
    c.got.length = 0
    a.got.length = 0
    c.send(C, B)
    expect(a.got).toHaveLength(0)
    c.send(C, A)
    expect(a.got).toHaveLength(1)
    expect(hub.macStats.aged).toBe(1)
  })

  test('a full table learns no more, floods instead, and has room again when others have aged', () => {
    const { hub, clock, a, b, c } = setUp(2)
    a.send(A, BROADCAST_MAC)
    b.send(B, BROADCAST_MAC)
    c.send(C, BROADCAST_MAC)
    expect(hub.macStats.notLearnedTableFull).toBe(1)
    const before = b.got.length
    a.send(A, C)
    expect(b.got.length).toBe(before + 1)
    clock.advance((MAC_AGE_SECONDS + 1) * 1000)
    c.send(C, BROADCAST_MAC)
    expect(hub.macTable().map(({ macAddress }) => macAddress)).toEqual([C])
  })

  test('a port that leaves takes its addresses with it', () => {
    const { hub, a, b } = setUp()
    a.send(A, BROADCAST_MAC)
    a.attachment.detach()
    expect(hub.macTable()).toEqual([])
    b.send(B, A)
    expect(a.got).toEqual([])
  })
})

describe('sessions', () => {
  test('named after their kind, numbered, counted', () => {
    const { hub, a, b } = setUp()
    a.send(A, BROADCAST_MAC)
    b.send(B, A)
    expect(hub.sessions()).toMatchObject([
      {
        name: 'SID-TEST-1',
        connectedAt: EPOCH,
        rxFrames: 1,
        rxBytes: 17,
        rxBroadcastFrames: 1,
        txFrames: 1,
        txBytes: 17,
      },
      { name: 'SID-TEST-2', rxFrames: 1, rxBroadcastFrames: 0, txFrames: 1, txBroadcastFrames: 1 },
      { name: 'SID-TEST-3', rxFrames: 0, txFrames: 1, txBroadcastFrames: 1 },
    ])
    a.attachment.detach()
    expect(new TestPort(hub).attachment.sessionName).toBe('SID-TEST-4')
  })

  test("a user's session is named after the user, without what must not stand in a name", () => {
    const { hub } = setUp()
    const alice = new TestPort(hub, { kind: 'VPN', userName: 'alice', policy: DEFAULT_POLICY })
    const odd = new TestPort(hub, { kind: 'VPN', userName: 'a/b"\n', policy: DEFAULT_POLICY })
    expect([alice.attachment.sessionName, odd.attachment.sessionName]).toEqual(['SID-ALICE-4', 'SID-A_B__-5'])
    expect(hub.sessionsOfUser('ALICE')).toBe(1)
  })

  test('an administrator can limit the sessions of users; other ports are not counted', () => {
    const { hub } = setUp()
    hub.maxSessions = 1
    const identity = { userName: 'bob', policy: DEFAULT_POLICY }
    const first = new TestPort(hub, identity)
    expect(() => new TestPort(hub, identity)).toThrow(expect.objectContaining({ limit: 'maxSessions' }))
    expect(hub.stats.refusedMaxSessions).toBe(1)
    new TestPort(hub)
    first.attachment.detach()
    new TestPort(hub, identity)
    expect(hub.activity()).toMatchObject({ logins: 2, lastLoginAt: EPOCH, clientSessions: 1, bridgeSessions: 0 })
  })

  test('traffic is counted by groups and single addresses, and stays when a session leaves', () => {
    const { hub, clock, a, b } = setUp()
    a.send(A, BROADCAST_MAC)
    clock.advance(5000)
    b.send(B, A)
    b.send(B, A)
    const [rowA, rowB, rowC] = hub.sessions()
    expect(rowA).toMatchObject({ rxBytes: 17, rxBroadcastBytes: 17, txBytes: 34, txBroadcastBytes: 0 })
    expect(rowB).toMatchObject({ rxBytes: 34, rxBroadcastBytes: 0, txBroadcastFrames: 1, txBroadcastBytes: 17 })
    expect([rowA, rowB, rowC].map((row) => row?.lastCommunicationAt)).toEqual([EPOCH + 5000, EPOCH + 5000, EPOCH])
    const before = hub.activity()
    expect(before).toMatchObject({ lastCommunicationAt: EPOCH + 5000, traffic: { rxBytes: 51, txBytes: 68 } })
    a.attachment.detach()
    a.attachment.detach()
    expect(hub.activity().traffic).toEqual(before.traffic)
  })

  test('a row of the MAC table can be deleted', () => {
    const { hub, a } = setUp()
    a.send(A, BROADCAST_MAC)
    const { key } = hub.macTable()[0]!
    expect([hub.deleteMac(key + 1), hub.deleteMac(key), hub.deleteMac(key)]).toEqual([false, true, false])
    expect(hub.macTable()).toEqual([])
  })

  test('there is a limit', () => {
    const hub = new Hub('FULL', new ManualClock())
    const port = { identity: { kind: 'X', userName: '', hostName: '' }, output: () => {}, flush: () => {} }
    for (let index = 0; index < SESSION_LIMIT; index++) hub.attach(port)
    expect(() => hub.attach(port)).toThrow(expect.objectContaining({ code: 'HUB_SESSION_LIMIT' }))
    expect(hub.stats.refusedSessionLimit).toBe(1)
  })

  test('an administrator can disconnect what can be closed', () => {
    const { hub, a } = setUp()
    expect(hub.disconnect('SID-TEST-1')).toBe(false)
    const closable = Object.assign(a, { close: () => a.attachment.detach() })
    expect(hub.disconnect('SID-TEST-1')).toBe(true)
    expect(hub.sessions().map(({ name }) => name)).toEqual(['SID-TEST-2', 'SID-TEST-3'])
    expect(hub.disconnect('SID-TEST-1')).toBe(false)
    void closable
  })

  test('sessions are told when they come and go, once each', () => {
    const { hub } = setUp()
    const told: string[] = []
    hub.sessionEvents = {
      attached: (name, { kind }) => told.push(`attached ${name} ${kind}`),
      detached: (name, { kind }) => told.push(`detached ${name} ${kind}`),
    }
    const { attachment } = new TestPort(hub)
    attachment.detach()
    attachment.detach()
    expect(told).toEqual(['attached SID-TEST-4 TEST', 'detached SID-TEST-4 TEST'])
  })
})

describe('batches', () => {
  test('ports that received something are flushed once at the end of the batch, others not', () => {
    const { a, b, c } = setUp()
    b.send(B, A)
    for (const port of [a, b, c]) port.flushes = 0
    for (let times = 0; times < 5; times++) {
      a.attachment.input(ethernetFrame(0x0800, [], { sourceMac: A, destinationMac: B }), COMPLETE)
    }
    expect(b.flushes).toBe(0)
    a.attachment.flush()
    expect([a.flushes, b.flushes, c.flushes]).toEqual([0, 1, 0])
  })

  test('a port may answer from its flush: that is a loop, not a recursion', () => {
    const { a, b } = setUp()
    let depth = 0
    let deepest = 0
    const answer = (port: TestPort, from: MacAddress, to: MacAddress, times: number) => (): void => {
      depth++
      deepest = Math.max(deepest, depth)
      if (port.flushes <= times) port.send(from, to)
      depth--
    }
    a.onFlush = answer(a, A, B, 100)
    b.onFlush = answer(b, B, A, 100)
    a.send(A, B)
    expect(a.got).toHaveLength(100)
    expect(b.got).toHaveLength(101)
    expect(deepest).toBe(1)
  })

  test('a port that leaves in the middle of a flood gets nothing more, the others do', () => {
    const { a, b, c, hub } = setUp()
    const d = new TestPort(hub)
    b.onOutput = () => c.attachment.detach()
    a.send(A, BROADCAST_MAC)
    expect([b.got.length, c.got.length, d.got.length]).toEqual([1, 0, 1])
    expect(c.flushes).toBe(0)
  })

  test('a port that attaches in the middle of a flood does not disturb it', () => {
    const { a, b, c, hub } = setUp()
    b.onOutput = () => {
      b.onOutput = () => {}
      new TestPort(hub)
    }
    a.send(A, BROADCAST_MAC)
    expect([b.got.length, c.got.length]).toEqual([1, 1])
    expect(hub.sessions()).toHaveLength(4)
  })

  test('what comes from a port that has left is dropped, and its address not learned', () => {
    const { a, b, hub } = setUp()
    a.attachment.detach()
    a.send(A, BROADCAST_MAC)
    expect(b.got).toEqual([])
    expect(hub.macTable()).toEqual([])
    expect(hub.stats.droppedDetached).toBe(1)
  })

  test.each(['onOutput', 'onFlush'] as const)(
    'a port that throws (%s) leaves, and the others notice nothing',
    (where) => {
      const { hub, a, b, c } = setUp()
      const told: unknown[] = []
      hub.sessionEvents = {
        attached: () => {},
        detached: (name) => told.push(name),
        faulted: (name, _identity, error) => told.push(`${name}: ${error}`),
      }
      b[where] = () => {
        throw new Error('broken')
      }
      a.send(A, BROADCAST_MAC)
      a.send(A, BROADCAST_MAC)
      expect([c.got.length, c.flushes]).toEqual([2, 2])
      expect(b.got).toHaveLength(1)
      expect(told).toEqual(['SID-TEST-2: Error: broken', 'SID-TEST-2'])
      expect(hub.stats.portFaults).toBe(1)
    },
  )

  test('a frame that the hub itself stumbles over ends the session it came from', () => {
    const { hub, a, b } = setUp()
    const frame = new Proxy(new Uint8Array(60), {
      get: (target, key) => {
        if (key === 'length') return target.length
        throw new Error('broken')
      },
    })
    a.attachment.input(frame, COMPLETE)
    expect(hub.sessions().map(({ name }) => name)).toEqual([b.attachment.sessionName, 'SID-TEST-3'])
  })
})
