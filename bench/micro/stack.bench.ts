// The stack's TCP: data segments coming in (one acknowledgment per batch), and data going out as super-frames.

import { DeadlineHeap } from '../../src/stack/deadline-heap.ts'
import { Stack } from '../../src/stack/interface.ts'
import type { Tcb, TcpUser } from '../../src/stack/tcp/tcb.ts'
import { accept, send, sendSpace } from '../../src/stack/tcp/user-calls.ts'
import { getU32, setU32 } from '../../src/wire/bytes.ts'
import { ETHERNET_HEADER_LEN } from '../../src/wire/ethernet.ts'
import { IPV4_HEADER_LEN } from '../../src/wire/ipv4.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { TRUSTED } from '../../src/wire/offload.ts'
import { ACK, SYN } from '../../src/wire/tcp.ts'
import { GUEST, GUEST_MAC, HOST_MAC, OUTSIDE, tcpFrame } from '../../test/support/frames.ts'
import { seededRandom } from '../../test/support/random.ts'
import { bench } from './harness.ts'

const MSS = 1460
const BATCH = 32
const TCP_AT = ETHERNET_HEADER_LEN + IPV4_HEADER_LEN
const SEQ_AT = TCP_AT + 4
const ACK_AT = TCP_AT + 8
/** MSS 1460, window scale 10. */
const SYN_OPTIONS = [2, 4, 0x05, 0xb4, 3, 3, 10, 0]

/** One established connection whose user takes everything, and everything the stack sends is looked at no further. */
class Connection {
  /** The next sequence number of the guest, and what it has acknowledged. */
  seq = 0
  ack = 0
  sentBytes = 0
  readonly stack: Stack
  tcb: Tcb | undefined

  constructor() {
    const user: TcpUser = {
      established: () => {},
      received: (bytes) => bytes.length,
      receivedEnd: () => {},
      sendRoom: () => {},
      closed: (reason) => {
        throw new Error(`the connection ended: ${reason}`)
      },
    }
    const mask = ipv4('255.255.255.0')
    this.stack = new Stack(
      { macAddress: HOST_MAC, ipAddress: ipv4('192.168.30.1'), subnetMask: mask, mtu: 1500, hearsGroups: false },
      {
        now: () => performance.now(),
        random: seededRandom(1),
        deadlines: new DeadlineHeap(),
        output: (frame) => {
          this.sentBytes += frame.length
          this.ack = getU32(frame, SEQ_AT)
        },
        connectionRequest: (tcb) => {
          this.tcb = tcb
          return user
        },
        udpInput: () => {},
        echoThroughRouter: () => false,
      },
    )
    this.stack.tick()
    this.stack.arp.learn(GUEST, GUEST_MAC, 0)
    this.#input(tcpFrame([], { flags: SYN, seq: 0, wnd: 65_535, tcpOptions: SYN_OPTIONS }))
    accept(this.stack.tcp, this.tcb!)
    this.stack.flush()
    this.seq = 1
    this.ack += 1
    this.#input(tcpFrame([], { flags: ACK, seq: 1, ack: this.ack, wnd: 65_535 }))
    if (this.tcb!.state !== 'ESTABLISHED') throw new Error(`no connection: ${this.tcb!.state}`)
  }

  #input(frame: Uint8Array): void {
    this.stack.tick()
    this.stack.input(frame, TRUSTED)
    this.stack.flush()
  }
}

const incoming = new Connection()
const segment = tcpFrame(
  Array.from({ length: MSS }, () => 0x55),
  { ack: incoming.ack, wnd: 65_535, destination: OUTSIDE },
)
bench(
  `stack: a data segment of ${MSS} bytes in, one of ${BATCH} acknowledged at once`,
  () => {
    incoming.stack.tick()
    for (let index = 0; index < BATCH; index++) {
      setU32(segment, SEQ_AT, incoming.seq)
      incoming.stack.input(segment, TRUSTED)
      incoming.seq = (incoming.seq + MSS) >>> 0
    }
    incoming.stack.flush()
    return incoming.sentBytes
  },
  { items: BATCH, bytes: BATCH * MSS },
)

const SUPER = 44 * MSS
const outgoing = new Connection()
const data = new Uint8Array(new ArrayBuffer(SUPER)).fill(0x55)
const acknowledgment = tcpFrame([], { flags: ACK, seq: 1, wnd: 65_535 })
let next = outgoing.ack
bench(
  `stack: ${SUPER} bytes out as super-frames, acknowledged`,
  () => {
    outgoing.stack.tick()
    if (sendSpace(outgoing.tcb!) < SUPER) throw new Error('no room to send')
    send(outgoing.stack.tcp, outgoing.tcb!, data)
    outgoing.stack.flush()
    next = (next + SUPER) >>> 0
    // Two steps, as a receiver acknowledges: the window of the slow start may not have let everything out at once.
    for (let ack = outgoing.tcb!.snd.una >>> 0; ack !== next; ack = outgoing.tcb!.snd.una >>> 0) {
      setU32(acknowledgment, ACK_AT, outgoing.tcb!.snd.nxt >>> 0)
      outgoing.stack.input(acknowledgment, TRUSTED)
      outgoing.stack.flush()
    }
    return outgoing.sentBytes
  },
  { bytes: SUPER },
)
