// Non-blocking IPv4 sockets and epoll, as raw calls: results are the kernel's, -1 with `errno()`.
// Structures live in preallocated memory and are passed by address; layouts are 64-bit Linux's.

import { addressOf, bind, bindOnce, setWord64 } from './libc.ts'

const AF_INET = 2
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000

const SOL_SOCKET = 1
const IPPROTO_TCP = 6
const SO_REUSEADDR = 2
const SO_ERROR = 4
const SO_BROADCAST = 6
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_LINGER = 13
const TCP_NODELAY = 1
const TCP_SYNCNT = 7

export const SHUT_WR = 1
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

export const EPOLLIN = 0x001
export const EPOLLOUT = 0x004
export const EPOLLERR = 0x008
export const EPOLLHUP = 0x010
export const EPOLLRDHUP = 0x2000
const EPOLLET = 0x8000_0000
const EPOLL_CTL_ADD = 1
const EPOLL_CLOEXEC = 0o2000000

const SOCKADDR_LEN = 16

const calls = bindOnce(() => ({
  socket: bind('socket', 'int', ['int', 'int', 'int']),
  bind: bind('bind', 'int', ['int', 'uintptr_t', 'uint']),
  listen: bind('listen', 'int', ['int', 'int']),
  accept4: bind('accept4', 'int', ['int', 'uintptr_t', 'uintptr_t', 'int']),
  connect: bind('connect', 'int', ['int', 'uintptr_t', 'uint']),
  setsockopt: bind('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint']),
  getsockopt: bind('getsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t']),
  shutdown: bind('shutdown', 'int', ['int', 'int']),
  close: bind('close', 'int', ['int']),
  recv: bind('recv', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int']),
  send: bind('send', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int']),
  recvmmsg: bind('recvmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t']),
  sendmmsg: bind('sendmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int']),
  epoll_create1: bind('epoll_create1', 'int', ['int']),
  epoll_ctl: bind('epoll_ctl', 'int', ['int', 'int', 'int', 'uintptr_t']),
  epoll_wait: bind('epoll_wait', 'int', ['int', 'uintptr_t', 'int', 'int']),
}))

/** One 64-byte-plus scratch structure for arguments; calls are synchronous, so one is enough. */
const scratch = new Uint8Array(new ArrayBuffer(256))
const scratchWords = new Uint32Array(scratch.buffer)
const scratchView = new DataView(scratch.buffer)

function setSockaddr(view: DataView, offset: number, address: number, port: number): void {
  view.setUint16(offset, AF_INET, true)
  view.setUint16(offset + 2, port)
  view.setUint32(offset + 4, address)
}

/** @returns a descriptor, or -1 */
export function tcpSocket(): number {
  return calls().socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
}

/** @returns a descriptor, or -1 */
export function udpSocket(): number {
  return calls().socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
}

export function bindIpv4(fd: number, address: number, port: number): number {
  setSockaddr(scratchView, 0, address, port)
  return calls().bind(fd, addressOf(scratch), SOCKADDR_LEN)
}

export function connectIpv4(fd: number, address: number, port: number): number {
  setSockaddr(scratchView, 0, address, port)
  return calls().connect(fd, addressOf(scratch), SOCKADDR_LEN)
}

/** Lets a server take its port again at once after it was stopped. */
export function setReuseAddress(fd: number): void {
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
}

export function listenSocket(fd: number, backlog: number): number {
  return calls().listen(fd, backlog)
}

/** @returns a descriptor, or -1; whose it is, until the next call: `acceptedAddress`, `acceptedPort` */
export function acceptSocket(fd: number): number {
  scratchWords[8] = SOCKADDR_LEN
  const address = addressOf(scratch)
  return calls().accept4(fd, address, address + 32, SOCK_NONBLOCK | SOCK_CLOEXEC)
}

export function acceptedAddress(): number {
  return scratchView.getUint32(4)
}

export function acceptedPort(): number {
  return scratchView.getUint16(2)
}

function setIntOption(fd: number, level: number, option: number, value: number): number {
  scratchWords[0] = value
  return calls().setsockopt(fd, level, option, addressOf(scratch), 4)
}

export function setNoDelay(fd: number): void {
  setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1)
}

