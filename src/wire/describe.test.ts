import { expect, test } from 'vitest'
import { ethernetFrame, GUEST, ipv4Frame, naiveChecksum, tcpFrame, u16, udpFrame } from '../../test/support/frames.ts'
import { hex } from '../../test/support/hex.ts'
import { describe as describeFrame } from './describe.ts'
import { BOOTREQUEST, dhcpLength, emitDhcp, setIpv4sOption, setTextOption, setU8Option } from './dhcp.ts'
import { ANY_IPV4, ipv4 } from './ipv4-address.ts'
import { COMPLETE, type Offload, superFrame, TRUSTED, UNFINISHED } from './offload.ts'
import { ACK, FIN, PSH, SYN } from './tcp.ts'

const arp = (operation: string, sender: string, target: string): Uint8Array =>
  ethernetFrame(0x0806, [...hex(`0001 0800 0604 ${operation} 5ef12eef308e ${sender} 000000000000 ${target}`)])

const icmp = (head: string, body: readonly number[] = []): Uint8Array => {
  const message = [...hex(head), ...body]
  return ipv4Frame(1, message.toSpliced(2, 2, ...u16(naiveChecksum(message))))
}

function dhcp(hostName = 'nt1'): Uint8Array {
  const options = new Map<number, Uint8Array>()
  setU8Option(options, 53, 1)
  setIpv4sOption(options, 50, GUEST)
  setTextOption(options, 12, hostName)
  const message = {
    op: BOOTREQUEST,
    hops: 0,
    xid: 0x3903f326,
    secs: 0,
    flags: 0,
    ciaddr: ANY_IPV4,
    yiaddr: ANY_IPV4,
    siaddr: ANY_IPV4,
    giaddr: ipv4('10.0.0.1'),
    chaddr: 0x5ef12eef308e as never,
    sname: '',
    file: '',
    options,
  }
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  return udpFrame([...bytes], { sourcePort: 68, destinationPort: 67 })
}

