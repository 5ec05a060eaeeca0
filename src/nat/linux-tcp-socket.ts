// A TCP socket of linux-sockets.ts: connect, read, write, half-close, reset.

import { localPort } from '../os/icmp-sockets.ts'
import { addressOf, errno, errnoName, errnoNumber } from '../os/libc.ts'
import {
  closeSocket,
  connectIpv4,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  recv,
  SHUT_WR,
  send,
  setLingerZero,
  setNoDelay,
  setSynCount,
  shutdown,
  socketError,
  tcpSocket,
} from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import { connectFailure, type TcpSocket, type TcpSocketEvents } from './sockets.ts'

/** 1 + 2 + 4 + 8 + 16 + 32 s: about as long as CONNECT_TIMEOUT_MS of os-sockets.ts. */
const SYN_COUNT = 5
/** Bytes read per turn; a flow that has more waits for the others. */
const READ_PER_TURN = 1024 * 1024
/** A write at least this long goes to the kernel at once, from where it lies; shorter ones are gathered. */
const DIRECT_WRITE_MIN = 4096
/** Chunks that short writes are gathered in: mostly one request, which a small one holds. */
const SMALL_GATHER_LEN = 4 * 1024
const GATHER_LEN = 64 * 1024
/** Chunks kept for the next socket: fresh memory costs more than what is written into it. */
const FREE_SMALL_LIMIT = 256
const FREE_LARGE_LIMIT = 32

/** Of a queue with nothing in it, as most are most of the time; never changed. */
const NO_CHUNKS: Uint8Array[] = []

const freeSmall: Uint8Array[] = []
const freeLarge: Uint8Array[] = []

function takeChunk(len: number): Uint8Array {
  if (len === GATHER_LEN) return freeLarge.pop() ?? new Uint8Array(new ArrayBuffer(GATHER_LEN))
  if (len > SMALL_GATHER_LEN) return new Uint8Array(new ArrayBuffer(len))
  return freeSmall.pop() ?? new Uint8Array(new ArrayBuffer(SMALL_GATHER_LEN))
}

function releaseChunk(chunk: Uint8Array): void {
  if (chunk.length === SMALL_GATHER_LEN && freeSmall.length < FREE_SMALL_LIMIT) freeSmall.push(chunk)
  else if (chunk.length === GATHER_LEN && freeLarge.length < FREE_LARGE_LIMIT) freeLarge.push(chunk)
}

type Life = 'connecting' | 'open' | 'gone'

export class LinuxTcpSocket implements TcpSocket, LinuxSocket {
  readonly fd: number
  generation = 0
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #events: TcpSocketEvents
  #life: Life = 'connecting'
  /** The errno of what failed on the spot; told with the next turn. */
  #failedWith = 0
  #paused = false
  /** The kernel may have bytes, or the end, for us. */
  #readable = false
  #writable = false
  /** The outside has closed or broken its side: the end lies behind the bytes that are still to be read. */
  #endAhead = false
  #endReceived = false
  #ending = false
  #endSent = false
  #wantsFlush = false
  /** Bytes that the kernel has not taken yet, as copies; the first `#queueStart` of the first are gone. */
  #queue = NO_CHUNKS
  #queueStart = 0
  /** Bytes in the last chunk of the queue. */
  #tailLen = 0
  /** Writes so far. */
  #sends = 0

  constructor(set: LinuxSocketSet, fd: number, events: TcpSocketEvents) {
    this.#set = set
    this.#events = events
    this.fd = fd
  }

  static connect(set: LinuxSocketSet, address: Ipv4Address, port: number, events: TcpSocketEvents): LinuxTcpSocket {
    const socket = new LinuxTcpSocket(set, tcpSocket(), events)
    if (socket.fd < 0) {
      socket.#failLater(errno())
      return socket
    }
    setSynCount(socket.fd, SYN_COUNT)
    if (connectIpv4(socket.fd, address, port) < 0 && errno() !== errnoNumber('EINPROGRESS')) socket.#failLater(errno())
    else if (!set.register(socket)) socket.#failLater(errno())
    return socket
  }

  /** A connection that has come; paused. */
  static accepted(set: LinuxSocketSet, fd: number, events: TcpSocketEvents): LinuxTcpSocket {
    const socket = new LinuxTcpSocket(set, fd, events)
    socket.#life = 'open'
    socket.#writable = true
    socket.#paused = true
    if (!set.register(socket)) socket.#failLater(errno())
    return socket
  }

