// The waist of the system: everything that attaches to a hub is a Port, and holds an Attachment to speak into the hub.
//
// Ownership: a frame is borrowed until the call returns. Who keeps bytes copies them.
// Batches: who hands in frames calls `flush` after the last one of a batch; the hub then tells every port that
// received something. A link writes its batch at `flush`, a SecureNAT acknowledges and sends.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { Offload } from '../wire/offload.ts'
import type { Policy } from './policy.ts'

/**
 * How a user's machine uses its port. `client`: one machine, which neither bridges nor routes others; `bridge`: a network
 * behind it; `monitor`: gets a copy of every frame of the hub, and sends none.
 */
export type PortMode = 'client' | 'bridge' | 'monitor'

/** What the hub knows of who is behind a port; the rows of SoftEther's session list are made of it. */
export interface PortIdentity {
  /**
   * Session name without its number: `TAP`, `QEMU`, `SECURENAT`, …; the hub makes `SID-<kind>-<n>` of it. A port with a
   * policy is named after its user instead.
   */
  readonly kind: string
  readonly userName: string
  /** Where the peer is, for people: a TAP's name, a socket's path, an address. */
  readonly hostName: string
  /** What the user may do; a port without one is trusted (SecureNAT, TAP devices, QEMU machines). */
  readonly policy?: Policy
  /** The user's group, for access rules. */
  readonly group?: string
  readonly mode?: PortMode
  /** A cascade of this hub to another one: it has a policy, but nobody has logged in. */
  readonly isLink?: boolean
}

/** The connection behind a port, for session lists and statuses; asked for only when somebody looks. */
export interface PortDetails {
  readonly clientAddress: Ipv4Address
  readonly clientPort: number
  readonly serverPort: number
  /** `CID-3` */
  readonly connectionName: string
  readonly tcpConnections: number
  readonly maxTcpConnections: number
  readonly usesEncryption: boolean
  readonly usesCompression: boolean
  readonly isHalfDuplex: boolean
  /** Of the TLS connection; empty: none. */
  readonly cipherName: string
  readonly clientProduct: string
  readonly clientVersion: number
  readonly clientBuild: number
  /** A cascade from or to another server's hub. */
  readonly isCascade: boolean
  /** 16 bytes that tell clients apart. */
  readonly uniqueId: Uint8Array
  /** Bytes on the wire, with all that the protocol adds. */
  readonly wireBytesSent: number
  readonly wireBytesReceived: number
}

export interface Port {
  readonly identity: PortIdentity
  output(frame: Uint8Array, offload: Offload): void
  /** The batch is complete: write it out. */
  flush(): void
  /** Absent where there is nothing to tell. */
  details?(): PortDetails
  /** Ends the session at an administrator's wish; absent where that makes no sense (SecureNAT's is disabled instead). */
  close?(): void
  /** The session has ended by a fault of the program; absent: `close` is called. */
  faulted?(): void
}

/** What `hub.attach(port)` returns. */
export interface Attachment {
  /** `SID-TAP-3`, `SID-ALICE-4` */
  readonly sessionName: string
  input(frame: Uint8Array, offload: Offload): void
  flush(): void
  detach(): void
}

/** The part of a hub that links need. */
export interface Attachable {
  attach(port: Port): Attachment
}
