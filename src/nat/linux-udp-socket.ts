// A UDP socket of linux-sockets.ts: datagrams in and out, many per system call.

import { bindIpv4, closeSocket, EPOLLERR, EPOLLIN, setReceiveBuffer, udpSocket } from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import type { UdpSocket, UdpSocketEvents } from './sockets.ts'

/** Datagrams that a socket of the kernel's may hold for us, in bytes with their overhead. */
const RECEIVE_BUFFER = 1024 * 1024
/** Datagrams read per turn. */
const READ_PER_TURN = 256

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
