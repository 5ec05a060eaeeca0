// A scripted TCP peer in virtual time: a guest that sends exactly the segments it is told to, and a Stack whose every
// segment is looked at. Sequence numbers are relative: 0 is the first byte after the SYN, in each direction.
//
//   const peer = established()
//   peer.send({ seq: 0, text: 'hello' })
//   peer.expect({ flags: 'A', ack: 5 })
//   peer.expectNothing()
//
// Super-frames are split, and checksums verified byte by byte, before a test sees them: what is expected are the segments
// on the wire. After every event the invariants of every TCB are checked.

import { DeadlineHeap } from '../../src/stack/deadline-heap.ts'
import type { StackOptions } from '../../src/stack/frame-output.ts'
import { Stack, type UdpDatagram } from '../../src/stack/interface.ts'
import { type CloseReason, checkInvariants, type Tcb, type TcpUser } from '../../src/stack/tcp/tcb.ts'
import * as calls from '../../src/stack/tcp/user-calls.ts'
import { ARP_REPLY } from '../../src/wire/arp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_ARP, ETHERTYPE_IPV4, getEtherType } from '../../src/wire/ethernet.ts'
import { type Ipv4Header, PROTOCOL_TCP, parseIpv4Header } from '../../src/wire/ipv4.ts'
import { type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { COMPLETE, gsoSize } from '../../src/wire/offload.ts'
import { Segmenter } from '../../src/wire/segmentation.ts'
import { parseTcp, type TcpSegment } from '../../src/wire/tcp.ts'
import { ethernetFrame, GUEST, GUEST_MAC, HOST_MAC, naiveChecksum, OUTSIDE, tcpFrame, u16, u32 } from './frames.ts'
import { ManualClock } from './manual-clock.ts'
import { seededRandom } from './random.ts'

export const GATEWAY = ipv4('192.168.30.1')
const LETTERS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 }

/** What the NAT session would be: takes the bytes, remembers what it was told. */
export class ScriptedUser implements TcpUser {
  readonly events: string[] = []
  readonly chunks: Uint8Array[] = []
  /** Bytes passed on at once by each `received`; the rest is held back until `consumed` is called. */
  takes = Number.POSITIVE_INFINITY
  onSendRoom = (): void => {}

  established(): void {
    this.events.push('established')
  }
  received(bytes: Uint8Array): number {
    this.chunks.push(bytes.slice())
    return Math.min(bytes.length, this.takes)
  }
  receivedEnd(): void {
    this.events.push('end')
  }
  sendRoom(): void {
    this.events.push('room')
    this.onSendRoom()
  }
  closed(reason: CloseReason): void {
    this.events.push(reason)
  }
  get length(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }
  get text(): string {
    return this.chunks.map((bytes) => String.fromCharCode(...bytes)).join('')
  }
}

/** A Stack with a clock, a guest's MAC in its ARP cache, and everything that it sends. */
export class StackHarness {
  readonly clock = new ManualClock()
  readonly deadlines = new DeadlineHeap()
  readonly stack: Stack
  /** As they would be on the wire: super-frames split, checksums finished. */
  readonly frames: { frame: Uint8Array; at: number }[] = []
  /** Payload bytes of each frame as the stack gave it, with its segment size (0: not a super-frame). */
  readonly superFrames: { length: number; gsoSize: number }[] = []
  readonly requests: Tcb[] = []
  readonly datagrams: UdpDatagram[] = []
  /** Who gets the next connection request; `undefined` refuses it. */
  user: ScriptedUser | undefined = new ScriptedUser()
  echoThroughRouter = true
  /** The guest, which is known from the beginning, answers when it is asked whether it is still there. */
  answersArp = true
  readonly #segmenter = new Segmenter()
  #timer: (() => void) | undefined