/** SYNs before a connection attempt is given up: 5 are 63 s. */
export function setSynCount(fd: number, count: number): void {
  setIntOption(fd, IPPROTO_TCP, TCP_SYNCNT, count)
}

/** The socket may send to 255.255.255.255. */
export function setBroadcast(fd: number): void {
  setIntOption(fd, SOL_SOCKET, SO_BROADCAST, 1)
}

export function setReceiveBuffer(fd: number, bytes: number): void {
  setIntOption(fd, SOL_SOCKET, SO_RCVBUF, bytes)
}

export function setSendBuffer(fd: number, bytes: number): void {
  setIntOption(fd, SOL_SOCKET, SO_SNDBUF, bytes)
}

/** The next close sends RST. */
export function setLingerZero(fd: number): void {
  scratchWords[0] = 1
  scratchWords[1] = 0
  calls().setsockopt(fd, SOL_SOCKET, SO_LINGER, addressOf(scratch), 8)
}

/** SO_ERROR: an errno, 0 for none. */
export function socketError(fd: number): number {
  scratchWords[8] = 4
  const address = addressOf(scratch)
  return calls().getsockopt(fd, SOL_SOCKET, SO_ERROR, address, address + 32) < 0 ? -1 : (scratchWords[0] as number)
}

export function shutdown(fd: number, how: number): number {
  return calls().shutdown(fd, how)
}

export function closeSocket(fd: number): void {
  calls().close(fd)
}

export function recv(fd: number, address: number, length: number): number {
  return calls().recv(fd, address, length, MSG_DONTWAIT)
}

export function send(fd: number, address: number, length: number): number {
  return calls().send(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL)
}

/** Packed on x86-64 only. */
const EPOLL_EVENT_LEN = process.arch === 'x64' ? 12 : 16
const EPOLL_DATA_OFFSET = EPOLL_EVENT_LEN - 8

/** An epoll instance, edge-triggered: who is told that a descriptor is ready uses it until EAGAIN. */
export class Epoll {
  readonly fd: number
  readonly #capacity: number
  readonly #events: Uint8Array
  readonly #view: DataView
  readonly #address: number

  /** @throws when the kernel gives no descriptor @param capacity events per wait */
  constructor(capacity: number) {
    this.fd = calls().epoll_create1(EPOLL_CLOEXEC)
    if (this.fd < 0) throw new Error('epoll_create1 failed')
    this.#capacity = capacity
    this.#events = new Uint8Array(new ArrayBuffer(Math.max(256, capacity * EPOLL_EVENT_LEN)))
    this.#view = new DataView(this.#events.buffer)
    this.#address = addressOf(this.#events)
  }

  /** @param tag two 32-bit numbers that come back with every event */
  add(fd: number, events: number, tagLow: number, tagHigh: number): number {
    scratchView.setUint32(0, (events | EPOLLET) >>> 0, true)
    scratchView.setUint32(EPOLL_DATA_OFFSET, tagLow, true)
    scratchView.setUint32(EPOLL_DATA_OFFSET + 4, tagHigh, true)
    return calls().epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, addressOf(scratch))
  }

  /** Does not wait. @returns how many events there are */
  poll(): number {
    return calls().epoll_wait(this.fd, this.#address, this.#capacity, 0)
  }

  eventsAt(index: number): number {
    return this.#view.getUint32(index * EPOLL_EVENT_LEN, true)
  }

  tagLowAt(index: number): number {
    return this.#view.getUint32(index * EPOLL_EVENT_LEN + EPOLL_DATA_OFFSET, true)
  }

  tagHighAt(index: number): number {
    return this.#view.getUint32(index * EPOLL_EVENT_LEN + EPOLL_DATA_OFFSET + 4, true)
  }

  close(): void {
    calls().close(this.fd)
  }
}

const MMSGHDR_LEN = 64
const IOVEC_LEN = 16
/** One control message with a 16-bit value, padded: what UDP_SEGMENT takes. */
const CONTROL_LEN = 24
const SOL_UDP = 17
const UDP_SEGMENT = 103

/**
 * Datagrams of one socket, many per system call (recvmmsg, sendmmsg): `slots` datagrams, each with its address and
 * `slotLen` bytes of payload. Datagrams of equal length to one destination are handed over as one message that the
 * kernel cuts (UDP_SEGMENT, udp(7)), which spares it a walk through the network stack for each.
 */
