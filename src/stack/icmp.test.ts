// RFC 792, RFC 1122 section 3.2.2, RFC 1812 section 4.3.2: when an error is sent, about what, and how many.

import { describe, expect, test } from 'vitest'
import { GUEST, ipv4Frame, naiveChecksum, OUTSIDE, tcpFrame, udpFrame } from '../../test/support/frames.ts'
import { StackHarness } from '../../test/support/tcp-peer.ts'
import { parseIpv4Header } from '../wire/ipv4.ts'
import { type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC } from '../wire/mac.ts'
import {
  ICMP_ERRORS_BURST,
  ICMP_ERRORS_PER_SECOND,
  ICMP_GUEST_ERRORS_BURST,
  ICMP_GUEST_ERRORS_PER_SECOND,
  IcmpLimiter,
  mayReportError,
} from './icmp.ts'
import { REASSEMBLY_TIMEOUT_MS } from './ipv4-reassembly.ts'

const errors = (harness: StackHarness) =>
  harness.frames
    .map(({ frame }) => ({ frame, ip: parseIpv4Header(frame, 14, frame.length) }))
    .filter(({ ip }) => ip?.protocol === 1)
    .map(({ frame, ip }) => frame.subarray(ip!.payloadStart, ip!.payloadEnd))

test('time exceeded quotes what caused it, within 576 bytes', () => {
  const harness = new StackHarness()
  const frame = udpFrame(new Array<number>(1400).fill(5), { ttl: 1 })
  harness.input(frame)
  const [message] = errors(harness)
  expect([message![0], message![1], naiveChecksum(message!)]).toEqual([11, 0, 0])
  expect(message).toHaveLength(576 - 20)
  expect(message!.subarray(8)).toEqual(frame.subarray(14, 14 + 576 - 28))
})

test('padding of a short frame is not quoted', () => {
  const harness = new StackHarness()
  harness.input(tcpFrame([], { ttl: 1, padding: [1, 2, 3, 4, 5, 6] }))
  expect(errors(harness)[0]).toHaveLength(8 + 40)
})

describe('fragments that stay incomplete', () => {
  const fragment = (offset: number, fields: Parameters<typeof ipv4Frame>[2] = {}): Uint8Array =>
    ipv4Frame(17, new Array<number>(800).fill(9), { fragment: 0x2000 | (offset >> 3), ...fields })

  test('are reported on as time exceeded, with fragment zero quoted, when their time is over', () => {
    const harness = new StackHarness()
    harness.input(fragment(0))
    harness.input(fragment(1600))
    harness.advance(REASSEMBLY_TIMEOUT_MS - 1)
    expect(errors(harness)).toEqual([])
    harness.advance(1)
    const [message] = errors(harness)
    expect([message![0], message![1], naiveChecksum(message!)]).toEqual([11, 1, 0])
    expect(message).toHaveLength(576 - 20)
    expect(message!.subarray(8)).toEqual(fragment(0).subarray(14, 14 + 576 - 28))
    expect(harness.stack.icmp.stats).toMatchObject({ txErrors: 1, txReassemblyTimeouts: 1 })
    expect(harness.stack.reassembly).toMatchObject({ size: 0, stats: { timedOut: 1 } })
  })

  test.each<[string, Uint8Array]>([
    ['without fragment zero', fragment(800)],
    ['of a frame to everybody', fragment(0, { destinationMac: BROADCAST_MAC })],
    ['to a group', fragment(0, { destination: ipv4('224.0.0.1') })],
  ])('%s: silence', (_name, frame) => {
    const harness = new StackHarness()
    harness.input(frame)
    harness.advance(REASSEMBLY_TIMEOUT_MS)
    expect(errors(harness)).toEqual([])
    expect(harness.stack.reassembly.stats.timedOut).toBe(1)
    expect(harness.stack.icmp.stats.txReassemblyTimeouts).toBe(0)
  })

  test('past the limit of errors they are counted alone', () => {
    const harness = new StackHarness()
    for (const identification of [1, 2]) harness.input(fragment(0, { identification }))
    harness.advance(REASSEMBLY_TIMEOUT_MS - 1)
    for (let times = 0; times < ICMP_GUEST_ERRORS_BURST; times++) harness.input(udpFrame([1], { ttl: 1 }))
    // In a millisecond there is room for one again.
    harness.advance(1)
    expect(harness.stack.icmp.stats).toMatchObject({ txReassemblyTimeouts: 1, errorsSuppressed: 1 })
  })
})

