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
  /** Ends both directions at once, by RST. No event follows. */
  reset(): void
}

export interface UdpSocketEvents {
  message(bytes: Uint8Array, address: Ipv4Address, port: number): void
  /** The socket could not be opened, or broke. It is closed. */
  failed(): void
}

export interface UdpSocket {
  send(bytes: Uint8Array, address: Ipv4Address, port: number): void
  /** No event follows. */
  close(): void
}

export interface Sockets {
  connectTcp(address: Ipv4Address, port: number, events: TcpSocketEvents): TcpSocket
  /** @param preferredPort the local port to take if it is free, 0 for any */
  openUdp(preferredPort: number, events: UdpSocketEvents): UdpSocket
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
