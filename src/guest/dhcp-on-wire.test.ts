import { beforeEach, expect, test } from 'vitest'
import { udpFrame } from '../../test/support/frames.ts'
import { TestHub } from '../../test/support/test-hub.ts'
import type { Attachment } from '../hub/port.ts'
import {
  BOOTREPLY,
  DHCPACK,
  DHCPDISCOVER,
  DHCPOFFER,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  dhcpLength,
  emitDhcp,
  getU8Option,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_SERVER_ID,
  parseDhcp,
  setIpv4sOption,
  setU8Option,
  setU32Option,
} from '../wire/dhcp.ts'
import { getDestinationMac, getSourceMac } from '../wire/ethernet.ts'
import { BROADCAST_IPV4, ipv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress } from '../wire/mac.ts'
import { COMPLETE, UNFINISHED } from '../wire/offload.ts'
import type { Lease } from './dhcp-client.ts'
import { DhcpOnWire } from './dhcp-on-wire.ts'

const GUEST_MAC = 0x02_00_00_00_00_01 as MacAddress
const SERVER_MAC = 0x00_ac_00_00_00_01 as MacAddress
const SERVER = ipv4('192.168.30.1')
const OFFERED = ipv4('192.168.30.10')
const PAYLOAD_AT = 42

let hub: TestHub
let guest: Uint8Array[]
let leases: Lease[]
let timers: { at: number; callback: () => void }[]
let now: number
let dhcp: DhcpOnWire
let attachment: Attachment

beforeEach(() => {
  hub = new TestHub()
  guest = []
  leases = []
  timers = []
  now = 0
  dhcp = new DhcpOnWire(hub, {
    macAddress: GUEST_MAC,
    hostName: '',
    now: () => now,
    random: () => 0x1234_5678,
    setTimer(delayMs, callback) {
      const timer = { at: now + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    bound: (lease) => leases.push(lease),
    lost: () => undefined,
  })
  attachment = dhcp.attach({
    identity: { kind: 'TAP', userName: '', hostName: 'tap0' },
    output: (frame) => guest.push(Uint8Array.from(frame)),
    flush: () => undefined,
  })
})

function sentMessages(): DhcpMessage[] {
  return hub.received.map(({ frame }) => parseDhcp(frame, PAYLOAD_AT, frame.length)!)
}

function replyFrame(type: number, changes: Partial<DhcpMessage> = {}): Uint8Array {
  const options: DhcpMessage['options'] = new Map()
  setU8Option(options, OPTION_MESSAGE_TYPE, type)
  setIpv4sOption(options, OPTION_SERVER_ID, SERVER)
  setU32Option(options, OPTION_LEASE_TIME, 7200)
  const message = { ...sentMessages().at(-1)!, op: BOOTREPLY, yiaddr: OFFERED, ...changes, options }
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  return udpFrame([...bytes], {
    sourceMac: SERVER_MAC,
    destinationMac: GUEST_MAC,
    source: SERVER,
    destination: OFFERED,
    sourcePort: 67,
    destinationPort: 68,
  })
}

/** Answers are handled after the hub's call has returned. */
async function answer(type: number): Promise<void> {
  hub.send(replyFrame(type))
  await Promise.resolve()
}

test('the client speaks with the TAP’s own address, and its answers never reach the guest', async () => {
  dhcp.start()
  await answer(DHCPOFFER)
  await answer(DHCPACK)
  expect(leases.map(({ address }) => address)).toEqual([OFFERED])
  expect(guest).toEqual([])
  const types = sentMessages().map(({ options }) => getU8Option(options, OPTION_MESSAGE_TYPE))
  expect(types).toEqual([DHCPDISCOVER, DHCPREQUEST])
  for (const { frame } of hub.received) {
    expect(getSourceMac(frame)).toBe(GUEST_MAC)
    expect(getDestinationMac(frame)).toBe(BROADCAST_MAC)
  }
  // The whole frame, checksums too, as the slow and obvious builder makes it.
  const { frame } = hub.received[0]!
  const expected = udpFrame([...frame.subarray(PAYLOAD_AT)], {
    sourceMac: GUEST_MAC,
    destinationMac: BROADCAST_MAC,
    source: ipv4('0.0.0.0'),
    destination: BROADCAST_IPV4,
    sourcePort: 68,
    destinationPort: 67,
    identification: 0x5678,
    fragment: 0,
  })
  expect(frame).toEqual(expected)
})

test('nothing is sent from inside the hub’s call', () => {
  dhcp.start()
  const { length } = hub.received
  hub.send(replyFrame(DHCPOFFER))
  expect(hub.received.length).toBe(length)
})

test('an answer whose checksum is unfinished is taken all the same, one whose checksum is wrong is left to the guest', async () => {
  dhcp.start()
  const frame = replyFrame(DHCPOFFER)
  frame[PAYLOAD_AT - 1]! ^= 0xff
  hub.sendWith(COMPLETE, frame)
  expect(guest.length).toBe(1)
  hub.sendWith(UNFINISHED, frame)
  await Promise.resolve()
  expect(guest.length).toBe(1)
  expect(hub.received.length).toBe(2)
})

test.each<[string, () => Uint8Array]>([
  ['answers to a client that the user runs', () => replyFrame(DHCPOFFER, { xid: 99 })],
  ['answers to another machine', () => replyFrame(DHCPOFFER, { chaddr: SERVER_MAC })],
  ['datagrams to port 68 that are no DHCP', () => udpFrame([1, 2, 3], { sourcePort: 67, destinationPort: 68 })],
  ['other datagrams', () => udpFrame([1, 2, 3])],
  ['short frames', () => new Uint8Array(14)],
])('%s go to the guest', (_what, frame) => {
  dhcp.start()
  hub.send(frame())
  expect(guest).toEqual([frame()])
  expect(hub.received.length).toBe(1)
})

test('the guest’s own frames pass to the hub', () => {
  attachment.input(new Uint8Array(60), COMPLETE)
  expect(hub.received.length).toBe(1)
})

test('it repeats when nobody answers, with one timer at a time', () => {
  dhcp.start()
  for (let repeat = 0; repeat < 3; repeat += 1) {
    expect(timers.length).toBe(1)
    const [timer] = timers.splice(0)
    now = timer!.at
    timer!.callback()
  }
  expect(hub.received.length).toBe(4)
})

test('release goes to the server alone, and no timer stays', async () => {
  dhcp.start()
  await answer(DHCPOFFER)
  await answer(DHCPACK)
  dhcp.release()
  const { frame } = hub.received.at(-1)!
  expect(getDestinationMac(frame)).toBe(SERVER_MAC)
  expect(getU8Option(sentMessages().at(-1)!.options, OPTION_MESSAGE_TYPE)).toBe(DHCPRELEASE)
  expect(timers).toEqual([])
})
