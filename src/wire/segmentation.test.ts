import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ethernetFrame, naiveChecksum, tcpFrame, u16, udpFrame } from '../../test/support/frames.ts'
import { hex, prefilled } from '../../test/support/hex.ts'
import type { Offload } from './offload.ts'
import { COMPLETE, superFrame, TRUSTED, UNFINISHED } from './offload.ts'
import { Segmenter, segmentCount } from './segmentation.ts'
import { ACK, CWR, FIN, PSH, RST, SYN, URG } from './tcp.ts'

/** Every segment, each written at an odd place of a prefilled buffer and checked to stay inside its length. */
function split(frame: Uint8Array, offload: Offload): Uint8Array[] {
  const before = frame.slice()
  const segmenter = new Segmenter()
  const count = segmenter.begin(frame, offload)
  const segments = Array.from({ length: count }, (_, index) => {
    const offset = 3 + (index % 4)
    const length = segmenter.segmentLength(index)
    const into = prefilled(offset + length + 4)
    expect(segmenter.write(frame, index, into, offset)).toBe(length)
    expect([...into.subarray(0, offset), ...into.subarray(offset + length)].every((byte) => byte === 0xa5)).toBe(true)
    return into.slice(offset, offset + length)
  })
  expect(frame).toEqual(before)
  return segments
}

const payloadOf = (length: number): number[] => Array.from({ length }, (_, index) => (index * 7 + 3) & 255)
const TIMESTAMPS = [...hex('0101 080a 00000001 00000002')]

/** What a sender's stack leaves in the field: the pseudo-header's sum. Its value must not matter. */
function unfinished(frame: Uint8Array, checksumAt: number, value = 0x4711): Uint8Array {
  const bytes = frame.slice()
  bytes.set(u16(value), checksumAt)
  return bytes
}
const TCP_CHECKSUM_AT = 14 + 20 + 16
const UDP_CHECKSUM_AT = 14 + 20 + 6

