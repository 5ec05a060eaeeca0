// The access list on the hub: which rule decides, what each condition compares, loss, names at both ends.

import { describe, expect, test } from 'vitest'
import { ethernetFrame, type FrameFields, ipv4Frame, tcpFrame, u16, udpFrame } from '../../test/support/frames.ts'
import { HubPort } from '../../test/support/hub-port.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { superFrame } from '../wire/offload.ts'
import { ACK, SYN } from '../wire/tcp.ts'
import { type AccessRule, DEFAULT_ACCESS_RULE } from './access-rule.ts'
import { Hub } from './hub.ts'
import { DEFAULT_POLICY } from './policy.ts'

const A_MAC = 0x0200_0000_000a as MacAddress
const B_MAC = 0x0200_0000_000b as MacAddress
const A = ipv4('10.1.2.3')
const B = ipv4('203.0.113.9')
const A_TO_B: FrameFields = { sourceMac: A_MAC, destinationMac: B_MAC, source: A, destination: B }
const POLICY = { ...DEFAULT_POLICY, noBroadcastLimiter: true }

const rule = (fields: Partial<AccessRule>): AccessRule => ({ ...DEFAULT_ACCESS_RULE, discard: true, ...fields })

function setUp(...rules: readonly AccessRule[]) {
  const hub = new Hub('LAB', new ManualClock())
  const a = new HubPort(hub, { userName: 'Alice', group: 'Staff', policy: POLICY })
  const b = new HubPort(hub, { userName: 'bob', policy: POLICY })
  const c = new HubPort(hub)
  hub.setAccessList(rules)
  return { hub, a, b, c }
}

const bytes6 = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, (hex) => Number.parseInt(hex, 16))
const V6_NET = bytes6('20010db8000000000000000000000000')
const V6_MASK = bytes6('ffffffff000000000000000000000000')
function ipv6(payload: readonly number[], nextHeader = 17): Uint8Array {
  const source = [...bytes6('20010db8000100000000000000000001')]
  const destination = [...bytes6('fd000000000000000000000000000001')]
  const header = [0x60, 0, 0, 0, ...u16(payload.length), nextHeader, 64, ...source, ...destination]
  return ethernetFrame(0x86dd, [...header, ...payload], A_TO_B)
}

const tcp = tcpFrame([1], { ...A_TO_B, sourcePort: 4000, destinationPort: 80 })
const syn = tcpFrame([], { ...A_TO_B, flags: SYN })
const synAck = tcpFrame([], { ...A_TO_B, flags: SYN | ACK })
const udp = udpFrame([1], { ...A_TO_B, sourcePort: 5000, destinationPort: 53 })
const ping = ipv4Frame(1, [8, 0, 0, 0], A_TO_B)
const arp = ethernetFrame(0x0806, new Array<number>(28).fill(0), A_TO_B)
const udp6 = ipv6([...u16(5000), ...u16(53), 0, 8, 0, 0])
/** Of a datagram of UDP, not the first part. */
const fragment = ipv4Frame(17, [...u16(5000), ...u16(53), 0, 0, 0, 0], { ...A_TO_B, fragment: 0x2001 })
const FRAMES = { tcp, syn, synAck, udp, ping, arp, udp6, fragment }

const mask = ipv4('255.255.0.0')
const macs = { srcMacMask: 0xffff_ffff_ff00 as MacAddress, dstMacMask: BROADCAST_MAC }

describe('a rule discards what it names', () => {
  test.each<[string, Partial<AccessRule>, readonly (keyof typeof FRAMES)[]]>([
    ['everything that is IP', {}, ['tcp', 'syn', 'synAck', 'udp', 'ping', 'udp6', 'fragment']],
    ['TCP', { protocol: 6 }, ['tcp', 'syn', 'synAck']],
    ['ICMP', { protocol: 1 }, ['ping']],
    [
      'a source network',
      { srcIpAddress: ipv4('10.1.0.0'), srcSubnetMask: mask },
      ['tcp', 'syn', 'synAck', 'udp', 'ping', 'fragment'],
    ],
    ['another source network', { srcIpAddress: ipv4('10.2.0.0'), srcSubnetMask: mask }, []],
    ['a destination', { destIpAddress: B, destSubnetMask: ipv4('255.255.255.255'), protocol: 17 }, ['udp', 'fragment']],
    ['bits outside of the mask', { srcIpAddress: ipv4('10.1.9.9'), srcSubnetMask: mask, protocol: 1 }, ['ping']],
    ['a port of TCP and UDP alike', { destPortStart: 53 }, ['udp']],
    ['a range of ports', { destPortStart: 53, destPortEnd: 80 }, ['tcp', 'syn', 'synAck', 'udp']],
    ['source ports', { srcPortStart: 4000, srcPortEnd: 4999 }, ['tcp']],
    ['a protocol and its port', { protocol: 6, destPortStart: 53 }, []],
    ['established connections', { checkTcpState: true, established: true }, ['tcp', 'synAck']],
    ['new connections', { checkTcpState: true, established: false }, ['syn']],
    [
      'a source MAC under a mask',
      { checkSrcMac: true, srcMacAddress: 0x0200_0000_0000 as MacAddress, ...macs, protocol: 1 },
      ['ping'],
    ],
    ['another source MAC', { checkSrcMac: true, srcMacAddress: 0x0300_0000_0000 as MacAddress, ...macs }, []],
    ['a destination MAC', { checkDstMac: true, dstMacAddress: B_MAC, ...macs, protocol: 1 }, ['ping']],
    ['another destination MAC', { checkDstMac: true, dstMacAddress: A_MAC, ...macs }, []],
    ['IPv6', { isIpV6: true, protocol: 17 }, ['udp6']],
    ['a source network of IPv6', { isIpV6: true, srcIpAddress6: V6_NET, srcSubnetMask6: V6_MASK }, ['udp6']],
    ['a destination network of IPv6', { isIpV6: true, destIpAddress6: V6_NET, destSubnetMask6: V6_MASK }, []],
    ['a port of IPv6', { isIpV6: true, destPortStart: 53 }, ['udp6']],
    ['a user, in any case', { srcUsername: 'ALICE', protocol: 1 }, ['ping']],
    ['a group', { srcUsername: 'staff', protocol: 1 }, ['ping']],
    ['another user', { srcUsername: 'carol' }, []],
    ['a receiver', { destUsername: 'Bob', protocol: 1 }, ['ping']],
    ['another receiver', { destUsername: 'alice' }, []],
  ])('%s', (_name, fields, discarded) => {
    const { hub, a, b } = setUp(rule(fields))
    b.give(ethernetFrame(0x88cc, [1], { sourceMac: B_MAC, destinationMac: BROADCAST_MAC }))
    for (const frame of Object.values(FRAMES)) a.give(frame)
    const passed = Object.entries(FRAMES).filter(([name]) => !discarded.includes(name as keyof typeof FRAMES))
    expect(b.got).toEqual(passed.map(([, frame]) => frame))
    expect(hub.inspectorStats.droppedAccessList).toBe(discarded.length)
  })
})

