// Every policy of a user's port: what it keeps back, what it lets through, and its counter.

import { describe, expect, test } from 'vitest'
import { ethernetFrame, type FrameFields, ipv4Frame, tcpFrame, u16, u32, udpFrame } from '../../test/support/frames.ts'
import { HubPort } from '../../test/support/hub-port.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCPACK,
  dhcpLength,
  emitDhcp,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  setU8Option,
  setU32Option,
} from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { ACK, SYN } from '../wire/tcp.ts'
import type { DhcpAllocation, PolicyDrop } from './events.ts'
import { Hub } from './hub.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'
import type { PortIdentity } from './port.ts'
import { BROADCASTS_PER_SECOND, POLICY_EVENTS_PER_SECOND } from './port-guard.ts'

const USER_MAC = 0x5e00_0000_0001 as MacAddress
const OTHER_MAC = 0x5e00_0000_0002 as MacAddress
const USER = ipv4('192.168.30.10')
const OTHER = ipv4('192.168.30.20')

function setUp(policy: Partial<Policy>, identity: Partial<PortIdentity> = {}) {
  const clock = new ManualClock()
  const hub = new Hub('LAB', clock)
  const drops: PolicyDrop[] = []
  const allocations: DhcpAllocation[] = []
  hub.events = {
    policyDropped: (drop) => drops.push(drop),
    dhcpAllocated: (allocation) => allocations.push(allocation),
  }
  const trusted = new HubPort(hub)
  const user = new HubPort(hub, { userName: 'alice', policy: { ...DEFAULT_POLICY, ...policy }, ...identity })
  return { clock, hub, user, trusted, drops, allocations }
}

/** From the user to the trusted port, and the other way. */
const OUT: FrameFields = { sourceMac: USER_MAC, destinationMac: OTHER_MAC, source: USER, destination: OTHER }
const IN: FrameFields = { sourceMac: OTHER_MAC, destinationMac: USER_MAC, source: OTHER, destination: USER }
const toAll = (fields: FrameFields): FrameFields => ({ ...fields, destinationMac: BROADCAST_MAC })

function arp(sender: Ipv4Address, sourceMac: MacAddress, destinationMac: MacAddress = BROADCAST_MAC): Uint8Array {
  const mac = [...u16(Math.floor(sourceMac / 2 ** 32)), ...u32(sourceMac % 2 ** 32)]
  const message = [...u16(1), ...u16(0x0800), ...u16(0x0604), ...u16(1), ...mac, ...u32(sender), 0, 0, 0, 0, 0, 0]
  return ethernetFrame(0x0806, [...message, ...u32(ipv4('192.168.30.1'))], { sourceMac, destinationMac })
}

function dhcp(op: number, fields: FrameFields, yiaddr: Ipv4Address = ANY_IPV4, chaddr = USER_MAC): Uint8Array {
  const options = new Map<number, Uint8Array>()
  setU8Option(options, OPTION_MESSAGE_TYPE, op === BOOTREPLY ? DHCPACK : 1)
  if (op === BOOTREPLY) setU32Option(options, OPTION_LEASE_TIME, 7200)
  const none = { hops: 0, xid: 1, secs: 0, flags: 0, ciaddr: ANY_IPV4, siaddr: ANY_IPV4, giaddr: ANY_IPV4 }
  const message = { op, ...none, yiaddr, chaddr, sname: '', file: '', options }
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  const [sourcePort, destinationPort] = op === BOOTREPLY ? [67, 68] : [68, 67]
  return udpFrame([...bytes], { ...fields, sourcePort, destinationPort })
}

function ipv6(nextHeader: number, payload: readonly number[], fields: FrameFields, lastOfSource = 0x10): Uint8Array {
  const address = (last: number): number[] => [0xfe, 0x80, ...new Array<number>(13).fill(0), last]
  const header = [0x60, 0, 0, 0, ...u16(payload.length), nextHeader, 64, ...address(lastOfSource), ...address(0x20)]
  return ethernetFrame(0x86dd, [...header, ...payload], fields)
}

