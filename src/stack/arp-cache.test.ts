import { describe, expect, test } from 'vitest'
import { GUEST, GUEST_MAC } from '../../test/support/frames.ts'
import { arpFrame, GATEWAY, StackHarness } from '../../test/support/tcp-peer.ts'
import { parseArp } from '../wire/arp.ts'
import { getDestinationMac, getEtherType, getSourceMac } from '../wire/ethernet.ts'
import { type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { ARP_CACHE_LIMIT, ARP_FRESH_MS, ARP_PENDING_LIMIT, ARP_RETRY_MS, ARP_TRIES, ArpCache } from './arp-cache.ts'

const A = 1 as Ipv4Address
const B = 2 as Ipv4Address
const MAC = 0x0200_0000_0001 as MacAddress
const OTHER = 0x0200_0000_0002 as MacAddress

function cache(): { arp: ArpCache; asked: [number, number | undefined][] } {
  const asked: [number, number | undefined][] = []
  return { arp: new ArpCache((address, known) => asked.push([address, known])), asked }
}

describe('the cache', () => {
  test('what was learned is known; what moves is followed', () => {
    const { arp } = cache()
    expect(arp.resolve(A, 0)).toBeUndefined()
    arp.learn(A, MAC, 0)
    expect(arp.resolve(A, 10)).toBe(MAC)
    arp.learn(A, OTHER, 20)
    expect(arp.resolve(A, 30)).toBe(OTHER)
    expect(arp.stats).toMatchObject({ learned: 1, changed: 1 })
  })

  test('refresh takes only what is known or asked for already', () => {
    const { arp } = cache()
    arp.refresh(A, MAC, 0)
    expect(arp.resolve(A, 0)).toBeUndefined()
    arp.ask(A, undefined, 0)
    arp.refresh(A, MAC, 0)
    expect(arp.resolve(A, 0)).toBe(MAC)
  })

  test('an old entry is used while its host is asked, three times, and then forgotten', () => {
    const { arp, asked } = cache()
    arp.learn(A, MAC, 0)
    expect(arp.resolve(A, ARP_FRESH_MS)).toBe(MAC)
    expect(asked).toEqual([])
    let at = ARP_FRESH_MS + 1
    for (let tries = 1; tries <= ARP_TRIES; tries++, at += ARP_RETRY_MS) {
      expect(arp.resolve(A, at)).toBe(MAC)
      expect(arp.resolve(A, at + 1)).toBe(MAC)
      expect(asked).toEqual(new Array(tries).fill([A, MAC]))
    }
    expect(arp.resolve(A, at)).toBeUndefined()
  })

  test('an answer makes it fresh again', () => {
    const { arp, asked } = cache()
    arp.learn(A, MAC, 0)
    arp.resolve(A, ARP_FRESH_MS + 1)
    arp.learn(A, MAC, ARP_FRESH_MS + 2)
    expect(arp.resolve(A, 2 * ARP_FRESH_MS)).toBe(MAC)
    expect(asked).toHaveLength(1)
  })

  test('the newest packet waits for the answer; a request a second', () => {
    const { arp, asked } = cache()
    arp.ask(A, Uint8Array.of(1), 0)
    const packet = Uint8Array.of(2)
    arp.ask(A, packet, 10)
    packet.fill(9)
    expect(asked).toEqual([[A, undefined]])
    arp.ask(A, undefined, ARP_RETRY_MS)
    expect(asked).toHaveLength(2)
    expect(arp.learn(A, MAC, 2000)).toEqual(Uint8Array.of(2))
    expect(arp.learn(A, MAC, 2000)).toBeUndefined()
    expect(arp.stats.droppedWaitingReplaced).toBe(1)
  })

  test('limits: entries, and addresses asked after at once', () => {
    const { arp, asked } = cache()
    for (let n = 0; n <= ARP_CACHE_LIMIT; n++) arp.learn((n + 10) as Ipv4Address, MAC, 0)
    expect(arp.stats.evicted).toBe(1)
    expect(arp.resolve(10 as Ipv4Address, 0)).toBeUndefined()
    expect(arp.resolve(11 as Ipv4Address, 0)).toBe(MAC)
    for (let n = 0; n <= ARP_PENDING_LIMIT; n++) arp.ask((n + 100_000) as Ipv4Address, undefined, 0)
    expect(arp.stats.droppedPendingLimit).toBe(1)
    expect(asked).toHaveLength(ARP_PENDING_LIMIT)
    // Those that never answered give way.
    arp.ask(B, undefined, ARP_TRIES * ARP_RETRY_MS)
    expect(arp.stats.unresolved).toBe(ARP_PENDING_LIMIT)
    expect(asked.at(-1)).toEqual([B, undefined])
  })

  test('clear forgets all', () => {
    const { arp } = cache()
    arp.learn(A, MAC, 0)
    arp.ask(B, Uint8Array.of(1), 0)
    arp.clear()
    expect(arp.resolve(A, 0)).toBeUndefined()
    expect(arp.learn(B, MAC, 0)).toBeUndefined()
  })
})

describe('the virtual host on the wire', () => {
  const replies = (harness: StackHarness) =>
    harness.frames
      .filter(({ frame }) => getEtherType(frame) === 0x0806)
      .map(({ frame }) => ({ to: getDestinationMac(frame), arp: parseArp(frame, 14, frame.length)! }))

  test('answers who asks for it, and nobody else', () => {
    const harness = new StackHarness()
    harness.input(arpFrame(1))
    harness.input(arpFrame(1, { target: ipv4('192.168.30.99') }))
    expect(replies(harness)).toMatchObject([
      { to: GUEST_MAC, arp: { operation: 2, senderAddress: GATEWAY, targetAddress: GUEST, targetMac: GUEST_MAC } },
    ])
  })

  test('answers an address probe of its own address (RFC 5227), learning nothing', () => {
    const harness = new StackHarness()
    harness.input(arpFrame(1, { senderAddress: ipv4('0.0.0.0') }))
    expect(replies(harness)).toMatchObject([{ to: GUEST_MAC, arp: { operation: 2, senderAddress: GATEWAY } }])
  })

  test('who claims its address is not believed; the others are told whose it is, once in ten seconds', () => {
    const harness = new StackHarness()
    const announcement = { to: BROADCAST_MAC, arp: { operation: 1, senderAddress: GATEWAY, targetAddress: GATEWAY } }
    for (let claim = 0; claim < 3; claim++) harness.input(arpFrame(2, { senderAddress: GATEWAY }))
    expect(replies(harness)).toMatchObject([announcement])
    expect(harness.stack.stats.droppedArpSpoofed).toBe(3)
    harness.clock.advance(10_000)
    harness.input(arpFrame(2, { senderAddress: GATEWAY }))
    expect(replies(harness)).toMatchObject([announcement, announcement])
  })

  test('who speaks for another MAC is not believed', () => {
    const harness = new StackHarness()
    const forged = arpFrame(1)
    forged[11]! ^= 1
    harness.input(forged)
    expect(replies(harness)).toEqual([])
    expect(harness.stack.stats.droppedArpSpoofed).toBe(1)
  })

  test('a segment for a guest whose address is not known waits for the answer', () => {
    const harness = new StackHarness()
    harness.answersArp = false
    harness.stack.arp.clear()
    const to = ipv4('192.168.30.77')
    harness.stack.udpOutput(GATEWAY, 1, to, 2, Uint8Array.of(1, 2, 3))
    harness.flush()
    expect(harness.frames).toHaveLength(1)
    expect(replies(harness)).toMatchObject([{ to: BROADCAST_MAC, arp: { operation: 1, targetAddress: to } }])
    harness.input(arpFrame(2, { senderAddress: to }))
    const last = harness.frames.at(-1)!.frame
    expect([getDestinationMac(last), getSourceMac(last), last.at(-1)]).toEqual([
      GUEST_MAC,
      getSourceMac(harness.frames[0]!.frame),
      3,
    ])
  })

  test('announces its address when it changes', () => {
    const harness = new StackHarness()
    const { options } = harness.stack
    harness.stack.configure({ ...options, ipAddress: ipv4('192.168.30.2') })
    harness.flush()
    expect(replies(harness)).toMatchObject([
      { to: BROADCAST_MAC, arp: { senderAddress: ipv4('192.168.30.2'), targetAddress: ipv4('192.168.30.2') } },
    ])
    harness.stack.configure({ ...harness.stack.options, mtu: 1000 })
    harness.flush()
    expect(replies(harness)).toHaveLength(1)
  })
})
