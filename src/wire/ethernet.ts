// Ethernet II header (RFC 894): destination, source, type.

import { getU16, setU16 } from './bytes.ts'
import { getMac, type MacAddress, setMac } from './mac.ts'

export const ETHERNET_HEADER_LEN = 14

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
export const ETHERTYPE_VLAN = 0x8100
export const ETHERTYPE_IPV6 = 0x86dd

export function getDestinationMac(frame: Uint8Array): MacAddress {
  return getMac(frame, 0)
}

export function getSourceMac(frame: Uint8Array): MacAddress {
  return getMac(frame, 6)
}

export function getEtherType(frame: Uint8Array): number {
  return getU16(frame, 12)
}

export function emitEthernet(
  bytes: Uint8Array,
  offset: number,
  destination: MacAddress,
  source: MacAddress,
  etherType: number,
): void {
  setMac(bytes, offset, destination)
  setMac(bytes, offset + 6, source)
  setU16(bytes, offset + 12, etherType)
}
