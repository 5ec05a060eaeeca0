// The PROXY protocol's header, versions 1 and 2, for TCP over IPv4: what a forwarder writes in front of a connection's bytes
// so that the server knows who really called (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2).

import { setU16 } from './bytes.ts'
import { formatIpv4, type Ipv4Address, setIpv4 } from './ipv4-address.ts'

/** CR LF CR LF NUL CR LF "QUIT" LF. */
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21
/** AF_INET, SOCK_STREAM. */
const TCP_OVER_IPV4 = 0x11
const ADDRESSES_LEN = 12

/** @param source who called @param destination whom, as the caller knows it */
export function proxyHeader(
  version: 1 | 2,
  source: Ipv4Address,
  sourcePort: number,
  destination: Ipv4Address,
  destinationPort: number,
): Uint8Array {
  if (version === 1) {
    const line = `PROXY TCP4 ${formatIpv4(source)} ${formatIpv4(destination)} ${sourcePort} ${destinationPort}\r\n`
    return Uint8Array.from(line, (letter) => letter.charCodeAt(0))
  }
  const header = new Uint8Array(SIGNATURE.length + 4 + ADDRESSES_LEN)
  header.set(SIGNATURE)
  header.set([VERSION_AND_COMMAND, TCP_OVER_IPV4], SIGNATURE.length)
  setU16(header, 14, ADDRESSES_LEN)
  setIpv4(header, 16, source)
  setIpv4(header, 20, destination)
  setU16(header, 24, sourcePort)
  setU16(header, 26, destinationPort)
  return header
}
