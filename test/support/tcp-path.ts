// One bulk transfer between two of these TCPs over a path, in virtual time: a round trip, loss by seeded chance, a rate with
// a bounded queue. Which of the two is ours does not matter, so it shows the sender and the receiver at once.
//
// Only src/stack/tcp is between the ends: no IP, no hub. Super-frames come apart on the path, packet by packet.

import { DeadlineHeap } from '../../src/stack/deadline-heap.ts'
import type { TcpStats } from '../../src/stack/tcp/context.ts'
import { Tcp } from '../../src/stack/tcp/demux.ts'
import { checkInvariants, type Tcb, type TcpUser } from '../../src/stack/tcp/tcb.ts'
import { accept, close, readBuffer, send, sendSpace } from '../../src/stack/tcp/user-calls.ts'
import { getU32, setU32 } from '../../src/wire/bytes.ts'
import { type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { gsoSize, TRUSTED } from '../../src/wire/offload.ts'
import { ManualClock } from './manual-clock.ts'
import { type Random, seededRandom } from './random.ts'

export interface PathOptions {
  rttMs: number
  /** Probability, of each packet in either direction. */
  loss?: number
  /** Payload-carrying packets are lost when this says so, beside `loss`; counted from 0, those sent again too. */
  drops?: (packet: number) => boolean
  /** Of the direction of the data: bits per second, packets that may wait. */
  bitsPerSecond?: number
  queuePackets?: number
  /** Arrivals of so many ms are handed in as one batch. */
  batchMs?: number
  seed?: number
}

interface End {
  tcp: Tcp
  deadlines: DeadlineHeap
  tcb: Tcb | undefined
  cancel: (() => void) | undefined
  timerAt: number
  inbox: Uint8Array[]
}

const ADDRESSES: readonly Ipv4Address[] = [ipv4('192.0.2.1'), ipv4('192.0.2.2')]
const MTU = 1500

export class TcpPath {
  readonly clock = new ManualClock()
  readonly sender: End
  readonly receiver: End
  received = 0
  isEnded = false
  /** Packets with payload, and those that the queue had no room for. */
  packets = 0
  droppedQueue = 0
  readonly #options: PathOptions
  readonly #random: Random
  #freeAt = 0

  constructor(options: PathOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed ?? 1)
    this.sender = this.#newEnd(0)
    this.receiver = this.#newEnd(1)
  }

  get tcb(): Tcb {
    return this.sender.tcb!
  }

  get stats(): TcpStats {
    return this.sender.tcp.stats
  }

  /** Sends `bytes`, or for `limitMs`. @returns megabits a second of what has arrived */
  run(bytes: number, limitMs = Number.POSITIVE_INFINITY): number {
    let left = bytes
    const { tcp } = this.sender
    const fill = (): void => {
      const tcb = this.tcb
      while (left > 0 && sendSpace(tcb) > 0) {
        const buffer = readBuffer(tcb)
        const piece = buffer.subarray(0, Math.min(left, buffer.length))
        left -= piece.length
        send(tcp, tcb, piece)
      }
      if (left === 0) close(tcp, tcb)
      else tcb.wantsSendRoom = true
    }
    this.sender.tcb = tcp.open({
      localAddress: ADDRESSES[0]!,
      localPort: 1000,
      remoteAddress: ADDRESSES[1]!,
      remotePort: 80,
    })
    this.tcb.user = user({ established: fill, sendRoom: fill })
    this.#flush(this.sender)
    const start = this.clock.now()
    this.clock.runUntil(() => this.isEnded, limitMs)
    return (this.received * 8) / (this.clock.now() - start) / 1000
  }

  #newEnd(side: 0 | 1): End {
    const deadlines = new DeadlineHeap()
    const end: End = {
      deadlines,
      tcb: undefined,
      cancel: undefined,
      timerAt: 0,
      inbox: [],
      tcp: new Tcp({
        random: seededRandom(10 + side),
        deadlines,
        outlet: {
          mtu: MTU,
          knows: () => true,
          transmitTcp: (bytes, start, stop, _from, _to, offload) => {
            for (const packet of split(bytes, start, stop, gsoSize(offload))) this.#carry(side, packet)
          },
          queueTcp: (bytes, start, stop) => this.#carry(side, bytes.slice(start, stop)),
        },
        connectionRequest: (tcb) => {
          this.receiver.tcb = tcb
          end.tcp.wantsOutput(tcb)
          this.clock.setTimer(0, () => {
            accept(end.tcp, tcb)
            this.#flush(end)
          })
          return user({
            received: (bytes) => {
              this.received += bytes.length
              return bytes.length
            },
            receivedEnd: () => {
              this.isEnded = true
            },
          })
        },
      }),
    }
    return end
  }

  #carry(side: 0 | 1, packet: Uint8Array): void {
    const { rttMs, loss = 0, drops, bitsPerSecond, queuePackets = Number.POSITIVE_INFINITY, batchMs } = this.#options
    const now = this.clock.now()
    let departsAt = now
    if (side === 0 && packet.length > 100) {
      const packet = this.packets++
      if (drops?.(packet)) return
      if (bitsPerSecond !== undefined) {
        const perPacketMs = ((MTU + 14) * 8000) / bitsPerSecond
        const startsAt = Math.max(now, this.#freeAt)
        if (startsAt - now > queuePackets * perPacketMs) {
          this.droppedQueue++
          return
        }
        this.#freeAt = startsAt + perPacketMs
        departsAt = this.#freeAt
      }
    }
    if (loss > 0 && this.#random.chance(loss)) return
    let at = departsAt + rttMs / 2
    if (batchMs !== undefined) at = Math.ceil(at / batchMs) * batchMs
    const end = side === 0 ? this.receiver : this.sender
    this.clock.setTimer(at - now, () => {
      end.inbox.push(packet)
      // The batch is what arrives at one instant.
      if (end.inbox.length === 1) this.clock.setTimer(0, () => this.#arrive(end, (1 - side) as 0 | 1))
    })
  }

  #arrive(end: End, side: 0 | 1): void {
    end.tcp.now = this.clock.now()
    const packets = end.inbox
    end.inbox = []
    for (const packet of packets) {
      const ip = {
        payloadStart: 0,
        payloadEnd: packet.length,
        source: ADDRESSES[1 - side]!,
        destination: ADDRESSES[side]!,
        tos: 0,
        identification: 0,
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: 6,
      }
      end.tcp.input(packet, ip, TRUSTED)
    }
    this.#flush(end)
  }

  #flush(end: End): void {
    end.tcp.now = this.clock.now()
    end.tcp.flush()
    for (const tcb of end.tcp.connections()) checkInvariants(tcb)
    this.#arm(end)
  }

  /** One timer for all deadlines, as SecureNAT has. */
  #arm(end: End): void {
    const at = end.deadlines.nextAt()
    if (end.cancel !== undefined && end.timerAt <= at) return
    end.cancel?.()
    end.cancel = undefined
    if (at === Number.POSITIVE_INFINITY) return
    end.timerAt = at
    const delayMs = Math.max(1, Math.ceil(at - this.clock.now()))
    end.cancel = this.clock.setTimer(delayMs, () => {
      end.cancel = undefined
      end.tcp.now = this.clock.now()
      end.deadlines.expire(this.clock.now())
      this.#flush(end)
    })
  }
}

function user(calls: Partial<TcpUser>): TcpUser {
  return {
    established: () => {},
    received: (bytes) => bytes.length,
    receivedEnd: () => {},
    sendRoom: () => {},
    closed: () => {},
    ...calls,
  }
}

/** A super-frame's segments, or the segment itself. */
function split(bytes: Uint8Array, start: number, end: number, size: number): Uint8Array[] {
  const headerLen = (bytes[start + 12]! >>> 4) * 4
  const payload = end - start - headerLen
  if (size === 0 || payload <= size) return [bytes.slice(start, end)]
  const packets: Uint8Array[] = []
  for (let at = 0; at < payload; at += size) {
    const length = Math.min(size, payload - at)
    const packet = new Uint8Array(headerLen + length)
    packet.set(bytes.subarray(start, start + headerLen))
    packet.set(bytes.subarray(start + headerLen + at, start + headerLen + at + length), headerLen)
    setU32(packet, 4, getU32(packet, 4) + at)
    // PSH and FIN are those of the last.
    if (at + length < payload) packet[13]! &= ~0x09
    packets.push(packet)
  }
  return packets
}
