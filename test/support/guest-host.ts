// A host on the far side of a link, in virtual time: ARP, DHCP by the book, UDP, ping, and TCP of its own (guest-tcp.ts).
// Everything it receives is checked as a careful kernel would: lengths, checksums, addresses.

import { ARP_LEN, ARP_REPLY, ARP_REQUEST, emitArp, parseArp } from '../../src/wire/arp.ts'
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPDISCOVER,
  DHCPREQUEST,
  type DhcpMessage,
  dhcpLength,
  emitDhcp,
  getIpv4Option,
  getU8Option,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  parseDhcp,
  setIpv4sOption,
  setU8Option,
} from '../../src/wire/dhcp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  emitEthernet,
  getDestinationMac,
  getEtherType,
  getSourceMac,
} from '../../src/wire/ethernet.ts'
import {
  emitIpv4Header,
  IPV4_HEADER_LEN,
  type Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4Header,
} from '../../src/wire/ipv4.ts'
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../../src/wire/mac.ts'
import {
  ACK,
  emitTcpHeader,
  isTcpChecksumRight,
  parseTcp,
  RST,
  SYN,
  setTcpChecksum,
  TCP_HEADER_LEN,
  type TcpSegment,
} from '../../src/wire/tcp.ts'
import { emitUdp, isUdpChecksumRight, parseUdp, UDP_HEADER_LEN } from '../../src/wire/udp.ts'
import { ipv4Frame, naiveChecksum, u16, u32 } from './frames.ts'
import { GuestTcp, type GuestTcpOptions, type OutgoingSegment } from './guest-tcp.ts'
import type { LossyLink } from './lossy-link.ts'
import type { ManualClock } from './manual-clock.ts'

export interface ReceivedDatagram {
  source: Ipv4Address
  sourcePort: number
  destinationPort: number
  bytes: Uint8Array
}

export interface ReceivedIcmp {
  source: Ipv4Address
  type: number
  code: number
  /** Bytes 4 to 7: identifier and sequence number, or unused and MTU. */
  rest: readonly [number, number]
  ttl: number
  body: Uint8Array
}

export interface GuestOptions {
  mac?: number
  address?: Ipv4Address
  gateway?: Ipv4Address
}

/** What a guest says in its IP header. */
export interface IpChoices {
  mtu?: number
  ttl?: number
  dontFragment?: boolean
}

interface Fragments {
  bytes: Uint8Array
  received: number
  total: number
}

export class GuestHost {
  readonly mac: MacAddress
  address: Ipv4Address
  gateway: Ipv4Address
  readonly datagrams: ReceivedDatagram[] = []
  readonly icmp: ReceivedIcmp[] = []
  /** What must never happen: a wrong checksum or length in a frame to us. */
  readonly malformed: string[] = []
  onDatagram = (_datagram: ReceivedDatagram): void => {}
  readonly connections = new Map<string, GuestTcp>()
  /** A SYN for a port that nobody serves is answered by a reset, as a machine's kernel does. */
  resetsClosedPorts = true
  readonly #listeners = new Map<number, (syn: TcpSegment, source: Ipv4Address) => void>()
  readonly #clock: ManualClock
  readonly #link: LossyLink
  readonly #arp = new Map<Ipv4Address, MacAddress>()
  readonly #waiting: { to: Ipv4Address; packet: Uint8Array }[] = []
  readonly #fragments = new Map<string, Fragments>()
  #asking = new Set<Ipv4Address>()
  #nextPort = 40_000
  #identification = 1
  #onDhcp = (_message: DhcpMessage): void => {}

  constructor(link: LossyLink, clock: ManualClock, options: GuestOptions = {}) {
    this.#clock = clock
    this.#link = link
    this.mac = (options.mac ?? 0x5254_0000_0001) as MacAddress
    this.address = options.address ?? ANY_IPV4
    this.gateway = options.gateway ?? ipv4('192.168.30.1')
    link.receive = (frame) => this.#input(frame)
  }