  constructor(options: Partial<StackOptions> = {}, seed = 1) {
    this.stack = new Stack(
      {
        macAddress: HOST_MAC,
        ipAddress: GATEWAY,
        subnetMask: ipv4('255.255.255.0'),
        mtu: 1500,
        hearsGroups: false,
        ...options,
      },
      {
        now: this.clock.now,
        random: seededRandom(seed),
        deadlines: this.deadlines,
        output: (frame, offload) => {
          this.superFrames.push({ length: frame.length, gsoSize: gsoSize(offload) })
          const count = this.#segmenter.begin(frame, offload)
          if (count === 0) throw new Error('the stack sent a malformed frame')
          for (let index = 0; index < count; index++) {
            const into = new Uint8Array(this.#segmenter.segmentLength(index))
            this.#segmenter.write(frame, index, into, 0)
            this.frames.push({ frame: into, at: this.clock.now() })
            if (this.answersArp && getEtherType(into) === ETHERTYPE_ARP) {
              this.clock.setTimer(0, () => this.input(arpFrame(ARP_REPLY)))
            }
          }
        },
        connectionRequest: (tcb) => {
          this.requests.push(tcb)
          return this.user
        },
        udpInput: (datagram) => {
          this.datagrams.push({ ...datagram, bytes: datagram.bytes.slice(), header: { ...datagram.header } })
        },
        echoThroughRouter: () => this.echoThroughRouter,
      },
    )
    this.stack.tick()
    this.stack.arp.learn(GUEST, GUEST_MAC, 0)
  }

  /** One frame is a batch of its own. */
  input(frame: Uint8Array): void {
    this.stack.input(frame, COMPLETE)
    this.flush()
  }

  /** Several frames in one batch. */
  batch(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.stack.input(frame, COMPLETE)
    this.flush()
  }

  flush(): void {
    this.stack.flush()
    this.check()
    this.#arm()
  }

  /** Lets time go by, in which timers fire as SecureNAT's one timer would. */
  advance(ms: number): void {
    this.#arm()
    this.clock.advance(ms)
  }

  check(): void {
    for (const tcb of this.stack.tcp.connections()) checkInvariants(tcb)
  }

  #arm(): void {
    this.#timer?.()
    const at = this.deadlines.nextAt()
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = this.clock.setTimer(Math.max(1, Math.ceil(at - this.clock.now())), () => {
      this.#timer = undefined
      this.stack.tick()
      this.deadlines.expire(this.clock.now())
      this.flush()
    })
  }
}

export interface SegmentTemplate {
  /** Letters of FSRPAUEC; `A` when left out. */
  flags?: string
  /** Relative to the sender's first data byte, so a SYN has -1. */
  seq?: number
  /** Relative to the receiver's first data byte. */
  ack?: number
  wnd?: number
  text?: string
  /** Payload of so many bytes of no interest. */
  len?: number
  /** Timestamps. */
  ts?: readonly [tsVal: number, tsEcr: number]
  /** left, right, left, right, …, relative as `ack` is. */
  sack?: readonly number[]
  options?: readonly number[]
}

export interface SynOptions {
  mss?: number
  /** Window scale. */
  ws?: number
  sack?: boolean
  ts?: readonly [number, number]
}

export interface PeerOptions {
  syn?: SynOptions
  port?: number
  destination?: Ipv4Address
  destinationPort?: number
  /** The peer's initial sequence number. */
  iss?: number
  wnd?: number
  stack?: Partial<StackOptions>
  harness?: StackHarness
}

export interface SeenSegment {
  segment: TcpSegment
  ip: Ipv4Header
  flags: string
  seq: number
  ack: number
  wnd: number
  len: number
  text: string
  at: number
}

export class TcpPeer {
  readonly harness: StackHarness
  readonly port: number
  readonly destination: Ipv4Address
  readonly destinationPort: number
  readonly iss: number
  wnd: number
  /** Next sequence number of ours, and of the stack's, relative; kept up by `send` and `expect`. */
  seq = 0
  ack = 0
  /** The stack's ISS, known from its SYN,ACK. */
  irs = 0
  /** Put on every segment when set; the echo is kept up by `expect`. */
  ts: { value: number; echo: number } | undefined
  readonly #syn: SynOptions
  #seen = 0

