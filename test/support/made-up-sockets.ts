// An outside made up for tests of the NAT, in virtual time: hosts that accept, refuse, are unreachable or never answer, and
// what arrives there. The contract is that of nat/sockets.ts: no event is called from within a call.

import type {
  BindFailure,
  ConnectFailure,
  OutsideError,
  PingSocket,
  PingSocketEvents,
  Sockets,
  TcpListener,
  TcpListenerEvents,
  TcpSocket,
  TcpSocketEvents,
  UdpSocket,
  UdpSocketEvents,
} from '../../src/nat/sockets.ts'
import { type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import type { ManualClock } from './manual-clock.ts'

export type Reachability = 'accepts' | 'silent' | ConnectFailure

export interface OutsideOptions {
  /** One way, ms: every event of a socket is so late. */
  delayMs?: number
  /** How what is written is taken: `at once`; `later`, reported by `written`; or so, at a rate in bytes per ms. */
  takes?: 'at once' | 'later' | number
  /** The platform permits echo sockets. */
  pings?: boolean
}

/** The far end of one outside connection. */
export class OutsideConnection implements TcpSocket {
  readonly address: Ipv4Address
  readonly port: number
  /** Of our side. */
  ownPort = 0
  readonly #events: TcpSocketEvents
  readonly #outside: MadeUpOutside
  /** Everything that reached the far end. */
  readonly received: Uint8Array[] = []
  receivedBytes = 0
  receivedEnd = false
  /** Set when the NAT reset the socket. */
  wasReset = false
  paused = false
  /** Bytes that `write` kept and has not reported yet. */
  held = 0
  heldMost = 0
  onReceived = (_bytes: Uint8Array): void => {}
  onReceivedEnd = (): void => {}
  /** Called while the NAT reads, whenever it may: what it returns is read next. */
  source: (() => Uint8Array | undefined) | undefined
  #connected = false
  #closed = false
  #sentEnd = false
  #ending = false
  #draining = false
  #pumping = false
  #queue: (() => void)[] = []

  constructor(outside: MadeUpOutside, address: Ipv4Address, port: number, events: TcpSocketEvents) {
    this.#outside = outside
    this.address = address
    this.port = port
    this.#events = events
  }

  /** A connection that came from outside. */
  beAccepted(): void {
    this.#connected = true
    this.paused = true
  }

  get isGone(): boolean {
    return this.#closed
  }

  get isConnected(): boolean {
    return this.#connected
  }

  get text(): string {
    return this.received.map((bytes) => String.fromCharCode(...bytes)).join('')
  }

  // What the test does at the far end.

  answer(reachability: Reachability): void {
    if (this.#closed || this.#connected || reachability === 'silent') return
    if (reachability === 'accepts') {
      this.#connected = true
      this.#outside.deliver(() => this.#events.connected())
    } else {
      this.#closed = true
      this.#outside.deliver(() => this.#events.failed(reachability))
    }
  }

  send(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Uint8Array.from(data, (c) => c.charCodeAt(0)) : data
    this.#whenRead(() => this.#read(bytes))
  }

  /** Sends what `source` gives for as long as the NAT reads, `undefined` ends it with FIN. */
  stream(source: () => Uint8Array | undefined): void {
    this.source = source
    this.#pump()
  }

  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    this.#drain()
  }

  /** FIN from the far end. */
  sendEnd(): void {
    this.#whenRead(() => {
      this.#sentEnd = true
      this.#outside.deliver(() => this.#events.ended())
      this.#maybeGone()
    })
  }

  /** RST from the far end. */
  sendReset(): void {
    this.#outside.later(() => {
      if (this.#closed) return
      this.#closed = true
      this.#outside.deliver(() => this.#events.gone(true))
    })
  }

  // What the NAT does.

  write(bytes: Uint8Array): number {
    if (this.#closed || this.#ending) throw new Error('write after the end')
    const copy = bytes.slice()
    if (this.#outside.options.takes === 'at once') {
      this.#outside.later(() => this.#arrive(copy))
      return bytes.length
    }
    this.held += bytes.length
    this.heldMost = Math.max(this.heldMost, this.held)
    this.#outside.gather(this, copy)
    return 0
  }

  /** Gathered writes have been flushed. */
  handOver(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#pendingOut.push(chunk)
    this.#drain()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#outside.soon(() => {
      while (!this.paused && !this.#closed) {
        const next = this.#queue.shift()
        if (next === undefined) break
        next()
      }
      this.#pump()
    })
  }

  localPort(): number {
    return this.ownPort
  }

  reset(): void {
    if (this.#closed) return
    this.#closed = true
    this.wasReset = true
  }

  readonly #pendingOut: Uint8Array[] = []

  /** The operating system takes what waits, at its rate. */
  #drain(): void {
    if (this.#draining || this.#closed) return
    const chunk = this.#pendingOut.shift()
    if (chunk === undefined) {
      if (this.#ending && this.held === 0 && !this.receivedEnd) this.#outside.later(() => this.#arriveEnd())
      return
    }
    const { takes } = this.#outside.options
    this.#draining = true
    const delay = typeof takes === 'number' ? chunk.length / takes : 0
    this.#outside.clock.setTimer(delay, () => {
      this.#draining = false
      if (this.#closed) return
      this.held -= chunk.length
      this.#outside.later(() => this.#arrive(chunk))
      this.#outside.deliver(() => this.#events.written(chunk.length))
      this.#drain()
    })
  }

  #arrive(bytes: Uint8Array): void {
    this.received.push(bytes)
    this.receivedBytes += bytes.length
    this.onReceived(bytes)
  }

  #arriveEnd(): void {
    if (this.receivedEnd) return
    this.receivedEnd = true
    this.onReceivedEnd()
    this.#maybeGone()
  }

  #maybeGone(): void {
    if (!this.#sentEnd || !this.receivedEnd || this.#closed) return
    this.#outside.soon(() => {
      if (this.#closed) return
      this.#closed = true
      this.#outside.deliver(() => this.#events.gone(false))
    })
  }

  /** As the operating system's sockets do: into the memory that the reader names, a piece at a time. */
  #read(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#closed) {
      if (this.paused) {
        this.#queue.unshift(() => this.#read(bytes.subarray(at)))
        return
      }
      const target = this.#events.readBuffer()
      const n = Math.min(target.length, bytes.length - at)
      if (n === 0) throw new Error('a read buffer without room')
      target.set(bytes.subarray(at, at + n))
      at += n
      this.#outside.deliver(() => this.#events.data(target.subarray(0, n)))
    }
  }

  #whenRead(event: () => void): void {
    this.#outside.later(() => {
      if (this.#closed) return
      if (this.paused || this.#queue.length > 0) this.#queue.push(event)
      else event()
    })
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    this.#outside.soon(() => {
      this.#pumping = false
      if (this.paused || this.#closed || this.source === undefined || this.#queue.length > 0) return
      const bytes = this.source()
      if (bytes === undefined) {
        this.source = undefined
        this.#sentEnd = true
        this.#outside.deliver(() => this.#events.ended())
        this.#maybeGone()
        return
      }
      this.#read(bytes)
      this.#pump()
    })
  }
}