  write(bytes: Uint8Array): number {
    if (this.#life === 'gone' || this.#ending) return bytes.length
    let taken = 0
    if (this.#queue.length === 0 && this.#writable && bytes.length >= DIRECT_WRITE_MIN) {
      taken = this.#send(bytes, 0, bytes.length)
      if (taken === bytes.length) return taken
    }
    this.#gather(bytes, taken)
    return taken
  }

  end(): void {
    if (this.#life === 'gone' || this.#ending) return
    this.#ending = true
    this.#markForFlush()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#readable && this.#life === 'open') this.#set.list(this)
  }

  localPort(): number {
    return this.#life === 'gone' ? 0 : localPort(this.fd)
  }

  reset(): void {
    if (this.#life === 'gone') return
    if (this.#life === 'open') setLingerZero(this.fd)
    this.#close()
  }

  flushOutput(): void {
    this.#wantsFlush = false
    if (this.#life !== 'open') return
    // What leaves now left from within the caller's flush: it is told with the socket's next turn.
    if (this.#writable && this.#queue.length > 0) this.#set.list(this)
    else this.#sendEnd()
  }

  run(events: number): void {
    if (this.#failedWith !== 0) {
      this.#fail(this.#failedWith)
      return
    }
    if (this.#life === 'gone') return
    if (this.#life === 'connecting') {
      if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return
      // Writable and nothing else: connected, without asking why not.
      const error = (events & (EPOLLERR | EPOLLHUP)) === 0 ? 0 : socketError(this.fd)
      if (error !== 0) {
        this.#fail(error)
        return
      }
      this.#life = 'open'
      this.#writable = true
      this.#events.connected()
    }
    if ((events & EPOLLOUT) !== 0) this.#writable = true
    if ((events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) !== 0) this.#endAhead = true
    if (this.#endAhead || (events & EPOLLIN) !== 0) this.#readable = true
    this.#drain()
    if (this.#readable && !this.#paused) this.#read()
    this.#closeIfDone()
  }

  #gather(bytes: Uint8Array, from: number): void {
    let position = from
    while (position < bytes.length) {
      let tail = this.#queue[this.#queue.length - 1]
      if (tail === undefined || this.#tailLen === tail.length) {
        // Exactly as long as what it holds, if that is much: only short writes are worth joining.
        const left = bytes.length - position
        const isFirst = this.#queue.length === 0
        tail = takeChunk(left >= GATHER_LEN / 2 ? left : isFirst && left <= SMALL_GATHER_LEN ? left : GATHER_LEN)
        if (isFirst) this.#queue = [tail]
        else this.#queue.push(tail)
        this.#tailLen = 0
      }
      const n = Math.min(bytes.length - position, tail.length - this.#tailLen)
      tail.set(position === 0 && n === bytes.length ? bytes : bytes.subarray(position, position + n), this.#tailLen)
      this.#tailLen += n
      position += n
    }
    this.#markForFlush()
  }

  #markForFlush(): void {
    if (this.#wantsFlush) return
    this.#wantsFlush = true
    this.#set.wantsFlush(this)
  }

  /** Hands the queue to the kernel, as far as it takes it, and tells the user. */
  #drain(): void {
    let written = 0
    while (this.#writable && this.#queue.length > 0 && this.#life === 'open') {
      const chunk = this.#queue[0] as Uint8Array
      const end = this.#queue.length === 1 ? this.#tailLen : chunk.length
      const n = this.#send(chunk, this.#queueStart, end)
      written += n
      this.#queueStart += n
      if (this.#queueStart === end) {
        this.#dropFirst()
        releaseChunk(chunk)
      }
    }
    if (this.#queue.length === 0) this.#sendEnd()
    if (written > 0) this.#events.written(written)
  }

  /** @returns how many bytes the kernel took; fewer than asked for means that it wants no more for now */
  #send(bytes: Uint8Array, from: number, end: number): number {
    // Nothing holds back the first write of a connection, and many have no second one.
    if (this.#sends++ === 1) setNoDelay(this.fd)
    const n = send(this.fd, addressOf(bytes) + from, end - from)
    if (n < 0) {
      this.#writable = false
      // A broken connection shows itself to the reader too, which tells the user.
      if (errno() !== errnoNumber('EAGAIN')) {
        this.#readable = true
        this.#paused = false
        this.#set.list(this)
      }
      return 0
    }
    if (n < end - from) this.#writable = false
    return n
  }

  #sendEnd(): void {
    if (!this.#ending || this.#endSent || this.#queue.length > 0 || this.#life !== 'open') return
    this.#endSent = true
    shutdown(this.fd, SHUT_WR)
    if (this.#endReceived) this.#set.list(this)
  }

  #read(): void {
    let turn = 0
    while (!this.#paused && this.#life === 'open' && !this.#endReceived) {
      if (turn >= READ_PER_TURN) {
        this.#set.list(this)
        return
      }
      const buffer = this.#events.readBuffer()
      const n = recv(this.fd, addressOf(buffer), buffer.length)
      if (n < 0) {
        this.#readFailed(errno())
        return
      }
      if (n === 0) {
        this.#endReceived = true
        this.#readable = false
        this.#events.ended()
        return
      }
      turn += n
      this.#events.data(n === buffer.length ? buffer : buffer.subarray(0, n))
      // Fewer bytes than asked for: there are no more, and what comes later is told anew (epoll(7), question 9).
      if (n < buffer.length && !this.#endAhead) {
        this.#readable = false
        return
      }
    }
  }

  #readFailed(error: number): void {
    if (error === errnoNumber('EAGAIN')) this.#readable = false
    else if (error !== errnoNumber('EINTR')) this.#goneBy(true)
    else this.#set.list(this)
  }

  #closeIfDone(): void {
    if (this.#life === 'open' && this.#endReceived && this.#endSent) this.#goneBy(false)
  }

  #failLater(error: number): void {
    this.#failedWith = error
    this.#set.list(this)
  }

  #fail(error: number): void {
    if (this.#life === 'gone') return
    const wasOpen = this.#life === 'open'
    this.#close()
    if (wasOpen) this.#events.gone(true)
    else this.#events.failed(connectFailure(errnoName(error)))
  }

  #dropFirst(): void {
    this.#queueStart = 0
    if (this.#queue.length > 1) {
      this.#queue.shift()
      return
    }
    this.#queue = NO_CHUNKS
    this.#tailLen = 0
  }

  #goneBy(reset: boolean): void {
    if (this.#life === 'gone') return
    this.#close()
    this.#events.gone(reset)
  }

  #close(): void {
    this.#life = 'gone'
    this.#failedWith = 0
    for (const chunk of this.#queue) releaseChunk(chunk)
    this.#queue = NO_CHUNKS
    this.#tailLen = 0
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }
}