const web = (fields: FrameFields): Uint8Array => tcpFrame([1], fields)
const icmpV6 = (type: number, fields: FrameFields): Uint8Array => ipv6(58, [type, 0, 0, 0], fields)
const udpV6 = (source: number, destination: number, fields: FrameFields): Uint8Array =>
  ipv6(17, [...u16(source), ...u16(destination), 0, 8, 0, 0], fields)
const synAckV6 = (fields: FrameFields): Uint8Array =>
  ipv6(
    6,
    [...u16(80), ...u16(4000), ...new Array<number>(8).fill(0), 0x50, SYN | ACK, ...new Array<number>(6).fill(0)],
    fields,
  )

interface Case {
  readonly policy: Partial<Policy>
  readonly counter: string
  readonly keptOut?: readonly Uint8Array[]
  readonly letIn?: readonly Uint8Array[]
  /** Towards the user. */
  readonly keptFrom?: readonly Uint8Array[]
  readonly given?: readonly Uint8Array[]
}

const CASES: Readonly<Record<string, Case>> = {
  DHCPFilter: {
    policy: { dhcpFilter: true },
    counter: 'dhcpFilter',
    keptOut: [dhcp(BOOTREQUEST, toAll(OUT)), dhcp(BOOTREPLY, OUT)],
    letIn: [web(OUT), arp(USER, USER_MAC), udpFrame([1], { ...OUT, destinationPort: 67 })],
    keptFrom: [dhcp(BOOTREPLY, IN), dhcp(BOOTREQUEST, toAll(IN))],
    given: [web(IN)],
  },
  DHCPNoServer: {
    policy: { dhcpNoServer: true },
    counter: 'dhcpNoServer',
    keptOut: [dhcp(BOOTREPLY, OUT)],
    letIn: [dhcp(BOOTREQUEST, toAll({ ...OUT, source: ANY_IPV4, destination: BROADCAST_IPV4 }))],
    given: [dhcp(BOOTREPLY, IN)],
  },
  NoServer: {
    policy: { noServer: true },
    counter: 'noServer',
    keptOut: [tcpFrame([], { ...OUT, flags: SYN | ACK })],
    letIn: [tcpFrame([], { ...OUT, flags: SYN }), tcpFrame([1], { ...OUT, flags: ACK }), synAckV6(OUT)],
    given: [tcpFrame([], { ...IN, flags: SYN | ACK })],
  },
  NoServerV6: { policy: { noServerV6: true }, counter: 'noServerV6', keptOut: [synAckV6(OUT)], given: [synAckV6(IN)] },
  ArpDhcpOnly: {
    policy: { arpDhcpOnly: true },
    counter: 'arpDhcpOnly',
    keptOut: [udpFrame([1], toAll(OUT)), ethernetFrame(0x88cc, [1], toAll(OUT))],
    letIn: [arp(USER, USER_MAC), dhcp(BOOTREQUEST, toAll(OUT)), icmpV6(135, toAll(OUT)), web(OUT)],
    keptFrom: [udpFrame([1], toAll(IN))],
    given: [arp(OTHER, OTHER_MAC), web(IN)],
  },
  FilterIPv4: {
    policy: { filterIpV4: true },
    counter: 'filterIpV4',
    keptOut: [web(OUT), arp(USER, USER_MAC)],
    letIn: [icmpV6(128, OUT), ethernetFrame(0x88cc, [1], OUT)],
    keptFrom: [web(IN), arp(OTHER, OTHER_MAC)],
    given: [icmpV6(128, IN)],
  },
  FilterIPv6: {
    policy: { filterIpV6: true },
    counter: 'filterIpV6',
    keptOut: [icmpV6(128, OUT)],
    letIn: [web(OUT)],
    keptFrom: [icmpV6(128, IN)],
    given: [web(IN)],
  },
  FilterNonIP: {
    policy: { filterNonIp: true },
    counter: 'filterNonIp',
    keptOut: [ethernetFrame(0x88cc, [1], OUT), web({ ...OUT, vlan: 3 })],
    letIn: [web(OUT), arp(USER, USER_MAC), icmpV6(128, OUT)],
    keptFrom: [ethernetFrame(0x88cc, [1], IN)],
  },
  RSandRAFilter: {
    policy: { rsAndRaFilter: true },
    counter: 'routerFilter',
    keptOut: [icmpV6(133, toAll(OUT)), icmpV6(134, toAll(OUT))],
    letIn: [icmpV6(135, toAll(OUT))],
    keptFrom: [icmpV6(134, toAll(IN))],
    given: [icmpV6(136, IN)],
  },
  RAFilter: {
    policy: { raFilter: true },
    counter: 'routerFilter',
    keptOut: [icmpV6(134, toAll(OUT))],
    letIn: [icmpV6(133, toAll(OUT))],
    given: [icmpV6(134, toAll(IN))],
  },
  DHCPv6Filter: {
    policy: { dhcpV6Filter: true },
    counter: 'dhcpV6Filter',
    keptOut: [udpV6(546, 547, toAll(OUT))],
    letIn: [udpV6(546, 53, OUT)],
    keptFrom: [udpV6(547, 546, IN)],
  },
  DHCPv6NoServer: {
    policy: { dhcpV6NoServer: true },
    counter: 'dhcpV6NoServer',
    keptOut: [udpV6(547, 546, OUT)],
    letIn: [udpV6(546, 547, toAll(OUT))],
    given: [udpV6(547, 546, IN)],
  },
}

