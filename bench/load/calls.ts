// The C library's socket calls as the load generators use them: one thread, blocking where that is what is wanted.
//
// Node's own sockets cost several microseconds an event, more than some of what is measured here; a call through the
// binding costs a few tenths. Only the binding itself (src/os/libc.ts) is shared with the product, no socket code is.
// Results are the kernel's: -1 with `errno()`. Structures are 64-bit Linux's.

import { addressOf, bind, errno, errnoName, errnoNumber, setWord64 } from '../../src/os/libc.ts'

const AF_UNIX = 1
const AF_INET = 2
const AF_PACKET = 17
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_ERROR = 4
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_RCVTIMEO = 20
const SO_SNDTIMEO = 21
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const F_SETFL = 4
const O_NONBLOCK = 0o4000
const PR_SET_TIMERSLACK = 29

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

export const EPOLLIN = 1
export const EPOLLOUT = 4
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
/** Packed on x86-64 only. */
const EPOLL_EVENT_LEN = process.arch === 'x64' ? 12 : 16
const EPOLL_DATA = EPOLL_EVENT_LEN - 8

const MMSGHDR_LEN = 64
const IOVEC_LEN = 16
const SOCKADDR_LEN = 16
/** Room enough for a burst while the other side is not scheduled. */
const DATAGRAM_BUFFER_BYTES = 4 << 20

const EINPROGRESS = errnoNumber('EINPROGRESS')

const socket = bind('socket', 'int', ['int', 'int', 'int'])
const bindSocket = bind('bind', 'int', ['int', 'uintptr_t', 'uint'])
const listenSocket = bind('listen', 'int', ['int', 'int'])
const accept4 = bind('accept4', 'int', ['int', 'uintptr_t', 'uintptr_t', 'int'])
const connectSocket = bind('connect', 'int', ['int', 'uintptr_t', 'uint'])
const setsockopt = bind('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint'])
const getsockopt = bind('getsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t'])
const recvmmsg = bind('recvmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t'])
const sendmmsg = bind('sendmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int'])
const epollCreate = bind('epoll_create1', 'int', ['int'])
const epollCtl = bind('epoll_ctl', 'int', ['int', 'int', 'int', 'uintptr_t'])
const epollWait = bind('epoll_wait', 'int', ['int', 'uintptr_t', 'int', 'int'])
const fcntl = bind('fcntl', 'int', ['int', 'int', 'size_t'])
const nanosleep = bind('nanosleep', 'int', ['uintptr_t', 'uintptr_t'])
const prctl = bind('prctl', 'int', ['int', 'size_t', 'size_t', 'size_t', 'size_t'])

/** 0: there is none of that name in this network namespace. */
export const interfaceIndex = bind('if_nametoindex', 'uint', ['str'])
export const read = bind('read', 'intptr_t', ['int', 'uintptr_t', 'size_t'])
export const write = bind('write', 'intptr_t', ['int', 'uintptr_t', 'size_t'])
export const closeFd = bind('close', 'int', ['int'])

const scratch = new Uint8Array(new ArrayBuffer(256))
const view = new DataView(scratch.buffer)
const SCRATCH = addressOf(scratch)

/** What went wrong with the last call; ends the generator. */
export class LoadError extends Error {
  constructor(what: string) {
    super(`${what}: ${errnoName()}`)
  }
}

function must(result: number, what: string): number {
  if (result < 0) throw new LoadError(what)
  return result
}

function putAddress(address: number, port: number): void {
  view.setUint16(0, AF_INET, true)
  view.setUint16(2, port)
  view.setUint32(4, address)
  view.setUint32(8, 0)
  view.setUint32(12, 0)
}

function setOption(fd: number, level: number, option: number, value: number): void {
  view.setUint32(128, value, true)
  setsockopt(fd, level, option, SCRATCH + 128, 4)
}

function setTimeoutOption(fd: number, option: number, seconds: number): void {
  view.setBigInt64(128, BigInt(seconds), true)
  view.setBigInt64(136, 0n, true)
  setsockopt(fd, SOL_SOCKET, option, SCRATCH + 128, 16)
}

export function setNoDelay(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1)
}

/** A listening socket; non-blocking, as what it accepts is. */
export function listen(address: number, port: number): number {
  const fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), 'socket')
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
  putAddress(address, port)
  must(bindSocket(fd, SCRATCH, SOCKADDR_LEN), `bind port ${port}`)
  must(listenSocket(fd, 4096), 'listen')
  return fd
}

