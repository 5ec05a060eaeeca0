// Sockets on node:net and node:dgram: the portable implementation. The only file of the core that imports Node.
//
// TCP. Reads land in one buffer shared by all sockets (`onread`): Node reads and calls back synchronously. Writes are
// gathered, as copies, and handed over corked, one writev per socket and batch. Half-open sockets are allowed, so FIN
// travels in each direction on its own.
// UDP. Binding is asynchronous in Node; what is sent meanwhile waits, bounded.

import * as dgram from 'node:dgram'
import * as net from 'node:net'
import { ANY_IPV4, formatIpv4, type Ipv4Address, parseIpv4 } from '../wire/ipv4-address.ts'
import {
  bindFailure,
  type ConnectFailure,
  connectFailure,
  rethrow,
  type Sockets,
  type TcpListener,
  type TcpListenerEvents,
  type TcpSocket,
  type TcpSocketEvents,
  type UdpSocket,
  type UdpSocketEvents,
} from './sockets.ts'

/** After this long without an answer a dial is given up, without a word to the guest, which may dial again. */
export const CONNECT_TIMEOUT_MS = 60_000
const READ_BUFFER_LEN = 64 * 1024
/** Datagrams kept while a UDP socket is being bound. */
export const UDP_WAITING_LIMIT = 64