function damaged(frame: Uint8Array): Uint8Array {
  const bytes = frame.slice()
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

const QUERY = hex('1234 0100 0001 0000 0000 0000 01 61 02 6263 00 001c 0001')
const MSS_SACK_TS_WS = [...hex('020405b4 0402 080a 00000001 ffffffff 01 030307')]
const PORT_UNREACHABLE = icmp('0303 0000 00000000', [...udpFrame([1, 2, 3]).subarray(14)])

const table: [string, Uint8Array, Offload][] = [
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [S], seq 1, win 1000, options [mss 1460,sackOK,TS val 1 ecr 4294967295,wscale 7], length 0',
    tcpFrame([], { flags: SYN, tcpOptions: MSS_SACK_TS_WS }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [FP.], seq 4294967295:1, ack 9, win 1000, length 2',
    tcpFrame([1, 2], { flags: ACK | PSH | FIN, seq: 0xffff_ffff, ack: 9 }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [none], seq 1, win 1000, options [sack 1:2,sack 3:4294967295], length 0',
    tcpFrame([], { flags: 0, tcpOptions: [...hex('0101 0512 00000001 00000002 00000003 ffffffff')] }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [.], seq 1:3, ack 0, win 1000, length 2 [bad tcp cksum]',
    damaged(tcpFrame([1, 2])),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [.], seq 1:3, ack 0, win 1000, length 2',
    damaged(tcpFrame([1, 2])),
    TRUSTED,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [.], seq 1:3, ack 0, win 1000, length 2 (checksum unfinished)',
    damaged(tcpFrame([1, 2])),
    UNFINISHED,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.80: Flags [.], seq 1:3001, ack 0, win 1000, length 3000 (gso 1448)',
    tcpFrame(new Array(3000).fill(1)),
    superFrame(1448),
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.7: UDP, length 3',
    udpFrame([1, 2, 3], { destinationPort: 7, padding: [0, 0] }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.41000 > 203.0.113.1.7: UDP, length 3 [bad udp cksum]',
    damaged(udpFrame([1, 2, 3], { destinationPort: 7 })),
    COMPLETE,
  ],
  ['IP 192.168.30.10.41000 > 203.0.113.1.53: DNS, 4660 AAAA? a.bc., length 22', udpFrame([...QUERY]), COMPLETE],
  [
    'IP 192.168.30.10.53 > 203.0.113.1.9: DNS, 4660 NXDomain AAAA? a.bc. 0/0/0, length 22',
    udpFrame([...QUERY].toSpliced(2, 2, 0x81, 0x83), { sourcePort: 53, destinationPort: 9 }),
    COMPLETE,
  ],
  ['IP 192.168.30.10.41000 > 203.0.113.1.53: DNS, malformed, length 2', udpFrame([1, 2]), COMPLETE],
  [
    'IP 192.168.30.10.68 > 203.0.113.1.67: DHCP, Discover, xid 0x3903f326, client 5E-F1-2E-EF-30-8E, giaddr 10.0.0.1, requested 192.168.30.10, host "nt1"',
    dhcp(),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10.68 > 203.0.113.1.67: DHCP, malformed, length 0',
    udpFrame([], { sourcePort: 68, destinationPort: 67 }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10 > 203.0.113.1: ICMP, echo request, id 7, seq 2, length 3',
    icmp('0800 0000 0007 0002', [1, 2, 3]),
    COMPLETE,
  ],
  ['IP 192.168.30.10 > 203.0.113.1: ICMP, echo reply, id 7, seq 2, length 0', icmp('0000 0000 0007 0002'), COMPLETE],
  [
    'IP 192.168.30.10 > 203.0.113.1: ICMP, port unreachable (UDP 192.168.30.10.41000 > 203.0.113.1.53), length 31',
    PORT_UNREACHABLE,
    COMPLETE,
  ],
  [
    'IP 192.168.30.10 > 203.0.113.1: ICMP, fragmentation needed, mtu 1400, length 0',
    icmp('0304 0000 0000 0578'),
    COMPLETE,
  ],
  ['IP 192.168.30.10 > 203.0.113.1: ICMP, time exceeded, length 0', icmp('0b00 0000 00000000'), COMPLETE],
  [
    'IP 192.168.30.10 > 203.0.113.1: ICMP, malformed, length 31',
    damaged(icmp('0800 0000 0007 0002', new Array(23).fill(1))),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10 > 203.0.113.1: UDP, fragment id 4660, bytes 0-8+',
    ipv4Frame(17, new Array(8).fill(0), { fragment: 0x2000 }),
    COMPLETE,
  ],
  [
    'IP 192.168.30.10 > 203.0.113.1: UDP, fragment id 4660, bytes 8-12',
    ipv4Frame(17, new Array(4).fill(0), { fragment: 1 }),
    COMPLETE,
  ],
  ['IP 192.168.30.10 > 203.0.113.1: TCP, malformed, length 4', ipv4Frame(6, [1, 2, 3, 4]), COMPLETE],
  ['IP 192.168.30.10 > 203.0.113.1: protocol 47, length 4', ipv4Frame(47, [1, 2, 3, 4]), COMPLETE],
  ['IP, malformed, length 3', ethernetFrame(0x0800, [0x45, 0, 0]), COMPLETE],
  ['ARP, Request who-has 192.168.30.1 tell 192.168.30.10', arp('0001', 'c0a81e0a', 'c0a81e01'), COMPLETE],
  ['ARP, Probe 192.168.30.1', arp('0001', '00000000', 'c0a81e01'), COMPLETE],
  ['ARP, Announcement 192.168.30.10', arp('0001', 'c0a81e0a', 'c0a81e0a'), COMPLETE],
  ['ARP, Reply 192.168.30.10 is-at 5E-F1-2E-EF-30-8E', arp('0002', 'c0a81e0a', 'c0a81e01'), COMPLETE],
  ['ARP, malformed, length 2', ethernetFrame(0x0806, [0, 1]), COMPLETE],
  ['vlan 5, IP 192.168.30.10 > 203.0.113.1: protocol 47, length 1', ipv4Frame(47, [1], { vlan: 5 }), COMPLETE],
  ['vlan 5, vlan, malformed, length 8', ethernetFrame(0x8100, [0, 1, 0x81, 0, 0, 1, 8, 0], { vlan: 5 }), COMPLETE],
  ['IP6, length 2', ethernetFrame(0x86dd, [0x60, 0]), COMPLETE],
  ['ethertype 0x88cc, length 1', ethernetFrame(0x88cc, [1]), COMPLETE],
  ['802.3, length 3', ethernetFrame(3, [0x42, 0x42, 3]), COMPLETE],
]

test.each(table)('%s', (line, frame, offload) => {
  expect(describeFrame(frame, offload)).toBe(`5E-F1-2E-EF-30-8E > 00-AC-85-40-B5-50, ${line}`)
})

test('a frame without a whole Ethernet header', () => {
  expect(describeFrame(new Uint8Array(13))).toBe('truncated Ethernet header, length 13')
})

test('a host name cannot break or disguise the line', () => {
  expect(describeFrame(dhcp('a"\r\n\u007f\u0085\u202eb'))).toMatch(/host "a\\"\\r\\n\?\?\?b"$/)
})
