// Arbitrary schedules into TCP, NAT and SecureNAT: segments around what a connection may expect, frames of any bytes, time
// that jumps, an outside that does what it likes. Nothing throws, the invariants hold after every step, and in the end
// everything is given back. FUZZ_RUNS raises the number of schedules, FUZZ_SEED repeats a failing run.

import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Attachment, Port } from '../../src/hub/port.ts'
import { ETHERTYPE_ARP, getEtherType } from '../../src/wire/ethernet.ts'
import { parseIpv4Header } from '../../src/wire/ipv4.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { COMPLETE, type Offload, superFrame, TRUSTED, UNFINISHED } from '../../src/wire/offload.ts'
import { Segmenter } from '../../src/wire/segmentation.ts'
import { parseTcp } from '../../src/wire/tcp.ts'
import { tcpFrame, u32, udpFrame } from '../support/frames.ts'
import { dnsMessage } from '../support/guest-host.ts'
import { arpFrame, GATEWAY, synOptions } from '../support/tcp-peer.ts'
import { NOTHING_HELD, SERVER, World } from '../support/world.ts'

const runs = Number(process.env.FUZZ_RUNS ?? 300)
const numRuns = Math.ceil(runs / 3)
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED)
vi.setConfig({ testTimeout: 10_000 + runs * 20 })
const settings = seed === undefined ? { numRuns } : { numRuns, seed }

const TCP_SECONDS = 60
const ISS = 0xffff_f000
const GUEST = ipv4('192.168.30.10')

/** A guest that knows where its connection is, and therefore how to be wrong about it. */
class WildGuest implements Port {
  readonly identity = { kind: 'WILD', userName: '', hostName: '' }
  readonly attachment: Attachment
  readonly #segmenter = new Segmenter()
  #asked = false
  /** Of the connection on each of our ports: our next number, and the peer's next, as far as known. */
  readonly flows = [0, 1].map((index) => ({ port: 41_000 + index, seq: ISS + 1, ack: 0 }))

  constructor(world: World) {
    this.attachment = world.hub.attach(this)
    this.send(arpFrame(1), COMPLETE)
  }

  send(frame: Uint8Array, offload: Offload): void {
    this.attachment.input(frame, offload)
    this.attachment.flush()
  }

  output(frame: Uint8Array, offload: Offload): void {
    const count = this.#segmenter.begin(frame, offload)
    if (count === 0) throw new Error('malformed super-frame')
    if (getEtherType(frame) === ETHERTYPE_ARP) this.#asked = true
    const ip = parseIpv4Header(frame, 14, frame.length)
    if (ip?.protocol !== 6) return
    const segment = parseTcp(frame, ip.payloadStart, ip.payloadEnd)
    if (segment === undefined) throw new Error('malformed segment')
    const flow = this.flows.find(({ port }) => port === segment.destinationPort)
    if (flow === undefined) return
    const end = segment.seq + (segment.payloadEnd - segment.payloadStart) + (segment.flags & 3 ? 1 : 0)
    // Not back with what is sent again.
    if ((segment.flags & 2) !== 0 || ((end - flow.ack) | 0) > 0) flow.ack = end | 0
  }

  /** Answers ARP as every guest does, so that what is sent to it is sent. */
  flush(): void {
    if (!this.#asked) return
    this.#asked = false
    this.send(arpFrame(2), COMPLETE)
  }
}

type Step = (world: World, guest: WildGuest) => void

const near = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: -3000, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) },
)
const flags = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0x10) },
  { weight: 2, arbitrary: fc.constantFrom(0x11, 0x18, 0x19) },
  { weight: 1, arbitrary: fc.constantFrom(0x02, 0x04, 0x14, 0x12, 0) },
  { weight: 1, arbitrary: fc.nat({ max: 255 }) },
)
const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  { weight: 3, arbitrary: fc.nat({ max: 5000 }).map((tsVal) => [1, 1, 8, 10, ...u32(1000 + tsVal), 0, 0, 0, 1]) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 4, maxLength: 40 }).map((bytes) => [...bytes.subarray(0, bytes.length & ~3)]),
  },
)
const flowIndex = fc.nat({ max: 1 })