export class OutsideUdp implements UdpSocket {
  readonly preferredPort: number
  readonly port: number
  readonly sent: { bytes: Uint8Array; address: Ipv4Address; port: number }[] = []
  closed = false
  ttl = 64
  dontFragment = false
  mayBroadcast = false
  readonly #events: UdpSocketEvents
  readonly #outside: MadeUpOutside

  readonly boundTo: Ipv4Address

  constructor(
    outside: MadeUpOutside,
    preferredPort: number,
    port: number,
    events: UdpSocketEvents,
    boundTo: Ipv4Address = ipv4('0.0.0.0'),
  ) {
    this.boundTo = boundTo
    this.#outside = outside
    this.preferredPort = preferredPort
    this.port = port
    this.#events = events
  }

  send(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (this.closed) throw new Error('send after close')
    const copy = bytes.slice()
    this.sent.push({ bytes: copy, address, port })
    this.#outside.later(() => this.#outside.onUdp(this, copy, address, port))
  }

  localPort(): number {
    return this.closed ? 0 : this.port
  }

  setTtl(ttl: number): void {
    this.ttl = ttl
  }

  allowBroadcast(): void {
    this.mayBroadcast = true
  }

  setDontFragment(on: boolean): void {
    this.dontFragment = on
  }

  /** The outside says something about a datagram. */
  refuse(error: Partial<OutsideError>): void {
    if (!this.closed) this.#outside.deliver(() => this.#events.unreached?.({ ...NO_ERROR, ...error }))
  }