describe.each(Object.entries(CASES))(
  '%s',
  (_name, { policy, counter, keptOut = [], letIn = [], keptFrom = [], given = [] }) => {
    test('keeps back what it names, in its direction, and counts it', () => {
      const { hub, user, trusted } = setUp(policy)
      for (const frame of keptOut) user.give(frame)
      expect(trusted.got).toEqual([])
      for (const frame of keptFrom) trusted.give(frame)
      expect(user.got).toEqual([])
      expect(hub.policyStats).toMatchObject({ [counter]: keptOut.length + keptFrom.length })
    })

    test('lets everything else through', () => {
      const { hub, user, trusted } = setUp(policy)
      trusted.give(...given)
      expect(user.got).toEqual(given)
      user.give(...letIn)
      expect(trusted.got).toEqual(letIn)
      expect(Object.values(hub.policyStats).every((count) => count === 0)).toBe(true)
    })
  },
)

test('the default policy keeps nothing back, and a port without one may do all of it', () => {
  const frames = Object.values(CASES).flatMap(({ keptOut = [] }) => keptOut)
  const { hub, user, trusted } = setUp({ noBroadcastLimiter: true })
  user.give(...frames)
  expect(trusted.got).toEqual(frames)
  const strict = Object.assign({}, ...Object.values(CASES).map(({ policy }) => policy)) as Partial<Policy>
  const other = setUp(strict)
  const third = new HubPort(other.hub)
  other.trusted.give(...frames)
  expect(third.got).toEqual(frames)
  expect(hub.stats.rxFrames).toBe(frames.length)
})

