// Sockets straight on Linux's non-blocking calls and epoll, for speed: opening a connection costs five system calls and
// no object of Node's; bytes are read to where they are sent from; datagrams travel many per call. Same interface and
// same tests as os-sockets.ts, which serves where this cannot.
//
// Theory of operation. One epoll descriptor per SecureNAT, watched by the event loop; everything in it is edge-triggered
// and registered once, for reading and writing alike. A ready socket is read until the kernel has no more, its user has
// no more room, or its turn is over; in the latter two cases it goes on the list of those that are still ready, of which
// `flush` and, when nothing else happens, the next turn of the event loop take care. So an acknowledgment that makes room
// pulls the next bytes through in the same turn. Events are never delivered from within a call of the same socket:
// what goes wrong at once (`connect` refused on the spot) waits on that list too.

import { type Poll, poll, requireLinux } from '../os/libc.ts'
import { EPOLLIN, EPOLLOUT, EPOLLRDHUP, Epoll } from '../os/sockets.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import { LinuxPingSocket, LinuxRawPings, pingKind } from './linux-ping.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import { LinuxTcpListener } from './linux-tcp-listener.ts'
import { LinuxTcpSocket } from './linux-tcp-socket.ts'
import { UdpBatches } from './linux-udp-batches.ts'
import { LinuxUdpSocket } from './linux-udp-socket.ts'
import type {
  PingSocket,
  PingSocketEvents,
  Sockets,
  TcpListener,
  TcpListenerEvents,
  TcpSocket,
  TcpSocketEvents,
  UdpSocket,
  UdpSocketEvents,
} from './sockets.ts'
import { rethrow } from './sockets.ts'

/** Events per epoll_wait, and rounds of it per wake-up: then the event loop's other descriptors have their turn. */
const EVENTS_PER_WAIT = 256
const WAITS_PER_WAKE = 4

export class LinuxSockets implements Sockets {
  readonly #epoll: Epoll
  readonly #poll: Poll
  /** By descriptor. */
  readonly #sockets: (LinuxSocket | undefined)[] = []
  readonly #set: LinuxSocketSet
  readonly openPing: ((preferredIdentifier: number, events: PingSocketEvents) => PingSocket) | undefined
  #generation = 0
  #listed: LinuxSocket[] = []
  #gathered: LinuxSocket[] = []
  #afterBatch: (() => void) | undefined
  #delivering = false
  #isFlushing = false
  #immediate: NodeJS.Immediate | undefined
  #rawPings: LinuxRawPings | undefined
  #isClosed = false

  readonly #fault: (error: unknown) => void

  /**
   * @param fault told of an exception out of an event, after which none of these sockets can be relied on
   * @throws where the platform has no such calls
   */
  constructor(fault = rethrow) {
    this.#fault = fault
    requireLinux('the fast socket layer')
    this.#epoll = new Epoll(EVENTS_PER_WAIT)
    this.#poll = poll(this.#epoll.fd, { readable: true }, () => this.#wake())
    this.#set = {
      register: (socket) => this.#register(socket),
      forget: (socket) => {
        this.#sockets[socket.fd] = undefined
      },
      list: (socket) => this.#list(socket),
      wantsFlush: (socket) => {
        this.#gathered.push(socket)
      },
      udp: new UdpBatches(),
    }
    const pings = pingKind()
    if (pings === 'datagram') this.openPing = (preferred, events) => new LinuxPingSocket(this.#set, preferred, events)
    else if (pings === 'raw') this.openPing = (preferred, events) => this.#openRawPing(preferred, events)
  }

  connectTcp(address: Ipv4Address, port: number, events: TcpSocketEvents): TcpSocket {
    return LinuxTcpSocket.connect(this.#set, address, port, events)
  }

  openUdp(preferredPort: number, events: UdpSocketEvents): UdpSocket {
    return new LinuxUdpSocket(this.#set, ANY_IPV4, preferredPort, true, events)
  }

  listenTcp(address: Ipv4Address, port: number, events: TcpListenerEvents): TcpListener {
    return new LinuxTcpListener(this.#set, address, port, events)
  }

  bindUdp(address: Ipv4Address, port: number, events: UdpSocketEvents): UdpSocket {
    return new LinuxUdpSocket(this.#set, address, port, false, events)
  }

  #openRawPing(preferredIdentifier: number, events: PingSocketEvents): PingSocket {
    this.#rawPings ??= new LinuxRawPings(this.#set, () => {
      this.#rawPings = undefined
    })
    return this.#rawPings.open(preferredIdentifier, events)
  }

  flush(): void {
    if (this.#isClosed) return
    this.#isFlushing = true
    try {
      this.#flushGathered()
      if (this.#listed.length > 0 && !this.#delivering) {
        this.#delivering = true
        this.#runListed()
        this.#delivering = false
        // What the events asked for follows in the caller's own flush.
        this.#afterBatch = undefined
        this.#flushGathered()
      }
    } finally {
      this.#isFlushing = false
      if (this.#listed.length > 0) this.#comeTurn()
    }
  }

  afterBatch(flush: () => void): void {
    if (this.#delivering) this.#afterBatch = flush
    else flush()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#poll.close()
    this.#epoll.close()
  }

  #register(socket: LinuxSocket): boolean {
    const generation = (this.#generation = (this.#generation + 1) >>> 0)
    if (this.#epoll.add(socket.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, socket.fd, generation) < 0) return false
    socket.generation = generation
    this.#sockets[socket.fd] = socket
    return true
  }

  #list(socket: LinuxSocket): void {
    if (socket.isListed) return
    socket.isListed = true
    this.#listed.push(socket)
    // A flush runs what it lists itself, and a turn that finds nothing to do costs a wait of the event loop.
    if (!this.#isFlushing) this.#comeTurn()
  }

  #comeTurn(): void {
    this.#immediate ??= setImmediate(() => this.#continue())
  }

  #wake(): void {
    this.#deliver(() => {
      const epoll = this.#epoll
      for (let round = 0; round < WAITS_PER_WAKE; round++) {
        const count = epoll.poll()
        for (let index = 0; index < count; index++) {
          const socket = this.#sockets[epoll.tagLowAt(index)]
          if (socket?.generation === epoll.tagHighAt(index)) socket.run(epoll.eventsAt(index))
        }
        if (count < EVENTS_PER_WAIT) return
      }
    })
  }

  #continue(): void {
    this.#immediate = undefined
    this.#deliver(() => this.#runListed())
  }

  #deliver(run: () => void): void {
    if (this.#isClosed) return
    this.#delivering = true
    try {
      run()
      this.#delivering = false
      const flush = this.#afterBatch
      this.#afterBatch = undefined
      flush?.()
    } catch (error) {
      this.#delivering = false
      this.#fault(error)
    }
  }

  #runListed(): void {
    const listed = this.#listed
    this.#listed = []
    for (const socket of listed) {
      socket.isListed = false
      socket.run(0)
    }
  }

  #flushGathered(): void {
    while (this.#gathered.length > 0) {
      const gathered = this.#gathered
      this.#gathered = []
      for (const socket of gathered) socket.flushOutput()
    }
    this.#set.udp.flush()
  }
}