describe('no error about', () => {
  const may = (frame: Uint8Array): boolean => mayReportError(frame, parseIpv4Header(frame, 14, frame.length)!)
  test.each<[string, Uint8Array]>([
    ['an ICMP error', ipv4Frame(1, [3, 1, 0, 0, 0, 0, 0, 0])],
    ['an ICMP message of an unknown kind', ipv4Frame(1, [42, 0, 0, 0, 0, 0, 0, 0])],
    ['a later fragment', ipv4Frame(17, [1, 2, 3, 4, 5, 6, 7, 8], { fragment: 1 })],
    ['a packet to a group', udpFrame([1], { destination: ipv4('224.0.0.1') })],
    ...['224.0.0.1', '255.255.255.255', '127.0.0.1', '0.0.0.0', '240.0.0.1'].map((source): [string, Uint8Array] => [
      `a packet from ${source}`,
      udpFrame([1], { source: ipv4(source) }),
    ]),
  ])('%s', (_name, frame) => expect(may(frame)).toBe(false))

  test.each<[string, Uint8Array]>([
    ['an echo request', ipv4Frame(1, [8, 0, 0, 0, 0, 0, 0, 0])],
    ['an echo reply', ipv4Frame(1, [0, 0, 0, 0, 0, 0, 0, 0])],
    ['a datagram', udpFrame([1])],
    ['a first fragment', ipv4Frame(17, [1, 2, 3, 4, 5, 6, 7, 8], { fragment: 0x2000 })],
  ])('but about %s', (_name, frame) => expect(may(frame)).toBe(true))
})

describe('a frame to everybody', () => {
  const everybody = { destinationMac: BROADCAST_MAC }

  test('with a packet for a host elsewhere goes no further, and draws no error (RFC 1812 section 5.3.4)', () => {
    const harness = new StackHarness()
    harness.input(udpFrame([1], everybody))
    harness.input(udpFrame([1], { ...everybody, ttl: 1 }))
    harness.input(tcpFrame([], { ...everybody, flags: 2 }))
    harness.input(ipv4Frame(1, [8, 0, 0xf7, 0xfd, 0, 1, 0, 1], everybody))
    expect(harness.frames).toHaveLength(0)
    expect([harness.datagrams, harness.requests]).toEqual([[], []])
    expect(harness.stack.stats.droppedLinkBroadcast).toBe(4)
  })

  test('draws no error about a packet for the virtual host either (RFC 1122 section 3.2.2)', () => {
    const harness = new StackHarness()
    const unknownProtocol = { destination: ipv4('192.168.30.1') }
    harness.input(ipv4Frame(99, [1, 2, 3, 4], { ...everybody, ...unknownProtocol }))
    expect(errors(harness)).toHaveLength(0)
    harness.input(ipv4Frame(99, [1, 2, 3, 4], unknownProtocol))
    expect(errors(harness)).toHaveLength(1)
  })
})

describe('errors are limited: a burst, then so many a second', () => {
  const allowed = (limiter: IcmpLimiter, now: number, guests: number): number => {
    let count = 0
    for (let times = 0; times < 5000; times++) {
      if (limiter.allow(now, (GUEST + (times % guests)) as Ipv4Address)) count++
    }
    return count
  }

  test('for one guest', () => {
    const limiter = new IcmpLimiter()
    expect(allowed(limiter, 0, 1)).toBe(ICMP_GUEST_ERRORS_BURST)
    expect(allowed(limiter, 100, 1)).toBe(ICMP_GUEST_ERRORS_PER_SECOND / 10)
    expect(allowed(limiter, 100, 1)).toBe(0)
    expect(limiter.allow(100, (GUEST + 1) as Ipv4Address)).toBe(true)
    expect(allowed(limiter, 1e9, 1)).toBe(ICMP_GUEST_ERRORS_BURST)
  })

  test('for all of them', () => {
    const limiter = new IcmpLimiter()
    expect(allowed(limiter, 0, 100)).toBe(ICMP_ERRORS_BURST)
    expect(allowed(limiter, 100, 100)).toBe(ICMP_ERRORS_PER_SECOND / 10)
    expect(allowed(limiter, 1e9, 100)).toBe(ICMP_ERRORS_BURST)
  })
})

