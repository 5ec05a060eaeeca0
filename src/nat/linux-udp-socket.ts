// A UDP socket of linux-sockets.ts: datagrams in and out, many per system call.

import { localPort, queueErrors, setDontFragment, setTtl } from '../os/icmp-sockets.ts'
import { errnoName } from '../os/libc.ts'
import { bindIpv4, closeSocket, EPOLLERR, EPOLLIN, setBroadcast, setReceiveBuffer, udpSocket } from '../os/sockets.ts'
import { ICMP_UNREACHABLE } from '../wire/icmpv4.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import { codeOf, drainErrors } from './linux-socket-errors.ts'
import { type BindFailure, bindFailure, type OutsideError, type UdpSocket, type UdpSocketEvents } from './sockets.ts'

/** Datagrams that a socket of the kernel's may hold for us, in bytes with their overhead. */
const RECEIVE_BUFFER = 1024 * 1024
/** Datagrams read per turn. */
const READ_PER_TURN = 256

export class LinuxUdpSocket implements UdpSocket, LinuxSocket {
  readonly fd: number
  generation = 0
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #events: UdpSocketEvents
  #isClosed = false
  #failure: BindFailure | undefined
  /** To be told with the next turn. */
  #isNews = false
  /** The last datagram that the kernel would not send; told with the next turn. */
  #unsent: OutsideError | undefined

  /** @param anyPort the port may be taken, or not ours to take: then any other will do */
  constructor(set: LinuxSocketSet, address: Ipv4Address, port: number, anyPort: boolean, events: UdpSocketEvents) {
    this.#set = set
    this.#events = events
    this.fd = udpSocket()
    let isBound = this.fd >= 0 && bindIpv4(this.fd, address, port) === 0
    if (!isBound && anyPort && this.fd >= 0) isBound = bindIpv4(this.fd, address, 0) === 0
    if (!isBound || !set.register(this)) this.#failure = bindFailure(errnoName())
    else {
      setReceiveBuffer(this.fd, RECEIVE_BUFFER)
      if (events.unreached !== undefined) queueErrors(this.fd)
    }
    if (this.#failure === undefined && events.bound === undefined) return
    this.#isNews = true
    set.list(this)
  }

  send(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (!this.#isClosed && this.#failure === undefined) this.#set.udp.send(this, bytes, address, port)
  }

  localPort(): number {
    return this.#isClosed || this.#failure !== undefined ? 0 : localPort(this.fd)
  }

  setTtl(ttl: number): void {
    if (this.#isClosed || this.#failure !== undefined) return
    this.#set.udp.flushOf(this)
    setTtl(this.fd, ttl)
  }

  allowBroadcast(): void {
    if (!this.#isClosed && this.#failure === undefined) setBroadcast(this.fd)
  }

  setDontFragment(on: boolean): void {
    if (this.#isClosed || this.#failure !== undefined) return
    this.#set.udp.flushOf(this)
    setDontFragment(this.fd, on)
  }

  /** The kernel says at once that this destination cannot be reached. Its error queue tells of what is too long. */
  notSent(errno: string, address: Ipv4Address, port: number): void {
    const code = errno === 'EMSGSIZE' ? undefined : codeOf(errno)
    if (code === undefined || this.#isClosed || this.#events.unreached === undefined) return
    const payload = new Uint8Array(0)
    this.#unsent = { type: ICMP_UNREACHABLE, code, reporter: ANY_IPV4, address, port, mtu: 0, payload }
    this.#set.list(this)
  }

  close(): void {
    if (this.#isClosed) return
    this.#set.udp.flush()
    this.#isClosed = true
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }

  /** Datagrams are never gathered per socket. */
  flushOutput(): void {}

  run(events: number): void {
    if (this.#isClosed) return
    if (this.#failure !== undefined) {
      this.close()
      this.#events.failed(this.#failure)
      return
    }
    if (this.#isNews) {
      this.#isNews = false
      this.#events.bound?.()
      if (this.#isClosed) return
    }
    if (this.#unsent !== undefined || (events & EPOLLERR) !== 0) this.#tellErrors()
    if (this.#isClosed || (events !== 0 && (events & (EPOLLIN | EPOLLERR)) === 0)) return
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

  #tellErrors(): void {
    const unsent = this.#unsent
    this.#unsent = undefined
    const tell = (error: OutsideError): void => {
      if (!this.#isClosed) this.#events.unreached?.(error)
    }
    if (unsent !== undefined) tell(unsent)
    drainErrors(this.fd, tell)
  }
}
