// A guest that is a script: it speaks the hub's stream framing, answers ARP for its own address, and otherwise sends
// exactly the frames it is told to, among them ones that no kernel would send.

import { connect, type Socket } from 'node:net'
import { parseArp } from '../../src/wire/arp.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  getDestinationMac,
  getEtherType,
} from '../../src/wire/ethernet.ts'
import { ICMP_ECHO_REQUEST } from '../../src/wire/icmpv4.ts'
import { type Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4Header } from '../../src/wire/ipv4.ts'
import { type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { BROADCAST_MAC, type MacAddress, setMac } from '../../src/wire/mac.ts'
import { ACK, parseTcp, SYN, type TcpSegment } from '../../src/wire/tcp.ts'
import { parseUdp } from '../../src/wire/udp.ts'
import { ethernetFrame, ipv4Frame, naiveChecksum, type TcpFields, tcpFrame, u16, u32, udpFrame } from './frames.ts'
import { splitFrames, withLength, withoutLength } from './stream-framing.ts'

/** A frame as it came, with what could be read of it. */
export interface Arrival {
  /** `performance.now()` */
  at: number
  frame: Uint8Array
  ip: Ipv4Header | undefined
  tcp: TcpSegment | undefined
  udp: { sourcePort: number; destinationPort: number; payload: Buffer } | undefined
}

const ARP_REQUEST = 1
const ARP_REPLY = 2

export class RawGuest {
  readonly mac: MacAddress
  readonly address: Ipv4Address
  readonly arrivals: Arrival[] = []
  gatewayMac: MacAddress = BROADCAST_MAC
  private readonly socket: Socket
  private wakeUps: Array<() => void> = []

  /** Plugs in with a fixed address and learns the gateway's MAC. */
  static async plug(path: string, address = '192.168.30.5', gateway = '192.168.30.1'): Promise<RawGuest> {
    const socket = connect(path)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const guest = new RawGuest(socket, ipv4(address))
    guest.gatewayMac = await guest.resolve(ipv4(gateway))
    return guest
  }

  private constructor(socket: Socket, address: Ipv4Address) {
    this.socket = socket
    this.address = address
    this.mac = (0x5254_0000_0000 + (address & 0xffff)) as MacAddress
    socket.on('error', () => {})
    socket.on(
      'data',
      splitFrames((framed) => this.input(Uint8Array.from(withoutLength(framed)))),
    )
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames.map(withLength)))
  }

  /** The first arrival from number `from` on that fits. */
  async next(what: string, fits: (arrival: Arrival) => boolean, timeoutMs = 5_000, from = 0): Promise<Arrival> {
    const endAt = performance.now() + timeoutMs
    for (let index = from; ; ) {
      for (; index < this.arrivals.length; index++) {
        const arrival = this.arrivals[index]!
        if (fits(arrival)) return arrival
      }
      const leftMs = endAt - performance.now()
      if (leftMs <= 0)
        throw new Error(`${what}: nothing in ${timeoutMs} ms (${this.arrivals.length - from} frames came)`)
      await this.nextArrival(leftMs)
    }
  }

  udp(destination: string, destinationPort: number, sourcePort: number, payload: string): Uint8Array {
    const fields = { ...this.addressing(ipv4(destination)), sourcePort, destinationPort }
    return udpFrame([...Buffer.from(payload)], fields)
  }

  /** An echo request. */
  echo(destination: string, identifier: number, sequence: number, text: string): Uint8Array {
    const message = [ICMP_ECHO_REQUEST, 0, 0, 0, ...u16(identifier), ...u16(sequence), ...Buffer.from(text)]
    message.splice(2, 2, ...u16(naiveChecksum(message)))
    return ipv4Frame(PROTOCOL_ICMP, message, this.addressing(ipv4(destination)))
  }

  syn(destination: string, destinationPort: number, sourcePort: number): Uint8Array {
    const fields = { ...this.addressing(ipv4(destination)), sourcePort, destinationPort, seq: 1, flags: SYN }
    return tcpFrame([], { ...fields, tcpOptions: [2, 4, ...u16(1460)] })
  }

  addressing(destination: Ipv4Address): {
    sourceMac: MacAddress
    destinationMac: MacAddress
    source: Ipv4Address
    destination: Ipv4Address
  } {
    return { sourceMac: this.mac, destinationMac: this.gatewayMac, source: this.address, destination }
  }

  close(): void {
    this.socket.destroy()
  }

  private async resolve(address: Ipv4Address): Promise<MacAddress> {
    this.send(this.arp(ARP_REQUEST, BROADCAST_MAC, 0 as MacAddress, address))
    const reply = await this.next('the gateway to answer ARP', ({ frame }) => {
      if (getEtherType(frame) !== ETHERTYPE_ARP) return false
      const arp = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
      return arp?.operation === ARP_REPLY && arp.senderAddress === address
    })
    return parseArp(reply.frame, ETHERNET_HEADER_LEN, reply.frame.length)!.senderMac
  }

  private arp(operation: number, to: MacAddress, targetMac: MacAddress, target: Ipv4Address): Uint8Array {
    const macs = new Uint8Array(12)
    setMac(macs, 0, this.mac)
    setMac(macs, 6, targetMac)
    const sender = [...macs.subarray(0, 6), ...u32(this.address)]
    const body = [
      ...u16(1),
      ...u16(ETHERTYPE_IPV4),
      6,
      4,
      ...u16(operation),
      ...sender,
      ...macs.subarray(6),
      ...u32(target),
    ]
    return ethernetFrame(ETHERTYPE_ARP, body, { sourceMac: this.mac, destinationMac: to })
  }

  private input(frame: Uint8Array): void {
    const to = getDestinationMac(frame)
    if (getEtherType(frame) === ETHERTYPE_ARP) {
      const arp = parseArp(frame, ETHERNET_HEADER_LEN, frame.length)
      if (arp?.operation === ARP_REQUEST && arp.targetAddress === this.address) {
        this.send(this.arp(ARP_REPLY, arp.senderMac, arp.senderMac, arp.senderAddress))
      }
    } else if (to !== this.mac && to !== BROADCAST_MAC) return // flooded, somebody else's
    this.arrivals.push(read(frame))
    const wakeUps = this.wakeUps
    this.wakeUps = []
    for (const wakeUp of wakeUps) wakeUp()
  }

  private nextArrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.wakeUps.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function read(frame: Uint8Array): Arrival {
  const arrival: Arrival = { at: performance.now(), frame, ip: undefined, tcp: undefined, udp: undefined }
  if (getEtherType(frame) !== ETHERTYPE_IPV4) return arrival
  const ip = parseIpv4Header(frame, ETHERNET_HEADER_LEN, frame.length)
  arrival.ip = ip
  if (ip === undefined || ip.fragmentOffset > 0) return arrival
  if (ip.protocol === PROTOCOL_TCP) arrival.tcp = parseTcp(frame, ip.payloadStart, ip.payloadEnd)
  if (ip.protocol === PROTOCOL_UDP) {
    const udp = parseUdp(frame, ip.payloadStart, ip.payloadEnd)
    if (udp !== undefined) {
      const payload = Buffer.from(frame.subarray(udp.payloadStart, udp.payloadEnd))
      arrival.udp = { sourcePort: udp.sourcePort, destinationPort: udp.destinationPort, payload }
    }
  }
  return arrival
}