  close(): void {
    if (this.closed) throw new Error('closed twice')
    this.closed = true
    this.#outside.udpPorts.delete(this.port)
  }

  /** A datagram comes from outside. */
  deliver(bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (!this.closed) this.#outside.deliver(() => this.#events.message(bytes, address, port))
  }

  fail(reason: BindFailure = 'exhausted'): void {
    if (this.closed) return
    this.closed = true
    this.#outside.udpPorts.delete(this.port)
    this.#outside.deliver(() => this.#events.failed(reason))
  }

  begin(failure: BindFailure | undefined): void {
    if (failure !== undefined) this.fail(failure)
    else if (!this.closed) this.#outside.deliver(() => this.#events.bound?.())
  }
}

/** A listening socket, and the callers who come to it. */
export class OutsideListener implements TcpListener {
  readonly address: Ipv4Address
  readonly port: number
  closed = false
  refused = 0
  readonly #events: TcpListenerEvents
  readonly #outside: MadeUpOutside

  constructor(outside: MadeUpOutside, address: Ipv4Address, port: number, events: TcpListenerEvents) {
    this.#outside = outside
    this.address = address
    this.port = port
    this.#events = events
  }

  close(): void {
    if (this.closed) throw new Error('closed twice')
    this.closed = true
  }

  begin(failure: BindFailure | undefined): void {
    if (this.closed) return
    if (failure === undefined) {
      this.#outside.deliver(() => this.#events.bound())
      return
    }
    this.closed = true
    this.#outside.deliver(() => this.#events.failed(failure))
  }

  /** Somebody connects. @returns the caller's end, or `undefined` when it was refused */
  connect(address: Ipv4Address, port: number): OutsideConnection | undefined {
    if (this.closed) return undefined
    let taken: OutsideConnection | undefined
    const accept = (events: TcpSocketEvents): TcpSocket => {
      taken = new OutsideConnection(this.#outside, address, port, events)
      taken.beAccepted()
      this.#outside.connections.push(taken)
      return taken
    }
    const refuse = (): void => {
      this.refused++
    }
    this.#outside.deliver(() => this.#events.incoming({ address, port, accept, refuse }))
    return taken
  }
}

const NO_ERROR: OutsideError = {
  type: 3,
  code: 1,
  reporter: ipv4('0.0.0.0'),
  address: ipv4('0.0.0.0'),
  port: 0,
  mtu: 0,
  payload: new Uint8Array(0),
}

/** An echo socket and what left through it. */
export class OutsidePing implements PingSocket {
  readonly identifier: number
  readonly sent: { address: Ipv4Address; sequence: number; body: Uint8Array; ttl: number; dontFragment: boolean }[] = []
  closed = false
  readonly #events: PingSocketEvents
  readonly #outside: MadeUpOutside

  constructor(outside: MadeUpOutside, identifier: number, events: PingSocketEvents) {
    this.#outside = outside
    this.identifier = identifier
    this.#events = events
  }

  request(address: Ipv4Address, sequence: number, body: Uint8Array, options: { ttl: number; dontFragment: boolean }) {
    if (this.closed) throw new Error('request after close')
    this.sent.push({ address, sequence, body: body.slice(), ...options })
  }

  close(): void {
    if (this.closed) throw new Error('closed twice')
    this.closed = true
  }

  /** Answers the newest request, or in another's name. */
  reply(ttl = 64, from?: Ipv4Address): void {
    const { address, sequence, body } = this.sent.at(-1)!
    if (!this.closed) this.#outside.deliver(() => this.#events.reply(from ?? address, sequence, body, ttl))
  }

  refuse(error: Partial<OutsideError>): void {
    if (!this.closed) this.#outside.deliver(() => this.#events.unreached({ ...NO_ERROR, ...error }))
  }