export class NodeSockets implements Sockets {
  readonly #readBuffer = new Uint8Array(READ_BUFFER_LEN)
  #dirty: NodeTcpSocket[] = []
  readonly #fault: (error: unknown) => void
  readonly #markDirty = (socket: NodeTcpSocket): void => {
    this.#dirty.push(socket)
  }

  /** @param fault told of an exception out of an event */
  constructor(fault = rethrow) {
    this.#fault = fault
  }

  connectTcp(address: Ipv4Address, port: number, events: TcpSocketEvents): TcpSocket {
    const socket = net.connect({
      host: formatIpv4(address),
      port,
      noDelay: true,
      allowHalfOpen: true,
      autoSelectFamily: false,
      onread: {
        buffer: this.#readBuffer,
        callback: (n, bytes) => {
          opened.read((bytes as Uint8Array).subarray(0, n))
          return true
        },
      },
    })
    const opened = new NodeTcpSocket(socket, false, guardedTcpEvents(events, this.#fault), this.#markDirty)
    return opened
  }

  listenTcp(address: Ipv4Address, port: number, events: TcpListenerEvents): TcpListener {
    return new NodeTcpListener(address, port, guardedListenerEvents(events, this.#fault), this.#markDirty)
  }

  bindUdp(address: Ipv4Address, port: number, events: UdpSocketEvents): UdpSocket {
    return new NodeUdpSocket(address, port, false, guardedUdpEvents(events, this.#fault))
  }

  openUdp(preferredPort: number, events: UdpSocketEvents): UdpSocket {
    return new NodeUdpSocket(ANY_IPV4, preferredPort, true, guardedUdpEvents(events, this.#fault))
  }

  flush(): void {
    while (this.#dirty.length > 0) {
      const batch = this.#dirty
      this.#dirty = []
      for (const socket of batch) socket.flush()
    }
  }

  /** Node delivers events one by one. */
  afterBatch(flush: () => void): void {
    flush()
  }

  close(): void {}
}

/** Each event is an entry from Node's loop of its own. */
function guarded<Args extends unknown[]>(
  event: (...args: Args) => void,
  fault: (error: unknown) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      event(...args)
    } catch (error) {
      fault(error)
    }
  }
}

function guardedTcpEvents(events: TcpSocketEvents, fault: (error: unknown) => void): TcpSocketEvents {
  return {
    connected: guarded(() => events.connected(), fault),
    failed: guarded((reason) => events.failed(reason), fault),
    readBuffer: () => events.readBuffer(),
    data: guarded((bytes) => events.data(bytes), fault),
    ended: guarded(() => events.ended(), fault),
    written: guarded((n) => events.written(n), fault),
    gone: guarded((reset) => events.gone(reset), fault),
  }
}

function guardedUdpEvents(events: UdpSocketEvents, fault: (error: unknown) => void): UdpSocketEvents {
  return {
    bound: guarded(() => events.bound?.(), fault),
    message: guarded((bytes, address, port) => events.message(bytes, address, port), fault),
    failed: guarded((reason) => events.failed(reason), fault),
  }
}

function guardedListenerEvents(events: TcpListenerEvents, fault: (error: unknown) => void): TcpListenerEvents {
  return {
    bound: guarded(() => events.bound(), fault),
    incoming: guarded(
      (incoming) =>
        events.incoming({ ...incoming, accept: (receiver) => incoming.accept(guardedTcpEvents(receiver, fault)) }),
      fault,
    ),
    failed: guarded((reason) => events.failed(reason), fault),
  }
}

class NodeTcpSocket implements TcpSocket {
  readonly #socket: net.Socket
  readonly #events: TcpSocketEvents
  readonly #markDirty: (socket: NodeTcpSocket) => void
  #gathered: Uint8Array[] = []
  /** Bytes in `#gathered`, and bytes given to Node and not yet to the kernel. */
  #gatheredBytes = 0
  #queuedBytes = 0
  #connected = false
  #ending = false
  #gone = false
  readonly #onWritten = () => this.#reportWritten()

  constructor(
    socket: net.Socket,
    isConnected: boolean,
    events: TcpSocketEvents,
    markDirty: (socket: NodeTcpSocket) => void,
  ) {
    this.#events = events
    this.#markDirty = markDirty
    this.#socket = socket
    this.#connected = isConnected
    if (!isConnected) socket.setTimeout(CONNECT_TIMEOUT_MS)
    socket
      .on('connect', () => {
        this.#connected = true
        this.#socket.setTimeout(0)
        events.connected()
      })
      .on('timeout', () => this.#fail('timeout'))
      .on('error', (error: NodeJS.ErrnoException) => {
        if (!this.#connected) this.#fail(connectFailure(error.code))
        else this.#goneBy(true)
      })
      .on('end', () => {
        if (!this.#gone) events.ended()
      })
      .on('close', () => this.#goneBy(false))
  }

  /** What the kernel gave; borrowed. */
  read(bytes: Uint8Array): void {
    if (!this.#gone) this.#events.data(bytes)
  }

  write(bytes: Uint8Array): number {
    if (this.#gone || this.#ending) return bytes.length
    if (this.#gathered.length === 0) this.#markDirty(this)
    this.#gathered.push(Buffer.from(bytes))
    this.#gatheredBytes += bytes.length
    return 0
  }

  flush(): void {
    if (this.#gone || this.#gathered.length === 0) return
    const chunks = this.#gathered
    this.#gathered = []
    this.#queuedBytes += this.#gatheredBytes
    this.#gatheredBytes = 0
    if (chunks.length > 1) this.#socket.cork()
    for (const chunk of chunks) this.#socket.write(chunk, this.#onWritten)
    if (chunks.length > 1) this.#socket.uncork()
    if (this.#ending) this.#socket.end()
  }

  end(): void {
    if (this.#gone || this.#ending) return
    this.#ending = true
    if (this.#gathered.length === 0) this.#socket.end()
  }

  pause(): void {
    if (!this.#gone) this.#socket.pause()
  }

  resume(): void {
    if (!this.#gone) this.#socket.resume()
  }

  localPort(): number {
    return this.#socket.localPort ?? 0
  }

  reset(): void {
    if (this.#gone) return
    this.#gone = true
    if (this.#connected) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #reportWritten(): void {
    if (this.#gone) return
    const left = this.#socket.writableLength
    const written = this.#queuedBytes - left
    this.#queuedBytes = left
    if (written > 0) this.#events.written(written)
  }

  #fail(reason: ConnectFailure): void {
    if (this.#gone || this.#connected) return
    this.#gone = true
    this.#socket.destroy()
    this.#events.failed(reason)
  }

  #goneBy(reset: boolean): void {
    if (this.#gone) return
    this.#gone = true
    this.#events.gone(reset)
  }
}

class NodeTcpListener implements TcpListener {
  readonly #server: net.Server
  #isClosed = false

  constructor(
    address: Ipv4Address,
    port: number,
    events: TcpListenerEvents,
    markDirty: (socket: NodeTcpSocket) => void,
  ) {
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
    this.#server
      .on('listening', () => {
        if (!this.#isClosed) events.bound()
      })
      .on('connection', (socket) => this.#incoming(socket, events, markDirty))
      .on('error', (error: NodeJS.ErrnoException) => {
        if (this.#isClosed) return
        this.close()
        events.failed(bindFailure(error.code))
      })
    this.#server.listen({ host: formatIpv4(address), port, exclusive: true })
  }

  close(): void {
    this.#isClosed = true
    this.#server.close()
  }

  #incoming(socket: net.Socket, events: TcpListenerEvents, markDirty: (socket: NodeTcpSocket) => void): void {
    const address = parseIpv4(socket.remoteAddress ?? '')
    let isDecided = false
    const refuse = (): void => {
      if (isDecided) return
      isDecided = true
      socket.resetAndDestroy()
    }
    // Gone already, or after the listener.
    if (address === undefined || this.#isClosed) {
      refuse()
      return
    }
    const accept = (receiver: TcpSocketEvents): TcpSocket => {
      isDecided = true
      const accepted = new NodeTcpSocket(socket, true, receiver, markDirty)
      socket.on('data', (bytes: Buffer) => accepted.read(bytes))
      return accepted
    }
    events.incoming({ address, port: socket.remotePort ?? 0, accept, refuse })
    refuse()
  }
}

class NodeUdpSocket implements UdpSocket {
  readonly #address: string
  /** The port may be taken, or not ours to take: then any other will do. */
  readonly #anyPort: boolean
  #socket: dgram.Socket
  readonly #events: UdpSocketEvents
  #bound = false
  #closed = false
  #mayBroadcast = false
  #waiting: { bytes: Uint8Array; address: string; port: number }[] = []

  constructor(address: Ipv4Address, port: number, anyPort: boolean, events: UdpSocketEvents) {
    this.#address = formatIpv4(address)
    this.#anyPort = anyPort
    this.#events = events
    this.#socket = this.#create()
    this.#bind(port)
  }

  send(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (this.#closed) return
    // Node keeps the bytes until the datagram has left, which may be after this call.
    const copy = Buffer.from(bytes)
    if (this.#bound) this.#socket.send(copy, port, formatIpv4(address), ignoreSendError)
    else if (this.#waiting.length < UDP_WAITING_LIMIT) {
      this.#waiting.push({ bytes: copy, address: formatIpv4(address), port })
    }
  }

  allowBroadcast(): void {
    this.#mayBroadcast = true
    if (this.#bound && !this.#closed) this.#socket.setBroadcast(true)
  }

  localPort(): number {
    return this.#bound && !this.#closed ? this.#socket.address().port : 0
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #create(): dgram.Socket {
    // Addresses are numeric; Node's default would ask the resolver's thread pool even for those.
    const socket = dgram.createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
    socket.on('message', (bytes, from) => {
      const address = parseIpv4(from.address)
      if (!this.#closed && address !== undefined) this.#events.message(bytes, address, from.port)
    })
    return socket
  }

  /** May fail before it returns, and then begins anew with another socket. */
  #bind(port: number): void {
    const socket = this.#socket
    socket.on('error', (error: NodeJS.ErrnoException) => {
      socket.removeAllListeners('error').on('error', () => {})
      if (this.#closed) return
      socket.close()
      if (!this.#bound && port !== 0 && this.#anyPort) {
        this.#socket = this.#create()
        this.#bind(0)
        return
      }
      this.#closed = true
      // Not from within the call that asked for it.
      queueMicrotask(() => this.#events.failed(bindFailure(error.code)))
    })
    socket.bind({ port, address: this.#address, exclusive: true }, () => {
      if (this.#closed) return
      this.#bound = true
      if (this.#mayBroadcast) socket.setBroadcast(true)
      for (const { bytes, address, port } of this.#waiting) socket.send(bytes, port, address, ignoreSendError)
      this.#waiting = []
      // Node may call this before `bind` returns.
      queueMicrotask(() => {
        if (!this.#closed) this.#events.bound?.()
      })
    })
  }
}

/** A datagram that cannot be sent is a datagram lost. */
function ignoreSendError(): void {}