test('what the limit keeps back is counted', () => {
  const harness = new StackHarness()
  for (let times = 0; times < ICMP_GUEST_ERRORS_BURST + 7; times++) harness.input(udpFrame([1], { ttl: 1 }))
  expect(errors(harness)).toHaveLength(ICMP_GUEST_ERRORS_BURST)
  expect(harness.stack.icmp.stats).toMatchObject({ txErrors: ICMP_GUEST_ERRORS_BURST, errorsSuppressed: 7 })
})

test.each([
  ['a wrong checksum', [8, 0, 1, 1, 0, 0, 0, 0], 'droppedMalformed'],
  ['too short', [8, 0, 0, 0], 'droppedMalformed'],
  ['another type', [13, 0, 0xf2, 0xff, 0, 0, 0, 0], 'droppedUnhandled'],
] as const)('%s is dropped and counted', (_name, message, counter) => {
  const harness = new StackHarness()
  harness.input(ipv4Frame(1, message, { destination: OUTSIDE }))
  expect(errors(harness)).toEqual([])
  expect(harness.stack.icmp.stats[counter]).toBe(1)
})

describe('what the interface drops', () => {
  test.each<[string, Uint8Array, string]>([
    ['for another host', udpFrame([1], { destinationMac: 0x0200_0000_0099 as never }), 'droppedNotForUs'],
    ['of another EtherType', udpFrame([1], { vlan: 3 }), 'droppedEtherType'],
    ['from outside of the subnet', udpFrame([1], { source: OUTSIDE }), 'droppedSource'],
    ['from our own address', udpFrame([1], { source: ipv4('192.168.30.1') }), 'droppedSource'],
    ['from the broadcast address', udpFrame([1], { source: ipv4('192.168.30.255') }), 'droppedSource'],
    ['from nobody, but not to all', udpFrame([1], { source: 0 as Ipv4Address }), 'droppedSource'],
    ['TCP to all', tcpFrame([], { flags: 2, destination: ipv4('255.255.255.255') }), 'droppedProtocol'],
    ['with a wrong UDP checksum', changed(udpFrame([1, 2])), 'droppedUdpChecksum'],
    ['with a UDP header cut', ipv4Frame(17, [1, 2, 3]), 'droppedUdpMalformed'],
    ['with an IP header cut', ipv4Frame(17, []).subarray(0, 30), 'droppedIpv4Malformed'],
  ])('%s', (_name, frame, counter) => {
    const harness = new StackHarness()
    harness.input(frame)
    expect(harness.stack.stats).toMatchObject({ [counter]: 1 })
    expect(harness.frames).toEqual([])
    expect(harness.datagrams).toEqual([])
  })

  test.each([
    ['through the router: prohibited', OUTSIDE, 13],
    ['to the virtual host: protocol unreachable', ipv4('192.168.30.1'), 2],
  ])('of an unknown protocol, %s', (_name, destination, code) => {
    const harness = new StackHarness()
    harness.input(ipv4Frame(47, [1, 2, 3], { destination }))
    expect(harness.stack.stats.droppedProtocol).toBe(1)
    expect(errors(harness).map(([type, sent]) => [type, sent])).toEqual([[3, code]])
  })

  test('what is right arrives, options and padding or not', () => {
    const harness = new StackHarness()
    harness.input(udpFrame([1, 2, 3], { ipOptions: [1, 1, 1, 0], padding: [9, 9] }))
    expect(harness.datagrams).toMatchObject([
      { source: GUEST, sourcePort: 41_000, destination: OUTSIDE, destinationPort: 53 },
    ])
    const [{ bytes, payloadStart, payloadEnd } = { bytes: new Uint8Array(0), payloadStart: 0, payloadEnd: 0 }] =
      harness.datagrams
    expect([...bytes.subarray(payloadStart, payloadEnd)]).toEqual([1, 2, 3])
  })
})

function changed(frame: Uint8Array): Uint8Array {
  frame[frame.length - 1]! ^= 1
  return frame
}
