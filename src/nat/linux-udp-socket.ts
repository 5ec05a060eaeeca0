// A UDP socket of linux-sockets.ts: datagrams in and out, many per system call.

import { bindIpv4, closeSocket, DatagramBatch, EPOLLERR, EPOLLIN, setReceiveBuffer, udpSocket } from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-sockets.ts'
import type { UdpSocket, UdpSocketEvents } from './sockets.ts'

/** Datagrams that a socket of the kernel's may hold for us, in bytes with their overhead. */
const RECEIVE_BUFFER = 1024 * 1024
/** Datagrams read per turn. */
const READ_PER_TURN = 256
const RECEIVE_SLOTS = 32
const SEND_SLOTS = 64
/** Longer datagrams than this leave one by one. */
const SEND_SLOT_LEN = 2048
const DATAGRAM_LEN_MAX = 65_536

/** Memory for system calls, shared by all sockets of a set: what is read is passed on at once, what is sent soon. */
export class UdpBatches {
  #receive: DatagramBatch | undefined
  #send: DatagramBatch | undefined
  #sendLong: DatagramBatch | undefined
  /** Whose datagrams fill the send batch now, and how many. */
  #fd = -1
  #count = 0

  get receive(): DatagramBatch {
    this.#receive ??= new DatagramBatch(RECEIVE_SLOTS, DATAGRAM_LEN_MAX)
    return this.#receive
  }

  /** Copies the datagram; it leaves with the next flush, or when the batch is full or another socket's turn. */
  send(fd: number, bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (this.#fd !== fd || this.#count === SEND_SLOTS) this.flush()
    if (bytes.length > SEND_SLOT_LEN) {
      this.flush()
      this.#sendLong ??= new DatagramBatch(1, DATAGRAM_LEN_MAX)
      this.#sendLong.set(0, bytes, address, port)
      this.#sendLong.send(fd, 0, 1)
      return
    }
    this.#fd = fd
    this.#send ??= new DatagramBatch(SEND_SLOTS, SEND_SLOT_LEN)
    this.#send.set(this.#count++, bytes, address, port)
  }

  flush(): void {
    let sent = 0
    while (sent < this.#count) {
      const n = (this.#send as DatagramBatch).send(this.#fd, sent, this.#count)
      // A datagram that cannot be sent is lost, as on any network; those behind it may be luckier.
      sent += Math.max(1, n)
    }
    this.#count = 0
    this.#fd = -1
  }
}

export class LinuxUdpSocket implements UdpSocket, LinuxSocket {
  readonly fd: number
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #events: UdpSocketEvents
  #isClosed = false
  #hasFailed = false

  constructor(set: LinuxSocketSet, preferredPort: number, events: UdpSocketEvents) {
    this.#set = set
    this.#events = events
    this.fd = udpSocket()
    // The port may be taken, or not ours to take: any other will do.
    const isBound = this.fd >= 0 && (bindIpv4(this.fd, 0, preferredPort) === 0 || bindIpv4(this.fd, 0, 0) === 0)
    if (isBound && set.register(this)) {
      setReceiveBuffer(this.fd, RECEIVE_BUFFER)
      return
    }
    this.#hasFailed = true
    set.list(this)
  }

  send(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (!this.#isClosed && !this.#hasFailed) this.#set.udp.send(this.fd, bytes, address, port)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#set.udp.flush()
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }

  /** Datagrams are never gathered per socket. */
  flushOutput(): void {}

  run(events: number): void {
    if (this.#isClosed) return
    if (this.#hasFailed) {
      this.close()
      this.#events.failed()
      return
    }
    if (events !== 0 && (events & (EPOLLIN | EPOLLERR)) === 0) return
    const batch = this.#set.udp.receive
    for (let read = 0; read < READ_PER_TURN; ) {
      const count = batch.receive(this.fd)
      // An error is some earlier datagram's (ICMP unreachable), and is over with this call.
      if (count < 0 && read === 0 && (events & EPOLLERR) !== 0) {
        read++
        continue
      }
      for (let slot = 0; slot < count && !this.#isClosed; slot++) {
        const start = slot * batch.slotLen
        const bytes = batch.payload.subarray(start, start + batch.lengthAt(slot))
        this.#events.message(bytes, batch.addressAt(slot) as Ipv4Address, batch.portAt(slot))
      }
      if (count < batch.slots || this.#isClosed) return
      read += count
    }
    this.#set.list(this)
  }
}
