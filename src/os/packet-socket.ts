// A packet socket (packet(7)) on one interface: whole Ethernet frames beside the kernel's own IP, with a virtio-net
// header of 10 bytes before each that says whether the checksum is finished.
//
// It stays in the network namespace it was opened in, also when its descriptor is passed to a process elsewhere, and is
// that process's way to configure the interface too: the kernel takes an interface's ioctls on it. A filter (classic BPF)
// chooses what arrives, so that a busy interface costs next to nothing.
// sockaddr_ll is 20 bytes: family 0, protocol 2 (big endian), index 4; sock_fprog: length 0, pointer 8; sock_filter: 8.

import { close, transfer } from './files.ts'
import { addressOf, bind, bindOnce, check, OsError, type Poll, poll, requireLinux, setWord64 } from './libc.ts'
import { socketError } from './sockets.ts'

const AF_PACKET = 17
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_ATTACH_FILTER = 26
const SOL_PACKET = 263
const PACKET_VNET_HDR = 15
const ETH_P_IP = 0x0800
const SOCKADDR_LL_LEN = 20

const VNET_HEADER_LEN = 10
/** Longer frames are cut, which makes them no DHCP message we would understand. */
const FRAME_ROOM = 4_096
/** After an error, such as the interface going down. */
const RETRY_MS = 1_000

/** code, jt, jf, k: IPv4 with UDP, no fragment, to port 68. */
const TO_DHCP_CLIENTS: readonly (readonly [number, number, number, number])[] = [
  [0x30, 0, 0, 23], // ldb protocol
  [0x15, 0, 6, 17], // jeq UDP
  [0x28, 0, 0, 20], // ldh fragment
  [0x45, 4, 0, 0x3fff], // jset more fragments or an offset
  [0xb1, 0, 0, 14], // ldxb 4 * header length
  [0x48, 0, 0, 16], // ldh [x + 16]: destination port
  [0x15, 0, 1, 68], // jeq 68
  [0x06, 0, 0, 0xffff], // ret: all of it
  [0x06, 0, 0, 0], // ret: nothing
]

const calls = bindOnce(() => ({
  socket: bind('socket', 'int', ['int', 'int', 'int']),
  bind: bind('bind', 'int', ['int', 'uintptr_t', 'uint']),
  setsockopt: bind('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint']),
  if_nametoindex: bind('if_nametoindex', 'uint', ['str']),
}))

/** Sees what comes for DHCP clients, and may send anything. Non-blocking. @throws OsError */
export function openDhcpClientSocket(interfaceName: string): number {
  requireLinux('a packet socket')
  const index = calls().if_nametoindex(interfaceName)
  if (index === 0) throw new OsError(`if_nametoindex ${interfaceName}`, 'ENODEV')
  // Protocol 0: nothing arrives before the filter is in its place.
  const fd = check(calls().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'packet socket')
  try {
    const bytes = Buffer.alloc(256)
    const address = addressOf(bytes)
    setFilter(fd, bytes)
    bytes.writeInt32LE(1)
    check(calls().setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, address, 4), 'PACKET_VNET_HDR')
    bytes.fill(0)
    bytes.writeUInt16LE(AF_PACKET)
    bytes.writeUInt16BE(ETH_P_IP, 2)
    bytes.writeUInt32LE(index, 4)
    check(calls().bind(fd, address, SOCKADDR_LL_LEN), 'bind packet socket')
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

function setFilter(fd: number, bytes: Buffer): void {
  const program = 16
  bytes.writeUInt16LE(TO_DHCP_CLIENTS.length)
  bytes.writeBigUInt64LE(BigInt(addressOf(bytes) + program), 8)
  for (const [index, [code, ifTrue, ifFalse, operand]] of TO_DHCP_CLIENTS.entries()) {
    const at = program + index * 8
    bytes.writeUInt16LE(code, at)
    bytes.writeUInt8(ifTrue, at + 2)
    bytes.writeUInt8(ifFalse, at + 3)
    bytes.writeUInt32LE(operand, at + 4)
  }
  check(calls().setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, addressOf(bytes), 16), 'SO_ATTACH_FILTER')
}

/** Such a socket in the event loop. Owns the descriptor. */
export class PacketSocket {
  readonly fd: number
  readonly #received: (vnetHeader: Uint8Array, frame: Uint8Array) => void
  readonly #buffer = new Uint8Array(new ArrayBuffer(VNET_HEADER_LEN + FRAME_ROOM))
  /** Two vectors, and an empty virtio-net header behind them. */
  readonly #iovecs = new Uint32Array(new ArrayBuffer(256))
  readonly #iovecsAddress = addressOf(new Uint8Array(this.#iovecs.buffer))
  #poll: Poll | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param received both are lent until it returns */
  constructor(fd: number, received: (vnetHeader: Uint8Array, frame: Uint8Array) => void) {
    this.fd = fd
    this.#received = received
    this.#watch()
  }

  /** @returns whether the kernel took it: the interface may be down or gone */
  send(frame: Uint8Array): boolean {
    if (this.#isClosed) return false
    const iovecs = this.#iovecs
    setWord64(iovecs, 0, this.#iovecsAddress + 64)
    setWord64(iovecs, 2, VNET_HEADER_LEN)
    setWord64(iovecs, 4, addressOf(frame))
    setWord64(iovecs, 6, frame.length)
    return transfer().writev(this.fd, this.#iovecsAddress, 2) >= 0
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#poll?.close()
    close(this.fd)
  }

  #watch(): void {
    this.#poll = poll(this.fd, { readable: true }, (status) => {
      if (status >= 0) this.#readable()
      else this.#rest()
    })
  }

  /** The interface went down, and may come back. */
  #rest(): void {
    this.#poll?.close()
    this.#poll = undefined
    if (this.#isClosed) return
    socketError(this.fd)
    this.#retry = setTimeout(() => this.#watch(), RETRY_MS)
  }

  #readable(): void {
    const buffer = this.#buffer
    for (;;) {
      const length = this.#isClosed ? -1 : transfer().read(this.fd, addressOf(buffer), buffer.length)
      if (length < 0) return
      if (length > VNET_HEADER_LEN)
        this.#received(buffer.subarray(0, VNET_HEADER_LEN), buffer.subarray(VNET_HEADER_LEN, length))
    }
  }
}
