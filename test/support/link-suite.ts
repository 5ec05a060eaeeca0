// The suite every link passes: two hubs of one port each, and the link between them.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { gsoSize, isChecksumUnfinished, superFrame, UNFINISHED } from '../../src/wire/offload.ts'
import { ethernetFrame, tcpFrame, udpFrame } from './frames.ts'
import type { ReceivedFrame, TestHub } from './test-hub.ts'

export interface OpenLink {
  /** The hub of the link under test. */
  near: TestHub
  far: TestHub
  /** Until everything sent so far has arrived, and then some. */
  settle(): Promise<void>
  close(): Promise<void> | void
}

export interface LinkUnderTest {
  open(): Promise<OpenLink>
  /** Longest frame the medium carries. */
  frameLenMax: number
  /** Whether offload notes may arrive at the other end. */
  carriesOffload: boolean
}

const SHORTEST = 14
/** An EtherType for experiments (IEEE 802): nobody in between looks inside. */
const ETHERTYPE = 0x88b5

function frameOf(length: number, seed = 0): Uint8Array {
  return ethernetFrame(
    ETHERTYPE,
    Array.from({ length: length - SHORTEST }, (_, index) => (index * 13 + seed) & 255),
  )
}

export function linkSuite({ open, frameLenMax, carriesOffload }: LinkUnderTest): void {
  let link: OpenLink
  beforeEach(async () => {
    link = await open()
  })
  afterEach(() => link.close())

  const directions: [string, () => [TestHub, TestHub]][] = [
    ['to the far end', () => [link.near, link.far]],
    ['from the far end', () => [link.far, link.near]],
  ]

  async function expectArrival(from: TestHub, to: TestHub, frames: readonly Uint8Array[]): Promise<void> {
    from.send(...frames)
    await link.settle()
    expect(to.received.length).toBe(frames.length)
    for (const [index, { frame }] of to.received.entries()) expectSame(frame, frames[index]!, index)
  }

  test.each(directions)('frames of every kind of length arrive unchanged and in order: %s', async (_way, ends) => {
    const [from, to] = ends()
    const lengths = [14, 15, 59, 60, 61, 64, 65, 1513, 1514, frameLenMax - 1, frameLenMax, 60]
    await expectArrival(from, to, lengths.map(frameOf))
  })

  test.each(directions)('a batch of a thousand frames loses none: %s', async (_way, ends) => {
    const [from, to] = ends()
    const frames = Array.from({ length: 1000 }, (_, index) => frameOf(60 + (index % 7) * 100, index))
    for (let at = 0; at < frames.length; at += 100) {
      from.send(...frames.slice(at, at + 100))
      await link.settle()
    }
    expect(to.received.length).toBe(1000)
    for (const [index, { frame }] of to.received.entries()) expectSame(frame, frames[index]!, index)
  })

  test('a batch is handed in and then flushed, so that nothing waits', async () => {
    link.far.send(frameOf(60, 1), frameOf(60, 2), frameOf(60, 3))
    await link.settle()
    expect(link.near.received.length).toBe(3)
    expect(link.near.flushedAfter.at(-1)).toBe(3)
  })

  test('an unfinished checksum is finished, or arrives with its note', async () => {
    for (const finished of [tcpFrame([1, 2, 3, 4, 5]), udpFrame([6, 7, 8])]) {
      link.near.sendWith(UNFINISHED, unfinish(finished))
      link.near.flush()
      await link.settle()
      expectSegments(link.far.received.splice(0), [finished], carriesOffload)
    }
  })

  test('a super-frame arrives as its segments, or whole with its note', async () => {
    const payload = Array.from({ length: 20_000 }, (_, index) => (index * 7) & 255)
    const options = { seq: 0xffff_f000, flags: 0x18, tcpOptions: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2] }
    const size = 1448
    const segments: Uint8Array[] = []
    for (let at = 0; at < payload.length; at += size) {
      const isLast = at + size >= payload.length
      const flags = isLast ? 0x18 : 0x10
      const seq = (options.seq + at) % 0x1_0000_0000
      const identification = 0x1234 + at / size
      segments.push(tcpFrame(payload.slice(at, at + size), { ...options, seq, flags, identification }))
    }
    link.near.sendWith(superFrame(size), unfinish(tcpFrame(payload, options)))
    link.near.flush()
    await link.settle()
    const [first] = link.far.received
    if (carriesOffload && first !== undefined && gsoSize(first.offload) > 0) {
      expect(gsoSize(first.offload)).toBe(size)
      expect(link.far.received.length).toBe(1)
      expectSegments(link.far.received, [tcpFrame(payload, options)], true)
    } else {
      expectSegments(link.far.received, segments, carriesOffload)
    }
  })

  test('once closed, it has detached exactly once, and hands in nothing more', async () => {
    const { near, far } = link
    await link.close()
    expect(near.detachCount).toBe(1)
    const { length } = near.received
    far.send(frameOf(60))
    near.send(frameOf(60))
    await link.settle()
    expect(near.received.length).toBe(length)
    await link.close()
    expect(near.detachCount).toBe(1)
  })
}

/** `toEqual`, but fast for large arrays that are equal. */
function expectSame(frame: Uint8Array, wanted: Uint8Array, index: number): void {
  if (Buffer.compare(frame, wanted) !== 0) expect(frame, `frame ${index}`).toEqual(wanted)
}

/** With what Linux leaves in the checksum field of such a frame: the sum of the pseudo-header. */
function unfinish(frame: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(frame)
  const view = new DataView(copy.buffer)
  const isTcp = copy[23] === 6
  const length = copy.length - 34
  let sum = copy[23]! + length
  for (let at = 26; at < 34; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  view.setUint16(isTcp ? 50 : 40, sum)
  return copy
}

/** The frames arrived; where one still bears the note, its checksum field is not looked at. */
function expectSegments(got: readonly ReceivedFrame[], expected: readonly Uint8Array[], carriesOffload: boolean): void {
  expect(got.length).toBe(expected.length)
  for (const [index, { frame, offload }] of got.entries()) {
    const wanted = Uint8Array.from(expected[index]!)
    if (isChecksumUnfinished(offload)) {
      expect(carriesOffload, 'this link finishes checksums').toBe(true)
      const at = frame[23] === 6 ? 50 : 40
      frame.fill(0, at, at + 2)
      wanted.fill(0, at, at + 2)
    }
    expectSame(frame, wanted, index)
  }
}