/** A SACK block, mostly below what the peer has sent last. */
const block = fc
  .tuple(fc.oneof(near, fc.integer({ min: -60_000, max: 0 })), fc.nat({ max: 8000 }))
  .map(([left, len]) => [left, left + len] as const)

const segment = fc
  .record({
    flow: flowIndex,
    flags,
    seq: near,
    ack: fc.oneof(
      near,
      fc.nat({ max: 60_000 }).map((back) => -back),
    ),
    len: fc.oneof(fc.constant(0), fc.nat({ max: 3000 })),
    wnd: fc.oneof(fc.constantFrom(0, 1, 65_535), fc.nat({ max: 65_535 })),
    options,
    sack: fc.array(block, { maxLength: 3 }),
    advances: fc.boolean(),
  })
  .map(
    ({ flow: index, sack, ...it }): Step =>
      (_world, guest) => {
        const flow = guest.flows[index]!
        const edges = sack.flatMap(([left, right]) => [
          ...u32((flow.ack + left) >>> 0),
          ...u32((flow.ack + right) >>> 0),
        ])
        const sackOption = edges.length === 0 || it.options.length > 0 ? [] : [1, 1, 5, 2 + edges.length, ...edges]
        const frame = tcpFrame(new Array<number>(it.len).fill(1), {
          source: GUEST,
          destination: SERVER,
          sourcePort: flow.port,
          seq: (flow.seq + it.seq) >>> 0,
          ack: (flow.ack + it.ack) >>> 0,
          flags: it.flags,
          wnd: it.wnd,
          tcpOptions: [...it.options, ...sackOption],
        })
        if (it.advances) flow.seq = (flow.seq + it.len) >>> 0
        guest.send(frame, COMPLETE)
      },
  )

/** A segment that fits where a connection is: acknowledges some of its flight, with blocks of the rest, and brings text. */
const fitting = fc
  .record({
    which: fc.nat(),
    acks: fc.oneof(fc.constant(0), fc.nat({ max: 1000 })),
    blocks: fc.array(fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 300 })), { maxLength: 3 }),
    times: fc.integer({ min: 1, max: 4 }),
    len: fc.oneof(fc.constant(0), fc.nat({ max: 1500 })),
    gap: fc.oneof(fc.constant(0), fc.nat({ max: 4000 })),
    wnd: fc.constantFrom(0, 300, 30_000),
    fin: fc.boolean(),
    tsVal: fc.option(fc.nat({ max: 100 }), { nil: undefined }),
  })
  .map(
    ({ which, acks, blocks, times, len, gap, wnd, fin, tsVal }): Step =>
      (world, guest) => {
        const all = [...world.securenat.stack.tcp.connections()]
        const tcb = all[which % Math.max(1, all.length)]
        if (tcb === undefined) return
        const { snd, rcv } = tcb
        const flight = (snd.nxt - snd.una) | 0
        const at = (thousandth: number): number => snd.una + Math.floor((flight * Math.min(thousandth, 1000)) / 1000)
        const edges = blocks.flatMap(([left, width]) => [...u32(at(left) >>> 0), ...u32(at(left + width) >>> 0)])
        const ts = tsVal === undefined ? [] : [1, 1, 8, 10, ...u32((tcb.tsRecent + tsVal) >>> 0), 0, 0, 0, 1]
        const frame = tcpFrame(new Array<number>(len).fill(3), {
          source: GUEST,
          destination: SERVER,
          sourcePort: tcb.remotePort,
          seq: (rcv.nxt + gap) >>> 0,
          ack: at(acks) >>> 0,
          flags: fin && len === 0 ? 0x11 : 0x10,
          wnd,
          tcpOptions: [...ts, ...(edges.length === 0 ? [] : [1, 1, 5, 2 + edges.length, ...edges])].slice(0, 40),
        })
        for (let time = 0; time < times; time++) guest.send(frame, COMPLETE)
      },
  )

