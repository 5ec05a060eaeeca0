// The virtio-net header in front of every frame of a TAP device, and the offload note it stands for.
//
// Virtio 1.2 section 5.1.6, include/uapi/linux/virtio_net.h; fields are little endian on the machines we run on (the
// legacy form is the processor's own order):
//   0 flags · 1 gso_type · 2 hdr_len · 4 gso_size · 6 csum_start · 8 csum_offset
// Where the header names a checksum that our readers would not find by themselves, it is finished here at once.

import { getU8, getU16, setU16 } from '../wire/bytes.ts'
import { finish, sumBytes } from '../wire/checksum.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN } from '../wire/ethernet.ts'
import { IPV4_HEADER_LEN, PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/ipv4.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE, gsoSize, isChecksumUnfinished, superFrame, TRUSTED, UNFINISHED } from '../wire/offload.ts'

export const VNET_HEADER_LEN = 10

const FLAG_NEEDS_CSUM = 1
const FLAG_DATA_VALID = 2
const GSO_NONE = 0
const GSO_TCPV4 = 1
const GSO_UDP_L4 = 5
/** The segments carry CWR on the first only (RFC 3168); says nothing about how to split. */
const GSO_ECN = 0x80

const VLAN_TAG_LEN = 4
const IPV6_HEADER_LEN = 40
const TCP_CHECKSUM_OFFSET = 16
const UDP_CHECKSUM_OFFSET = 6
const UDP_HEADER_LEN = 8
/** No frame with TCP or UDP is shorter, and the fields looked at before the transport header lie within. */
const SHORTEST_LEN = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN

function getU16Le(bytes: Uint8Array, offset: number): number {
  return getU8(bytes, offset) | (getU8(bytes, offset + 1) << 8)
}

function setU16Le(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value
  bytes[offset + 1] = value >>> 8
}

/** The note of a frame from the kernel; `undefined` for one that we cannot pass on (such as an IPv6 super-frame). */
export function readVnetHeader(header: Uint8Array, frame: Uint8Array): Offload | undefined {
  const flags = getU8(header, 0)
  const gsoType = getU8(header, 1) & ~GSO_ECN
  if (gsoType === GSO_NONE) {
    if ((flags & FLAG_NEEDS_CSUM) !== 0) return noteOfUnfinished(header, frame)
    return (flags & FLAG_DATA_VALID) !== 0 ? TRUSTED : COMPLETE
  }
  const size = getU16Le(header, 4)
  if (size === 0 || (gsoType !== GSO_TCPV4 && gsoType !== GSO_UDP_L4)) return undefined
  return checksumField(frame) === getU16Le(header, 6) + getU16Le(header, 8) ? superFrame(size) : undefined
}

function noteOfUnfinished(header: Uint8Array, frame: Uint8Array): Offload | undefined {
  const start = getU16Le(header, 6)
  const field = start + getU16Le(header, 8)
  if (field === checksumField(frame)) return UNFINISHED
  if (field + 2 > frame.length) return undefined
  // The field holds the pseudo-header's sum already.
  setU16(frame, field, finish(sumBytes(frame, start, frame.length)))
  return TRUSTED
}

/**
 * Writes the header of a frame that goes to the kernel.
 * False: the note asks for what the frame's own headers do not bear out, and the frame must be dropped.
 */
export function writeVnetHeader(header: Uint8Array, frame: Uint8Array, offload: Offload): boolean {
  if (!isChecksumUnfinished(offload)) {
    header.fill(0, 0, VNET_HEADER_LEN)
    if (offload === TRUSTED) header[0] = FLAG_DATA_VALID
    return true
  }
  const field = checksumField(frame)
  if (field < 0) return false
  const start = transportAt
  const size = gsoSize(offload)
  const isTcp = field - start === TCP_CHECKSUM_OFFSET
  header[0] = FLAG_NEEDS_CSUM
  header[1] = size === 0 ? GSO_NONE : isTcp ? GSO_TCPV4 : GSO_UDP_L4
  setU16Le(header, 2, start + (isTcp ? (getU8(frame, start + 12) >>> 4) * 4 : UDP_HEADER_LEN))
  setU16Le(header, 4, size)
  setU16Le(header, 6, start)
  setU16Le(header, 8, field - start)
  return true
}

/** Beside the result of `checksumField`: where the transport header begins. A pair would be an object per frame. */
let transportAt = 0

/** Offset of the TCP or UDP checksum, -1 where there is none that wire/segmentation.ts would find. */
function checksumField(frame: Uint8Array): number {
  if (frame.length < SHORTEST_LEN) return -1
  let at = ETHERNET_HEADER_LEN
  let etherType = getU16(frame, 12)
  if (etherType === ETHERTYPE_VLAN) {
    etherType = getU16(frame, 16)
    at += VLAN_TAG_LEN
  }
  let protocol: number
  if (etherType === ETHERTYPE_IPV4) {
    protocol = getU8(frame, at + 9)
    at += (getU8(frame, at) & 15) * 4
  } else if (etherType === ETHERTYPE_IPV6) {
    protocol = getU8(frame, at + 6)
    at += IPV6_HEADER_LEN
  } else {
    return -1
  }
  transportAt = at
  if (protocol === PROTOCOL_TCP) return at + TCP_CHECKSUM_OFFSET + 4 <= frame.length ? at + TCP_CHECKSUM_OFFSET : -1
  if (protocol === PROTOCOL_UDP) return at + UDP_HEADER_LEN <= frame.length ? at + UDP_CHECKSUM_OFFSET : -1
  return -1
}