/** @returns a non-blocking connection, or -1 when there is none waiting */
export function accept(fd: number): number {
  return accept4(fd, 0, 0, SOCK_NONBLOCK)
}

/** Waits for the connection, and later for every read and write, `timeoutSeconds` at most. */
export function connectBlocking(address: number, port: number, timeoutSeconds: number): number {
  const fd = must(socket(AF_INET, SOCK_STREAM, 0), 'socket')
  setTimeoutOption(fd, SO_RCVTIMEO, timeoutSeconds)
  setTimeoutOption(fd, SO_SNDTIMEO, timeoutSeconds)
  setNoDelay(fd)
  putAddress(address, port)
  must(connectSocket(fd, SCRATCH, SOCKADDR_LEN), 'connect')
  return fd
}

/** Begins to connect. @returns the descriptor, or -1 with `errno()` */
export function connectSoon(address: number, port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
  if (fd < 0) return -1
  setNoDelay(fd)
  putAddress(address, port)
  if (connectSocket(fd, SCRATCH, SOCKADDR_LEN) < 0 && errno() !== EINPROGRESS) {
    closeFd(fd)
    return -1
  }
  return fd
}

/** SO_ERROR, 0 for none. */
export function socketError(fd: number): number {
  view.setUint32(132, 4, true)
  getsockopt(fd, SOL_SOCKET, SO_ERROR, SCRATCH + 128, SCRATCH + 132)
  return view.getUint32(128, true)
}

function putPath(path: string): number {
  const bytes = Buffer.from(`${path}\0`)
  view.setUint16(0, AF_UNIX, true)
  scratch.set(bytes, 2)
  return 2 + bytes.length
}

/** A non-blocking stream connection to a Unix socket; -1 when nobody listens there (yet). */
export function connectPath(path: string): number {
  const fd = must(socket(AF_UNIX, SOCK_STREAM, 0), 'socket')
  if (connectSocket(fd, SCRATCH, putPath(path)) < 0) {
    closeFd(fd)
    return -1
  }
  return setNonBlocking(fd)
}

/** Listens on a Unix socket, and waits for the one connection that is wanted. */
export function acceptOnPath(path: string): number {
  const fd = must(socket(AF_UNIX, SOCK_STREAM, 0), 'socket')
  must(bindSocket(fd, SCRATCH, putPath(path)), `bind ${path}`)
  must(listenSocket(fd, 1), 'listen')
  const connection = must(accept(fd), 'accept')
  closeFd(fd)
  return connection
}

function setNonBlocking(fd: number): number {
  fcntl(fd, F_SETFL, O_NONBLOCK)
  return fd
}

export function bindDatagrams(address: number, port: number): number {
  const fd = datagramSocket()
  putAddress(address, port)
  must(bindSocket(fd, SCRATCH, SOCKADDR_LEN), `bind UDP port ${port}`)
  return fd
}

export function connectDatagrams(address: number, port: number): number {
  const fd = datagramSocket()
  putAddress(address, port)
  must(connectSocket(fd, SCRATCH, SOCKADDR_LEN), 'connect UDP')
  return fd
}

function datagramSocket(): number {
  const fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), 'socket')
  setOption(fd, SOL_SOCKET, SO_RCVBUF, DATAGRAM_BUFFER_BYTES)
  setOption(fd, SOL_SOCKET, SO_SNDBUF, DATAGRAM_BUFFER_BYTES)
  return fd
}

/** Whole Ethernet frames of one type, of the interface with this index. */
export function packetSocket(interfaceIndex: number, etherType: number): number {
  const protocol = ((etherType & 255) << 8) | (etherType >>> 8)
  const fd = must(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, protocol), 'packet socket')
  scratch.fill(0, 0, 20)
  view.setUint16(0, AF_PACKET, true)
  view.setUint16(2, etherType)
  view.setUint32(4, interfaceIndex, true)
  must(bindSocket(fd, SCRATCH, 20), 'bind packet socket')
  return fd
}