  /** DISCOVER until bound; repeats what is lost. */
  dhcp(): void {
    let requested = ANY_IPV4
    let server = ANY_IPV4
    const send = (): void => {
      if (this.address !== ANY_IPV4) return
      const type = requested === ANY_IPV4 ? DHCPDISCOVER : DHCPREQUEST
      this.#sendDhcp(type, requested, server)
      this.#clock.setTimer(1000, send)
    }
    this.#onDhcp = (message) => {
      if (message.chaddr !== this.mac || this.address !== ANY_IPV4) return
      const type = getU8Option(message.options, OPTION_MESSAGE_TYPE)
      if (type === DHCPACK) {
        this.address = message.yiaddr
        this.gateway = getIpv4Option(message.options, OPTION_ROUTER) ?? this.gateway
        return
      }
      requested = message.yiaddr
      server = getIpv4Option(message.options, OPTION_SERVER_ID) ?? ANY_IPV4
      this.#sendDhcp(DHCPREQUEST, requested, server)
    }
    send()
  }

  /** Serves a port: `onConnection` is told of each caller as the guest sees it. */
  listen(
    port: number,
    onConnection: (connection: GuestTcp, from: { address: Ipv4Address; port: number }) => void = () => {},
    options: GuestTcpOptions = {},
  ): void {
    this.#listeners.set(port, (syn, address) => {
      const remote = { address, port: syn.sourcePort }
      const transmit = (segment: OutgoingSegment): void => this.#sendTcp(port, address, remote.port, segment)
      const connection = new GuestTcp(this.#clock, transmit, options)
      this.connections.set(`${port} ${address}:${remote.port}`, connection)
      onConnection(connection, remote)
      connection.accept(syn)
    })
  }

  connect(address: Ipv4Address, port: number, options: GuestTcpOptions = {}, localPort = this.#nextPort++): GuestTcp {
    const connection = new GuestTcp(this.#clock, (segment) => this.#sendTcp(localPort, address, port, segment), options)
    this.connections.set(`${localPort} ${address}:${port}`, connection)
    connection.connect()
    return connection
  }

  udp(sourcePort: number, to: Ipv4Address, port: number, bytes: Uint8Array, ip: IpChoices = {}): void {
    const datagram = new Uint8Array(UDP_HEADER_LEN + bytes.length)
    datagram.set(bytes, UDP_HEADER_LEN)
    emitUdp(datagram, 0, sourcePort, port, bytes.length, this.address, to)
    this.#sendIp(PROTOCOL_UDP, to, datagram, ip)
  }

  ping(to: Ipv4Address, body: readonly number[] = [1, 2, 3], ttl = 64, identifier = 7, sequence = 1): void {
    const message = [8, 0, 0, 0, ...u16(identifier), ...u16(sequence), ...body]
    message.splice(2, 2, ...u16(naiveChecksum(message)))
    const frame = ipv4Frame(PROTOCOL_ICMP, message, { source: this.address, destination: to, ttl })
    this.#route(to, frame.subarray(ETHERNET_HEADER_LEN))
  }

  /** Sends an IP packet, in fragments of `mtu` bytes if it must be. */
  #sendIp(protocol: number, to: Ipv4Address, payload: Uint8Array, ip: IpChoices = {}): void {
    const { mtu = 1500, ttl = 64, dontFragment = false } = ip
    const most = (mtu - IPV4_HEADER_LEN) & ~7
    const isWhole = payload.length <= mtu - IPV4_HEADER_LEN
    const identification = this.#identification++ & 0xffff
    for (let at = 0; at < payload.length; at += most) {
      const piece = isWhole ? payload : payload.subarray(at, at + most)
      const packet = new Uint8Array(IPV4_HEADER_LEN + piece.length)
      packet.set(piece, IPV4_HEADER_LEN)
      const fields = {
        tos: 0,
        identification,
        dontFragment,
        moreFragments: !isWhole && at + most < payload.length,
        fragmentOffset: at,
        ttl,
        protocol,
        source: this.address,
        destination: to,
      }
      emitIpv4Header(packet, 0, fields, piece.length)
      this.#route(to, packet)
      if (isWhole) return
    }
  }

  #route(to: Ipv4Address, packet: Uint8Array): void {
    if (to === BROADCAST_IPV4) {
      this.#sendFrame(BROADCAST_MAC, ETHERTYPE_IPV4, packet)
      return
    }
    const isLocal = (to ^ this.gateway) >>> 8 === 0
    const nextHop = isLocal ? to : this.gateway
    const mac = this.#arp.get(nextHop)
    if (mac !== undefined) {
      this.#sendFrame(mac, ETHERTYPE_IPV4, packet)
      return
    }
    this.#waiting.push({ to: nextHop, packet: packet.slice() })
    if (!this.#asking.has(nextHop)) {
      this.#asking.add(nextHop)
      this.#askArp(nextHop)
    }
  }

  #askArp(address: Ipv4Address): void {
    if (this.#arp.has(address)) return
    this.#sendArp(ARP_REQUEST, BROADCAST_MAC, ZERO_MAC, address)
    this.#clock.setTimer(1000, () => this.#askArp(address))
  }

  #sendArp(operation: number, to: MacAddress, targetMac: MacAddress, targetAddress: Ipv4Address): void {
    const body = new Uint8Array(ARP_LEN)
    emitArp(body, 0, { operation, senderMac: this.mac, senderAddress: this.address, targetMac, targetAddress })
    this.#sendFrame(to, ETHERTYPE_ARP, body)
  }

  #sendFrame(to: MacAddress, etherType: number, body: Uint8Array): void {
    const frame = new Uint8Array(Math.max(60, ETHERNET_HEADER_LEN + body.length))
    emitEthernet(frame, 0, to, this.mac, etherType)
    frame.set(body, ETHERNET_HEADER_LEN)
    this.#link.send(frame)
  }

  #sendTcp(localPort: number, to: Ipv4Address, port: number, segment: OutgoingSegment): void {
    const headerLen = TCP_HEADER_LEN + segment.options.length
    const bytes = new Uint8Array(headerLen + segment.payload.length)
    bytes.set(segment.options, TCP_HEADER_LEN)
    bytes.set(segment.payload, headerLen)
    emitTcpHeader(bytes, 0, localPort, port, segment.seq, segment.ack, segment.flags, segment.wnd, headerLen)
    setTcpChecksum(bytes, 0, bytes.length, this.address, to)
    this.#sendIp(PROTOCOL_TCP, to, bytes)
  }

  #called(syn: TcpSegment, source: Ipv4Address): void {
    const listener = this.#listeners.get(syn.destinationPort)
    if (listener !== undefined) listener(syn, source)
    else if (this.resetsClosedPorts) {
      const segment = { flags: RST | ACK, seq: 0, ack: syn.seq + 1, wnd: 0, options: [], payload: new Uint8Array(0) }
      this.#sendTcp(syn.destinationPort, source, syn.sourcePort, segment)
    }
  }

  #sendDhcp(type: number, requested: Ipv4Address, server: Ipv4Address): void {
    const message: DhcpMessage = {
      op: 1,
      hops: 0,
      xid: 0x1234_5678,
      secs: 0,
      flags: 0,
      ciaddr: ANY_IPV4,
      yiaddr: ANY_IPV4,
      siaddr: ANY_IPV4,
      giaddr: ANY_IPV4,
      chaddr: this.mac,
      sname: '',
      file: '',
      options: new Map(),
    }
    setU8Option(message.options, OPTION_MESSAGE_TYPE, type)
    if (requested !== ANY_IPV4) setIpv4sOption(message.options, OPTION_REQUESTED_ADDRESS, requested)
    if (server !== ANY_IPV4) setIpv4sOption(message.options, OPTION_SERVER_ID, server)
    const bytes = new Uint8Array(dhcpLength(message))
    emitDhcp(message, bytes, 0)
    this.udp(DHCP_CLIENT_PORT, BROADCAST_IPV4, DHCP_SERVER_PORT, bytes)
  }

  #input(frame: Uint8Array): void {
    const to = getDestinationMac(frame)
    if (to !== this.mac && to !== BROADCAST_MAC) return
    const etherType = getEtherType(frame)
    if (etherType === ETHERTYPE_ARP) this.#arpInput(frame)
    else if (etherType === ETHERTYPE_IPV4) this.#ipInput(frame)
  }

  #arpInput(frame: Uint8Array): void {
    const message = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
    if (message === undefined) {
      this.malformed.push('ARP')
      return
    }
    this.#arp.set(message.senderAddress, getSourceMac(frame))
    if (message.operation === ARP_REQUEST && message.targetAddress === this.address && this.address !== ANY_IPV4) {
      this.#sendArp(ARP_REPLY, message.senderMac, message.senderMac, message.senderAddress)
    }
    const ready = this.#waiting.filter(({ to }) => this.#arp.has(to))
    const left = this.#waiting.filter(({ to }) => !this.#arp.has(to))
    this.#waiting.splice(0, this.#waiting.length, ...left)
    for (const { to, packet } of ready) this.#route(to, packet)
  }

  #ipInput(frame: Uint8Array): void {
    const header = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
    if (header === undefined) {
      this.malformed.push('IPv4')
      return
    }
    if (header.destination !== this.address && header.destination !== BROADCAST_IPV4 && this.address !== ANY_IPV4) {
      this.malformed.push('destination')
      return
    }
    if (header.moreFragments || header.fragmentOffset > 0) {
      const whole = this.#reassemble(frame, header)
      if (whole !== undefined) {
        this.#transport({ ...header, payloadStart: 0, payloadEnd: whole.length }, whole)
      }
    } else this.#transport(header, frame)
  }

  #reassemble(frame: Uint8Array, header: Ipv4Header): Uint8Array | undefined {
    const key = `${header.source} ${header.identification} ${header.protocol}`
    const datagram = this.#fragments.get(key) ?? { bytes: new Uint8Array(65_535), received: 0, total: -1 }
    this.#fragments.set(key, datagram)
    datagram.bytes.set(frame.subarray(header.payloadStart, header.payloadEnd), header.fragmentOffset)
    datagram.received += header.payloadEnd - header.payloadStart
    if (!header.moreFragments) datagram.total = header.fragmentOffset + header.payloadEnd - header.payloadStart
    if (datagram.received !== datagram.total) return undefined
    this.#fragments.delete(key)
    return datagram.bytes.slice(0, datagram.total)
  }

  #transport(header: Ipv4Header, bytes: Uint8Array): void {
    const { source, destination, payloadStart, payloadEnd } = header
    if (header.protocol === PROTOCOL_UDP) {
      const udp = parseUdp(bytes, payloadStart, payloadEnd)
      if (udp === undefined || !isUdpChecksumRight(bytes, payloadStart, udp, source, destination)) {
        this.malformed.push('UDP')
        return
      }
      const payload = bytes.slice(udp.payloadStart, udp.payloadEnd)
      if (udp.destinationPort === DHCP_CLIENT_PORT) {
        const message = parseDhcp(payload, 0, payload.length)
        if (message !== undefined) this.#onDhcp(message)
        return
      }
      const datagram = { source, sourcePort: udp.sourcePort, destinationPort: udp.destinationPort, bytes: payload }
      this.datagrams.push(datagram)
      this.onDatagram(datagram)
    } else if (header.protocol === PROTOCOL_ICMP) {
      const message = bytes.slice(payloadStart, payloadEnd)
      if (naiveChecksum(message) !== 0) this.malformed.push('ICMP')
      const rest = [message[4]! * 256 + message[5]!, message[6]! * 256 + message[7]!] as const
      this.icmp.push({ source, type: message[0]!, code: message[1]!, rest, ttl: header.ttl, body: message.slice(8) })
    } else if (header.protocol === PROTOCOL_TCP) {
      const segment = parseTcp(bytes, payloadStart, payloadEnd)
      if (segment === undefined || !isTcpChecksumRight(bytes, payloadStart, payloadEnd, source, destination)) {
        this.malformed.push('TCP')
        return
      }
      const connection = this.connections.get(`${segment.destinationPort} ${source}:${segment.sourcePort}`)
      if (connection === undefined || connection.state === 'CLOSED') {
        if ((segment.flags & (SYN | ACK)) === SYN) this.#called(segment, source)
        return
      }
      connection.input(segment, bytes.subarray(segment.payloadStart, segment.payloadEnd))
    }
  }
}

/** A DNS query for the A record of `name`, or with a response flag and one address the answer to it. */
export function dnsMessage(id: number, name: string, answer?: Ipv4Address): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...[...label].map((c) => c.charCodeAt(0))])
  const header = [...u16(id), ...u16(answer === undefined ? 0x0100 : 0x8180), 0, 1, 0, answer === undefined ? 0 : 1]
  const record = answer === undefined ? [] : [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...u32(answer)]
  return Uint8Array.from([...header, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1, ...record])
}