describe('order', () => {
  test('the first rule that matches decides, smaller priorities first; of equal ones, what passes', () => {
    const { a, b, hub } = setUp(
      rule({ priority: 200 }),
      rule({ priority: 100, protocol: 17, discard: false }),
      rule({ priority: 50, destPortStart: 53, active: false }),
      rule({ priority: 300, discard: false }),
    )
    a.give(udp, tcp)
    expect(b.got).toEqual([udp])
    hub.setAccessList([rule({ priority: 1, protocol: 6 }), rule({ priority: 1, protocol: 6, discard: false })])
    a.give(tcp)
    expect(b.got).toEqual([udp, tcp])
  })

  test('a rule with a receiver before one without is looked at first, and after it is not', () => {
    const { a, b, c, hub } = setUp(rule({ priority: 1, destUsername: 'bob', discard: false }), rule({ priority: 2 }))
    a.give(udp)
    expect([b.got.length, c.got.length]).toEqual([1, 0])
    hub.setAccessList([rule({ priority: 2, destUsername: 'bob', discard: false }), rule({ priority: 1 })])
    a.give(udp)
    expect([b.got.length, c.got.length]).toEqual([1, 0])
  })

  test('ports without a policy are subject to it too, and a new list holds for the next frame', () => {
    const { a, b, c, hub } = setUp()
    c.give(udp)
    expect([a.got.length, b.got.length]).toEqual([1, 1])
    hub.setAccessList([rule({ protocol: 17 })])
    c.give(udp)
    expect([a.got.length, b.got.length]).toEqual([1, 1])
    hub.setAccessList([])
    c.give(udp)
    expect([a.got.length, b.got.length]).toEqual([2, 2])
  })
})

test('a super-frame is one packet', () => {
  const { hub, a, b } = setUp(rule({ destPortStart: 80, protocol: 6 }))
  a.attachment.input(tcpFrame(new Array<number>(9000).fill(1), { ...A_TO_B, destinationPort: 80 }), superFrame(1460))
  a.attachment.input(tcpFrame(new Array<number>(9000).fill(1), { ...A_TO_B, destinationPort: 81 }), superFrame(1460))
  expect(hub.inspectorStats.droppedAccessList).toBe(1)
  expect(b.got).toHaveLength(1)
  expect(b.offloads).toEqual([superFrame(1460)])
})

test('a rule that passes may lose some of what it passes', () => {
  const { hub, a, b } = setUp(rule({ discard: false, loss: 30, protocol: 17 }))
  for (let times = 0; times < 1000; times++) a.give(udp)
  const { droppedAccessLoss } = hub.inspectorStats
  expect(droppedAccessLoss).toBeGreaterThan(250)
  expect(droppedAccessLoss).toBeLessThan(350)
  expect(b.got).toHaveLength(1000 - droppedAccessLoss)
  a.give(tcp)
  expect(b.got.at(-1)).toEqual(tcp)
})

test('without rules, monitors and policies no frame is looked into', () => {
  const hub = new Hub('LAB', new ManualClock())
  const [a, b] = [new HubPort(hub), new HubPort(hub)]
  a.give(tcp)
  b.give(tcpFrame([], { sourceMac: B_MAC, destinationMac: A_MAC, source: B, destination: A }))
  let reads = 0
  const counted = new Proxy(tcp, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value
    },
  })
  const readsWith = (): number => {
    reads = 0
    a.attachment.input(counted, superFrame(1460))
    return reads
  }
  // Two addresses of six bytes and the protocol.
  expect(readsWith()).toBe(13)
  hub.setAccessList([rule({ protocol: 17 })])
  expect(readsWith()).toBeGreaterThan(13)
})