export class DatagramBatch {
  readonly slots: number
  readonly slotLen: number
  readonly payload: Uint8Array
  readonly #view: DataView
  readonly #words: Uint32Array
  readonly #headersAddress: number
  readonly #iovecs: number
  readonly #addresses: number
  readonly #controls: number

  constructor(slots: number, slotLen: number) {
    this.slots = slots
    this.slotLen = slotLen
    this.payload = new Uint8Array(new ArrayBuffer(slots * slotLen))
    this.#iovecs = slots * MMSGHDR_LEN
    this.#addresses = this.#iovecs + slots * IOVEC_LEN
    this.#controls = this.#addresses + slots * SOCKADDR_LEN
    const headers = new Uint8Array(new ArrayBuffer(this.#controls + slots * CONTROL_LEN))
    this.#view = new DataView(headers.buffer)
    this.#words = new Uint32Array(headers.buffer)
    this.#headersAddress = addressOf(headers)
    const payloadAddress = addressOf(this.payload)
    for (let slot = 0; slot < slots; slot++) {
      const iovec = (this.#iovecs + slot * IOVEC_LEN) / 4
      setWord64(this.#words, iovec, payloadAddress + slot * slotLen)
      setWord64(this.#words, iovec + 2, slotLen)
      this.#setHeader(slot, slot, 1, 0)
    }
  }

  /** @returns the number of datagrams read, or -1 */
  receive(fd: number): number {
    return calls().recvmmsg(fd, this.#headersAddress, this.slots, MSG_DONTWAIT, 0)
  }

  lengthAt(slot: number): number {
    return this.#view.getUint32(slot * MMSGHDR_LEN + 56, true)
  }

  addressAt(slot: number): number {
    return this.#view.getUint32(this.#addresses + slot * SOCKADDR_LEN + 4)
  }

  portAt(slot: number): number {
    return this.#view.getUint16(this.#addresses + slot * SOCKADDR_LEN + 2)
  }

  /** Fills a slot for sending. */
  set(slot: number, bytes: Uint8Array, address: number, port: number): void {
    this.payload.set(bytes, slot * this.slotLen)
    this.#words[(this.#iovecs + slot * IOVEC_LEN) / 4 + 2] = bytes.length
    setSockaddr(this.#view, this.#addresses + slot * SOCKADDR_LEN, address, port)
  }

  /** Makes message `index` of `count` slots from `first` on; with `segmentLen` the kernel cuts it into such datagrams. */
  setMessage(index: number, first: number, count: number, segmentLen: number): void {
    this.#setHeader(index, first, count, segmentLen)
  }

  /** Sends the messages `from` to `to`, the last one not. @returns the number sent, or -1 */
  send(fd: number, from: number, to: number): number {
    return calls().sendmmsg(fd, this.#headersAddress + from * MMSGHDR_LEN, to - from, MSG_DONTWAIT | MSG_NOSIGNAL)
  }

  /** msg_name, msg_namelen, msg_iov, msg_iovlen, msg_control, msg_controllen. */
  #setHeader(index: number, first: number, count: number, segmentLen: number): void {
    const header = (index * MMSGHDR_LEN) / 4
    setWord64(this.#words, header, this.#headersAddress + this.#addresses + first * SOCKADDR_LEN)
    this.#words[header + 2] = SOCKADDR_LEN
    setWord64(this.#words, header + 4, this.#headersAddress + this.#iovecs + first * IOVEC_LEN)
    setWord64(this.#words, header + 6, count)
    const control = this.#controls + index * CONTROL_LEN
    setWord64(this.#words, header + 8, segmentLen === 0 ? 0 : this.#headersAddress + control)
    setWord64(this.#words, header + 10, segmentLen === 0 ? 0 : CONTROL_LEN)
    if (segmentLen === 0) return
    setWord64(this.#words, control / 4, CONTROL_LEN - 6)
    this.#words[control / 4 + 2] = SOL_UDP
    this.#words[control / 4 + 3] = UDP_SEGMENT
    this.#view.setUint16(control + 16, segmentLen, true)
  }
}
