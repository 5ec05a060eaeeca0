// Formats: the checksum, splitting a super-frame, parsing what every frame has and what DHCP brings.

import { finish, sumBytes } from '../../src/wire/checksum.ts'
import {
  BOOTREQUEST,
  DHCPDISCOVER,
  dhcpLength,
  emitDhcp,
  OPTION_HOST_NAME,
  OPTION_MESSAGE_TYPE,
  OPTION_PARAMETER_LIST,
  parseDhcp,
  setTextOption,
  setU8Option,
} from '../../src/wire/dhcp.ts'
import { ETHERNET_HEADER_LEN, ETHERTYPE_IPV4, emitEthernet } from '../../src/wire/ethernet.ts'
import { emitIpv4Header, IPV4_HEADER_LEN, PROTOCOL_TCP, parseIpv4Header } from '../../src/wire/ipv4.ts'
import { ANY_IPV4, ipv4 } from '../../src/wire/ipv4-address.ts'
import { superFrame } from '../../src/wire/offload.ts'
import { Segmenter } from '../../src/wire/segmentation.ts'
import { ACK, emitTcpHeader, parseTcp, TCP_HEADER_LEN } from '../../src/wire/tcp.ts'
import { GUEST_MAC, HOST_MAC, tcpFrame } from '../../test/support/frames.ts'
import { patternBytes } from '../../test/support/random.ts'
import { bench } from './harness.ts'

const MSS = 1460
const HEADERS_LEN = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + TCP_HEADER_LEN
const TRANSPORT_AT = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN

const payload = patternBytes(65_536)
for (const length of [64, MSS, 65_536])
  bench(`checksum, ${length} bytes`, () => finish(sumBytes(payload, 0, length)), { bytes: length })

const segment = tcpFrame([...payload.subarray(0, MSS)])
bench('parse IPv4 and TCP headers of a data segment', () => {
  const ip = parseIpv4Header(segment, ETHERNET_HEADER_LEN, segment.length)!
  return parseTcp(segment, ip.payloadStart, ip.payloadEnd)!.seq
})

const SEGMENTS = 44
const big = new Uint8Array(new ArrayBuffer(HEADERS_LEN + SEGMENTS * MSS))
const fields = {
  ...{ tos: 0, identification: 7, dontFragment: true, moreFragments: false, fragmentOffset: 0, ttl: 64 },
  ...{ protocol: PROTOCOL_TCP, source: ipv4('198.18.0.1'), destination: ipv4('192.168.30.10') },
}
emitEthernet(big, 0, GUEST_MAC, HOST_MAC, ETHERTYPE_IPV4)
emitIpv4Header(big, ETHERNET_HEADER_LEN, fields, TCP_HEADER_LEN + SEGMENTS * MSS)
emitTcpHeader(big, TRANSPORT_AT, 80, 41_000, 1, 1, ACK, 1000, TCP_HEADER_LEN)
big.set(payload.subarray(0, SEGMENTS * MSS), HEADERS_LEN)
const segmenter = new Segmenter()
const batch = new Uint8Array(new ArrayBuffer(1 << 17))
bench(
  `one of ${SEGMENTS} segments split off a super-frame, with its checksum`,
  () => {
    const count = segmenter.begin(big, superFrame(MSS))
    let at = 0
    for (let index = 0; index < count; index++) at += segmenter.write(big, index, batch, at)
    return at
  },
  { items: SEGMENTS, bytes: SEGMENTS * MSS },
)

const options = new Map<number, Uint8Array>()
setU8Option(options, OPTION_MESSAGE_TYPE, DHCPDISCOVER)
setTextOption(options, OPTION_HOST_NAME, 'guest')
options.set(OPTION_PARAMETER_LIST, Uint8Array.from([1, 3, 6, 15, 26, 121]))
const discover = {
  ...{ op: BOOTREQUEST, hops: 0, xid: 1, secs: 0, flags: 0, ciaddr: ANY_IPV4, yiaddr: ANY_IPV4, siaddr: ANY_IPV4 },
  ...{ giaddr: ANY_IPV4, chaddr: GUEST_MAC, sname: '', file: '', options },
}
const message = new Uint8Array(dhcpLength(discover))
emitDhcp(discover, message, 0)
bench('parse a DHCPDISCOVER', () => parseDhcp(message, 0, message.length)!.xid)
bench('emit a DHCPDISCOVER', () => emitDhcp(discover, message, 0))