const syn = fc
  .record({
    flow: flowIndex,
    mss: fc.constantFrom(0, 20, 536, 1460, 65_535),
    ws: fc.constantFrom(undefined, 0, 7, 14, 200),
    sack: fc.boolean(),
    ts: fc.boolean(),
    wnd: fc.nat({ max: 65_535 }),
  })
  .map(
    ({ flow: index, mss, ws, sack, ts, wnd }): Step =>
      (_world, guest) => {
        const flow = guest.flows[index]!
        const syn = { mss, sack, ...(ws === undefined ? {} : { ws }), ...(ts ? { ts: [1000, 0] as const } : {}) }
        guest.send(
          tcpFrame([], {
            source: GUEST,
            destination: SERVER,
            sourcePort: flow.port,
            seq: (flow.seq - 1) >>> 0,
            flags: 2,
            wnd,
            tcpOptions: synOptions(syn),
          }),
          COMPLETE,
        )
      },
  )

/** A handshake that succeeds, if the outside lets it and the port is free. */
const connect = syn.chain((open) =>
  flowIndex.map(
    (index): Step =>
      (world, guest) => {
        open(world, guest)
        for (const connection of world.outside.connections) connection.answer('accepts')
        world.advance(1)
        for (const flow of [guest.flows[index]!, guest.flows[1 - index]!]) {
          const { port, seq, ack } = flow
          if (ack === 0) continue
          const fields = { source: GUEST, destination: SERVER, sourcePort: port, seq: seq >>> 0, ack: ack >>> 0 }
          guest.send(tcpFrame([], { ...fields, flags: 0x10, wnd: 30_000 }), COMPLETE)
        }
      },
  ),
)

const time = fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 2000 }), fc.nat({ max: 130_000 })).map(
  (ms): Step =>
    (world) =>
      world.advance(ms),
)

const outside = fc.record({ which: fc.nat(), what: fc.nat({ max: 9 }), size: fc.nat({ max: 100_000 }) }).map(
  ({ which, what, size }): Step =>
    (world) => {
      const alive = world.outside.connections.filter(({ isGone, wasReset }) => !isGone && !wasReset)
      const connection = alive[which % Math.max(1, alive.length)]
      if (connection === undefined) return
      if (!connection.isConnected)
        connection.answer(what < 7 ? 'accepts' : (['refused', 'unreachable', 'timeout'] as const)[what - 7]!)
      else if (what < 7) connection.send(new Uint8Array(size))
      else if (what < 9) connection.sendEnd()
      else connection.sendReset()
    },
)

const datagram = fc
  .record({
    port: fc.nat({ max: 5 }),
    to: fc.constantFrom(SERVER, GATEWAY, ipv4('127.0.0.1')),
    toPort: fc.constantFrom(9, 53, 67),
    len: fc.nat({ max: 2000 }),
  })
  .map(
    ({ port, to, toPort, len }): Step =>
      (world, guest) => {
        const payload = toPort === 53 ? [...dnsMessage(len & 0xffff, 'a.b')] : new Array<number>(len).fill(2)
        guest.send(
          udpFrame(payload, { source: GUEST, destination: to, sourcePort: 6000 + port, destinationPort: toPort }),
          COMPLETE,
        )
        const socket = world.outside.udp.at(-1)
        if (socket !== undefined && (len & 1) === 0) socket.deliver(new Uint8Array(len), SERVER, 9)
      },
  )

