// A flood of inputs, good, damaged and random, into one SecureNAT that lives on: DHCP, DNS, ARP, IP and TCP from a thousand
// machines, while time passes and the outside answers. Nothing throws; what is held stays bounded on the way and is given back at the
// end; and then a machine that comes anew is served as if nothing had been.
// FLOOD_INPUTS sets the number (`npm test`: 1,000,000), FUZZ_SEED repeats a failing run.

import { expect, test, vi } from 'vitest'
import type { Attachment, Port } from '../../src/hub/port.ts'
import { DEFAULT_LEASE_LIMITS } from '../../src/securenat/dhcp-leases.ts'
import { REASSEMBLY_DATAGRAMS_LIMIT } from '../../src/stack/ipv4-reassembly.ts'
import { finish, sumBytes, sumPseudoHeader } from '../../src/wire/checksum.ts'
import { dhcpLength, emitDhcp } from '../../src/wire/dhcp.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, setMac } from '../../src/wire/mac.ts'
import { COMPLETE, type Offload, superFrame, TRUSTED, UNFINISHED } from '../../src/wire/offload.ts'
import { DhcpClient, dhcpHarness } from '../support/dhcp-client.ts'
import { ethernetFrame, HOST_MAC, ipv4Frame, tcpFrame, u16, u32, udpFrame } from '../support/frames.ts'
import { dnsMessage } from '../support/guest-host.ts'
import { patternBytes, type Random, seededRandom } from '../support/random.ts'
import { NOTHING_HELD, SERVER, World } from '../support/world.ts'

