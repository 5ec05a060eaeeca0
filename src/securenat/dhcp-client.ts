// Who sent a DHCP message, as the lease table knows it: a key, and the name that people see.

import { type DhcpMessage, getTextOption, OPTION_CLIENT_ID, OPTION_HOST_NAME } from '../wire/dhcp.ts'
import { hexOf } from './dhcp-reservations.ts'

/** RFC 2132 section 9.14 demands two bytes; what one option carries unsplit is enough for every real client. */
const CLIENT_ID_LEN_MIN = 2
const CLIENT_ID_LEN_MAX = 255
const HOST_NAME_LENGTH_MAX = 255

/**
 * An identifier that is only the hardware address again (type 01, RFC 2132 section 9.14) makes the same client as none:
 * so boot firmware, initramfs and operating system of one guest share one lease. `undefined`: the identifier is impossible.
 */
export function clientKeyOf(message: DhcpMessage): string | undefined {
  const mac = message.chaddr.toString(16).padStart(12, '0')
  const id = message.options.get(OPTION_CLIENT_ID)
  if (id === undefined) return `mac:${mac}`
  if (id.length < CLIENT_ID_LEN_MIN || id.length > CLIENT_ID_LEN_MAX) return undefined
  const hex = hexOf(id)
  return hex === `01${mac}` ? `mac:${mac}` : `id:${hex}`
}

/** Shown to people and written into log lines: characters that could forge or disguise a line become question marks. */
export function hostNameOf(message: DhcpMessage): string | undefined {
  return getTextOption(message.options, OPTION_HOST_NAME)
    ?.slice(0, HOST_NAME_LENGTH_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
