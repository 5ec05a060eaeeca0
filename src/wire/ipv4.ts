// IPv4 header with its fragment fields (RFC 791). Options are stepped over on input and never sent.

import { getU8, getU16, setU16 } from './bytes.ts'
import { finish, fold, sumBytes } from './checksum.ts'
import { getIpv4, type Ipv4Address, setIpv4 } from './ipv4-address.ts'

export const IPV4_HEADER_LEN = 20
export const IPV4_MAX_LEN = 65535

export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17

export interface Ipv4Header {
  /** Where the payload begins and ends in the bytes that were parsed; Ethernet padding lies beyond `payloadEnd`. */
  payloadStart: number
  payloadEnd: number
  tos: number
  identification: number
  dontFragment: boolean
  moreFragments: boolean
  /** In bytes, a multiple of 8. */
  fragmentOffset: number
  ttl: number
  protocol: number
  source: Ipv4Address
  destination: Ipv4Address
}

/** `undefined`: too short, not version 4, lengths that contradict each other, or a wrong header checksum. */
export function parseIpv4Header(bytes: Uint8Array, start: number, end: number): Ipv4Header | undefined {
  if (end - start < IPV4_HEADER_LEN) return undefined
  const versionAndLen = getU8(bytes, start)
  if (versionAndLen >>> 4 !== 4) return undefined
  const headerLen = (versionAndLen & 15) * 4
  const totalLen = getU16(bytes, start + 2)
  if (headerLen < IPV4_HEADER_LEN || totalLen < headerLen || totalLen > end - start) return undefined
  if (sumBytes(bytes, start, start + headerLen) !== 0xffff) return undefined
  const fragment = getU16(bytes, start + 6)
  const fragmentOffset = (fragment & 0x1fff) * 8
  if (fragmentOffset + (totalLen - headerLen) > IPV4_MAX_LEN - IPV4_HEADER_LEN) return undefined
  return {
    payloadStart: start + headerLen,
    payloadEnd: start + totalLen,
    tos: getU8(bytes, start + 1),
    identification: getU16(bytes, start + 4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset,
    ttl: getU8(bytes, start + 8),
    protocol: getU8(bytes, start + 9),
    source: getIpv4(bytes, start + 12),
    destination: getIpv4(bytes, start + 16),
  }
}

export interface Ipv4Fields {
  tos: number
  identification: number
  dontFragment: boolean
  moreFragments: boolean
  fragmentOffset: number
  ttl: number
  protocol: number
  source: Ipv4Address
  destination: Ipv4Address
}

/** Writes 20 bytes; the payload of `payloadLen` bytes goes behind them. */
export function emitIpv4Header(bytes: Uint8Array, offset: number, fields: Ipv4Fields, payloadLen: number): void {
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0)
  bytes[offset] = 0x45
  bytes[offset + 1] = fields.tos
  setU16(bytes, offset + 2, IPV4_HEADER_LEN + payloadLen)
  setU16(bytes, offset + 4, fields.identification)
  setU16(bytes, offset + 6, flags | (fields.fragmentOffset >>> 3))
  bytes[offset + 8] = fields.ttl
  bytes[offset + 9] = fields.protocol
  setIpv4(bytes, offset + 12, fields.source)
  setIpv4(bytes, offset + 16, fields.destination)
  setIpv4HeaderChecksum(bytes, offset)
}

/** Of a header without options, after its fields were set or changed. */
export function setIpv4HeaderChecksum(bytes: Uint8Array, offset: number): void {
  setU16(bytes, offset + 10, 0)
  setU16(bytes, offset + 10, finish(fold(sumBytes(bytes, offset, offset + IPV4_HEADER_LEN))))
}