describe('DHCPForce', () => {
  test('nothing passes from an address that no DHCP server gave; each drop is told, up to a rate', () => {
    const { hub, user, trusted, drops, clock } = setUp({ dhcpForce: true })
    for (let times = 0; times < POLICY_EVENTS_PER_SECOND + 5; times++) user.give(web(OUT))
    expect(trusted.got).toEqual([])
    expect(hub.policyStats.dhcpForce).toBe(POLICY_EVENTS_PER_SECOND + 5)
    expect(drops).toHaveLength(POLICY_EVENTS_PER_SECOND)
    expect(drops[0]).toEqual({ policy: 'dhcpForce', sessionName: 'SID-ALICE-2', macAddress: USER_MAC, address: USER })
    clock.advance(1000)
    user.give(arp(USER, USER_MAC))
    expect(drops).toHaveLength(POLICY_EVENTS_PER_SECOND + 1)
  })

  test('a lease opens the way, for its time', () => {
    const { user, trusted, clock, hub } = setUp({ dhcpForce: true })
    user.give(dhcp(BOOTREQUEST, toAll({ ...OUT, source: ANY_IPV4, destination: BROADCAST_IPV4 })))
    trusted.give(dhcp(BOOTREPLY, IN, USER))
    trusted.got.length = 0
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(1)
    expect(hub.ipTable()).toMatchObject([{ sessionName: 'SID-ALICE-2', ipAddress: USER, isDhcpAllocated: true }])
    user.give(web({ ...OUT, source: ipv4('192.168.30.11') }))
    clock.advance(3_600_000)
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(2)
    clock.advance(7_300_000)
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(2)
    expect(hub.policyStats.dhcpForce).toBe(2)
  })
})

test('what the hub sees of DHCP is told: who gave which address to whom, once', () => {
  const { hub, user, trusted, allocations } = setUp({})
  user.give(dhcp(BOOTREQUEST, toAll({ ...OUT, source: ANY_IPV4, destination: BROADCAST_IPV4 })))
  trusted.give(dhcp(BOOTREPLY, IN, USER), dhcp(BOOTREPLY, IN, USER))
  expect(allocations).toEqual([
    {
      serverSession: 'SID-TEST-1',
      serverMac: OTHER_MAC,
      serverAddress: OTHER,
      clientSession: 'SID-ALICE-2',
      clientMac: USER_MAC,
      address: USER,
    },
  ])
  expect(hub.inspectorStats.dhcpAllocations).toBe(1)
})

