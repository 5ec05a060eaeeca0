import { beforeEach, expect, test } from 'vitest'
import { udpFrame } from '../../test/support/frames.ts'
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

let sent: Uint8Array[]
let leases: Lease[]
let timers: { at: number; callback: () => void }[]
let now: number
let dhcp: DhcpOnWire

beforeEach(() => {
  sent = []
  leases = []
  timers = []
  now = 0
  dhcp = new DhcpOnWire({
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
    send: (frame) => sent.push(frame),
    bound: (lease) => leases.push(lease),
    lost: () => undefined,
  })
})

function sentMessages(): DhcpMessage[] {
  return sent.map((frame) => parseDhcp(frame, PAYLOAD_AT, frame.length)!)
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

function answer(type: number): void {
  // Lent, as a socket lends it.
  const frame = replyFrame(type)
  dhcp.input(frame, COMPLETE)
  frame.fill(0xee)
}

test('the client speaks with the TAP’s own address', () => {
  dhcp.start()
  answer(DHCPOFFER)
  answer(DHCPACK)
  expect(leases.map(({ address }) => address)).toEqual([OFFERED])
  const types = sentMessages().map(({ options }) => getU8Option(options, OPTION_MESSAGE_TYPE))
  expect(types).toEqual([DHCPDISCOVER, DHCPREQUEST])
  for (const frame of sent) {
    expect(getSourceMac(frame)).toBe(GUEST_MAC)
    expect(getDestinationMac(frame)).toBe(BROADCAST_MAC)
  }
  // The whole frame, checksums too, as the slow and obvious builder makes it.
  const frame = sent[0]!
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

test('an answer whose checksum is unfinished is taken, one whose checksum is wrong is not', () => {
  dhcp.start()
  const frame = replyFrame(DHCPOFFER)
  frame[PAYLOAD_AT - 1]! ^= 0xff
  dhcp.input(frame, COMPLETE)
  expect(sent.length).toBe(1)
  dhcp.input(frame, UNFINISHED)
  expect(sent.length).toBe(2)
})

test.each<[string, () => Uint8Array]>([
  ['answers to a client that the user runs', () => replyFrame(DHCPOFFER, { xid: 99 })],
  ['answers to another machine', () => replyFrame(DHCPOFFER, { chaddr: SERVER_MAC })],
  ['datagrams to port 68 that are no DHCP', () => udpFrame([1, 2, 3], { sourcePort: 67, destinationPort: 68 })],
  ['other datagrams', () => udpFrame([1, 2, 3])],
  ['short frames', () => new Uint8Array(14)],
])('%s are left alone', (_what, frame) => {
  dhcp.start()
  dhcp.input(frame(), COMPLETE)
  expect(sent.length).toBe(1)
})

test('it repeats when nobody answers, with one timer at a time', () => {
  dhcp.start()
  for (let repeat = 0; repeat < 3; repeat += 1) {
    expect(timers.length).toBe(1)
    const [timer] = timers.splice(0)
    now = timer!.at
    timer!.callback()
  }
  expect(sent.length).toBe(4)
})

test('release goes to the server alone, and no timer stays', () => {
  dhcp.start()
  answer(DHCPOFFER)
  answer(DHCPACK)
  dhcp.release()
  const frame = sent.at(-1)!
  expect(getDestinationMac(frame)).toBe(SERVER_MAC)
  expect(getU8Option(sentMessages().at(-1)!.options, OPTION_MESSAGE_TYPE)).toBe(DHCPRELEASE)
  expect(timers).toEqual([])
})
