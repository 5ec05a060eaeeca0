// Messages and descriptors between two processes of ours: a sequenced-packet socket pair and SCM_RIGHTS (unix(7)).
//
// Message boundaries are kept, so that one send is one receive. Structures are those of 64-bit Linux: msghdr is 56 bytes
// (name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48), cmsghdr 16 (len 0, level 8, type 12).
// Room is given for so many descriptors only: the kernel closes what a peer sends beyond.

import { close } from './files.ts'
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
const CMSG_HEADER_LEN = 16
/** Descriptors with one message. */
const DESCRIPTORS_PER_MESSAGE = 4
const CONTROL_SPACE = CMSG_HEADER_LEN + 4 * DESCRIPTORS_PER_MESSAGE
const DATA_AT = 128
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
  fds: number[]
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
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly control: Uint32Array
  readonly data: Uint8Array
  readonly address: number

  constructor(dataLen: number) {
    // Never small: a small array might be moved by the collector, see `addressOf`.
    this.bytes = new Uint8Array(new ArrayBuffer(DATA_AT + Math.max(dataLen, DATA_AT)))
    this.words = new Uint32Array(this.bytes.buffer, 0, DATA_AT / 4)
    this.control = new Uint32Array(this.bytes.buffer, 80, CONTROL_SPACE / 4)
    this.data = this.bytes.subarray(DATA_AT, DATA_AT + dataLen)
    this.address = addressOf(this.bytes)
  }

  prepare(dataLen: number, controlLen: number): void {
    this.words.fill(0)
    setWord64(this.words, 4, this.address + 56) // iov
    setWord64(this.words, 6, 1)
    setWord64(this.words, HEADER_WORDS, this.address + DATA_AT)
    setWord64(this.words, HEADER_WORDS + 2, dataLen)
    if (controlLen > 0) {
      setWord64(this.words, 8, this.address + 80)
      setWord64(this.words, 10, controlLen)
    }
  }
}

/** On a blocking socket waits for room when there is none. @throws OsError */
export function sendMessage(socket: number, text: string, ...fds: readonly number[]): void {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > MESSAGE_MAX || fds.length > DESCRIPTORS_PER_MESSAGE) throw new OsError('sendmsg', 'EMSGSIZE')
  const message = new MessageBuffer(bytes.length)
  message.data.set(bytes)
  const controlLen = CMSG_HEADER_LEN + 4 * fds.length
  message.prepare(bytes.length, fds.length === 0 ? 0 : Math.ceil(controlLen / 8) * 8)
  if (fds.length > 0) {
    setWord64(message.control, 0, controlLen)
    message.control[2] = SOL_SOCKET
    message.control[3] = SCM_RIGHTS
    message.control.set(fds, CMSG_HEADER_LEN / 4)
  }
  check(calls().sendmsg(socket, message.address, MSG_NOSIGNAL), 'sendmsg')
}

/**
 * The next message; a blocking socket waits for it. `undefined`: the other side is gone. Messages are not empty.
 * @throws OsError: `EAGAIN` when there is none, `EMSGSIZE` for one that is longer
 */
export function receiveMessage(socket: number, lengthMax = MESSAGE_MAX): ReceivedMessage | undefined {
  const message = new MessageBuffer(lengthMax)
  message.prepare(lengthMax, CONTROL_SPACE)
  const length = calls().recvmsg(socket, message.address, MSG_CMSG_CLOEXEC)
  if (length < 0 && errnoName() === 'ECONNRESET') return undefined
  check(length, 'recvmsg')
  const fds = receivedDescriptors(message)
  if (length > 0 && ((message.words[12] as number) & MSG_TRUNC) === 0)
    return { text: new TextDecoder().decode(message.data.subarray(0, length)), fds }
  for (const fd of fds) close(fd)
  if (length === 0) return undefined
  throw new OsError('recvmsg', 'EMSGSIZE')
}

function receivedDescriptors({ words, control }: MessageBuffer): number[] {
  if ((words[10] as number) < CMSG_HEADER_LEN || control[2] !== SOL_SOCKET || control[3] !== SCM_RIGHTS) return []
  const count = ((control[0] as number) - CMSG_HEADER_LEN) / 4
  return [...control.subarray(CMSG_HEADER_LEN / 4, CMSG_HEADER_LEN / 4 + count)]
}
