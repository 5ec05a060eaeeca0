// Capture files in the classic libpcap format (draft-ietf-opsawg-pcap): one file header, then a record per frame.
// Little endian throughout, link type Ethernet; timestamps in nanoseconds or microseconds, told apart by the magic number.

/** Bytes in front of the first record, and in front of each frame. */
export const PCAP_HEADER_LEN = 24
export const PCAP_RECORD_HEADER_LEN = 16
/** Longest frame a record may hold: what tcpdump and Wireshark accept for Ethernet, well above any super-frame. */
const PCAP_SNAP_LEN = 262_144

export type PcapResolution = 'nanoseconds' | 'microseconds'

const MAGIC = { microseconds: 0xa1b2_c3d4, nanoseconds: 0xa1b2_3c4d } as const
const FRACTIONS_PER_MS = { microseconds: 1_000, nanoseconds: 1_000_000 } as const
const LINKTYPE_ETHERNET = 1

/** Writes the file header and returns its length. */
export function emitPcapHeader(bytes: Uint8Array, offset: number, resolution: PcapResolution): number {
  setU32Le(bytes, offset, MAGIC[resolution])
  // Version 2.4, then two fields that every writer leaves zero: time zone and accuracy.
  setU32Le(bytes, offset + 4, 2 | (4 << 16))
  setU32Le(bytes, offset + 8, 0)
  setU32Le(bytes, offset + 12, 0)
  setU32Le(bytes, offset + 16, PCAP_SNAP_LEN)
  setU32Le(bytes, offset + 20, LINKTYPE_ETHERNET)
  return PCAP_HEADER_LEN
}

/**
 * Writes the header of one record and returns its length; the first `capturedLen` bytes of the frame follow it.
 * @param epochMs milliseconds of the Unix epoch; its fraction is kept as far as a double carries it
 * @param capturedLen bytes of the frame that are in the file
 * @param frameLen bytes the frame had
 */
export function emitPcapRecordHeader(
  bytes: Uint8Array,
  offset: number,
  resolution: PcapResolution,
  epochMs: number,
  capturedLen: number,
  frameLen: number,
): number {
  const seconds = Math.floor(epochMs / 1000)
  const fraction = Math.floor((epochMs - seconds * 1000) * FRACTIONS_PER_MS[resolution])
  setU32Le(bytes, offset, seconds)
  setU32Le(bytes, offset + 4, fraction)
  setU32Le(bytes, offset + 8, capturedLen)
  setU32Le(bytes, offset + 12, frameLen)
  return PCAP_RECORD_HEADER_LEN
}

function setU32Le(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value
  bytes[offset + 1] = value >>> 8
  bytes[offset + 2] = value >>> 16
  bytes[offset + 3] = value >>> 24
}
