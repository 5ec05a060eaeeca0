// The operating system's sockets as the NAT needs them. One suite of tests runs against every implementation
// (os-sockets.ts on Node's own modules; others beside it), and tests of the NAT use made-up ones in virtual time.
//
// All bytes are borrowed until the call returns. Events are never called from within a call of the same socket.

import type { Ipv4Address } from '../wire/ipv4-address.ts'

/** Why an outside connection did not come about; `exhausted`: this process has no more descriptors or ports. */
export type ConnectFailure = 'refused' | 'unreachable' | 'timeout' | 'exhausted'

export interface TcpSocketEvents {
  connected(): void
  failed(reason: ConnectFailure): void
  /**
   * Where to read to, if the implementation can choose: what was read there and is handed to `data` right after
   * needs no copy.
   */
  readBuffer(): Uint8Array
  data(bytes: Uint8Array): void
  /** The outside has closed its direction; ours stays open. */
  ended(): void
  /** `n` more of the bytes that `write` kept have gone to the operating system. */
  written(n: number): void
  /** The socket is gone: `reset` when the connection broke, else both directions have ended. */
  gone(reset: boolean): void
}

export interface TcpSocket {
  /**
   * Takes all of `bytes`, in order, behind what was written before.
   * @returns how many have gone to the operating system already; the rest is kept, and reported by `written`
   */
  write(bytes: Uint8Array): number
  /** shutdown(SHUT_WR), once all that was written has gone. */
  end(): void
  pause(): void
  resume(): void
  /** Of this computer; 0 while there is none. */
  localPort(): number
  /** Ends both directions at once, by RST. No event follows. */
  reset(): void
}

/** What became of a datagram of ours: an ICMP message about it, or the operating system's own word in ICMP's terms. */
export interface OutsideError {
  readonly type: number
  readonly code: number
  /** The router or host that says so; 0.0.0.0: this computer. */
  readonly reporter: Ipv4Address
  /** Where the datagram was going; port 0 where that is not known. */
  readonly address: Ipv4Address
  readonly port: number
  /** With "fragmentation needed": what the next hop takes. */
  readonly mtu: number
  /** As much of what was sent as came back; of an echo request from its ICMP header on. */
  readonly payload: Uint8Array
}

/** Why a local address could not be had; `forbidden`: a port below 1024, mostly. */
export type BindFailure = 'inUse' | 'forbidden' | 'noAddress' | 'exhausted'

/** A connection from outside that waits for a word, which must be given at once. */
export interface IncomingTcp {
  readonly address: Ipv4Address
  readonly port: number
  /** Takes it; it is paused, so nothing is read before `resume`. */
  accept(events: TcpSocketEvents): TcpSocket
  /** RST. */
  refuse(): void
}

export interface TcpListenerEvents {
  /** The address is ours from now on. */
  bound(): void
  incoming(connection: IncomingTcp): void
  /** It could not be opened, or broke. It is closed. */
  failed(reason: BindFailure): void
}

export interface TcpListener {
  /** Connections that were accepted stay. No event follows. */
  close(): void
}

export interface UdpSocketEvents {
  /** Of `bindUdp`: the address is ours from now on. */
  bound?(): void
  message(bytes: Uint8Array, address: Ipv4Address, port: number): void
  /** Left out by who does not care. */
  unreached?(error: OutsideError): void
  /** The socket could not be opened, or broke. It is closed. */
  failed(reason: BindFailure): void
}

export interface UdpSocket {
  send(bytes: Uint8Array, address: Ipv4Address, port: number): void
  /** Of what is sent from now on. Missing where the platform cannot; so is `setDontFragment`. */
  setTtl?(ttl: number): void
  /** Whether what is longer than the path takes is reported to `unreached` or cut on the way. */
  setDontFragment?(on: boolean): void
  /** May send to 255.255.255.255 from now on. */
  allowBroadcast(): void
  /** Of this computer; 0 while there is none. */
  localPort(): number
  /** No event follows. */
  close(): void
}

export interface PingSocketEvents {
  /** @param body what lies behind the eight bytes of the echo reply's header */
  reply(address: Ipv4Address, sequence: number, body: Uint8Array, ttl: number): void
  unreached(error: OutsideError): void
  /** The socket could not be opened, or broke. It is closed. */
  failed(): void
}

/** Sends echo requests under an identifier of its own. */
export interface PingSocket {
  readonly identifier: number
  request(
    address: Ipv4Address,
    sequence: number,
    body: Uint8Array,
    options: { ttl: number; dontFragment: boolean },
  ): void
  /** No event follows. */
  close(): void
}

export interface Sockets {
  connectTcp(address: Ipv4Address, port: number, events: TcpSocketEvents): TcpSocket
  /** @param preferredPort the local port to take if it is free, 0 for any */
  openUdp(preferredPort: number, events: UdpSocketEvents): UdpSocket
  /** @param address 0.0.0.0 for all of this computer's */
  listenTcp(address: Ipv4Address, port: number, events: TcpListenerEvents): TcpListener
  /** As `openUdp`, but at this address and port or not at all. */
  bindUdp(address: Ipv4Address, port: number, events: UdpSocketEvents): UdpSocket
  /**
   * Left out where the platform has no echo sockets, or does not permit this process any.
   * @param preferredIdentifier taken if it is free
   */
  readonly openPing?: ((preferredIdentifier: number, events: PingSocketEvents) => PingSocket) | undefined
  /**
   * Hands what was gathered by `write` and `send` to the operating system; called once per batch. May deliver events
   * of sockets that are ready.
   */
  flush(): void
  /** For the receiver of events: calls `flush` after the last event of the batch that is being delivered. */
  afterBatch(flush: () => void): void
  /** After the last socket was closed. */
  close(): void
}

/** What an errno of `bind` or `listen` means. */
export function bindFailure(code: string | undefined): BindFailure {
  switch (code) {
    case 'EADDRINUSE':
      return 'inUse'
    case 'EACCES':
    case 'EPERM':
      return 'forbidden'
    case 'EADDRNOTAVAIL':
      return 'noAddress'
    default:
      return 'exhausted'
  }
}

/** What an errno of `connect` means to a guest. */
export function connectFailure(code: string | undefined): ConnectFailure {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused'
    case 'ETIMEDOUT':
      return 'timeout'
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
      return 'exhausted'
    default:
      return 'unreachable'
  }
}

/** What becomes of an exception out of an event where nobody takes care of it. */
export function rethrow(error: unknown): void {
  throw error
}
