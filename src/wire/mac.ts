// MAC addresses as 48-bit numbers: they key tables cheaply and turn into text only when a human looks.

import { getU48, setU48 } from './bytes.ts'

export type MacAddress = number & { readonly brand: 'MacAddress' }

export const MAC_LEN = 6
export const BROADCAST_MAC = 0xff_ff_ff_ff_ff_ff as MacAddress
export const ZERO_MAC = 0 as MacAddress

const SEPARATED = /^([0-9a-f]{2})([-:])([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})$/i
const BARE = /^[0-9a-f]{12}$/i

export function getMac(bytes: Uint8Array, offset: number): MacAddress {
  return getU48(bytes, offset) as MacAddress
}

export function setMac(bytes: Uint8Array, offset: number, mac: MacAddress): void {
  setU48(bytes, offset, mac)
}

/** `00-AC-85-40-B5-50`, `00:ac:85:40:b5:50` or `00AC8540B550`; `undefined` for anything else. */
export function parseMac(text: string): MacAddress | undefined {
  const match = SEPARATED.exec(text)
  const hex = match ? match[1]! + match.slice(3).join('') : BARE.test(text) ? text : undefined
  return hex === undefined ? undefined : (Number.parseInt(hex, 16) as MacAddress)
}

/** SoftEther's spelling: `00-AC-85-40-B5-50`. */
export function formatMac(mac: MacAddress): string {
  return mac
    .toString(16)
    .toUpperCase()
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&-')
}

/** True for broadcast too: the group bit is the lowest of the first octet. */
export function isMulticastMac(mac: MacAddress): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1
}
