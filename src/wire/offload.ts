// The note that travels beside a frame: what is still to be done to it, in the meaning of Linux's virtio_net_hdr.
//
// A *super-frame* is one TCP/IPv4 (or UDP/IPv4) frame of up to 64 KiB that stands for many: whoever puts it on a medium
// that cannot take it splits it into segments of `gsoSize` payload bytes (wire/segmentation.ts). Its transport checksum
// field then holds only the folded sum of the pseudo-header. A note is one number, so that passing it costs nothing.

export type Offload = number & { readonly brand: 'Offload' }

const CHECKSUM_UNFINISHED = 0x1_0000
const CHECKSUM_TRUSTED = 0x2_0000

/** An ordinary frame: complete, with every checksum in it. */
export const COMPLETE = 0 as Offload
/** Complete, and the medium vouches for its bytes: checksums need no verification. */
export const TRUSTED = CHECKSUM_TRUSTED as Offload
/** One ordinary frame whose transport checksum field holds only the pseudo-header's sum. */
export const UNFINISHED = CHECKSUM_UNFINISHED as Offload

/** A super-frame to be split into segments of `size` payload bytes (1–65535). */
export function superFrame(size: number): Offload {
  return (CHECKSUM_UNFINISHED | size) as Offload
}

/** Payload bytes per segment, 0 for a frame that is not a super-frame. */
export function gsoSize(offload: Offload): number {
  return offload & 0xffff
}

export function isChecksumUnfinished(offload: Offload): boolean {
  return (offload & CHECKSUM_UNFINISHED) !== 0
}

/** True when the receiver must not look at the transport checksum: it is unfinished, or vouched for. */
export function isChecksumWaived(offload: Offload): boolean {
  return (offload & (CHECKSUM_UNFINISHED | CHECKSUM_TRUSTED)) !== 0
}
