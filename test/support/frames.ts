// Frames for tests, built the slow and obvious way: every checksum byte by byte, nothing shared with src/wire but numbers.

import type { Ipv4Address } from '../../src/wire/ipv4-address.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import type { MacAddress } from '../../src/wire/mac.ts'

export const GUEST_MAC = 0x5e_f1_2e_ef_30_8e as MacAddress
export const HOST_MAC = 0x00_ac_85_40_b5_50 as MacAddress
export const GUEST = ipv4('192.168.30.10')
export const OUTSIDE = ipv4('203.0.113.1')

export const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255]
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)]
const mac = (value: MacAddress): number[] => [...u16(Math.floor(value / 0x1_0000_0000)), ...u32(value % 0x1_0000_0000)]

/** The Internet checksum as RFC 1071 first states it: 16-bit big-endian words, carry added back at once. */
export function naiveChecksum(bytes: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return 0xffff - sum
}

export interface FrameFields {
  sourceMac?: MacAddress
  destinationMac?: MacAddress
  vlan?: number
  /** Bytes behind the packet, such as Ethernet's padding. */
  padding?: readonly number[]
  source?: Ipv4Address
  destination?: Ipv4Address
  identification?: number
  /** Flags and fragment offset as one 16-bit field. */
  fragment?: number
  ttl?: number
  /** A multiple of 4 bytes. */
  ipOptions?: readonly number[]
}

export function ethernetFrame(etherType: number, payload: readonly number[], fields: FrameFields = {}): Uint8Array {
  const { sourceMac = GUEST_MAC, destinationMac = HOST_MAC, vlan, padding = [] } = fields
  const tag = vlan === undefined ? [] : [...u16(0x8100), ...u16(vlan)]
  return Uint8Array.from([...mac(destinationMac), ...mac(sourceMac), ...tag, ...u16(etherType), ...payload, ...padding])
}

export function ipv4Frame(protocol: number, payload: readonly number[], fields: FrameFields = {}): Uint8Array {
  const { source = GUEST, destination = OUTSIDE, identification = 0x1234, fragment = 0x4000, ttl = 64 } = fields
  const options = fields.ipOptions ?? []
  const header = [
    0x40 | (5 + options.length / 4),
    0,
    ...u16(20 + options.length + payload.length),
    ...u16(identification),
    ...u16(fragment),
    ttl,
    protocol,
    0,
    0,
    ...u32(source),
    ...u32(destination),
    ...options,
  ]
  header.splice(10, 2, ...u16(naiveChecksum(header)))
  return ethernetFrame(0x0800, [...header, ...payload], fields)
}

/** With its checksum at `checksumAt` filled in over the pseudo-header. */
function withTransportChecksum(
  protocol: number,
  segment: readonly number[],
  checksumAt: number,
  fields: FrameFields,
): number[] {
  const pseudo = [...u32(fields.source ?? GUEST), ...u32(fields.destination ?? OUTSIDE), 0, protocol]
  const checksum = naiveChecksum([...pseudo, ...u16(segment.length), ...segment])
  return segment.toSpliced(checksumAt, 2, ...u16(checksum === 0 && protocol === 17 ? 0xffff : checksum))
}

export interface TcpFields extends FrameFields {
  sourcePort?: number
  destinationPort?: number
  seq?: number
  ack?: number
  flags?: number
  wnd?: number
  /** A multiple of 4 bytes. */
  tcpOptions?: readonly number[]
}

export function tcpFrame(payload: readonly number[], fields: TcpFields = {}): Uint8Array {
  const {
    sourcePort = 41000,
    destinationPort = 80,
    seq = 1,
    ack = 0,
    flags = 0x10,
    wnd = 1000,
    tcpOptions = [],
  } = fields
  const ports = [...u16(sourcePort), ...u16(destinationPort)]
  const segment = [
    ...ports,
    ...u32(seq),
    ...u32(ack),
    (5 + tcpOptions.length / 4) << 4,
    flags,
    ...u16(wnd),
    0,
    0,
    0,
    0,
    ...tcpOptions,
    ...payload,
  ]
  return ipv4Frame(6, withTransportChecksum(6, segment, 16, fields), fields)
}

export interface UdpFields extends FrameFields {
  sourcePort?: number
  destinationPort?: number
}

export function udpFrame(payload: readonly number[], fields: UdpFields = {}): Uint8Array {
  const { sourcePort = 41000, destinationPort = 53 } = fields
  const datagram = [...u16(sourcePort), ...u16(destinationPort), ...u16(8 + payload.length), 0, 0, ...payload]
  return ipv4Frame(17, withTransportChecksum(17, datagram, 6, fields), fields)
}