  fail(): void {
    if (this.closed) return
    this.closed = true
    this.#outside.deliver(() => this.#events.failed())
  }
}

export class MadeUpOutside implements Sockets {
  readonly clock: ManualClock
  readonly options: Required<OutsideOptions>
  readonly connections: OutsideConnection[] = []
  readonly udp: OutsideUdp[] = []
  readonly pings: OutsidePing[] = []
  readonly listeners: OutsideListener[] = []
  /** Ports that cannot be had. */
  readonly bindFailures = new Map<number, BindFailure>()
  readonly openPing: ((preferredIdentifier: number, events: PingSocketEvents) => PingSocket) | undefined
  readonly udpPorts = new Set<number>()
  /** By `address` or `address:port`; hosts that are not named accept. */
  readonly hosts = new Map<string, Reachability>()
  onConnection = (_connection: OutsideConnection): void => {}
  onUdp = (_socket: OutsideUdp, _bytes: Uint8Array, _address: Ipv4Address, _port: number): void => {}
  #gathered = new Map<OutsideConnection, Uint8Array[]>()
  #nextPort = 50_000
  #delivering = false
  readonly #afterBatch = new Set<() => void>()

  constructor(clock: ManualClock, options: OutsideOptions = {}) {
    this.clock = clock
    this.options = { delayMs: 0, takes: 'at once', pings: false, ...options }
    if (this.options.pings) this.openPing = (preferred, events) => this.#openPing(preferred, events)
  }

  /** Of the newest connection. */
  get connection(): OutsideConnection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('nothing was dialled')
    return connection
  }

  host(address: string, reachability: Reachability): void {
    this.hosts.set(address, reachability)
  }

  connectTcp(address: Ipv4Address, port: number, events: TcpSocketEvents): TcpSocket {
    const connection = new OutsideConnection(this, address, port, events)
    connection.ownPort = 32_768 + this.connections.length
    this.connections.push(connection)
    const reachability = [...this.hosts].find(([name]) => {
      const [host = '', hostPort] = name.split(':')
      return ipv4(host) === address && (hostPort === undefined || Number(hostPort) === port)
    })
    this.later(() => {
      connection.answer(reachability?.[1] ?? 'accepts')
      if (connection.isConnected) this.onConnection(connection)
    })
    return connection
  }

  listenTcp(address: Ipv4Address, port: number, events: TcpListenerEvents): TcpListener {
    const listener = new OutsideListener(this, address, port, events)
    this.listeners.push(listener)
    this.later(() => listener.begin(this.bindFailures.get(port)))
    return listener
  }

  bindUdp(address: Ipv4Address, port: number, events: UdpSocketEvents): UdpSocket {
    const socket = new OutsideUdp(this, port, port, events, address)
    this.udp.push(socket)
    this.later(() => socket.begin(this.bindFailures.get(port)))
    return socket
  }

  openUdp(preferredPort: number, events: UdpSocketEvents): UdpSocket {
    const isFree = preferredPort >= 1024 && !this.udpPorts.has(preferredPort)
    const port = isFree ? preferredPort : this.#nextPort++
    this.udpPorts.add(port)
    const socket = new OutsideUdp(this, preferredPort, port, events)
    this.udp.push(socket)
    return socket
  }

  #openPing(preferredIdentifier: number, events: PingSocketEvents): PingSocket {
    let identifier = preferredIdentifier
    while (this.pings.some((ping) => !ping.closed && ping.identifier === identifier)) identifier++
    const ping = new OutsidePing(this, identifier, events)
    this.pings.push(ping)
    return ping
  }

  flush(): void {
    const gathered = this.#gathered
    this.#gathered = new Map()
    for (const [connection, chunks] of gathered) connection.handOver(chunks)
  }

  deliver(event: () => void): void {
    this.#delivering = true
    event()
    this.#delivering = false
    const flushes = [...this.#afterBatch]
    this.#afterBatch.clear()
    for (const flush of flushes) flush()
  }

  afterBatch(flush: () => void): void {
    if (this.#delivering) this.#afterBatch.add(flush)
    else flush()
  }

  close(): void {}

  gather(connection: OutsideConnection, bytes: Uint8Array): void {
    const chunks = this.#gathered.get(connection)
    if (chunks === undefined) this.#gathered.set(connection, [bytes])
    else chunks.push(bytes)
  }

  later(run: () => void): void {
    this.clock.setTimer(this.options.delayMs, run)
  }

  soon(run: () => void): void {
    this.clock.setTimer(0, run)
  }
}