/** One TCP connection of a RawGuest. It sends what it is told and nothing by itself: no ACK either. */
export class RawTcp {
  /** Sequence number of the next byte to send, and of the next byte expected. */
  seq: number
  ack = 0
  readonly sourcePort: number
  private readonly guest: RawGuest
  private readonly destination: Ipv4Address
  private readonly destinationPort: number
  /** Arrivals before this one were looked at. */
  private seen: number

  constructor(guest: RawGuest, destination: string, destinationPort: number, sourcePort: number) {
    this.guest = guest
    this.destination = ipv4(destination)
    this.destinationPort = destinationPort
    this.sourcePort = sourcePort
    this.seq = 1_000_000
    this.seen = guest.arrivals.length
  }

  /** Sends a SYN with this MSS and no other option; acknowledges the answer, which is returned. */
  async open(mss: number): Promise<TcpSegment> {
    this.send(SYN, [], { tcpOptions: [2, 4, ...u16(mss)] })
    this.seq++
    const { tcp } = await this.next('SYN,ACK', (segment) => segment.flags === (SYN | ACK))
    this.ack = (tcp.seq + 1) >>> 0
    this.send(ACK)
    return tcp
  }

  /** With this connection's numbers, or others. */
  send(flags: number, payload: readonly number[] = [], other: Partial<TcpFields> = {}): void {
    const { sourcePort, destinationPort, seq, ack } = this
    const numbers = { sourcePort, destinationPort, seq, ack, flags, wnd: 65_535 }
    this.guest.send(tcpFrame(payload, { ...this.guest.addressing(this.destination), ...numbers, ...other }))
  }

  /** Sends payload and moves on. */
  write(text: string): void {
    this.send(ACK, [...Buffer.from(text)])
    this.seq = (this.seq + Buffer.byteLength(text)) >>> 0
  }

  /** The next segment of this connection that fits; those before it are gone by. */
  async next(
    what: string,
    fits: (segment: TcpSegment, payloadLen: number) => boolean,
    timeoutMs = 5_000,
  ): Promise<{ tcp: TcpSegment; at: number; payload: Uint8Array }> {
    const mine = ({ tcp }: Arrival): boolean =>
      tcp !== undefined &&
      tcp.destinationPort === this.sourcePort &&
      tcp.sourcePort === this.destinationPort &&
      fits(tcp, tcp.payloadEnd - tcp.payloadStart)
    const arrival = await this.guest.next(what, mine, timeoutMs, this.seen)
    this.seen = this.guest.arrivals.indexOf(arrival) + 1
    const tcp = arrival.tcp!
    return { tcp, at: arrival.at, payload: arrival.frame.subarray(tcp.payloadStart, tcp.payloadEnd) }
  }
}
