import { describe, expect, test } from 'vitest'
import { ethernetFrame, ipv4Frame, naiveChecksum, tcpFrame, u16, udpFrame } from '../../test/support/frames.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE, superFrame, TRUSTED, UNFINISHED } from '../wire/offload.ts'
import { readVnetHeader, VNET_HEADER_LEN, writeVnetHeader } from './vnet-header.ts'

const payload = [1, 2, 3, 4]
const tcp = tcpFrame(payload)
const tcpWithOptions = tcpFrame(payload, { ipOptions: [1, 1, 1, 0], tcpOptions: new Array(12).fill(1) })
const udp = udpFrame(payload)
const tagged = tcpFrame(payload, { vlan: 5 })
/** IPv6 and TCP, checksum 0xabcd. */
const tcp6 = ethernetFrame(0x86dd, [
  ...[0x60, 0, 0, 0, 0, 24, 6, 64],
  ...new Array(32).fill(0xfe),
  ...tcp.subarray(34, 54),
  ...payload,
])

// flags, gso_type, hdr_len, gso_size, csum_start, csum_offset; little endian
const vectors: [string, Uint8Array, Offload, number[]][] = [
  ['a complete frame', tcp, COMPLETE, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['a trusted frame', tcp, TRUSTED, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['TCP, checksum unfinished', tcp, UNFINISHED, [1, 0, 54, 0, 0, 0, 34, 0, 16, 0]],
  ['UDP, checksum unfinished', udp, UNFINISHED, [1, 0, 42, 0, 0, 0, 34, 0, 6, 0]],
  ['TCP over IPv6, checksum unfinished', tcp6, UNFINISHED, [1, 0, 74, 0, 0, 0, 54, 0, 16, 0]],
  ['a TCP super-frame', tcp, superFrame(1460), [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0]],
  ['a TCP super-frame with options', tcpWithOptions, superFrame(1448), [1, 1, 70, 0, 0xa8, 5, 38, 0, 16, 0]],
  ['a TCP super-frame in a VLAN', tagged, superFrame(1460), [1, 1, 58, 0, 0xb4, 5, 38, 0, 16, 0]],
  ['a UDP super-frame', udp, superFrame(1200), [1, 5, 42, 0, 0xb0, 4, 34, 0, 6, 0]],
]

describe('the virtio-net header', () => {
  test.each(vectors)('%s: note → header', (_what, frame, offload, header) => {
    const bytes = new Uint8Array(VNET_HEADER_LEN).fill(0xa5)
    expect(writeVnetHeader(bytes, frame, offload)).toBe(true)
    expect([...bytes]).toEqual(header)
  })

  test.each(vectors)('%s: header → note', (_what, frame, offload, header) => {
    const before = frame.slice()
    expect(readVnetHeader(Uint8Array.from(header), frame)).toBe(offload)
    expect(frame).toEqual(before)
  })

  test('a super-frame whose first segment bears CWR is as any other', () => {
    expect(readVnetHeader(Uint8Array.of(1, 0x81, 54, 0, 0xb4, 5, 34, 0, 16, 0), tcp)).toBe(superFrame(1460))
  })

  test('a checksum field that only the header knows of is finished at once', () => {
    // GRE (protocol 47) around a UDP datagram whose checksum covers bytes 38 to the end.
    const frame = ipv4Frame(47, [0, 0, 8, 0, ...u16(4000), ...u16(53), ...u16(12), ...u16(0x1111), ...payload])
    const expected = naiveChecksum([...frame.subarray(38)])
    expect(readVnetHeader(Uint8Array.of(1, 0, 0, 0, 0, 0, 38, 0, 6, 0), frame)).toBe(TRUSTED)
    expect((frame[44]! << 8) | frame[45]!).toBe(expected)
  })
})

describe('what cannot be passed on is refused', () => {
  test.each<[string, number[], Uint8Array]>([
    ['an IPv6 super-frame', [1, 4, 74, 0, 0xa0, 5, 54, 0, 16, 0], tcp6],
    ['a segment size of 0', [1, 1, 54, 0, 0, 0, 34, 0, 16, 0], tcp],
    ['a super-frame whose checksum lies elsewhere than its headers say', [1, 1, 54, 0, 0xb4, 5, 40, 0, 16, 0], tcp],
    ['a checksum beyond the end of the frame', [1, 0, 0, 0, 0, 0, 57, 0, 0, 0], tcp],
  ])('from the kernel: %s', (_what, header, frame) => {
    expect(readVnetHeader(Uint8Array.from(header), frame)).toBeUndefined()
  })

  test.each<[string, Uint8Array]>([
    ['ARP', ethernetFrame(0x0806, new Array(46).fill(0))],
    ['ICMP', ipv4Frame(1, [8, 0, 0, 0, 0, 0, 0, 0])],
    ['a frame that ends before its checksum', tcp.subarray(0, 50)],
    ['no more than an Ethernet header', tcp.subarray(0, 14)],
    ['nothing', new Uint8Array(0)],
  ])('to the kernel, as unfinished: %s', (_what, frame) => {
    expect(writeVnetHeader(new Uint8Array(VNET_HEADER_LEN), frame, UNFINISHED)).toBe(false)
    expect(writeVnetHeader(new Uint8Array(VNET_HEADER_LEN), frame, superFrame(1000))).toBe(false)
  })
})