describe('TCP super-frames', () => {
  test('three segments: sequence, identification, FIN and PSH at the end, CWR at the beginning', () => {
    const common = { tcpOptions: TIMESTAMPS, ack: 77, wnd: 501 }
    const flags = ACK | PSH | FIN | CWR
    const payload = payloadOf(2500)
    const frame = unfinished(
      tcpFrame(payload, { ...common, seq: 0xffff_fff0, identification: 0xffff, flags }),
      TCP_CHECKSUM_AT,
    )
    expect(split(frame, superFrame(1000))).toEqual([
      tcpFrame(payload.slice(0, 1000), { ...common, seq: 0xffff_fff0, identification: 0xffff, flags: ACK | CWR }),
      tcpFrame(payload.slice(1000, 2000), { ...common, seq: 984, identification: 0, flags: ACK }),
      tcpFrame(payload.slice(2000), { ...common, seq: 1984, identification: 1, flags: ACK | PSH | FIN }),
    ])
  })

  test.each([
    [999, 1],
    [1000, 1],
    [1001, 2],
    [2000, 2],
    [0, 1],
  ])('%i bytes of payload in segments of 1000: %i', (length, count) => {
    const frame = tcpFrame(payloadOf(length))
    expect(segmentCount(frame, superFrame(1000))).toBe(count)
    expect(split(frame, superFrame(1000))).toHaveLength(count)
  })

  test('the longest packet there is', () => {
    const payload = payloadOf(65_535 - 40)
    const segments = split(tcpFrame(payload), superFrame(1460))
    expect(segments).toHaveLength(45)
    expect(segments.at(-1)).toEqual(
      tcpFrame(payload.slice(44 * 1460), { seq: 1 + 44 * 1460, identification: 0x1234 + 44 }),
    )
  })

  test('IP options, a VLAN tag and trailing padding', () => {
    const fields = { vlan: 5, ipOptions: [...hex('94040000 01010100')] }
    const payload = payloadOf(301)
    const frame = tcpFrame(payload, { ...fields, padding: [1, 2, 3, 4, 5] })
    expect(split(frame, superFrame(300))).toEqual([
      tcpFrame(payload.slice(0, 300), fields),
      tcpFrame(payload.slice(300), { ...fields, seq: 301, identification: 0x1235 }),
    ])
  })

  test('property: equals what a sender without offload would have sent', () => {
    const fields = fc.record({
      seq: fc.nat({ max: 0xffff_ffff }),
      ack: fc.nat({ max: 0xffff_ffff }),
      identification: fc.nat({ max: 0xffff }),
      flags: fc.constantFrom(ACK, ACK | PSH, ACK | FIN, ACK | PSH | FIN | CWR, ACK | URG),
      tcpOptions: fc.constantFrom([], TIMESTAMPS),
      ipOptions: fc.constantFrom([], [1, 1, 1, 0]),
      padding: fc.constantFrom([], [0xff]),
    })
    fc.assert(
      fc.property(
        fields,
        fc.uint8Array({ minLength: 1, maxLength: 700 }),
        fc.integer({ min: 1, max: 300 }),
        (f, p, size) => {
          const payload = [...p]
          const count = Math.ceil(payload.length / size)
          const expected = Array.from({ length: count }, (_, index) => {
            const last = index === count - 1
            const flags = f.flags & ~(index === 0 ? 0 : CWR) & ~(last ? 0 : FIN | PSH)
            return tcpFrame(payload.slice(index * size, (index + 1) * size), {
              ...f,
              flags,
              padding: [],
              seq: (f.seq + index * size) >>> 0,
              identification: (f.identification + index) & 0xffff,
            })
          })
          expect(split(tcpFrame(payload, f), superFrame(size))).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('UDP super-frames', () => {
  test('become datagrams with lengths and checksums of their own', () => {
    const payload = payloadOf(2501)
    const frame = unfinished(udpFrame(payload), UDP_CHECKSUM_AT)
    expect(split(frame, superFrame(1200))).toEqual([
      udpFrame(payload.slice(0, 1200)),
      udpFrame(payload.slice(1200, 2400), { identification: 0x1235 }),
      udpFrame(payload.slice(2400), { identification: 0x1236 }),
    ])
  })
})

describe('single frames', () => {
  test.each([
    ['TCP', tcpFrame(payloadOf(101), { tcpOptions: TIMESTAMPS }), TCP_CHECKSUM_AT],
    ['TCP SYN', tcpFrame([], { flags: SYN }), TCP_CHECKSUM_AT],
    ['UDP', udpFrame(payloadOf(33)), UDP_CHECKSUM_AT],
  ])('an unfinished %s checksum is finished, whatever stands in its field', (_name, frame, at) => {
    expect(split(unfinished(frame, at), UNFINISHED)).toEqual([frame])
    expect(split(unfinished(frame, at, 0), UNFINISHED)).toEqual([frame])
  })

  test('a UDP checksum of zero is sent as 0xffff', () => {
    // The payload is chosen to bring the sum of everything else to 0xffff.
    const base = udpFrame([0, 0])
    const frame = udpFrame([...base.subarray(UDP_CHECKSUM_AT, UDP_CHECKSUM_AT + 2)])
    expect([...frame.subarray(UDP_CHECKSUM_AT, UDP_CHECKSUM_AT + 2)]).toEqual([0xff, 0xff])
    expect(split(unfinished(frame, UDP_CHECKSUM_AT), UNFINISHED)).toEqual([frame])
  })

  test.each([
    ['TCP', [], 6],
    ['TCP behind hop-by-hop and destination options', [...hex('3c00 0000 0000 0000  0600 0000 0000 0000')], 0],
  ])('IPv6: %s', (_name, extensions, next) => {
    const addresses = [...hex('fd000000000000000000000000000001 fd000000000000000000000000000002')]
    const segment = [...tcpFrame(payloadOf(7)).subarray(34)].toSpliced(16, 2, 0, 0)
    const checksum = naiveChecksum([...addresses, ...u16(0), ...u16(segment.length), 0, 0, 0, 6, ...segment])
    const packet = (field: number[]): number[] => [
      ...hex('60000000'),
      ...u16(extensions.length + segment.length),
      next,
      64,
      ...addresses,
      ...extensions,
      ...segment.toSpliced(16, 2, ...field),
    ]
    const frame = ethernetFrame(0x86dd, packet([0x12, 0x34]))
    expect(split(frame, UNFINISHED)).toEqual([ethernetFrame(0x86dd, packet(u16(checksum)))])
  })

  test('a complete frame is copied as it is, padding, wrong checksum and all', () => {
    const frame = unfinished(tcpFrame(payloadOf(3), { padding: [0, 0, 0] }), TCP_CHECKSUM_AT)
    expect(split(frame, COMPLETE)).toEqual([frame])
    expect(split(frame, TRUSTED)).toEqual([frame])
    expect(split(hex('010203'), COMPLETE)).toEqual([hex('010203')])
  })

  test('one segmenter serves many frames, the last one has no say', () => {
    const segmenter = new Segmenter()
    const into = new Uint8Array(2000)
    expect(segmenter.begin(tcpFrame(payloadOf(3000)), superFrame(1000))).toBe(3)
    const frame = udpFrame(payloadOf(9))
    expect(segmenter.begin(frame, COMPLETE)).toBe(1)
    expect(into.slice(0, segmenter.write(frame, 0, into, 0))).toEqual(frame)
  })
})

describe('malformed frames have no segments', () => {
  const tcp = tcpFrame(payloadOf(100))
  const changed = (frame: Uint8Array, at: number, ...bytes: number[]): Uint8Array => {
    const copy = frame.slice()
    copy.set(bytes, at)
    return copy
  }
  const table: [string, Uint8Array, Offload][] = [
    ['nothing', new Uint8Array(0), UNFINISHED],
    ['an ARP frame', changed(tcp, 12, 8, 6), UNFINISHED],
    ['IP version 5', changed(tcp, 14, 0x55), UNFINISHED],
    ['an IP header of 16 bytes', changed(tcp, 14, 0x44), UNFINISHED],
    ['a total length past the frame', changed(tcp, 16, ...u16(141)), UNFINISHED],
    ['a total length below the header', changed(tcp, 16, ...u16(19)), UNFINISHED],
    ['a fragment', changed(tcp, 20, 0x20, 0), UNFINISHED],
    ['a last fragment', changed(tcp, 20, 0, 1), UNFINISHED],
    ['SCTP', changed(tcp, 23, 132), UNFINISHED],
    ['a TCP header of 16 bytes', changed(tcp, 46, 0x40), UNFINISHED],
    ['a TCP header past the packet', changed(tcpFrame([]), 46, 0x60), UNFINISHED],
    ['a TCP header cut off', tcpFrame([]).slice(0, 53), UNFINISHED],
    ['a UDP length that contradicts', changed(udpFrame([1, 2, 3]), 38, 0, 10), UNFINISHED],
    ['a SYN to be split', tcpFrame(payloadOf(100), { flags: SYN }), superFrame(50)],
    ['an RST to be split', tcpFrame(payloadOf(100), { flags: RST | ACK }), superFrame(50)],
    ['an IPv6 super-frame', ethernetFrame(0x86dd, payloadOf(200)), superFrame(50)],
    ['IPv6 cut off', ethernetFrame(0x86dd, [0x60, 0, 0, 0, 0, 40, 6, 64, ...payloadOf(60)]), UNFINISHED],
    [
      'an endless IPv6 header chain',
      ethernetFrame(0x86dd, [0x60, 0, 0, 0, 0, 160, ...new Array(194).fill(0)]),
      UNFINISHED,
    ],
  ]
  test.each(table)('%s', (_name, frame, offload) => {
    expect(segmentCount(frame, offload)).toBe(0)
    expect(split(frame, offload)).toEqual([])
  })

  test('every cut of IPv6 with an extension header', () => {
    const packet = [...hex('6000 0000 001c 0040'), ...new Array(32).fill(9), ...hex('0600 0000 0000 0000')]
    const frame = ethernetFrame(0x86dd, [...packet, ...tcpFrame([]).subarray(34)])
    expect(segmentCount(frame, UNFINISHED)).toBe(1)
    for (let length = 0; length < frame.length; length += 1) {
      expect(segmentCount(frame.slice(0, length), UNFINISHED), `${length}`).toBe(0)
    }
  })

  test('every cut of a good frame', () => {
    for (let length = 0; length < tcp.length; length += 1) {
      expect(segmentCount(tcp.slice(0, length), superFrame(10)), `${length}`).toBe(0)
    }
  })
})