const anyOffload = fc.oneof(
  fc.constantFrom(COMPLETE, TRUSTED, UNFINISHED),
  fc.integer({ min: 1, max: 65_535 }).map(superFrame),
)
const noise = fc
  .record({ bytes: fc.uint8Array({ maxLength: 120 }), like: fc.nat({ max: 3 }), offload: anyOffload })
  .map(
    ({ bytes, like, offload }): Step =>
      (_world, guest) => {
        const templates = [
          new Uint8Array(0),
          arpFrame(1),
          tcpFrame([1, 2, 3], { source: GUEST }),
          udpFrame([1, 2, 3], { source: GUEST }),
        ]
        const frame = templates[like]!.slice()
        for (const [index, byte] of bytes.entries())
          if (byte > 200 && frame.length > 0) frame[12 + (index % (frame.length - 12))] = byte
        // A note that claims more than the frame holds would be a lie of a link; the checksum may still be anything.
        guest.send(like === 0 ? bytes : frame, like === 0 ? offload : COMPLETE)
      },
  )

const settingsStep = fc.record({ enabled: fc.boolean(), mtu: fc.constantFrom(62, 576, 1500, 65_520) }).map(
  (nat): Step =>
    (world) =>
      world.configure(nat),
)

const step = fc.oneof(
  { weight: 8, arbitrary: fitting },
  { weight: 2, arbitrary: connect },
  { weight: 12, arbitrary: segment },
  { weight: 3, arbitrary: syn },
  { weight: 5, arbitrary: time },
  { weight: 8, arbitrary: outside },
  { weight: 2, arbitrary: datagram },
  { weight: 2, arbitrary: noise },
  { weight: 1, arbitrary: settingsStep },
)

/** Most begin with a connection. */
const schedule = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc
    .tuple(fc.array(connect, { maxLength: 2 }), fc.array(step, { minLength: 5, maxLength, size: 'max' }))
    .map(([first, rest]) => [...first, ...rest])

function start(takes: 'at once' | 'later' | number): { world: World; guest: WildGuest } {
  // The world's own guest has another address, and does nothing.
  const world = new World({
    guest: { address: ipv4('192.168.30.99') },
    nat: { tcpTimeoutSeconds: TCP_SECONDS, udpTimeoutSeconds: 20 },
    outside: { takes },
  })
  world.clock.taskLimit = 100_000
  return { world, guest: new WildGuest(world) }
}

test('any schedule: no fault, invariants hold, everything is given back when both sides fall silent', () => {
  fc.assert(
    fc.property(fc.constantFrom('at once' as const, 'later' as const, 20), schedule(100), (takes, steps) => {
      const { world, guest } = start(takes)
      for (const run of steps) {
        run(world, guest)
        world.check()
      }
      // Idle times, retransmissions, TIME-WAIT.
      world.advance(7_400_000)
      expect(world.held()).toEqual(NOTHING_HELD)
      expect(world.securenat.stack.tcp.timeWait.size).toBe(0)
      expect(world.clock.pending).toBe(0)
    }),
    settings,
  )
})

test('any schedule, then SecureNAT is closed: everything is given back at once', () => {
  fc.assert(
    fc.property(fc.constantFrom('at once' as const, 'later' as const), schedule(60), (takes, steps) => {
      const { world, guest } = start(takes)
      for (const run of steps) run(world, guest)
      world.securenat.close()
      expect(world.held()).toEqual(NOTHING_HELD)
      world.advance(100_000)
    }),
    settings,
  )
})

test('arbitrary bytes into the hub with a SecureNAT on it', () => {
  const { guest } = start('at once')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyOffload, fc.boolean(), (bytes, offload, toHost) => {
      const frame = bytes.slice()
      if (toHost && frame.length >= 14) {
        frame.set([0, 0xac, 0x85, 0x40, 0xb5, 0x50])
        frame.set(frame[13]! & 1 ? [8, 6] : [8, 0], 12)
      }
      guest.attachment.input(frame, frame.length > 100 ? COMPLETE : offload)
    }),
    settings,
  )
  guest.attachment.flush()
})