const inputs = Number(process.env.FLOOD_INPUTS ?? 6000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
/** Of inputs, between two looks at what is held. */
const ROUND = 1000
const MACHINES = 1000
const GATEWAY = ipv4('192.168.30.1')
const BROADCAST = ipv4('255.255.255.255')
vi.setConfig({ testTimeout: 20_000 + inputs / 2 })

const machineMac = (nth: number): MacAddress => (0x0200_0000_1000 + nth) as MacAddress
const toHost = { destinationMac: HOST_MAC, destination: GATEWAY }

function dhcpFrame(client: DhcpClient, type: number, fields: object): Uint8Array {
  const message = client.message(type, fields)
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  const addressing = { destinationMac: BROADCAST_MAC, source: 0 as never, destination: BROADCAST }
  return udpFrame([...bytes], { ...addressing, sourcePort: 68, destinationPort: 67 })
}

/** Where in a DHCP frame without options of IP these stand. */
const YIADDR_AT = 14 + 20 + 8 + 16
const CHADDR_AT = 14 + 20 + 8 + 28

const client = new DhcpClient(dhcpHarness(), 0x0200_0000_000a)
const arp = (operation: number, target: number): Uint8Array =>
  ethernetFrame(0x0806, [
    ...[...u16(1), ...u16(0x0800), 6, 4, ...u16(operation), 2, 0, 0, 0, 16, 0],
    ...[...u32(0xc0a8_1e0a), 0, 0, 0, 0, 0, 0, ...u32(target)],
  ])

const GOOD: Readonly<Record<string, readonly Uint8Array[]>> = {
  dhcp: [1, 3, 4, 7, 8].map((type) =>
    dhcpFrame(client, type, { options: { 12: Uint8Array.of(110, 116, 52), 55: Uint8Array.of(1, 3, 6, 121, 249) } }),
  ),
  dns: [dnsMessage(77, 'www.example.com'), dnsMessage(78, '5.30.168.192.in-addr.arpa')].flatMap((query) => [
    udpFrame([...query], { ...toHost, sourcePort: 5353, destinationPort: 53 }),
    udpFrame([...query, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0], { ...toHost, sourcePort: 5354, destinationPort: 53 }),
  ]),
  arp: [arp(1, GATEWAY), arp(2, GATEWAY), arp(1, 0xc0a8_1e0b)],
  ip: [
    ipv4Frame(1, [8, 0, 0xf7, 0xfd, 0, 1, 0, 1], toHost),
    ipv4Frame(1, [8, 0, 0xf7, 0xfd, 0, 1, 0, 1]),
    ipv4Frame(1, [3, 3, 0, 0, 0, 0, 0, 0, ...ipv4Frame(17, [1, 2, 3, 4, 5, 6, 7, 8]).subarray(14)]),
    ipv4Frame(17, new Array(64).fill(7), { fragment: 0x2000 }),
    ipv4Frame(17, new Array(64).fill(7), { fragment: 0x2008 }),
    ipv4Frame(17, new Array(64).fill(7), { fragment: 0x0010 }),
    ipv4Frame(47, [0, 0, 8, 0]),
    ipv4Frame(2, [0x16, 0, 0, 0, 224, 0, 0, 251], { ttl: 1, ipOptions: [0x94, 4, 0, 0] }),
    udpFrame([1, 2, 3], { destinationPort: 9 }),
  ],
  tcp: [0x02, 0x10, 0x18, 0x11, 0x04, 0x14, 0x12].flatMap((flags) => [
    tcpFrame([], { flags, tcpOptions: [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7] }),
    tcpFrame([1, 2, 3, 4, 5], { flags, ack: 1 }),
    tcpFrame([1], { ...toHost, flags, destinationPort: 53 }),
  ]),
}
const KINDS = Object.keys(GOOD)
const OFFLOADS: readonly Offload[] = [COMPLETE, COMPLETE, COMPLETE, TRUSTED, UNFINISHED, superFrame(100)]

/** The next input: of a kind in turn, mostly a good one of some machine, damaged a little. */
function makeInput(random: Random, nth: number): Uint8Array {
  if (random.below(8) === 0) return randomFrame(random)
  const good = GOOD[KINDS[nth % KINDS.length]!]!
  const frame = good[random.below(good.length)]!.slice()
  const machine = random.below(MACHINES)
  if (random.below(8) !== 0) setMac(frame, 6, machineMac(machine))
  if (good === GOOD.dhcp) setMac(frame, CHADDR_AT, machineMac(machine))
  const isIp = frame[12] === 8 && frame[13] === 0
  // The source as the machine would have it, and ports of several flows.
  if (isIp && frame[29] !== 0) frame[29] = machine & 0xff
  if (isIp && random.below(2) === 0 && frame.length > 38) frame[35] = random.below(256)
  let end = frame.length
  for (let changes = random.below(5); changes > 0; changes--) frame[random.below(frame.length)] = random()
  if (random.below(8) === 0) end = random.below(frame.length + 1)
  if (isIp && random.below(4) !== 0) mend(frame)
  return frame.subarray(0, end)
}

function randomFrame(random: Random): Uint8Array {
  const frame = new Uint8Array(random.below(200))
  for (let at = 0; at < frame.length; at += 1) frame[at] = random()
  if (frame.length >= 14 && random.below(2) === 0) {
    setMac(frame, 0, HOST_MAC)
    frame[6]! &= 0xfe
    frame.set([8, random.below(2) * 6], 12)
  }
  return frame
}

/** Makes the checksums right again, so that damage reaches the layers above. */
function mend(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const start = 14
  const transport = start + (frame[start]! & 15) * 4
  const end = Math.min(frame.length, start + view.getUint16(start + 2))
  if (transport < start + 20 || transport + 20 > end) return
  view.setUint16(start + 10, 0)
  view.setUint16(start + 10, finish(sumBytes(frame, start, transport)))
  const protocol = frame[start + 9]!
  const at = { 1: 2, 6: 16, 17: 6 }[protocol]
  if (at === undefined) return
  view.setUint16(transport + at, 0)
  const [source, destination] = [view.getUint32(start + 12) | 0, view.getUint32(start + 16) | 0]
  const pseudo = protocol === 1 ? 0 : sumPseudoHeader(source as never, destination as never, protocol, end - transport)
  view.setUint16(transport + at, finish(sumBytes(frame, transport, end) + pseudo))
}

class Flood implements Port {
  readonly identity = { kind: 'FLOOD', userName: '', hostName: '' }
  readonly attachment: Attachment
  frames = 0
  /** The last DHCP message to a client: half of the clients take what they are offered. */
  offer: Uint8Array | undefined

  constructor(world: World) {
    this.attachment = world.hub.attach(this)
  }

  output(frame: Uint8Array): void {
    this.frames += 1
    if (frame.length > CHADDR_AT + 6 && frame[23] === 17 && frame[37] === 68) this.offer = frame.slice()
  }

  acceptOffer(): void {
    if (this.offer === undefined) return
    const options = { 50: this.offer.slice(YIADDR_AT, YIADDR_AT + 4), 54: Uint8Array.of(192, 168, 30, 1) }
    const request = dhcpFrame(client, 3, { options })
    request.set(this.offer.subarray(CHADDR_AT, CHADDR_AT + 6), CHADDR_AT)
    request.set(this.offer.subarray(CHADDR_AT, CHADDR_AT + 6), 6)
    mend(request)
    this.offer = undefined
    this.attachment.input(request, COMPLETE)
  }

  flush(): void {}
}

test(`${inputs.toLocaleString('en')} inputs: no exception, nothing left, and a new machine is served`, () => {
  const random = seededRandom(seed)
  const world = new World({ nat: { tcpTimeoutSeconds: 60, udpTimeoutSeconds: 10 }, outside: { delayMs: 1 } })
  world.outside.onConnection = (connection) => {
    connection.onReceived = (bytes) => connection.send(bytes)
    if (random.below(2) === 0) connection.send(patternBytes(3000))
    if (random.below(4) === 0) connection.sendEnd()
  }
  world.outside.onUdp = (socket, bytes, address, port) => {
    if (port !== 53) socket.deliver(bytes, address, port)
    else if (random.below(4) !== 0) socket.deliver(answer(random, bytes), address, port)
  }
  // It insists on good super-frames; what else is on the hub drops bad ones.
  world.link.unplug()
  const flood = new Flood(world)
  const most = { sessions: 0, connections: 0, leases: 0, heldBack: 0 }
  for (let nth = 0; nth < inputs; nth += 1) {
    flood.attachment.input(makeInput(random, nth), OFFLOADS[random.below(OFFLOADS.length)]!)
    if (nth % 8 === 7) flood.attachment.flush()
    if (nth % 16 === 15) flood.acceptOffer()
    if (nth % 64 === 63) world.clock.advance(random.below(100))
    if (nth % ROUND !== ROUND - 1) continue
    world.advance(1000)
    const held = world.held()
    most.sessions = Math.max(most.sessions, held.sessions!)
    most.connections = Math.max(most.connections, held.connections!)
    most.heldBack = Math.max(most.heldBack, held.heldBack!)
    most.leases = Math.max(most.leases, world.securenat.leaseTable().length)
    // What the made-up outside and the record of events remember is not the product's.
    world.events.length = 0
    world.outside.connections.length = 0
    world.outside.udp.length = 0
  }
  flood.attachment.flush()
  expect(flood.frames).toBeGreaterThan(inputs / 20)
  expect(most.sessions).toBeGreaterThan(0)
  expect(most.leases).toBeGreaterThan(0)
  expect(most.leases).toBeLessThanOrEqual(DEFAULT_LEASE_LIMITS.bindings)
  expect(most.sessions).toBeLessThan(20_000)
  expect(most.heldBack).toBeLessThan(64 * 1024 * 1024)

  // Long after the last of them everything has been given back.
  world.advance(8_000_000)
  expect(world.held()).toEqual(NOTHING_HELD)
  expect(world.securenat.leaseTable()).toEqual([])
  expect(world.securenat.stack.reassembly.size).toBeLessThanOrEqual(REASSEMBLY_DATAGRAMS_LIMIT)

  const fresh = world.plug({ mac: 0x5254_0000_7777, address: 0 as never })
  fresh.dhcp()
  world.until('a lease', () => fresh.address !== 0, 30_000)
  const tcp = fresh.connect(SERVER, 80)
  fresh.udp(5353, GATEWAY, 53, dnsMessage(7, 'www.example.org'))
  world.outside.onUdp = (socket, bytes, address, port) => {
    socket.deliver(dnsMessage((bytes[0]! << 8) | bytes[1]!, 'www.example.org', SERVER), address, port)
  }
  world.until('an answer', () => tcp.state === 'ESTABLISHED' && fresh.datagrams.length > 0, 10_000)
  expect(fresh.datagrams[0]!.bytes).toEqual(dnsMessage(7, 'www.example.org', SERVER))
})

/** From a resolver, now and then damaged. */
function answer(random: Random, query: Uint8Array): Uint8Array {
  const bytes = query.slice()
  if (bytes.length > 3) bytes[2]! |= 0x80
  for (let changes = random.below(4); changes > 0 && bytes.length > 0; changes--) {
    bytes[random.below(bytes.length)] = random()
  }
  return bytes
}
