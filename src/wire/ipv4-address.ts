// IPv4 addresses as unsigned 32-bit numbers, and networks of them.

import { getU32, setU32 } from './bytes.ts'

export type Ipv4Address = number & { readonly brand: 'Ipv4Address' }

export const ANY_IPV4 = 0 as Ipv4Address
export const BROADCAST_IPV4 = 0xffff_ffff as Ipv4Address

export function getIpv4(bytes: Uint8Array, offset: number): Ipv4Address {
  return getU32(bytes, offset) as Ipv4Address
}

export function setIpv4(bytes: Uint8Array, offset: number, address: Ipv4Address): void {
  setU32(bytes, offset, address)
}

/** Dotted decimal, four parts, no leading zeros (they mean octal to some readers); else `undefined`. */
export function parseIpv4(text: string): Ipv4Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let address = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined
    const octet = Number(part)
    if (octet > 255) return undefined
    address = address * 256 + octet
  }
  return address as Ipv4Address
}

/** For constants and tests: throws on anything that is not an address. */
export function ipv4(text: string): Ipv4Address {
  const address = parseIpv4(text)
  if (address === undefined) throw new TypeError(`not an IPv4 address: ${text}`)
  return address
}

export function formatIpv4(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Number of leading ones, or `undefined` when the mask has a hole. */
export function prefixLength(mask: Ipv4Address): number | undefined {
  const inverse = ~mask >>> 0
  if ((inverse & (inverse + 1)) !== 0) return undefined
  return Math.clz32(inverse)
}

export function maskOf(prefix: number): Ipv4Address {
  return (prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0) as Ipv4Address
}

export function inSubnet(address: Ipv4Address, network: Ipv4Address, mask: Ipv4Address): boolean {
  return ((address ^ network) & mask) === 0
}

export function networkOf(address: Ipv4Address, mask: Ipv4Address): Ipv4Address {
  return ((address & mask) >>> 0) as Ipv4Address
}

export function broadcastOf(address: Ipv4Address, mask: Ipv4Address): Ipv4Address {
  return ((address | ~mask) >>> 0) as Ipv4Address
}

/** 224.0.0.0/4 */
export function isMulticastIpv4(address: Ipv4Address): boolean {
  return address >>> 28 === 0xe
}

/** 127.0.0.0/8 */
export function isLoopbackIpv4(address: Ipv4Address): boolean {
  return address >>> 24 === 127
}

/** 0.0.0.0/8, RFC 1122 section 3.2.1.3: "this host on this network". */
export function isThisNetworkIpv4(address: Ipv4Address): boolean {
  return address >>> 24 === 0
}

/** 240.0.0.0/4 including the limited broadcast address. */
export function isReservedIpv4(address: Ipv4Address): boolean {
  return address >>> 28 === 0xf
}