  constructor(options: PeerOptions = {}) {
    this.harness = options.harness ?? new StackHarness(options.stack)
    this.port = options.port ?? 41_000
    this.destination = options.destination ?? OUTSIDE
    this.destinationPort = options.destinationPort ?? 80
    this.iss = options.iss ?? 1_000_000
    this.wnd = options.wnd ?? 65_535
    this.#syn = options.syn ?? { mss: 1460 }
    if (this.#syn.ts !== undefined) this.ts = { value: this.#syn.ts[0], echo: this.#syn.ts[1] }
  }

  get user(): ScriptedUser {
    return this.harness.user!
  }

  get tcb(): Tcb {
    return this.harness.requests.at(-1)!
  }

  get context(): Stack['tcp'] {
    return this.harness.stack.tcp
  }

  get stats(): Stack['tcp']['stats'] {
    return this.context.stats
  }

  sendSyn(template: SegmentTemplate = {}): void {
    this.send({ flags: 'S', seq: -1, options: synOptions(this.#syn), ...template })
  }

  /** Fields left out: the next sequence number, everything acknowledged, the current window. */
  send(template: SegmentTemplate): void {
    this.harness.input(this.frame(template))
  }

  sendBatch(...templates: SegmentTemplate[]): void {
    this.harness.batch(templates.map((template) => this.frame(template)))
  }

  frame(template: SegmentTemplate): Uint8Array {
    const { flags = 'A', seq = this.seq, ack = this.ack, wnd = this.wnd, text, len = 0, sack } = template
    const bits = [...flags].reduce((sum, letter) => sum | LETTERS[letter]!, 0)
    const payload = text === undefined ? new Array<number>(len).fill(0x78) : [...text].map((c) => c.charCodeAt(0))
    const isSyn = flags.includes('S')
    const ts = template.ts ?? (this.ts === undefined || isSyn ? undefined : [this.ts.value, this.ts.echo])
    const edges = (sack ?? []).flatMap((edge) => u32((this.irs + 1 + edge) >>> 0))
    const options = [
      ...(template.options ?? []),
      ...(ts === undefined ? [] : [1, 1, 8, 10, ...u32(ts[0] >>> 0), ...u32(ts[1] >>> 0)]),
      ...(edges.length === 0 ? [] : [1, 1, 5, 2 + edges.length, ...edges]),
    ]
    const end = seq + payload.length + (flags.includes('F') ? 1 : 0) + (isSyn ? 1 : 0)
    if (seq <= this.seq && end > this.seq && !flags.includes('R')) this.seq = end
    return tcpFrame(payload, {
      destination: this.destination,
      destinationPort: this.destinationPort,
      sourcePort: this.port,
      seq: (this.iss + 1 + seq) >>> 0,
      ack: flags.includes('A') ? (this.irs + 1 + ack) >>> 0 : 0,
      flags: bits,
      wnd,
      tcpOptions: options,
    })
  }

  /** The next segment to this peer must have the fields given. @returns all of it */
  expect(template: SegmentTemplate & { wnd?: number }, note = ''): SeenSegment {
    const seen = this.next()
    if (seen === undefined) throw new Error(`${note} nothing was sent, expected ${JSON.stringify(template)}`)
    const got: Record<string, unknown> = {}
    const wanted: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(template)) {
      wanted[key] = key === 'flags' ? canonical(value as string) : value
      if (key === 'ts') got[key] = [seen.segment.tsVal, seen.segment.tsEcr]
      else if (key === 'sack') got[key] = (seen.segment.sackBlocks ?? []).map((edge) => (edge - this.iss - 1) | 0)
      else got[key] = seen[key as keyof SeenSegment]
    }
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      throw new Error(`${note} sent ${show(seen)}: ${JSON.stringify(got)}, expected ${JSON.stringify(wanted)}`)
    }
    return seen
  }

  expectNothing(note = ''): void {
    const seen = this.next()
    if (seen !== undefined) throw new Error(`${note} sent ${show(seen)}, expected nothing`)
  }

  /** All that was sent and not looked at yet. */
  drain(): SeenSegment[] {
    const all: SeenSegment[] = []
    for (let seen = this.next(); seen !== undefined; seen = this.next()) all.push(seen)
    return all
  }

  next(): SeenSegment | undefined {
    const { frames } = this.harness
    while (this.#seen < frames.length) {
      const { frame, at } = frames[this.#seen++]!
      const seen = this.#read(frame, at)
      if (seen !== undefined) return seen
    }
    return undefined
  }

  /** The stack opens the connection towards this peer. */
  open(): void {
    const [localAddress, localPort, remotePort] = [this.destination, this.destinationPort, this.port]
    const tcb = this.context.open({ localAddress, localPort, remoteAddress: GUEST, remotePort })
    if (tcb === undefined) throw new Error('there is such a connection already')
    tcb.user = this.user
    this.harness.requests.push(tcb)
    this.harness.flush()
  }

  /** User's calls, each a batch of its own. */
  accept(): void {
    calls.accept(this.context, this.tcb)
    this.harness.flush()
  }
  refuse(how: 'reset' | 'silent'): void {
    calls.refuse(this.context, this.tcb, how)
    this.harness.flush()
  }
  /** Text, or so many bytes of no interest. */
  userSend(data: string | number): void {
    const bytes =
      typeof data === 'string' ? Uint8Array.from(data, (c) => c.charCodeAt(0)) : new Uint8Array(data).fill(0x79)
    calls.send(this.context, this.tcb, bytes)
    this.harness.flush()
  }
  userClose(): void {
    calls.close(this.context, this.tcb)
    this.harness.flush()
  }
  userAbort(): void {
    calls.abort(this.context, this.tcb)
    this.harness.flush()
  }
  userConsumed(n: number): void {
    calls.consumed(this.context, this.tcb, n)
    this.harness.flush()
  }
  advance(ms: number): void {
    this.harness.advance(ms)
  }

  #read(frame: Uint8Array, at: number): SeenSegment | undefined {
    if (getEtherType(frame) !== ETHERTYPE_IPV4) return undefined
    const ip = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (ip === undefined) throw new Error('the stack sent a malformed packet')
    if (ip.protocol !== PROTOCOL_TCP) return undefined
    const bytes = frame.subarray(ip.payloadStart, ip.payloadEnd)
    const pseudo = [...u32(ip.source), ...u32(ip.destination), 0, PROTOCOL_TCP, ...u16(bytes.length)]
    if (naiveChecksum([...pseudo, ...bytes]) !== 0) throw new Error('the stack sent a wrong checksum')
    const segment = parseTcp(frame, ip.payloadStart, ip.payloadEnd)
    if (segment === undefined) throw new Error('the stack sent a malformed segment')
    if (segment.destinationPort !== this.port || segment.sourcePort !== this.destinationPort) return undefined
    const flags = canonicalBits(segment.flags)
    if (flags === 'SA' || flags === 'S') this.irs = segment.seq >>> 0
    const len = segment.payloadEnd - segment.payloadStart
    const seq = (segment.seq - this.irs - 1) | 0
    const end = seq + len + (flags.includes('F') ? 1 : 0)
    if (seq <= this.ack && end > this.ack) this.ack = end
    if (this.ts !== undefined && segment.hasTimestamps) this.ts.echo = segment.tsVal
    return {
      segment,
      ip,
      flags,
      seq,
      ack: flags.includes('A') ? (segment.ack - this.iss - 1) | 0 : 0,
      wnd: segment.wnd,
      len,
      text: String.fromCharCode(...frame.subarray(segment.payloadStart, segment.payloadEnd)),
      at,
    }
  }
}

function canonicalBits(bits: number): string {
  return Object.entries(LETTERS)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([letter]) => letter)
    .sort(byLetter)
    .join('')
}

function canonical(flags: string): string {
  return [...flags].sort(byLetter).join('')
}

const byLetter = (a: string, b: string): number => 'SFRPAUEC'.indexOf(a) - 'SFRPAUEC'.indexOf(b)

function show(seen: SeenSegment): string {
  return `<${seen.flags} seq=${seen.seq} ack=${seen.ack} wnd=${seen.wnd} len=${seen.len}>`
}

export function synOptions({ mss, ws, sack, ts }: SynOptions): number[] {
  return [
    ...(mss === undefined ? [] : [2, 4, ...u16(mss)]),
    ...(ws === undefined ? [] : [1, 3, 3, ws]),
    ...(sack ? [1, 1, 4, 2] : []),
    ...(ts === undefined ? [] : [1, 1, 8, 10, ...u32(ts[0] >>> 0), ...u32(ts[1] >>> 0)]),
  ]
}

/** A guest's ARP message. */
export function arpFrame(
  operation: number,
  fields: { senderAddress?: Ipv4Address; target?: Ipv4Address } = {},
): Uint8Array {
  const mac = [...u16(Math.floor(GUEST_MAC / 0x1_0000_0000)), ...u32(GUEST_MAC % 0x1_0000_0000)]
  const body = [...u16(1), ...u16(0x0800), 6, 4, ...u16(operation), ...mac, ...u32(fields.senderAddress ?? GUEST)]
  return ethernetFrame(0x0806, [...body, 0, 0, 0, 0, 0, 0, ...u32(fields.target ?? GATEWAY)])
}

// A peer in each state, everything sent so far looked at.

/** LISTEN: the SYN has come, the outside has not answered yet. */
export function requested(options: PeerOptions = {}): TcpPeer {
  const peer = new TcpPeer(options)
  peer.sendSyn()
  peer.expectNothing('before the outside has answered')
  return peer
}

export function synReceived(options: PeerOptions = {}): TcpPeer {
  const peer = requested(options)
  peer.accept()
  peer.expect({ flags: 'SA', seq: -1, ack: 0 })
  return peer
}

export function established(options: PeerOptions = {}): TcpPeer {
  const peer = synReceived(options)
  peer.send({ flags: 'A' })
  peer.expectNothing('after the handshake')
  return peer
}

/** SYN-SENT: somebody outside opens a connection towards the guest. */
export function synSent(options: PeerOptions = {}): TcpPeer {
  const peer = new TcpPeer(options)
  peer.open()
  peer.expect({ flags: 'S', seq: -1, ack: 0 })
  return peer
}

/** The outside has closed; our FIN is under way. */
export function finWait1(options: PeerOptions = {}): TcpPeer {
  const peer = established(options)
  peer.userClose()
  peer.expect({ flags: 'FA', seq: 0 })
  return peer
}

export function finWait2(options: PeerOptions = {}): TcpPeer {
  const peer = finWait1(options)
  peer.send({ flags: 'A' })
  return peer
}

/** Both have closed at once; the acknowledgment of our FIN is still missing. */
export function closing(options: PeerOptions = {}): TcpPeer {
  const peer = finWait1(options)
  peer.send({ flags: 'FA', ack: 0 })
  peer.expect({ flags: 'A', ack: 1 })
  return peer
}

export function timeWait(options: PeerOptions = {}): TcpPeer {
  const peer = finWait2(options)
  peer.send({ flags: 'FA' })
  peer.expect({ flags: 'A', seq: 1, ack: 1 })
  return peer
}

/** The guest has closed. */
export function closeWait(options: PeerOptions = {}): TcpPeer {
  const peer = established(options)
  peer.send({ flags: 'FA' })
  peer.expect({ flags: 'A', ack: 1 })
  return peer
}

export function lastAck(options: PeerOptions = {}): TcpPeer {
  const peer = closeWait(options)
  peer.userClose()
  peer.expect({ flags: 'FA', seq: 0, ack: 1 })
  return peer
}

/** All options that a usual guest offers. */
export const MODERN: SynOptions = { mss: 1460, ws: 7, sack: true, ts: [1000, 0] }
