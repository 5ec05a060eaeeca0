// A listening TCP socket of linux-sockets.ts.

import { errno, errnoName, errnoNumber } from '../os/libc.ts'
import {
  acceptedAddress,
  acceptedPort,
  acceptSocket,
  bindIpv4,
  closeSocket,
  listenSocket,
  setLingerZero,
  setReuseAddress,
  tcpSocket,
} from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import { LinuxTcpSocket } from './linux-tcp-socket.ts'
import { type BindFailure, bindFailure, type TcpListener, type TcpListenerEvents } from './sockets.ts'

const BACKLOG = 511
/** Connections taken per turn; the others wait. */
const ACCEPT_PER_TURN = 64

/**
 * Kept for the moment when there are no more descriptors: given up, it lets one connection be taken and reset, which would
 * otherwise wait for ever, since its arrival is told only once.
 */
let spare = -1

export class LinuxTcpListener implements TcpListener, LinuxSocket {
  readonly fd: number
  generation = 0
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #events: TcpListenerEvents
  #failure: BindFailure | undefined
  #isBound = false
  #isClosed = false

  constructor(set: LinuxSocketSet, address: Ipv4Address, port: number, events: TcpListenerEvents) {
    this.#set = set
    this.#events = events
    if (spare < 0) spare = tcpSocket()
    this.fd = tcpSocket()
    if (this.fd >= 0) setReuseAddress(this.fd)
    const isOpen = this.fd >= 0 && bindIpv4(this.fd, address, port) === 0 && listenSocket(this.fd, BACKLOG) === 0
    if (!isOpen || !set.register(this)) this.#failure = bindFailure(errnoName())
    set.list(this)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }

  flushOutput(): void {}

  run(): void {
    if (this.#isClosed) return
    if (this.#failure !== undefined) {
      this.close()
      this.#events.failed(this.#failure)
      return
    }
    if (!this.#isBound) {
      this.#isBound = true
      this.#events.bound()
    }
    for (let count = 0; count < ACCEPT_PER_TURN; count++) {
      if (this.#isClosed) return
      const fd = acceptSocket(this.fd)
      if (fd >= 0) this.#deliver(fd)
      else if (errno() === errnoNumber('EAGAIN') || !this.#sacrifice()) return
    }
    this.#set.list(this)
  }

  #deliver(fd: number): void {
    let isDecided = false
    const refuse = (): void => {
      if (isDecided) return
      isDecided = true
      reset(fd)
    }
    this.#events.incoming({
      address: acceptedAddress() as Ipv4Address,
      port: acceptedPort(),
      accept: (events) => {
        isDecided = true
        return LinuxTcpSocket.accepted(this.#set, fd, events)
      },
      refuse,
    })
    refuse()
  }

  /** @returns whether to go on */
  #sacrifice(): boolean {
    // Connections that broke while they waited are reported here too, and are no reason to stop.
    if (errno() !== errnoNumber('EMFILE') && errno() !== errnoNumber('ENFILE')) return true
    if (spare < 0) return false
    closeSocket(spare)
    const fd = acceptSocket(this.fd)
    if (fd >= 0) reset(fd)
    spare = tcpSocket()
    return fd >= 0
  }
}

function reset(fd: number): void {
  setLingerZero(fd)
  closeSocket(fd)
}
