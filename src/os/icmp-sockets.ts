// What ICMP needs of Linux's sockets: echo sockets, TTL and "don't fragment" of what leaves, TTL of what comes, and the
// error queue (ip(7), IP_RECVERR), through which the kernel hands over what routers said about our datagrams.
//
// Two kinds of echo socket: SOCK_DGRAM with IPPROTO_ICMP, for the groups of net.ipv4.ping_group_range, where the kernel
// chooses the identifier and sees to it that only our replies arrive (icmp(7)); and SOCK_RAW, for CAP_NET_RAW, which hears
// every reply on this computer.

import { addressOf, bind, bindOnce, setWord64 } from './libc.ts'

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const IPPROTO_IP = 0
const IPPROTO_ICMP = 1
const SOL_RAW = 255
const ICMP_FILTER = 1
const IP_TTL = 2
const IP_MTU_DISCOVER = 10
const IP_RECVERR = 11
const IP_RECVTTL = 12
const IP_PMTUDISC_WANT = 1
const IP_PMTUDISC_DO = 2
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_ERRQUEUE = 0x2000

const SOCKADDR_LEN = 16
const MSGHDR_LEN = 56
const CMSG_HEADER_LEN = 16
const CONTROL_LEN = 256
const ECHO_REPLY = 0

const calls = bindOnce(() => ({
  socket: bind('socket', 'int', ['int', 'int', 'int']),
  setsockopt: bind('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint']),
  getsockname: bind('getsockname', 'int', ['int', 'uintptr_t', 'uintptr_t']),
  sendto: bind('sendto', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uint']),
  recvmsg: bind('recvmsg', 'intptr_t', ['int', 'uintptr_t', 'int']),
}))

const scratch = new Uint8Array(new ArrayBuffer(256))
const scratchView = new DataView(scratch.buffer)

/** @returns a descriptor, or -1 where this process is in no group of net.ipv4.ping_group_range */
export function pingSocket(): number {
  return calls().socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP)
}

/** A raw socket that hears echo replies only. @returns a descriptor, or -1 without CAP_NET_RAW */
export function rawPingSocket(): number {
  const fd = calls().socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP)
  if (fd >= 0) setIntOption(fd, SOL_RAW, ICMP_FILTER, ~(1 << ECHO_REPLY))
  return fd
}

function setIntOption(fd: number, level: number, option: number, value: number): void {
  scratchView.setInt32(0, value, true)
  calls().setsockopt(fd, level, option, addressOf(scratch), 4)
}

export function setTtl(fd: number, ttl: number): void {
  setIntOption(fd, IPPROTO_IP, IP_TTL, ttl)
}

/** Errors about what this socket sent are queued for it, and its next call fails with the errno of one, once. */
export function queueErrors(fd: number): void {
  setIntOption(fd, IPPROTO_IP, IP_RECVERR, 1)
}

export function receiveTtl(fd: number): void {
  setIntOption(fd, IPPROTO_IP, IP_RECVTTL, 1)
}

/** With it, what is longer than the path takes is refused (EMSGSIZE) and not cut. */
export function setDontFragment(fd: number, on: boolean): void {
  setIntOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, on ? IP_PMTUDISC_DO : IP_PMTUDISC_WANT)
}

/** The port the socket is bound to; for a ping socket its identifier. */
export function localPort(fd: number): number {
  scratchView.setUint32(32, SOCKADDR_LEN, true)
  const address = addressOf(scratch)
  return calls().getsockname(fd, address, address + 32) < 0 ? 0 : scratchView.getUint16(2)
}

/** @returns -1 with `errno()` when it did not leave */
export function sendTo(fd: number, bytes: Uint8Array, address: number): number {
  scratchView.setUint16(0, AF_INET, true)
  scratchView.setUint16(2, 0)
  scratchView.setUint32(4, address)
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL
  return calls().sendto(fd, addressOf(bytes), bytes.length, flags, addressOf(scratch), SOCKADDR_LEN)
}

/** An entry of the error queue (struct sock_extended_err). */
export interface QueuedError {
  /** An errno. */
  errno: number
  /** An ICMP message came; else the kernel speaks for itself, and type and code are zero. */
  isIcmp: boolean
  type: number
  code: number
  /** The MTU of the next hop, with EMSGSIZE. */
  info: number
  /** Who sent the message, 0 for the kernel. */
  offender: number
}

/** One message at a time, with its control data. The fields are those of the last one received. */
export class MessageReader {
  readonly bytes: Uint8Array
  /** Where it came from; from the error queue: where it had gone. */
  address = 0
  port = 0
  ttl = 0
  error: QueuedError | undefined
  readonly #header = new Uint8Array(new ArrayBuffer(MSGHDR_LEN + 16 + SOCKADDR_LEN + CONTROL_LEN))
  readonly #view = new DataView(this.#header.buffer)
  readonly #words = new Uint32Array(this.#header.buffer, 0, this.#header.length >> 2)

  constructor(length: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(length))
  }

  /** @returns its length, or -1 */
  receive(fd: number): number {
    return this.#receive(fd, MSG_DONTWAIT)
  }

  /** The oldest entry of the error queue. @returns how much of the datagram is known, or -1 */
  receiveError(fd: number): number {
    return this.#receive(fd, MSG_DONTWAIT | MSG_ERRQUEUE)
  }

  #receive(fd: number, flags: number): number {
    const base = addressOf(this.#header)
    const iovec = MSGHDR_LEN
    const name = iovec + 16
    const control = name + SOCKADDR_LEN
    const words = this.#words
    setWord64(words, 0, base + name)
    setWord64(words, 2, SOCKADDR_LEN)
    setWord64(words, 4, base + iovec)
    setWord64(words, 6, 1)
    setWord64(words, 8, base + control)
    setWord64(words, 10, CONTROL_LEN)
    setWord64(words, iovec / 4, addressOf(this.bytes))
    setWord64(words, iovec / 4 + 2, this.bytes.length)
    const length = calls().recvmsg(fd, base, flags)
    if (length < 0) return -1
    this.port = this.#view.getUint16(name + 2)
    this.address = this.#view.getUint32(name + 4)
    this.#readControl(control, control + this.#view.getUint32(40, true))
    return length
  }

  #readControl(start: number, end: number): void {
    const view = this.#view
    this.error = undefined
    for (let at = start; at + CMSG_HEADER_LEN <= end; ) {
      const len = view.getUint32(at, true)
      if (len < CMSG_HEADER_LEN) return
      const data = at + CMSG_HEADER_LEN
      if (view.getInt32(at + 8, true) === IPPROTO_IP) {
        const type = view.getInt32(at + 12, true)
        if (type === IP_TTL) this.ttl = view.getUint32(data, true)
        else if (type === IP_RECVERR) this.error = this.#readError(data)
      }
      at += (len + 7) & ~7
    }
  }

  #readError(at: number): QueuedError {
    const view = this.#view
    const SO_EE_ORIGIN_ICMP = 2
    return {
      errno: view.getUint32(at, true),
      isIcmp: view.getUint8(at + 4) === SO_EE_ORIGIN_ICMP,
      type: view.getUint8(at + 5),
      code: view.getUint8(at + 6),
      info: view.getUint32(at + 8, true),
      offender: view.getUint32(at + 20),
    }
  }
}
