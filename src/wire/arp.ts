// ARP for IPv4 over Ethernet (RFC 826). Announcements and probes are the same message with other addresses (RFC 5227).

import { getU16, getU32, setU16, setU32 } from './bytes.ts'
import { getIpv4, type Ipv4Address, setIpv4 } from './ipv4-address.ts'
import { getMac, type MacAddress, setMac } from './mac.ts'

export const ARP_LEN = 28
export const ARP_REQUEST = 1
export const ARP_REPLY = 2

export interface ArpMessage {
  operation: number
  senderMac: MacAddress
  senderAddress: Ipv4Address
  targetMac: MacAddress
  targetAddress: Ipv4Address
}

export function parseArp(bytes: Uint8Array, start: number, end: number): ArpMessage | undefined {
  if (end - start < ARP_LEN) return undefined
  // Hardware type Ethernet, protocol type IPv4, lengths 6 and 4: the only combination there is here.
  if (getU32(bytes, start) !== 0x0001_0800 || getU16(bytes, start + 4) !== 0x0604) return undefined
  const operation = getU16(bytes, start + 6)
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return undefined
  return {
    operation,
    senderMac: getMac(bytes, start + 8),
    senderAddress: getIpv4(bytes, start + 14),
    targetMac: getMac(bytes, start + 18),
    targetAddress: getIpv4(bytes, start + 24),
  }
}

/** Writes `ARP_LEN` bytes. */
export function emitArp(bytes: Uint8Array, offset: number, message: ArpMessage): void {
  setU32(bytes, offset, 0x0001_0800)
  bytes[offset + 4] = 6
  bytes[offset + 5] = 4
  setU16(bytes, offset + 6, message.operation)
  setMac(bytes, offset + 8, message.senderMac)
  setIpv4(bytes, offset + 14, message.senderAddress)
  setMac(bytes, offset + 18, message.targetMac)
  setIpv4(bytes, offset + 24, message.targetAddress)
}
