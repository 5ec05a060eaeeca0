// Messages and descriptors between two processes of ours: a sequenced-packet socket pair and SCM_RIGHTS (unix(7)).
//
// Message boundaries are kept, so that one send is one receive. Structures are those of 64-bit Linux: msghdr is 56 bytes
// (name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48), cmsghdr 16 (len 0, level 8, type 12).

import { addressOf, bind, bindOnce, check, errnoName, OsError, requireLinux, setWord64 } from './libc.ts'

const AF_UNIX = 1
const SOCK_SEQPACKET = 5
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const MSG_CMSG_CLOEXEC = 0x4000_0000
const MSG_NOSIGNAL = 0x4000
const MSG_TRUNC = 0x20

const HEADER_WORDS = 14
/** cmsghdr and one int; padded to 24. */
const CONTROL_LEN = 20
const CONTROL_SPACE = 24
/** Longest message. */
export const MESSAGE_MAX = 65_536

const calls = bindOnce(() => ({
  socketpair: bind('socketpair', 'int', ['int', 'int', 'int', 'uintptr_t']),
  sendmsg: bind('sendmsg', 'intptr_t', ['int', 'uintptr_t', 'int']),
  recvmsg: bind('recvmsg', 'intptr_t', ['int', 'uintptr_t', 'int']),
}))

export interface ReceivedMessage {
  text: string
  /** Closed on exec; the receiver's to close. */
  fd: number | undefined
}

/** Two joined descriptors, both closed on exec (a spawned process is given its own copy). @throws OsError */
export function messagePair(): [number, number] {
  requireLinux('passing descriptors')
  const pair = new Int32Array(32)
  check(
    calls().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, addressOf(new Uint8Array(pair.buffer))),
    'socketpair',
  )
  return [pair[0] as number, pair[1] as number]
}

/** msghdr, iovec, control and data in one buffer, so that one address serves. */
class MessageBuffer {
  readonly bytes = new Uint8Array(128 + MESSAGE_MAX)
  readonly words = new Uint32Array(this.bytes.buffer, 0, 32)
  readonly control = new Uint32Array(this.bytes.buffer, 80, CONTROL_SPACE / 4)
  readonly data = this.bytes.subarray(128)
  readonly address = addressOf(this.bytes)

  prepare(dataLength: number, controlLength: number): void {
    this.words.fill(0)
    setWord64(this.words, 4, this.address + 56) // iov
    setWord64(this.words, 6, 1)
    setWord64(this.words, HEADER_WORDS, this.address + 128)
    setWord64(this.words, HEADER_WORDS + 2, dataLength)
    if (controlLength > 0) {
      setWord64(this.words, 8, this.address + 80)
      setWord64(this.words, 10, controlLength)
    }
  }
}

/** Waits for room when there is none. @throws OsError */
export function sendMessage(socket: number, text: string, fd?: number): void {
  const message = new MessageBuffer()
  const { written, read } = new TextEncoder().encodeInto(text, message.data)
  if (read < text.length) throw new OsError('sendmsg', 'EMSGSIZE')
  message.prepare(written, fd === undefined ? 0 : CONTROL_SPACE)
  if (fd !== undefined) {
    setWord64(message.control, 0, CONTROL_LEN)
    message.control[2] = SOL_SOCKET
    message.control[3] = SCM_RIGHTS
    message.control[4] = fd
  }
  check(calls().sendmsg(socket, message.address, MSG_NOSIGNAL), 'sendmsg')
}

/** Waits for a message on a blocking socket. `undefined`: the other side is gone. @throws OsError */
export function receiveMessage(socket: number): ReceivedMessage | undefined {
  const message = new MessageBuffer()
  message.prepare(MESSAGE_MAX, CONTROL_SPACE)
  const length = calls().recvmsg(socket, message.address, MSG_CMSG_CLOEXEC)
  if (length < 0 && errnoName() === 'ECONNRESET') return undefined
  check(length, 'recvmsg')
  if (length === 0) return undefined
  if (((message.words[12] as number) & MSG_TRUNC) !== 0) throw new OsError('recvmsg', 'EMSGSIZE')
  const hasFd = (message.words[10] as number) >= CONTROL_LEN && message.control[3] === SCM_RIGHTS
  return {
    text: new TextDecoder().decode(message.data.subarray(0, length)),
    fd: hasFd ? (message.control[4] as number) : undefined,
  }
}
