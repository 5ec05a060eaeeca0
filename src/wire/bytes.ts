// Big-endian reads and writes at an offset. The only place where index checks are waived:
// every parser checks the length of what it reads before it calls these.

export function getU8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number
}

export function getU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
}

/** Unsigned 32 bits. */
export function getU32(bytes: Uint8Array, offset: number): number {
  return getI32(bytes, offset) >>> 0
}

/** Signed 32 bits: sequence numbers are kept in this form, which V8 stores without a box. */
export function getI32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  )
}

/** Unsigned 48 bits, exact in a double. */
export function getU48(bytes: Uint8Array, offset: number): number {
  return getU16(bytes, offset) * 0x1_0000_0000 + getU32(bytes, offset + 2)
}

export function setU8(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value
}

export function setU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value
}

/** Takes signed and unsigned values alike. */
export function setU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

export function setU48(bytes: Uint8Array, offset: number, value: number): void {
  setU16(bytes, offset, Math.floor(value / 0x1_0000_0000))
  setU32(bytes, offset + 2, value % 0x1_0000_0000)
}