describe('addresses', () => {
  test('CheckMac: an address that another session used a moment ago is not taken over; a silent one is', () => {
    const { hub, user, trusted, clock } = setUp({ checkMac: true })
    trusted.give(web({ ...IN, sourceMac: USER_MAC }))
    user.give(web(OUT))
    expect(hub.policyStats.checkMac).toBe(1)
    expect(trusted.got).toEqual([])
    clock.advance(13_001)
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(1)
  })

  test('CheckIP: so for IP addresses', () => {
    const { hub, user, trusted, clock, drops } = setUp({ checkIp: true })
    trusted.give(arp(USER, OTHER_MAC))
    user.give(web(OUT))
    expect(hub.policyStats.checkIp).toBe(1)
    expect(drops).toMatchObject([{ policy: 'checkIp' }])
    clock.advance(13_001)
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(1)
    expect(hub.ipTable()).toMatchObject([{ sessionName: 'SID-ALICE-2', ipAddress: USER }])
  })

  test('CheckIPv6: so for those of IPv6', () => {
    const { hub, user, trusted } = setUp({ checkIpV6: true })
    const third = new HubPort(hub, { userName: 'bob', policy: DEFAULT_POLICY })
    third.give(icmpV6(128, toAll({ ...OUT, sourceMac: OTHER_MAC })))
    trusted.got.length = 0
    user.give(icmpV6(128, OUT))
    expect(hub.policyStats.checkIpV6).toBe(1)
    expect(trusted.got).toEqual([])
  })

  const fromMac = (index: number): Uint8Array => web({ ...OUT, sourceMac: (USER_MAC + 0x100 * index) as MacAddress })
  const fromIp = (index: number): Uint8Array => web({ ...OUT, source: (USER + index) as Ipv4Address })

  test.each([
    ['NoBridge', { noBridge: true }, 3, 'noBridge'],
    ['MaxMac', { maxMac: 5 }, 5, 'maxMac'],
    ['MaxMac, which is never below 3', { maxMac: 1 }, 3, 'maxMac'],
  ] as const)('%s: so many hardware addresses', (_name, policy, most, counter) => {
    const { hub, user, trusted, clock, drops } = setUp({ noBroadcastLimiter: true, ...policy })
    for (let index = 0; index < most + 2; index++) user.give(fromMac(index))
    expect(trusted.got).toHaveLength(most)
    expect(hub.policyStats[counter]).toBe(2)
    expect(drops.map((drop) => drop.policy)).toEqual([counter, counter])
    user.give(fromMac(0))
    expect(trusted.got).toHaveLength(most + 1)
    clock.advance(601_000)
    user.give(fromMac(9))
    expect(trusted.got).toHaveLength(most + 2)
  })

  test.each([
    ['NoRouting', { noRouting: true }, 4, 'noRouting'],
    ['MaxIP', { maxIp: 6 }, 6, 'maxIp'],
    ['MaxIP, which is never below 4', { maxIp: 1 }, 4, 'maxIp'],
  ] as const)('%s: so many IP addresses', (_name, policy, most, counter) => {
    const { hub, user, trusted } = setUp({ noBroadcastLimiter: true, ...policy })
    for (let index = 0; index < most + 2; index++) user.give(fromIp(index))
    expect(trusted.got).toHaveLength(most)
    expect(hub.policyStats[counter]).toBe(2)
    expect(hub.ipTable().filter(({ sessionName }) => sessionName === 'SID-ALICE-2')).toHaveLength(most)
  })

  test.each([
    ['MaxIPv6', { maxIpV6: 6 }, 6, 'maxIpV6'],
    ['NoRoutingV6', { noRoutingV6: true }, 15, 'noRoutingV6'],
  ] as const)('%s: so many addresses of IPv6', (_name, policy, most, counter) => {
    const { hub, user, trusted } = setUp({ noBroadcastLimiter: true, ...policy })
    for (let index = 0; index < most + 2; index++) user.give(ipv6(58, [128, 0, 0, 0], OUT, 0x30 + index))
    expect(trusted.got).toHaveLength(most)
    expect(hub.policyStats[counter]).toBe(2)
  })

  test('a machine in client mode neither bridges nor routes, whatever its policy', () => {
    const { hub, user } = setUp({ noBroadcastLimiter: true }, { mode: 'client' })
    for (let index = 0; index < 5; index++) user.give(fromMac(index))
    for (let index = 0; index < 6; index++) user.give(fromIp(index))
    expect(hub.policyStats).toMatchObject({ noBridge: 2, noRouting: 2 })
  })

  test('those behind a port without a policy are learned from ARP and from the first packet', () => {
    const { hub, trusted } = setUp({})
    trusted.give(web(IN), web({ ...IN, source: ipv4('192.168.30.99') }), arp(ipv4('192.168.30.21'), OTHER_MAC))
    expect(hub.ipTable().map(({ ipAddress }) => ipAddress)).toEqual([OTHER, ipv4('192.168.30.21')])
    const [row] = hub.ipTable()
    expect([hub.deleteIp(row!.key), hub.deleteIp(row!.key)]).toEqual([true, false])
    trusted.attachment.detach()
    expect(hub.ipTable()).toEqual([])
  })
})

test('PrivacyFilter: two users who both have it reach each other by ARP and groups only', () => {
  const { hub, user, trusted } = setUp({ privacyFilter: true })
  const bob = new HubPort(hub, { userName: 'bob', policy: { ...DEFAULT_POLICY, privacyFilter: true } })
  bob.give(arp(OTHER, OTHER_MAC))
  user.got.length = 0
  trusted.got.length = 0
  user.give(web(OUT), arp(USER, USER_MAC, OTHER_MAC), udpFrame([1], toAll(OUT)))
  expect(bob.got).toHaveLength(2)
  expect(hub.policyStats.privacyFilter).toBe(1)
  trusted.give(web({ ...IN, sourceMac: 0x5e00_0000_0009 as MacAddress }))
  expect(user.got).toHaveLength(1)
})