/** Sleeps are as long as asked for, not 50 µs longer. */
export function beExact(): void {
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

export function sleepMicroseconds(microseconds: number): void {
  view.setBigInt64(128, BigInt(Math.floor(microseconds / 1e6)), true)
  view.setBigInt64(136, BigInt(Math.round((microseconds % 1e6) * 1000)), true)
  nanosleep(SCRATCH + 128, 0)
}

/** Level-triggered epoll with a 32-bit tag per descriptor. */
export class Epoll {
  readonly #fd = must(epollCreate(0), 'epoll_create1')
  readonly #capacity: number
  readonly #view: DataView
  readonly #address: number

  constructor(capacity = 256) {
    this.#capacity = capacity
    const events = new Uint8Array(new ArrayBuffer(Math.max(256, capacity * EPOLL_EVENT_LEN)))
    this.#view = new DataView(events.buffer)
    this.#address = addressOf(events)
  }

  add(fd: number, events: number, tag: number): void {
    must(this.#control(EPOLL_CTL_ADD, fd, events, tag), 'epoll_ctl')
  }

  modify(fd: number, events: number, tag: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events, tag)
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0)
  }

  /** @returns how many descriptors are ready; 0 also when a signal came */
  wait(timeoutMs: number): number {
    return Math.max(0, epollWait(this.#fd, this.#address, this.#capacity, timeoutMs))
  }

  tagAt(index: number): number {
    return this.#view.getUint32(index * EPOLL_EVENT_LEN + EPOLL_DATA, true)
  }

  #control(operation: number, fd: number, events: number, tag: number): number {
    view.setUint32(64, events, true)
    view.setUint32(64 + EPOLL_DATA, tag, true)
    view.setUint32(68 + EPOLL_DATA, 0, true)
    return epollCtl(this.#fd, operation, fd, SCRATCH + 64)
  }
}

/** Datagrams, many per call: `slots` of `slotLen` bytes each, and where they come from or go to. */
export class Datagrams {
  readonly slots: number
  readonly slotLen: number
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #headers: Uint32Array
  readonly #address: number

  /** @param connected the socket knows the peer, so addresses are left out */
  constructor(slots: number, slotLen: number, connected: boolean) {
    this.slots = slots
    this.slotLen = slotLen
    this.bytes = new Uint8Array(new ArrayBuffer(Math.max(256, slots * slotLen)))
    this.view = new DataView(this.bytes.buffer)
    const memory = new Uint8Array(new ArrayBuffer(slots * (MMSGHDR_LEN + IOVEC_LEN + SOCKADDR_LEN)))
    this.#headers = new Uint32Array(memory.buffer)
    this.#address = addressOf(memory)
    const payload = addressOf(this.bytes)
    for (let slot = 0; slot < slots; slot++) {
      const header = (slot * MMSGHDR_LEN) / 4
      const iovec = this.#iovec(slot)
      if (!connected) {
        setWord64(this.#headers, header, this.#address + this.#peer(slot) * 4)
        this.#headers[header + 2] = SOCKADDR_LEN
      }
      setWord64(this.#headers, header + 4, this.#address + iovec * 4)
      setWord64(this.#headers, header + 6, 1)
      setWord64(this.#headers, iovec, payload + slot * slotLen)
      setWord64(this.#headers, iovec + 2, slotLen)
    }
  }

  /** @returns datagrams read, or -1 */
  receive(fd: number): number {
    return recvmmsg(fd, this.#address, this.slots, MSG_DONTWAIT, 0)
  }

  /** Of the datagram last received into the slot. */
  lengthAt(slot: number): number {
    return this.#headers[(slot * MMSGHDR_LEN + 56) / 4]!
  }

  /** How much of a slot is sent, or may be filled by receiving. */
  setLength(slot: number, length: number): void {
    this.#headers[this.#iovec(slot) + 2] = length
  }

  /** @returns datagrams sent, or -1 */
  send(fd: number, from: number, to: number): number {
    return sendmmsg(fd, this.#address + from * MMSGHDR_LEN, to - from, MSG_DONTWAIT | MSG_NOSIGNAL)
  }

  /** Sends them all, whatever room there is; what cannot be sent at all is given up. */
  sendAll(fd: number, count: number): void {
    for (let from = 0; from < count; ) {
      const sent = this.send(fd, from, count)
      if (sent <= 0) return
      from += sent
    }
  }

  /** Every slot goes to the sender of one datagram of another batch. */
  copyPeers(from: Datagrams, slot: number): void {
    const start = from.#peer(slot)
    for (let own = 0; own < this.slots; own++)
      this.#headers.set(from.#headers.subarray(start, start + SOCKADDR_LEN / 4), this.#peer(own))
  }

  #peer(slot: number): number {
    return (this.slots * (MMSGHDR_LEN + IOVEC_LEN) + slot * SOCKADDR_LEN) / 4
  }

  #iovec(slot: number): number {
    return (this.slots * MMSGHDR_LEN + slot * IOVEC_LEN) / 4
  }
}
