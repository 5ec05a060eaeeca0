// Carries a TAP over a stream socket with QEMU's framing (a length of 4 bytes, then the frame): the same for every NAT
// that listens on such a socket, and back to back with itself to see what it can carry.
//
//     node bridge.mjs TAP MTU SOCKET_PATH [listen]

import { addressOf } from '../../src/os/libc.ts'
import { acceptOnPath, connectPath, EPOLLIN, EPOLLOUT, Epoll, read, sleepMicroseconds, write } from './calls.ts'
import { openPlainTap } from './tap.ts'

const BUFFER_LEN = 262_144
const FRAME_LEN_MAX = 65_600
const LENGTH_LEN = 4
const FRAMES_PER_TURN = 128
const TAP = 0
const SOCKET = 1

const [name = '', mtu = '1500', path = '', mode] = process.argv.slice(2)

const outgoing = new Uint8Array(new ArrayBuffer(BUFFER_LEN + FRAME_LEN_MAX))
const outgoingView = new DataView(outgoing.buffer)
const OUTGOING = addressOf(outgoing)
const incoming = new Uint8Array(new ArrayBuffer(BUFFER_LEN))
const incomingView = new DataView(incoming.buffer)
const INCOMING = addressOf(incoming)

function join(): number {
  if (mode === 'listen') return acceptOnPath(path)
  for (;;) {
    const fd = connectPath(path)
    if (fd >= 0) return fd
    sleepMicroseconds(1_000)
  }
}

const tap = openPlainTap(name, undefined, Number(mtu))
const socket = join()
const epoll = new Epoll(16)
epoll.add(tap, EPOLLIN, TAP)
epoll.add(socket, EPOLLIN, SOCKET)

/** Framed bytes that the socket has not taken yet; while there are any, the TAP is not read. */
let pending = 0
let written = 0
let received = 0

function fromTap(): void {
  for (let frames = 0; frames < FRAMES_PER_TURN && pending < BUFFER_LEN; frames++) {
    const length = read(tap, OUTGOING + pending + LENGTH_LEN, FRAME_LEN_MAX - LENGTH_LEN)
    if (length <= 0) break
    outgoingView.setUint32(pending, length)
    pending += LENGTH_LEN + length
  }
  toSocket()
}

function toSocket(): void {
  while (written < pending) {
    const count = write(socket, OUTGOING + written, pending - written)
    if (count <= 0) break
    written += count
  }
  const isDone = written === pending
  if (isDone) pending = written = 0
  epoll.modify(tap, isDone ? EPOLLIN : 0, TAP)
  epoll.modify(socket, isDone ? EPOLLIN : EPOLLIN | EPOLLOUT, SOCKET)
}

/** @returns whether the peer is still there */
function fromSocket(): boolean {
  const count = read(socket, INCOMING + received, BUFFER_LEN - received)
  if (count <= 0) return count < 0
  received += count
  let at = 0
  while (received - at >= LENGTH_LEN) {
    const length = incomingView.getUint32(at)
    if (length > FRAME_LEN_MAX) return false
    if (received - at < LENGTH_LEN + length) break
    // A TAP without room drops the frame, as a network card does.
    write(tap, INCOMING + at + LENGTH_LEN, length)
    at += LENGTH_LEN + length
  }
  incoming.copyWithin(0, at, received)
  received -= at
  return true
}

for (let isJoined = true; isJoined; ) {
  const count = epoll.wait(-1)
  for (let event = 0; event < count; event++) {
    if (epoll.tagAt(event) === SOCKET) {
      if (pending > 0) toSocket()
      isJoined = fromSocket()
    } else {
      fromTap()
    }
  }
}