describe('rates', () => {
  const big = (fields: FrameFields): Uint8Array => udpFrame(new Array<number>(986).fill(7), fields)

  test('MaxUpload: as many bits a second, ARP and the ends of connections aside', () => {
    const { hub, user, trusted, clock } = setUp({ maxUpload: 800_000, noBroadcastLimiter: true })
    const passed = (seconds: number): number => {
      trusted.got.length = 0
      for (let step = 0; step < seconds * 100; step++) {
        clock.advance(10)
        for (let times = 0; times < 5; times++) user.give(big(OUT))
      }
      return trusted.got.reduce((sum, frame) => sum + frame.length, 0)
    }
    passed(1)
    expect(passed(5) / (5 * 100_000)).toBeCloseTo(1, 1)
    expect(hub.policyStats.maxUpload).toBeGreaterThan(1000)
    trusted.got.length = 0
    user.give(arp(USER, USER_MAC), tcpFrame([], { ...OUT, flags: SYN }), ipv4Frame(1, [8, 0, 0, 0], OUT))
    expect(trusted.got).toHaveLength(3)
  })

  test('MaxDownload: so towards the user', () => {
    const { hub, user, trusted, clock } = setUp({ maxDownload: 800_000, noBroadcastLimiter: true })
    for (let step = 0; step < 600; step++) {
      clock.advance(10)
      for (let times = 0; times < 5; times++) trusted.give(big(IN))
    }
    const bytes = user.got.reduce((sum, frame) => sum + frame.length, 0)
    expect(bytes / (6 * 100_000)).toBeCloseTo(1, 1)
    expect(hub.policyStats.maxDownload).toBeGreaterThan(1000)
  })

  test('a frame larger than the burst passes a slow port, and is paid for', () => {
    const { user, trusted, clock } = setUp({ maxUpload: 80_000, noBroadcastLimiter: true })
    const huge = udpFrame(new Array<number>(40_000).fill(7), OUT)
    user.give(huge, huge)
    expect(trusted.got).toHaveLength(1)
    clock.advance(2000)
    user.give(huge)
    expect(trusted.got).toHaveLength(1)
    clock.advance(1000)
    user.give(huge)
    expect(trusted.got).toHaveLength(2)
  })

  test('flooded frames are limited for each sender and destination, unless NoBroadcastLimiter', () => {
    const { hub, user, trusted, clock, drops } = setUp({})
    const many = Array.from({ length: BROADCASTS_PER_SECOND + 10 }, () => arp(USER, USER_MAC))
    user.give(...many)
    expect(trusted.got).toHaveLength(BROADCASTS_PER_SECOND)
    expect(hub.policyStats.broadcastLimiter).toBe(10)
    expect(drops[0]).toMatchObject({ policy: 'broadcastLimiter', address: USER })
    user.give(arp(ipv4('192.168.30.11'), USER_MAC))
    expect(trusted.got).toHaveLength(BROADCASTS_PER_SECOND + 1)
    clock.advance(1000)
    user.give(...many)
    expect(trusted.got).toHaveLength(2 * BROADCASTS_PER_SECOND + 1)
    const free = setUp({ noBroadcastLimiter: true })
    free.user.give(...many)
    expect(free.trusted.got).toHaveLength(many.length)
  })

  test('the limiter of floods remembers a bounded number of senders', () => {
    const { user, trusted } = setUp({})
    for (let index = 0; index < 5000; index++) user.give(arp((USER + index * 256) as Ipv4Address, USER_MAC))
    expect(trusted.got).toHaveLength(5000)
  })
})

describe('monitor mode', () => {
  test('gets a copy of every frame, sends none', () => {
    const { hub, user, trusted } = setUp({ monitorPort: true }, { mode: 'monitor' })
    const third = new HubPort(hub)
    third.give(arp(USER, USER_MAC))
    trusted.give(web(IN))
    expect([user.got.length, third.got.length]).toEqual([2, 1])
    user.give(web(OUT))
    expect(trusted.got).toHaveLength(1)
    expect(hub.policyStats.monitorPort).toBe(1)
    user.attachment.detach()
    trusted.give(web(IN))
    expect(user.got).toHaveLength(2)
  })
})
